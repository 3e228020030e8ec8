"""Completes a ledger that is older than its folder from the JSON lines, which have all articles.

A run notes an article in the ledger before it writes its line. So a line whose revision the ledger
has not tells that the ledger was deleted, put back, or lost its last commits in a power cut.
"""

import heapq
import logging
import os
import secrets
from collections import defaultdict, deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count, islice
from pathlib import Path
from typing import Self

from sinanews.archive.lines import (
    FOLDER,
    Key,
    articles_of,
    line_files,
    lines_started,
    read_line,
    whole_lines,
)
from sinanews.archive.packing import is_packed, plain_name
from sinanews.archive.pictures import kept_files
from sinanews.archive.strays import Strays, find_strays
from sinanews.archive.styles import post_file, styled
from sinanews.config import Config
from sinanews.items import Article
from sinanews.ledger.ledger import Ledger
from sinanews.ledger.recovery import LostArticle, LostRevision, Paths, batches
from sinanews.posts.identity import Identity, identity
from sinanews.posts.paths import post_path
from sinanews.posts.render import post_bytes, post_hash
from sinanews.roll.api import Story
from sinanews.utils.atomic import TEMPORARY, write_whole
from sinanews.utils.files import path_in
from sinanews.utils.times import file_time

logger = logging.getLogger(__name__)

LOOKED_AT = 3  # files whose last lines are looked at, of each order
TAIL = 1 << 16  # bytes
POSSIBLE_NAMES = 100  # that an article's post may have had, for others had the ones before
LAST_LINES = 100  # of a packed file, of which one can be read: all but what was cut off are whole


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a line stands, and when its run's file was written last, in unix seconds."""

    file: Path
    offset: int
    written: float


@dataclass(slots=True)
class _Lost:
    """An article's revisions that the ledger has not, by number: the places of their lines.
    `named` is the first of them, whose title its post was named after."""

    places: dict[int, _Place] = field(default_factory=dict)
    identities: set[Identity] = field(default_factory=set)
    named: Article = field(default_factory=Article)

    def add(self, article: Article, place: _Place) -> None:
        if not self.places or article.revision < min(self.places):
            self.named = Article(
                article.docid,
                channels=article.channels,
                title=article.title,
                published=article.published,
                first_seen=article.first_seen,
            )
        self.places.setdefault(article.revision, place)
        self.identities.add(identity(article))

    @property
    def story(self) -> Story:
        """What a list may have said of it."""
        named, seen = self.named, self.named.first_seen
        listed = int(seen.timestamp()) if seen else 0
        return Story(named.docid, named.url, named.title, listed, listed, mtime=0)

    @property
    def moments(self) -> tuple[float, float]:
        """Its own time, by which lists are ordered, and when it entered one, in unix seconds."""
        published, seen = self.named.published, self.named.first_seen
        seen_at = seen.timestamp() if seen else 0
        return (published.timestamp() if published else seen_at), seen_at

    def path(self, taken: int = 0) -> str:
        """Where its title leads."""
        return post_path(self.named.title, self.named.channels, self.named.docid, taken=taken)


class _Unpacked:
    """A file for lines of packed files, for they are read again in another order than they stand
    there. It is gone with the context, and a temporary one if a kill leaves it."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / TEMPORARY.format(os.getpid(), secrets.token_hex(4))
        self._size = 0

    def __enter__(self) -> Self:
        return self

    def add(self, line: bytes, written: float) -> _Place:
        """Adds a line; returns its place."""
        with self._path.open("ab") as file:
            file.write(line)
        place = _Place(self._path, self._size, written)
        self._size += len(line)
        return place

    def __exit__(self, *_: object) -> None:
        self._path.unlink(missing_ok=True)


def recover(ledger: Ledger, config: Config) -> None:
    """Enters what the ledger lost, if it did. Posts that have no article then are left as they
    are."""
    folder = config.output / FOLDER
    is_new = ledger.recovery.is_new()
    is_old = bool(ledger.recovery.lost(_last_revisions(folder, ledger.now())))
    if not is_new and not is_old:
        return
    strays = find_strays(config, ledger)
    if is_old:
        with _Unpacked(folder) as unpacked:
            lost = _lost_articles(ledger, folder, unpacked)
            known = ledger.recovery.known(lost)
            ledger.adoption.recognize([lost[docid].story for docid in lost.keys() - known.keys()])
            entered = ledger.recovery.enter(_articles(ledger, config, lost, strays), ledger.worker)
        logger.warning(
            "the ledger is older than this folder: %d articles were entered again from"
            " articles/*.jsonl",
            entered,
        )
    if strays:
        logger.warning("%d posts belong to no article and are left as they are", len(strays))


def _last_revisions(folder: Path, now: int) -> set[Key]:
    """The last revisions in the newest files: by name, for copies lose times; and also without
    those of the future, which a clock that was ahead has left."""
    if not folder.is_dir():
        return set()
    names = os.listdir(folder)  # noqa: PTH208 - a path for each takes longer than all else
    starts = [(start, name) for name in names if (start := lines_started(plain_name(name)))]
    today = file_time(now)
    past = [(start, name) for start, name in starts if start <= today]
    newest = {*heapq.nlargest(LOOKED_AT, starts), *heapq.nlargest(LOOKED_AT, past)}
    files = filter(Path.is_file, (folder / name for _, name in newest))
    return {key for file in files if (key := _last_revision(file))}


def _last_revision(file: Path) -> Key | None:
    """The revision of a file's last line that can be read."""
    if is_packed(file):
        last = deque((line for line, _ in whole_lines(file)), LAST_LINES)
        articles = filter(None, map(read_line, reversed(last)))
        return next(((article.docid, article.revision) for article in articles), None)
    size, length = file.stat().st_size, TAIL
    with file.open("rb") as lines:
        while True:
            lines.seek(max(0, size - length))
            *whole, _ = lines.read(length).split(b"\n")
            if length < size:
                del whole[:1]  # begins in its middle
            readable = (article for line in reversed(whole) if (article := read_line(line)))
            if article := next(readable, None):
                return article.docid, article.revision
            if length >= size:
                return None
            length *= 8


