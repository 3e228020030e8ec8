"""Any history of a list: at its end every article that was listed within the window is in the
archive, or no run since was complete.

`HISTORIES` sets how many histories are tried; 2,000 take a minute.
"""

import os
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import Engine

from lists.memory import MemoryLedger
from lists.world import (
    DAY,
    HOUR,
    MINUTE,
    ROWS,
    Answer,
    Archive,
    Fault,
    Row,
    Site,
    clear,
    is_complete,
)
from sinanews.ledger.database import engine
from sinanews.reporting.report import Report
from sinanews.utils.times import at

HISTORIES = int(os.environ.get("HISTORIES", "1000"))
LOOKBACK, DEEP_EVERY, DEEP_LOOKBACK = HOUR, 12 * HOUR, 12 * HOUR

MOST_DATED_AHEAD = 2  # three that agree, and with both clocks, are not to be told from the truth

pages = st.sampled_from([0, 1, 1, 2, 3])
times = st.sampled_from([1, 1, 2, 3, 5])


def fail(_: Answer, __: int) -> None:
    return None


def empty(result: Answer, _: int) -> Answer:
    return result | {"data": []}


def without(index: int) -> Fault:
    """A page that lacks a row, and says nothing of it."""

    def fault(result: Answer, _: int) -> Answer:
        rows = result["data"]
        at = index % max(1, len(rows))
        return result | {"data": rows[:at] + rows[at + 1 :]}

    return fault


def with_value(name: str, value: object) -> Fault:
    return lambda result, _: result | {name: value}


