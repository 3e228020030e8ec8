"""Faults of an enemy's kind: what each of them puts where, and that the story stays what it is."""

import json
import socket
import zlib
from http.client import IncompleteRead
from urllib.parse import urlsplit

import pytest

from sinanews.mirror.faults import KINDS, bombs, elsewhere, markup, rows
from sinanews.mirror.pages import FAMILIES
from sinanews.mirror.roll import PATH as ROLL

GUONEI = f"{ROLL}?pageid=155&lid=1686&k=&num=50"
BESIDE = {
    "active": markup.ACTIVE,
    "template": markup.TEMPLATE,
    "split-tag": markup.SPLIT,
    "comment-end": markup.COMMENT,
    "code-span": markup.CODE_SPAN,
    "blank-lines": markup.BLANK_LINES,
    "markdown-link": markup.LINK,
    "backslash": markup.BACKSLASH,
    "controls": markup.CONTROLS,
    "mails": markup.MAILS,
}
OTHER_PAGES = {"no-article": markup.WITHOUT_ARTICLE, "captcha-word": markup.CAPTCHA_WORD}
ROW_KINDS = [kind for kind in rows.FAMILY.kinds if kind.name != "badrow"]
CHANGED_ROWS = {"row-id", "row-title", "row-values"}  # the others put a row beside a good one
SENT = 300_000  # bytes of any reply, packed: what it costs is out of all proportion to that


@pytest.fixture
def story(mirror):
    return next(story for story in mirror.site.stories if story.family == "F2017")


def test_every_kind_of_markup_is_tested_here():
    assert {kind.name for kind in markup.FAMILY.kinds} == {*BESIDE, *OTHER_PAGES, "fields"}


@pytest.mark.parametrize("family", FAMILIES)
def test_markup_stands_behind_the_last_paragraph_in_every_family(mirror, get, family):
    (story,) = mirror.site.publish(1, family=family)
    code = FAMILIES[family].encoding
    good = get(story.address).body.decode(code)
    for kind, html in BESIDE.items():
        mirror.faults.clear()
        mirror.faults.add(story.address, kind)
        before, found, behind = get(story.address).body.decode(code).partition(html)
        assert (before + behind, found) == (good, html), kind
        assert before.endswith("</p>")
        assert story.paragraphs()[-1][-9:] in before


def test_markup_in_fields_is_text_of_source_and_keywords(mirror, get, story):
    mirror.faults.add(story.address, "fields")
    text = get(story.address).text
    assert text.count('"&quot;&lt;img src=') + text.count(">&quot;&lt;img src=") >= 2
    assert markup.IMAGE not in text


@pytest.mark.parametrize("kind", OTHER_PAGES)
def test_a_page_without_an_article_takes_the_place_of_the_whole(mirror, get, story, kind):
    mirror.faults.add(story.address, kind)
    assert get(story.address).text == OTHER_PAGES[kind]


@pytest.mark.parametrize(
    ("kind", "url"),
    [
        ("redirect-inside", elsewhere.INSIDE),
        ("redirect-login", elsewhere.CREDENTIALS),
        ("redirect-outside", elsewhere.OUTSIDE),
    ],
)
def test_a_redirect_leads_to_a_hostile_host(mirror, get, story, kind, url):
    mirror.faults.add(story.address, kind)
    answer = get(story.address)
    assert (answer.status, answer.headers["Location"]) == (302, url)
    assert urlsplit(url).hostname.endswith(elsewhere.HOSTILE_HOSTS)


def test_a_mobile_page_names_a_loopback_address_as_its_pc_page(mirror, get, story):
    mirror.faults.add(story.address, "mobile-inside")
    text = get(story.address).text
    assert text.count(f'"__webURL":"{elsewhere.PC_URL}"') == 1
    assert "art_tit_h1" in text
    assert story.paragraphs()[-1] in text


@pytest.mark.parametrize("kind", [kind.name for kind in bombs.FAMILY.kinds])
def test_a_bomb_is_small_on_its_way_and_large_behind(mirror, get, story, kind):
    target = story.address if KINDS[kind].on_pages else GUONEI
    good = len(get(target, encoding="gzip").body)
    mirror.faults.add(target, kind)
    answer = get(target, encoding="gzip")
    assert answer.status == 200
    assert len(answer.body) < good + SENT
    plain = {"byline": 200, "width": 5_000, "long-source": 60_000}.get(kind, 90_000)
    assert unpacked_size(answer.body) > plain


