"""What a ledger lost that is older than its folder: articles entered again, as if they were read.

A ledger is older when it was put back from a backup, or lost its last commits in a power cut.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, TypeVar

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Connection,
    Engine,
    bindparam,
    case,
    delete,
    insert,
    or_,
    select,
    update,
)

from sinanews.items import STATES, Article, State
from sinanews.ledger import workers
from sinanews.ledger.claims import Retries
from sinanews.ledger.database import writing
from sinanews.ledger.history import record
from sinanews.ledger.postgresql import NAMES, take_turns
from sinanews.ledger.records import Outcome, keep_paths, lock_stories, revision_row
from sinanews.ledger.reprints import insert_signatures, signed_revision
from sinanews.ledger.revisions import content_hash
from sinanews.ledger.runs import insert_ended_run
from sinanews.ledger.tables import path_key, revisions, runs, stories, text_key

SPIDER = "recovery"  # what a recovery calls itself among the runs
VERDICT = "recovered"
# Among which one was complete, in an archive that is looked after, and all are that are at work.
LAST_RUNS = 500
BATCH = 200  # articles asked for or entered at once
PAGE = 10_000  # paths read in one transaction


@dataclass(frozen=True, slots=True)
class LostRevision:
    """A revision that the ledger has not, with its JSON line; `seen` is the local unix second by
    which it had been read."""

    article: Article
    line: bytes
    seen: int


@dataclass(frozen=True, slots=True)
class LostArticle:
    """The lost revisions of an article, oldest first, and the path and hash of its post."""

    revisions: Sequence[LostRevision]
    path: str
    post_hash: bytes | None

    @property
    def docid(self) -> str:
        """The article's docid."""
        return self.revisions[0].article.docid


class Paths:
    """The paths of posts that stories have; kept as numbers, for there may be millions."""

    def __init__(self, paths: Iterable[str]) -> None:
        self._keys: set[int] = set()
        self._names: set[int] = set()
        for path in paths:
            self.add(path)

    def __contains__(self, path: str) -> bool:
        return text_key(path) in self._keys

    def has_name(self, path: str) -> bool:
        """Whether a new file of this path would have the name of another, see `path_key`."""
        return path_key(path) in self._names

    def add(self, path: str) -> None:
        """Adds one more."""
        self._keys.add(text_key(path))
        self._names.add(path_key(path))


@dataclass(frozen=True, slots=True)
class Losses:
    """What an archive may have lost: what runs had in work that were killed, the first of which has
    this number, and whether also commits of its ledger."""

    first_run: int
    commits: bool


