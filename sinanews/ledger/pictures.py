"""Which pictures are kept, of which articles, and which of the others are tried again."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import orjson
from sqlalchemy import ColumnElement, Connection, Engine, select, update

from sinanews.ledger.claims import Publish, Retries
from sinanews.ledger.database import upsert, writing
from sinanews.ledger.revisions import packed, packed_text
from sinanews.ledger.tables import pictures, revisions, stories, text_key
from sinanews.utils.urls import picture_address

# The `due_at` of a picture that a setting refuses: some time, when that is wider.
WHEN_WIDER = 1 << 62


@dataclass(frozen=True, slots=True)
class Picture:
    """What is known of a picture: its address and its file below the output folder, or why there is
    none, how often it was tried, and the local unix second from which on it is tried again, None
    when it is not."""

    url: str
    path: str | None = None
    reason: str = ""
    tries: int = 0
    due_at: int | None = None


@dataclass(frozen=True, slots=True)
class Mended:
    """An article's post that shows pictures which it did not: its docid and revision, the post's
    hash, and the files of these pictures by their addresses."""

    docid: str
    revision: int
    post_hash: bytes
    files: Mapping[str, str]


_COLUMNS = (
    *(pictures.c.url, pictures.c.path, pictures.c.reason),
    *(pictures.c.tries, pictures.c.due_at),
)
_CHANGING = ["url", "path", "reason", "tries", "due_at"]


class Pictures:
    """The pictures of an archive. `clock` gives the local unix time in seconds."""

    def __init__(self, database: Engine, clock: Callable[[], float], retries: Retries) -> None:
        self._database = database
        self._writing = writing(database)
        self._clock = clock
        self._retries = retries

    def find(self, url: str) -> Picture | None:
        """What is known of an address, from whichever article: its file if there is one, or else
        the last try; None of one that was never asked for."""
        of_address = select(*_COLUMNS).filter_by(url_key=text_key(url))
        # Whichever is first: a file before none, and of the others the last try.
        first = of_address.order_by(pictures.c.path.is_(None), pictures.c.tries.desc()).limit(1)
        with self._database.connect() as connection:
            row = connection.execute(first).first()
        if row is None:
            return None
        return Picture(row.url, row.path, row.reason or "", row.tries, row.due_at)

    def is_due(self, picture: Picture) -> bool:
        """Whether a picture without a file is to be tried now."""
        return picture.due_at is not None and picture.due_at <= int(self._clock())

    def record(self, docid: str, known: Sequence[Picture]) -> None:
        """Notes the pictures of an article whose post is about to be written."""
        if not known:
            return
        rows = [
            {
                "docid": docid,
                "url_key": text_key(picture.url),
                "url": picture.url,
                "path": picture.path,
                "reason": None if picture.path else picture.reason,
                "tries": picture.tries,
                "due_at": picture.due_at,
            }
            for picture in sorted(known, key=lambda picture: text_key(picture.url))  # see `_lock`
        ]
        with self._writing.begin() as connection:
            connection.execute(upsert(connection, pictures, _CHANGING), rows)

    def note_failure(
        self,
        url: str,
        reason: str,
        *,
        was_tried: bool = True,
        may_pass: bool = True,
        is_bound: bool = False,
    ) -> Picture:
        """Notes for every article that shows an address why that gave no picture, and returns what
        is known of it now. It is tried again as a failed article is, but given up for good, and at
        once if it `may_pass` never; what was not even tried is due at once, and what a bound
        refuses once `retry_refused` finds that to be wider."""
        before, now = self.find(url), int(self._clock())
        tries = (before.tries if before else 0) + was_tried
        due_at: int | None = None
        if not was_tried:
            due_at = now
        elif is_bound:
            due_at = WHEN_WIDER
        elif may_pass and tries < self._retries.tries:
            due_at = self._retries.after_failure(now, tries)
        failed = Picture(url, None, reason, tries, due_at)
        missing = (pictures.c.url_key == text_key(url), pictures.c.path.is_(None))
        values = {"reason": reason, "tries": tries, "due_at": due_at}
        with self._writing.begin() as connection:
            _lock(connection, *missing)
            connection.execute(update(pictures).where(*missing).values(values))
        return failed

    def files(self, docids: Sequence[str]) -> dict[str, dict[str, str]]:
        """The files of the pictures that the posts of articles show, by docid and address."""
        query = select(pictures.c.docid, pictures.c.url, pictures.c.path).where(
            pictures.c.docid.in_(docids), pictures.c.path.is_not(None)
        )
        found: dict[str, dict[str, str]] = defaultdict(dict)
        with self._database.connect() as connection:
            for docid, url, path in connection.execute(query):
                found[docid][url] = path
        return found

    def retry_refused(self, is_outgrown: Callable[[str], bool]) -> None:
        """Has pictures be due, as if they had not been tried, that a bound refused which is wider
        now: `is_outgrown` says it by the reason."""
        is_refused = pictures.c.due_at == WHEN_WIDER
        with self._database.connect() as connection:
            reasons = connection.execute(select(pictures.c.reason).where(is_refused).distinct())
            outgrown = [reason for reason in reasons.scalars() if is_outgrown(reason)]
        if outgrown:
            are_due = update(pictures).where(is_refused, pictures.c.reason.in_(outgrown))
            with self._writing.begin() as connection:
                connection.execute(are_due.values(due_at=0, tries=0))

    def take_due(self, count: int, before: int, lease: int) -> dict[str, list[str]]:
        """The addresses of up to so many pictures that were to be tried again before a local unix
        second, by docid; of articles that nobody reads now. For `lease` seconds nobody else gets
        them."""
        now = int(self._clock())
        is_due = (pictures.c.due_at < before, stories.c.revision > 0, stories.c.worker.is_(None))
        query = (
            select(pictures.c.docid, pictures.c.url, pictures.c.url_key)
            .join(stories, stories.c.docid == pictures.c.docid)
            .where(*is_due)
            .order_by(pictures.c.due_at)
            .limit(count)
            .with_for_update(of=pictures, skip_locked=True)
        )
        found: dict[str, list[str]] = defaultdict(list)
        with self._writing.begin() as connection:
            for docid, url, key in connection.execute(query).all():
                found[docid].append(url)
                row = update(pictures).filter_by(docid=docid, url_key=key)
                connection.execute(row.values(due_at=now + lease))
        return found

    def mend(self, mended: Mended, publish: Publish) -> bool:
        """Notes that an article's post, which `publish` puts in place, shows these pictures, and
        its line has their files; says whether it did. Not done for an article that was read anew
        meanwhile, or is being read."""
        docid = mended.docid
        last = select(stories.c.docid).filter_by(docid=docid, revision=mended.revision, worker=None)
        with self._writing.begin() as connection:
            is_last = connection.execute(last.with_for_update()).first() is not None
            if not is_last or not publish({docid}):
                return False
            shown = [text_key(url) for url in mended.files]
            _lock(connection, pictures.c.docid == docid, pictures.c.url_key.in_(shown))
            for url, path in mended.files.items():
                row = update(pictures).filter_by(docid=docid, url_key=text_key(url))
                connection.execute(row.values(path=path, reason=None, due_at=None))
            row = update(stories).filter_by(docid=docid)
            connection.execute(row.values(post_hash=mended.post_hash))
            _mend_line(connection, mended)
        return True


def _lock(connection: Connection, *which: ColumnElement[bool]) -> None:
    """Keeps other transactions from changing some pictures, which all lock in one order, as
    `lock_stories` does."""
    if connection.dialect.name == "postgresql":
        locked = select(pictures.c.docid).where(*which)
        in_order = locked.order_by(pictures.c.url_key, pictures.c.docid)
        connection.execute(in_order.with_for_update())


def _mend_line(connection: Connection, mended: Mended) -> None:
    """Adds the files to the line of the article's last revision."""
    key = {"docid": mended.docid, "revision": mended.revision}
    data = connection.execute(select(revisions.c.article).filter_by(**key)).scalar_one()
    line = orjson.loads(packed_text(data))
    line["images"] = with_files(line["images"], mended.files)
    row = update(revisions).filter_by(**key)
    connection.execute(row.values(article=packed(orjson.dumps(line))))


def with_files(images: Iterable[object], files: Mapping[str, str]) -> list[object]:
    """The images of a line, those with the file of their picture that has one.

    >>> files = {"https://n.sinaimg.cn/a.png": "images/01/01ab.png"}
    >>> with_files([{"url": "https://n.sinaimg.cn/a.png", "caption": ""}], files)
    [{'url': 'https://n.sinaimg.cn/a.png', 'caption': '', 'path': 'images/01/01ab.png'}]
    """
    placed: list[object] = []
    for image in images:
        url = image.get("url") if isinstance(image, dict) else None
        path = files.get(picture_address(url) or "") if isinstance(url, str) else None
        placed.append({**image, "path": path} if path and isinstance(image, dict) else image)
    return placed
