"""A part of the downloader that does not work is told by what it says, and no run hangs for it."""

import json

from harvest.proofs import assert_accounts_balance, reports
from support import article_page, place, row

DOCID = "nabc0000000001"


def crawl(scrapy, pages, fault):
    pages.roll(row(DOCID))
    pages[place(DOCID)] = article_page()
    broken = json.dumps({f"tests.faulty.{fault}": 1})
    return scrapy("crawl", "china", mirror=pages.url, DOWNLOADER_MIDDLEWARES=broken)


def test_an_error_on_the_way_to_a_page_fails_its_story(pages, scrapy, output):
    run = crawl(scrapy, pages, "Pages")

    assert run.returncode == 3
    assert "failed, AssertionError: something is wrong with pages: 1" in run.stdout
    assert_accounts_balance(output)


def test_an_error_on_the_way_to_a_list_ends_the_run_as_crashed(pages, scrapy, output):
    run = crawl(scrapy, pages, "Lists")

    assert run.returncode == 3
    assert "AssertionError: something is wrong with lists" in run.stderr
    assert reports(output)[-1]["reason"] == "crashed"
    assert_accounts_balance(output)