class Histories(RuleBasedStateMachine):
    """A list that does what lists do, and harvests of it."""

    def new_ledger(self) -> MemoryLedger | Engine:
        return MemoryLedger()

    @initialize(
        rows=st.sampled_from([3, 40, 120, 170]), depth=st.sampled_from([None, None, None, 2])
    )
    def begin(self, rows: int, depth: int | None) -> None:
        self.site = Site()
        self.archive = Archive(self.site, self.new_ledger())
        self.site.depth = depth
        self.site.publish(rows)
        self.unheard_of: set[str] = set()
        self.dated_ahead = 0
        self.rows_left = self.is_uncounted = False  # in this run
        self.in_order = True
        self.too_deep: set[str] = set()  # behind what looked like the last page that there is

    # What happens to the list

    @rule(count=st.sampled_from([1, 5, 30, 60]), apart=st.sampled_from([2, 10, 60]))
    def time_goes_by(self, count: int, apart: int) -> None:
        self.site.publish(count, apart * MINUTE)

    @rule(hours=st.sampled_from([0.5, 1, 3, 13, 30]))
    def it_is_quiet(self, hours: float) -> None:
        self.site.now += int(hours * HOUR)

    @rule(late=st.sampled_from([10, 50, 300, 700, 900]))
    def an_article_arrives_late(self, late: int) -> None:
        self.site.add(self.site.now - late * MINUTE)

    @rule(place=st.integers(0, 120))
    def a_row_leaves(self, place: int) -> None:
        if place < len(self.site.rows):
            self.site.rows.pop(place)

    @rule(place=st.integers(0, 120))
    def a_row_is_republished(self, place: int) -> None:
        if place < len(self.site.rows):
            now, row = self.site.now, self.site.rows.pop(place)
            again = replace(row, ctime=now, mtime=now, newest=now, entered=now, shown=False)
            self.site.rows.insert(0, again)

    @rule(place=st.integers(0, 60), moves=st.booleans())
    def an_article_changes(self, place: int, *, moves: bool) -> None:
        if place < len(self.site.rows):
            row = self.site.rows[place]
            row.mtime = self.site.now
            if moves:
                row.url = (
                    f"https://finance.sina.com.cn/moved/{self.site.now}/doc-i{row.docid}.shtml"
                )

    @rule(days=st.sampled_from([2, 200]), count=st.integers(1, 3))
    def old_rows_are_pinned(self, days: int, count: int) -> None:
        for _ in range(count):
            self.site.add(self.site.now - days * DAY, place=0)

    @rule(ctime=st.sampled_from([1, 1_000_000_000]), place=st.integers(0, 60))
    def a_row_is_dated_wrongly(self, ctime: int, place: int) -> None:
        self.site.add(ctime, place=min(place, len(self.site.rows)))

    @rule(ahead=st.sampled_from([HOUR, 365 * DAY]))
    def a_row_is_dated_ahead(self, ahead: int) -> None:
        if self.dated_ahead < MOST_DATED_AHEAD:
            self.dated_ahead += 1
            self.site.add(self.site.now + ahead, place=0)

    @rule(random=st.randoms(use_true_random=False))
    def its_order_is_lost(self, random) -> None:
        if len(self.site.rows) > ROWS:
            random.shuffle(self.site.rows)
            self.in_order = False

    @rule()
    def its_order_is_back(self) -> None:
        self.in_order = True
        self.site.rows.sort(key=lambda row: -row.ctime)

    # What happens to its answers

    @rule(page=pages, times=times, index=st.integers(0, 49))
    def a_page_is_short(self, page: int, times: int, index: int) -> None:
        self.site.faults.append((page, times, without(index)))

    @rule(page=pages, times=times)
    def a_page_is_empty(self, page: int, times: int) -> None:
        self.site.faults.append((page, times, empty))

    @rule(page=pages, times=times)
    def a_page_fails(self, page: int, times: int) -> None:
        self.site.faults.append((page, times, fail))

    @rule(times=times, ahead=st.sampled_from([None, 0, "x", 10**30, DAY * 365, -DAY * 365, -HOUR]))
    def its_clock_is_wrong(self, times: int, ahead: object) -> None:
        value = self.site.now + ahead if isinstance(ahead, int) and abs(ahead) > 1 else ahead
        self.site.faults.append((0, times, with_value("rtime", value)))

    @rule(times=times, total=st.sampled_from([None, 0, -1, "x", float("inf")]))
    def it_does_not_say_how_long_it_is(self, times: int, total: object) -> None:
        def fault(result: Answer, _: int) -> Answer:
            self.is_uncounted = True
            return result | {"total": total}

        self.site.faults.append((0, times, fault))

    @rule(times=times, back=st.sampled_from([3, 20, 60]))
    def its_first_page_is_an_old_one(self, times: int, back: int) -> None:
        rows, now = self.site.rows[back:], self.site.now
        if rows and self.in_order:
            old = {"data": rows[:ROWS], "rtime": now, "total": len(rows)}

            def fault(result: Answer, _: int) -> Answer:
                if self.in_order:
                    self.is_uncounted = True
                    self.unheard_of |= {row.docid for row in self.site.rows if row not in rows}
                    return result | old
                return result

            self.site.faults.append((1, times, fault))

    @rule(
        answers=st.integers(0, 3),
        what=st.lists(st.tuples(st.sampled_from("-+"), st.integers(0, 110)), max_size=3),
    )
    def rows_come_and_go_while_it_is_walked(
        self, answers: int, what: list[tuple[str, int]]
    ) -> None:
        def change() -> None:
            for kind, place in what:
                if kind == "+":
                    self.site.publish(1, apart=1)
                elif place < len(self.site.rows):
                    self.site.rows.pop(place)
                    self.rows_left = True

        self.site.between = [*[lambda: None] * answers, change]

    # What happens to articles and to us

    @rule(place=st.integers(0, 60), status=st.sampled_from([500, 410]))
    def an_article_is_not_to_be_had(self, place: int, status: int) -> None:
        if place < len(self.site.rows):
            self.site.statuses[self.site.rows[place].docid] = status

    @rule()
    def articles_are_to_be_had_again(self) -> None:
        self.site.statuses.clear()

    @rule(ahead=st.sampled_from([0, 0, 700, -700, 365 * DAY]))
    def our_clock_is_set(self, ahead: int) -> None:
        self.archive.clock = ahead

    # Harvests

    @rule(answers=st.integers(1, 2))
    def a_run_is_killed(self, answers: int) -> None:
        self.archive.run(killed_after=answers)

    @rule(days=st.integers(0, 3))
    def a_backfill(self, days: int) -> None:
        self.archive.run(since=str(at(self.site.now - days * DAY).date()))

    @rule()
    def a_run(self) -> None:
        self.harvest()

    @rule()
    def a_run_later(self) -> None:
        self.site.publish(1, 15 * MINUTE)
        self.harvest()

    def harvest(self) -> Report:
        before = {row.docid: row for row in self.served()}
        self.unheard_of, self.rows_left, self.is_uncounted = set(), False, False
        report = self.archive.run()
        assert report is not None
        assert report.account["listed"] == sum(
            count for name, count in report.account.items() if name != "listed"
        )
        walk, served = report.lists["guonei"], self.served()
        self.too_deep |= {row.docid for row in self.site.rows[len(served) :]}
        if walk["end"] == "depth":
            self.too_deep |= {row.docid for row in served if not row.shown}
        if is_complete(report) and not (self.rows_left and self.is_uncounted):
            after = {row.docid for row in served}
            stood = [row for docid, row in before.items() if docid in after]
            self.check(report, stood)
        return report

    def served(self) -> list[Row]:
        """The rows that the list gives, as far as it goes."""
        return self.site.rows[: self.site.depth * ROWS if self.site.depth else None]

    def check(self, report: Report, stood: list[Row]) -> None:
        """Nothing is missing after a complete run of what stood on the list from its beginning."""
        gaps, walk = self.archive.gaps(), report.lists["guonei"]
        horizon = walk["horizon"]
        for row in stood:
            known = row.docid in self.archive.settled or row.docid in self.too_deep
            if known or is_in(row, gaps):
                continue
            if row.docid in self.unheard_of:
                continue  # an old page may be as good as any
            late = row.newest - row.ctime
            assert not row.shown, f"{row} was shown"
            assert row.ctime < horizon, f"{row} is within the horizon {horizon}"
            assert late > LOOKBACK, f"{row} was in time"

    @invariant()
    def nothing_is_written_twice(self) -> None:
        assert not [key for key, count in self.archive.written.items() if count > 1]

    def teardown(self) -> None:
        """When all is well again, so are the runs, and all is there."""
        if not hasattr(self, "site"):
            return
        self.site.faults.clear()
        self.site.between.clear()
        self.site.statuses.clear()
        self.archive.clock = 0
        self.site.rows.sort(key=lambda row: -row.ctime)
        reports = []
        for _ in range(4):
            self.site.publish(2, 20 * HOUR)
            reports.append(self.harvest())
        assert is_complete(reports[-1]), reports[-1]
        assert not [row for row in self.served() if row.shown and not self.is_settled(row)]

    def is_settled(self, row: Row) -> bool:
        return row.docid in self.archive.settled


def is_in(row: Row, gaps: list[tuple[int, int]]) -> bool:
    return any(since <= row.ctime <= until for since, until in gaps)


class HistoriesOfLedgers(Histories):
    """The same, with the ledger as it is."""

    database = engine("sqlite://")

    def new_ledger(self) -> Engine:
        clear(self.database)
        return self.database


@pytest.mark.parametrize(
    ("machine", "share"), [(Histories, 1), (HistoriesOfLedgers, 40)], ids=["in memory", "ledger"]
)
def test_whatever_a_list_does_nothing_is_lost_behind_a_complete_run(machine, share):
    checks = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]
    profile = settings(
        max_examples=HISTORIES // share,
        stateful_step_count=16,
        suppress_health_check=checks,
        database=None,
        phases=[Phase.generate],
    )
    run_state_machine_as_test(machine, settings=profile)
