"""A run ended by a time limit, or while it still walks the lists, ends cleanly."""

import json
import time

import pytest

from harvest.proofs import (
    STUCK,
    assert_accounts_balance,
    assert_posts_are_whole,
    domestic,
    leftovers,
    reports,
    slowly,
)
from support import lines

HARVEST = ("harvest", "china", "-a", "channel=all")
SLOW_LISTS = {"DOWNLOAD_SLOTS": json.dumps({"feed.mix.sina.com.cn": {"delay": 0.3}})}


def assert_ended_cleanly(output, stderr, reason):
    assert "Traceback" not in stderr
    (report,) = reports(output)
    assert (report["verdict"], report["reason"]) == ("incomplete", reason)
    assert report["account"]["failed"] > 0
    assert leftovers(output) == []
    assert_posts_are_whole(output)
    assert_accounts_balance(output)


def assert_completed_by_the_next_run(site, scrapy, output):
    run = scrapy(*HARVEST, mirror=site.url)
    assert run.returncode == 0, run.stderr
    docids = [line["docid"] for line in lines(output)]
    assert len(docids) == len({*docids})
    assert {*docids} == domestic(site.site)
    assert_accounts_balance(output)


@pytest.mark.parametrize(
    ("limit", "slow"), [("0.5", SLOW_LISTS), ("1", slowly(0.1))], ids=["lists", "articles"]
)
def test_a_time_limit_ends_a_run_incomplete_and_the_next_one_completes_it(
    limit, slow, site, scrapy, output
):
    run = scrapy(*HARVEST, mirror=site.url, CLOSESPIDER_TIMEOUT=limit, **slow)

    assert run.returncode == 3, run.stderr
    assert "china: incomplete (closespider_timeout)" in run.stdout
    assert_ended_cleanly(output, run.stderr, "closespider_timeout")
    assert_completed_by_the_next_run(site, scrapy, output)


def test_a_signal_while_lists_are_walked_ends_the_run_incomplete(site, start, output):
    first = start(*HARVEST, MIRROR_URL=site.url, **SLOW_LISTS)
    began = time.monotonic()
    while len(site.lists()) < 2:
        assert time.monotonic() - began < STUCK
        time.sleep(0.01)

    first.terminate()
    stdout, stderr = first.communicate(timeout=30)

    assert first.returncode == 3, stderr
    assert "china: incomplete (shutdown)" in stdout
    assert site.articles() == []
    assert_ended_cleanly(output, stderr, "shutdown")
