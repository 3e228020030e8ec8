"""What the page says of numbers: days in bars, runs in columns, words in both languages."""

from string import Formatter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sinanews.ledger.statistics import Presence
from sinanews.reporting.coverage import FROM_PAGES
from sinanews.reporting.html.facts import MOST_GROUPS, grouped
from sinanews.reporting.html.sections import MOST_BARS, Unit, day_of, drawn, unit_for
from sinanews.reporting.html.words import LANGUAGES, TEXTS, Words, moment
from sinanews.reporting.verdicts import Verdict

DAYS = st.dictionaries(st.integers(1, 60_000), st.integers(1, 1000), min_size=1, max_size=300)
UNITS = [Unit("unit_day"), Unit("unit_week"), Unit("unit_month")]


@given(DAYS)
def test_a_chart_over_time_has_few_bars_and_nearly_all_that_there_is(days):
    shown = drawn(days)
    unit = unit_for(shown)
    bars = {unit.begin(day) for day in shown}
    assert shown.items() <= days.items()
    assert 0 < len(bars) <= MOST_BARS + 2


@given(st.dictionaries(st.integers(18_000, 18_000 + MOST_BARS * 28), st.integers(1, 9), min_size=1))
def test_no_day_of_the_last_years_is_left_out(days):
    assert drawn(days) == days


def test_one_day_that_is_dated_wrongly_does_not_stretch_the_chart():
    days = dict.fromkeys(range(19_000, 19_030), 100)
    assert drawn(days | {1: 1, 47_000: 1}) == days
    assert unit_for(days).name == "unit_day"


@given(st.integers(0, 60_000), st.sampled_from(UNITS))
def test_units_follow_one_another_without_a_gap(day, unit):
    begin = unit.begin(day)
    assert begin <= day < unit.end(begin)
    assert unit.begin(begin) == begin
    assert unit.begin(unit.end(begin)) == unit.end(begin)
    if unit.name == "unit_week":
        assert day_of(begin).isoweekday() == 1
    if unit.name == "unit_month":
        assert day_of(begin).day == day_of(unit.end(begin)).day == 1


@given(st.lists(st.integers(1, 50), max_size=500))
def test_runs_are_grouped_and_none_is_lost(pages):
    runs = [Presence(number, count, {"title": 1.0}) for number, count in enumerate(pages)]
    groups = grouped(iter(runs))
    assert len(groups) <= MOST_GROUPS
    assert sum(group.runs for group in groups) == len(runs)
    assert sum(group.pages for group in groups) == sum(pages)
    assert [group.since for group in groups] == sorted(group.since for group in groups)
    assert len({group.runs for group in groups[:-1]}) <= 1
    assert all(group.share("title") == 1 for group in groups)


@pytest.mark.parametrize("key", sorted(TEXTS))
def test_each_text_is_in_both_languages_and_asks_for_the_same_values(key):
    assert TEXTS[key].keys() == {*LANGUAGES}
    asked = [
        {name for _, name, _, _ in Formatter().parse(text) if name} for text in TEXTS[key].values()
    ]
    assert asked[0] == asked[1]


@pytest.mark.parametrize("language", LANGUAGES)
def test_all_fields_and_verdicts_have_names(language):
    words = Words(language)
    assert all(f"field_{name}" in TEXTS for name in FROM_PAGES)
    assert len({words.field(name) for name in FROM_PAGES}) == len(FROM_PAGES)
    for verdict in (Verdict.INCOMPLETE, Verdict.BLOCKED, Verdict.DRIFTED, Verdict.STALLED):
        name = verdict.name.lower()
        assert words.verdict(name) != words.verdict("unheard of")
        assert words(f"do_{name}")
    assert len(words.weekdays()) == 7


@pytest.mark.parametrize("seconds", [None, 0, -1 << 60, 1 << 60])
def test_a_time_that_no_date_can_say_is_a_dash(seconds):
    assert moment(seconds) == "–"
