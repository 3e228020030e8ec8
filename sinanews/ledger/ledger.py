"""What is known: every story ever listed, what became of it, and its article.

The lists fill it, spiders claim from it, and a story is done only after its post is safe.
"""

import logging
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Self

from sqlalchemy import URL, Engine, select, update
from sqlalchemy.exc import DBAPIError

from sinanews.config import LIVE_SITE, Config
from sinanews.exceptions import ArgumentError, ClaimLostError
from sinanews.items import Article, State
from sinanews.ledger import history, statistics, workers
from sinanews.ledger.adoption import Adoption, adopted_posts
from sinanews.ledger.audit import audit
from sinanews.ledger.budget import Budget, DatabaseSlots
from sinanews.ledger.claims import Claims, Publish, Retries
from sinanews.ledger.counts import Counts, kept_counts
from sinanews.ledger.database import clock_of, engine, explained, shown_url, unusable, writing
from sinanews.ledger.harvests import Harvests
from sinanews.ledger.history import Query
from sinanews.ledger.listing import Listed, Listing, upsert_listed
from sinanews.ledger.pictures import Pictures
from sinanews.ledger.read_only import read_only_engine
from sinanews.ledger.records import (
    Claim,
    Outcome,
    PathOf,
    Reading,
    docids_by_url,
    free_path,
    keep_paths,
    lock_stories,
    make_way,
    path_columns,
    readings,
)
from sinanews.ledger.recovery import Recovery, batches
from sinanews.ledger.reprints import Relative, families_of, family, sign_older
from sinanews.ledger.revisions import (
    OnDamage,
    line,
    post_of,
    raise_damage,
    readable,
    unpacked,
)
from sinanews.ledger.runs import Runs
from sinanews.ledger.selection import ALL, Selection
from sinanews.ledger.statistics import Most, Period, Presence, Statistics
from sinanews.ledger.tables import about, path_key, revisions, stories, text_key
from sinanews.ledger.views import (
    FailedStory,
    View,
    begun,
    failed_stories,
    failures,
    given_up,
    lists_of,
    waiting_since,
)
from sinanews.ledger.watermarks import Watermarks, gaps_of
from sinanews.ledger.workers import LEASE
from sinanews.roll.api import Story

logger = logging.getLogger(__name__)

PAGE = 200  # articles read in one transaction
LAST = Query()  # the last revision of each article


def _url_in(output: Path) -> URL:
    """The URL of the ledger in an archive's folder."""
    try:
        str(output).encode()
    except UnicodeEncodeError as error:
        accepted = "the path of a folder in UTF-8, or a LEDGER_URL beside it"
        raise ArgumentError("OUTPUT_DIR", str(output), accepted) from error
    return URL.create("sqlite", database=f"{output}/ledger.db")


