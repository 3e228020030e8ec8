"""Whatever happens to workers and database, no second has more requests than it may have."""

import asyncio
import math
import random
from bisect import bisect_right

import pytest
from hypothesis import given
from hypothesis import strategies as st

from budget.world import Database, History, busiest, closest, now, play, run
from sinanews.exceptions import LedgerError
from sinanews.ledger.budget import LATENESS, Budget, spacing
from sinanews.ledger.database import BUSY_SECONDS

RATES = (0.2, 0.5, 1.0, 1.5, 4.0, 10.0, 33.3, 100.0)
spans = st.tuples(st.floats(0, 0.02), st.floats(0.02, 0.2))
outages = st.tuples(st.floats(0, 20), st.floats(0.1, 10)).map(lambda p: (p[0], p[0] + p[1]))


def histories(rates=RATES):
    return st.builds(
        History,
        rate=st.sampled_from(rates),
        workers=st.integers(1, 8),
        seconds=st.just(20.0),
        requests=st.integers(1, 16),
        latency=st.one_of(st.just((0.0, 0.001)), st.tuples(st.floats(0, 0.01), st.floats(0.01, 1))),
        late=st.one_of(st.just((0.0, 0.001)), spans),
        parts=st.floats(0, 5e-4),
        deaths=st.lists(st.floats(0, 20), max_size=8).map(tuple),
        outages=st.lists(outages, max_size=3).map(tuple),
        seed=st.integers(0, 2**32),
    )


@given(histories())
def test_no_second_has_more_requests_than_the_rate(history):
    sent = run(play(history))

    if history.rate >= 1:
        assert busiest(sent) <= history.rate
    else:
        assert closest(sent) >= 1 / history.rate


@given(histories(rates=[0.2, 1.0, 4.0]))
def test_a_request_is_sent_at_its_slot_or_a_little_later(history):
    slots = []

    sent = run(play(history, slots=slots))

    left = sorted(slots)
    for moment in sent:
        slot = left[bisect_right(left, moment) - 1]
        assert slot <= moment <= slot + LATENESS
        left.remove(slot)  # it is nobody else's


@pytest.mark.parametrize("rate", [0.5, 1.0, 4.0, 10.0, 100.0])
@pytest.mark.parametrize("workers", [1, 8])
def test_a_site_that_could_take_more_is_asked_nearly_as_often_as_it_may(rate, workers):
    # Enough to do: an answer takes a millisecond each way, and none comes late.
    seconds = max(20.0, 20 / rate)
    history = History(rate, workers, seconds, requests=16, latency=(0.001, 0.001))

    sent = run(play(history))

    assert 0.85 * rate * seconds <= len(sent) <= rate * (seconds + 1)


def test_a_database_that_is_slow_only_delays():
    history = History(4.0, 4, 60.0, latency=(0.01, 0.015))

    sent = run(play(history))

    assert busiest(sent) <= 4
    assert len(sent) >= 0.85 * 4 * 60


def test_a_row_that_a_wrong_clock_left_far_ahead_is_passed_over():
    sent = run(play(History(4.0, 2, 10.0), free_at=365 * 86_400.0))

    assert 30 <= len(sent) <= 40


def test_a_row_that_is_a_little_ahead_is_waited_for():
    sent = run(play(History(4.0, 2, 10.0), free_at=5.0))

    assert 5.0 <= sent[0] < 6.0


def test_many_slots_are_reserved_at_once_where_there_are_many():
    """A hundred requests a second by eight workers are some forty questions."""

    async def questions():
        history = History(100.0, 8, 10.0, requests=16)
        asked = []

        class Counted:
            async def advance(self, lead, length, _):
                asked.append(length)
                begin = max(self.free_at, now() + lead)
                self.free_at = begin + length
                return begin

            async def now(self):
                return now()

            free_at = 0.0

        slots, sent = Counted(), []

        async def ask(budget):
            while await budget.wait(lambda: False) is not None:
                sent.append(now())

        budgets = [Budget(slots, history.rate, now) for _ in range(history.workers)]
        tasks = [
            asyncio.ensure_future(ask(budget))
            for budget in budgets
            for _ in range(history.requests)
        ]
        await asyncio.sleep(history.seconds)
        for task in tasks:
            task.cancel()
        return len(asked) / history.seconds, len(sent) / history.seconds

    asked, sent = run(questions())
    assert sent >= 85
    assert asked <= 20


class Away:
    """A database that never answers in time."""

    async def advance(self, *_):
        return now()

    async def now(self):
        await asyncio.sleep(0.3)
        return now()


def test_a_database_too_slow_to_tell_the_time_ends_the_waiting():
    with pytest.raises(LedgerError, match=r"took 0\.30 seconds to tell the time"):
        run(Budget(Away(), 4.0, now).wait(lambda: False))


def test_a_database_that_stays_away_is_waited_for_and_then_told():
    history = History(4.0, 1, 100.0, outages=((0.0, 1e9),))

    async def waited():
        chance = random.Random(0)  # noqa: S311 - for latencies
        budget = Budget(Database(history, 0.0, chance), 4.0, now)
        try:
            await budget.wait(lambda: False)
        except LedgerError as error:
            return now(), str(error)

    ended, message = run(waited())
    assert BUSY_SECONDS <= ended < BUSY_SECONDS + 2
    assert message == "the ledger of the world cannot be used: the server restarts"


def test_waiting_ends_when_the_run_does():
    async def waited():
        history = History(0.001, 1, 1.0)
        budget = Budget(_Far(), history.rate, now)
        end = now() + 3
        first = await budget.wait(lambda: now() >= end)
        return first, now()

    first, ended = run(waited())
    assert first is None
    assert 3 <= ended < 4


class _Far:
    async def advance(self, *_):
        return now() + 500.0

    async def now(self):
        return now()


@given(st.floats(0.001, 1000))
def test_slots_are_as_far_apart_as_the_rate_needs(rate):
    most, period = max(1, math.floor(rate)), max(1.0, 1 / rate)

    assert most * spacing(rate) - 0.1 == pytest.approx(period)
