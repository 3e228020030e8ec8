"""A ledger copied from one database to another, a page of rows at a time, and checked row by row.

Both sides are read in the order of their keys, by bytes, so that a page of the one has its
counterpart in the other. A copy is made by the same walk that checks it: what is there already and
equal stays, whatever was there before. So one that was killed is gone on with by making it again.
Until it is whole, its version is UNFINISHED, and nobody else works with it.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    Row,
    String,
    Table,
    delete,
    event,
    func,
    insert,
    inspect,
    literal,
    select,
    text,
    tuple_,
    update,
)
from sqlalchemy.engine import make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import ConnectionPoolEntry

from sinanews.exceptions import ArgumentError, LedgerError
from sinanews.ledger.database import (
    begin_sqlite,
    connect_to_server,
    create,
    shown_url,
    tune_sqlite,
    unusable,
    writing,
)
from sinanews.ledger.read_only import read_only_engine
from sinanews.ledger.runs import Runs
from sinanews.ledger.tables import (
    PARTIAL,
    UNFINISHED,
    VERSION,
    about,
    accounts,
    budgets,
    counts,
    metadata,
    runs,
    signing,
)
from sinanews.ledger.triggers import drop_counts, keep_counts
from sinanews.ledger.workers import LEASE

PAGE = 2000  # rows in one transaction
NAMED = 10  # differences that are told one by one
# Kept by triggers, which come when all else is there: else they would count it a second time.
_KEPT = (counts, accounts)
# The runs first, for the first of them tells an archive from another.
_TABLES = [runs, *(t for t in metadata.sorted_tables if t not in {runs, about, *_KEPT})]
# What a ledger has that nobody has used yet.
_INITIAL = (about, signing, budgets)
_UNFIT = re.compile("[\0\ud800-\udfff]")  # what no ledger keeps, see `storable`
_REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
# By its own number, a server is the same under each of its names, and so is its standby.
_TABLES_THERE = text(
    "SELECT system_identifier, current_database(), to_regclass(name)::oid"
    " FROM pg_control_system(), unnest(CAST(:names AS text[])) AS name"
    " WHERE to_regclass(name) IS NOT NULL"
)

# Nobody makes a copy whole while another transaction that has looked at this is open; of those that
# would change it one goes on. SQLite has one writer at a time.
_SHARED_VERSION = select(about.c.version).with_for_update(read=True)
_LOCKED_VERSION = select(about.c.version).with_for_update()

_Rows = list[tuple[Any, ...]]
_Key = tuple[Any, ...]
# Is told what is being done with how many more rows.
Progress = Callable[[str, int], object]


@dataclass
class Notes:
    """Sentences, of which the first NAMED are kept."""

    count: int = 0
    first: list[str] = field(default_factory=list)

    def add(self, sentence: str, count: int = 1) -> None:
        """Adds one, which stands for so many."""
        self.count += count
        if len(self.first) < NAMED:
            self.first.append(sentence)


@dataclass
class Copy:
    """What came of copying: how many rows each table has, whether all were there before, where both
    ledgers differ, and which texts have another character for one that the copy cannot hold."""

    rows: dict[str, int] = field(default_factory=dict)
    was_whole: bool = False
    differences: Notes = field(default_factory=Notes)
    mended: Notes = field(default_factory=Notes)


def copy(
    source: str, target: str, lease: int = LEASE, progress: Progress = lambda *_: None
) -> Copy:
    """Copies the ledger at an SQLAlchemy URL to another one, or checks a copy that is whole.

    `source` is only read, and no run may be at work on it: the copy is of one moment, and made in
    many transactions. `lease` is for how many seconds a silent worker is taken to be at work.

    Raises ArgumentError for a URL that is none, and for a target that is the source, or holds
    another archive; LedgerError for a ledger that cannot be used, and for a target that another
    copy made whole meanwhile.
    """
    _require_two(source, target)
    read = read_only_engine(source)
    event.listen(read, "checkout", _read_any_text)
    try:
        runs_before = _require_rest(read, lease)
        written = _target(target)
        try:
            return _Copying(read, written, progress).carry_out(runs_before)
        except DBAPIError as error:
            raise unusable(_shown(written), error) from error
        finally:
            written.dispose()
    finally:
        read.dispose()


def size(source: str) -> int:
    """How many rows the ledger at an SQLAlchemy URL has. Raises what `copy` raises for it."""
    database = read_only_engine(source)
    try:
        with database.connect() as connection:
            queries = (select(func.count()).select_from(table) for table in _TABLES)
            return sum(connection.execute(query).scalar_one() for query in queries)
    finally:
        database.dispose()


def _require_two(source: str, target: str) -> None:
    """Raises ArgumentError for two URLs of one ledger, however different they are."""
    if not _places(source).isdisjoint(_places(target)):
        raise ArgumentError("TO", shown_url(make_url(target)), "another ledger than FROM")


def _places(url: str) -> set[tuple[object, ...]]:
    """Where a ledger is: its file, or the tables that are there for whoever comes by this URL. Two
    URLs of which these have one in common are of one ledger; of a server, names and options tell
    less than it does itself."""
    database = create(url)
    try:
        if database.dialect.name == "sqlite":
            return _files(Path(database.url.database or ":memory:"))
        connect_to_server(database)
        with database.connect() as connection:
            return {
                tuple(row)
                for row in connection.execute(_TABLES_THERE, {"names": [*metadata.tables]})
            }
    except DBAPIError as error:
        raise unusable(_shown(database), error) from error
    finally:
        database.dispose()


def _files(path: Path) -> set[tuple[object, ...]]:
    """A file by its name, and by its number, since it may have two names."""
    places: set[tuple[object, ...]] = {(path.resolve(),)}
    with suppress(OSError):
        found = path.stat()
        places.add((found.st_dev, found.st_ino))
    return places


def _require_rest(source: Engine, lease: int) -> int:
    """The number of the last run. Raises LedgerError when one is at work."""
    records = Runs(source, lease=lease)
    if at_work := records.at_work():
        numbers = ", ".join(map(str, sorted(at_work)))
        raise LedgerError(
            f"the ledger {_shown(source)} is at work, run {numbers}: a copy is of one moment;"
            " wait until it has ended"
        )
    return _last_run(source)


def _last_run(source: Engine) -> int:
    with source.connect() as connection:
        return connection.execute(select(func.max(runs.c.id))).scalar_one() or 0


def _shown(database: Engine) -> str:
    return shown_url(database.url)


def _read_any_text(connection: DBAPIConnection, _: ConnectionPoolEntry, __: object) -> None:
    """SQLite keeps whatever bytes it was given as text; those that are none become surrogates."""
    if hasattr(connection, "text_factory"):
        connection.text_factory = lambda data: data.decode("utf-8", "surrogateescape")


def _target(url: str) -> Engine:
    """A connection pool for the copy, whose tables may be there or not."""
    database = create(url)
    for index, rows in PARTIAL.items():
        index.dialect_options[database.dialect.name]["where"] = rows
    if database.dialect.name == "sqlite":
        event.listen(database, "connect", tune_sqlite)
        event.listen(database, "begin", begin_sqlite)
        if database.url.database:
            Path(database.url.database).parent.mkdir(parents=True, exist_ok=True)
    else:
        connect_to_server(database)
    return database


class _Copying:
    """One copying of a ledger. `progress` is told of each page of rows."""

    def __init__(self, source: Engine, target: Engine, progress: Progress) -> None:
        self._source = source
        self._target = target
        self._writing = writing(target)
        self._progress = progress
        self._copy = Copy()

    def carry_out(self, runs_before: int) -> Copy:
        """Copies what is missing, and checks everything."""
        with self._source.connect() as connection:
            archive = connection.execute(select(about)).one()
        with self._writing.begin() as connection:
            self._copy.was_whole = self._prepare(connection, archive.site)
        self._require_same_archive(archive.site)
        if not self._copy.was_whole:
            for table in _TABLES:
                self._walk(table, write=True)
        self._check(_TABLES)
        self._require_no_new_run(runs_before)
        if not self._copy.was_whole and not self._copy.differences.count:
            self._finish()
        if self._copy.was_whole or not self._copy.differences.count:
            self._check(_KEPT)
            self._check_about()
        return self._copy

    def _prepare(self, connection: Connection, site: str | None) -> bool:
        """Makes the tables of a new copy; returns whether it is an old one that is whole."""
        names = inspect(connection).get_table_names()
        if about.name in names:
            version = connection.execute(_LOCKED_VERSION).scalar_one()
            if version not in {VERSION, UNFINISHED}:
                raise LedgerError(
                    f"the ledger {_shown(self._target)} is of version {version}, and a copy would"
                    f" be of version {VERSION}: choose another place"
                )
            if version == VERSION and _is_unused(connection):
                drop_counts(connection)
                connection.execute(update(about).values(version=UNFINISHED, site=site))
                return False
            return bool(version == VERSION)
        if foreign := sorted(set(names) & metadata.tables.keys()):
            raise LedgerError(
                f"{_shown(self._target)} has tables of something else, {', '.join(foreign)}:"
                " choose another place"
            )
        metadata.create_all(connection)
        connection.execute(insert(about).values(version=UNFINISHED, site=site))
        return False

    def _require_same_archive(self, site: str | None) -> None:
        first = select(runs.c.id, runs.c.worker, runs.c.started).order_by(runs.c.id).limit(1)
        with self._source.connect() as connection:
            ours = connection.execute(first).one_or_none()
        with self._target.connect() as connection:
            theirs = connection.execute(first).one_or_none()
            their_site = connection.execute(select(about.c.site)).scalar_one()
        if site == their_site and theirs in (None, ours):
            return
        holds = f"{their_site}, begun by {theirs.worker}" if theirs else their_site
        accepted = f"an empty database, or a copy of FROM: it holds another archive, of {holds}"
        raise ArgumentError("TO", _shown(self._target), accepted)

    def _walk(self, table: Table, *, write: bool) -> int:
        """Goes through a table on both sides, and has the copy's rows be the same, or notes where
        they are not; returns how many rows the source has."""
        keys = list(table.primary_key)
        count, after = 0, None
        for page in self._pages(table):
            until = _key(table, page[-1]) if len(page) == PAGE else None
            wanted = self._fit(table, page, note=not write)
            span = [*_beyond(self._target, keys, after), *_up_to(self._target, keys, until)]
            query = select(table).where(*span).order_by(*_sorted_by(self._target, keys))
            with self._target.connect() as connection:
                there = _tuples(connection.execute(query.limit(len(page) + 1)))
            if there != wanted and write:
                self._replace(table, span, wanted)
            elif there != wanted:
                self._note_differences(table, span, wanted)
            count, after = count + len(page), until
            self._progress("copying" if write else "checking", len(page))
        return count

    def _pages(self, table: Table) -> Iterator[_Rows]:
        """The rows of the source; the last page is not full, and may be empty."""
        keys, after = list(table.primary_key), None
        ordered = select(table).order_by(*_sorted_by(self._source, keys)).limit(PAGE)
        while True:
            with self._source.connect() as connection:
                span = _beyond(self._source, keys, after)
                page = _tuples(connection.execute(ordered.where(*span)))
            yield page
            if len(page) < PAGE:
                return
            after = _key(table, page[-1])

    def _fit(self, table: Table, page: _Rows, *, note: bool) -> _Rows:
        """The rows as the copy can hold them: as older ledgers had them, texts may have a NUL, or
        be none. With `note` those are named that are not as they were."""
        texts = [n for n, column in enumerate(table.columns) if isinstance(column.type, String)]
        unfit = _UNFIT.search
        for place, row in enumerate(page):
            bad = [n for n in texts if row[n] is not None and unfit(row[n])]
            if not bad:
                continue
            names = ", ".join(table.columns[n].name for n in bad)
            where = f"{table.name} {_named(_key(table, row))}"
            if any(table.columns[n].primary_key for n in bad):
                raise LedgerError(f"{where} has characters in {names} that TO cannot hold")
            if note:
                self._copy.mended.add(f"{where} has characters in {names} that TO cannot hold")
            mended = list(row)
            for n in bad:
                mended[n] = _UNFIT.sub(_REPLACEMENT, row[n])
            page[place] = tuple(mended)
        return page

    def _replace(self, table: Table, span: Sequence[ColumnElement[bool]], wanted: _Rows) -> None:
        names = [column.name for column in table.columns]
        rows = [dict(zip(names, row, strict=True)) for row in wanted]
        with self._writing.begin() as connection:
            if connection.execute(_SHARED_VERSION).scalar_one() != UNFINISHED:
                raise LedgerError(
                    f"the ledger {_shown(self._target)} was made whole by another copy meanwhile:"
                    " nothing more is written to it; copy again to check it"
                )
            connection.execute(delete(table).where(*span))
            if rows:
                connection.execute(insert(table), rows)

    def _note_differences(
        self, table: Table, span: Sequence[ColumnElement[bool]], wanted: _Rows
    ) -> None:
        """Names rows of a part of a table that are missing, that differ, or that are too many."""
        ordered = (
            select(table).where(*span).order_by(*_sorted_by(self._target, list(table.primary_key)))
        )
        expected = {_key(table, row): row for row in wanted}
        with self._target.connect() as connection:
            # A page at a time, for the copy may have any number of rows more.
            for row in connection.execution_options(yield_per=PAGE).execute(ordered):
                values = tuple(row)
                key = _key(table, values)
                if key not in expected:
                    self._differ(table, key, "is in TO only")
                elif (own := expected.pop(key)) != values:
                    columns = [
                        c.name for c, a, b in zip(table.columns, own, values, strict=True) if a != b
                    ]
                    self._differ(table, key, f"differs in {', '.join(columns)}")
        for key in expected:
            self._differ(table, key, "is in FROM only")

    def _differ(self, table: Table, key: _Key, how: str) -> None:
        self._copy.differences.add(f"{table.name} {_named(key)} {how}")

    def _check(self, tables: Sequence[Table]) -> None:
        for table in tables:
            self._copy.rows[table.name] = self._walk(table, write=False)

    def _check_about(self) -> None:
        with self._source.connect() as connection:
            ours = connection.execute(select(about)).one()
        with self._target.connect() as connection:
            theirs = connection.execute(select(about)).one()
        for name, a, b in zip(about.columns.keys(), ours, theirs, strict=True):
            if a != b:
                self._copy.differences.add(f"about differs in {name}: {a} and {b}")
        self._copy.rows[about.name] = 1

    def _require_no_new_run(self, runs_before: int) -> None:
        last = _last_run(self._source)
        if last != runs_before:
            self._copy.differences.add(f"FROM was written to meanwhile, by run {last}")

    def _finish(self) -> None:
        """Has the copy keep its own numbers from now on, those of the source to begin with; and is
        the last that makes it whole."""
        with self._source.connect() as connection:
            archive = connection.execute(select(about)).mappings().one()
        with writing(self._target, durable=True).begin() as connection:
            if connection.execute(_LOCKED_VERSION).scalar_one() == VERSION:
                return  # somebody else made the same copy
            keep_counts(connection)
            if connection.dialect.name == "postgresql":
                connection.execute(text("SET CONSTRAINTS ALL IMMEDIATE"))
                _set_sequences(connection)
            for table in _KEPT:
                connection.execute(delete(table))
            connection.execute(update(about).values(dict(archive)))
            for table in _KEPT:
                names = [column.name for column in table.columns]
                for page in self._pages(table):
                    if page:
                        rows = [dict(zip(names, row, strict=True)) for row in page]
                        connection.execute(insert(table), rows)
        if self._target.dialect.name == "postgresql":
            # Its planner knows nothing of so many new rows, and would for a while read all of them.
            with self._target.execution_options(
                isolation_level="AUTOCOMMIT"
            ).connect() as connection:
                connection.execute(text("ANALYZE"))


def _is_unused(connection: Connection) -> bool:
    used = (table for table in metadata.sorted_tables if table not in _INITIAL)
    return all(connection.execute(select(table).limit(1)).first() is None for table in used)


def _set_sequences(connection: Connection) -> None:
    """Numbers that PostgreSQL gives go on behind those that were copied."""
    for table in metadata.sorted_tables:
        column = table.autoincrement_column
        if column is not None:
            last = func.coalesce(select(func.max(column)).scalar_subquery(), 0)
            sequence = func.pg_get_serial_sequence(table.name, column.name)
            connection.execute(select(func.setval(sequence, last + 1, literal(value=False))))


def _tuples(rows: Iterable[Row[Any]]) -> _Rows:
    return [tuple(row) for row in rows]


def _key(table: Table, row: tuple[Any, ...]) -> _Key:
    return tuple(value for c, value in zip(table.columns, row, strict=True) if c.primary_key)


def _named(key: _Key) -> str:
    return ", ".join(str(value) for value in key)


def _sorted_by(database: Engine, keys: Sequence[Any]) -> list[ColumnElement[Any]]:
    """The key columns, texts by their bytes: SQLite sorts so anyhow, PostgreSQL only if told."""
    if database.dialect.name == "sqlite":
        return list(keys)
    return [key.collate("C") if isinstance(key.type, String) else key for key in keys]


def _beyond(database: Engine, keys: Sequence[Any], key: _Key | None) -> list[ColumnElement[bool]]:
    if key is None:
        return []
    return [tuple_(*_sorted_by(database, keys)) > _literals(keys, key)]


def _up_to(database: Engine, keys: Sequence[Any], key: _Key | None) -> list[ColumnElement[bool]]:
    if key is None:
        return []
    return [tuple_(*_sorted_by(database, keys)) <= _literals(keys, key)]


def _literals(keys: Sequence[Any], key: _Key) -> ColumnElement[Any]:
    return tuple_(*(literal(value, column.type) for column, value in zip(keys, key, strict=True)))