class Ledger:
    """The ledger of an archive, as one worker uses it.

    `path_of` names the files of articles; `clock` gives the local unix time in seconds, by which
    leases, of `lease` seconds, and retries run.
    """

    def __init__(
        self,
        database: Engine,
        path_of: PathOf,
        clock: Callable[[], float] = time.time,
        retries: Retries | None = None,
        lease: int = LEASE,
    ) -> None:
        self._database = database
        self._writing = writing(database)
        self._path_of = path_of
        self._clock = clock
        retries = retries or Retries()
        self._tries = retries.tries
        self._claims = Claims(database, clock, retries, lease)
        self.runs = Runs(database, clock, lease)
        self.recovery = Recovery(database, clock, retries)
        self.pictures = Pictures(database, clock, retries)
        self.adoption = Adoption(database, clock, path_of)
        self.lists = Watermarks(database)
        self.harvests = Harvests(database, self.runs, clock, lease)
        self.run = 0  # none yet
        self.harvest: int | None = None  # that of the run, if it has one
        self.started = self.now()

    @classmethod
    def open(cls, config: Config, path_of: PathOf, *, read_only: bool = False) -> Self:
        """The ledger that the settings name, its tables made or brought up to date.

        With `read_only` it has to be there and up to date, nothing is made or changed, and `close`
        may raise LedgerError: see `read_only_engine`.

        Raises ArgumentError for a URL or folder that cannot have one, LedgerError for a ledger that
        cannot be used.
        """
        retries = Retries(config.failed_pause, config.failed_tries, config.recheck_ages)
        url = config.ledger_url or _url_in(config.output)
        if read_only:
            database = read_only_engine(url)
            return cls(database, path_of, clock_of(database), retries)
        if not config.ledger_url:
            config.output.mkdir(parents=True, exist_ok=True)
        database = engine(url)
        return cls(database, path_of, clock_of(database), retries, config.lease)

    @property
    def place(self) -> str:
        """Its URL, as a user may see it."""
        return shown_url(self._database.url)

    @property
    def is_on_server(self) -> bool:
        """Whether it is at the other end of a connection, and not a file."""
        return self._database.dialect.name == "postgresql"

    @property
    def worker(self) -> str:
        """The name under which claims are held here."""
        return self._claims.worker

    def budget(self, config: Config) -> Budget | None:
        """What this worker may ask of the site, together with all others; None: as it likes."""
        if not config.requests_per_second:
            return None
        slots = DatabaseSlots(self._database, config.site, self._clock)
        return Budget(slots, config.requests_per_second)

    def close(self) -> None:
        """Closes the connections; claims still held are given back, if they can be: if not, the
        next run finds their worker dead."""
        try:
            if self.run:  # nothing is claimed outside a run
                self._claims.give_back()
        except DBAPIError as error:
            logger.warning("%s: claims could not be given back: %s", self.place, explained(error))
        workers.retire(self.worker)
        self._claims.close()
        self._database.dispose()

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

    def begin(
        self,
        spider: str,
        site: str | None = LIVE_SITE,
        folder: str = "",
        arguments: str | None = None,
        own_harvest: int | None = None,
    ) -> None:
        """Begins a run: what is listed and claimed from now on is in its account, and `site` is
        what the archive is filled from, None for a run that fetches nothing. It writes into
        `folder`, host:path; with `arguments` it works for the harvest that was asked for these,
        which is `own_harvest` if that waits for it."""
        if site:
            with self._writing.begin() as connection:
                connection.execute(update(about).values(site=site))
        self.started = self.now()
        self.run = self.runs.begin(spider, self.worker, self.started, folder)
        if arguments is not None:
            self.harvest = self.harvests.join(self.run, spider, arguments, own_harvest)

    def upsert_listed(
        self, rows: Sequence[Story], channel: str, limit: float = float("inf")
    ) -> Listed:
        """Enters the rows of a list's page, as rows of that channel, in order; of new stories at
        most `limit`."""
        listing = Listing(channel, self.run, self.now(), self._path_of)
        with self._writing.begin() as connection:
            return upsert_listed(connection, rows, listing, limit)

    def docids(self, addresses: Sequence[str]) -> dict[str, str]:
        """The docids of the stories that have one of the URLs."""
        with self._database.connect() as connection:
            return docids_by_url(connection, addresses)

    def requeue(self, docids: Sequence[str]) -> None:
        """Makes stories due now, whatever became of them before."""
        free = update(stories).where(stories.c.docid.in_(docids), stories.c.worker.is_(None))
        with self._writing.begin() as connection:
            lock_stories(connection, stories.c.docid.in_(docids))
            connection.execute(free.values(due_at=self.now(), run=self.run))

    def claim(self, count: int, selection: Selection = ALL) -> list[Claim]:
        """Takes up to `count` stories of a selection that are due, those of earlier runs first.

        Nobody else gets them until their outcomes are recorded, or their lease has run out.
        """
        return self._claims.take(count, selection, self.run)

    def count_due(self, selection: Selection = ALL) -> int:
        """How many stories of a selection could be claimed now."""
        return self._claims.count_due(selection)

    def claimed(self, docid: str) -> Claim:
        """The claim held on a story. Raises ClaimLostError when there is none, or no longer."""
        return self._claims.get(docid)

    def note_page_hash(self, docid: str, page_hash: bytes) -> None:
        """Notes what a claimed story's page says now, as `content_hash` has it, so that the next
        reading is compared with the page and not with what pipelines made of it."""
        self._claims.held[docid] = replace(self.claimed(docid), page_hash=page_hash)

    def holds(self, docid: str) -> bool:
        """Whether a story is claimed here and not settled yet."""
        return docid in self._claims.held

    def record_outcomes(self, outcomes: Sequence[Outcome], publish: Publish = set) -> set[str]:
        """Notes what became of claimed stories, and returns of which; all or none of them.

        A story that another worker took over when its lease had run out is left to it. `publish`
        puts the files of the others in place, before their outcomes are noted, and returns the
        docids of those of which it could.
        """
        return self._claims.settle(outcomes, self.run, publish)

    def renew(self) -> None:
        """Says that this worker is at work: the lease of what it holds begins anew. What others
        took over meanwhile is no longer held."""
        self._claims.renew()
        self.runs.note_alive(self.run)

    def set_aside(self) -> None:
        """Lets go of what is held and came to nothing, so that nobody waits for it; it is due again
        when this worker ends or another run begins."""
        self._claims.set_aside()

    def others_work_on(self, selection: Selection) -> bool:
        """Whether other workers hold stories of a selection, or have left some by dying, which are
        due now."""
        holders = self._claims.other_holders(selection)
        if dead := self.runs.without_run(holders):
            self._claims.release(dead)
        return bool(holders)

    def release_dead(self) -> None:
        """Makes due what workers hold that no longer run, or of which nobody knows and that were
        silent for a lease; and what waits only since a clock was ahead."""
        if dead := self.runs.without_run(self._claims.holders()):
            self._claims.release(dead)
        self._claims.correct()

    def reserve_path(self, article: Article) -> str:
        """The path that is the article's file's alone; noted now if its listing gave no title.

        Raises ClaimLostError when the article's story is not held here, or no longer.
        """
        claim = self.claimed(article.docid)
        if claim.post_path:
            return claim.post_path
        with self._writing.begin() as connection:
            path = free_path(connection, article.docid, self._paths_of(article))
            values = path_columns(path) | {"title": article.title}
            ours = update(stories).filter_by(docid=article.docid, worker=self.worker)
            if not connection.execute(ours.values(values)).rowcount:
                raise ClaimLostError(article.docid)
        self._claims.held[article.docid] = replace(claim, post_path=path)
        return path

    def move_path(self, article: Article, path: str | None = None) -> str:
        """Gives an article that was not written yet another path: `path`, where its file is
        already, or else its title's with its docid. Returns it.

        A story that has that path and was not written either moves to its own with its docid.
        Raises ClaimLostError as `reserve_path` does.
        """
        claim = self.claimed(article.docid)
        with self._writing.begin() as connection:
            if path:
                new = path
                make_way(connection, new, article.docid, self._path_of)
                key = keep_paths(connection, {article.docid: new})[article.docid]
                values = path_columns(new) | {"post_key": key}
            else:
                new = free_path(connection, article.docid, self._paths_of(article), first=1)
                values = path_columns(new)
            ours = update(stories).filter_by(docid=article.docid, worker=self.worker)
            if not connection.execute(ours.values(values)).rowcount:
                raise ClaimLostError(article.docid)
        self._claims.held[article.docid] = replace(claim, post_path=new)
        return new

    def _paths_of(self, article: Article) -> Callable[..., str]:
        return partial(self._path_of, article.title, article.channels, article.docid)

    def reset_failures(self) -> None:
        """Makes what failed in this run due again at once, as if it had not been tried: a site
        that refuses us says nothing of its articles."""
        failed = (stories.c.finished_run == self.run, stories.c.state == State.FAILED)
        again = update(stories).where(stories.c.run == self.run, *failed)
        with self._writing.begin() as connection:
            lock_stories(connection, stories.c.run == self.run, *failed)
            connection.execute(again.values(due_at=self.now(), tries=stories.c.tries - 1))

    def articles(
        self, selection: Selection = ALL, on_damage: OnDamage = raise_damage
    ) -> Iterator[tuple[str, Article]]:
        """The path and the last revision of the selected articles, in the order of docids.

        An article that is damaged is left out, and `on_damage` called with the error that says so;
        by default that is raised.
        """
        rows = self._last_revisions(selection)
        articles = readable(rows, lambda key, data: unpacked(data, key[1]), on_damage)
        return ((path, article) for (path, _), article in articles)

    def lines(
        self,
        query: Query = LAST,
        on_damage: OnDamage = raise_damage,
        until: int | None = None,
    ) -> Iterator[bytes]:
        """The JSON lines of the revisions that a query asks for, each with the line feed at its
        end; of those up to a position in history, by default that of now. Damaged ones as in
        `articles`."""
        until = self.position() if until is None else until
        rows = history.pages(self._database, query, until)
        return (text for _, text in readable(rows, lambda seen, data: line(data, seen), on_damage))

    def lines_of(
        self, keys: Sequence[tuple[str, int]], on_damage: OnDamage = raise_damage
    ) -> Iterator[bytes]:
        """The JSON lines of these revisions, docids and numbers, in their order. Damaged ones as in
        `articles`."""
        columns = (revisions.c.docid, revisions.c.revision, revisions.c.seen, revisions.c.article)
        for batch in batches(keys):
            query = select(*columns).where(revisions.c.docid.in_({docid for docid, _ in batch}))
            with self._database.connect() as connection:
                found = {(row.docid, row.revision): row for row in connection.execute(query)}
            rows = (found[key] for key in batch if key in found)
            keyed = ((row.docid, row.seen, row.article) for row in rows)
            read = readable(keyed, lambda seen, data: line(data, seen), on_damage)
            yield from (text for _, text in read)

    def recorded_by(self, run: int) -> list[tuple[str, int]]:
        """Docid and number of the revisions that a run recorded, in the order in which it did."""
        return history.recorded_by(self._database, run)

    def position(self) -> int:
        """The position in history of what was recorded last."""
        return history.position(self._database)

    def count_lines(self, query: Query = LAST, until: int | None = None) -> int:
        """How many `lines` there are, damaged ones included."""
        until = self.position() if until is None else until
        return history.count(self._database, query, until)

    def adopted_posts(
        self, docids: Sequence[str], on_damage: OnDamage = raise_damage
    ) -> dict[str, bytes]:
        """The posts of those of the articles that are as they were adopted, where the form of the
        post cannot be made of the article. Of those that are damaged as in `articles`."""
        with self._database.connect() as connection:
            rows = adopted_posts(connection, docids)
        keyed = ((docid, docid, data) for docid, data in rows)
        found = readable(keyed, lambda _, data: post_of(data), on_damage)
        return {docid: post for docid, post in found if post is not None}

    def publish(self, last: Mapping[str, int], place: Callable[[set[str]], object]) -> None:
        """Calls `place` with the docids of those articles whose last revision is the one in `last`,
        and while nobody can note another."""
        query = select(stories.c.docid, stories.c.revision).where(stories.c.docid.in_(list(last)))
        with self._writing.begin() as connection:
            lock_stories(connection, stories.c.docid.in_(list(last)))
            revision_of = dict(connection.execute(query).all())
            place({docid for docid, number in last.items() if revision_of.get(docid) == number})

    def without_article(self, paths: Sequence[str]) -> list[str]:
        """Those of the paths that are no article's."""
        keys = {key for path in paths for key in (path_key(path), text_key(path))}
        query = select(stories.c.post_path).where(
            stories.c.post_key.in_(list(keys)), stories.c.revision > 0
        )
        with self._database.connect() as connection:
            of_articles = set(connection.execute(query).scalars())
        return [path for path in paths if path not in of_articles]

    def _last_revisions(self, selection: Selection) -> Iterator[tuple[str, tuple[str, int], bytes]]:
        """Docid, path and when it was read, and bytes, in pages as `history.pages`."""
        last = (revisions.c.docid == stories.c.docid) & (revisions.c.revision == stories.c.revision)
        columns = (stories.c.docid, stories.c.post_path, revisions.c.seen, revisions.c.article)
        query = select(*columns).join(revisions, last).where(selection.clause())
        page, after = query.order_by(stories.c.docid).limit(PAGE), ""
        while True:
            with self._database.connect() as connection:
                rows = connection.execute(page.where(stories.c.docid > after)).all()
            yield from ((docid, (path, seen), article) for docid, path, seen, article in rows)
            if len(rows) < PAGE:
                return
            after = rows[-1].docid

    def readings(self, docids: Sequence[str]) -> dict[str, Reading]:
        """What is known of those of the stories that there are."""
        with self._database.connect() as connection:
            return readings(connection, docids)

    def revisions(self, docid: str, on_damage: OnDamage = raise_damage) -> list[Article]:
        """Every revision of an article, oldest first; empty when there is none. Of one that is
        damaged as in `articles`."""
        columns = (revisions.c.docid, revisions.c.seen, revisions.c.article)
        query = select(*columns).filter_by(docid=docid).order_by(revisions.c.revision)
        with self._database.connect() as connection:
            rows = connection.execute(query).all()
        articles = readable(rows, lambda seen, data: unpacked(data, seen), on_damage)
        return [article for _, article in articles]

    def families_of(self, articles: Sequence[Article]) -> list[str | None]:
        """For each article the docid of the one whose text it reprints: of those that the ledger
        has, that which was recorded first. None where there is none, or the article itself is it.
        At most a thousand articles at once, of which each has ten keys to be looked for.
        """
        with self._database.connect() as connection:
            return families_of(connection, articles)

    def family(self, article: Article, on_damage: OnDamage = raise_damage) -> list[Relative]:
        """The articles that have the text of this one, itself among them, those read first before
        the others; empty where there is no other. Of one that is damaged as in `articles`."""
        with self._database.connect() as connection:
            return family(connection, article, on_damage)

    def sign_older(self, count: int) -> int:
        """Has reprints found of up to so many articles that another version recorded; returns how
        many were looked at, 0 when there are none left."""
        return sign_older(self._database, count)

    def counts(self) -> Counts:
        """The numbers of all stories and runs, which tell whether the account balances."""
        with self._database.connect() as connection:
            return kept_counts(connection)

    def view(self, runs: int) -> View:
        """What there is to be known of the archive and its last runs, at most so many."""
        last, killed = self.runs.last(runs), frozenset(self.runs.killed_records())
        last_complete = self.runs.last_complete()
        with self._database.connect() as connection:
            counts = kept_counts(connection)
            return View(
                counts=counts,
                failures=failures(connection),
                given_up=given_up(connection, self._tries),
                waiting_since=waiting_since(connection, self.now()) if counts.waiting else None,
                lists=lists_of(connection),
                gaps=gaps_of(connection),
                begun=begun(connection),
                runs=last,
                killed=killed,
                last_complete=last_complete,
            )

    def failed(self) -> list[FailedStory]:
        """The stories that have failed, given up or not, newest first."""
        with self._database.connect() as connection:
            return failed_stories(connection, self._tries)

    def statistics(self, period: Period, bounds: Sequence[int], most: Most) -> Statistics:
        """The archive in numbers, or what it has of a period; `bounds` are those of lateness."""
        return statistics.statistics(self._database, period, bounds, most)

    def presence(self, period: Period) -> Iterator[Presence]:
        """On how many pages the runs of a period found each field, oldest first."""
        return statistics.presence(self._database, period)

    def last_changes(
        self, period: Period, count: int, on_damage: OnDamage = raise_damage
    ) -> list[tuple[Article, Article]]:
        """The articles of a period that changed last, at most so many, newest first: before and
        after that change. Of one that is damaged as in `articles`."""
        with self._database.connect() as connection:
            last = statistics.last_changes(connection, period, count)
            pairs = [statistics.packed_pair(connection, docid, number) for docid, number in last]
        changes = []
        for rows in pairs:
            read = [one for _, one in readable(rows, lambda s, data: unpacked(data, s), on_damage)]
            if len(read) == len(("before", "after")):
                changes.append((read[0], read[1]))
        return changes

    def audit(self) -> Counts:
        """The same, but counted anew, which in a large archive takes its time."""
        return audit(self._database)
