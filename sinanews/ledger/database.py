"""The ledger's database: SQLite or PostgreSQL, by SQLAlchemy."""

import re
import sqlite3
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, cast
from urllib.parse import parse_qsl, quote_plus

from sqlalchemy import URL, Connection, Engine, Insert, Table, create_engine, event
from sqlalchemy.dialects import sqlite
from sqlalchemy.engine import make_url
from sqlalchemy.engine.interfaces import DBAPIConnection, DBAPICursor
from sqlalchemy.exc import ArgumentError as UrlError
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import ConnectionPoolEntry

from sinanews.exceptions import ArgumentError, LedgerError
from sinanews.ledger import postgresql
from sinanews.ledger.migrations import migrate, version_of
from sinanews.ledger.tables import PARTIAL, VERSION
from sinanews.utils.text import well_formed

DRIVERS = {"sqlite": "pysqlite", "postgresql": postgresql.DRIVER}
# How long a writer waits for another process' transaction, and a run at work for a server that
# begins again.
BUSY_SECONDS = 30
ACCEPTED = "sqlite:///FILE or postgresql+psycopg://USER:PASSWORD@HOST/DATABASE"
ESCAPED = f"{ACCEPTED}, in a password %40 for @, %3A for :, %2F for / and %3F for ?"
PARAMETERS = f"{ACCEPTED}, and behind a ? libpq's parameters alone, in a password %26 for &"
HIDDEN = "***"  # as SQLAlchemy has it for a password
# Names of parameters that nobody may see, also those of other programs, which are given by mistake:
# libpq's password, sslpassword, scram_client_key, oauth_client_secret; `passfile` and `sslkey` name
# files.
_SECRET = re.compile(r"pass(?!file$)|pwd|secret|token|(?<!^ssl)key$", re.IGNORECASE)
_SCHEME = re.compile(r"^[\w+]*:?/*")
_NO_PORT = re.compile(r":(?!\d+(?:[/?]|$)).*", re.DOTALL)
Clock = Callable[[], float]


def engine(url: str | URL) -> Engine:
    """A connection pool for the ledger at an SQLAlchemy URL, its tables made or brought up to date.

    Raises ArgumentError for a URL that is none, LedgerError for a ledger that cannot be used, such
    as one of a newer project, or one whose server does not answer.
    """
    database = create(url)
    for index, rows in PARTIAL.items():
        # As an argument of Index it would have both dialects imported.
        index.dialect_options[database.dialect.name]["where"] = rows
    shown = shown_url(database.url)
    if database.dialect.name == "sqlite":
        event.listen(database, "connect", tune_sqlite)
        event.listen(database, "begin", begin_sqlite)
    else:
        connector = connect_to_server(database)
    try:
        # Whoever migrates waits for the end of each transaction that has looked at a table.
        with writing(database).begin() as connection:
            if database.dialect.name == "postgresql":
                postgresql.require_writable(connection, shown)
            is_current = version_of(connection, shown) == VERSION
        if not is_current:
            with writing(database).begin() as connection:
                migrate(connection, shown)
    except DBAPIError as error:
        database.dispose()
        raise unusable(shown, error) from error
    except LedgerError:
        database.dispose()
        raise
    if database.dialect.name == "postgresql":
        connector.patience = BUSY_SECONDS
    return database


def create(url: str | URL, **options: Any) -> Engine:  # noqa: ANN401 - SQLAlchemy's own
    """A connection pool for a database that a ledger may be in. Raises ArgumentError for a URL of
    none."""
    made = postgresql.with_driver(_parsed(url))
    backend, _, driver = made.drivername.partition("+")
    # Without its query, of which nobody has said yet that no password goes on in it.
    shown = shown_url(made.set(query={}))
    if backend not in DRIVERS or driver not in {"", DRIVERS[backend]}:
        raise ArgumentError("LEDGER_URL", shown, ACCEPTED)
    if backend == "postgresql":
        options = postgresql.POOL | options
    try:
        database = create_engine(made, **options)
    except ImportError as error:
        raise ArgumentError("LEDGER_URL", shown, postgresql.HOW_TO_INSTALL) from error
    except (UrlError, ValueError) as error:
        reason = str(error).replace(str(made), shown)
        raise ArgumentError("LEDGER_URL", shown, f"{ACCEPTED} ({reason})") from error
    if backend == "postgresql":
        _require_known_parameters(made, str(url).partition("?")[2])
    event.listen(database, "before_cursor_execute", _keep_storable, retval=True)
    return database


