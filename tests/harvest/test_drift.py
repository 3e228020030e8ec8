"""Layout drift, where a required field disappears, is distinguished from single bad pages."""

import pytest

from harvest.proofs import assert_accounts_balance, reports
from sinanews.mirror.server import running
from sinanews.mirror.site import Site
from support import article_page, lines, place, row

HARVEST = ("harvest", "china")
RETRY_AT_ONCE = {"FAILED_PAUSE_SECONDS": "0"}


@pytest.fixture
def mirror():
    with running(Site(articles=60, tick=0)) as started:
        yield started


def test_many_pages_without_a_body_are_drift_but_a_single_one_is_not(mirror, scrapy, output):
    site = mirror.site
    assert scrapy(*HARVEST, mirror=mirror.url).returncode == 0
    site.now += 3600
    bad, *_ = site.publish(8, family="F2017")
    mirror.faults.add(bad.docid, "nobody")

    single = scrapy(*HARVEST, mirror=mirror.url)

    assert single.returncode == 3, single.stderr
    assert "failed, no layout: 1" in single.stdout
    assert "drifted" not in single.stdout

    site.now += 3600
    new = site.publish(8, family="F2017")
    mirror.faults.add("/doc-i", "nobody")

    drift = scrapy(*HARVEST, mirror=mirror.url, **RETRY_AT_ONCE)

    assert drift.returncode == 5, drift.stderr
    assert "china: drifted (finished)" in drift.stdout
    report = reports(output)[-1]
    assert report["drifted"] == ["title", "published", "body_html"]
    for field in report["drifted"]:
        assert f"drifted: {field} on 0% of the pages" in drift.stdout
        assert (report["presence"][field], report["presence_before"][field] > 0.9) == (0, True)
    assert report["account"]["failed"] == 1 + len(new)
    assert len(list((output / "failed").glob("*.html.txt"))) == 1 + len(new)
    assert_accounts_balance(output)

    mirror.faults.clear()
    repaired = scrapy(*HARVEST, mirror=mirror.url)

    assert {story.docid for story in new} <= {line["docid"] for line in lines(output)}
    assert repaired.returncode == 3, "the single bad page waits for its next try"
    assert [path.name for path in (output / "failed").glob("*.html.txt")] == [
        f"{bad.docid}.html.txt"
    ]
    assert_accounts_balance(output)


def test_bad_pages_that_are_tried_again_are_no_drift(mirror, scrapy, output):
    site = mirror.site
    bad = site.publish(8, family="F2017")
    for story in bad:
        mirror.faults.add(story.docid, "nobody")
    assert scrapy(*HARVEST, mirror=mirror.url).returncode == 3

    again = scrapy(*HARVEST, mirror=mirror.url, FAILED_PAUSE_SECONDS="0", FAILED_TRIES="3")

    assert again.returncode == 3, again.stdout
    assert f"failed, no layout: {len(bad)}" in again.stdout
    assert reports(output)[-1]["drifted"] == []


def test_pages_without_a_date_are_drift_even_if_every_article_is_written(pages, scrapy, output):
    def harvest(page, *numbers):
        docids = [f"nabc{number:010}" for number in numbers]
        pages.roll(*(row(docid, title=docid) for docid in docids))
        pages.update({place(docid): page for docid in docids})
        return scrapy(*HARVEST, mirror=pages.url)

    assert harvest(article_page(), *range(6)).returncode == 0

    run = harvest(article_page().replace("2026年".encode(), b""), *range(6, 12))

    assert run.returncode == 5, run.stderr
    assert "= written 6 + " in run.stdout
    assert "drifted: published on 0% of the pages" in run.stdout
    report = reports(output)[-1]
    assert (report["drifted"], report["presence_before"]["published"]) == (["published"], 1)
    assert_accounts_balance(output)