class Recovery:
    """Finds and enters what a ledger lost. `clock` gives the local unix time in seconds."""

    def __init__(self, database: Engine, clock: Callable[[], float], retries: Retries) -> None:
        self._database = database
        self._writing = writing(database)
        self._clock = clock
        self._retries = retries

    def lost(self, keys: Iterable[tuple[str, int]]) -> set[tuple[str, int]]:
        """Those of the revisions, by docid and number, that the ledger has not."""
        wanted = set(keys)
        query = select(revisions.c.docid, revisions.c.revision)
        with self._database.connect() as connection:
            for docids in batches({docid for docid, _ in wanted}):
                rows = connection.execute(query.where(revisions.c.docid.in_(docids)))
                wanted.difference_update((docid, revision) for docid, revision in rows)
        return wanted

    def is_new(self) -> bool:
        """Whether no run has begun with this ledger."""
        with self._database.connect() as connection:
            return connection.execute(select(runs.c.id).limit(1)).first() is None

    def losses(self) -> Losses | None:
        """What may have been lost since the last run that was complete; None: nothing."""
        columns = (runs.c.id, runs.c.worker, runs.c.ended, runs.c.verdict)
        query = select(*columns).order_by(runs.c.id.desc()).limit(LAST_RUNS)
        with self._database.connect() as connection:
            rows = connection.execute(query).all()
        complete = max((row.ended for row in rows if row.verdict == "complete"), default=0)
        # A killed run's end is when that was noticed, which may be after later runs.
        lost = [row for row in rows if row.verdict in {"killed", VERDICT} and row.ended >= complete]
        if not complete:
            return Losses(0, commits=True)
        if not lost:
            return None
        # A machine that has not begun again since has lost no commit.
        commits = any(
            row.verdict == VERDICT or not workers.is_of_this_boot(row.worker) for row in lost
        )
        return Losses(min(row.id for row in lost), commits)

    def is_first_of_day(self) -> bool:
        """Whether no run has begun yet on this day, in UTC."""
        query = select(runs.c.started).order_by(runs.c.id.desc()).limit(1)
        with self._database.connect() as connection:
            last = connection.execute(query).scalar_one_or_none()
        return last is None or last // 86_400 != int(self._clock()) // 86_400

    def paths(self, *, in_use: bool, also: Callable[[str, str], str] | None = None) -> Paths:
        """The paths of all stories, or of those whose post is there or may be in the making; with
        each also what is made of it and the docid."""
        which: list[ColumnElement[bool]] = [stories.c.post_path.is_not(None)]
        if in_use:
            which.append(or_(stories.c.revision > 0, stories.c.worker.is_not(None)))
        paths = Paths(())
        for docid, path in self._paths_of(*which):
            paths.add(path)
            if also:
                paths.add(also(path, docid))
        return paths

    def _paths_of(self, *which: ColumnElement[bool]) -> Iterator[tuple[str, str]]:
        """Docid and path of the stories that meet conditions, in pages as `history.pages`."""
        columns = (stories.c.docid, stories.c.post_path)
        page = select(*columns).where(*which).order_by(stories.c.docid).limit(PAGE)
        after = ""
        while True:
            with self._database.connect() as connection:
                rows = connection.execute(page.where(stories.c.docid > after)).all()
            yield from ((docid, path) for docid, path in rows)
            if len(rows) < PAGE:
                return
            after = rows[-1].docid

    def known(self, docids: Iterable[str]) -> dict[str, tuple[str | None, int]]:
        """Path and last revision of those of the stories that the ledger has."""
        query = select(stories.c.docid, stories.c.post_path, stories.c.revision)
        known: dict[str, tuple[str | None, int]] = {}
        with self._database.connect() as connection:
            for batch in batches(docids):
                rows = connection.execute(query.where(stories.c.docid.in_(batch)))
                known |= {docid: (path, revision) for docid, path, revision in rows}
        return known

    def posts_of(self, finished_runs: Sequence[int]) -> list[tuple[str, str]]:
        """Docid and path of each article that came to its state in one of the runs."""
        finished = stories.c.finished_run.in_(finished_runs)
        return self._recent_paths(min(finished_runs), finished, stories.c.revision > 0)

    def paths_in_work(self, first_run: int) -> list[tuple[str, str]]:
        """Docid and path of each story that had one since a run, is no article and has no worker:
        its post may be there all the same, for it is written before that is noted."""
        return self._recent_paths(first_run, stories.c.revision == 0, stories.c.worker.is_(None))

    def _recent_paths(self, first_run: int, *which: ColumnElement[bool]) -> list[tuple[str, str]]:
        """Docid and path of the stories that meet conditions, of those that were listed or claimed
        since a run began: an index finds them, however many the ledger has."""
        recent = stories.c.run >= first_run - LAST_RUNS  # older runs may have been at work still
        query = select(stories.c.docid, stories.c.post_path)
        query = query.where(recent, stories.c.post_path.is_not(None), *which)
        with self._database.connect() as connection:
            return [(docid, path) for docid, path in connection.execute(query)]

    def enter(self, articles: Iterable[LostArticle], worker: str) -> int:
        """Enters articles, all or none, and a run to whose account they belong; returns how many.

        What the ledger has by now, for another worker has entered it, stays as it is.
        """
        counts: Counter[State] = Counter()
        with self._writing.begin() as connection:
            take_turns(connection, NAMES)
            run = insert_ended_run(connection, SPIDER, worker, VERDICT, int(self._clock()))
            for batch in batches(articles):
                for state in self._enter(connection, batch, run):
                    counts[state] += 1
            count = counts.total()
            if not count:
                connection.execute(delete(runs).filter_by(id=run))
                return 0
            account = {"listed": count} | {state.value: counts[state] for state in STATES}
            report = json.dumps({"account": account})
            connection.execute(update(runs).filter_by(id=run).values(report=report))
        return count

    def _enter(
        self, connection: Connection, articles: Sequence[LostArticle], run: int
    ) -> Iterator[State]:
        """Enters a few articles; yields for each that became newer what it came to."""
        docids = [article.docid for article in articles]
        lock_stories(connection, stories.c.docid.in_(docids))
        query = select(stories.c.docid, stories.c.revision).where(stories.c.docid.in_(docids))
        existing: Mapping[str, int] = dict(connection.execute(query).all())
        keys = keep_paths(connection, {article.docid: article.path for article in articles})
        rows: dict[bool, list[dict[str, Any]]] = defaultdict(list)
        for article in articles:
            before, last = existing.get(article.docid, 0), article.revisions[-1].article.revision
            if last > before:
                state = State.UPDATED if before else State.WRITTEN
                row = self._row(article, state, run) | {"post_key": keys[article.docid]}
                rows[article.docid in existing].append(row)
                yield state
        if rows[False]:
            connection.execute(insert(stories), rows[False])
        if rows[True]:
            connection.execute(_SET, [_prefixed(row) for row in rows[True]])
        record(connection, list(_revision_rows(articles)), run)
        every = (revision.article for lost in articles for revision in lost.revisions)
        insert_signatures(connection, [one for one in map(signed_revision, every) if one])

    def _row(self, lost: LostArticle, state: State, run: int) -> dict[str, Any]:
        article = lost.revisions[-1].article
        now = int(self._clock())
        listed = int(article.first_seen.timestamp()) if article.first_seen else 0
        own = int(article.published.timestamp()) if article.published else listed
        return {
            "docid": article.docid,
            "url": article.url,
            "url_key": text_key(article.url),
            "title": article.title,
            "summary": article.summary,
            "channels": ",".join(article.channels),
            "channel": article.channels[0] if article.channels else "",
            "ctime": own if listed else 0,
            "intime": listed,
            "mtime": min(_last_change(article, listed), now),
            "state": state,
            "tries": 0,
            "due_at": self._retries.after_reading(now, listed),
            "run": run,
            "finished_run": run,
            "revision": article.revision,
            "content_hash": content_hash(article),
            "post_hash": lost.post_hash,
            "post_path": lost.path,
        }


