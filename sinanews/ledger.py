"""What is known: every story ever listed, what became of it, and its article.

The lists fill it, spiders claim from it, and a story is done only after its post is safe.
"""

import os
import secrets
import socket
import time
from collections.abc import Callable, Sequence
from typing import Any, Self, cast

from scrapy.crawler import Crawler
from scrapy.settings import BaseSettings
from scrapy.signals import engine_stopped
from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    Table,
    Update,
    bindparam,
    func,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

from sinanews.items import Article, Rejection, State
from sinanews.revisions import content_hash
from sinanews.roll import Story
from sinanews.rows import (
    Claim,
    Known,
    Listed,
    Named,
    Outcome,
    claim_of,
    free_paths,
    is_new_text,
    known_stories,
    revision_row,
    story_row,
)
from sinanews.schema import engine, frontiers, revisions, stories

LEASE = 600  # seconds a claim is kept for its claimer; well above a page's worst retries
RETRY_PAUSE = 300  # seconds before the first retry of a failed story, doubled with each try
MAX_TRIES = 8  # with the pause above: given up after about a day and a half


def ledger_url(settings: BaseSettings) -> str:
    """The setting, or SQLite's file in the output folder."""
    return settings["LEDGER_URL"] or f"sqlite:///{settings['OUTPUT_DIR']}/ledger.db"


