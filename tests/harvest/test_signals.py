"""A harvest ended by a signal is incomplete, and the next run completes it."""

import signal

import pytest

from harvest.proofs import (
    assert_accounts_balance,
    assert_posts_are_whole,
    count_posts,
    domestic,
    leftovers,
    reports,
    slowly,
    wait_for_posts,
    written,
)
from support import lines

HARVEST = ("harvest", "china", "-a", "channel=all")


@pytest.mark.parametrize("name", ["SIGTERM", "SIGINT"])
def test_a_signal_ends_a_harvest_cleanly_and_the_next_one_completes_it(
    name, site, start, scrapy, output
):
    first = start(*HARVEST, MIRROR_URL=site.url, **slowly(0.05))
    wait_for_posts(first, output, 5)

    first.send_signal(signal.Signals[name])
    stdout, stderr = first.communicate(timeout=30)

    written_first = count_posts(output)
    assert first.returncode == 3, stderr
    assert "china: incomplete (shutdown)" in stdout
    assert f"= written {written_first} +" in stdout
    assert "Traceback" not in stderr
    assert [report["verdict"] for report in reports(output)] == ["incomplete"]
    assert reports(output)[0]["account"]["failed"] > 0
    assert_posts_are_whole(output)
    assert leftovers(output) == []
    assert_accounts_balance(output)

    second = scrapy(*HARVEST, mirror=site.url)

    assert second.returncode == 0, second.stderr
    assert {line["docid"] for line in lines(output)} == domestic(site.site)
    assert len(lines(output)) == len(written(output)) == len(domestic(site.site))
    assert [report["verdict"] for report in reports(output)] == ["incomplete", "complete"]
    assert_accounts_balance(output)
