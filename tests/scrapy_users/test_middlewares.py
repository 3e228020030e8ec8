"""A user's own middlewares are added to the project's, and see all that goes by."""

from collections import Counter

import pytest

from articles.test_articles import phone_page
from scrapy_users.users import LIST, ROBOTS, User, serving
from support import article_page, place

OWN = {"DOWNLOADER_MIDDLEWARES": {"probes.Downloader": 543, "probes.Nearest": 950}}
REDIRECTED = "finance.sina.com.cn/moved/doc-in3.shtml"
DESK = "finance.sina.com.cn/desk/doc-in4.shtml"


@pytest.fixture(scope="module")
def crawled(tmp_path_factory):
    """A user with middlewares of his own, whose crawl has met all that can happen to a request."""
    docids = [f"n{number}" for number in range(1, 7)]
    with serving(*docids, n4=phone_page(f"https://{DESK}")) as site:
        site.first[place("n2")] = [(500, b"", {})]
        site[place("n3")] = (302, b"")
        site.headers[place("n3")] = {"Location": f"{site.url}/{REDIRECTED}"}
        site[REDIRECTED] = site[DESK] = article_page()
        site[place("n5")] = (404, b"")
        site[place("n6")] = b"<html><h1>no article"
        user = User(tmp_path_factory.mktemp("crawled"), site)
        probes = {"SPIDER_MIDDLEWARES": {"probes.Scraping": 543}, "EXTENSIONS": {"probes.Crawl": 0}}
        user.run = user.scrapy("crawl", "china", **OWN, **probes)
        yield user


def addresses(user: User) -> Counter[str]:
    """What the server was asked for, as the URLs that it mirrors."""
    return Counter(f"https://{asked.target}" for asked in user.site.asked)


def test_the_archive_is_as_without_them(crawled):
    assert crawled.run.returncode == 3, crawled.run.stderr
    crawled.assert_archived("n1", "n2", "n3", "n4")
    assert crawled.states() == {
        **dict.fromkeys(("n1", "n2", "n3", "n4"), "written"),
        "n5": "gone",
        "n6": "failed",
    }
    assert crawled.report()["account"]["listed"] == 6


def test_the_project_s_own_still_work(crawled):
    """robots.txt, the headers, retries and redirects."""
    site = crawled.site
    assert site.times(ROBOTS) == 1
    assert site.times("feed.mix.sina.com.cn/robots.txt") == 1
    for asked in site.asked:
        assert asked.headers["User-Agent"].startswith("sinanews"), asked.target
        assert asked.headers["Accept-Encoding"] == "gzip, deflate", asked.target
    assert site.times(place("n2")) == 2
    assert site.times(REDIRECTED) == 1


def test_a_downloader_middleware_sees_every_request_and_response_of_the_server(crawled, subtests):
    there = addresses(crawled)
    seen = {
        "requests at 543": crawled.saw("downloader", "request"),
        "requests at 950": crawled.saw("nearest", "request"),
        "responses at 950": crawled.saw("nearest", "response", "asked"),
    }
    for what, urls in seen.items():
        with subtests.test(what):
            assert Counter(urls) == there
    with subtests.test("among them all kinds"):
        kinds = (LIST, f"https://{ROBOTS}", f"https://{REDIRECTED}", f"https://{DESK}")
        assert all(there[url] == 1 for url in kinds)
        assert there[f"https://{place('n2')}"] == 2
    with subtests.test("with their statuses"):
        statuses = Counter(crawled.saw("nearest", "response", "status"))
        assert statuses == {200: len(crawled.site.asked) - 5, 500: 1, 302: 1, 404: 3}
    with subtests.test("none failed"):
        assert crawled.notes("nearest", "exception") == []


def test_the_counts_are_the_server_s(crawled):
    (stats,) = crawled.saw("crawl", "closed", "stats")
    asked = len(crawled.site.asked)
    assert stats["downloader/request_count"] == asked
    assert stats["downloader/response_count"] == asked
    assert crawled.report()["requests"] == asked


