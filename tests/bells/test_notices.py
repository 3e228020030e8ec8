"""Who is told what, and when: each service once for each change, whatever fails meanwhile."""

import json
import os
from pathlib import Path
from tempfile import TemporaryDirectory

import apprise
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bells.listener import SECRET
from sinanews.exceptions import ArgumentError
from sinanews.reporting import notify, words
from sinanews.reporting.ended import VERDICTS, Ended
from sinanews.reporting.notify import MOST_TRIES, News, Told, deliver, require_usable, tell
from sinanews.reporting.report import Report
from sinanews.reporting.verdicts import Verdict

HOUR = 3600
CHANNELS = ("guonei", "jinrong", "buwei")
_keys = st.sampled_from(["told", "verdict", "silent", "tries"])
_scalars = (
    st.none()
    | st.booleans()
    | st.sampled_from([0, -1, 1e999, 10**400, float("nan"), "complete", "incomplete", "\ud800"])
    | st.text(max_size=5)
)
WORDS_OF_ALL = tuple(words.WORDS.values())


def news(verdict: str = "complete", silent: dict | None = None, speaking: tuple = ()) -> News:
    account = dict.fromkeys(("listed", *words.STATES), 1)
    causes = ["HTTP 503: 3"]
    return News(
        *("china", verdict, causes, "/srv/news", "zh", account, silent or {}, list(speaking))
    )


def ended(code: int = 0, **ages: int) -> Ended:
    """A run whose lists had newest rows so many hours old."""
    hours: dict[str, int | None] = {**ages, "difang": None}  # that one could not be read
    lists = {
        name: {"began": 10**6, "newest": age and 10**6 - age * HOUR, "gaps": []}
        for name, age in hours.items()
    }
    report = Report("china", 0, lists=lists).to_json()
    return Ended("/srv/news", "china", code, 0, 1, report=report)


def test_a_channel_is_silent_by_its_list_s_own_clock_and_unknown_where_that_was_not_read():
    told = News.of(ended(guonei=23, jinrong=24, buwei=30), 24 * HOUR, "zh")
    assert told.silent == {"jinrong": 24 * HOUR, "buwei": 30 * HOUR}
    assert told.speaking == ["guonei"]


def test_a_channel_that_falls_silent_rings_and_again_when_it_speaks(listener, tmp_path):
    urls = [listener.notify_url()]
    for told in (
        news(silent={"guonei": 25 * HOUR}),
        news(silent={"guonei": 26 * HOUR}),
        news(),  # its list was not read
        news(silent={"guonei": 28 * HOUR, "jinrong": 24 * HOUR}),
        news(speaking=("guonei",)),
        news(speaking=("guonei",)),
    ):
        tell(urls, tmp_path, told)
    assert [title.partition("：")[2] for title in listener.titles] == [
        "频道动静：guonei",
        "频道动静：jinrong",
        "频道动静：guonei",
    ]
    assert [notice["type"] for _, notice in listener.notices] == ["warning", "warning", "success"]
    assert "频道 国內（guonei） 没有新内容：最新一条已是 25 小时前的。" in message(listener, 0)
    assert "频道 国內（guonei） 又有新内容了。" in message(listener, 2)


def message(listener, place: int) -> str:
    return listener.notices[place][1]["message"]


def test_each_service_is_told_on_its_own_until_it_has_heard(listener, tmp_path):
    """One that answers with an error is tried by the next runs, and one that has heard is not."""
    urls = [listener.notify_url("good"), listener.notify_url("bad")]
    listener.status, listener.deaf = 503, "bad"

    first = tell(urls, tmp_path, news("blocked"))
    second = tell(urls, tmp_path, news("blocked"))
    listener.status = 200
    third = tell(urls, tmp_path, news("blocked"))
    tell(urls, tmp_path, news("blocked"))

    assert [answer["failed"] for answer in (first, second, third)] == [[2], [2], []]
    assert [name for name, _ in listener.notices] == ["good", "bad", "bad", "bad"]


def test_what_passed_before_anybody_could_be_told_is_not_told(listener, tmp_path):
    listener.status = 503
    tell([listener.notify_url()], tmp_path, news("incomplete"))
    listener.status = 200
    tell([listener.notify_url()], tmp_path, news("complete"))
    assert len(listener.notices) == 1


def test_a_service_is_tried_once_by_each_run_however_often_that_was_in_vain(monkeypatch, tmp_path):
    sent, answers = [], False
    monkeypatch.setattr(notify, "_send", lambda *_: sent.append(1) or answers)
    for _ in range(120):
        tell(["json://a"], tmp_path, news("incomplete"))
        tell(["json://a"], tmp_path, news())  # over before it was heard
        tell(["json://a"], tmp_path, news("blocked"))
    assert len(sent) == 240
    answers = True
    assert tell(["json://a"], tmp_path, news("blocked"))["failed"] == []
    tell(["json://a"], tmp_path, news("blocked"))
    assert len(sent) == 241, "what is still so it hears, once"


