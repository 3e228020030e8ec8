"""The numbers of an archive, which triggers of the database keep beside the tables they are of.

A ledger of a million stories takes seconds to count. So whatever changes a story, a revision or a
run's report changes the numbers too, in the same transaction.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy import Connection, func, select, true

from sinanews.items import State
from sinanews.ledger.tables import about, accounts, counts, runs


class Cell(NamedTuple):
    """The stories that have a state and the day of their ctime, counted from 1970 in China, in
    common: how many they are, how many of them are articles, the revisions of these, and how many
    have failed and are not tried again."""

    day: int
    state: str
    stories: int
    articles: int
    revisions: int
    given_up: int


class Reports(NamedTuple):
    """What the reports of all runs say: how many runs have left one, how many articles these wrote,
    and for each that does not balance, what it listed and what it accounts for."""

    runs: int
    written: int
    unbalanced: Mapping[int, tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Counts:
    """What has to agree, each counted on its own.

    `states` has the stories by state, also by one that nobody knows; `given_up` of the failed ones
    are not tried again. `days` has the articles, which are stories that have a revision, by the day
    of their ctime, counted from 1970 in China. `revisions` are those that the stories say they
    have, `stored` those that are there. `written` is what the runs' reports add up to;
    `runs_without_report` were killed, or are still at work. `unbalanced_runs` has, for each run
    whose own report does not balance, what it listed and what it accounts for.
    """

    states: Mapping[str, int]
    given_up: int
    days: Mapping[int, int]
    revisions: int
    stored: int
    written: int
    runs: int
    runs_without_report: int
    unbalanced_runs: Mapping[int, tuple[int, int]]

    @property
    def stories(self) -> int:
        """All that were ever listed."""
        return sum(self.states.values())

    @property
    def articles(self) -> int:
        """Stories that have a revision, whatever became of them later."""
        return sum(self.days.values())

    @property
    def waiting(self) -> int:
        """Stories that are still to be fetched: for the first time, or again after a failure."""
        tried_again = self.states.get(State.FAILED, 0) - self.given_up
        return self.states.get(State.LISTED, 0) + tried_again

    def complaints(self) -> Iterator[str]:
        """By how much the account does not balance, a sentence each; none when it does."""
        unknown = sum(count for state, count in self.states.items() if state not in tuple(State))
        if unknown:
            yield f"of {self.stories} stories, {unknown} are in no known state"
        if self.stored != self.revisions:
            yield f"the articles have {self.revisions} revisions, the ledger keeps {self.stored}"
        for run, (listed, accounted) in self.unbalanced_runs.items():
            yield f"run {run} listed {listed} stories and accounts for {accounted}"
        too_few = self.written < self.articles and not self.runs_without_report
        if self.written > self.articles or too_few:
            yield f"the runs wrote {self.written} articles, the ledger has {self.articles}"


def kept_counts(connection: Connection) -> Counts:
    """The numbers as they are kept."""
    count, written = connection.execute(_WRITTEN).one()
    unbalanced = {run: (listed, sum_) for run, listed, sum_ in connection.execute(_UNBALANCED)}
    return added_up(
        cells=[Cell(*row) for row in connection.execute(select(counts))],
        stored=connection.execute(select(about.c.revisions)).scalar_one(),
        runs=connection.execute(_RUNS).scalar_one(),
        reports=Reports(count, int(written or 0), unbalanced),
    )


_ALL, _JOINED = (
    select(func.count()).select_from(runs).where(which).scalar_subquery()
    for which in (true(), runs.c.harvest != runs.c.id)
)
_RUNS = select(_ALL - _JOINED)  # each by an index
_WRITTEN = select(func.count(), func.sum(accounts.c.written))
_UNBALANCED = select(accounts.c.run, accounts.c.listed, accounts.c.accounted).where(
    accounts.c.listed != accounts.c.accounted
)


def added_up(cells: Iterable[Cell], stored: int, runs: int, reports: Reports) -> Counts:
    """The numbers of all stories and of so many runs."""
    states: Counter[str] = Counter()
    days: Counter[int] = Counter()
    total: Counter[str] = Counter()
    for cell in cells:
        states[cell.state] += cell.stories
        days[cell.day] += cell.articles
        total.update(revisions=cell.revisions, given_up=cell.given_up)
    return Counts(
        states=+states,
        given_up=total["given_up"],
        days=+days,
        revisions=total["revisions"],
        stored=stored,
        written=reports.written,
        runs=runs,
        runs_without_report=runs - reports.runs,
        unbalanced_runs=reports.unbalanced,
    )
