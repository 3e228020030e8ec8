"""Clearing up what a kill left undone."""

import logging
from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError

from sinanews.config import Config
from sinanews.ledger import workers
from sinanews.ledger.database import in_short
from sinanews.ledger.ledger import Ledger
from sinanews.ledger.selection import Selection
from sinanews.posts.render import post_bytes
from sinanews.utils.atomic import TEMPORARY, write_whole

logger = logging.getLogger(__name__)


def cannot_write(error: Exception, output: Path, ledger: Ledger) -> str:
    """What cannot be written, a disk being full or a ledger gone, and why."""
    what = f"the ledger {ledger.place}" if isinstance(error, SQLAlchemyError) else str(output)
    return f"{what} cannot be written: {in_short(error)}"


def repair(ledger: Ledger, config: Config) -> None:
    """Clears up behind runs that were killed: their temporary files, and posts that the ledger
    has and the folder has not."""
    killed = ledger.runs.killed()
    if not killed:
        return
    for leftover in config.output.rglob(TEMPORARY.format("*", "*")):
        process = leftover.name.removeprefix(".").split("-")[1]
        if not (process.isdigit() and workers.process_exists(int(process))):
            leftover.unlink(missing_ok=True)
    for path, article in ledger.articles(Selection(runs=tuple(killed))):
        if not (config.output / path).exists():
            logger.warning("%s was missing after a kill and is written again", path)
            write_whole({config.output / path: post_bytes(article, config)})
    for run in killed:
        ledger.runs.end(run, "killed", {})