def test_a_service_that_ends_the_process_keeps_no_other_from_hearing(monkeypatch, tmp_path):
    heard = []

    def send(url: str, *_: object) -> bool:
        if url == "json://deadly":
            raise SystemExit
        heard.append(url)
        return True

    monkeypatch.setattr(notify, "_send", send)
    urls = ["json://a", "json://deadly", "json://b"]
    for _ in range(2):
        with pytest.raises(SystemExit):
            tell(urls, tmp_path, news("blocked"))
    assert heard == ["json://a", "json://b"]


@pytest.mark.parametrize(
    "content",
    [
        *("", "[]", "null", '{"told": 1}', '{"told": [1]}', '{"told": [{"verdict": "blocked"}]}'),
        '{"told": [{"verdict": "x", "silent": [], "tries": 0}]}',
        '{"told": [{"verdict": "blocked", "silent": [1], "tries": 0}]}',
        '{"told": [{"verdict": "blocked", "silent": [], "tries": "many"}]}',
        "\xff",
        '{"told": [{"verdict": "complete", "silent": [], "tries": 1e999}]}',
        '{"told": [{"verdict": "complete", "silent": [], "tries": -1}]}',
        '{"told": [{"verdict": "complete", "silent": [], "tries": %s}]}' % ("9" * 4300),
        '{"told": [{"verdict": ["complete"], "silent": [], "tries": 0}]}',
        '{"told": [{"verdict": "complete", "silent": "guonei", "tries": 0}]}',
        '{"told": [{"verdict": "complete", "silent": ["\\ud800"], "tries": 0}]}',
        '{"told": [{"verdict": "complete", "silent": [], "tries": "9"}]}',
        '{"told": {"0": 1}}',
        "[" * 100_000,
        '{"told":' * 100_000,
    ],
    ids=range(20),
)
def test_a_record_that_is_damaged_counts_as_none(listener, tmp_path, content):
    (tmp_path / notify.FILE).write_text(content, "latin-1")
    tell([listener.notify_url()], tmp_path, news("blocked"))
    assert listener.titles == ["新浪财经存档 china：被网站拒绝（此前：完整）"]
    tell([listener.notify_url()], tmp_path, news("blocked"))
    assert len(listener.notices) == 1


def test_a_record_that_is_a_pipe_holds_nobody_up(listener, tmp_path):
    os.mkfifo(tmp_path / notify.FILE)
    tell([listener.notify_url()], tmp_path, news("blocked"))
    tell([listener.notify_url()], tmp_path, news("blocked"))
    assert len(listener.notices) == 1


@given(st.recursive(_scalars, lambda inner: st.lists(inner) | st.dictionaries(_keys, inner)))
def test_whatever_a_record_says_a_service_is_told_once_and_then_it_is_a_record(content):
    sent = []
    with TemporaryDirectory() as name, pytest.MonkeyPatch.context() as patch:
        patch.setattr(notify, "_send", lambda *_: sent.append(1) or True)
        folder = Path(name)
        (folder / notify.FILE).write_text(json.dumps(content))
        tell(["json://a"], folder, news("blocked"))
        tell(["json://a"], folder, news("blocked"))
        record = json.loads((folder / notify.FILE).read_bytes())["told"]
    known = [told for told in record if told["verdict"] == "blocked"]
    assert (len(sent), len(record), len(known)) == (1, 1, 1)
    assert 0 <= record[0]["tries"] <= MOST_TRIES


def test_where_nothing_can_be_recorded_it_rings_all_the_same_and_says_so(listener, tmp_path):
    file = tmp_path / "file"
    file.touch()
    for folder in (file, None):
        assert not tell([listener.notify_url()], folder, news("refused"))["recorded"]
    assert len(listener.notices) == 2


def test_a_service_that_is_new_hears_what_is_wrong_and_the_others_nothing(listener, tmp_path):
    old, new = listener.notify_url("old"), listener.notify_url("new")
    tell([old], tmp_path, news("stalled"))
    tell([old, new], tmp_path, news("stalled"))
    tell([old], tmp_path, news("stalled"))
    assert [name for name, _ in listener.notices] == ["old", "new"]


def test_without_news_no_process_is_started(monkeypatch, tmp_path):
    monkeypatch.setattr(notify.subprocess, "run", lambda *_, **__: pytest.fail("it was"))
    deliver(["json://127.0.0.1:9/x"], tmp_path, news())
    assert [*tmp_path.iterdir()] == []


def test_a_service_that_does_not_answer_is_left_after_a_time(monkeypatch, listener, tmp_path):
    monkeypatch.setattr(notify, "SEND_SECONDS", 0.2)
    listener.hold.clear()
    assert tell([listener.notify_url()], tmp_path, news("blocked"))["failed"] == [1]