def _lost_articles(ledger: Ledger, folder: Path, unpacked: _Unpacked) -> dict[str, _Lost]:
    """The articles of those lines whose revision the ledger has not, by docid. They stand in the
    order in which they were listed, as far as lines tell: by runs, of each the newest first."""
    lost: dict[str, _Lost] = {}
    for file in line_files(folder):
        new: dict[str, _Lost] = defaultdict(_Lost)
        written = file.stat().st_mtime
        for batch in batches(articles_of(file)):
            first: dict[Key, tuple[Article, bytes, int]] = {}
            for found in batch:
                first.setdefault((found[0].docid, found[0].revision), found)
            missing = ledger.recovery.lost(first)
            for key in filter(missing.__contains__, first):
                article, line, offset = first[key]
                if is_packed(file):
                    place = unpacked.add(line, written)
                else:
                    place = _Place(file, offset, written)
                (lost if article.docid in lost else new)[article.docid].add(article, place)
        lost |= sorted(new.items(), key=lambda pair: pair[1].moments, reverse=True)
    return lost


def _articles(
    ledger: Ledger, config: Config, lost: Mapping[str, _Lost], strays: Strays
) -> Iterator[LostArticle]:
    """The lost articles with their posts; those whose post is lost too get it again."""
    known = ledger.recovery.known(lost)
    paths = _paths(ledger, config, lost, strays)
    for docid, article in lost.items():
        path = Path(post_file(config, paths[docid], docid))
        revisions = [_revision(article.places[number]) for number in sorted(article.places)]
        last = revisions[-1].article
        _, revision = known.get(docid, (None, 0))
        if last.revision > revision and not os.path.lexists(path):
            write_whole({path: post_bytes(last, config, files=kept_files(last, {}, config))})
        strays.remove(styled(config, paths[docid], docid))
        yield LostArticle(revisions, paths[docid], _hash_of(path))


def _revision(place: _Place) -> LostRevision:
    """A line as a revision. When it was read, lines of earlier versions do not say; it was before
    their file was written last, and an earlier moment might claim knowledge that nobody had."""
    with place.file.open("rb") as lines:
        lines.seek(place.offset)
        line = lines.readline()
    article = read_line(line)
    assert article, "a file of JSON lines is only ever written on"
    seen = article.seen.timestamp() if article.seen else place.written
    return LostRevision(article, line, int(seen))


def _hash_of(post: Path) -> bytes | None:
    return post_hash(post.read_bytes()) if post.is_file() else None


def _writer_of(path: str, docids: Sequence[str], lost: Mapping[str, _Lost], config: Config) -> str:
    """Whose post it is, of articles that have date and title in common."""
    if len(docids) > 1:
        written = path_in(config.output, path).read_bytes()
        for docid in docids:
            places = lost[docid].places
            last = _revision(places[max(places)]).article
            if post_bytes(last, config, files=kept_files(last, {}, config)) == written:
                return docid
    return docids[0]


def _paths(
    ledger: Ledger, config: Config, lost: Mapping[str, _Lost], strays: Strays
) -> dict[str, str]:
    """The paths of the articles' posts: those that are there, and for the others new ones. They are
    given in the order of listing, as they were before."""
    paths = {docid: path for docid, (path, _) in ledger.recovery.known(lost).items() if path}
    taken = ledger.recovery.paths(in_use=False)
    unknown = [docid for docid in lost if docid not in paths]
    posts = _posts_of(unknown, config, lost, strays, taken)
    for docid in unknown:
        article, post = lost[docid], posts.get(docid)
        free = (path for path in map(article.path, count()) if not taken.has_name(path))
        if post:
            made_of = islice(free, POSSIBLE_NAMES)
            path = next((own for own in made_of if styled(config, own, docid) == post), post)
        else:
            path = next(own for own in free if not os.path.lexists(post_file(config, own, docid)))
        paths[docid] = path
        taken.add(path)
    return paths


def _posts_of(
    docids: Sequence[str],
    config: Config,
    lost: Mapping[str, _Lost],
    strays: Strays,
    taken: Paths,
) -> dict[str, str]:
    """The paths of the posts that are there, of those of the articles that have one."""
    posts: dict[str, str] = {}
    contested: dict[str, list[str]] = defaultdict(list)
    for docid in docids:
        path = strays.with_docid(docid)
        if path and path not in taken:
            posts[docid] = path
    others = {*posts.values()}
    for docid in docids:
        if docid in posts:
            continue
        path = strays.like(lost[docid].identities, lost[docid].path())
        if path and path not in taken and path not in others:
            contested[path].append(docid)
    for path, rivals in contested.items():
        posts[_writer_of(path, rivals, lost, config)] = path
    return posts
