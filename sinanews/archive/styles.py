"""Where posts lie in the style of POST_STYLE, and that an archive has those of one style.

The ledger has each article's path in the style `source`; that in `hexo` is made of it. What tells
the styles apart in a file is its beginning: front matter of `source` has a blank line before it,
that of `hexo` has the article's docid in it.
"""

import os
from collections.abc import Iterator, Sequence
from contextlib import suppress
from itertools import islice
from pathlib import Path

from sinanews.config import HEXO, Config
from sinanews.exceptions import ArgumentError
from sinanews.ledger.ledger import Ledger
from sinanews.ledger.recovery import Paths
from sinanews.posts.identity import docid_in_hexo, is_source_style
from sinanews.posts.paths import ROOT, hexo_path
from sinanews.utils.files import filename_in

LOOKED_AT = 100  # files that may be posts, of which one has to tell an archive's style


def styled(config: Config, path: str, docid: str) -> str:
    """The path of an article's post below the output folder, by the one that the ledger has."""
    return hexo_path(path, docid) if config.post_style == HEXO else path


def post_file(config: Config, path: str, docid: str) -> str:
    """The same, as the path of the file itself."""
    return filename_in(config.output, styled(config, path, docid))


def remove_other_style(config: Config, path: str, docid: str, adopted: bytes | None = None) -> None:
    """Removes an article's post in the style that the archive has not, where it has a file of its
    own; `path` is the one that the ledger has, `adopted` are the bytes of the post as it was
    adopted. Another file that is there stays. Raises OSError."""
    other = hexo_path(path, docid)
    if other == path:
        return
    if config.post_style == HEXO:
        file = filename_in(config.output, path)
        is_its = is_source_style(file) or (adopted is not None and _is(file, adopted))
    else:
        file = filename_in(config.output, other)
        is_its = docid_in_hexo(file) == docid
    if is_its:
        Path(file).unlink(missing_ok=True)


def _is(file: str, data: bytes) -> bool:
    with suppress(OSError):
        post = Path(file)
        return post.stat().st_size == len(data) and post.read_bytes() == data
    return False


def require_style(config: Config) -> None:
    """Raises ArgumentError when the archive's posts are of another style: it has those of one."""
    for file in islice(_files(config.output / ROOT), LOOKED_AT):
        style = HEXO if docid_in_hexo(file) else "source" if is_source_style(file) else None
        if style == config.post_style:
            return
        if style:
            accepted = (
                f"{style!r}, as the posts in {config.output} are; `scrapy rebuild` changes all of"
                " them to the other style"
            )
            raise ArgumentError("POST_STYLE", config.post_style, accepted)


def _files(folder: Path) -> Iterator[Path]:
    """The files below a folder that may be posts, as they come: one folder may have millions, and
    os.walk reads all of a folder before it yields one."""
    with suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                yield from _files(Path(entry))
            elif entry.name.endswith(".md"):
                yield Path(entry)


def paths_in_use(ledger: Ledger, config: Config) -> Paths:
    """The paths at which the posts of articles are, or may soon be."""
    if config.post_style != HEXO:
        return ledger.recovery.paths(in_use=True)
    # In both styles: a change of the style may have been ended before its end.
    return ledger.recovery.paths(in_use=True, also=hexo_path)


def without_article(ledger: Ledger, config: Config, paths: Sequence[str]) -> list[str]:
    """Those of the paths, of files that are there, that are no article's post."""
    if config.post_style != HEXO:
        return ledger.without_article(paths)
    docids = {path: docid_in_hexo(filename_in(config.output, path)) for path in paths}
    known = ledger.recovery.known(filter(None, docids.values()))

    def is_articles(path: str) -> bool:
        docid = docids[path]
        own, revision = known.get(docid or "", (None, 0))
        return bool(docid and own and revision and hexo_path(own, docid) == path)

    return [path for path in paths if not is_articles(path)]