def test_a_process_that_does_not_end_is_left_after_a_time(monkeypatch, listener, tmp_path, caplog):
    monkeypatch.setattr(notify, "START_SECONDS", -notify.SEND_SECONDS + 0.01)
    listener.hold.clear()
    deliver([listener.notify_url()], tmp_path, news("blocked"))
    assert [record.getMessage() for record in caplog.records] == [
        "NOTIFY_URL: nobody could be told; the next run tries again"
    ]


runs = st.lists(
    st.tuples(
        st.sampled_from(VERDICTS),
        st.dictionaries(st.sampled_from(CHANNELS), st.booleans()),  # is it silent?
        st.booleans(),  # does the service answer?
    ),
    max_size=30,
)


@given(runs)
def test_whatever_happens_a_service_hears_each_change_once(history):
    """Against what a listener would say who saw all: it hears of nothing that it knows, and in the
    end knows all, once it answers."""
    told, known = Told(), ("complete", frozenset())
    is_silent = dict.fromkeys(CHANNELS, False)
    for verdict, lists, answers in history:
        is_silent |= lists
        silent = {name: HOUR for name, silent in lists.items() if silent}
        speaking = tuple(name for name, silent in lists.items() if not silent)
        change = told.change(news(verdict, silent, speaking))
        heard_of = {*change.fell, *change.spoke}
        assert not {*change.fell} & known[1]
        assert {*change.spoke} <= known[1]
        assert heard_of <= lists.keys()
        assert bool(change) == bool(heard_of or verdict != known[0])
        if change and answers:
            told = told.after(change)
            known = (verdict, known[1] - {*change.spoke} | {*change.fell})
    assert (told.verdict, {*told.silent}) == (known[0], known[1])


@given(st.text(max_size=30), st.sampled_from(VERDICTS), st.sampled_from([*words.WORDS]))
def test_a_notice_is_lines_of_plain_text_whatever_a_reason_quotes(reason, verdict, language):
    change = words.Change("complete", verdict, {"guonei": HOUR}, ["jinrong"])
    text = words.body(change, [reason * 50], {}, reason, language)
    for line in text.split("\n"):
        assert len(line) <= words.LONGEST + 1
        assert line.isprintable() or not line.replace("\t", "").isascii()
        assert not set(line) & set("\r\x1b\x00\u202e\u2028")
        line.encode()


def test_every_verdict_and_state_has_words_in_every_language():
    for of_language in WORDS_OF_ALL:
        assert of_language.verdicts.keys() == of_language.to_do.keys() == {*VERDICTS}
        assert of_language.states.keys() == {"listed", *words.STATES}
    assert {*VERDICTS} == {v.name.lower() for v in Verdict} - {"locked"} | {"crashed"}


def test_a_run_without_a_report_gives_the_reason_that_is_known():
    assert Ended("", "china", 2, 0, 1, "OUTPUT_DIR: …").causes() == ["OUTPUT_DIR: …"]
    assert Ended("", "china", 1, 0, 1).causes() == ["crashed"]


def test_the_causes_of_a_run_are_those_that_its_report_has():
    report = Report(
        spider="china",
        started=0,
        reason="shutdown",
        failures={f"HTTP {500 + n}": n for n in range(7)},
        waiting=3,
        lists_failed=1,
        crashes={"ValueError in parse (mine:3)": 2},
        presence={"title": 0.1},
        drifted=["title"],
        stalled="no list has a row of the last 24 hours",
    )
    assert Ended("", "china", 5, 0, 1, report=report.to_json()).causes() == [
        "shutdown",
        "crashed: ValueError in parse (mine:3): 2",
        "stalled: no list has a row of the last 24 hours",
        "drifted: title on 10% of the pages",
        *(f"failed, HTTP {500 + n}: {n}" for n in (6, 5, 4, 3, 2)),
        "waiting, not fetched yet: 3",
        "lists that could not be read: 1",
    ]


@pytest.mark.parametrize("url", ["nonsense://{}", "json://", "tgram://{}"])
def test_a_url_that_apprise_does_not_know_is_refused_without_its_secret(url, caplog):
    caplog.set_level(1)
    with pytest.raises(ArgumentError, match=r"number 2\).*a URL that apprise knows") as error:
        require_usable(["json://127.0.0.1/x", url.format(SECRET)])
    assert SECRET not in str(error.value)
    assert caplog.records == [], "what apprise logs may have it"
    assert apprise.logger.filters == []


def test_the_record_has_nothing_of_an_address(listener, tmp_path):
    tell([listener.notify_url()], tmp_path, news("blocked"))
    record = (tmp_path / notify.FILE).read_text("utf-8")
    assert SECRET not in record
    assert json.loads(record) == {"told": [{"verdict": "blocked", "silent": [], "tries": 0}]}
    assert {path.name for path in Path(tmp_path).iterdir()} <= {notify.FILE, notify.LOCK}
