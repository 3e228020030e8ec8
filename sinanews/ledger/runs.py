"""What the ledger knows of runs: their records, their accounts, and how far the lists are known."""

import json
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Engine, func, insert, select, update

from sinanews.items import State
from sinanews.ledger import workers as owners
from sinanews.ledger.records import DONE
from sinanews.ledger.tables import frontiers, runs, stories, upsert, writing
from sinanews.roll.watermark import Frontier


@dataclass(frozen=True, slots=True)
class Run:
    """A run's record; `started` and `ended` are local unix seconds, None while it runs."""

    id: int
    spider: str
    owner: str
    started: int
    ended: int | None
    verdict: str | None
    report: dict[str, Any]


class Runs:
    """The runs of an archive. `clock` gives the local unix time in seconds."""

    def __init__(self, database: Engine, clock: Callable[[], float] = time.time) -> None:
        self._database = database
        self._writing = writing(database)
        self._clock = clock

    def begin(self, spider: str, owner: str) -> int:
        """Notes that a run begins; returns its number."""
        row = {"spider": spider, "owner": owner, "started": int(self._clock())}
        with self._writing.begin() as connection:
            made = connection.execute(insert(runs).values(row)).inserted_primary_key
        assert made, "a run that was inserted has a number"
        return int(made[0])

    def end(self, run: int, verdict: str, report: Mapping[str, Any]) -> None:
        """Notes a run's end, its verdict and its report."""
        said = {"ended": int(self._clock()), "verdict": verdict}
        told = json.dumps(report, ensure_ascii=False)
        with self._writing.begin() as connection:
            connection.execute(update(runs).filter_by(id=run).values(**said, report=told))

    def last(self, count: int) -> list[Run]:
        """The last runs, newest first."""
        asked = select(runs).order_by(runs.c.id.desc()).limit(count)
        with self._database.connect() as connection:
            rows = connection.execute(asked).mappings().all()
        return [Run(**dict(row) | {"report": json.loads(row["report"] or "{}")}) for row in rows]

    def alone(self, run: int) -> bool:
        """Whether no other run is at work on the archive."""
        asked = select(runs.c.id).where(runs.c.ended.is_(None), runs.c.id != run).limit(1)
        with self._database.connect() as connection:
            return connection.execute(asked).first() is None

    def killed(self) -> list[int]:
        """The runs that neither ended nor still run."""
        asked = select(runs.c.id, runs.c.owner).where(runs.c.ended.is_(None))
        with self._database.connect() as connection:
            return [run for run, owner in connection.execute(asked) if not owners.runs(owner)]

    def account(self, run: int) -> Counter[State]:
        """What became of every story that a run listed or claimed.

        What was done before is unchanged; what was not fetched has failed, for now.
        """
        state = (stories.c.state, stories.c.settled == run)
        asked = select(*state, func.count()).where(stories.c.run == run).group_by(*state)
        with self._database.connect() as connection:
            rows = connection.execute(asked).all()
        account: Counter[State] = Counter()
        for came_to, here, count in rows:
            account[_in_run(State(came_to), here=bool(here))] += count
        return account

    def failures(self, run: int) -> Counter[str]:
        """Why stories of a run have failed, by reason."""
        reason = func.coalesce(stories.c.reason, "not fetched")
        asked = select(reason, func.count()).where(
            stories.c.run == run, stories.c.state.in_((State.FAILED, State.LISTED))
        )
        with self._database.connect() as connection:
            return Counter(dict(connection.execute(asked.group_by(reason)).all()))

    def frontier(self, channel: str) -> Frontier | None:
        """How far a channel's list is known without a gap; None before its first complete walk."""
        asked = select(frontiers.c.reached, frontiers.c.swept).filter_by(channel=channel)
        with self._database.connect() as connection:
            known = connection.execute(asked).one_or_none()
        return Frontier(known.reached, known.swept or known.reached) if known else None

    def move(self, channel: str, frontier: Frontier) -> None:
        """Notes how far a channel's list is known."""
        row = {"channel": channel, "reached": frontier.reached, "swept": frontier.swept}
        with self._writing.begin() as connection:
            connection.execute(upsert(connection, frontiers, ["reached", "swept"]), row)


def _in_run(state: State, *, here: bool) -> State:
    if state is State.LISTED:
        return State.FAILED
    return state if here or state not in DONE else State.UNCHANGED
