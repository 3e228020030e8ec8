"""Articles adopted from the posts of an older archive, and found again by the list.

Few of these posts say which docid their article has. The others get one that is made of title and
date; when a list names the article, the list's docid takes its place.
"""

import json
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from enum import Enum, auto
from hashlib import blake2b
from itertools import count
from typing import Any, Protocol

import orjson
from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    Row,
    delete,
    false,
    insert,
    or_,
    select,
    update,
)

from sinanews.exceptions import BlockedPathError
from sinanews.items import STATES, Article, State
from sinanews.ledger.database import writing
from sinanews.ledger.history import record
from sinanews.ledger.postgresql import NAMES, take_turns
from sinanews.ledger.records import (
    Outcome,
    PathOf,
    keep_paths,
    lock_stories,
    make_way,
    revision_row,
)
from sinanews.ledger.reprints import families_of, insert_signatures, signed_revision
from sinanews.ledger.revisions import (
    ADOPTED_HASH,
    UNREADABLE,
    packed,
    packed_text,
    packed_with_post,
    post_of,
)
from sinanews.ledger.runs import insert_ended_run
from sinanews.ledger.tables import (
    metadata,
    path_key,
    revisions,
    runs,
    signatures,
    stories,
    text_key,
)
from sinanews.roll.api import Story

MADE = "adopted-"  # how the docids begin that are made here
SPIDER = "adopt"  # what an adoption calls itself among the runs
VERDICT = "adopted"
# Seconds by which the time of one article in the list may differ between two archives: Sina sets it
# anew now and then, by 23 minutes in the one case seen. A series repeats a title daily.
INTIME_MOVES = 3_600
DAY = 86_400
_NAMES = 4  # of those that a copied post may have, which are looked at


def made_docid(title: str, date: int) -> str:
    """The docid of an article of which only the title and the date, in unix seconds, are known.

    >>> made_docid("标题", 1659927313) == made_docid("标题", 1659927313) != made_docid("标题", 0)
    True
    >>> made_docid("标题", 1659927313)
    'adopted-2ebf9a0d9d4ab850'
    """
    return MADE + blake2b(f"{date} {title}".encode(), digest_size=8).hexdigest()


@dataclass(frozen=True, slots=True)
class AdoptedPost:
    """A post, `data`, and the article that it says. `path` is where it lies below the output
    folder, or is to lie if it `is_there` not yet; `path_of` names it there when `taken` names are
    others'. Its bytes are kept where they cannot be made of the article."""

    article: Article
    path: str
    path_of: Callable[..., str]
    data: bytes
    post_hash: bytes
    is_kept: bool
    is_there: bool

    @property
    def date(self) -> int:
        """The post's date in unix seconds."""
        assert self.article.first_seen, "no post is adopted without a date"
        return int(self.article.first_seen.timestamp())


class Fate(Enum):
    """What became of a post: it was ADOPTED; the archive HAD it; the archive has its article in
    ANOTHER post; something stands in its way, and it is BLOCKED."""

    ADOPTED = auto()
    HAD = auto()
    ANOTHER = auto()
    BLOCKED = auto()


@dataclass(frozen=True, slots=True)
class Entered:
    """A post's fate, with the path at which the archive has its article, or what is in its way;
    and the article's docid, if the archive has it."""

    fate: Fate
    detail: str
    docid: str = ""


class Shelf(Protocol):
    """Where the posts of an archive lie."""

    def is_free(self, path: str, post: AdoptedPost) -> bool:
        """Whether nothing else than this post is at a path."""

    def put(self, path: str, post: AdoptedPost) -> None:
        """Puts a post at a path, whole or not at all. Raises BlockedPathError where something
        stands in the way of this one, OSError where nothing can be written."""


