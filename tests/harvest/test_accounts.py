"""Every listed story is accounted for, with faults of the site and with filters."""

from datetime import timedelta

import pytest

from harvest.proofs import assert_accounts_balance, assert_posts_are_whole, domestic, reports
from sinanews.mirror.server import running
from sinanews.mirror.site import Site
from sinanews.utils.times import at
from support import lines

HARVEST = ("harvest", "china")
ALL = (*HARVEST, "-a", "channel=all")
# Pages with these faults are parsed all the same.
HARMLESS = ("gbk-as-utf8", "redirect-phone")
GONE = ("404", "410", "soft404")
REASONS = {
    "403": "HTTP 403",
    "500": "HTTP 500",
    "503": "HTTP 503",
    "empty": "no layout",
    "truncated": None,  # a page may be cut off anywhere
    "nobody": "no layout",
    "notitle": "no layout",
    "hang": "no answer in ",
    "reset": "the connection broke",
    "partial": "the body was cut off",
    "redirect-loop": "IgnoreRequest: max redirections reached",
}


@pytest.fixture
def mirror():
    with running(Site(articles=130, tick=0)) as started:
        yield started


def test_all_faults_at_once_are_accounted_for_and_the_next_run_completes_the_archive(
    mirror, scrapy, output
):
    kinds = [*HARMLESS, *GONE, *REASONS]
    candidates = [s.docid for s in mirror.site.listed(1686) if s.family == "F2017"]
    docid_by_fault = dict(zip(kinds, candidates, strict=False))
    for kind, docid in docid_by_fault.items():
        mirror.faults.add(f"doc-i{docid}", kind)
    mirror.faults.add("lid=1687", "badrow")
    mirror.faults.add("lid=1688", "code11")
    mirror.faults.add("lid=1689", "truncated")
    mirror.faults.add("lid=1690", "500")

    run = scrapy(*ALL, mirror=mirror.url, DOWNLOAD_TIMEOUT="1", FAILED_PAUSE_SECONDS="0")

    assert run.returncode == 3, run.stderr
    report = reports(output)[-1]
    assert (report["lists_failed"], report["rows_broken"], report["errors"]) == (3, 4, 0)
    assert report["account"]["gone"] == len(GONE)
    assert report["account"]["failed"] == sum(report["failures"].values())
    for reason in filter(None, REASONS.values()):
        assert any(reason in failure for failure in report["failures"]), reason
    missing = {
        docid_by_fault[kind]
        for kind in docid_by_fault
        if kind not in HARMLESS and kind != "truncated"
    }
    assert missing.isdisjoint(line["docid"] for line in lines(output))
    assert {docid_by_fault[kind] for kind in HARMLESS} <= {line["docid"] for line in lines(output)}
    assert_accounts_balance(output)
    assert_posts_are_whole(output)

    mirror.faults.clear()
    run = scrapy(*ALL, mirror=mirror.url)

    assert run.returncode == 0, run.stderr
    docids = [line["docid"] for line in lines(output)]
    assert len(docids) == len({*docids})
    assert {*docids} == domestic(mirror.site) - {docid_by_fault[kind] for kind in GONE}
    assert "the account balances, over all stories and 2 runs\n" in scrapy("status").stdout
    assert_accounts_balance(output)


def test_stories_outside_the_dates_are_filtered_and_those_over_the_limit_wait(
    mirror, scrapy, output
):
    listed = mirror.site.listed(1686)
    day = at(listed[0].ctime).date()
    before = (day - timedelta(days=1)).isoformat()
    of_day = {story.docid for story in listed if at(story.ctime).date() == day}

    arguments = ("-a", f"since={before}", "-a", f"until={before}", "-a", "limit=5")
    run = scrapy(*HARVEST, *arguments, mirror=mirror.url)

    assert run.returncode == 0, run.stderr
    assert f"listed {5 + len(of_day)} = written 5 + " in run.stdout
    assert f" filtered {len(of_day)} + " in run.stdout
    assert of_day.isdisjoint(line["docid"] for line in lines(output))
    assert_accounts_balance(output)

    run = scrapy(*HARVEST, mirror=mirror.url)

    assert run.returncode == 0, run.stderr
    assert {line["docid"] for line in lines(output)} == {story.docid for story in listed}
    assert_accounts_balance(output)