def test_a_spider_middleware_sees_every_response_that_has_a_callback(crawled):
    articles = [f"https://{place(docid)}" for docid in ("n1", "n2", "n4", "n6")]
    lists = [url for url in addresses(crawled) if "api/roll" in url]
    expected = [*lists, *articles, f"https://{REDIRECTED}", f"https://{DESK}"]
    assert sorted(crawled.saw("spider", "response")) == sorted(expected)
    assert set(crawled.saw("spider", "response", "status")) == {200}


def test_a_spider_middleware_sees_what_start_and_callbacks_yield(crawled, subtests):
    with subtests.test("start yields the list's request"):
        assert crawled.saw("spider", "start") == [LIST]
    yielded = crawled.notes("spider", "yielded")
    with subtests.test("articles"):
        docids = [said["docid"] for said in yielded if said["kind"] == "Article"]
        assert sorted(docids) == ["n1", "n2", "n3", "n4"]
    with subtests.test("rejections, of callbacks and of errbacks"):
        docids = [said["docid"] for said in yielded if said["kind"] == "Rejection"]
        assert sorted(docids) == ["n5", "n6"]
    with subtests.test("requests: for the next page of a list, and for a phone page's PC page"):
        targets = [said["target"] for said in yielded if said["kind"] == "Request"]
        others = [url for url in addresses(crawled) if "api/roll" in url and url != LIST]
        assert sorted(targets) == sorted([*others, f"https://{DESK}"])


def test_a_site_that_refuses_is_left_alone(tmp_path):
    docids = [f"n{number}" for number in range(20)]
    with serving(*docids) as site:
        site |= {place(docid): (403, b"no") for docid in docids}
        user = User(tmp_path, site)
        run = user.scrapy("crawl", "china", CONCURRENT_REQUESTS="1", **OWN)

        assert run.returncode == 4, run.stderr
        assert user.report()["verdict"] == "blocked"
        assert len(site.articles()) == 3
        assert Counter(user.saw("nearest", "response", "asked")) == addresses(user)
        user.assert_archived()


def test_what_robots_txt_forbids_is_not_asked_for(user, site):
    site[ROBOTS] = b"User-agent: *\nDisallow: /china/"
    run = user.scrapy("crawl", "china", **OWN)
    assert run.returncode == 4, run.stderr
    assert site.times(ROBOTS) == 1
    assert site.times("/china/") == 0


def test_a_middleware_may_answer_for_the_site(user, site):
    """Its response is read as any other, and the server is not asked."""
    run = user.scrapy("crawl", "china", DOWNLOADER_MIDDLEWARES={"doers.Answers": 543})
    assert run.returncode == 0, run.stderr
    user.assert_archived("n1", "n2", "n3")
    assert site.times(place("n2")) == 0
    (line,) = (line for line in user.lines() if line["docid"] == "n2")
    assert "von anderswo" in line["body_html"]


def test_a_middleware_that_ignores_a_request_fails_its_story_alone(user, site):
    run = user.scrapy("crawl", "china", DOWNLOADER_MIDDLEWARES={"doers.Ignores": 543})
    assert run.returncode == 3
    assert "failed, IgnoreRequest: not this one: 1" in run.stdout
    user.assert_archived("n1", "n3")
    assert site.times(place("n2")) == 0


def test_a_spider_middleware_may_drop_an_item(user, site):
    """What never reaches a pipeline is nobody's word on the story: it is tried again."""
    run = user.scrapy("crawl", "china", SPIDER_MIDDLEWARES={"doers.DropsItem": 543})
    assert run.returncode == 3
    user.assert_archived("n1", "n3")
    assert user.scrapy("crawl", "china").returncode == 0
    user.assert_archived("n1", "n2", "n3")
    assert site.times(place("n2")) == 2
