"""Clearing up what a kill left undone."""

import fnmatch
import logging
import os
import socket
import time
from collections.abc import Sequence
from contextlib import suppress
from itertools import chain, count
from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError

from sinanews.archive.lines import FOLDER, Key, articles_of, line_files
from sinanews.archive.packing import plain_name
from sinanews.archive.pictures import kept_files
from sinanews.archive.recovery import recover
from sinanews.archive.strays import Strays, find_strays, find_strays_in_work
from sinanews.archive.styles import post_file, remove_other_style, styled
from sinanews.archive.warc import FOLDER as PAGES
from sinanews.archive.warc import close_left
from sinanews.config import Config
from sinanews.exceptions import DamagedError
from sinanews.ledger.database import explained
from sinanews.ledger.ledger import Ledger
from sinanews.ledger.recovery import batches
from sinanews.ledger.runs import Unfiled
from sinanews.ledger.selection import Selection
from sinanews.ledger.workers import process_exists
from sinanews.posts.render import post_bytes
from sinanews.utils.atomic import TEMPORARY, sync, write_new, write_whole
from sinanews.utils.files import path_in
from sinanews.utils.times import file_time

logger = logging.getLogger(__name__)

APART = 86_400  # seconds by which the clocks may differ that runs and their files are named by
STALE = 3600  # seconds after which a temporary file is nobody's


def cannot_write(error: Exception, output: Path, ledger: Ledger) -> str:
    """What cannot be written, a disk being full or a ledger gone, and why."""
    what = f"the ledger {ledger.place}" if isinstance(error, SQLAlchemyError) else str(output)
    return f"{what} cannot be written: {explained(error)}"


def own_folder(config: Config) -> str:
    """The archive's folder as the ledger notes it with the runs that write there: host:path."""
    return f"{socket.gethostname()}:{config.output.resolve()}"


def repair(ledger: Ledger, config: Config, *, keeps_lines: bool = True) -> Strays:
    """Brings files and ledger together before a run begins: enters what the ledger lost, writes
    the posts that killed runs left unwritten, and, if the archive `keeps_lines`, their JSON lines,
    and removes their temporary files.

    Returns the posts of which the run may find the articles.
    """
    recover(ledger, config)
    # What is missing in another worker's folder is written by a run there.
    here = own_folder(config) if config.ledger_url else None
    if unfiled := ledger.runs.unfiled(here):
        _write_missing_posts(ledger, config, [run.id for run in unfiled])
        for run in unfiled:
            try:
                if keeps_lines:
                    _write_missing_lines(ledger, config.output / FOLDER, run)
            except OSError as error:
                logger.error("lines of run %d cannot be written: %s", run.id, error)  # noqa: TRY400 - the reason is the message
            else:
                ledger.runs.note_filed(run.id)
    ledger.runs.end_killed()
    for name, size in close_left(config.output / PAGES, ledger.runs.at_work()):
        logger.warning("pages/%s ended in a record that was cut off: %d bytes are gone", name, size)
    losses = ledger.recovery.losses()
    # What no run left behind, such as a rebuild that was killed, waits for the next day.
    if losses or ledger.recovery.is_first_of_day():
        _remove_temporary(config.output, alone=ledger.runs.alone(ledger.run))
    if losses is None:
        return Strays(config.output)
    if losses.commits:
        return find_strays(config, ledger)
    return find_strays_in_work(config, ledger, losses.first_run)


def _write_missing_posts(ledger: Ledger, config: Config, runs: Sequence[int]) -> None:
    """Writes the posts that the ledger has as written in the runs, and the folder has not."""
    posts = ledger.recovery.posts_of(runs)
    missing = [d for d, path in posts if not os.path.lexists(post_file(config, path, d))]
    for docids in batches(missing):
        for path, article in ledger.articles(Selection(docids=tuple(docids)), _note_damage):
            name = styled(config, path, article.docid)
            logger.warning("%s was missing after a kill and is written again", name)
            known = ledger.pictures.files([article.docid]).get(article.docid, {})
            post = post_bytes(article, config, files=kept_files(article, known, config))
            write_whole({path_in(config.output, name): post})
            remove_other_style(config, path, article.docid)


def _write_missing_lines(ledger: Ledger, folder: Path, run: Unfiled) -> None:
    """Writes the lines that a run had no time or room for, since a line follows once the ledger has
    its article, into a file of their own. Raises OSError."""
    recorded = ledger.recorded_by(run.id)
    while missing := _without_line(recorded, folder, run.started - APART):
        folder.mkdir(exist_ok=True)
        name = _free_name(folder, run)
        with suppress(FileExistsError):  # another run is about it, too
            written = write_new(folder / name, ledger.lines_of(missing, _note_damage))
            if written:
                logger.warning(
                    "%d lines that run %d left unwritten are in articles/%s", written, run.id, name
                )
            return


def _without_line(recorded: Sequence[Key], folder: Path, since: float) -> list[Key]:
    """The revisions that have no line in the files of the runs since a unix second. What these have
    is on the disk then."""
    if not recorded:
        return []
    written: set[Key] = set()
    for file in line_files(folder, since):
        with file.open("rb") as opened:
            sync(opened)
        written.update((article.docid, article.revision) for article, _, _ in articles_of(file))
    return [key for key in recorded if key not in written]


def _free_name(folder: Path, run: Unfiled) -> str:
    """A name that no file has, packed or not."""
    numbers = chain([f"{run.id}"], (f"{run.id}-{again}" for again in count(2)))
    names = (f"rest-{number}-{file_time(run.started)}.jsonl" for number in numbers)
    taken = {plain_name(file.name) for file in folder.glob("rest-*")}
    return next(name for name in names if name not in taken)


def _note_damage(error: DamagedError) -> None:
    logger.error("%s; what is missing of it stays missing", error)


def _remove_temporary(root: Path, *, alone: bool) -> None:
    """Removes temporary files that nobody will put in place. `alone` says that no other run is at
    work here.

    Whoever works on an archive of ours needs them for seconds. Which process made one does not
    tell: on another host, or after a restart, its number is somebody else's.
    """
    for folder, _, names in os.walk(root):
        for name in fnmatch.filter(names, TEMPORARY.format("*", "*")):
            leftover = Path(folder, name)
            with suppress(FileNotFoundError):
                age = abs(time.time() - leftover.stat().st_mtime)  # clocks may have been ahead
                if age > STALE or (alone and not _is_other_process(name.split("-")[1])):
                    leftover.unlink()


def _is_other_process(number: str) -> bool:
    """Whether this machine has such a process, which may be a `rebuild`; this one has no files in
    the making when a run begins."""
    return number.isdigit() and int(number) != os.getpid() and process_exists(int(number))
