"""Completes a ledger that is older than its folder from the JSON lines, which have all articles.

A run notes an article in the ledger before it writes its line. So a line whose revision the ledger
has not tells that the ledger was deleted, put back, or lost its last commits in a power cut.
"""

import heapq
import logging
import os
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import orjson

from sinanews.archive.strays import Strays, find_strays
from sinanews.archive.styles import post_file, styled
from sinanews.config import Config
from sinanews.items import Article, missing_fields
from sinanews.ledger.ledger import Ledger
from sinanews.ledger.recovery import LostArticle, LostRevision, batches
from sinanews.posts.identity import Identity, identity
from sinanews.posts.paths import post_path
from sinanews.posts.render import post_bytes, post_hash
from sinanews.roll.api import Story
from sinanews.utils.atomic import write_whole
from sinanews.utils.files import path_in
from sinanews.utils.times import file_time

logger = logging.getLogger(__name__)

LOOKED_AT = 3  # files whose last lines are looked at, of each order
TAIL = 1 << 16  # bytes
_NAME = re.compile(r".+-(\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d)(?:\+00-00)?\.jsonl")

Key = tuple[str, int]  # a revision: docid and number


@dataclass(slots=True)
class _Lost:
    """An article's revisions that the ledger has not, by number: file and offset of their lines.
    `named` is the first of them, whose title its post was named after."""

    places: dict[int, tuple[Path, int]] = field(default_factory=dict)
    identities: set[Identity] = field(default_factory=set)
    named: Article = field(default_factory=Article)

    def add(self, article: Article, file: Path, offset: int) -> None:
        if not self.places or article.revision < min(self.places):
            self.named = Article(
                article.docid,
                channels=article.channels,
                title=article.title,
                first_seen=article.first_seen,
            )
        self.places.setdefault(article.revision, (file, offset))
        self.identities.add(identity(article))

    @property
    def story(self) -> Story:
        """What a list may have said of it."""
        named, seen = self.named, self.named.first_seen
        listed = int(seen.timestamp()) if seen else 0
        return Story(named.docid, named.url, named.title, listed, listed, mtime=0)

    def path(self, taken: int = 0) -> str:
        """Where its title leads."""
        return post_path(self.named.title, self.named.channels, self.named.docid, taken=taken)


def recover(ledger: Ledger, config: Config) -> None:
    """Enters what the ledger lost, if it did. Posts that have no article then are left as they
    are."""
    folder = config.output / "articles"
    is_new = ledger.recovery.is_new()
    is_old = bool(ledger.recovery.lost(_last_revisions(folder, ledger.now())))
    if not is_new and not is_old:
        return
    strays = find_strays(config, ledger)
    if is_old:
        lost = _lost_articles(ledger, folder)
        known = ledger.recovery.known(lost)
        ledger.adoption.recognize([lost[docid].story for docid in lost.keys() - known.keys()])
        count = ledger.recovery.enter(_articles(ledger, config, lost, strays), ledger.worker)
        logger.warning(
            "the ledger is older than this folder: %d articles were entered again from"
            " articles/*.jsonl",
            count,
        )
    if strays:
        logger.warning("%d posts belong to no article and are left as they are", len(strays))


def _last_revisions(folder: Path, now: int) -> set[Key]:
    """The last revisions in the newest files: by name, for copies lose times; and also without
    those of the future, which a clock that was ahead has left."""
    if not folder.is_dir():
        return set()
    names = os.listdir(folder)  # noqa: PTH208 - a path for each takes longer than all else
    starts = [(start, name) for name in names if (start := _start(name))]
    today = file_time(now)
    past = [(start, name) for start, name in starts if start <= today]
    newest = {*heapq.nlargest(LOOKED_AT, starts), *heapq.nlargest(LOOKED_AT, past)}
    return {key for _, name in newest if (key := _last_revision(folder / name))}


def _start(name: str) -> str:
    """When the run of a file began, as its name has it; "" for one that is no run's."""
    match = _NAME.fullmatch(name)
    return match[1] if match else ""


def _last_revision(file: Path) -> Key | None:
    """The revision of a file's last line that can be read."""
    size, length = file.stat().st_size, TAIL
    with file.open("rb") as lines:
        while True:
            lines.seek(max(0, size - length))
            *whole, _ = lines.read(length).split(b"\n")
            if length < size:
                del whole[:1]  # begins in its middle
            readable = (article for line in reversed(whole) if (article := _read(line)))
            if article := next(readable, None):
                return article.docid, article.revision
            if length >= size:
                return None
            length *= 8


