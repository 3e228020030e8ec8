"""A docid names files: one that is unfit for that is replaced by the one in the URL."""

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
def test_a_docid_unfit_as_a_file_name_is_replaced(docid):
    assert listed(docid).docid == "nabc0000000001"


@pytest.mark.parametrize(
    "docid", ["comos:nitmeav9622448", "nitmeav9622448", "slide:nitmeav9622448"]
)
def test_a_listed_docid_is_taken_without_its_prefix(docid):
    assert listed(docid).docid == "nitmeav9622448"


def test_a_failed_page_is_kept_inside_the_archive_even_with_a_hostile_docid(pages, scrapy, output):
    pages.roll(row() | {"docid": "comos:../../elsewhere"}, row("nabc0000000002"))
    pages[place()] = b"<html>nothing</html>"
    pages[place("nabc0000000002")] = article_page()

    run = scrapy("crawl", "china", mirror=pages.url)

    assert run.returncode == 3, run.stderr
    files = sorted(path.name for path in (output / "failed").iterdir())
    assert files == ["nabc0000000001.html", "nabc0000000001.json"]
    assert not list(output.parent.glob("elsewhere*"))
    assert [line["docid"] for line in lines(output)] == ["nabc0000000002"]
