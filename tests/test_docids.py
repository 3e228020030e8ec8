"""A docid names files: what could not do so is none, and the address gives one in its place."""

import json

import pytest

from sinanews.roll import api as roll
from sinanews.roll.api import Story
from support import article_page, lines, place, row


def listed(docid: object) -> Story:
    answer = {"result": {"status": {"code": 0}, "data": [row() | {"docid": docid}]}}
    return roll.read(json.dumps(answer), "list").stories[0]


@pytest.mark.parametrize(
    "docid",
    [
        "comos:../../elsewhere",
        "comos:a/b",
        "comos:..",
        "comos:",
        "",
        None,
        7,
        "a" * 300,
        "a\u0000b",
    ],
)
def test_what_could_name_no_file_is_no_docid(docid):
    assert listed(docid).docid == "nabc0000000001"


@pytest.mark.parametrize(
    "docid", ["comos:nitmeav9622448", "nitmeav9622448", "slide:nitmeav9622448"]
)
def test_a_listed_docid_is_taken_without_its_prefix(docid):
    assert listed(docid).docid == "nitmeav9622448"


def test_a_page_that_fails_is_kept_within_the_archive_whatever_its_row_says(pages, scrapy, output):
    pages.roll(row() | {"docid": "comos:../../elsewhere"}, row("nabc0000000002"))
    pages[place()] = b"<html>nothing</html>"
    pages[place("nabc0000000002")] = article_page()

    run = scrapy("crawl", "china", mirror=pages.url)

    assert run.returncode == 3, run.stderr
    kept = sorted(path.name for path in (output / "failed").iterdir())
    assert kept == ["nabc0000000001.html", "nabc0000000001.json"]
    assert not list(output.parent.glob("elsewhere*"))
    assert [line["docid"] for line in lines(output)] == ["nabc0000000002"]