_T = TypeVar("_T")


def batches(values: Iterable[_T], size: int = BATCH) -> Iterator[list[_T]]:
    """The values, so many at a time."""
    remaining = iter(values)
    while batch := list(islice(remaining, size)):
        yield batch


def _last_change(article: Article, listed: int) -> int:
    """What the list is taken to have said of an article's last change, in unix seconds.

    A row enters the list changed no later than that, and the page's own note of a change, or the
    row's, stands in `updated`. So a later change is fetched, and what is known is not, but for a
    page that notes its changes before the list does. Never listed is never changed, so that a
    row that comes is read.
    """
    updated = int(article.updated.timestamp()) if article.updated else 0
    return max(listed, updated) if listed else 0


def _revision_rows(articles: Iterable[LostArticle]) -> Iterator[dict[str, Any]]:
    for lost in articles:
        for revision in lost.revisions:
            outcome = Outcome(revision.article, State.WRITTEN, line=revision.line)
            row = revision_row(outcome, content_hash(revision.article), ctime=0)
            yield {**row, "seen": revision.seen}


_CHANGED = (
    *("state", "due_at", "run", "finished_run", "title", "summary"),
    *("revision", "content_hash", "post_hash", "post_path", "post_key"),
)


def _prefixed(row: Mapping[str, Any]) -> dict[str, Any]:
    """The row's values as `_SET` takes them: a parameter must not be called like a column."""
    return {"key": row["docid"]} | {f"new_{name}": row[name] for name in (*_CHANGED, "mtime")}


_MTIME: BindParameter[int] = bindparam("new_mtime")
_SET = (
    update(stories)
    .where(stories.c.docid == bindparam("key"))
    .values({name: bindparam(f"new_{name}") for name in _CHANGED})
    .values(
        worker=None,
        reason=None,
        tries=0,
        mtime=case((stories.c.mtime > _MTIME, stories.c.mtime), else_=_MTIME),
    )
)
