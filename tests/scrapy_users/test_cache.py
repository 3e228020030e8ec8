"""Scrapy's HTTP cache holds articles for a second archive, never a list, and no damaged page."""

import gzip

import pytest

from scrapy_users.users import User
from support import article_page, place, row

DAMAGED = gzip.compress(article_page(body="<p>　　正文n2。</p>" * 50))[:-40]
GZIP = {"Content-Encoding": "gzip"}
FAULTS = {
    "a 500": (500, article_page(title="Internal error", body="<p>later</p>"), {}),
    "a gzip that was cut off": (200, DAMAGED, GZIP),
}


@pytest.fixture
def archives(user: User) -> tuple[User, User]:
    """One user's two archives."""
    return user, archive(user, "second")


def archive(user: User, name: str) -> User:
    other = User(user.folder, user.site)
    other.output = user.folder / name
    return other


def crawl(user: User, **settings: object):
    cache = {"HTTPCACHE_ENABLED": "True", "HTTPCACHE_DIR": str(user.folder / "cache")}
    cache["FAILED_PAUSE_SECONDS"] = "0"
    return user.scrapy("crawl", "china", **cache | settings)


def test_a_second_archive_takes_its_articles_from_the_cache(archives, site, subtests):
    first, second = archives
    assert crawl(first).returncode == 0
    assert len(site.articles()) == 3
    site.forget()

    with subtests.test("no article is asked for again, and the archives are the same"):
        assert crawl(second).returncode == 0
        assert site.articles() == []
        assert site.times("api/roll/get") >= 1
        second.assert_archived("n1", "n2", "n3")
        assert [p.read_bytes() for p in second.posts()] == [p.read_bytes() for p in first.posts()]
    site.forget()
    with subtests.test("the list is not cached: a new row is seen, and its page fetched"):
        site.publish("n1", "n2", "n3", "n4")
        assert crawl(second).returncode == 0
        assert site.articles() == [place("n4")]
        second.assert_archived("n1", "n2", "n3", "n4")
    site.forget()
    with subtests.test("a changed row is seen, and its page really fetched"):
        site.roll(
            *(row(f"n{n}", title=f"标题n{n}") for n in (1, 3, 4)), row("n2", mtime="1700009999")
        )
        site[place("n2")] = article_page(body="<p>　　又改了。</p>")
        assert crawl(second).returncode == 0
        assert site.articles() == [place("n2")]
        assert second.lines()[-1]["revision"] == 2
        assert "又改了" in second.lines()[-1]["body_html"]
        assert second.states()["n2"] == "updated"


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("retries", ["0", "1"])
def test_a_page_that_came_damaged_at_first_is_fetched_anew(archives, site, fault, retries):
    first, second = archives
    site.first[place("n2")] = [FAULTS[fault]]
    run = crawl(first, RETRY_TIMES=retries)
    assert run.returncode == (0 if retries == "1" else 3)
    asked = site.times(place("n2"))
    assert asked == 1 + int(retries)

    run = crawl(second, RETRY_TIMES=retries)

    assert run.returncode == 0, run.stderr
    second.assert_archived("n1", "n2", "n3")
    if retries == "0":
        assert site.times(place("n2")) == asked + 1
    run = crawl(first, RETRY_TIMES=retries)
    assert run.returncode == 0, run.stderr
    first.assert_archived("n1", "n2", "n3")


def test_without_the_setting_nothing_is_cached(user):
    assert user.scrapy("crawl", "china", HTTPCACHE_DIR=str(user.folder / "cache")).returncode == 0
    assert not (user.folder / "cache").exists()
