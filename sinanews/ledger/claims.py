"""Stories that a worker holds: taken from the ledger, settled, given back."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Engine, Update, bindparam, func, select, update

from sinanews.items import Article, State
from sinanews.ledger import workers
from sinanews.ledger.database import insert_new, writing
from sinanews.ledger.records import Claim, Outcome, claim_of, revision_row
from sinanews.ledger.revisions import content_hash
from sinanews.ledger.selection import Selection
from sinanews.ledger.tables import revisions, stories

LEASE = 600  # seconds a claim is its worker's; well above a page's worst retries


@dataclass(frozen=True, slots=True)
class Retries:
    """When stories become due again: failed ones after `pause` seconds, doubled with each of at
    most `tries`; written ones at these ages in seconds, counted from their listing."""

    pause: int = 300
    tries: int = 8
    ages: tuple[int, ...] = ()

    def after_failure(self, now: int, tries: int) -> int | None:
        """The unix second of the next try, None after the last."""
        return now + self.pause * 2 ** (tries - 1) if tries < self.tries else None

    def after_reading(self, now: int, listed: int) -> int | None:
        """The unix second of the next look at an article, None when it is old enough."""
        return min((listed + age for age in self.ages if listed + age > now), default=None)


class Claims:
    """The claims of one worker. `clock` gives the local unix time in seconds."""

    def __init__(self, database: Engine, clock: Callable[[], float], retries: Retries) -> None:
        self._writing = writing(database)
        self._clock = clock
        self._retries = retries
        self.worker = workers.new_worker()
        self.held: dict[str, Claim] = {}

    def take(self, count: int, selection: Selection, run: int) -> list[Claim]:
        """Claims up to `count` stories of a selection that are due, those of earlier runs first.

        Nobody else gets them until they are settled, or their lease has run out.
        """
        now = int(self._clock())
        query = (
            select(stories)
            .where(stories.c.due_at <= now, selection.clause())
            .order_by(stories.c.due_at, stories.c.ctime)
            .limit(count)
            .with_for_update(skip_locked=True)
        )
        with self._writing.begin() as connection:
            rows = connection.execute(query).mappings().all()
            leased = {"due_at": now + LEASE, "worker": self.worker, "run": run}
            taken = stories.c.docid.in_([row["docid"] for row in rows])
            connection.execute(update(stories).where(taken).values(leased))
        claims = [claim_of(row) for row in rows]
        self.held |= {claim.story.docid: claim for claim in claims}
        return claims

    def count_due(self, selection: Selection) -> int:
        """How many stories of a selection are due."""
        due = stories.c.due_at <= int(self._clock())
        query = select(func.count()).where(due, selection.clause())
        with self._writing.connect() as connection:
            return connection.execute(query).scalar_one()

    def settle(self, outcomes: Sequence[Outcome], run: int) -> None:
        """Notes what became of claimed stories, all or none; they are no longer held.

        Raises KeyError for one that is not held.
        """
        now = int(self._clock())
        settled = [self._columns(outcome, run, now) for outcome in outcomes]
        new_revisions = [
            revision_row(outcome, columns["content_hash"], now)
            for outcome, columns in zip(outcomes, settled, strict=True)
            if outcome.state in {State.WRITTEN, State.UPDATED}
        ]
        with self._writing.begin() as connection:
            connection.execute(_SETTLE, settled)
            if new_revisions:
                connection.execute(insert_new(connection, revisions), new_revisions)
        for outcome in outcomes:
            self.held.pop(outcome.item.docid)

    def _columns(self, outcome: Outcome, run: int, now: int) -> dict[str, Any]:
        item, claim = outcome.item, self.held[outcome.item.docid]
        columns = {
            "key": item.docid,
            "state": outcome.state,
            "finished_run": run,
            "post_hash": outcome.post_hash or claim.post_hash,
        }
        if isinstance(item, Article):
            due_at = self._retries.after_reading(now, claim.story.intime)
            return columns | {
                "revision": item.revision,
                "content_hash": claim.page_hash or content_hash(item),
                "reason": None,
                "tries": 0,
                "due_at": due_at,
            }
        tries = claim.tries + 1
        failed = item.state is State.FAILED
        return columns | {
            "revision": claim.revision,
            "content_hash": claim.content_hash,
            "reason": item.reason,
            "tries": tries,
            "due_at": self._retries.after_failure(now, tries) if failed else None,
        }

    def give_back(self) -> None:
        """Makes what is still held due for others."""
        with self._writing.begin() as connection:
            connection.execute(_release(int(self._clock()), stories.c.worker == self.worker))

    def release_dead(self) -> None:
        """Makes due what workers of this host held that no longer run."""
        with self._writing.begin() as connection:
            holders = select(stories.c.worker).where(stories.c.due_at.is_not(None)).distinct()
            holders = holders.where(stories.c.worker.is_not(None))
            names = connection.execute(holders).scalars()
            dead = [worker for worker in names if not workers.is_running(worker)]
            if dead:
                connection.execute(_release(int(self._clock()), stories.c.worker.in_(dead)))


def _release(now: int, which: ColumnElement[bool]) -> Update:
    held = stories.c.due_at.is_not(None)  # for the index: nothing else is held
    return update(stories).where(which, held).values(due_at=now, worker=None)


_SETTLED_COLUMNS = (
    *("state", "finished_run", "reason", "tries", "due_at"),
    *("revision", "content_hash", "post_hash"),
)
_SETTLE = (
    update(stories)
    .where(stories.c.docid == bindparam("key"))
    .values({"worker": None, **{name: bindparam(name) for name in _SETTLED_COLUMNS}})
)
