"""Download errors are reported with their message, and no run hangs on them."""

import json

from harvest.proofs import assert_accounts_balance, reports
from support import DOCID, article_page, place, row


def crawl(scrapy, pages, fault):
    pages.roll(row(DOCID))
    pages[place(DOCID)] = article_page()
    middlewares = json.dumps({f"tests.faulty.{fault}": 1})
    return scrapy("crawl", "china", mirror=pages.url, DOWNLOADER_MIDDLEWARES=middlewares)


def test_a_middleware_error_on_a_page_fails_its_story(pages, scrapy, output):
    run = crawl(scrapy, pages, "Pages")

    assert run.returncode == 3
    assert "failed, error: AssertionError: 1" in run.stdout
    assert "AssertionError: something is wrong with pages" in run.stderr
    assert_accounts_balance(output)


def test_a_middleware_error_on_a_list_ends_the_run_as_crashed(pages, scrapy, output):
    run = crawl(scrapy, pages, "Lists")

    assert run.returncode == 3
    assert "AssertionError: something is wrong with lists" in run.stderr
    assert reports(output)[-1]["reason"] == "crashed"
    assert_accounts_balance(output)


def test_an_unreachable_host_is_logged_in_plain_words(scrapy):
    run = scrapy("crawl", "china", mirror="http://127.0.0.1:9", RETRY_TIMES="0")

    assert run.returncode == 3
    message = next(line for line in run.stderr.splitlines() if "its list is incomplete" in line)
    assert message.endswith(": robots.txt of feed.mix.sina.com.cn: connection refused")
