"""Posts that lie in an archive's folder, and that its ledger does not know as any article's.

A power cut leaves some when it took the ledger's last commits and not the posts; a ledger that was
put back leaves many. Each finds its article when that is read again.
"""

import os
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path

from sinanews.archive.styles import paths_in_use, post_file, styled
from sinanews.config import Config
from sinanews.exceptions import OccupiedError
from sinanews.items import Article
from sinanews.ledger.ledger import Ledger
from sinanews.posts.identity import Identity, docid_in_hexo, identity, identity_of
from sinanews.posts.paths import ROOT, post_path
from sinanews.utils.files import name_of, path_in


class Strays:
    """Posts of no known article, by their paths below the archive's `root`."""

    def __init__(self, root: Path, paths: Iterable[str] = ()) -> None:
        self._paths: set[str] = set()
        self._by_docid: dict[str, str] = {}
        self._by_date: dict[str, dict[str, str]] = defaultdict(dict)  # path and title
        for path in paths:
            self._paths.add(path)
            if post := identity_of(path_in(root, path)):
                self._by_date[post.date][path] = post.title
                named = docid_in_hexo(path_in(root, path)) or Path(path).stem.rpartition(" ")[2]
                self._by_docid[named] = path

    def __len__(self) -> int:
        return len(self._paths)

    def with_docid(self, docid: str) -> str | None:
        """The path of the post whose name has the docid."""
        return self._available(self._by_docid.get(docid))

    def like(self, identities: Collection[Identity], *paths: str) -> str | None:
        """The path of the post that says what one of the identities does; at one of the paths to
        which the article's title leads, or led, the date is enough, for titles change."""
        for date, title in identities:
            posts = self._by_date.get(date, {})
            same = [path for path in paths if path in posts]
            same = same or [path for path, other in posts.items() if other == title]
            if found := next(filter(self._available, same), None):
                return found
        return None

    def remove(self, path: str) -> None:
        """Notes that a post has its article."""
        self._paths.discard(path)

    def _available(self, path: str | None) -> str | None:
        return path if path in self._paths else None


def find_strays(config: Config, ledger: Ledger) -> Strays:
    """Reads the front matter of every post that no article of the ledger has, nor may have soon:
    another run may be writing it."""
    known = paths_in_use(ledger, config)
    root = config.output
    return Strays(root, (path for path in post_files(root) if path not in known))


def find_strays_in_work(config: Config, ledger: Ledger, first_run: int) -> Strays:
    """The same, where only runs were killed, the first of which has this number: they had noted the
    path of what they wrote."""
    paths = {
        own
        for docid, path in ledger.recovery.paths_in_work(first_run)
        for own in (path, styled(config, path, docid))
    }
    return Strays(config.output, (path for path in paths if path_in(config.output, path).is_file()))


def post_files(root: Path) -> Iterator[str]:
    """The paths of all posts, below the archive's root."""
    for folder, _, names in os.walk(root / ROOT):
        below = Path(folder).relative_to(root).as_posix()
        yield from (name_of(f"{below}/{name}") for name in names if name.endswith(".md"))


def own_path(ledger: Ledger, article: Article, config: Config, strays: Strays) -> str:
    """The path of an article's post, as the ledger has it: the file never is that of anything else.

    Raises OccupiedError when there is none.
    """
    path = ledger.reserve_path(article)
    if ledger.claimed(article.docid).revision:
        return path
    if strays and (stray := _stray_of(article, path, strays)):
        strays.remove(stray)
        is_its = stray in {path, styled(config, path, article.docid)}
        return path if is_its else ledger.move_path(article, stray)
    if _is_free(post_file(config, path, article.docid), article):
        return path
    path = ledger.move_path(article)
    if _is_free(post_file(config, path, article.docid), article):
        return path
    raise OccupiedError(styled(config, path, article.docid))


def _stray_of(article: Article, path: str, strays: Strays) -> str | None:
    title_path = post_path(article.title, article.channels, article.docid)
    return strays.with_docid(article.docid) or strays.like([identity(article)], path, title_path)


def _is_free(path: str, article: Article) -> bool:
    """Whether nothing is there, or this article's post, whose commit was lost. A folder is in the
    way, which whoever writes the post will tell."""
    if not os.path.lexists(path):
        return True
    return Path(path).is_dir() or identity_of(path) == identity(article)
