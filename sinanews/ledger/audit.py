"""Whether the account balances: over all stories of a ledger, and over all its runs."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, Engine, func, select

from sinanews.items import STATES, State
from sinanews.ledger.tables import revisions, runs, stories


@dataclass(frozen=True, slots=True)
class Audit:
    """What has to agree, each counted on its own.

    `stories` are all rows, `states` those of each known state; `articles` are stories that have a
    revision, `stored` those whose revision is there. `written` is what the runs' reports add up to,
    `runs_without_report` were killed, or are still at work. `unbalanced_runs` has, for each run
    whose own report does not balance, what it listed and what it accounts for.
    """

    stories: int
    states: Mapping[State, int]
    articles: int
    stored: int
    written: int
    runs: int
    runs_without_report: int
    unbalanced_runs: Mapping[int, tuple[int, int]]

    def complaints(self) -> Iterator[str]:
        """By how much the account does not balance, a sentence each; none when it does."""
        in_states = sum(self.states.values())
        if in_states != self.stories:
            yield f"of {self.stories} stories, {self.stories - in_states} are in no known state"
        if self.stored != self.articles:
            missing = self.articles - self.stored
            yield f"of {self.articles} articles, {missing} are not in the ledger"
        for run, (listed, accounted) in self.unbalanced_runs.items():
            yield f"run {run} listed {listed} stories and accounts for {accounted}"
        too_few = self.written < self.articles and not self.runs_without_report
        if self.written > self.articles or too_few:
            yield f"the runs wrote {self.written} articles, the ledger has {self.articles}"


def audit(database: Engine) -> Audit:
    """Counts it all. Reads the report of every run there ever was."""
    with database.connect() as connection:
        accounts = {run: _account(report) for run, report in connection.execute(_REPORTS)}
        reported = {run: account for run, account in accounts.items() if account}
        sums = {
            run: (account["listed"], sum(account[state] for state in STATES))
            for run, account in reported.items()
        }
        return Audit(
            stories=connection.execute(_STORIES).scalar_one(),
            states=count_states(connection),
            articles=connection.execute(_ARTICLES).scalar_one(),
            stored=connection.execute(_STORED).scalar_one(),
            written=sum(account[State.WRITTEN] for account in reported.values()),
            runs=len(accounts),
            runs_without_report=len(accounts) - len(reported),
            unbalanced_runs={run: pair for run, pair in sums.items() if pair[0] != pair[1]},
        )


def count_states(connection: Connection) -> dict[State, int]:
    """How many stories are in each state that there is."""
    in_states = stories.c.state.in_(list(State))
    query = select(stories.c.state, func.count()).where(in_states).group_by(stories.c.state)
    return {State(state): count for state, count in connection.execute(query)}


def _account(report: str | None) -> dict[str, int]:
    """A report's account and nothing else of it; empty when a run left none."""
    account: dict[str, int] = json.loads(report or "{}").get("account", {})
    return account


_REPORTS = select(runs.c.id, runs.c.report).order_by(runs.c.id)
_STORIES = select(func.count()).select_from(stories)
_ARTICLES = _STORIES.where(stories.c.revision > 0)
_LAST = (revisions.c.docid == stories.c.docid) & (revisions.c.revision == stories.c.revision)
_STORED = select(func.count()).select_from(stories.join(revisions, _LAST))
