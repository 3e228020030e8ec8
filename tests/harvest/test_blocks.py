"""A block is distinguished from server errors, ends the run, and loses no article."""

import pytest

from harvest.proofs import assert_accounts_balance, domestic, leftovers, reports, slowly
from sinanews.download.blocking import IN_A_ROW, Refusals
from sinanews.mirror.server import running
from sinanews.mirror.site import Site
from support import article_page, lines, place, row

HARVEST = ("harvest", "china", "-a", "channel=all")
MAX_REQUESTS = 16  # robots.txt of three hosts, the lists, and hardly any article
ROBOTS = b"User-agent: *\nDisallow: /"


FAULTS = {
    "doc-i=403": "HTTP 403, 3 times in a row",
    "doc-i=429": "HTTP 429, 3 times in a row",
    "doc-i=html": "a captcha page",
    "api/roll=429": "HTTP 429, 3 times in a row",
    "api/roll=html": "a captcha page",
    "api/roll=soft404": "HTML where the list's JSON belongs",
}


@pytest.mark.parametrize("status", [403, 418, 429])
def test_only_consecutive_refusals_count_as_a_block(status):
    refusals = Refusals()
    assert [refusals.block_reason(status, b"") for _ in range(IN_A_ROW - 1)] == [None] * (
        IN_A_ROW - 1
    )
    assert refusals.block_reason(200, b"<div id=artibody>") is None
    reasons = [refusals.block_reason(status, b"") for _ in range(IN_A_ROW)]
    assert reasons == [*[None] * (IN_A_ROW - 1), f"HTTP {status}, {IN_A_ROW} times in a row"]


@pytest.mark.parametrize("status", [404, 500, 503])
def test_not_found_and_server_errors_are_not_a_block(status):
    refusals = Refusals()
    assert {refusals.block_reason(status, b"<h1>sorry</h1>") for _ in range(9)} == {None}


def test_a_block_ends_the_run_and_a_run_after_many_blocks_fetches_everything(
    scrapy, output, subtests
):
    with running(Site(articles=40, tick=0)) as mirror:
        for fault, reason in FAULTS.items():
            mirror.faults.add(*fault.split("="))
            mirror.forget()
            run = scrapy(*HARVEST, mirror=mirror.url, FAILED_TRIES="1", **slowly(0.05))
            mirror.faults.clear()
            with subtests.test(fault):
                assert run.returncode == 4, run.stderr
                assert f"china: blocked (blocked: {reason} (https://" in run.stdout
                assert "drifted" not in run.stdout
                assert "Traceback" not in run.stderr
                assert len(mirror.requests) <= MAX_REQUESTS
                assert reports(output)[-1]["verdict"] == "blocked"
                assert reason in reports(output)[-1]["reason"]
                assert_accounts_balance(output)

        run = scrapy(*HARVEST, mirror=mirror.url)

    assert run.returncode == 0, run.stdout + run.stderr
    assert {line["docid"] for line in lines(output)} == domestic(mirror.site)
    assert len(lines(output)) == len(domestic(mirror.site))
    assert leftovers(output) == []
    assert not list(output.glob("failed/*")), "what was kept of failures went with them"
    assert_accounts_balance(output)


def test_urls_forbidden_by_robots_txt_are_not_requested(pages, scrapy, output, subtests):
    docids = [f"nabc{number:010}" for number in range(20)]
    pages.roll(*(row(docid, title=docid) for docid in docids))
    pages.update({place(docid): article_page() for docid in docids})
    for host in ("feed.mix.sina.com.cn", "finance.sina.com.cn"):
        pages[f"{host}/robots.txt"] = ROBOTS
        run = scrapy(*HARVEST, mirror=pages.url)
        del pages[f"{host}/robots.txt"]
        with subtests.test(host):
            assert run.returncode == 4, run.stderr
            assert f"china: blocked (blocked: robots.txt forbids https://{host}/" in run.stdout
            assert "Traceback" not in run.stderr
            assert [path for path in pages.requests if host in path] == [f"{host}/robots.txt"]
            assert_accounts_balance(output)
        pages.requests.clear()

    run = scrapy(*HARVEST, mirror=pages.url)

    assert run.returncode == 0, run.stdout + run.stderr
    assert sorted(line["docid"] for line in lines(output)) == docids
    assert_accounts_balance(output)