class Adoption:
    """Enters posts in a ledger as articles. `clock` gives the local unix time in seconds, `path_of`
    names the files of articles."""

    def __init__(self, database: Engine, clock: Callable[[], float], path_of: PathOf) -> None:
        self._writing = writing(database)
        self._clock = clock
        self._path_of = path_of
        self._run: int | None = None
        self._count = 0

    def enter(self, posts: Sequence[AdoptedPost], worker: str, shelf: Shelf) -> list[Entered]:
        """Enters posts, all or none, and puts those that are elsewhere on the shelf; returns what
        became of each. All that one object of this class enters is in the account of one run.

        Raises OSError when nothing can be written.
        """
        with self._writing.begin() as connection:
            take_turns(connection, NAMES)
            lock_stories(connection, or_(false(), *map(self._is_like, posts)))
            run = self._run or insert_ended_run(
                connection, SPIDER, worker, VERDICT, int(self._clock())
            )
            entered = [self._enter(connection, post, run, shelf) for post in posts]
            number = self._count + sum(entry.fate is Fate.ADOPTED for entry in entered)
            if number:
                self._report(connection, run, number)
            else:
                connection.execute(delete(runs).filter_by(id=run))
        self._run, self._count = run if number else None, number
        return entered

    def recognize(self, rows: Sequence[Story]) -> None:
        """Gives adopted articles the docids of rows that name them, as listing these does."""
        with self._writing.begin() as connection:
            take_turns(connection, NAMES)
            recognize(connection, rows, self._path_of)

    def _report(self, connection: Connection, run: int, number: int) -> None:
        account = dict.fromkeys(("listed", *(state.value for state in STATES)), 0)
        account |= {"listed": number, State.WRITTEN.value: number}
        values = {"report": json.dumps({"account": account}), "ended": int(self._clock())}
        connection.execute(update(runs).filter_by(id=run).values(values))

    def _enter(self, connection: Connection, post: AdoptedPost, run: int, shelf: Shelf) -> Entered:
        stories_like_it = self._stories_like(connection, post)
        if post.is_there:
            for story in stories_like_it:
                if story.post_path == post.path and story.revision:
                    return Entered(Fate.HAD, post.path, story.docid)
        same = self._story_of(post, stories_like_it)
        if same is not None and same.revision:
            is_here = same.intime == post.date and same.post_path in _names(post)
            fate = Fate.HAD if is_here else Fate.ANOTHER
            return Entered(fate, same.post_path, same.docid)
        docid = post.article.docid if same is None else same.docid
        if post.is_there:
            path = post.path
            make_way(connection, path, docid, self._path_of)
        else:
            path = _free_path(connection, post, docid, shelf)
            try:
                shelf.put(path, post)
            except BlockedPathError as error:
                return Entered(Fate.BLOCKED, str(error))
        key = keep_paths(connection, {docid: path})[docid]
        article = post.article if same is None else _completed(post.article, same)
        columns = self._columns(post, run) | {"post_path": path, "post_key": key}
        if same is None:
            connection.execute(insert(stories).values(self._row(post) | columns))
        else:
            connection.execute(update(stories).filter_by(docid=docid).values(columns))
        [article.duplicate_of] = families_of(connection, [article])
        outcome = Outcome(article, State.WRITTEN)
        row = revision_row(outcome, ADOPTED_HASH, ctime=0) | {"seen": int(self._clock())}
        if post.is_kept:
            row["article"] = packed_with_post(packed_text(row["article"]), post.data)
        record(connection, [row], run)
        if signed := signed_revision(article):
            insert_signatures(connection, [signed])
        return Entered(Fate.ADOPTED, path, docid)

    def _stories_like(self, connection: Connection, post: AdoptedPost) -> list[Row[Any]]:
        """The stories that a post may be of, or that have its path."""
        columns = (
            *(stories.c.docid, stories.c.url, stories.c.title, stories.c.channels),
            *(stories.c.ctime, stories.c.intime, stories.c.revision, stories.c.post_path),
        )
        query = select(*columns).where(self._is_like(post)).order_by(stories.c.docid)
        return list(connection.execute(query))

    def _is_like(self, post: AdoptedPost) -> ColumnElement[bool]:
        own = self._path_of(post.article.title, post.article.channels, post.article.docid)
        paths = {own, *_names(post)}
        keys = {key for path in paths for key in (path_key(path), text_key(path))}
        url_keys = (text_key(post.article.url), title_key(self._path_of, post.article.title))
        return or_(
            stories.c.docid == post.article.docid,
            stories.c.post_key.in_(keys),
            stories.c.url_key.in_(url_keys),
        )

    def _story_of(self, post: AdoptedPost, candidates: Sequence[Row[Any]]) -> Row[Any] | None:
        """The story of a post's article: of its docid or URL, or else, where one of the two docids
        is made, of its title and about its time."""
        own, url = post.article.docid, post.article.url
        for row in candidates:
            if row.docid == own or (url and row.url == url):
                return row
        key = title_key(self._path_of, post.article.title)
        same = [
            row
            for row in candidates
            if (own.startswith(MADE) or row.docid.startswith(MADE))
            and _is_about(post.date, row.ctime, row.intime)
            and (row.post_path == post.path or title_key(self._path_of, row.title) == key)
        ]
        return min(same, key=lambda row: abs(row.intime - post.date), default=None)

    def _columns(self, post: AdoptedPost, run: int) -> dict[str, Any]:
        """What an adoption says of a story that it found or made."""
        return {
            "intime": post.date,
            "state": State.WRITTEN,
            "reason": None,
            "tries": 0,
            "worker": None,
            "run": run,
            "finished_run": run,
            "revision": post.article.revision,
            "content_hash": ADOPTED_HASH,
            "post_hash": post.post_hash,
        }

    def _row(self, post: AdoptedPost) -> dict[str, Any]:
        """What else a story's row has. `mtime` is 0, which says that no list had it yet: the first
        one that does has its page read."""
        article = post.article
        key = text_key(article.url) if article.url else title_key(self._path_of, article.title)
        return {
            "docid": article.docid,
            "url": article.url,
            "url_key": key,
            "title": article.title,
            "channels": ",".join(article.channels),
            "channel": article.channels[0] if article.channels else "",
            "ctime": post.date,
            "mtime": 0,
        }


