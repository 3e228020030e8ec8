"""Invalid input is refused by name; failures are logged, kept, and do not affect other stories."""

import json
import re

import pytest

from support import article_page, lines, place, posts, row

GOOD = "ngood000000001"
BAD = "nbad0000000001"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["channel=nope"], "channel: 'nope' is not accepted; expected one of guonei, "),
        (["channel=guonei,"], "channel: '' is not accepted"),
        (["since=2022-08-31", "until=2022-08-01"], "since: '2022-08-31' is not accepted"),
        (["since=yesterday"], "since: 'yesterday' is not accepted; expected a day such as"),
        (["since=0001-01-01"], "expected a day of the years 1970 to 2099"),
        (["until=9999-12-31"], "expected a day of the years 1970 to 2099"),
        (["until=2022-02-30"], "until: '2022-02-30' is not accepted"),
        (["limit=0"], "limit: '0' is not accepted; expected a number of articles"),
        (["limit=many"], "limit: 'many' is not accepted"),
        (["chanel=guonei"], "chanel: 'guonei' is not accepted; expected the arguments channel,"),
    ],
)
def test_an_invalid_argument_is_refused_before_any_request(arguments, message, pages, scrapy):
    options = [word for argument in arguments for word in ("-a", argument)]

    run = scrapy("crawl", "china", *options, mirror=pages.url)

    assert run.returncode == 2
    assert message in run.stderr
    assert "Traceback" not in run.stderr
    assert pages.requests == []


@pytest.mark.parametrize(
    ("setting", "value", "message"),
    [
        ("OUTPUT_DIR", "/dev/null/archive", "OUTPUT_DIR: '/dev/null/archive' is not accepted"),
        ("OUTPUT_DIR", "/proc/archive", "a folder that can be written"),
        ("LEDGER_URL", "ledger.db", "LEDGER_URL: 'ledger.db' is not accepted"),
        (
            "POST_EXTRA_KEYS",
            "colour",
            "POST_EXTRA_KEYS: 'colour' is not accepted; expected link or",
        ),
        ("POST_BODY", "pretty", "POST_BODY: 'pretty' is not accepted; expected source or clean"),
        ("KEEP_LINES_DAYS", "-1", "KEEP_LINES_DAYS: '-1' is not accepted; expected a whole number"),
        ("COMPRESS_AFTER_DAYS", "a week", "COMPRESS_AFTER_DAYS: 'a week' is not accepted"),
        ("MIRROR_URL", "127.0.0.1", "MIRROR_URL: '127.0.0.1' is not accepted"),
        ("CLOSESPIDER_TIMEOUT", "ten", "CLOSESPIDER_TIMEOUT: 'ten' is not accepted"),
    ],
)
def test_an_invalid_setting_is_refused(setting, value, message, pages, scrapy):
    run = scrapy("crawl", "china", **{"mirror": pages.url, setting: value})

    assert run.returncode == 2
    assert message in run.stderr
    assert "Traceback" not in run.stderr
    assert pages.requests == []


def test_an_unknown_spider_is_named(scrapy):
    run = scrapy("crawl", "japan")

    assert run.returncode == 2
    assert "spider 'japan' is not known; there are: " in run.stderr


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (b"", "the answer is not JSON"),
        (b'{"result": {"status": {"code": 0}, "data": [{"docid"', "the answer is not JSON"),
        (b'{"result": {"status": {"code": 11, "msg": "not registered"}}}', "Sina answers code 11"),
        (b'{"result": {"status": {"code": 0}, "data": {}}}', "no list of rows in result.data"),
        (b"[1, 2]", "has no result.status"),
        ((503, b"busy"), "HTTP 503"),
    ],
)
def test_an_unreadable_list_is_logged_and_the_run_is_incomplete(
    answer, message, pages, scrapy, output
):
    pages["feed.mix.sina.com.cn/api/roll/get"] = answer

    run = scrapy("crawl", "china", mirror=pages.url)

    assert run.returncode == 3
    assert "guonei: its list is incomplete" in run.stderr
    assert message in run.stderr
    assert posts(output) == []


