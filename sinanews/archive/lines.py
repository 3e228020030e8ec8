"""The JSON lines that runs write, a file of each run in `articles/`."""

import logging
import os
import re
from collections.abc import Iterator
from pathlib import Path

import orjson

from sinanews.archive.packing import DAMAGE, open_either, plain_name, without_doubles
from sinanews.items import Article, missing_fields
from sinanews.utils.times import file_time

logger = logging.getLogger(__name__)

Key = tuple[str, int]  # a revision: docid and number

FOLDER = "articles"
MOST_REVISIONS = 2**31 - 1  # what a column of the ledger can hold
FEED_PARAMETERS = "sinanews.pipelines.feed_parameters"
FEED = {
    f"%(output)s/{FOLDER}/%(name)s-%(time)s.jsonl": {
        "format": "archive-lines",
        "encoding": "utf-8",
        "store_empty": False,  # a run that wrote nothing leaves no file
        # What a user sets for all his feeds is not meant for this one.
        "batch_item_count": 0,
        "fields": None,
        "item_filter": "sinanews.exports.jsonl.ArticleFilter",
        "uri_params": FEED_PARAMETERS,
    }
}
_NAME = re.compile(r"(?s).+-(\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d)(?:\+00-00)?\.jsonl")


def line_files(folder: Path, since: float = 0) -> list[Path]:
    """The files of the runs that began at a unix second or later, by their names, oldest first."""
    earliest = file_time(max(0, since))
    starts = {
        Path(place, name): start
        for place, _, names in os.walk(folder)  # a spider's name may have a slash
        for name in names
        if (start := lines_started(plain_name(name))) >= earliest
    }
    # Somebody may have put what is no file in their place.
    files = filter(Path.is_file, without_doubles(starts))
    return sorted(files, key=lambda file: (starts[file], file.name))


def lines_started(name: str) -> str:
    """When the run of a file of JSON lines began, as its name has it; "" for one of no run."""
    match = _NAME.fullmatch(name)
    return match[1] if match else ""


def articles_of(file: Path) -> Iterator[tuple[Article, bytes, int]]:
    """The articles of a file, each with its line and the offset at which that begins."""
    for line, offset in whole_lines(file):
        if article := read_line(line):
            yield article, line, offset


def whole_lines(file: Path) -> Iterator[tuple[bytes, int]]:
    """The lines of a file, but for one that was cut off, each with the offset at which it begins.
    What stands behind damage in a packed file is lost."""
    offset = 0
    with open_either(file) as lines:
        try:
            for line in lines:
                if line.endswith(b"\n"):
                    yield line, offset
                offset += len(line)
        except DAMAGE as error:
            logger.error("%s is damaged, what stands behind that is not read: %s", file, error)  # noqa: TRY400 - the reason is the message


def read_line(line: bytes) -> Article | None:
    """The article of a line; None for one that was cut off, or is no article's."""
    try:
        article = Article.from_json(orjson.loads(line))
        texts = (article.docid, article.url, article.title, article.body_html)
        is_whole = all(isinstance(text, str) for text in texts) and not missing_fields(article)
        has_name = article.docid and "/" not in article.docid
        has_name = has_name and 0 < article.revision <= MOST_REVISIONS
    except (AttributeError, KeyError, TypeError, ValueError):
        return None
    return article if is_whole and has_name else None
