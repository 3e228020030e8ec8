"""Whatever a row or an answer holds, it costs that row or that answer, and nothing else."""

import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harvest.proofs import assert_accounts_balance, reports
from sinanews.exceptions import RollError
from sinanews.roll.api import LAST_SECOND, read
from support import article_page, lines, place, row

HUGE = 10**30
# A value in a row, and whether its story is taken all the same.
ODD = {
    "intime infinite": ({"intime": float("inf")}, False),
    "intime huge": ({"intime": HUGE}, False),
    "intime in milliseconds": ({"intime": "1700000000000"}, False),
    "intime of many digits": ({"intime": "9" * 5000}, False),
    "intime a list": ({"intime": ["1700000000"]}, False),
    "intime negative": ({"intime": "-62135596801"}, False),
    "ctime huge": ({"ctime": HUGE}, True),
    "ctime negative": ({"ctime": -(10**15)}, True),
    "ctime of the year 0": ({"ctime": "-62135596801"}, True),
    "mtime in milliseconds": ({"mtime": "1700000000000"}, True),
    "mtime null": ({"mtime": None}, True),
    "host in brackets": ({"url": "https://[新闻]finance.sina.com.cn/a/doc-ibad.shtml"}, False),
    "half a surrogate pair": ({"url": "https://finance.sina.com.cn/\ud800/doc-ix.shtml"}, False),
    "another host": ({"url": "https://news.example.com/doc-ix.shtml"}, False),
    "a host like Sina's": ({"url": "https://finance.sina.com.cn.example.com/x.shtml"}, False),
    "a port": ({"url": "https://finance.sina.com.cn:8080/doc-ix.shtml"}, False),
    "a user": ({"url": "https://me@finance.sina.com.cn/doc-ix.shtml"}, False),
    "another scheme": ({"url": "javascript://finance.sina.com.cn/doc-ix.shtml"}, False),
    "a line break": ({"url": "https://finance.sina.com.cn/a\u2028b.shtml"}, False),
    "an endless URL": ({"url": f"https://finance.sina.com.cn/{'a' * 5000}.shtml"}, False),
    "url an object": ({"url": {"a": 1}}, False),
    "lids of many digits": ({"lids": "1686," + "9" * 5000}, True),
    "title a list": ({"title": ["标题"]}, True),
    "docid an object": ({"docid": {"a": 1}}, True),
    "docid a path": ({"docid": "../../etc/passwd"}, True),
}


def answer(*rows: object, **result: object) -> str:
    """An answer of the roll API, with NaN and Infinity as JavaScript writes them."""
    envelope = {"status": {"code": 0, "msg": "succ"}, "rtime": 1_700_000_000, "data": rows}
    return json.dumps({"result": envelope | result})


@pytest.mark.parametrize("odd", ODD)
def test_one_odd_value_costs_at_most_its_row(odd):
    values, is_taken = ODD[odd]
    good = [row("ngood0000000001"), row("ngood0000000002")]
    roll = read(answer(good[0], row("nodd00000000000") | values, good[1]), "the list")
    assert (len(roll.stories), len(roll.broken)) == ((3, 0) if is_taken else (2, 1))
    assert roll.size == 3
    for message in map(str, roll.broken):
        assert len(message) < 300


@pytest.mark.parametrize(
    "total", [float("inf"), float("nan"), HUGE, 10**12, -1, "x", None, [], True]
)
def test_an_odd_envelope_costs_nothing(total):
    roll = read(answer(row(), total=total, rtime=total), "the list")
    assert len(roll.stories) == 1
    assert roll.rtime is None or roll.rtime < LAST_SECOND
    assert roll.total is None


@pytest.mark.parametrize(
    "body",
    [
        '{"result":' + "[" * 200_000,
        " " * 60_000 + "x",
        "try{" + " " * 60_000 + "x(",
        "(" * 60_000,
        "",
        "[1]",
        "null",
        '{"result": {"status": 0}}',
        '{"result": {"status": {"code": 0}, "data": {}}}',
    ],
    ids=lambda body: f"{body[:20].strip()} ({len(body)})",
)
def test_an_answer_that_is_none_is_told_at_once(body):
    began = time.process_time()
    with pytest.raises(RollError):
        read(body, "the list")
    assert time.process_time() - began < 2, "of work, however fast the machine"


scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9)
values = st.recursive(scalars, lambda inner: st.lists(inner, max_size=3), max_leaves=5)
fields = st.sampled_from([*row(), "author", ""])


@given(st.dictionaries(fields, values, max_size=4), st.dictionaries(st.text(max_size=5), values))
def test_any_values_leave_a_story_that_can_be_kept_or_a_broken_row(odd, envelope):
    roll = read(answer(row() | odd, **{**envelope, "data": [row() | odd]}), "the list")
    assert len(roll.stories) + len(roll.broken) == 1
    for story in roll.stories:
        assert all(0 < moment < LAST_SECOND for moment in (story.ctime, story.intime, story.mtime))
        assert story.docid
        assert "/" not in story.docid
        assert story.url.startswith("https://")
        story.title.encode()


@given(st.text(max_size=200))
def test_any_text_is_an_answer_or_told_to_be_none(body):
    error: RollError | None = None
    try:
        read(body, "the list")
    except RollError as refused:
        error = refused
    assert error is None or str(error).startswith("the list: ")


def test_odd_rows_cost_a_run_nothing_but_themselves(pages, scrapy, output):
    good = [f"ngood{number:010}" for number in range(3)]
    odd = [row(f"nodd{number:011}") | values for number, (values, _) in enumerate(ODD.values())]
    rows = [*map(row, good), *odd]
    pages["feed.mix.sina.com.cn/api/roll/get"] = answer(*rows, total=len(rows)).encode()
    for docid in good:
        pages[place(docid)] = article_page()

    run = scrapy("harvest", "china", mirror=pages.url)

    assert run.returncode == 3, run.stderr
    assert "Traceback" not in run.stderr
    assert {*good} <= {line["docid"] for line in lines(output)}
    assert reports(output)[-1]["rows_broken"] == sum(not taken for _, taken in ODD.values())
    assert_accounts_balance(output)
    assert scrapy("status").returncode == 0