def _read(line: bytes) -> Article | None:
    """The article of a line; None for one that was cut off, or is no article's."""
    try:
        article = Article.from_json(orjson.loads(line))
        texts = (article.docid, article.url, article.title, article.body_html)
        is_whole = all(isinstance(text, str) for text in texts) and not missing_fields(article)
        has_name = article.docid and "/" not in article.docid and article.revision > 0
    except (AttributeError, KeyError, TypeError, ValueError):
        return None
    return article if is_whole and has_name else None


def _lost_articles(ledger: Ledger, folder: Path) -> dict[str, _Lost]:
    """The articles of those lines whose revision the ledger has not, by docid."""
    lost: dict[str, _Lost] = defaultdict(_Lost)
    for file in _files(folder):
        for batch in batches(_articles_of(file)):
            revisions = {(a.docid, a.revision): (a, offset) for offset, a in reversed(batch)}
            for key in ledger.recovery.lost(revisions):
                article, offset = revisions[key]
                lost[article.docid].add(article, file, offset)
    return lost


def _articles_of(file: Path) -> Iterator[tuple[int, Article]]:
    """The articles of a file's lines, each with the offset at which its line begins."""
    offset = 0
    with file.open("rb") as lines:
        for line in lines:
            if line.endswith(b"\n") and (article := _read(line)):
                yield offset, article
            offset += len(line)


def _articles(
    ledger: Ledger, config: Config, lost: Mapping[str, _Lost], strays: Strays
) -> Iterator[LostArticle]:
    """The lost articles with their posts; those whose post is lost too get it again."""
    known = ledger.recovery.known(lost)
    paths = _paths(ledger, config, lost, strays)
    for docid, article in lost.items():
        path = post_file(config, paths[docid], docid)
        revisions = [_revision(*article.places[number]) for number in sorted(article.places)]
        last = revisions[-1].article
        _, revision = known.get(docid, (None, 0))
        if last.revision > revision and not os.path.lexists(path):
            write_whole({path: post_bytes(last, config)})
        strays.remove(styled(config, paths[docid], docid))
        yield LostArticle(revisions, paths[docid], _hash_of(path))


def _files(folder: Path) -> list[Path]:
    """The files of all runs."""
    return sorted(path for path in folder.iterdir() if _start(path.name))


def _revision(file: Path, offset: int) -> LostRevision:
    """A line as a revision. When it was read, lines of earlier versions do not say; it was before
    their file was written last, and an earlier moment might claim knowledge that nobody had."""
    with file.open("rb") as lines:
        lines.seek(offset)
        line = lines.readline()
    article = _read(line)
    assert article, "a file of JSON lines is only ever written on"
    seen = article.seen.timestamp() if article.seen else file.stat().st_mtime
    return LostRevision(article, line, int(seen))


def _hash_of(post: Path) -> bytes | None:
    return post_hash(post.read_bytes()) if post.is_file() else None


def _writer_of(path: str, docids: Sequence[str], lost: Mapping[str, _Lost], config: Config) -> str:
    """Whose post it is, of articles that have date and title in common."""
    if len(docids) > 1:
        written = path_in(config.output, path).read_bytes()
        for docid in docids:
            places = lost[docid].places
            if post_bytes(_revision(*places[max(places)]).article, config) == written:
                return docid
    return docids[0]


def _paths(
    ledger: Ledger, config: Config, lost: Mapping[str, _Lost], strays: Strays
) -> dict[str, str]:
    """The paths of the articles' posts: those that are there, and for the others new ones."""
    paths = {docid: path for docid, (path, _) in ledger.recovery.known(lost).items() if path}
    taken = ledger.recovery.paths(in_use=False)

    def assign(docid: str, path: str) -> None:
        paths[docid] = path
        taken.add(path)

    def assign_stray(docid: str, path: str) -> None:
        own = lost[docid].path()
        is_made_of_it = styled(config, own, docid) == path and not taken.has_name(own)
        assign(docid, own if is_made_of_it else path)

    for docid in lost.keys() - paths.keys():
        path = strays.with_docid(docid)
        if path and path not in taken:
            assign_stray(docid, path)
    contested: dict[str, list[str]] = defaultdict(list)
    for docid in sorted(lost.keys() - paths.keys()):
        path = strays.like(lost[docid].identities, lost[docid].path())
        if path and path not in taken:
            contested[path].append(docid)
    for path, docids in contested.items():
        assign_stray(_writer_of(path, docids, lost, config), path)
    for docid in sorted(lost.keys() - paths.keys()):
        number = 0
        path = lost[docid].path()
        while taken.has_name(path) or os.path.lexists(post_file(config, path, docid)):
            number += 1
            path = lost[docid].path(number)
        assign(docid, path)
    return paths
