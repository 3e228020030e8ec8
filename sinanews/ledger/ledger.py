"""What is known: every story ever listed, what became of it, and its article.

The lists fill it, spiders claim from it, and a story is done only after its post is safe.
"""

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

from sqlalchemy import URL, ColumnElement, Engine, Update, bindparam, select, update
from sqlalchemy.exc import DBAPIError

from sinanews.config import LIVE_SITE, Config
from sinanews.exceptions import ArgumentError
from sinanews.items import Article, State
from sinanews.ledger import listing
from sinanews.ledger import workers as owners
from sinanews.ledger.audit import Audit, audit
from sinanews.ledger.listing import Listing
from sinanews.ledger.records import (
    Claim,
    Outcome,
    by_url,
    claim_of,
    free_path,
    placed,
    revision_row,
)
from sinanews.ledger.revisions import content_hash, line, unpacked
from sinanews.ledger.runs import Runs
from sinanews.ledger.selection import ALL, Selection
from sinanews.ledger.tables import (
    about,
    engine,
    in_short,
    insert_new,
    revisions,
    stories,
    unusable,
    writing,
)
from sinanews.roll.api import Story

logger = logging.getLogger(__name__)

CHINA_SECONDS = 8 * 3600  # China is this far ahead of UTC
LEASE = 600  # seconds a claim is kept for its claimer; well above a page's worst retries


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


