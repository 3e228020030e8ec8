"""The numbers in the run report match those counted at the site and in the archive."""

import json

import pytest

from harvest.proofs import assert_accounts_balance, reports
from sinanews.mirror.server import running
from sinanews.mirror.site import Site
from sinanews.reporting.coverage import FROM_PAGES
from sinanews.utils.times import at
from support import lines

HARVEST = ("harvest", "china", "-a", "channel=guonei,buwei")
LIDS = {"guonei": 1686, "buwei": 1689}
DAY = 86_400


@pytest.fixture
def mirror():
    site = Site(articles=130, tick=0)
    site.now += 3600  # when all of them are listed
    with running(site) as started:
        yield started


def test_a_report_counts_requests_stories_and_fields(mirror, scrapy, output):
    site = mirror.site
    missing, gone, *_ = (story.docid for story in site.listed(1686))
    mirror.faults.add(missing, "500")
    site.remove(gone)

    run = scrapy(*HARVEST, mirror=mirror.url)

    (report,) = reports(output)
    (file,) = (output / "runs").glob("*.json")
    assert run.returncode == 3
    assert (report["spider"], report["verdict"], report["reason"]) == (
        "china",
        "incomplete",
        "finished",
    )
    stories = {story.docid: story for lid in LIDS.values() for story in site.listed(lid)}
    assert report["account"] == {
        "listed": len(stories),
        "written": len(stories) - 2,
        "updated": 0,
        "unchanged": 0,
        "filtered": 0,
        "gone": 1,
        "failed": 1,
    }
    assert report["failures"] == {"HTTP 500": 1}
    for channel, lid in LIDS.items():
        walk = report["lists"][channel]
        assert walk["pages"] == sum(f"lid={lid}&" in path for path in mirror.lists())
        assert walk["oldest"] == min(story.ctime for story in site.listed(lid))
        assert (walk["complete"], walk["ended"], walk["gap"]) == (True, True, None)
    assert report["requests"] == len(mirror.requests)
    assert report["bytes"] > 100_000
    assert report["seconds"] > 0
    articles = lines(output)
    assert report["pages"] == len(articles) == report["account"]["written"]
    for field in FROM_PAGES:
        share = sum(bool(line[field]) for line in articles) / len(articles)
        assert report["presence"][field] == pytest.approx(share, abs=0.0001), field
    assert report["presence_before"] == {}
    assert json.loads(file.read_bytes()) == report
    assert_accounts_balance(output)


def test_a_report_compares_with_earlier_runs_and_shows_the_remaining_gap(mirror, scrapy, output):
    site = mirror.site
    scrapy(*HARVEST, mirror=mirror.url)
    (first,) = reports(output)
    site.now += DAY
    between = site.publish(60)
    site.now += DAY
    (latest,) = site.publish()

    since = f"since={at(latest.ctime).date()}"
    run = scrapy("harvest", "china", "-a", since, mirror=mirror.url)

    report = reports(output)[-1]
    assert run.returncode == 0, run.stderr
    assert report["account"]["written"] == 1
    assert report["account"]["filtered"] == 49, "the other rows of the page"
    assert report["lists"]["guonei"]["oldest"] == between[0].ctime
    assert report["lists"]["guonei"]["gap"] == between[0].ctime - first["lists"]["guonei"]["newest"]
    assert report["presence_before"] == first["presence"]

    run = scrapy("harvest", "china", mirror=mirror.url)

    report = reports(output)[-1]
    assert report["account"]["written"] == 60, "the gap was not forgotten"
    assert report["lists"]["guonei"]["gap"] == 0
    expected = first["presence"]["editor"] * first["pages"] + bool(lines(output)[-61]["editor"])
    assert report["presence_before"]["editor"] == pytest.approx(
        expected / (first["pages"] + 1), abs=0.0001
    )
    assert_accounts_balance(output)
    assert latest.docid in {line["docid"] for line in lines(output)}
