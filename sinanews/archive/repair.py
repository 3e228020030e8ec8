"""Makes posts of articles as the settings ask, and repairs what a kill left undone."""

import logging
from hashlib import sha256
from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError

from sinanews.config import Config
from sinanews.extraction import body, layouts
from sinanews.items import Article
from sinanews.ledger import workers as owners
from sinanews.ledger.ledger import Ledger
from sinanews.ledger.selection import Selection
from sinanews.ledger.tables import in_short
from sinanews.posts import front_matter as post
from sinanews.utils.atomic import TEMPORARY, write_whole

logger = logging.getLogger(__name__)


def post_bytes(article: Article, config: Config) -> bytes:
    """The post of an article, its body as POST_BODY says."""
    html = article.body_html
    if config.post_body == "clean":
        layout = layouts.BY_NAME.get(article.layout or "")
        html = body.clean(html, layout.furniture if layout else ())
    return post.render(article, html, config.post_extra_keys)


def post_hash(data: bytes) -> bytes:
    """What tells one post's bytes from another's."""
    return sha256(data).digest()[:16]


def cannot_write(error: Exception, output: Path, ledger: Ledger) -> str:
    """What cannot be written, a disk being full or a ledger gone, and why."""
    what = f"the ledger {ledger.place}" if isinstance(error, SQLAlchemyError) else str(output)
    return f"{what} cannot be written: {in_short(error)}"


def rebuild(ledger: Ledger, config: Config) -> int:
    """Writes every post again; returns how many."""
    count = 0
    for count, (path, article) in enumerate(ledger.articles(), 1):  # noqa: B007 - the last is the count
        write_whole({config.output / path: post_bytes(article, config)})
    return count


def repair(ledger: Ledger, config: Config) -> None:
    """Clears up behind runs that were killed: their temporary files, and posts that the ledger
    has and the folder has not."""
    killed = ledger.runs.killed()
    if not killed:
        return
    for leftover in config.output.rglob(TEMPORARY.format("*", "*")):
        _remove(leftover)
    for path, article in ledger.articles(Selection(runs=tuple(killed))):
        if not (config.output / path).exists():
            logger.warning("%s was missing after a kill and is written again", path)
            write_whole({config.output / path: post_bytes(article, config)})
    for run in killed:
        ledger.runs.end(run, "killed", {})


def _remove(leftover: Path) -> None:
    process = leftover.name.removeprefix(".").split("-")[1]
    if not (process.isdigit() and owners.process_runs(int(process))):
        leftover.unlink(missing_ok=True)
