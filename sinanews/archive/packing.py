"""Files of an archive that were compressed with gzip: `NAME.gz` in the place of `NAME`."""

import gzip
import os
import shutil
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO, cast

from sinanews.utils.atomic import writing_whole

ENDING = ".gz"
PIECE = 1 << 20  # bytes read and packed at once
DAMAGE = (EOFError, gzip.BadGzipFile, zlib.error)  # what reading a damaged file raises


def is_packed(path: Path) -> bool:
    """Whether a file is one that was packed, by its name."""
    return path.name.endswith(ENDING)


def plain_name(name: str) -> str:
    """The name that a file had before it was packed.

    >>> plain_name("2026-11-25T11-13-34.json.gz"), plain_name("2026-11-25T11-13-34.json")
    ('2026-11-25T11-13-34.json', '2026-11-25T11-13-34.json')
    """
    return name.removesuffix(ENDING)


def open_either(path: Path) -> IO[bytes]:
    """Opens a file to be read, packed or not."""
    return cast("IO[bytes]", gzip.open(path)) if is_packed(path) else path.open("rb")


def pack(path: Path) -> None:
    """Packs a file, which keeps its time of change. Whatever moment ends us, the content is there
    whole under one of its names, or under both, and then packing it again comes to the same.

    A file that somebody replaces or removes meanwhile stays as he left it. Raises OSError.
    """
    packed, before = path.with_name(path.name + ENDING), path.stat()
    with writing_whole(packed) as file:
        # No name and time within: what is packed again is the same.
        with path.open("rb") as plain, gzip.GzipFile("", "wb", fileobj=file, mtime=0) as content:
            shutil.copyfileobj(plain, content, PIECE)
        file.flush()
        os.utime(file.fileno(), ns=(before.st_atime_ns, before.st_mtime_ns))
    outdated = path if _is_same(path, before) else packed
    outdated.unlink(missing_ok=True)


def _is_same(path: Path, before: os.stat_result) -> bool:
    try:
        now = path.stat()
    except FileNotFoundError:
        return False
    return now.st_ino == before.st_ino and now.st_mtime_ns == before.st_mtime_ns


def without_doubles(paths: Iterable[Path]) -> Iterator[Path]:
    """The files, without the packed ones of those that are there as they were: a kill may leave
    both, or a new failure of a story whose last one was packed."""
    names = {str(path): path for path in paths}
    for name, path in names.items():
        if plain_name(name) == name or plain_name(name) not in names:
            yield path
