"""The ledger's database: SQLite or PostgreSQL, by SQLAlchemy."""

import sqlite3
import time
from typing import Any, cast

from sqlalchemy import URL, Connection, Engine, Insert, Table, create_engine, event
from sqlalchemy.dialects import sqlite
from sqlalchemy.engine import make_url
from sqlalchemy.engine.interfaces import DBAPIConnection, DBAPICursor
from sqlalchemy.exc import ArgumentError as UrlError
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import ConnectionPoolEntry

from sinanews.exceptions import ArgumentError, LedgerError
from sinanews.ledger.migrations import migrate
from sinanews.ledger.tables import PARTIAL

DIALECTS = ("sqlite", "postgresql")
BUSY_SECONDS = 30  # how long a writer waits for another process' transaction


def engine(url: str | URL) -> Engine:
    """A connection pool for the ledger at an SQLAlchemy URL, its tables made or brought up to date.

    Raises ArgumentError for a URL that is none, LedgerError for a ledger of a newer project.
    """
    database = create(url)
    for index, rows in PARTIAL.items():
        # As an argument of Index it would have both dialects imported.
        index.dialect_options[database.dialect.name]["where"] = rows
    if database.dialect.name == "sqlite":
        event.listen(database, "connect", _tune_sqlite)
        event.listen(database, "begin", begin_sqlite)
    shown = database.url.render_as_string(hide_password=True)
    try:
        with writing(database).begin() as connection:
            migrate(connection, shown)
    except DBAPIError as error:
        raise unusable(shown, error) from error
    return database


def create(url: str | URL, **options: Any) -> Engine:  # noqa: ANN401 - SQLAlchemy's own
    """A connection pool for a database that a ledger may be in. Raises ArgumentError for a URL of
    none."""
    try:
        database = create_engine(make_url(url), **options)
    except (UrlError, ImportError, ValueError) as error:
        accepted = f"an SQLAlchemy URL such as sqlite:///output/ledger.db ({error})"
        raise ArgumentError("LEDGER_URL", str(url), accepted) from error
    if database.dialect.name not in DIALECTS:
        raise ArgumentError("LEDGER_URL", str(url), f"a URL of {' or '.join(DIALECTS)}")
    return database


def unusable(place: str, error: DBAPIError) -> LedgerError:
    """What to raise for a ledger that the database cannot open, read or write."""
    return LedgerError(f"the ledger {place} cannot be used: {in_short(error)}")


def in_short(error: Exception) -> str:
    """An error without the statement and the values that SQLAlchemy adds to it."""
    return str(error.orig) if isinstance(error, DBAPIError) else str(error)


def _tune_sqlite(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
    """WAL lets a reader look while a harvest writes. NORMAL may lose the last commits in a power
    cut, those after the last durable one, but never harms the file."""
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout={BUSY_SECONDS * 1000}")
    _switch_to_wal(cursor)
    cursor.close()
    connection.isolation_level = None  # begin_sqlite begins, not the driver


def _switch_to_wal(cursor: DBAPICursor) -> None:
    """For this, SQLite does not wait its busy time-out for those that make the same ledger now."""
    end = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            cursor.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > end:
                raise
            time.sleep(0.01)
        else:
            return


def writing(database: Engine, *, durable: bool = False) -> Engine:
    """The same pool, for transactions that write: in SQLite they take turns from their first
    statement on, so that no two processes decide on the same rows. A `durable` one, and whatever
    was committed before it, is on the disk when it has been committed."""
    return database.execution_options(writes=True, durable=durable)


def begin_sqlite(connection: Connection) -> None:
    """Begins a transaction in place of the driver, which would not do so for what only reads."""
    options = connection.get_execution_options()
    if options.get("writes"):
        level = "FULL" if options.get("durable") else "NORMAL"
        connection.exec_driver_sql(f"PRAGMA synchronous={level}")
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    else:
        connection.exec_driver_sql("BEGIN")


def insert_new(connection: Connection, table: Table) -> Insert:
    """An insert that leaves rows which are there already as they are."""
    return _insert(connection, table).on_conflict_do_nothing()


def upsert(connection: Connection, table: Table, changing: list[str]) -> Insert:
    """An insert that changes the named columns of a row which is there already."""
    row = _insert(connection, table)
    keys = [column.name for column in table.primary_key]
    new = {name: row.excluded[name] for name in changing}
    return row.on_conflict_do_update(index_elements=keys, set_=new)


def _insert(connection: Connection, table: Table) -> sqlite.Insert:
    """The dialect's own insert. Both have the methods used here, and no type in common that has."""
    if connection.dialect.name == "sqlite":
        return sqlite.insert(table)
    from sqlalchemy.dialects import postgresql  # noqa: PLC0415 - most ledgers can do without

    return cast("sqlite.Insert", postgresql.insert(table))
