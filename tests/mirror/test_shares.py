"""Faults by chance: the shares that are asked for, and the same faults for the same seed."""

import re
from contextlib import suppress
from http.client import HTTPException

import pytest

from sinanews.exceptions import ArgumentError
from sinanews.mirror.faults import FAMILIES, KINDS, Faults, Shares
from sinanews.mirror.faults.kind import FOR_GOOD
from sinanews.mirror.replies import Reply
from sinanews.mirror.roll import PATH as ROLL
from sinanews.mirror.server import running
from sinanews.mirror.site import Site

PAGES = [f"finance.sina.com.cn/china/2026-03-18/doc-in{number:013}.shtml" for number in range(4000)]
LIST = f"{ROLL}?pageid=155&lid=1686&k=&num=50&page=1"
PASSING = [kind for kind in KINDS.values() if 0 < kind.on_pages < FOR_GOOD]


def names(shares, address):
    return [kind.name for kind in shares.at(address)]


def share_of(shares, kind):
    return sum(kind in names(shares, page) for page in PAGES) / len(PAGES)


def test_the_same_seed_has_the_same_faults_and_another_one_others():
    first, same, other = (
        [names(Shares("all", seed), page) for page in PAGES[:300]] for seed in (7, 7, 8)
    )
    assert first == same
    assert first != other


@pytest.mark.parametrize("percent", [0, 2, 10, 100])
def test_a_share_of_the_addresses_has_the_fault(percent):
    shares = Shares(f"active={percent}%", seed=0)
    assert share_of(shares, "active") == pytest.approx(percent / 100, abs=0.015)


def test_what_a_fault_hits_does_not_depend_on_the_other_faults():
    alone, among_all = Shares("hang=5%", seed=0), Shares("all=0%,hang=5%,active=50%", seed=0)
    for page in PAGES[:300]:
        assert ("hang" in names(alone, page)) == ("hang" in names(among_all, page))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("all", dict.fromkeys(KINDS, 2)),
        ("5%", dict.fromkeys(KINDS, 5)),
        ("all=0.5%", dict.fromkeys(KINDS, 0.5)),
        ("hang", {"hang": 2}),
        ("hang=3%, 404=10%", {"hang": 3, "404": 10}),
        ("404", {"404": 2}),
        ("100%,all=0%,reset=1%", {"reset": 1}),
        ("reset=1%,reset=4%", {"reset": 4}),
        ("rows=1%,row-title=7%", {k.name: 1 for k in FAMILIES[-1].kinds} | {"row-title": 7}),
    ],
)
def test_shares_are_read_as_they_are_meant(text, expected):
    assert Shares(text, seed=0).percent == expected


@pytest.mark.parametrize(
    "text",
    ["", "5", "hang=5", "hang=", "=5%", "hang=101%", "hang=-1%", "hang=5%%", "5%,", "hang=１%"],
)
def test_a_malformed_share_is_refused(text):
    part = text.rpartition(",")[2]
    with pytest.raises(ArgumentError, match=rf"^faults: {re.escape(repr(part))} is not accepted"):
        Shares(text, seed=0)


def test_an_unknown_name_is_refused_with_what_there_is():
    with pytest.raises(ArgumentError, match=r"'flood' .* expected one of all, connection, .*hang"):
        Shares("flood=5%", seed=0)


def test_a_page_has_two_faults_that_pass_at_most_and_a_list_one():
    shares = Shares("100%", seed=0)
    passing = [kind for kind in shares.at(PAGES[0]) if kind.on_pages < FOR_GOOD]
    assert len(passing) == 2
    assert len([kind for kind in shares.at(LIST) if kind.on_lists < FOR_GOOD]) == 1


def test_faults_that_pass_come_one_after_the_other_and_are_over():
    faults = Faults(shares=Shares("500=100%,503=100%", seed=0))
    statuses = [faults.reply(PAGES[0], lambda _: Reply(b"page")).status for _ in range(5)]
    assert sorted(statuses) == [200, 200, 500, 503, 503]
    assert statuses[3:] == [200, 200]
    assert faults.served == {"500": 1, "503": 2}


def test_what_stays_is_met_when_the_rest_has_passed():
    faults = Faults(shares=Shares("500=100%,404=100%", seed=0))
    statuses = [faults.reply(PAGES[0], lambda _: Reply(b"page")).status for _ in range(3)]
    assert statuses == [500, 404, 404]


def test_a_query_makes_no_other_page_but_another_answer_of_the_list():
    faults = Faults(shares=Shares("500=100%", seed=0))

    def status(target):
        return faults.reply(target, lambda _: Reply(b"page")).status

    assert [status(PAGES[0]), status(f"{PAGES[0]}?from=wap")] == [500, 200]
    assert [status(LIST), status(LIST.replace("page=1", "page=2"))] == [500, 500]


def test_an_address_with_a_rule_has_no_faults_by_chance():
    faults = Faults([f"{PAGES[0]}=503*1"], Shares("404=100%", seed=0))
    statuses = [faults.reply(PAGES[0], lambda _: Reply(b"page")).status for _ in range(2)]
    assert statuses == [503, 404]


@pytest.mark.parametrize("kind", PASSING, ids=lambda kind: kind.name)
def test_a_fault_that_passes_leaves_the_page_as_it_is(ask, kind):
    with running(
        Site(articles=12, tick=0), Faults(shares=Shares(f"{kind.name}=100%", 0))
    ) as mirror:
        story = mirror.site.stories[0]
        url = f"{mirror.url}/{story.address}"
        for _ in range(kind.on_pages):
            with suppress(OSError, HTTPException):
                ask(url, timeout=0.5)
        assert mirror.faults.served == {kind.name: kind.on_pages}
        assert story.paragraphs()[-1] in ask(url).text


def test_no_list_is_refused_by_chance():
    """A list that refuses ends a run, and nobody could see the other faults."""
    refusals = {"403", "418", "429", "html", "login", "soft404", "captcha-word"}
    assert {name for name in refusals if KINDS[name].on_lists} == set()


def test_robots_txt_and_pages_that_no_list_has_are_spared(ask):
    with running(Site(articles=12, tick=0), Faults(shares=Shares("500=100%", 0))) as mirror:
        story = next(story for story in mirror.site.stories if story.family == "F2017")
        mobile = story.wapurl.partition("://")[2]
        assert ask(f"{mirror.url}/finance.sina.com.cn/robots.txt").status == 200
        assert ask(f"{mirror.url}/{mobile}").status == 200
        assert ask(f"{mirror.url}/{story.address}").status == 500


def test_rows_have_their_faults_at_any_place_in_any_list(ask):
    with running(Site(articles=60, tick=0), Faults(shares=Shares("row-title=20%", 0))) as mirror:
        url = f"{mirror.url}/{ROLL}?pageid=155&lid=%s&num=50"
        lists = [ask(url % lid).result["data"] for lid in (1686, 1687)]
        hostile = [{row["url"] for row in rows if "\x1b" in row["title"]} for rows in lists]
        both = {row["url"] for row in lists[0]} & {row["url"] for row in lists[1]}
        assert 0 < len(hostile[0]) < 25
        assert hostile[0] & both == hostile[1] & both
