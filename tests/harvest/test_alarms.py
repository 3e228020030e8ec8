"""Whatever goes wrong with a list or its pages, the next run says so by its exit code."""

import json
import time
from collections.abc import Callable

import pytest

from support import Pages, article_page, place, row

ROLL = "feed.mix.sina.com.cn/api/roll/get"
HOUR, DAY = 3600, 86_400
OLD = [f"nold{number:010}" for number in range(60)]
NEW = [f"nnew{number:010}" for number in range(6)]
CAPTCHA = "<html><body><form>请输入验证码</form></body></html>".encode()
LOGIN = b"<html><head><title>Sina Visitor System</title></head><body></body></html>"


def listed(docids: list[str], newest: int, apart: int = 600) -> list[dict]:
    """Rows of the docids, the first one the newest."""
    return [
        row(docid, **dict.fromkeys(("ctime", "mtime", "intime"), str(newest - place * apart)))
        for place, docid in enumerate(docids)
    ]


class Channel:
    """A list with 60 articles that were harvested, and six that are new; whoever changes it says
    what is wrong with it."""

    def __init__(self, pages: Pages) -> None:
        self.pages = pages
        self.now = int(time.time()) - 600
        for docid in [*OLD, *NEW]:
            pages[place(docid)] = article_page()
        self.list(OLD, self.now - HOUR)

    def list(self, docids: list[str], newest: int, **result: object) -> None:
        """What the list answers, on one page."""
        rows = listed(docids, newest)
        self.pages.roll(*rows[:50], **{"rtime": self.now, "total": len(rows[:50]), **result})

    def list_new(self) -> None:
        self.list([*NEW, *OLD], self.now - HOUR + 6 * 600)

    def answer(self, body: bytes, status: int = 200) -> None:
        self.pages[ROLL] = (status, body)

    def serve_new(self, body: bytes, status: int = 200) -> None:
        self.list_new()
        for docid in NEW:
            self.pages[place(docid)] = (status, body)


def with_a_broken_row(channel: Channel) -> None:
    rows = listed([*NEW, *OLD], channel.now - HOUR + 6 * 600)[:50]
    del rows[3]["url"]
    channel.pages.roll(*rows, rtime=channel.now)


def forbidden_by_robots_txt(channel: Channel) -> None:
    channel.pages["feed.mix.sina.com.cn/robots.txt"] = b"User-agent: *\nDisallow: /"


def unknown_robots_txt(channel: Channel) -> None:
    channel.list_new()
    channel.pages["finance.sina.com.cn/robots.txt"] = (503, b"")


WRONG: dict[str, tuple[int, Callable[[Channel], None]]] = {
    "the list answers 403": (4, lambda channel: channel.answer(b"", 403)),
    "the list answers 418": (4, lambda channel: channel.answer(b"", 418)),
    "the list answers 429": (4, lambda channel: channel.answer(b"", 429)),
    "the list is a captcha page": (4, lambda channel: channel.answer(CAPTCHA)),
    "the list is a login page": (4, lambda channel: channel.answer(LOGIN)),
    "the list is a page of HTML": (4, lambda channel: channel.answer(b"<html></html>")),
    "robots.txt forbids the list": (4, forbidden_by_robots_txt),
    "all pages answer 403": (4, lambda channel: channel.serve_new(b"", 403)),
    "all pages are captchas": (4, lambda channel: channel.serve_new(CAPTCHA)),
    "all pages are login pages": (4, lambda channel: channel.serve_new(LOGIN)),
    "no page has a body": (5, lambda channel: channel.serve_new(article_page(body=""))),
    "no page has a layout": (5, lambda channel: channel.serve_new(b"<html><p>new look</p></html>")),
    "the list answers 500": (3, lambda channel: channel.answer(b"", 500)),
    "the list is cut off": (3, lambda channel: channel.answer(b'{"result": {"status": {"co')),
    "the list is empty": (3, lambda channel: channel.list([], 0)),
    "the list is of another form": (3, lambda channel: channel.answer(b'{"code": 0}')),
    "the list is not registered": (
        3,
        lambda channel: channel.answer(json.dumps({"result": {"status": {"code": 11}}}).encode()),
    ),
    "the first page is an old one": (3, lambda channel: channel.list(OLD[20:], channel.now - DAY)),
    "a row is broken": (3, with_a_broken_row),
    "the list has a gap": (3, lambda channel: channel.list(NEW, channel.now, total=1000)),
    "all pages answer 500": (3, lambda channel: channel.serve_new(b"", 500)),
    "robots.txt of the pages cannot be had": (3, unknown_robots_txt),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_what_is_wrong_is_told_by_the_next_run(wrong, pages, scrapy):
    channel = Channel(pages)
    before = scrapy("harvest", "china", mirror=pages.url)
    assert before.returncode == 0, before.stdout + before.stderr

    code, make_wrong = WRONG[wrong]
    make_wrong(channel)
    after = scrapy("harvest", "china", mirror=pages.url)

    assert after.returncode == code, after.stdout + after.stderr


def test_news_are_no_alarm(pages, scrapy):
    channel = Channel(pages)
    scrapy("harvest", "china", mirror=pages.url)
    channel.list_new()
    after = scrapy("harvest", "china", mirror=pages.url)
    assert after.returncode == 0, after.stdout + after.stderr
    assert "written 6 " in after.stdout
