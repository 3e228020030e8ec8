"""Several processes that share a harvest make the same archive as one."""

import os
import signal
from collections import Counter

import pytest

from harvest.proofs import (
    assert_accounts_balance,
    count_posts,
    domestic,
    launch,
    ledger_rows,
    leftovers,
    query,
    reports,
    slowly,
    wait_for_posts,
    written,
)
from support import lines, posts

HARVEST = ("harvest", "china", "-a", "channel=all")


@pytest.fixture
def single_archive(site, scrapy, tmp_path):
    """The archive of the site as harvested by a single process."""
    output = tmp_path / "alone"
    assert scrapy(*HARVEST, mirror=site.url, OUTPUT_DIR=str(output)).returncode == 0
    site.forget()
    return output


def test_two_workers_make_the_same_archive_as_one_and_fetch_nothing_twice(
    single_archive, site, scrapy, output
):
    run = scrapy(*HARVEST, mirror=site.url, WORKERS="2", **slowly(0.03))

    assert run.returncode == 0, run.stderr
    assert written(output) == written(single_archive)
    assert ledger_rows(output) == ledger_rows(single_archive)
    assert set(Counter(site.articles()).values()) == {1}
    docids = [line["docid"] for line in lines(output)]
    assert len(docids) == len(set(docids)) == len(domestic(site.site))
    assert leftovers(output) == []
    assert_accounts_balance(output)
    assert sum(report["account"]["written"] for report in reports(output)) == len(docids)
    assert len(list((output / "articles").iterdir())) == 2


def test_terminating_a_harvest_ends_its_worker_and_the_next_run_completes_it(
    site, start, scrapy, output
):
    first = start(*HARVEST, MIRROR_URL=site.url, WORKERS="2", **slowly(0.1))
    wait_for_posts(first, output, 5)
    while len(query(output, "SELECT id FROM runs")) < 2:
        assert first.poll() is None, "both are at work before either is ended"
    first.terminate()
    stdout, stderr = first.communicate(timeout=30)

    assert first.returncode == 3, stderr
    assert stdout.count("china: incomplete (shutdown)") == 1
    assert scrapy(*HARVEST, mirror=site.url).returncode == 0
    assert count_posts(output) == len(domestic(site.site))
    assert_accounts_balance(output)


def test_a_harvest_fetches_what_a_worker_of_it_that_was_killed_leaves(site, start, output):
    harvest = start(*HARVEST, MIRROR_URL=site.url, WORKERS="2", **slowly(0.1))
    wait_for_posts(harvest, output, 5)
    while len(workers := query(output, "SELECT worker FROM runs")) < 2:
        assert harvest.poll() is None, "both are at work before one is killed"
    pids = {int(str(row["worker"]).split(":")[2]) for row in workers}
    (helper,) = pids - {harvest.pid}

    os.kill(helper, signal.SIGKILL)

    stdout, stderr = harvest.communicate(timeout=60)
    assert harvest.returncode == 0, stderr
    assert "china: complete (finished)" in stdout
    assert count_posts(output) == len(domestic(site.site))


def test_a_harvest_with_a_limit_has_only_one_worker(site, scrapy, output):
    run = scrapy(*HARVEST, "-a", "limit=7", mirror=site.url, WORKERS="3")

    assert run.returncode == 0, run.stderr
    assert len(posts(output)) == 7
    assert len(reports(output)) == 1


def test_two_crawls_started_by_hand_share_the_work(single_archive, site, output):
    settings = {"MIRROR_URL": site.url, "OUTPUT_DIR": str(output)}
    crawls = [launch(["crawl", *HARVEST[1:]], **settings) for _ in range(2)]

    for crawl in crawls:
        _, stderr = crawl.communicate(timeout=60)
        assert crawl.returncode == 0, stderr
    assert written(output) == written(single_archive)
    assert set(Counter(site.articles()).values()) == {1}
    assert_accounts_balance(output)
