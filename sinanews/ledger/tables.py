"""The ledger's tables, and bringing an older ledger to them."""

import sqlite3
import time
from collections.abc import Callable
from hashlib import blake2b
from typing import cast

from sqlalchemy import (
    URL,
    BigInteger,
    Column,
    Connection,
    Engine,
    Index,
    Insert,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    bindparam,
    create_engine,
    event,
    insert,
    inspect,
    select,
    text,
    update,
)
from sqlalchemy.dialects import sqlite
from sqlalchemy.engine import make_url
from sqlalchemy.engine.interfaces import DBAPIConnection, DBAPICursor
from sqlalchemy.exc import ArgumentError as UrlError
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import ConnectionPoolEntry

from sinanews.exceptions import ArgumentError, LedgerError

VERSION = 5
DIALECTS = ("sqlite", "postgresql")
BUSY_SECONDS = 30  # how long a writer waits for another process' transaction

metadata = MetaData()

# `site` is where the archive's stories are from: a MIRROR_URL, or LIVE_SITE; NULL before the first
# run.
about = Table(
    "about",
    metadata,
    Column("version", Integer, nullable=False),
    Column("site", Text),
)

# One row for every story ever listed. Times are unix seconds of the site's clock, but `due`,
# from which on a story may be claimed (NULL: nothing to do), is of the local one.
stories = Table(
    "stories",
    metadata,
    Column("docid", Text, primary_key=True),
    Column("url", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("summary", Text),
    Column("source", Text),
    Column("channels", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Column("ctime", BigInteger, nullable=False),
    Column("intime", BigInteger, nullable=False),
    Column("mtime", BigInteger, nullable=False),
    Column("state", Text, nullable=False),
    Column("reason", Text),
    Column("tries", Integer, nullable=False, default=0),
    Column("due", BigInteger),
    Column("owner", Text),
    Column("run", Integer, index=True),  # the last run that listed or claimed it
    Column("settled", Integer),  # the run in which it came to its state
    Column("revision", Integer, nullable=False, default=0),
    Column("content_hash", LargeBinary),
    Column("post_path", Text),
    Column("post_key", BigInteger),  # unique in place of it; see `path_key`
    Column("post_hash", LargeBinary),
)
stories_to_claim = Index("stories_to_claim", stories.c.due, stories.c.ctime)

stories_post_key = Index("stories_post_key", stories.c.post_key, unique=True)

revisions = Table(
    "revisions",
    metadata,
    Column("docid", Text, primary_key=True),
    Column("revision", Integer, primary_key=True),
    Column("seen", BigInteger, nullable=False),
    Column("content_hash", LargeBinary, nullable=False),
    Column("article", LargeBinary, nullable=False),
)

# Up to when a channel's list is known without a gap, on the site's clock; see walk.Frontier.
frontiers = Table(
    "frontiers",
    metadata,
    Column("channel", Text, primary_key=True),
    Column("reached", BigInteger, nullable=False),
    Column("swept", BigInteger),
)

# `started` and `ended` are of the local clock; a run that was killed has no end.
runs = Table(
    "runs",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("spider", Text, nullable=False),
    Column("owner", Text, nullable=False),
    Column("started", BigInteger, nullable=False),
    Column("ended", BigInteger),
    Column("verdict", Text),
    Column("report", Text),
)
# Few runs are open, and each start of a crawl asks for them.
runs_open = Index("runs_open", runs.c.id)

# The rows that are in an index, where these are few.
PARTIAL = {stories_to_claim: stories.c.due.is_not(None), runs_open: runs.c.ended.is_(None)}


def _add_swept(connection: Connection) -> None:
    """Version 1 looked equally far back in every run, so what was reached was swept."""
    connection.execute(text("ALTER TABLE frontiers ADD COLUMN swept BIGINT"))
    connection.execute(update(frontiers).values(swept=frontiers.c.reached))


def _index_open_runs(connection: Connection) -> None:
    runs_open.create(connection)


def path_key(path: str) -> int:
    """What an index finds a path by: paths are long, and an index of a million of them is slow to
    write. Of two paths with one key, which does not happen, the second counts as taken."""
    return int.from_bytes(blake2b(path.encode(), digest_size=8).digest(), "big", signed=True)


def _key_paths(connection: Connection) -> None:
    """Up to version 3 the paths themselves were unique; that index stays, and only costs time."""
    connection.execute(text("ALTER TABLE stories ADD COLUMN post_key BIGINT"))
    asked = select(stories.c.docid, stories.c.post_path).where(stories.c.post_path.is_not(None))
    keys = [{"of": docid, "key": path_key(path)} for docid, path in connection.execute(asked)]
    keyed = update(stories).where(stories.c.docid == bindparam("of"))
    if keys:
        connection.execute(keyed.values(post_key=bindparam("key")), keys)
    stories_post_key.create(connection)


def _add_site(connection: Connection) -> None:
    """Up to version 4 nobody asked; the next run's site becomes the archive's."""
    connection.execute(text("ALTER TABLE about ADD COLUMN site TEXT"))


# From version N to N + 1: what has to change in a ledger of version N.
MIGRATIONS: dict[int, Callable[[Connection], None]] = {
    1: _add_swept,
    2: _index_open_runs,
    3: _key_paths,
    4: _add_site,
}


def engine(url: str | URL) -> Engine:
    """A connection pool for the ledger at an SQLAlchemy URL, its tables made or brought up to date.

    Raises ArgumentError for a URL that is none, LedgerError for a ledger of a newer project.
    """
    database = _database(url)
    for index, rows in PARTIAL.items():
        # As an argument of Index it would have both dialects imported.
        index.dialect_options[database.dialect.name]["where"] = rows
    if database.dialect.name == "sqlite":
        event.listen(database, "connect", _tune_sqlite)
        event.listen(database, "begin", _begin_sqlite)
    shown = database.url.render_as_string(hide_password=True)
    try:
        with writing(database).begin() as connection:
            _migrate(connection, shown)
    except DBAPIError as error:
        raise unusable(shown, error) from error
    return database


def _database(url: str | URL) -> Engine:
    try:
        database = create_engine(make_url(url))
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
    cut but never harms the file: such a story is listed again as not done, and rewritten."""
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout={BUSY_SECONDS * 1000}")
    _switch_to_wal(cursor)
    cursor.execute("PRAGMA synchronous=NORMAL")
    cursor.close()
    connection.isolation_level = None  # _begin_sqlite begins, not the driver


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


def writing(database: Engine) -> Engine:
    """The same pool, for transactions that write: in SQLite they take turns from their first
    statement on, so that no two processes decide on the same rows."""
    return database.execution_options(writes=True)


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get("writes")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _migrate(connection: Connection, url: str) -> None:
    if not inspect(connection).has_table(about.name):
        metadata.create_all(connection)
        connection.execute(insert(about).values(version=VERSION))
    version = connection.execute(select(about.c.version)).scalar_one()
    if version > VERSION:
        raise LedgerError(
            f"the ledger {url} is of version {version}, this sinanews knows up to {VERSION}:"
            " install a newer sinanews, or set LEDGER_URL to another ledger"
        )
    for step in range(version, VERSION):
        MIGRATIONS[step](connection)
        connection.execute(update(about).values(version=step + 1))


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
