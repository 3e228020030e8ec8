"""All posts from the ledger: written again, or only compared with it."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatch
from pathlib import Path
from typing import NamedTuple

from sinanews.archive.pictures import kept_files
from sinanews.archive.styles import remove_other_style, styled, without_article
from sinanews.config import Config
from sinanews.exceptions import DamagedError
from sinanews.items import Article
from sinanews.ledger.ledger import Ledger
from sinanews.ledger.recovery import batches
from sinanews.ledger.revisions import OnDamage
from sinanews.ledger.selection import ALL, Selection
from sinanews.posts.paths import ROOT
from sinanews.posts.render import post_bytes
from sinanews.utils.atomic import TEMPORARY, Drafts
from sinanews.utils.files import filename_in, path_in

GROUP = 64  # posts that share a wait for the disk and a look at the ledger


@dataclass(slots=True)
class Rebuilt:
    """How many posts there are, and those that could not be written, by path, with the reason, such
    as a folder of the same name."""

    posts: int = 0
    blocked: dict[str, str] = field(default_factory=dict)


def rebuild(
    ledger: Ledger, config: Config, on_damage: OnDamage, selection: Selection = ALL
) -> Rebuilt:
    """Writes every selected post again, but those of damaged articles, which go to `on_damage`;
    where it was of another style, that file goes. Where a crawl at work has noted another revision
    meanwhile, its post is left as the crawl wrote it.

    Ended at any moment and done again it goes on. Raises OSError when nothing can be written.
    """
    rebuilt = Rebuilt()
    for group in batches(ledger.articles(selection, on_damage), GROUP):
        posts = list(_posts(ledger, config, group, on_damage))
        files = {post.docid: {filename_in(config.output, post.name): post.data} for post in posts}
        with Drafts(files) as drafts:
            writable = files.keys() - drafts.blocked.keys()
            revisions = {a.docid: a.revision for _, a in group if a.docid in writable}
            ledger.publish(revisions, drafts.publish)
        rebuilt.posts += len(group)
        for post in posts:
            if error := drafts.blocked.get(post.docid):
                rebuilt.blocked[post.name] = str(error.strerror)
            else:
                remove_other_style(config, post.path, post.docid, post.adopted)
    return rebuilt


def posts_of(ledger: Ledger, config: Config, on_damage: OnDamage) -> Iterator[tuple[str, bytes]]:
    """Every post: its path below the output folder, and its bytes. A damaged article goes to
    `on_damage`."""
    for group in batches(ledger.articles(on_damage=on_damage), GROUP):
        for post in _posts(ledger, config, group, on_damage):
            yield post.name, post.data


class _Post(NamedTuple):
    """An article's post: its paths in the ledger and, `name`, below the output folder, and its
    bytes; `adopted` are those that it was adopted with, if they are kept."""

    docid: str
    path: str
    name: str
    data: bytes
    adopted: bytes | None


def _posts(
    ledger: Ledger, config: Config, group: Sequence[tuple[str, Article]], on_damage: OnDamage
) -> Iterator[_Post]:
    """The posts of a few articles, but of those that are damaged."""
    damaged: set[str] = set()

    def note(error: DamagedError) -> None:
        damaged.add(error.docid)
        on_damage(error)

    docids = [article.docid for _, article in group]
    adopted = ledger.adopted_posts(docids, note)
    known = ledger.pictures.files(docids) if config.pictures.are_kept else {}
    for path, article in group:
        docid = article.docid
        if docid not in damaged:
            kept = adopted.get(docid)
            files = kept_files(article, known.get(docid, {}), config)
            data = post_bytes(article, config, kept, files)
            yield _Post(docid, path, styled(config, path, docid), data, kept)


@dataclass(slots=True)
class Comparison:
    """How many posts there are; the paths of those that differ from the ledger, or cannot be read,
    and of those that are missing; and the files below the posts' folder that are no article's."""

    posts: int = 0
    different: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    foreign: list[str] = field(default_factory=list)

    @property
    def is_equal(self) -> bool:
        """Whether the posts are those of the ledger."""
        return not (self.different or self.missing or self.foreign)


def compare(ledger: Ledger, config: Config, on_damage: OnDamage) -> Comparison:
    """Compares every post with the ledger, and changes nothing. What seems wrong is looked at a
    second time, for a crawl may be at work. A damaged article goes to `on_damage`."""
    comparison = Comparison()
    suspects: list[str] = []
    for group in batches(ledger.articles(on_damage=on_damage), GROUP):
        comparison.posts += len(group)
        suspects += [
            post.docid
            for post in _posts(ledger, config, group, on_damage)
            if _read(path_in(config.output, post.name)) != post.data
        ]
    for docids in batches(suspects, GROUP):
        group = list(ledger.articles(Selection(docids=tuple(docids)), on_damage))
        for post in _posts(ledger, config, group, on_damage):
            found = _read(path_in(config.output, post.name))
            if found is None:
                comparison.missing.append(post.name)
            elif found != post.data:
                comparison.different.append(post.name)
    files = batches(_files(config.output), GROUP)
    unknown = [path for paths in files for path in without_article(ledger, config, paths)]
    for paths in batches(unknown, GROUP):
        comparison.foreign += without_article(ledger, config, paths)
    return comparison


def _read(post: Path) -> bytes | str | None:
    """A post's bytes; None where there is none, and the reason where it cannot be read."""
    try:
        return post.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        return str(error)


def _files(output: Path) -> Iterator[str]:
    """The paths below the output folder of all files that may be posts, in order."""
    for folder, folders, names in os.walk(output / ROOT):
        folders.sort()
        for name in sorted(names):
            if not fnmatch(name, TEMPORARY.format("*", "*")):
                # A name that is no UTF-8 is no post's, and has to be printed all the same.
                path = os.fsencode(Path(folder, name).relative_to(output))
                yield path.decode("utf-8", errors="replace")