def _parsed(url: str | URL) -> URL:
    """The parts of a URL. Raises ArgumentError for one that has none, or that SQLAlchemy would cut
    up in the middle of a password, whose end it would take for the host."""
    try:
        made = make_url(url)
    except (UrlError, ValueError) as error:
        # A part of a password may be in the error, which is of the text as it was cut up.
        raise ArgumentError("LEDGER_URL", _without_secrets(str(url)), ESCAPED) from error
    is_file = made.get_backend_name() == "sqlite" and not (made.host or made.username)
    if not is_file and _is_ambiguous(url, made):
        raise ArgumentError("LEDGER_URL", _without_secrets(str(url)), ESCAPED)
    return made


def _is_ambiguous(url: str | URL, made: URL) -> bool:
    """Whether a password may end elsewhere than where SQLAlchemy has it end: one @ may stand in a
    URL, behind the user and the password and before any query."""
    if isinstance(url, URL):
        return "@" in (url.host or "")
    before, at, after = url.partition("@")
    path = before.partition("://")[2]
    is_behind = "?" in path or ("/" in path and made.password is None)
    return "@" in after or bool(at and is_behind)


def _require_known_parameters(url: URL, query: str) -> None:
    """Raises ArgumentError for parameters that are none of the driver's library: it would say so
    with their names, and what follows an & in a password is such a name. `query` is that of the URL
    as it was given, where SQLAlchemy passes over a password that is empty up to its &."""
    unknown = url.query.keys() - postgresql.parameters()
    if not unknown:
        return
    shown = shown_url(url.difference_update_query(unknown))
    if any(_is_secret(name) for name, _ in parse_qsl(query, keep_blank_values=True)):
        raise ArgumentError("LEDGER_URL", shown, PARAMETERS)
    raise ArgumentError("LEDGER_URL", shown, f"{PARAMETERS}, not {', '.join(sorted(unknown))}")


def shown_url(url: URL) -> str:
    """The URL of a ledger as anybody may see it, without its password and other secrets.

    >>> shown_url(make_url("postgresql://me:secret@host/news?sslpassword=secret&sslmode=require"))
    'postgresql://me:***@host/news?sslmode=require&sslpassword=***'
    """
    query = {name: HIDDEN if _is_secret(name) else value for name, value in url.query.items()}
    text = url.set(query=query).render_as_string(hide_password=True)
    return text.replace(quote_plus(HIDDEN), HIDDEN)


def _is_secret(parameter: str) -> bool:
    return _SECRET.search(parameter) is not None


def _without_secrets(text: str) -> str:
    """What may be shown of a text that is no URL, or of which nobody knows where in it a password
    ends: its scheme, and the host and what follows if they are behind all that may be one.

    >>> _without_secrets("postgresql://me:se@cret@host/news?password=secret")
    'postgresql://***@host/news?***'
    >>> _without_secrets("postgresql://host/news?password=se/c@ret")
    'postgresql://***'
    >>> _without_secrets("postgresql://me:secret/news")
    'postgresql://me:***'
    """
    behind = _SCHEME.sub("", text)
    scheme = text.removesuffix(behind)
    secret, at, rest = behind.rpartition("@")
    if "?" in secret:
        return scheme + HIDDEN
    rest, query, _ = rest.partition("?")
    if query:
        rest += f"?{HIDDEN}"
    if at:
        return f"{scheme}{HIDDEN}@{rest}"
    # What is no port is the password of a URL whose host was forgotten.
    return scheme + _NO_PORT.sub(f":{HIDDEN}", rest)


def storable(text: str) -> str:
    """A text as both databases can keep it: in place of the character 0, which PostgreSQL refuses,
    and of half a surrogate pair, which neither takes, is U+FFFD.

    >>> storable("a\\0b\\ud83d涨")
    'a\ufffdb\ufffd涨'
    """
    return text if _is_storable(text) else well_formed(text.replace("\0", "\ufffd"))


def _is_storable(value: object) -> bool:
    if not isinstance(value, str):
        return True
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return "\0" not in value