def title_key(path_of: PathOf, title: str) -> int:
    """What an index finds a story without a URL by: its title, as far as the names of files show
    titles, for that is what posts are compared by that lie in folders."""
    return path_key(path_of(title, [], MADE))


def _names(post: AdoptedPost) -> list[str]:
    """The paths at which a post may be."""
    return [post.path_of(taken=number) for number in range(1 if post.is_there else _NAMES)]


def _free_path(connection: Connection, post: AdoptedPost, docid: str, shelf: Shelf) -> str:
    """The first of a post's paths at which there is no other file, nor will be another story's."""
    for number in count():
        path = post.path_of(taken=number)
        query = select(stories.c.docid).where(
            stories.c.post_key == path_key(path), stories.c.docid != docid
        )
        if connection.execute(query).first() is None and shelf.is_free(path, post):
            return path
    raise AssertionError("there is no last number")


def _is_about(date: int, ctime: int, intime: int) -> bool:
    """Whether an article that is listed with these times, all in unix seconds, may have had a date
    in another archive: `intime` moves, but hardly to before the article's own time."""
    since = ctime if intime - DAY <= ctime < intime else intime
    return since - INTIME_MOVES <= date <= intime + INTIME_MOVES


def _completed(article: Article, story: Row[Any]) -> Article:
    """An article with what the list said of it."""
    channels = list(filter(None, story.channels.split(",")))
    return replace(article, docid=story.docid, url=story.url, channels=channels)


def recognize(connection: Connection, rows: Sequence[Story], path_of: PathOf) -> list[str]:
    """Finds the articles that were adopted without a docid and that rows of a list, whose docids
    are new, name; they get these docids, which are returned."""
    keys = {story.docid: title_key(path_of, story.title) for story in rows if story.title}
    query = select(stories.c.docid, stories.c.intime, stories.c.url_key).where(
        stories.c.url_key.in_(set(keys.values())), stories.c.docid.startswith(MADE)
    )
    adopted = list(connection.execute(query)) if keys else []
    pairs = [
        (abs(row.intime - story.intime), story.docid, row.docid)
        for story in rows
        for row in adopted
        if row.url_key == keys.get(story.docid) and _is_about(row.intime, story.ctime, story.intime)
    ]
    recognized: dict[str, str] = {}
    for _, docid, made in sorted(pairs):  # the nearest first, for titles repeat
        if docid not in recognized and made not in recognized.values():
            recognized[docid] = made
    for docid, made in recognized.items():
        _rename(connection, made, docid)
    return list(recognized)


def _rename(connection: Connection, made: str, docid: str) -> None:
    """Puts a docid in the place of one that was made, wherever it stands."""
    for table in metadata.sorted_tables:
        if "docid" in table.c:
            connection.execute(update(table).where(table.c.docid == made).values(docid=docid))
    reprints = update(signatures).where(signatures.c.duplicate_of == made)
    connection.execute(reprints.values(duplicate_of=docid))
    article = (revisions.c.revision, revisions.c.article)
    for revision, data in connection.execute(select(*article).filter_by(docid=docid)).all():
        with suppress(*UNREADABLE):  # a damaged one stays as it is, and is told when it is read
            renamed = update(revisions).filter_by(docid=docid, revision=revision)
            connection.execute(renamed.values(article=_with_docid(data, docid)))


def _with_docid(data: bytes, docid: str) -> bytes:
    text = orjson.dumps(orjson.loads(packed_text(data)) | {"docid": docid})
    post = post_of(data)
    return packed(text) if post is None else packed_with_post(text, post)


def adopted_posts(connection: Connection, docids: Sequence[str]) -> list[tuple[str, bytes]]:
    """Docid and packed bytes of those of the articles that are as they were adopted."""
    last = (revisions.c.docid == stories.c.docid) & (revisions.c.revision == stories.c.revision)
    query = select(revisions.c.docid, revisions.c.article).join(stories, last)
    adopted = query.where(revisions.c.docid.in_(docids), revisions.c.content_hash == ADOPTED_HASH)
    return [(docid, data) for docid, data in connection.execute(adopted)]
