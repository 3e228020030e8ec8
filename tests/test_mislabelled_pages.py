"""Pages whose bytes are in another encoding than they say."""

import gc

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from scrapy.http import HtmlResponse
from w3lib.encoding import to_unicode

from sinanews.exceptions import EncodingError
from sinanews.extraction import page
from sinanews.extraction.notes import ENCODINGS, Notes
from sinanews.mirror.pages import FAMILIES, render
from sinanews.mirror.site import Site
from sinanews.roll.api import Story
from support import article_page

URL = "https://finance.sina.com.cn/china/2026-09-29/doc-inabc0000000001.shtml"
HAN = st.text(st.characters(min_codepoint=0x4E00, max_codepoint=0x9FA5), min_size=1, max_size=300)


SENTENCE = "港口货运回升，闸口在夜里也开。"
LABELS = ("utf-8", "gb2312", "gbk", "iso-8859-1", "big5", "shift_jis", "utf-16", "utf-7", "x-foo")


def read(body, header=None, notes=None):
    headers = {"Content-Type": f"text/html; charset={header}"} if header else {}
    return page.read(HtmlResponse(URL, body=body, headers=headers), notes=notes)


def labelled(label, text=f"<p>　　{SENTENCE}</p>"):
    return article_page(body=text).decode().replace("utf-8", label)


@pytest.mark.parametrize("place", ["meta", "header"])
@pytest.mark.parametrize("label", LABELS)
def test_utf_8_under_any_label_is_read_as_utf_8(label, place):
    body = labelled(label if place == "meta" else "utf-8").encode()
    assert read(body, label if place == "header" else None).text == SENTENCE


@pytest.mark.parametrize("place", ["meta", "header"])
@pytest.mark.parametrize("label", [label for label in LABELS if label != "big5"])
def test_gbk_under_any_label_but_that_of_other_chinese_is_read_as_gbk(label, place):
    body = labelled(label if place == "meta" else "gb2312").encode("gb18030")
    assert read(body, label if place == "header" else None).text == SENTENCE


def test_a_page_without_a_label_is_read_as_what_it_is():
    for encoding in ("utf-8", "gb18030"):
        body = labelled("utf-8").replace('<meta charset="utf-8"/>', "").encode(encoding)
        assert read(body.replace(b'charset="utf-8"', b"")).text == SENTENCE


def test_a_repaired_encoding_is_counted_and_a_right_one_is_not():
    notes = Notes()
    read(labelled("utf-8").encode(), notes=notes)
    read(labelled("gb2312").encode("gb18030"), notes=notes)
    read(labelled("x-foo").encode("gb18030"), notes=notes)
    assert not notes.doubtful
    read(labelled("gb2312").encode(), notes=notes)
    read(labelled("gb2312").encode("gb18030"), "utf-8", notes)
    assert notes.doubtful == {ENCODINGS: 2}


@pytest.mark.parametrize("label", ["utf-8", "gb2312"])
def test_the_next_page_of_a_mislabelled_article_is_known(label):
    notes = Notes()
    pager = f"<p>{SENTENCE}</p><p><a href='{URL}#'>1</a> <a href='?other=2&page=2'>下一页</a></p>"
    read(labelled(label, pager).encode("gb18030"), notes=notes)
    assert list(notes.other_pages) == [2]


def texts_of(response):
    return [value for value in gc.get_referents(response) if isinstance(value, str)]


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_a_response_that_was_read_does_not_keep_its_text(encoding):
    body = labelled(encoding, f"<p>{SENTENCE}</p>" * 100).encode(encoding)
    response = HtmlResponse(URL, body=body)
    page.read(response)
    assert not any(SENTENCE in text for text in texts_of(response))
    assert response.text in texts_of(response)


@given(
    text=st.text(st.sampled_from("港口货运回升，闸口在夜里也开"), min_size=60, max_size=90),
    encoding=st.sampled_from(["utf-8", "gb18030"]),
    label=st.sampled_from(["utf-8", "gb2312"]),
    every=st.integers(min_value=15, max_value=40),
    damage=st.binary(min_size=1, max_size=3),
)
@example(text=60 * "港", encoding="utf-8", label="utf-8", every=15, damage=b"\x1e\x1f\x00")
def test_damaged_text_fails_or_is_read_in_its_own_encoding(text, encoding, label, every, damage):
    good = text.encode(encoding)
    broken = bytes(
        damage[at % len(damage)] if at % every == 0 else byte for at, byte in enumerate(good)
    )
    head, tail = labelled(label, "<p>@</p>").encode(encoding).split(b"@")
    try:
        found = read(head + broken + tail).text
    except EncodingError:
        return
    assert found.count("\ufffd") * 2 <= len(found)
    assert {*found} <= {*to_unicode(broken, encoding), " ", "\n"}


MENU = "".join(f"<li>新浪导航{number}</li>" for number in range(60))


@pytest.mark.parametrize("label", ["utf-8", "gb2312"])
@pytest.mark.parametrize("encodings", [("utf-8", "gb18030"), ("gb18030", "utf-8")])
def test_a_menu_in_another_encoding_does_not_spoil_the_article(label, encodings):
    of_menu, of_article = encodings
    text = labelled(label, f"<p>{SENTENCE * 3}</p>")
    head, body, tail = text.partition("<body>")
    page_ = head.encode() + MENU.encode(of_menu) + (body + tail).encode(of_article)
    story = Story("nabc0000000001", URL, "标题", 0, 0, 0)
    assert page.read(HtmlResponse(URL, body=page_), story).text == SENTENCE * 3


def test_an_article_in_no_encoding_fails_though_the_rest_can_be_read():
    head, tail = labelled("utf-8", f"<p>@</p>{MENU}").encode().split(b"@")
    head = head.replace(b"<body>", f"<body>{MENU}".encode())
    with pytest.raises(EncodingError):
        read(head + bytes([0xFF, 0x80]) * 400 + tail.replace(MENU.encode(), b""))


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