class Ledger:
    """The ledger of an archive, as one worker uses it.

    `clock` gives the local unix time in seconds, by which leases and retries run.
    """

    def __init__(
        self,
        database: Engine,
        clock: Callable[[], float] = time.time,
        retries: Retries = Retries(),
    ) -> None:
        self._database = database
        self._writing = writing(database)
        self._clock = clock
        self._retries = retries
        self.owner = owners.new_owner()
        self.runs = Runs(database, clock)
        self.run = 0
        self._claims: dict[str, Claim] = {}

    @classmethod
    def open(cls, config: Config) -> Self:
        """The ledger that the settings name, its tables made or brought up to date.

        Raises ArgumentError for a URL that is none, LedgerError for a ledger that cannot be used.
        """
        retries = Retries(config.failed_pause, config.failed_tries, config.recheck_ages)
        if not config.ledger_url:
            config.output.mkdir(parents=True, exist_ok=True)
        url = config.ledger_url or URL.create("sqlite", database=f"{config.output}/ledger.db")
        return cls(engine(url), retries=retries)

    @property
    def place(self) -> str:
        """Its URL, as a user may see it."""
        return self._database.url.render_as_string(hide_password=True)

    def close(self) -> None:
        """Closes the connections; claims still held are given back, if they can be: if not, the
        next run finds their owner dead."""
        try:
            with self._writing.begin() as connection:
                connection.execute(_freed(self.now(), stories.c.owner == self.owner))
        except DBAPIError as error:
            logger.warning("%s: claims could not be given back: %s", self.place, in_short(error))
        self._database.dispose()
        owners.ours.discard(self.owner)

    def check(self, config: Config) -> None:
        """Frees what dead workers hold. Raises LedgerError for a damaged ledger, ArgumentError when
        the archive was filled from another site."""
        try:
            self.release_dead()
            self._check_site(config)
        except DBAPIError as error:
            raise unusable(self.place, error) from error

    def _check_site(self, config: Config) -> None:
        with self._database.connect() as connection:
            site = connection.execute(select(about.c.site)).scalar_one()
        if site not in {None, config.site} and not config.same_site:
            accepted = (
                f"{site!r}, from which this archive was filled; for another site set OUTPUT_DIR to"
                " another folder, for the same site at another address set SAME_SITE=true"
            )
            raise ArgumentError("MIRROR_URL", config.mirror_url, accepted)

    def now(self) -> int:
        """The local unix time in whole seconds."""
        return int(self._clock())

    def begin(self, spider: str, site: str = LIVE_SITE) -> None:
        """Begins a run: what is listed and claimed from now on is in its account, and `site` is
        what the archive is filled from."""
        with self._writing.begin() as connection:
            connection.execute(update(about).values(site=site))
        self.run = self.runs.begin(spider, self.owner)

    def enlist(self, listed: Sequence[Story], channel: str, room: float = float("inf")) -> int:
        """Notes the rows of a list's page, as rows of that channel, in order; of new stories
        only as many as there is room for. Returns how many stories now wait to be claimed.
        """
        where = Listing(channel, self.run, self.now())
        with self._writing.begin() as connection:
            return listing.note(connection, listed, where, room)

    def docids(self, addresses: Sequence[str]) -> dict[str, str]:
        """The docids of the stories that have one of the URLs. Looks through all of them."""
        with self._database.connect() as connection:
            return by_url(connection, addresses)

    def ask(self, docids: Sequence[str]) -> None:
        """Makes stories due now, whatever became of them before."""
        asked = update(stories).where(stories.c.docid.in_(docids), stories.c.owner.is_(None))
        with self._writing.begin() as connection:
            connection.execute(asked.values(due=self.now(), run=self.run))

    def claim(self, count: int, selection: Selection = ALL) -> list[Claim]:
        """Takes up to `count` stories of a selection that are due, those of earlier runs first.

        Nobody else gets them until they are remembered, or their lease has run out.
        """
        asked = (
            select(stories)
            .where(stories.c.due <= self.now(), selection.clause())
            .order_by(stories.c.due, stories.c.ctime)
            .limit(count)
            .with_for_update(skip_locked=True)
        )
        with self._writing.begin() as connection:
            rows = connection.execute(asked).mappings().all()
            leased = {"due": self.now() + LEASE, "owner": self.owner, "run": self.run}
            taken = stories.c.docid.in_([row["docid"] for row in rows])
            connection.execute(update(stories).where(taken).values(leased))
        claims = [claim_of(row) for row in rows]
        self._claims |= {claim.story.docid: claim for claim in claims}
        return claims

    def claimed(self, docid: str) -> Claim:
        """The claim held on a story. Raises KeyError when it is not held."""
        return self._claims[docid]

    def holds(self, docid: str) -> bool:
        """Whether a story is claimed here and not settled yet."""
        return docid in self._claims

    def remember(self, outcomes: Sequence[Outcome]) -> None:
        """Notes what became of claimed stories, all or none; they are no longer claimed."""
        settled = [self._settled(outcome) for outcome in outcomes]
        told = [
            revision_row(outcome, row["content_hash"], self.now())
            for outcome, row in zip(outcomes, settled, strict=True)
            if outcome.state in {State.WRITTEN, State.UPDATED}
        ]
        with self._writing.begin() as connection:
            connection.execute(_SETTLE, settled)
            if told:
                connection.execute(insert_new(connection, revisions), told)
        for outcome in outcomes:
            self._claims.pop(outcome.item.docid)

    def _settled(self, outcome: Outcome) -> dict[str, Any]:
        item, claim = outcome.item, self.claimed(outcome.item.docid)
        row = {"of": item.docid, "state": outcome.state, "settled": self.run}
        row["post_hash"] = outcome.post_hash or claim.post_hash
        if isinstance(item, Article):
            due = self._retries.after_reading(self.now(), claim.story.intime)
            fresh = {"revision": item.revision, "content_hash": content_hash(item)}
            return row | fresh | {"reason": None, "tries": 0, "due": due}
        tries = claim.tries + 1
        failed = item.state is State.FAILED
        due = self._retries.after_failure(self.now(), tries) if failed else None
        kept = {"revision": claim.revision, "content_hash": claim.content_hash}
        return row | kept | {"reason": item.reason, "tries": tries, "due": due}

    def admit(self, article: Article) -> str:
        """The path that is the article's post's alone; noted now if its listing gave no title."""
        claim = self.claimed(article.docid)
        if claim.post_path:
            return claim.post_path
        with self._writing.begin() as connection:
            path = free_path(connection, article.title, article.channels, article.docid)
            values = placed(path) | {"title": article.title}
            connection.execute(update(stories).filter_by(docid=article.docid).values(values))
        self._claims[article.docid] = replace(claim, post_path=path)
        return path

    def forgive(self) -> None:
        """Makes what failed in this run due again at once, as if it had not been tried: a site
        that refuses us says nothing of its articles."""
        failed = (stories.c.settled == self.run, stories.c.state == State.FAILED)
        again = update(stories).where(stories.c.run == self.run, *failed)
        with self._writing.begin() as connection:
            connection.execute(again.values(due=self.now(), tries=stories.c.tries - 1))

    def articles(self, selection: Selection = ALL) -> Iterator[tuple[str, Article]]:
        """The path and the last revision of the selected articles, in the order of docids."""
        for path, data in self._last_revisions(selection):
            yield path, unpacked(data)

    def lines(self, selection: Selection = ALL) -> Iterator[bytes]:
        """The JSON lines of `articles`, each with the line feed at its end."""
        for _, data in self._last_revisions(selection):
            yield line(data)

    def _last_revisions(self, selection: Selection) -> Iterator[tuple[str, bytes]]:
        last = (revisions.c.docid == stories.c.docid) & (revisions.c.revision == stories.c.revision)
        query = select(stories.c.post_path, revisions.c.article).join(revisions, last)
        ordered = query.where(selection.clause()).order_by(stories.c.docid)
        with self._database.connect() as connection:
            streamed = connection.execution_options(yield_per=100)
            yield from streamed.execute(ordered)

    def revisions(self, docid: str) -> list[Article]:
        """Every revision of an article, oldest first; empty when there is none."""
        asked = select(revisions.c.article).filter_by(docid=docid).order_by(revisions.c.revision)
        with self._database.connect() as connection:
            return [unpacked(data) for data in connection.execute(asked).scalars()]

    def days(self) -> list[int]:
        """The days, counted from 1970 in China time, to which articles belong."""
        day = (stories.c.ctime + CHINA_SECONDS) // 86_400
        asked = select(day).where(stories.c.revision > 0, stories.c.ctime > 0).distinct()
        with self._database.connect() as connection:
            return list(connection.execute(asked).scalars())

    def audit(self) -> Audit:
        """What tells whether the account balances, over all stories and runs."""
        return audit(self._database)

    def release_dead(self) -> None:
        """Gives back what workers of this host held that no longer run."""
        with self._writing.begin() as connection:
            held = select(stories.c.owner).where(stories.c.due.is_not(None)).distinct()
            workers = connection.execute(held.where(stories.c.owner.is_not(None))).scalars()
            dead = [owner for owner in workers if not owners.runs(owner)]
            if dead:
                connection.execute(_freed(self.now(), stories.c.owner.in_(dead)))


_SETTLE = (
    update(stories)
    .where(stories.c.docid == bindparam("of"))
    .values(
        owner=None,
        **{
            name: bindparam(name)
            for name in ("state", "settled", "reason", "tries", "due", "revision")
        },
        content_hash=bindparam("content_hash"),
        post_hash=bindparam("post_hash"),
    )
)


def _freed(now: int, which: ColumnElement[bool]) -> Update:
    held = stories.c.due.is_not(None)  # for the index: nothing else is held
    return update(stories).where(which, held).values(due=now, owner=None)
