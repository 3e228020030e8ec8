"""Only one harvest runs at a time, and later harvests request nothing they already have."""

from harvest.proofs import (
    assert_accounts_balance,
    count_posts,
    domestic,
    leftovers,
    query,
    slowly,
    wait_for_posts,
    written,
)
from sinanews.channels import DOMESTIC
from support import lines

HARVEST = ("harvest", "china", "-a", "channel=all")


def test_a_second_harvest_exits_at_once_and_the_first_goes_on(site, start, scrapy, output):
    first = start(*HARVEST, MIRROR_URL=site.url, **slowly(0.05))
    wait_for_posts(first, output, 5)

    second = scrapy(*HARVEST, mirror=site.url)

    assert first.poll() is None, "the first ended before the second could meet it"
    assert second.returncode == 75
    assert f"another harvest holds {output}" in second.stdout
    assert "Traceback" not in second.stderr
    stdout, stderr = first.communicate()
    assert first.returncode == 0, stderr
    assert f"written {count_posts(output)} + updated 0" in stdout
    assert len(query(output, "SELECT id FROM runs")) == 1
    assert len(set(site.articles())) == len(site.articles())
    assert {line["docid"] for line in lines(output)} == domestic(site.site)
    assert len(lines(output)) == len(domestic(site.site))
    assert_accounts_balance(output)


def test_the_lock_of_a_killed_harvest_does_not_block_the_next(site, start, scrapy, output):
    first = start(*HARVEST, MIRROR_URL=site.url, **slowly(0.05))
    wait_for_posts(first, output, 5)
    first.kill()
    first.communicate()
    assert (output / "harvest.lock").exists()

    second = scrapy(*HARVEST, mirror=site.url)

    assert second.returncode == 0, second.stderr
    assert leftovers(output) == []
    assert_accounts_balance(output)


def test_a_harvest_with_nothing_new_requests_one_page_of_each_list(site, scrapy, output):
    assert scrapy(*HARVEST, mirror=site.url).returncode == 0
    before = written(output)
    site.forget()

    again = scrapy(*HARVEST, mirror=site.url)

    assert again.returncode == 0, again.stderr
    assert "written 0 + updated 0 + unchanged" in again.stdout
    assert site.articles() == []
    assert len(site.lists()) == len(DOMESTIC)
    assert written(output) == before
    assert_accounts_balance(output)
