"""How long run reports, failed pages and JSON lines are kept, and when they are packed.

A file is as old as the day in its name or its time of change says, whichever is later: copies lose
the one, and a clock that was wrong gives the other. Only files by names of ours are touched, and
what failed only where its reason says that it is ours, for its name may be anybody's.
"""

import logging
import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from sinanews.archive.failures import failed_docid, is_failure
from sinanews.archive.lines import FOLDER, lines_started
from sinanews.archive.packing import is_packed, pack, plain_name, without_doubles
from sinanews.config import Housekeeping
from sinanews.utils.atomic import is_of_one_path
from sinanews.utils.times import parse_file_time

logger = logging.getLogger(__name__)

DAY = 86_400
FAILED = "failed"
APART = 3_600  # seconds by which the name of a run's file may differ from when the run began
PACKED_AT_ONCE = 2_000  # files: some seconds, for which others wait; the rest is for the next time
_REPORT = re.compile(r"(\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d)(?:-\d+)?\.json")


@dataclass(frozen=True, slots=True)
class Kept:
    """What came of it: how many files were removed, how many packed."""

    removed: int = 0
    packed: int = 0


@dataclass(frozen=True, slots=True)
class _File:
    """A file of ours, and the local unix second since which nothing was done to it."""

    path: Path
    since: float


def keep_house(
    output: Path, settings: Housekeeping, now: float, oldest_run: int | None = None
) -> Kept:
    """Removes and packs what is old at a local unix second; nothing that a run may still write to,
    of which the oldest that is at work began at `oldest_run`.

    Done again after a kill at any moment, it comes to the same. Raises OSError when the disk is
    full or gone; what concerns one file alone is logged.
    """
    latest = now if oldest_run is None else min(now, oldest_run - APART)
    days = {"runs": settings.runs, FAILED: settings.failed, FOLDER: settings.lines}
    old: list[_File] = []
    removed = 0
    for folder, since in _STARTS.items():
        for file in _files(output / folder, since):
            age = now - file.since
            is_over = days[folder] and age > days[folder] * DAY
            is_to_pack = settings.compress and age > settings.compress * DAY
            if file.since > latest or not (is_over or is_to_pack) or not _is_ours(file.path):
                continue
            if is_over:
                removed += _done(Path.unlink, file.path)
            elif not is_packed(file.path):
                old.append(file)
    old.sort(key=lambda file: file.since)
    return Kept(removed, sum(_done(pack, file.path) for file in old[:PACKED_AT_ONCE]))


def _report_started(name: str) -> str:
    match = _REPORT.fullmatch(name)
    return match[1] if match else ""


def _failure_started(name: str) -> str:
    """The name says only whether it may be one."""
    return "1970-01-01T00-00-00" if failed_docid(name) else ""


def _is_ours(path: Path) -> bool:
    docid = failed_docid(path.name)
    return path.parent.name != FAILED or is_failure(path.parent, docid)


# When the run of a file began, by its name; "" for a file that is none of ours.
_STARTS: dict[str, Callable[[str], str]] = {
    "runs": _report_started,
    FAILED: _failure_started,
    FOLDER: lines_started,
}


def _files(folder: Path, started: Callable[[str], str]) -> Iterator[_File]:
    """The files of ours in a folder. Packed ones of which there is a plain one, too, are removed:
    this is whole, and may be newer."""
    try:
        entries = [entry for entry in os.scandir(folder) if entry.is_file(follow_symlinks=False)]
    except FileNotFoundError:
        return
    # Reasons behind their pages, which they say are ours.
    entries.sort(key=lambda entry: plain_name(entry.name).endswith(".json"))
    ours = {Path(entry.path): entry for entry in entries if started(plain_name(entry.name))}
    single = {*without_doubles(ours)}
    for path, entry in ours.items():
        if path not in single:
            if _is_ours(path):
                _done(Path.unlink, path)
        elif (start := parse_file_time(started(plain_name(entry.name)))) is not None:
            yield _File(path, max(start, entry.stat(follow_symlinks=False).st_mtime))


def _done(do: Callable[[Path], None], path: Path) -> bool:
    """Whether that could be done to a file. Raises OSError for what concerns the others, too."""
    try:
        do(path)
    except FileNotFoundError:
        return False  # a run that fetched the article has removed it
    except OSError as error:
        if not is_of_one_path(error) and not isinstance(error, PermissionError):
            raise
        logger.warning("%s could not be removed or packed: %s", path, error.strerror)
        return False
    return True
