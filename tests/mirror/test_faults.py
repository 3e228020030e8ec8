"""Each fault does what its name says, at its addresses, as often as it is meant to."""

import socket
from http.client import HTTPException, IncompleteRead
from urllib.error import URLError

import pytest
from selectolax.lexbor import LexborHTMLParser

from sinanews.exceptions import ArgumentError
from sinanews.mirror.faults import KINDS, Faults
from sinanews.mirror.roll import PATH as ROLL
from sinanews.mirror.site import START

GUONEI = f"{ROLL}?pageid=155&lid=1686&k=&num=50"


@pytest.fixture
def page(mirror):
    """The address of a page."""
    return mirror.site.stories[0].address


@pytest.mark.parametrize("status", [404, 410, 403, 418, 429, 500, 503])
def test_a_status_is_answered_as_such(mirror, get, page, status):
    mirror.faults.add(page, str(status))
    assert get(page).status == status


def test_a_fault_hits_only_the_addresses_that_contain_its_path(mirror, get, page):
    mirror.faults.add(page, "503")
    assert get(mirror.site.stories[1].address).status == 200


def test_a_fault_of_two_hits_is_over_after_two(mirror, get, page):
    mirror.faults.add(page, "429", times=2)
    assert [get(page).status for _ in range(4)] == [429, 429, 200, 200]


def test_faults_for_one_address_come_one_after_the_other(mirror, get, page):
    mirror.faults.add(page, "429", times=1)
    mirror.faults.add(page, "500", times=1)
    assert [get(page).status for _ in range(3)] == [429, 500, 200]


def test_cleared_faults_are_gone(mirror, get, page):
    mirror.faults.add(page, "500")
    mirror.faults.clear()
    assert get(page).status == 200


def test_a_failed_list_request_does_not_move_the_clock(mirror, get):
    mirror.site.tick = 20
    mirror.faults.add("lid=1686", "500", times=1)
    get(GUONEI)
    assert mirror.site.now == START


def test_empty_has_no_bytes(mirror, get, page):
    mirror.faults.add(page, "empty")
    answer = get(page, encoding="gzip")
    assert (answer.status, answer.body) == (200, b"")


def test_truncated_ends_in_the_middle(mirror, get, page):
    whole = get(page).body
    mirror.faults.add(page, "truncated")
    assert get(page).body == whole[: len(whole) // 2]


def test_partial_announces_more_than_it_sends(mirror, get, page):
    mirror.faults.add(page, "partial")
    with pytest.raises(IncompleteRead):
        get(page)


def test_html_replaces_json(mirror, get):
    mirror.faults.add("api/roll", "html")
    answer = get(GUONEI)
    assert (answer.status, answer.headers["Content-Type"]) == (200, "text/html")
    assert answer.text.startswith("<!DOCTYPE html>")


def test_code11_refuses_a_registered_list(mirror, get):
    mirror.faults.add("lid=1686", "code11")
    assert get(GUONEI).result["status"]["code"] == 11


@pytest.mark.parametrize("family", ["F2017", "N2017"])
def test_nobody_removes_only_the_body(mirror, get, family):
    story = next(story for story in mirror.site.stories if story.family == family)
    mirror.faults.add(story.address, "nobody")
    tree = LexborHTMLParser(get(story.address).text)
    assert tree.css_first("#artibody, #article") is None
    assert tree.css_first("h1.main-title").text() == story.title
    assert tree.css_first("#most_read") is not None


@pytest.mark.parametrize("family", ["F2017", "N2017"])
def test_notitle_removes_every_title(mirror, get, family):
    story = next(story for story in mirror.site.stories if story.family == family)
    mirror.faults.add(story.address, "notitle")
    tree = LexborHTMLParser(get(story.address).text)
    assert tree.css_first("h1.main-title, .second-title, title, [property='og:title']") is None
    assert story.paragraphs()[0] in tree.css_first("#artibody, #article").text()


def test_gbk_as_utf8_declares_utf8_and_is_not(mirror, get, page):
    whole = get(page).text
    mirror.faults.add(page, "gbk-as-utf8")
    answer = get(page)
    assert b'charset="utf-8"' in answer.body
    assert answer.body.decode("gb18030") == whole


def test_soft404_is_a_gbk_page_with_status_200(mirror, get, page):
    mirror.faults.add(page, "soft404")
    answer = get(page)
    assert answer.status == 200
    assert "页面没有找到" in answer.body.decode("gbk")


def test_badrow_puts_four_unusable_rows_among_good_ones(mirror, get):
    good = get(GUONEI).result["data"]
    mirror.faults.add("lid=1686", "badrow")
    rows = get(GUONEI).result["data"]
    broken = [row for row in rows if row not in good]
    assert [row for row in rows if row in good] == good
    assert ["url" in row for row in broken[:3]] == [False, True, True]
    assert [broken[1].get("intime"), broken[2]["intime"]] == [None, "soon"]
    assert broken[3] == "no row"


def test_redirect_loop_leads_there_and_back(mirror, get, page):
    mirror.faults.add(page, "redirect-loop")
    last = page.rpartition("/")[2]
    redirect = get(page)
    assert (redirect.status, redirect.headers["Location"]) == (302, f"{last}?loop=1")
    assert get(f"{page}?loop=1").headers["Location"] == last


def test_a_list_can_loop_too(mirror, get):
    mirror.faults.add("api/roll", "redirect-loop")
    location = get(GUONEI).headers["Location"]
    assert location == f"{GUONEI.rpartition('/')[2]}&loop=1"


def test_hang_never_answers_and_the_mirror_still_stops(mirror, get, page):
    mirror.faults.add(page, "hang")
    with pytest.raises(TimeoutError):
        get(page, timeout=0.2)
    assert get(mirror.site.stories[1].address).status == 200


def test_reset_closes_without_an_answer(mirror, get, page):
    mirror.faults.add(page, "reset")
    with pytest.raises((ConnectionError, HTTPException, URLError)) as raised:
        get(page)
    assert not isinstance(raised.value, socket.timeout)


def test_an_unknown_kind_is_refused_with_a_list_of_kinds():
    with pytest.raises(ArgumentError, match=r"'flood' .* expected one of hang.*404.*badrow"):
        Faults(["china=flood"])


@pytest.mark.parametrize("rule", ["404", "china", "=404", "china=404*often"])
def test_a_malformed_rule_is_refused(rule):
    with pytest.raises(ArgumentError, match="fault"):
        Faults([rule])


def test_rules_may_hold_equals_signs_and_counts():
    faults = Faults(["lid=1686&page=2=503*1"])
    target = "x?lid=1686&page=2"
    assert [faults.hit(target), faults.hit(target), faults.hit("x?lid=1686")] == ["503", None, None]


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_accepted(kind):
    assert Faults([f"china={kind}"]).hit("a/china/b") == kind