def _keep_storable(*arguments: Any) -> tuple[str, Any]:  # noqa: ANN401 - SQLAlchemy's signature
    """Has texts that came from wherever be `storable`, before the driver gets a statement."""
    statement, parameters = arguments[2:4]
    # Of many inserts in one statement SQLAlchemy says that they are many, and gives one long row.
    is_many = isinstance(parameters, list) and isinstance(parameters[0], Mapping | tuple)
    rows = parameters if is_many else [parameters]
    # Together, since there are ten values for each article of which most are numbers.
    texts = [value for row in rows for value in _values(row) if isinstance(value, str)]
    if _is_storable("".join(texts)):
        return statement, parameters
    kept = list(map(_storable_row, rows))
    return statement, kept if is_many else kept[0]


def _values(row: Mapping[str, Any] | Sequence[Any]) -> Iterable[Any]:
    return row.values() if isinstance(row, Mapping) else row


def _storable_row(row: Mapping[str, Any] | Sequence[Any]) -> Mapping[str, Any] | Sequence[Any]:
    if isinstance(row, Mapping):
        return {name: _storable_value(value) for name, value in row.items()}
    return tuple(map(_storable_value, row))


def _storable_value(value: Any) -> Any:  # noqa: ANN401 - whatever a column holds
    return storable(value) if isinstance(value, str) else value


def connect_to_server(database: Engine, **parameters: str) -> postgresql.Connector:
    """Has a pool make its connections as a PostgreSQL ledger needs them, with parameters of the
    server for them."""
    shown = shown_url(database.url)
    connector = postgresql.connect_by(database, shown, **parameters)
    database.update_execution_options(clock=connector.clock)
    return connector


def clock_of(database: Engine) -> Clock:
    """The clock, in unix seconds, by which all run that share a ledger: its server's, or this
    machine's own for a file."""
    clock: Clock = database.get_execution_options().get("clock", time.time)
    return clock


def unusable(place: str, error: DBAPIError) -> LedgerError:
    """What to raise for a ledger that the database cannot open, read or write."""
    return LedgerError(f"the ledger {place} cannot be used: {explained(error)}")


def explained(error: Exception) -> str:
    """An error as `in_short` has it, and what can be done about one of a server, if that is
    known."""
    reason = in_short(error)
    cause = error.orig if isinstance(error, DBAPIError) else error
    return f"{reason}{postgresql.advice(reason)}" if hasattr(cause, "diag") else reason


def in_short(error: Exception) -> str:
    """An error in one line, without the statement and the values that SQLAlchemy adds to it."""
    cause = error.orig if isinstance(error, DBAPIError) else error
    # Of what a server refuses psycopg has the reason apart from where in the statement it is.
    reason = getattr(getattr(cause, "diag", None), "message_primary", None)
    return " ".join(str(reason or cause).split())


def tune_sqlite(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
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
    statement on, so that no two processes decide on the same rows; in PostgreSQL each statement
    sees what others have committed, and who decides on rows has to lock them. A `durable` one, and
    whatever was committed before it, is on the disk when it has been committed."""
    options: dict[str, Any] = {"writes": True, "durable": durable}
    if database.dialect.name == "postgresql":
        options["isolation_level"] = postgresql.WRITING
    return database.execution_options(**options)


def claiming(database: Engine) -> Engine:
    """The pool in which stories are claimed. In PostgreSQL it is one of its own, whose transactions
    do not wait for the disk: a claim that a server loses in a crash is no longer held, and what is
    fetched under it is not recorded."""
    if database.dialect.name == "sqlite":
        return writing(database)
    claims = create(database.url, **postgresql.SINGLE_STATEMENTS)
    connect_to_server(claims, synchronous_commit="off").patience = BUSY_SECONDS
    return claims


def begin_sqlite(connection: Connection) -> None:
    """Begins a transaction in place of the driver, which would not do so for what only reads."""
    options = connection.get_execution_options()
    if options.get("writes"):
        level = "FULL" if options.get("durable") else "NORMAL"
        if connection.info.get("synchronous") != level:
            connection.exec_driver_sql(f"PRAGMA synchronous={level}")
            connection.info["synchronous"] = level
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
    from sqlalchemy.dialects.postgresql import insert  # noqa: PLC0415 - most ledgers can do without

    return cast("sqlite.Insert", insert(table))
