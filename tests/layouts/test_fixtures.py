"""Small pages of every layout with their expected fields: one test for each page and field.

The responses have no charset in their headers, so that decoding is tested, too. The expected
values were written by hand, from the pages.
"""

import json
from functools import cache
from pathlib import Path

import pytest
from scrapy.http import HtmlResponse

from sinanews.exceptions import LayoutError
from sinanews.extraction import layouts, page
from sinanews.extraction.layouts.base import Page
from sinanews.roll.api import Story

FOLDERS = sorted((Path(__file__).parents[1] / "fixtures" / "layouts").iterdir())
FIELDS = (
    "layout",
    "docid",
    "title",
    "source",
    "author",
    "published",
    "updated",
    "editor",
    "editor_code",
    "keywords",
    "tickers",
    "images",
)
NAMES = [folder.name for folder in FOLDERS]
every_page = pytest.mark.parametrize("folder", FOLDERS, ids=NAMES)


@cache
def expected(folder):
    return json.loads((folder / "expected.json").read_text("utf-8"))


def response(folder):
    body = (folder / "page.html").read_bytes()
    return HtmlResponse(expected(folder)["url"], body=body, headers={"Content-Type": "text/html"})


@cache
def article(folder):
    return page.read(response(folder)).to_json()


@pytest.mark.parametrize("field", FIELDS)
@every_page
def test_a_field_is_as_expected(folder, field):
    assert article(folder)[field] == expected(folder)[field]


@every_page
def test_the_text_is_the_articles_paragraphs(folder):
    assert article(folder)["text"].split("\n") == (expected(folder)["paragraphs"] or [""])


@every_page
def test_the_source_body_is_not_empty_and_has_no_scripts(folder):
    body = article(folder)["body_html"]
    assert body.strip()
    assert "<script" not in body


@every_page
def test_a_page_is_named_after_its_layout_and_small(folder):
    assert folder.name.startswith(f"{expected(folder)['layout']}-")
    assert len((folder / "page.html").read_bytes()) < 10_000


def test_every_layout_has_a_page():
    assert {name.partition("-")[0] for name in NAMES} == set(layouts.BY_NAME)


@every_page
def test_the_first_layout_that_fits_is_the_expected_one(folder):
    parsed = Page(response(folder).text)
    assert layouts.of(parsed).name == expected(folder)["layout"]


@every_page
def test_no_earlier_layout_fits_the_page(folder):
    parsed = Page(response(folder).text)
    own = layouts.BY_NAME[expected(folder)["layout"]]
    earlier = layouts.LAYOUTS[: layouts.LAYOUTS.index(own)]
    assert [layout.name for layout in earlier if layout.fits(parsed)] == []


@pytest.mark.parametrize(
    ("special", "general", "folder"),
    [("K", "F2017", "K-2018"), ("K", "N2017", "K-2025"), ("CJ", "F2017", "CJ-2018")],
)
def test_a_special_layout_comes_before_the_general_one(special, general, folder):
    names = [layout.name for layout in layouts.LAYOUTS]
    parsed = Page(response(next(f for f in FOLDERS if f.name == folder)).text)
    assert layouts.BY_NAME[general].fits(parsed)
    assert names.index(special) < names.index(general)


@pytest.mark.parametrize("name", ["F2017-plain", "F2017-edited", "F2014-finance"])
def test_the_title_of_the_page_is_not_a_keyword_when_the_list_has_another(name):
    """The list has the title as it was before an edit of the page; half a percent differ."""
    folder = FOLDERS[NAMES.index(name)]
    story = Story("naaaaaa0000001", expected(folder)["url"], "清单上的旧标题", 1, 1, 1)
    read = page.read(response(folder), story)
    assert read.title == "清单上的旧标题"
    assert read.keywords == expected(folder)["keywords"]


@pytest.mark.parametrize("name", ["F2014-finance", "F2014-news", "B2009-pictures", "T2005-split"])
def test_old_pages_are_gb2312_and_declare_it(name):
    body = (FOLDERS[NAMES.index(name)] / "page.html").read_bytes()
    assert b"charset=gb2312" in body
    with pytest.raises(UnicodeDecodeError):
        body.decode("utf-8")


@pytest.mark.parametrize(
    "body",
    [
        "<html><head><title>captcha</title></head><body><p>请输入验证码</p></body></html>",
        "<html><body><h1>只有标题的一页</h1><p>没有哪一族的标记。</p></body></html>",
        "",
    ],
    ids=["captcha", "foreign", "empty"],
)
def test_an_unsupported_page_is_reported_with_the_layouts_tried(body):
    served = HtmlResponse("https://finance.sina.com.cn/china/x.shtml", body=body.encode())
    with pytest.raises(LayoutError) as raised:
        page.read(served)
    assert raised.value.missing == ["layout"]
    assert list(raised.value.tried) == list(layouts.BY_NAME)
    assert all(name in str(raised.value) for name in layouts.BY_NAME)


@pytest.mark.parametrize(
    ("cut", "missing"),
    [("h1.main-title", "layout"), (".date-source", "layout"), ("#artibody", "layout")],
)
def test_a_page_without_a_required_element_has_no_layout(cut, missing):
    parsed = Page(response(FOLDERS[NAMES.index("F2017-plain")]).text)
    for node in parsed.tree.css(cut):
        node.decompose()
    with pytest.raises(LayoutError) as raised:
        page.read(HtmlResponse("https://finance.sina.com.cn/x", body=parsed.tree.html.encode()))
    assert raised.value.missing == [missing]
    assert cut in raised.value.tried["F2017"]


def test_an_empty_title_and_no_time_are_reported_with_the_layout():
    body = response(FOLDERS[NAMES.index("CJ-2018")]).text
    body = body.replace("县城奶茶店关了一半，剩下的那家在卖面", "").replace("2018年10月12日", "")
    with pytest.raises(LayoutError) as raised:
        page.read(HtmlResponse("https://t.cj.sina.com.cn/x", body=body.encode()))
    assert raised.value.missing == ["title", "published"]
    assert list(raised.value.tried) == ["CJ"]
