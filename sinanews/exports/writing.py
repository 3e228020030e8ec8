"""Articles in a file, which is there whole or not at all, or on standard output."""

import os
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import IO

import orjson
from isal.igzip import IGzipFile

from sinanews.exceptions import UnfitError
from sinanews.exports import PACKED, Exporter
from sinanews.exports.jsonl import LineExporter, OnUnfit
from sinanews.utils.atomic import writing_through


def write_file(
    path: Path,
    lines: Iterable[bytes],
    exporter: Exporter,
    on_unfit: OnUnfit,
) -> int:
    """Writes the articles of JSON lines; returns how many. `on_unfit` hears of those that the
    format cannot hold.

    Raises OSError for a file that cannot be written; then there is none, or the old one.
    """
    with writing_through(path) as file:
        return write_packed(file, path.name, lines, exporter, on_unfit)


def write_packed(
    file: IO[bytes],
    name: str,
    lines: Iterable[bytes],
    exporter: Exporter,
    on_unfit: OnUnfit,
) -> int:
    """Writes the articles of JSON lines into an open file, with gzip if its name ends in `.gz`, as
    `write_file` does."""
    if not name.endswith(PACKED):
        return write(file, lines, exporter, on_unfit)
    # Without a name and a time in it, the same articles are the same bytes.
    packed: IO[bytes] = IGzipFile(filename="", mode="wb", fileobj=file, mtime=0)  # type: ignore[no-untyped-call, assignment] # it has no types
    with packed:
        return write(packed, lines, exporter, on_unfit)


def standard_output() -> IO[bytes]:
    """Standard output for bytes, whatever is set for its text, to be closed without an end of it.
    What its reader has not taken when it goes is not kept to fail once more as the program ends."""
    return os.fdopen(sys.stdout.fileno(), "wb", closefd=False)


def write(
    file: IO[bytes],
    lines: Iterable[bytes],
    exporter: Exporter,
    on_unfit: OnUnfit,
) -> int:
    """Writes the articles of JSON lines into an open file, as `write_file` does."""
    unfit = 0

    def note(error: UnfitError) -> None:
        nonlocal unfit
        unfit += 1
        on_unfit(error)

    started, count = exporter(file), 0
    export: Callable[[bytes], None] = lambda line: started.export_item(orjson.loads(line))  # noqa: E731 - one of two
    if isinstance(started, LineExporter):
        started.on_unfit, export = note, started.export_line
    started.start_exporting()
    for count, line in enumerate(lines, 1):  # noqa: B007 - the last is the count
        try:
            export(line)
        except (TypeError, ValueError) as error:
            note(UnfitError(str(orjson.loads(line).get("docid")), error))
    started.finish_exporting()
    return count - unfit
