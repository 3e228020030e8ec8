"""A folder with a Parquet file a month, which later exports bring up to date.

`_manifest.json` says what it holds: with it, only those months are written that have changed since.
Readers of a folder pass over names that begin with an underscore or a dot.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, replace
from datetime import date
from typing import Any

from sinanews.exceptions import ArgumentError
from sinanews.exports import Exporter
from sinanews.exports.places import LOCK, Folder
from sinanews.exports.reading import Query, Reading
from sinanews.exports.schema import kind_of, line_schema
from sinanews.items import Article
from sinanews.utils.text import json_text
from sinanews.utils.times import day_start

MANIFEST = "_manifest.json"
_SUFFIX = ".parquet"
_NAME = re.compile(r"\d{4}-\d\d\.parquet")
# Months are counted from the year 0. A story whose time nobody knows has 0, which is in 1970.
_FIRST, _LAST = 1970 * 12, 2200 * 12


@dataclass(slots=True)
class Manifest:
    """What a folder holds: of which query, with which columns, up to which cursor; and by month how
    many lines the ledger had, how many articles were written, and how many bytes they take."""

    query: dict[str, Any]
    columns: dict[str, str]
    position: int = 0
    months: dict[str, dict[str, int]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Outcome:
    """How many articles a folder has now, and how many of its months were written or removed."""

    articles: int
    changed: int


def export_months(
    folder: Folder,
    reading: Reading,
    query: Query,
    exporter: Exporter,
) -> Outcome:
    """Brings a folder up to date with what a query has, by months of the query's time in China.

    Each file is there whole or not at all, and the manifest comes last, so that the next export
    takes up what one that was ended early has left. Raises ArgumentError for a folder that is
    something else or that another export is writing, OSError for one that cannot be written.
    """
    columns = line_schema(getattr(exporter, "item_class", Article))["properties"]
    empty = Manifest(asdict(query), {name: kind_of(column) for name, column in columns.items()})
    before = _manifest_of(folder, empty)
    with folder.locked():
        return _update(folder, before, reading, query, exporter)


def _manifest_of(folder: Folder, empty: Manifest) -> Manifest:
    """A folder's manifest, or the empty one, which is then written: the folder is ours now."""
    try:
        manifest = Manifest(**json.loads(folder.read(MANIFEST)))
    except FileNotFoundError:
        if folder.sizes().keys() - {LOCK}:
            accepted = "an empty folder, or one that `scrapy export` made"
            raise ArgumentError("-o", folder.shown, accepted) from None
        _store(folder, empty)
        return empty
    except (TypeError, ValueError) as error:
        accepted = f"a folder whose {MANIFEST} can be read ({error}); remove the folder"
        raise ArgumentError("-o", folder.shown, accepted) from error
    if manifest.query != empty.query:
        told = {name: value for name, value in manifest.query.items() if value is not None}
        accepted = f"the options with which this folder was made ({told}), or another folder"
        raise ArgumentError("-o", folder.shown, accepted)
    return manifest if manifest.columns == empty.columns else empty


def _update(
    folder: Folder,
    before: Manifest,
    reading: Reading,
    query: Query,
    exporter: Exporter,
) -> Outcome:
    # Asked for first: what comes while months are written makes the next export write them again.
    position = reading.position
    lines = dict(_months(reading, query))
    stale = _changed_since(before, reading, query, position)
    after, written, sizes = replace(before, position=position, months={}), 0, folder.sizes()
    for month, count in lines.items():
        name = f"{month // 12:04}-{month % 12 + 1:02}"
        file, known = f"{name}{_SUFFIX}", before.months.get(name, {})
        size = sizes.get(file)
        if month in stale or (known.get("lines"), known.get("bytes")) != (count, size):
            selected = reading.lines(_of_months(query, month, month + 1))
            articles, size = folder.export(file, selected, exporter, reading.note)
            known = {"lines": count, "articles": articles, "bytes": size}
            written += 1
        after.months[name] = known
    for file in filter(_NAME.fullmatch, sizes):
        if file.removesuffix(_SUFFIX) not in after.months:  # what it had has another time now
            folder.remove(file)
            written += 1
    if after != before:
        _store(folder, after)
    return Outcome(sum(month["articles"] for month in after.months.values()), written)


def _changed_since(before: Manifest, reading: Reading, query: Query, position: int) -> set[int]:
    """The months into which something came after a manifest. A month that something has left has
    fewer lines, and one of another ledger, as a rule, has others."""
    if query.as_of is not None or not before.months:
        return set()  # the past stays as it was, and of nothing all is written
    after = before.position if before.position <= position else 0
    return {month for month, _ in _months(reading, replace(query, after=after))}


def _store(folder: Folder, manifest: Manifest) -> None:
    folder.write(MANIFEST, f"{json_text(asdict(manifest))}\n".encode())


def _months(
    reading: Reading, query: Query, first: int = _FIRST, last: int = _LAST
) -> Iterator[tuple[int, int]]:
    """The months from `first` to before `last` of which a query has lines, and how many: by halves,
    so that of an empty stretch of any length the ledger is asked once."""
    count = reading.count(_of_months(query, first, last))
    if count and last - first == 1:
        yield first, count
    elif count:
        middle = (first + last) // 2
        yield from _months(reading, query, first, middle)
        yield from _months(reading, query, middle, last)


def _of_months(query: Query, first: int, last: int) -> Query:
    """The part of a query that is in the months from `first` to before `last`."""
    since, until = (day_start(date(month // 12, month % 12 + 1, 1)) for month in (first, last))
    return replace(
        query,
        since=since if query.since is None else max(since, query.since),
        until=until if query.until is None else min(until, query.until),
    )
