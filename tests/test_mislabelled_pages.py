"""Pages whose bytes are in another encoding than they say."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scrapy.http import HtmlResponse

from sinanews.extraction import page
from sinanews.mirror.pages import FAMILIES, render
from sinanews.mirror.site import Site
from support import article_page

URL = "https://finance.sina.com.cn/china/2026-09-29/doc-inabc0000000001.shtml"
HAN = st.text(st.characters(min_codepoint=0x4E00, max_codepoint=0x9FA5), min_size=1, max_size=300)


def read(body):
    return page.read(HtmlResponse(URL, body=body))


@given(title=HAN, text=HAN)
def test_gbk_that_calls_itself_utf_8_is_read_as_gbk(title, text):
    body = article_page(title=title, body=f"<p>　　{text}</p>")
    mislabelled = read(body.decode().encode("gb18030"))
    assert (mislabelled.title, mislabelled.text) == (title, text)


@given(text=HAN, at=st.integers(min_value=0), broken=st.binary(min_size=1, max_size=3))
def test_utf_8_with_a_few_broken_bytes_stays_utf_8(text, at, broken):
    whole = f"{text * (20 // len(text) + 1)}".encode()
    at = at % (len(whole) // 3 + 1) * 3
    body = article_page().replace("正文".encode(), whole[:at] + broken + whole[at:])
    assert read(body).title == "标题"


@pytest.mark.parametrize("family", FAMILIES)
def test_pages_of_every_family_are_read_as_what_they_are(family):
    (story,) = Site(articles=12, tick=0).publish(1, family=family)
    text = render(story).decode(FAMILIES[family].encoding)
    body = text.replace("charset=gb2312", "charset=utf-8").encode("gb18030")
    lines = page.read(HtmlResponse(story.url, body=body)).text.split("\n")
    paragraphs = story.paragraphs()
    assert [line for line in lines if line in paragraphs] == list(paragraphs)