@pytest.mark.parametrize(
    ("broken", "message"),
    [
        (row(BAD, url=None), "has no url"),
        (row(BAD, url=""), "has no url"),
        (row(BAD, intime=None), "has intime None, not unix seconds"),
        (row(BAD, intime="soon"), "has intime 'soon', not unix seconds"),
        ("no object", "a row is no object"),
    ],
)
def test_a_broken_row_is_logged_and_the_others_are_written(broken, message, pages, scrapy, output):
    pages.roll(broken, row(GOOD))
    pages[place(GOOD)] = article_page()

    run = scrapy("crawl", "china", mirror=pages.url)

    assert run.returncode == 3
    assert message in run.stderr
    assert "rows that could not be read: 1" in run.stdout
    assert [line["docid"] for line in lines(output)] == [GOOD]


@pytest.mark.parametrize(
    ("page", "reason"),
    [
        (b"", "no layout"),
        (article_page(body=""), "no body_html"),
        (article_page().replace(b'id="artibody"', b""), "no layout"),
        (article_page().replace(b"main-title", b"sub-title"), "no layout"),
        ((500, b"oops"), "HTTP 500"),
        ((403, b"no"), "HTTP 403"),
    ],
)
def test_a_page_that_gives_no_article_is_kept_and_the_others_are_written(
    page, reason, pages, scrapy, output
):
    pages.roll(row(BAD), row(GOOD, title="好"))
    pages[place(BAD)] = page
    pages[place(GOOD)] = article_page()

    run = scrapy("crawl", "china", mirror=pages.url)

    assert run.returncode == 3
    assert reason in run.stderr
    assert f"failed, {reason}: 1" in run.stdout
    assert [line["docid"] for line in lines(output)] == [GOOD]
    report = json.loads((output / "failed" / f"{BAD}.json").read_text("utf-8"))
    assert (report["docid"], report["reason"]) == (BAD, reason)
    if isinstance(page, bytes) and page:
        assert (output / "failed" / f"{BAD}.html.txt").read_bytes() == page


def test_a_gone_page_is_logged_and_is_no_failure(pages, scrapy, output):
    pages.roll(row(BAD), row(GOOD, title="好"))
    pages[place(GOOD)] = article_page()

    run = scrapy("crawl", "china", mirror=pages.url)

    assert run.returncode == 0
    assert f"{place(BAD)}: HTTP 404" in run.stderr
    assert "gone 1 + failed 0" in run.stdout
    assert not (output / "failed").exists()


def test_a_page_with_a_wrong_charset_is_still_read(pages, scrapy, output):
    pages.roll(row(GOOD))
    pages[place(GOOD)] = article_page(body="<p>证券</p>").decode().encode("gb18030")

    run = scrapy("crawl", "china", mirror=pages.url)

    assert run.returncode == 0, run.stderr
    assert [line["title"] for line in lines(output)] == ["标题"]


def test_an_old_page_is_decoded_by_its_meta_charset(pages, scrapy, output):
    page = article_page(body="<p>证券㎡</p>").decode().replace("utf-8", "gb2312")
    pages.roll(row(GOOD))
    pages[place(GOOD)] = page.encode("gb18030")

    scrapy("crawl", "china", mirror=pages.url)

    assert [line["text"] for line in lines(output)] == ["证券㎡"]


def test_a_page_without_a_title_gets_the_title_of_the_list(pages, scrapy, output):
    pages.roll(row(GOOD, title="列表标题"))
    pages[place(GOOD)] = article_page(title="")

    assert scrapy("crawl", "china", mirror=pages.url).returncode == 0
    assert [line["title"] for line in lines(output)] == ["列表标题"]


def test_an_article_without_any_title_is_rejected(pages, scrapy, output):
    pages.roll(row(BAD, title=""))
    pages[place(BAD)] = article_page(title="")

    assert scrapy("crawl", "china", mirror=pages.url).returncode == 3
    assert json.loads((output / "failed" / f"{BAD}.json").read_text())["reason"] == "no title"


def test_a_failed_story_is_retried_by_a_later_run(pages, scrapy, output):
    pages.roll(row(BAD))
    pages[place(BAD)] = (500, b"")
    scrapy("crawl", "china", mirror=pages.url, FAILED_PAUSE_SECONDS="0")
    pages[place(BAD)] = article_page()

    run = scrapy("crawl", "china", mirror=pages.url)

    assert run.returncode == 0, run.stderr
    assert re.search(r"listed 1 = written 1 \+", run.stdout)
    assert len(posts(output)) == 1
