"""Scrapy's own switches do in this project what they do in any."""

import json

import pytest
from scrapy.settings import default_settings

from scrapy_users.users import ROBOTS, User, serving
from support import article_page, place

META = '<meta http-equiv="refresh" content="0; url=https://finance.sina.com.cn/next/doc-in2.shtml">'
NEXT = "finance.sina.com.cn/next/doc-in2.shtml"
MOVED = "finance.sina.com.cn/moved/doc-in3.shtml"
PROBES = {"EXTENSIONS": {"probes.Crawl": 0}, "CONCURRENT_REQUESTS": "1"}
ON = {
    "COOKIES_ENABLED": "True",
    "METAREFRESH_ENABLED": "True",
    "TELNETCONSOLE_ENABLED": "True",
    "LOGSTATS_INTERVAL": "60",
    "AUTOTHROTTLE_ENABLED": "True",
    "AUTOTHROTTLE_START_DELAY": "0.01",
    "AUTOTHROTTLE_MAX_DELAY": "0.01",
    "AUTOTHROTTLE_DEBUG": "True",
    "STATS_DUMP": "True",
}
OFF = {
    "REDIRECT_ENABLED": "False",
    "RETRY_ENABLED": "False",
    "ROBOTSTXT_OBEY": "False",
    "DOWNLOADER_STATS": "False",
}


@pytest.fixture(scope="module")
def crawls(tmp_path_factory):
    """What became of one site with the project's settings, with more switched on, and with what is
    on switched off: the user and his run by name."""
    runs = {}
    for name, settings in {"usual": {}, "on": ON, "off": OFF}.items():
        with serving("n1", "n2", "n3", "n4", n2=article_page(head=META)) as site:
            site.headers[place("n1")] = {"Set-Cookie": "seen=n1; Path=/"}
            site[place("n3")] = (302, b"")
            site.headers[place("n3")] = {"Location": f"{site.url}/{MOVED}"}
            site[NEXT] = article_page(body="<p>　　nach dem Sprung.</p>")
            site[MOVED] = article_page()
            site.first[place("n4")] = [(500, b"", {})]
            user = User(tmp_path_factory.mktemp(name), site)
            user.run = user.scrapy("crawl", "china", **PROBES, **settings)
            runs[name] = user
    return runs


def cookies(user: User) -> set[str]:
    """What was sent back with requests for pages of the host that set it."""
    asked = [asked for asked in user.site.asked if asked.target.startswith("finance.")]
    return {asked.headers["Cookie"] for asked in asked if asked.headers["Cookie"]}


def stats(user: User) -> dict:
    (found,) = user.saw("crawl", "closed", "stats")
    return found


def test_all_of_them_leave_an_archive_that_balances(crawls):
    written = {"usual": 4, "on": 4, "off": 2}
    for name, user in crawls.items():
        assert user.run.returncode == (3 if name == "off" else 0), user.run.stderr
        docids = ("n1", "n2", "n3", "n4") if name != "off" else ("n1", "n2")
        user.assert_archived(*docids)
        assert user.report()["account"]["written"] == written[name]


def test_cookies_are_sent_back_when_they_are_enabled(crawls):
    assert cookies(crawls["usual"]) == set()
    assert cookies(crawls["on"]) == {"seen=n1"}


def test_a_meta_refresh_is_followed_when_that_is_enabled(crawls):
    assert crawls["usual"].site.times(NEXT) == 0
    assert crawls["on"].site.times(NEXT) == 1
    (line,) = (line for line in crawls["on"].lines() if line["docid"] == "n2")
    assert "nach dem Sprung" in line["body_html"]


def test_the_telnet_console_listens_when_it_is_enabled(crawls):
    assert "Telnet console listening on" not in crawls["usual"].run.stderr
    assert "Telnet console listening on 127.0.0.1:" in crawls["on"].run.stderr


def test_logstats_tells_how_it_goes_when_it_has_an_interval(crawls):
    assert "Crawled 0 pages (at 0 pages/min)" not in crawls["usual"].run.stderr
    assert "Crawled 0 pages (at 0 pages/min)" in crawls["on"].run.stderr