class Ledger:
    """The ledger of an archive, one for each process that works on it.

    `clock` gives the local unix time in seconds, by which leases and retries run.
    """

    def __init__(self, database: Engine, clock: Callable[[], float] = time.time) -> None:
        self._database = database
        self._clock = clock
        self._insert = _INSERTS[database.dialect.name]
        self.owner = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"
        self.claims: dict[str, Claim] = {}

    @classmethod
    def open(cls, url: str) -> Self:
        """The ledger at an SQLAlchemy URL; claims of dead processes of this host are free again."""
        ledger = cls(engine(url))
        ledger.release_dead()
        return ledger

    @classmethod
    def of(cls, crawler: Crawler) -> "Ledger":
        """The crawler's ledger, opened once and closed when its engine has stopped."""
        known: dict[Crawler, Ledger] = _LEDGERS
        if crawler not in known:
            known[crawler] = ledger = cls.open(ledger_url(crawler.settings))
            crawler.signals.connect(ledger.close, engine_stopped, weak=False)
        return known[crawler]

    def close(self) -> None:
        """Closes the connections; claims still held are given back."""
        with self._database.begin() as connection:
            connection.execute(_freed(self.now(), stories.c.owner == self.owner))
        self._database.dispose()
        for crawler in [crawler for crawler, ledger in _LEDGERS.items() if ledger is self]:
            del _LEDGERS[crawler]

    def now(self) -> int:
        """The local unix time in whole seconds."""
        return int(self._clock())

    def enlist(self, listed: Sequence[Story], channel: str, room: float = float("inf")) -> Listed:
        """Notes the rows of a list's page, as rows of that channel, in order; of new stories
        only as many as there is room for."""
        with self._database.begin() as connection:
            known = known_stories(connection, [story.docid for story in listed])
            unknown = {story.docid: story for story in listed if story.docid not in known}
            new = list(unknown.values())[: int(min(room, len(unknown)))]
            if new:
                self._add(connection, new, channel)
            self._join(connection, known, channel)
        waiting = sum(story.waits for story in known.values())
        return Listed(len(new), waiting, len(known) - waiting)

    def _add(self, connection: Connection, new: Sequence[Story], channel: str) -> None:
        named = [Named(story.docid, story.title, (channel,)) for story in new if story.title]
        paths = free_paths(connection, named)
        rows = [story_row(story, channel, self.now(), paths.get(story.docid)) for story in new]
        connection.execute(self._insert(stories).on_conflict_do_nothing(), rows)

    def _join(self, connection: Connection, known: dict[str, Known], channel: str) -> None:
        for docid, story in known.items():
            if channel and channel not in story.channels.split(","):
                values = {"channels": ",".join(filter(None, (story.channels, channel)))}
                connection.execute(update(stories).filter_by(docid=docid).values(values))

    def ask(self, docids: Sequence[str]) -> None:
        """Makes stories due now, whatever became of them before."""
        asked = update(stories).where(stories.c.docid.in_(docids), stories.c.owner.is_(None))
        with self._database.begin() as connection:
            connection.execute(asked.values(due=self.now()))

    def claim(self, count: int, *wanted: ColumnElement[bool]) -> list[Claim]:
        """Takes up to `count` stories that are due, those of earlier runs first.

        Nobody else gets them until they are remembered, or their lease has run out.
        """
        asked = (
            select(stories)
            .where(stories.c.due <= self.now(), *wanted)
            .order_by(stories.c.due, stories.c.ctime)
            .limit(count)
            .with_for_update(skip_locked=True)
        )
        with self._database.begin() as connection:
            rows = connection.execute(asked).mappings().all()
            leased = {"due": self.now() + LEASE, "owner": self.owner}
            taken = stories.c.docid.in_([row["docid"] for row in rows])
            connection.execute(update(stories).where(taken).values(leased))
        claims = [claim_of(row) for row in rows]
        self.claims |= {claim.story.docid: claim for claim in claims}
        return claims

    def claimed(self, docid: str) -> Claim | None:
        """The claim held on a story, or what is known of a story that was not claimed."""
        if docid in self.claims:
            return self.claims[docid]
        with self._database.connect() as connection:
            row = connection.execute(select(stories).filter_by(docid=docid)).mappings().first()
        return claim_of(row) if row else None

    def remember(self, outcomes: Sequence[Outcome]) -> None:
        """Notes what became of stories, all or none; they are no longer claimed."""
        with self._database.begin() as connection:
            connection.execute(_SETTLE, [self._settled(outcome) for outcome in outcomes])
            kept = [revision_row(o.item, self.now()) for o in outcomes if is_new_text(o)]
            if kept:
                connection.execute(self._insert(revisions).on_conflict_do_nothing(), kept)
        for outcome in outcomes:
            self.claims.pop(outcome.item.docid, None)

    def _settled(self, outcome: Outcome) -> dict[str, Any]:
        item, claim = outcome.item, self.claimed(outcome.item.docid)
        row = {"of": item.docid, "state": outcome.state, "post_hash": outcome.post_hash}
        if isinstance(item, Article):
            fresh = {"revision": item.revision, "content_hash": content_hash(item)}
            return row | fresh | {"reason": None, "tries": 0, "due": None}
        known = claim or Claim(Story("", "", "", 0, 0, 0))
        kept = {"revision": known.revision, "content_hash": known.content_hash}
        return row | kept | self._retry(item, known.tries + 1)

    def _retry(self, item: Rejection, tries: int) -> dict[str, Any]:
        again = item.state is State.FAILED and tries < MAX_TRIES
        due = self.now() + RETRY_PAUSE * 2 ** (tries - 1) if again else None
        return {"reason": item.reason, "tries": tries, "due": due}

    def admit(self, article: Article) -> str:
        """The path that is the article's post's alone; noted now if its listing gave no title."""
        claim = self.claimed(article.docid)
        if claim and claim.post_path:
            return claim.post_path
        with self._database.begin() as connection:
            named = Named(article.docid, article.title, tuple(article.channels))
            path = free_paths(connection, [named])[article.docid]
            values = {"post_path": path, "title": article.title}
            connection.execute(update(stories).filter_by(docid=article.docid).values(values))
        return path

    def reached(self, channel: str) -> int | None:
        """How far a channel's list was walked without a gap: unix seconds of the site's clock."""
        asked = select(frontiers.c.reached).filter_by(channel=channel)
        with self._database.connect() as connection:
            return connection.execute(asked).scalar()

    def reach(self, channel: str, moment: int) -> None:
        """Notes that a channel's list is known without a gap up to that moment."""
        row = self._insert(frontiers).values(channel=channel, reached=moment)
        moved = row.on_conflict_do_update(index_elements=["channel"], set_={"reached": moment})
        with self._database.begin() as connection:
            connection.execute(moved)

    def counts(self) -> dict[State, int]:
        """How many stories are in each state."""
        asked = select(stories.c.state, func.count()).group_by(stories.c.state)
        with self._database.connect() as connection:
            return {State(state): count for state, count in connection.execute(asked)}

    def release_dead(self) -> None:
        """Gives back what processes of this host hold that no longer run."""
        with self._database.begin() as connection:
            held = select(stories.c.owner).where(stories.c.due.is_not(None)).distinct()
            owners = connection.execute(held.where(stories.c.owner.is_not(None))).scalars()
            dead = [owner for owner in owners if not _runs(owner)]
            if dead:
                connection.execute(_freed(self.now(), stories.c.owner.in_(dead)))


# The crawlers of this process and their ledgers: spider and pipelines share one.
_LEDGERS: dict[Crawler, Ledger] = {}

# The two dialects' inserts share the methods used here.
_Insert = Callable[[Table], sqlite.Insert]
_INSERTS = {"sqlite": sqlite.insert, "postgresql": cast("_Insert", postgresql.insert)}

_SETTLE = (
    update(stories)
    .where(stories.c.docid == bindparam("of"))
    .values({name: bindparam(name) for name in ("state", "reason", "tries", "due", "revision")})
    .values(
        owner=None,
        content_hash=bindparam("content_hash"),
        post_hash=func.coalesce(bindparam("post_hash"), stories.c.post_hash),
    )
)


def _freed(now: int, which: ColumnElement[bool]) -> Update:
    return update(stories).where(which).values(due=now, owner=None)


def _runs(owner: str) -> bool:
    """Whether an owner, `host:pid:token`, is alive, as far as can be told from here."""
    host, pid, _ = owner.rsplit(":", 2)
    if host != socket.gethostname():
        return True
    if int(pid) == os.getpid():
        return any(ledger.owner == owner for ledger in _LEDGERS.values())
    return _process_runs(int(pid))


def _process_runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True  # somebody else's process has the number
    return True