def unpacked_size(body):
    """The size of gzip's members, which are counted and not kept."""
    size = 0
    while body:
        stream = zlib.decompressobj(31)
        while not stream.eof:
            size += len(stream.decompress(body, 1 << 20))
            body = stream.unconsumed_tail
        body = stream.unused_data
    return size


def test_a_gzip_bomb_comes_packed_to_a_client_that_takes_no_gzip(mirror, get, story):
    mirror.faults.add(story.address, "gzip-zeros")
    answer = get(story.address)
    assert answer.headers["Content-Encoding"] == "gzip"
    assert unpacked_size(answer.body) == 200 << 20


def test_a_bomb_behind_a_page_begins_with_the_page(mirror, get, story):
    whole = get(story.address).body
    mirror.faults.add(story.address, "gzip-page")
    stream = zlib.decompressobj(31)
    assert stream.decompress(get(story.address).body) == whole
    assert stream.eof


@pytest.mark.parametrize("kind", ROW_KINDS, ids=lambda kind: kind.name)
def test_a_fault_of_rows_leaves_the_order_and_number_of_the_good_ones(mirror, get, kind):
    good = get(GUONEI).result["data"]
    mirror.faults.add("lid=1686", kind.name)
    faulty = get(GUONEI).result["data"]
    assert faulty == json.loads(json.dumps([row for each in good for row in kind.rows(each)]))
    if kind.name in CHANGED_ROWS:
        assert [row["url"] for row in faulty] == [row["url"] for row in good]
    else:
        assert [row for row in faulty if row in good] == good
        assert len(faulty) == 2 * len(good)


def test_a_fault_of_rows_leaves_a_page_alone(mirror, get, story):
    whole = get(story.address).body
    for kind in (*rows.FAMILY.kinds, KINDS["many-rows"]):
        mirror.faults.clear()
        mirror.faults.add(story.address, kind.name)
        assert get(story.address).body == whole


def test_a_fault_of_pages_leaves_an_answer_of_the_list_alone(mirror, get):
    whole = get(GUONEI).body
    for kind in ("active", "fields", "nobody", "divs", "gbk-as-utf8", "redirect-phone"):
        mirror.faults.clear()
        mirror.faults.add("api/roll", kind)
        assert get(GUONEI).body == whole


@pytest.mark.parametrize("kind", ["gzip-cut", "gzip-damaged"])
def test_a_damaged_gzip_cannot_be_unpacked(mirror, get, story, kind):
    mirror.faults.add(story.address, kind)
    stream = zlib.decompressobj(31)
    try:
        stream.decompress(get(story.address).body)
    except zlib.error:
        return
    assert not stream.eof


def test_an_encoding_that_nobody_asked_for_is_sent(mirror, get, story):
    mirror.faults.add(story.address, "br")
    assert get(story.address).headers["Content-Encoding"] == "br"


def test_a_message_of_the_list_looks_like_a_log(mirror, get):
    mirror.faults.add("api/roll", "forged-log")
    status = get(GUONEI).result["status"]
    assert status["code"] == 1
    assert "\n2026-" in status["msg"]
    assert "\x1b[2J" in status["msg"]


def raw_answer(mirror, target):
    """All bytes that the mirror sends for a target, until it closes the connection or waits."""
    parts = urlsplit(mirror.url)
    received = b""
    with socket.create_connection((parts.hostname, parts.port), timeout=0.7) as connection:
        connection.sendall(f"GET /{target} HTTP/1.1\r\nHost: mirror\r\n\r\n".encode())
        try:
            while piece := connection.recv(65_536):
                received += piece
        except TimeoutError:
            pass
    return received


def test_two_lengths_contradict_each_other(mirror, story):
    mirror.faults.add(story.address, "two-lengths")
    head = raw_answer(mirror, story.address).partition(b"\r\n\r\n")[0]
    lengths = {line for line in head.split(b"\r\n") if line.startswith(b"Content-Length")}
    assert len(lengths) == 2


def test_bytes_that_are_no_http_have_no_status(mirror, story):
    mirror.faults.add(story.address, "no-http")
    assert raw_answer(mirror, story.address) == b"SSH-2.0-mirror\r\n"


def test_a_dripping_answer_has_come_as_far_as_its_first_byte_at_once(mirror, get, story):
    mirror.faults.add(story.address, "drip")
    head, _, body = raw_answer(mirror, story.address).partition(b"\r\n\r\n")
    assert b"HTTP/1.1 200" in head
    assert 1 <= len(body) < 5
    with pytest.raises((TimeoutError, IncompleteRead)):
        get(story.address, timeout=0.5)
