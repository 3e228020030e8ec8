"""A user's own download handler does the downloads, and another event loop will do."""

from collections import Counter

import pytest

from scrapy_users.users import ROBOTS, User
from support import place

OWN = {
    "DOWNLOAD_HANDLERS": dict.fromkeys(("http", "https"), "handlers.Recording"),
    "DOWNLOADER_MIDDLEWARES": {"probes.Downloader": 543},
}


@pytest.fixture
def moved(site):
    """A site of which a page has moved to another address and one comes at the second try."""
    there = "finance.sina.com.cn/moved/doc-in3.shtml"
    site[there] = site[place("n3")]
    site[place("n3")] = (301, b"")
    site.headers[place("n3")] = {"Location": f"{site.url}/{there}"}
    site.first[place("n2")] = [(503, b"", {})]
    return site


def assert_originals(user: User) -> None:
    """Everybody but the handler saw the addresses of the live site."""
    seen = user.saw("downloader", "request") + user.saw("downloader", "response")
    assert all(url.startswith("https://") and "127.0.0.1" not in url for url in seen)
    urls = {line["url"] for line in user.lines()}
    assert urls == {f"https://{place(docid)}" for docid in ("n1", "n2", "n3")}


@pytest.mark.parametrize("by", ["setting", "spider"])
def test_it_sees_the_mirror_s_addresses_where_there_is_a_mirror(user, moved, by):
    if by == "setting":
        run = user.scrapy("crawl", "china", **OWN)
    else:
        run = user.scrapy("crawl", "handled", SPIDER_MODULES="sinanews.spiders,spiders")
    assert run.returncode == 0, run.stderr
    user.assert_archived("n1", "n2", "n3")
    asked = Counter(f"{moved.url}/{asked.target}" for asked in moved.asked)
    assert Counter(user.saw("handler", "request")) == asked
    assert asked[f"{moved.url}/{ROBOTS}"] == 1
    assert asked[f"{moved.url}/{place('n2')}"] == 2
    assert_originals(user)
    assert len(user.notes("handler", "closed")) >= 1


def test_it_sees_the_live_addresses_where_there_is_none(user, site):
    site.first[place("n2")] = [(503, b"", {})]
    behind = {"BEHIND": site.url}
    run = user.scrapy("crawl", "china", environment=behind, **OWN | {"MIRROR_URL": ""})
    assert run.returncode == 0, run.stderr
    user.assert_archived("n1", "n2", "n3")
    asked = Counter(f"https://{asked.target}" for asked in site.asked)
    assert Counter(user.saw("handler", "request")) == asked
    assert_originals(user)


def test_a_site_that_refuses_is_left_alone_with_it_too(user, site):
    site.publish(*(f"n{number}" for number in range(20)))
    site |= {path: (403, b"no") for path in site if "doc-i" in path}
    run = user.scrapy("crawl", "china", CONCURRENT_REQUESTS="8", **OWN)
    assert run.returncode == 4, run.stderr
    assert user.report()["verdict"] == "blocked"
    assert len(user.saw("handler", "request")) == len(site.asked)
    assert len(site.articles()) < 20


@pytest.mark.parametrize("command", ["crawl", "harvest"])
def test_it_works_without_twisted_s_reactor(user, moved, command):
    """Scrapy then downloads by aiohttp."""
    run = user.scrapy(
        *(command, "china"),
        TWISTED_REACTOR_ENABLED="False",
        EXTENSIONS={"probes.Crawl": 0},
        DOWNLOADER_MIDDLEWARES={"probes.Downloader": 543},
    )
    assert run.returncode == 0, run.stderr
    user.assert_archived("n1", "n2", "n3")
    assert user.saw("crawl", "closed", "reactor") == [False]
    assert user.saw("crawl", "closed", "stats")[0]["downloader/request_count"] == len(moved.asked)
    assert_originals(user)
