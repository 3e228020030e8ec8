"""A docid names files: one that is unfit for that is replaced by the one in the URL."""

import json

import pytest

from sinanews.posts.paths import NAME_LIMIT, post_path
from sinanews.roll import api as roll
from sinanews.roll.api import Story
from sinanews.utils import urls
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
        "a\u0000b",
    ],
)
def test_a_docid_unfit_as_a_file_name_is_replaced(docid):
    assert listed(docid).docid == "nabc0000000001"


def test_a_row_with_a_docid_beyond_the_bound_is_a_broken_row_that_names_it():
    answer = {"result": {"status": {"code": 0}, "data": [row() | {"docid": "a" * 65}, row()]}}
    read = roll.read(json.dumps(answer), "list")
    assert len(read.stories) == 1
    assert "more than 64 characters of an id (ID_LENGTH)" in str(read.broken[0])


@pytest.mark.parametrize(
    "docid", ["comos:nitmeav9622448", "nitmeav9622448", "slide:nitmeav9622448"]
)
def test_a_listed_docid_is_taken_without_its_prefix(docid):
    assert listed(docid).docid == "nitmeav9622448"


LONG = "a" * 400


@pytest.mark.parametrize(
    "url",
    [
        f"https://finance.sina.com.cn/china/doc-i{LONG}.shtml",
        f"https://finance.sina.cn/2022-08-26/detail-i{LONG}.d.html",
        f"https://k.sina.com.cn/article_1645705403_{LONG}.html",
        f"https://k.sina.com.cn/article_{LONG}_621778bb02001clto.html",
        f"https://cj.sina.com.cn/articles/view/1645705403/{LONG}",
        f"https://cj.sina.com.cn/articles/view/{'1' * 400}/621778bb02001clto",
        f"https://finance.sina.com.cn/{LONG}/244339.shtml",
    ],
)
def test_a_url_too_long_to_name_a_file_gives_a_short_docid_of_its_own(url):
    other = url.replace(LONG, f"{LONG}b").replace("1" * 400, "1" * 401)
    docids = {urls.docid(url), urls.docid(other)}
    assert len(docids) == 2
    for docid in docids:
        assert len(f"{docid}.html.txt".encode()) <= 200
        path = post_path("标" * 75, ["guonei"], docid, taken=True)
        assert len(path.rpartition("/")[2].encode()) <= NAME_LIMIT


def test_a_page_with_a_long_address_fails_alone(pages, scrapy, output):
    path = f"finance.sina.com.cn/china/doc-i{LONG}.shtml"
    pages.roll(row() | {"docid": "", "url": f"https://{path}"}, row("nabc0000000002"))
    pages[path] = b"<html>nothing</html>"
    pages[place("nabc0000000002")] = article_page()

    run = scrapy("crawl", "china", mirror=pages.url)

    assert "failed, no layout: 1" in run.stdout, run.stdout + run.stderr
    assert [line["docid"] for line in lines(output)] == ["nabc0000000002"]


def test_a_failed_page_is_kept_inside_the_archive_even_with_a_hostile_docid(pages, scrapy, output):
    pages.roll(row() | {"docid": "comos:../../elsewhere"}, row("nabc0000000002"))
    pages[place()] = b"<html>nothing</html>"
    pages[place("nabc0000000002")] = article_page()

    run = scrapy("crawl", "china", mirror=pages.url)

    assert run.returncode == 3, run.stderr
    files = sorted(path.name for path in (output / "failed").iterdir())
    assert files == ["nabc0000000001.html.txt", "nabc0000000001.json"]
    assert not list(output.parent.glob("elsewhere*"))
    assert [line["docid"] for line in lines(output)] == ["nabc0000000002"]