def test_autothrottle_throttles_by_the_live_hosts_when_it_is_enabled(crawls):
    assert "slot: finance.sina.com.cn" not in crawls["usual"].run.stderr
    assert "slot: finance.sina.com.cn | conc:" in crawls["on"].run.stderr
    assert "slot: feed.mix.sina.com.cn | conc:" in crawls["on"].run.stderr


def test_stats_are_dumped_when_that_is_enabled(crawls):
    assert "'finish_reason': 'finished'" not in crawls["usual"].run.stderr
    assert "'finish_reason': 'finished'" in crawls["on"].run.stderr


def test_a_redirect_is_not_followed_when_that_is_disabled(crawls):
    assert crawls["usual"].site.times(MOVED) == 1
    assert crawls["off"].site.times(MOVED) == 0
    assert crawls["off"].report()["failures"]["HTTP 302"] == 1


def test_nothing_is_tried_again_when_retries_are_disabled(crawls):
    assert crawls["usual"].site.times(place("n4")) == 2
    assert crawls["off"].site.times(place("n4")) == 1
    assert crawls["off"].report()["failures"]["HTTP 500"] == 1


def test_robots_txt_is_not_asked_for_when_it_is_not_obeyed(crawls):
    assert crawls["usual"].site.times(ROBOTS) == 1
    assert crawls["off"].site.times("robots.txt") == 0


def test_requests_are_not_counted_when_downloader_stats_are_disabled(crawls):
    usual, off = crawls["usual"], crawls["off"]
    assert usual.report()["requests"] == len(usual.site.asked)
    assert stats(usual)["downloader/response_bytes"] == usual.report()["bytes"] > 0
    assert "downloader/request_count" not in stats(off)
    assert off.report()["requests"] == off.report()["bytes"] == 0


def test_forbidden_pages_are_fetched_when_robots_txt_is_not_obeyed(user, site):
    site[ROBOTS] = b"User-agent: *\nDisallow: /"
    run = user.scrapy("crawl", "china", ROBOTSTXT_OBEY="False")
    assert run.returncode == 0, run.stderr
    user.assert_archived("n1", "n2", "n3")


def test_dont_obey_and_dont_retry_hold_for_single_requests(user, site):
    """As `request.meta` says it, through an article_request of the user's own."""
    site[ROBOTS] = b"User-agent: *\nDisallow: /china/"
    site.first[place("n2")] = [(500, b"", {})]
    run = user.scrapy("crawl", "stubborn", SPIDER_MODULES="sinanews.spiders,spiders")
    assert run.returncode == 3, run.stderr
    user.assert_archived("n1", "n3")
    assert site.times(place("n2")) == 1
    assert user.report()["failures"] == {"HTTP 500": 1}


def test_scrapy_s_own_lists_are_as_scrapy_has_them(crawls, subtests):
    names = {name for name in dir(default_settings) if name.endswith("_BASE")}
    (bases,) = crawls["usual"].saw("crawl", "opened", "bases")
    assert names <= bases.keys()
    for name in sorted(names):
        with subtests.test(name):
            assert bases[name] == getattr(default_settings, name)
    for name in ("EXTENSIONS_BASE", "DOWNLOADER_MIDDLEWARES_BASE"):
        with subtests.test(f"scrapy settings --get {name}"):
            run = crawls["usual"].scrapy("settings", "--get", name)
            assert json.loads(run.stdout) == getattr(default_settings, name)


def test_delay_and_concurrency_hold_for_the_live_host(user):
    """Slots are those of the hosts that are mirrored, not of the mirror."""
    slots = {"finance.sina.com.cn": {"concurrency": 1, "delay": 0.2, "randomize_delay": False}}
    run = user.scrapy("crawl", "china", DOWNLOAD_SLOTS=slots)
    assert run.returncode == 0, run.stderr
    assert user.report()["seconds"] > 0.4
