"""What is a pager in a body, and what only looks like one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scrapy.http import HtmlResponse

from sinanews.extraction import page, pager
from sinanews.extraction.body import clean
from sinanews.extraction.notes import Notes
from support import article_page

URL = "https://finance.sina.com.cn/china/2026-09-29/doc-inabc0000000001.shtml"
TWO = URL.replace(".shtml", "_2.shtml")
SIGNS = ("?page=", "?p=", "下一页", "doc-inabc0000000001_")


def response(body, url=URL):
    return HtmlResponse(url, body=article_page(body=f"<p>正文。</p>{body}"))


def other_pages(response):
    notes = Notes()
    page.read(response, notes=notes)
    return notes.other_pages


@pytest.mark.parametrize(
    "pager",
    [
        f'<p class="page">[1] <a href="{TWO}">[2]</a> <a href="{TWO}">下一页</a></p>',
        f'<p>第一页 <a href="{TWO}">第二页</a> 共2页</p>',
        f'<table><tr><td>1</td><td><a href="{TWO}">2</a></td></tr></table>',
        f'<center><a href="{TWO}"><img src="//i0.sinaimg.cn/next.jpg"></a></center>',
        f'<p><a href="{TWO}">第2页：市场的反应</a></p>',
        f'<div><span><a href="{TWO}">余下全文（1/2）</a></span></div>',
        '<p><a href="?page=2">点击阅读余下全文&gt;&gt;</a></p>',
        f'<p>1 <a href="{TWO}">2</a></p><p>1 <a href="{TWO}">2</a></p>',
    ],
)
def test_a_pager_leads_to_the_second_page_and_is_in_neither_body_nor_text(pager):
    article = page.read(response(pager))
    assert list(other_pages(response(pager))) == [2]
    assert (article.text, article.images) == ("正文。", [])
    assert TWO not in article.body_html


@pytest.mark.parametrize(
    "line",
    [
        '<p>第2页有<a href="https://finance.sina.com.cn/a.shtml">说明</a></p>',
        "<p>1 2 3</p>",
        "<p>下一页</p>",
        '<table><tr><td><a href="/stock/">600</a></td><td>12</td></tr></table>',
        '<table><tr><td><a href="/stock/">2</a></td><td>3</td></tr></table>',
        f'<p>见<a href="{TWO}">第二部分</a>的论述</p>',
        '<p><a href="/stock/">1.5</a> 2.5%</p>',
    ],
)
def test_what_only_looks_like_a_pager_stays(line):
    text = page.read(response(line)).text
    assert text.startswith("正文。\n")
    assert len(text) > len("正文。\n")


def test_a_pager_that_leads_nowhere_stays_in_the_source_and_is_no_text():
    pager = '<p class="page">[1] <a href="#">[2]</a> 下一页</p>'
    article = page.read(response(pager))
    assert other_pages(response(pager)) == {}
    assert article.text == "正文。"
    assert "下一页" in article.body_html
    assert clean(article.body_html) == "<p>正文。</p>"


def test_a_link_in_a_sentence_to_another_page_keeps_its_words():
    body = f'正文<a href="{TWO}">在此</a>完。<p class="page">[1] <a href="{TWO}">[2]</a></p>'
    assert page.read(response(body)).text == "正文。\n正文在此完。"


@pytest.mark.parametrize(
    "other",
    [
        URL.replace("nabc0000000001", "nabc0000000002"),
        TWO.replace("/china/", "/world/"),
        URL + "?from=wap",
        URL + "#2",
    ],
)
def test_pages_of_other_articles_and_the_page_itself_are_no_other_pages(other):
    pager = f'<p class="page">[1] <a href="{other}">[2]</a> <a href="{other}">下一页</a></p>'
    assert other_pages(response(pager)) == {}


@given(
    st.lists(st.sampled_from([*SIGNS, "?", "?pages", "下", "下一", "inabc0000000001", "_", "字"]))
)
def test_the_signs_of_a_pager_are_found_wherever_they_stand(pieces):
    html = "".join(pieces)
    assert pager.has_signs(html, URL) == any(sign in html for sign in SIGNS)


@pytest.mark.parametrize("sign", ["?p=2", "下一页"])
@pytest.mark.parametrize("times", [0, 999, 1_000, 100_000])
def test_the_signs_are_found_behind_however_many_of_their_first_characters(sign, times):
    before = sign[0] * times
    assert not pager.has_signs(before, URL)
    assert pager.has_signs(before + sign, URL)
