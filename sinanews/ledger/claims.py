"""Stories that a worker holds: taken from the ledger, settled, given back."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from operator import attrgetter
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    Row,
    Select,
    Update,
    bindparam,
    func,
    null,
    select,
    update,
)
from sqlalchemy.exc import DBAPIError

from sinanews.exceptions import ClaimLostError
from sinanews.items import Article, State
from sinanews.ledger import workers
from sinanews.ledger.database import claiming, writing
from sinanews.ledger.history import record
from sinanews.ledger.prepared import Prepared
from sinanews.ledger.records import (
    CLAIM_COLUMNS,
    Claim,
    Outcome,
    claim_of,
    lock_stories,
    revision_row,
)
from sinanews.ledger.reprints import SignedRevision, insert_signatures, signed_revision
from sinanews.ledger.revisions import content_hash
from sinanews.ledger.selection import Selection
from sinanews.ledger.tables import stories
from sinanews.ledger.workers import LEASE

DAY = 86_400
LATE_TRIES = 30  # of a story that is given up
_ASIDE = "aside of "  # begins the name of no worker
_DOUBLINGS = 17  # make more than a day of any pause

# Puts the files of these docids in place; returns those of which it could.
Publish = Callable[[set[str]], set[str]]


@dataclass(frozen=True, slots=True)
class Retries:
    """When stories become due again: failed ones after `pause` seconds, which double up to a day;
    written ones at these ages in seconds, counted from their listing.

    After `tries` tries a story is given up, but tried LATE_TRIES times more all the same.
    """

    pause: int = 300
    tries: int = 8
    ages: tuple[int, ...] = ()

    def after_failure(self, now: int, tries: int) -> int | None:
        """The unix second of the next try, None after the last."""
        pause = min(self.pause * 2 ** min(tries - 1, _DOUBLINGS), DAY)
        return now + pause if tries < self.tries + LATE_TRIES else None

    def after_reading(self, now: int, listed: int) -> int | None:
        """The unix second of the next look at an article, None when it is old enough."""
        due = min((listed + age for age in self.ages if listed + age > now), default=None)
        # The time of its listing is the site's, and may be far ahead.
        return None if due is None else min(due, now + max(self.ages))

    @property
    def longest(self) -> int:
        """The seconds after which any story is due again, if ever."""
        return max((DAY, *self.ages))


@dataclass(frozen=True, slots=True)
class _Settled:
    """A story's new columns, and the row of its new revision and its signature, if it has one: made
    before the transaction that writes them, for whoever else writes waits for that."""

    outcome: Outcome
    columns: dict[str, Any]
    revision: dict[str, Any] | None
    signature: SignedRevision | None


class Claims:
    """The claims of one worker, each its own for `lease` seconds, and longer if they are renewed.
    `clock` gives the local unix time in seconds."""

    def __init__(
        self, database: Engine, clock: Callable[[], float], retries: Retries, lease: int = LEASE
    ) -> None:
        self._database = database
        self._writing = writing(database)
        self._claiming = claiming(database)
        self._clock = clock
        self._retries = retries
        self._lease = lease
        self.worker = workers.new_worker()
        self.held: dict[str, Claim] = {}

    def close(self) -> None:
        """Closes the connection for claims."""
        self._claiming.dispose()

    def get(self, docid: str) -> Claim:
        """The claim that is held on a story. Raises ClaimLostError when there is none."""
        claim = self.held.get(docid)
        if claim is None:
            raise ClaimLostError(docid)
        return claim

    def take(self, count: int, selection: Selection, run: int) -> list[Claim]:
        """Claims up to `count` stories of a selection that are due, those of earlier runs first.

        Nobody else gets them until they are settled, or their lease has run out.
        """
        now = int(self._clock())
        values = {"now": now, "until": now + self._lease, "claimant": self.worker, "in_run": run}
        with self._claiming.begin() as connection:
            claims = _claim(connection, count, selection, values)
            if len(claims) < count and self._bring_forward(connection, now):
                claims += _claim(connection, count - len(claims), selection, values)
        # A story may be in work here though the server lost its claim: it is held as before.
        new = [claim for claim in claims if claim.story.docid not in self.held]
        # What somebody else has settled since is not: others get it when this lease is over.
        self._drop(claim.story.docid for claim in claims if self._is_outdated(claim))
        self.held |= {claim.story.docid: claim for claim in new}
        return new

    def _is_outdated(self, claim: Claim) -> bool:
        """Whether a story that is held here has been settled since it was claimed, as a new claim
        on it shows."""
        held = self.held.get(claim.story.docid)
        return held is not None and (held.revision, held.tries) != (claim.revision, claim.tries)

    def _bring_forward(self, connection: Connection, now: int) -> int:
        """Makes due what would wait for longer than anything does, since a clock was ahead when it
        was put off; returns how many stories that were."""
        latest = now + max(self._lease, self._retries.longest)
        return connection.execute(_BRING_FORWARD, {"latest": latest, "now": now}).rowcount

    def count_due(self, selection: Selection) -> int:
        """How many stories of a selection are due."""
        due = stories.c.due_at <= int(self._clock())
        query = select(func.count()).where(due, selection.clause())
        with self._writing.connect() as connection:
            return connection.execute(query).scalar_one()

    def renew(self) -> None:
        """Begins the lease of what is held anew; what others took meanwhile is no longer held."""
        if not self.held:
            return
        held = list(self.held)
        ours = (stories.c.docid.in_(held), stories.c.worker == self.worker)
        due_at = int(self._clock()) + self._lease
        with self._writing.begin() as connection:
            lock_stories(connection, *ours)
            renewed = connection.execute(update(stories).where(*ours).values(due_at=due_at))
            if renewed.rowcount < len(held):
                ours_still = self._still_ours(connection, held)
                self._drop(docid for docid in held if docid not in ours_still)

    def settle(self, outcomes: Sequence[Outcome], run: int, publish: Publish = set) -> set[str]:
        """Notes what became of claimed stories, and returns of which; all or none of them.

        Only what is still held here is published and noted: `publish` is called when that is
        certain, and while nobody else can claim it.
        """
        settled = self._settled(outcomes, run)
        if not settled:
            return set()
        done: set[str] = set()
        try:
            with self._writing.begin() as connection:
                ours = self._still_ours(connection, list(settled))
                done = publish(set(ours))
                columns = [settled[docid].columns for docid in settled if docid in done]
                if columns:
                    _SETTLE.execute_many(connection, columns)
                # Now, not when the page came: whoever looks later must not have known it before.
                seen = int(self._clock())
                new = [one for docid, one in settled.items() if docid in done and one.revision]
                if new:
                    rows = [{**one.revision, "seen": seen} for one in new if one.revision]
                    record(connection, rows, run)
                for one in new:
                    one.outcome.seen = seen
                insert_signatures(connection, [one.signature for one in new if one.signature])
        except DBAPIError as error:
            if not (error.connection_invalidated and done and self._was_settled(done, run)):
                raise
        # What is ours and could not be published may have another outcome.
        self._drop(docid for docid in settled if docid in done or docid not in ours)
        return done

    def _was_settled(self, docids: set[str], run: int) -> bool:
        """Whether the transaction that settled stories was committed, although the connection was
        cut before the server could say so. Waits until the server itself knows."""
        ours = stories.c.docid.in_(docids)
        settled = (stories.c.worker.is_(None), stories.c.finished_run == run)
        with self._writing.begin() as connection:
            lock_stories(connection, ours)
            query = select(func.count()).where(ours, *settled)
            return connection.execute(query).scalar_one() == len(docids)

    def _settled(self, outcomes: Sequence[Outcome], run: int) -> dict[str, _Settled]:
        """What is to be noted of each story that is held; of its outcomes the first one counts."""
        now = int(self._clock())
        settled: dict[str, _Settled] = {}
        for outcome in outcomes:
            docid = outcome.item.docid
            claim = self.held.get(docid)
            if claim is None or docid in settled:
                continue
            columns = self._columns(outcome, claim, run, now)
            is_new = outcome.state in {State.WRITTEN, State.UPDATED}
            item, own = outcome.item, claim.story.ctime
            revision = revision_row(outcome, columns["content_hash"], own) if is_new else None
            signature = signed_revision(item) if is_new and isinstance(item, Article) else None
            settled[docid] = _Settled(outcome, columns, revision, signature)
        return settled

    def _drop(self, docids: Iterable[str]) -> None:
        for docid in docids:
            self.held.pop(docid, None)

    def _still_ours(self, connection: Connection, docids: Sequence[str]) -> set[str]:
        """Those of the stories that are claimed by this worker, which they stay until the
        transaction ends."""
        mine = {"docids": docids, "me": self.worker}
        return set(connection.execute(_STILL_OURS, mine).scalars())

    def _columns(self, outcome: Outcome, claim: Claim, run: int, now: int) -> dict[str, Any]:
        item = outcome.item
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

    @property
    def _aside(self) -> str:
        """The name under which is held what came to nothing: of no worker that runs."""
        return f"{_ASIDE}{self.worker}"

    def set_aside(self) -> None:
        """Lets go of what is held and came to nothing. Nobody waits for it, nor takes it before its
        lease is over, this worker ends or another run begins."""
        if not self.held:
            return
        ours = (stories.c.docid.in_(list(self.held)), stories.c.worker == self.worker)
        with self._writing.begin() as connection:
            lock_stories(connection, *ours)
            connection.execute(update(stories).where(*ours).values(worker=self._aside))
        self.held.clear()

    def give_back(self) -> None:
        """Makes what is still held, or was set aside, due for others."""
        self.release([self.worker, self._aside])

    def holders(self) -> list[str]:
        """The workers that hold stories."""
        held = (stories.c.due_at.is_not(None), stories.c.worker.is_not(None))
        query = select(stories.c.worker).where(*held).distinct()
        with self._database.connect() as connection:
            return list(connection.execute(query).scalars())

    def release(self, names: Sequence[str]) -> None:
        """Makes due what the named workers hold."""
        theirs = stories.c.worker.in_(names)
        with self._writing.begin() as connection:
            lock_stories(connection, theirs, stories.c.due_at.is_not(None))
            connection.execute(_release(int(self._clock()), theirs))

    def correct(self) -> None:
        """Makes due what waits only since a clock was ahead: whatever was never tried, and what
        would wait for longer than anything does."""
        now = int(self._clock())
        with self._writing.begin() as connection:
            connection.execute(_LISTED_NOW, {"now": now})
            self._bring_forward(connection, now)

    def other_holders(self, selection: Selection) -> list[str]:
        """The other workers that hold stories of a selection, or held them when their lease ran
        out; set aside ones left out."""
        held = (
            stories.c.due_at <= int(self._clock()) + self._lease,
            stories.c.worker != self.worker,
            stories.c.worker.not_like(f"{_ASIDE}%"),
        )
        query = select(stories.c.worker).where(*held, selection.clause()).distinct()
        with self._database.connect() as connection:
            return list(connection.execute(query).scalars())


def _claim(
    connection: Connection, count: int, selection: Selection, values: Mapping[str, object]
) -> list[Claim]:
    """Claims up to `count` due stories of a selection, in the order in which they became due."""
    rows: Sequence[Row[Any]]
    if connection.dialect.name == "postgresql":
        taken = _claim_due(count, selection).execute(connection, values)
        rows = sorted(taken, key=attrgetter("due_at", "ctime"))
    else:
        rows = connection.execute(_due(count, selection), values).all()
        if rows:
            connection.execute(_LEASE, [{"key": row.docid, **values} for row in rows])
    return [claim_of(row[:-1]) for row in rows]


# To build a statement takes longer than to carry it out.
@lru_cache(maxsize=32)
def _due(count: int, selection: Selection) -> Select[Any]:
    due = (
        stories.c.due_at <= bindparam("now", required=False),
        stories.c.worker.is_distinct_from(bindparam("claimant", required=False)),
    )
    return (
        select(*CLAIM_COLUMNS, stories.c.due_at)
        .where(*due, selection.clause())
        .order_by(stories.c.due_at, stories.c.ctime)
        .limit(count)
    )


@lru_cache(maxsize=32)
def _claim_due(count: int, selection: Selection) -> Prepared:
    """In one statement, and so in one journey to the server; SQLite cannot return what its rows
    were before."""
    due = _due(count, selection).with_for_update(skip_locked=True).cte("due")
    claim = update(stories).where(stories.c.docid == due.c.docid).values(_LEASED)
    return Prepared(lambda _: claim.returning(*CLAIM_COLUMNS, due.c.due_at))


def _release(now: int, which: ColumnElement[bool]) -> Update:
    held = stories.c.due_at.is_not(None)  # for the index: nothing else is held
    return update(stories).where(which, held).values(due_at=now, worker=None)


_LEASED: dict[ColumnElement[Any], ColumnElement[Any]] = {
    stories.c.due_at: bindparam("until", required=False),
    stories.c.worker: bindparam("claimant", required=False),
    stories.c.run: bindparam("in_run", required=False),
}
_LEASE = update(stories).where(stories.c.docid == bindparam("key")).values(_LEASED)
_BRING_FORWARD = (
    update(stories)
    .where(stories.c.due_at > bindparam("latest"), stories.c.worker.is_(None))
    .values(due_at=bindparam("now"))
)
_LISTED_NOW = (
    update(stories)
    .where(
        stories.c.due_at > bindparam("now"),
        stories.c.worker.is_(None),
        stories.c.state == State.LISTED,
    )
    .values(due_at=bindparam("now"))
)
_SETTLED_COLUMNS = (
    *("state", "finished_run", "reason", "tries", "due_at"),
    *("revision", "content_hash", "post_hash"),
)
_SETTLE = Prepared(
    lambda _: (
        update(stories)
        .where(stories.c.docid == bindparam("key"))
        .values({"worker": null(), **{name: bindparam(name) for name in _SETTLED_COLUMNS}})
    )
)
_STILL_OURS = (
    select(stories.c.docid)
    .where(
        stories.c.docid.in_(bindparam("docids", expanding=True)),
        stories.c.worker == bindparam("me"),
    )
    .order_by(stories.c.docid)
    .with_for_update()
)
