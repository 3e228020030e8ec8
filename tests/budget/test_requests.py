"""What goes to the site takes a slot of its budget, and what waits for one ends with the run."""

import os
import re
import signal
import subprocess
import sys

import pytest

from harvest.proofs import launch, query
from sinanews.ledger.budget import spacing
from sinanews.mirror.server import running
from sinanews.mirror.site import Site
from support import ROOT, article_page, ask, place, posts, row

DOCIDS = ("nabc0000000001", "nabc0000000002", "nabc0000000003")
MOVED, BROKEN = "nabc0000000004", "nabc0000000005"
PATIENCE = 60  # seconds for which no run here can have a reason to go on


@pytest.fixture
def site(pages):
    pages.roll(*(row(docid, title=docid) for docid in DOCIDS))
    pages.update({place(docid): article_page() for docid in DOCIDS})
    return pages


def crawl(spider, site, output, *docids, handler=None, **settings):
    urls = ",".join(f"https://{place(docid)}" for docid in docids)
    handlers = f'{{"http": "{handler}", "https": "{handler}"}}' if handler else "{}"
    settings |= {
        "SPIDER_MODULES": "sinanews.spiders,budget.counted",
        "DOWNLOAD_HANDLERS": handlers,
        "OUTPUT_DIR": str(output),
        "MIRROR_URL": site.url,
        "ROBOTSTXT_OBEY": "True",
    }
    command = [sys.executable, "-m", "scrapy", "crawl", spider, "-a", f"urls={urls}"]
    options = [f"-s{name}={value}" for name, value in settings.items()]
    return subprocess.run(
        [*command, *options],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": f"{ROOT}:{ROOT / 'tests'}"},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


@pytest.mark.parametrize(
    "handler", [None, "sinanews.download.aiohttp_handler.AiohttpDownloadHandler"]
)
def test_robots_txt_redirects_and_retries_take_slots_too(handler, site, output):
    site[place(MOVED)] = (302, b"")
    site.headers[place(MOVED)] = {"Location": f"https://{place(DOCIDS[0])}"}
    site[place(BROKEN)] = (503, b"")

    run = crawl(
        *("counted", site, output, *DOCIDS[1:], MOVED, BROKEN),
        handler=handler,
        RETRY_TIMES="2",
        DOWNLOAD_DELAY="0",
        AUTOTHROTTLE_ENABLED="False",
    )

    assert any("robots.txt" in path for path in site.requests)
    assert site.requests.count(place(BROKEN)) == 3
    assert site.requests.count(place(DOCIDS[0])) == 1
    assert re.findall(r"^turns (\d+)$", run.stdout, re.MULTILINE) == [str(len(site.requests))], (
        run.stderr
    )


def test_an_answer_that_is_asked_for_again_more_leniently_takes_another_slot(site, output):
    # The same length twice, which aiohttp refuses.
    site.headers[place(DOCIDS[0])] = {"content-length": str(len(article_page()))}

    run = crawl(
        *("counted", site, output, DOCIDS[0]),
        handler="sinanews.download.aiohttp_handler.AiohttpDownloadHandler",
    )

    assert site.requests.count(place(DOCIDS[0])) == 2, "this is about an answer that is asked twice"
    assert f"turns {len(site.requests)}\n" in run.stdout, run.stderr


def test_a_database_that_is_gone_ends_the_run_in_good_order(site, output):
    run = crawl("broken", site, output, *DOCIDS)

    assert run.returncode == 3, run.stderr
    assert "cannot be used: it is gone; the run ends here" in run.stderr
    assert "Traceback" not in run.stderr
    assert site.requests == []


def test_waiting_for_a_slot_is_no_part_of_the_time_that_an_answer_may_take(site, scrapy):
    run = ask(scrapy, site, *DOCIDS, SITE_REQUESTS_PER_SECOND="0.8", DOWNLOAD_TIMEOUT="1")

    assert run.returncode == 0, run.stderr
    assert "written 3" in run.stdout


@pytest.mark.parametrize("settings", [{}, {"CLOSESPIDER_TIMEOUT": "1"}], ids=["signal", "time"])
def test_a_run_that_ends_does_not_wait_for_slots(settings, site, output):
    """The second slot is a hundred seconds after the first."""
    limits = {"SITE_REQUESTS_PER_SECOND": "0.01", "OUTPUT_DIR": str(output)} | settings
    process = launch(["crawl", "china"], MIRROR_URL=site.url, **limits)
    try:
        while not site.requests:
            assert process.poll() is None
        if not settings:
            process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=PATIENCE)
    finally:
        process.kill()

    assert process.returncode == 3, err
    assert "Traceback" not in err
    assert len(site.requests) == 1
    assert "failed" in out


def test_a_run_without_an_archive_has_no_budget(site, scrapy, output):
    url = f"https://{place(DOCIDS[0])}"

    run = scrapy("fetch", url, mirror=site.url, SITE_REQUESTS_PER_SECOND="0.01")

    assert article_page().decode() in run.stdout
    assert not output.exists()


def test_a_harvest_of_several_workers_takes_a_slot_for_each_request(scrapy, output):
    rate = 25.0
    with running(Site(articles=60, tick=0)) as mirror:
        run = scrapy(
            *("harvest", "china", "-a", "channel=all"),
            mirror=mirror.url,
            WORKERS="2",
            SITE_REQUESTS_PER_SECOND=str(rate),
        )
        requests = len(mirror.requests)

    assert run.returncode == 0, run.stderr
    assert len(posts(output)) > 50
    [budget] = query(output, "SELECT * FROM budgets")
    assert budget["site"] == mirror.url
    began = query(output, "SELECT min(started) AS began FROM runs")[0]["began"]
    assert budget["free_at"] - began >= requests * spacing(rate)
