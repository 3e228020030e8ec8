"""Opens a ledger to be read as it is: nothing is created, changed or brought up to date.

SQLite keeps two files beside a ledger while somebody has it open: `-wal` has what was committed
last, and `-shm` is how its processes find each other. Only the last of them to end takes both away,
and one that was killed leaves them. A reader makes them too where they are missing, which it cannot
on a read-only disk, and a reader without the right to write never takes them away.
"""

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sqlalchemy import URL, Engine, event
from sqlalchemy.engine.interfaces import DBAPIConnection, Dialect
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import ConnectionPoolEntry

from sinanews.exceptions import LedgerError
from sinanews.ledger.database import (
    BUSY_SECONDS,
    begin_sqlite,
    connect_to_server,
    create,
    shown_url,
    unusable,
)
from sinanews.ledger.migrations import version_of
from sinanews.ledger.tables import VERSION


def read_only_engine(url: str | URL) -> Engine:
    """A connection pool that reads the ledger at an SQLAlchemy URL.

    Raises ArgumentError for a URL that is none, LedgerError where there is no ledger, or one of
    another version. When it is disposed of, it raises LedgerError if what was read may be wrong,
    since somebody has written meanwhile where nobody was expected to.
    """
    database = create(url, execution_options={"postgresql_readonly": True})
    if database.dialect.name == "sqlite":
        _open_sqlite(database)
    else:
        connector = connect_to_server(database)
    try:
        _require_tables(database)
    except LedgerError:
        database.dispose()
        raise
    if database.dialect.name == "postgresql":
        connector.patience = BUSY_SECONDS
    return database


def _require_tables(database: Engine) -> None:
    shown = shown_url(database.url)
    try:
        with database.connect() as connection:
            version = version_of(connection, shown)
    except DBAPIError as error:
        raise unusable(shown, error) from error
    if version is None:
        raise _no_archive(database.url)
    if version < VERSION:
        raise LedgerError(
            f"the ledger {shown} is of version {version}, and can be read once it is of version"
            f" {VERSION}: run a harvest, which brings it there"
        )


def _no_archive(url: URL) -> LedgerError:
    place = f"at {shown_url(url)}"
    if url.get_backend_name() == "sqlite" and url.database:
        path = Path(url.database).absolute()
        place = f"in {path.parent} (no ledger in {path.name})"
    return LedgerError(
        f"there is no archive {place}: run a harvest first, or set OUTPUT_DIR or LEDGER_URL to"
        " where one is"
    )


def _open_sqlite(database: Engine) -> None:
    path = Path(database.url.database or ":memory:").resolve()
    if not path.is_file():
        raise _no_archive(database.url)
    wal, shm = (path.with_name(f"{path.name}-{end}") for end in ("wal", "shm"))
    unsaved = wal.exists() and wal.stat().st_size > 0
    if unsaved and not shm.exists():
        # Nobody has it open, and `-shm` cannot be made, or would stay.
        connect = _to_copy(database, path, wal)
    elif unsaved or (wal.exists() and shm.exists() and not _writable(path)):
        connect = _to(path, "mode=ro")
    elif _writable(path):
        # Takes what it made away when it ends.
        connect = _to(path, "mode=rw")
    else:
        # Nobody can be writing here; somebody may on another machine, or with more rights.
        _require_unchanged(database, path)
        connect = _to(path, "mode=ro&immutable=1")
    event.listen(database, "do_connect", connect)
    event.listen(database, "connect", _tune_sqlite)
    event.listen(database, "begin", begin_sqlite)


def _writable(path: Path) -> bool:
    return os.access(path, os.W_OK) and os.access(path.parent, os.W_OK)


def _to(path: Path, parameters: str) -> Callable[..., DBAPIConnection]:
    """Connects to a file, with SQLite's own parameters of a URI."""

    def connect(
        dialect: Dialect,
        _: ConnectionPoolEntry,
        __: list[Any],
        options: dict[str, Any],
    ) -> DBAPIConnection:
        return dialect.connect(f"{path.as_uri()}?{parameters}", **options | {"uri": True})

    return connect


def _to_copy(database: Engine, *files: Path) -> Callable[..., DBAPIConnection]:
    folder = TemporaryDirectory(prefix="sinanews-")
    event.listen(database, "engine_disposed", lambda _: folder.cleanup())
    for file in files:
        shutil.copyfile(file, Path(folder.name) / file.name)
    return _to(Path(folder.name) / files[0].name, "mode=rw")


def _require_unchanged(database: Engine, path: Path) -> None:
    def state() -> tuple[int, int]:
        return path.stat().st_mtime_ns, path.stat().st_size

    before = state()

    def check(_: Engine) -> None:
        if state() != before:
            raise LedgerError(f"the ledger {path} was changed while it was read: read it again")

    event.listen(database, "engine_disposed", check)


def _tune_sqlite(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout={BUSY_SECONDS * 1000}")
    cursor.execute("PRAGMA query_only=ON")
    cursor.close()
    connection.isolation_level = None  # begin_sqlite begins, not the driver
