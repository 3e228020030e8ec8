"""Whether the account balances: over all stories of a ledger, and over all its runs."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, Engine, func, select

from sinanews.items import State
from sinanews.ledger.tables import revisions, runs, stories
from sinanews.reporting.report import STATES


@dataclass(frozen=True, slots=True)
class Audit:
    """What has to agree, each counted on its own.

    `stories` are all rows, `states` those of each known state; `articles` are stories that have a
    revision, `kept` those whose revision is there. `written` is what the runs' reports tell,
    `silent` the runs that told nothing: they were killed, or are still at work. `crooked` has, for
    each run whose own report does not balance, what it listed and what it accounts for.
    """

    stories: int
    states: Mapping[State, int]
    articles: int
    kept: int
    written: int
    runs: int
    silent: int
    crooked: Mapping[int, tuple[int, int]]

    def complaints(self) -> Iterator[str]:
        """By how much the account does not balance, a sentence each; none when it does."""
        known = sum(self.states.values())
        if known != self.stories:
            yield f"of {self.stories} stories, {self.stories - known} are in no known state"
        if self.kept != self.articles:
            yield f"of {self.articles} articles, {self.articles - self.kept} are not in the ledger"
        for run, (listed, told) in self.crooked.items():
            yield f"run {run} listed {listed} stories and accounts for {told}"
        if self.written > self.articles or (self.written < self.articles and not self.silent):
            yield f"the runs wrote {self.written} articles, the ledger has {self.articles}"


def audit(database: Engine) -> Audit:
    """Counts it all. Reads the report of every run there ever was."""
    with database.connect() as connection:
        told = {run: _account(report) for run, report in connection.execute(_REPORTS)}
        accounts = {run: account for run, account in told.items() if account}
        sums = {run: (account["listed"], _sum(account)) for run, account in accounts.items()}
        return Audit(
            stories=connection.execute(_STORIES).scalar_one(),
            states=counts(connection),
            articles=connection.execute(_ARTICLES).scalar_one(),
            kept=connection.execute(_KEPT).scalar_one(),
            written=sum(account[State.WRITTEN] for account in accounts.values()),
            runs=len(told),
            silent=len(told) - len(accounts),
            crooked={run: both for run, both in sums.items() if both[0] != both[1]},
        )


def counts(connection: Connection) -> dict[State, int]:
    """How many stories are in each state that there is."""
    known = stories.c.state.in_(list(State))
    asked = select(stories.c.state, func.count()).where(known).group_by(stories.c.state)
    return {State(state): count for state, count in connection.execute(asked)}


def _account(report: str | None) -> dict[str, int]:
    """A report's account and nothing else of it; empty when a run told none."""
    account: dict[str, int] = json.loads(report or "{}").get("account", {})
    return account


def _sum(account: Mapping[str, int]) -> int:
    return sum(account[state] for state in STATES)


_REPORTS = select(runs.c.id, runs.c.report).order_by(runs.c.id)
_STORIES = select(func.count()).select_from(stories)
_ARTICLES = _STORIES.where(stories.c.revision > 0)
_LAST = (revisions.c.docid == stories.c.docid) & (revisions.c.revision == stories.c.revision)
_KEPT = select(func.count()).select_from(stories.join(revisions, _LAST))
