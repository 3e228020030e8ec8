"""Scrapy's own commands that look at pages: they do as in any project, and the archive stays as it
is; where there is none, none is made."""

from pathlib import Path

import pytest

from scrapy_users.users import LIST, User, serving, snapshot
from support import article_page, place

URL = f"https://{place('n1')}"
BROKEN = f"https://{place('n2')}"

LOOKS = {
    "parse": (("parse", "--spider=china", URL), "'title': '标题'"),
    "parse_list": (("parse", "--spider=china", LIST, "-c", "parse_list"), f"<GET {URL}>"),
    "parse_pages": (
        ("parse", "--spider=china", LIST, "-c", "parse_list", "-d", "2"),
        "'docid': 'n1'",
    ),
    "fetch": (("fetch", "--nolog", URL), '<h1 class="main-title">标题</h1>'),
    "fetch_by": (("fetch", "--nolog", "--spider=china", URL), '<h1 class="main-title">标题</h1>'),
    "shell": (
        ("shell", "--nolog", "--spider=china", "-c", "response.css('h1::text').get()", URL),
        "标题\n",
    ),
    "view": (("view", "--nolog", "--spider=china", URL), ""),
    "check": (("check", "-v", "china"), ""),
}


@pytest.fixture(scope="module")
def archive(tmp_path_factory) -> User:
    """A user with an archive of two articles and a page that failed."""
    with serving("n1", "n2", n2=b"<html><h1>nothing") as site:
        user = User(tmp_path_factory.mktemp("archive"), site)
        assert user.scrapy("crawl", "china").returncode == 3
        site[place("n1")] = article_page()  # not as it was archived
        site[contract(user, "parse")] = article_page()
        yield user


@pytest.fixture
def browser(tmp_path: Path) -> dict[str, str]:
    """An environment whose browser keeps what it is shown."""
    program = tmp_path / "browser"
    program.write_text(f'#!/bin/sh\ncp "${{1#file://}}" "{tmp_path}/shown.html"\n', "utf-8")
    program.chmod(0o755)
    return {"BROWSER": f"{program} %s"}


@pytest.mark.parametrize("look", LOOKS)
def test_a_command_that_looks_at_pages_leaves_no_trace(archive, look, browser, subtests, tmp_path):
    arguments, shown = LOOKS[look]
    before = snapshot(archive.output)
    with subtests.test("an archive stays as it is"):
        run = archive.scrapy(*arguments, environment=browser)
        assert run.returncode == 0, run.stderr
        assert snapshot(archive.output) == before
    with subtests.test("where there is none, none is made"):
        none = tmp_path / "none"
        run = archive.scrapy(*arguments, environment=browser, OUTPUT_DIR=str(none))
        assert run.returncode == 0, run.stderr
        assert not none.exists()
    with subtests.test("it shows what it is for, and no report"):
        assert shown in run.stdout
        assert "listed 0 =" not in run.stdout
        assert "posts, articles and reports are in" not in run.stdout


def test_parse_says_why_a_page_gives_no_article(archive):
    run = archive.scrapy("parse", "--spider=china", BROKEN)
    assert run.returncode == 0
    assert "no layout found" in run.stderr
    assert "Traceback" not in run.stderr


def test_fetch_prints_the_page_and_nothing_else(archive):
    run = archive.scrapy("fetch", "--nolog", URL)
    assert run.stdout == archive.site[place("n1")].decode() + "\n"
    assert run.stderr == ""


def test_fetch_tells_headers_of_a_polite_request(archive):
    run = archive.scrapy("fetch", "--nolog", "--headers", "--spider=china", URL)
    assert "> User-Agent: sinanews" in run.stdout
    assert "> Accept-Encoding: gzip, deflate" in run.stdout


def test_view_shows_the_page_in_a_browser(archive, browser, tmp_path):
    run = archive.scrapy("view", "--nolog", "--spider=china", URL, environment=browser)
    assert run.returncode == 0, run.stderr
    assert run.stdout == ""
    assert '<h1 class="main-title">标题</h1>' in (tmp_path / "shown.html").read_text("utf-8")


def test_check_runs_a_contract_of_the_lists_and_one_of_the_pages(user, site, subtests):
    """The contracts name live URLs, whose pages a mirror has."""
    article = contract(user, "parse")
    site[article] = article_page()

    with subtests.test("both hold"):
        run = user.scrapy("check", "-v", "china")
        assert run.returncode == 0, run.stderr
        assert "[china] parse (@returns post-hook) ... ok" in run.stderr
        assert "[china] parse_list (@returns post-hook) ... ok" in run.stderr
        assert site.times(article) == 1
        assert site.times("api/roll/get") == 1
        assert not user.output.exists()
    with subtests.test("a list without rows fails its contract"):
        site.roll()
        run = user.scrapy("check", "-v", "china")
        assert run.returncode == 1
        assert "[china] parse_list (@returns post-hook) ... FAIL" in run.stderr
    with subtests.test("a page without an article fails its contract"):
        site.publish("n1")
        site[article] = b"<html><h1>nothing"
        run = user.scrapy("check", "-v", "china")
        assert run.returncode == 1
        assert "... FAIL" in run.stderr


def test_check_of_the_whole_project_succeeds_when_all_contracts_hold(user, site):
    site[contract(user, "parse")] = article_page()
    run = user.scrapy("check", "-v")
    assert "\nOK\n" in run.stderr
    assert run.returncode == 0, run.stderr


def contract(user: User, method: str) -> str:
    """HOST/PATH of the page that the contract of a spider's method names."""
    code = f"from sinanews.spiders.china import ChinaSpider as S; print(S.{method}.__doc__)"
    text = user.python("-c", code).stdout
    (url,) = (line.split()[1] for line in text.splitlines() if line.strip().startswith("@url"))
    return url.partition("://")[2]
