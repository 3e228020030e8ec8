"""PostgreSQL as the ledger's database: how connections to a server are made, waited for and timed,
and what to say when there is none."""

import time
from typing import Any

from sqlalchemy import URL, Connection, Engine, event, func, select, text
from sqlalchemy.engine.interfaces import DBAPIConnection, Dialect
from sqlalchemy.pool import ConnectionPoolEntry

from sinanews.exceptions import LedgerError

DRIVER = "psycopg"  # the one that is tested: an extra of this package
HOW_TO_INSTALL = "its driver, psycopg, to be installed: pip install 'sinanews[postgres]'"
# The oldest major version on which the tests were run; nothing that is used here is newer.
OLDEST = 13
# Between two tries to connect to a server that begins again.
RETRY_SECONDS = 0.2
# How long a transaction may wait for the worker that began it. One that was stopped, or whose
# machine is gone, holds what the others wait for; putting the files of a group in place takes
# seconds on the slowest disk.
IDLE_SECONDS = 60
# What a connection has unless the URL says otherwise. A server that is gone without a word is
# noticed in a minute, and not in the two hours or fifteen minutes of the system's own.
OPTIONS: dict[str, Any] = {
    "fallback_application_name": "sinanews",
    "connect_timeout": 10,
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "tcp_user_timeout": 60_000,  # milliseconds
}
# What it has whatever the URL and PGCLIENTENCODING say: in another encoding not every text can be
# told to the server.
ALWAYS = {"client_encoding": "utf8"}
# A worker reads and writes in two threads; the rest is for what reads while it writes.
POOL: dict[str, Any] = {
    "pool_size": 2,
    "max_overflow": 3,
    "pool_pre_ping": True,  # a server that began again is found before a transaction, not in it
    "pool_recycle": 1800,  # seconds; the clock is set by each new connection
    # What reads sees one state of the ledger, however many statements it takes; a transaction that
    # writes sees what others have committed, see `sinanews.ledger.database.writing`.
    "isolation_level": "REPEATABLE READ",
}
WRITING = "READ COMMITTED"
# A pool for single statements that are transactions of their own: the server is told of neither
# begin nor end, two journeys fewer for each.
SINGLE_STATEMENTS: dict[str, Any] = {
    "pool_size": 1,
    "max_overflow": 0,
    "isolation_level": "AUTOCOMMIT",
    "pool_reset_on_return": None,
}
# Which transactions take turns: those that bring the tables up to date, and those that give stories
# their docids and files their names. Numbers that no other program is likely to use.
MIGRATION, NAMES = 0x73696E61_00000001, 0x73696E61_00000002


class ServerClock:
    """Unix time in seconds by a server's clock, so that workers on machines whose clocks differ
    agree on leases. It is read with each new connection, and between two of these carried on by
    this machine's count of seconds, which nobody sets."""

    def __init__(self) -> None:
        self._ahead: float | None = None  # of that count

    def measure(self, connection: Any) -> None:  # noqa: ANN401 - the driver's, which may be missing
        """Reads the server's clock."""
        before = _count()
        row = connection.execute("SELECT extract(epoch FROM clock_timestamp())::float8").fetchone()
        connection.rollback()
        self._ahead = row[0] - (before + _count()) / 2

    def __call__(self) -> float:
        """The time; this machine's own until a connection has been made."""
        return time.time() if self._ahead is None else _count() + self._ahead


def _count() -> float:
    """Seconds since the machine began, those included in which it slept, where that is known."""
    clock = getattr(time, "CLOCK_BOOTTIME", None)
    return time.monotonic() if clock is None else time.clock_gettime(clock)


class Connector:
    """Makes the connections of a pool to the ledger `shown`, with parameters of the server for
    them. For `patience` seconds it waits for a server that refuses them, at work on beginning
    again; then each try fails at once until one does not."""

    def __init__(self, shown: str, **parameters: str) -> None:
        self._shown = shown
        self._parameters = {"idle_in_transaction_session_timeout": f"{IDLE_SECONDS}s"} | parameters
        self.patience = 0.0  # a wrong address is refused at once
        self.clock = ServerClock()
        self._refused_since: float | None = None

    def __call__(
        self,
        dialect: Dialect,
        _: ConnectionPoolEntry,
        arguments: tuple[Any, ...],
        options: dict[str, Any],
    ) -> DBAPIConnection:
        """A connection. Raises LedgerError for a server that cannot hold a ledger."""
        options = OPTIONS | options | ALWAYS
        ours = (f"-c {name}={value}" for name, value in self._parameters.items())
        options["options"] = " ".join([*ours, options.get("options", "")])
        while True:
            try:
                connection = dialect.connect(*arguments, **options)
            except dialect.loaded_dbapi.OperationalError:
                self._refused_since = self._refused_since or time.monotonic()
                if time.monotonic() - self._refused_since >= self.patience:
                    raise
                time.sleep(RETRY_SECONDS)
            else:
                self._refused_since = None
                _require_fit(connection, self._shown)
                self.clock.measure(connection)
                return connection


def _require_fit(connection: Any, shown: str) -> None:  # noqa: ANN401 - the driver's, which may be missing
    """Raises LedgerError for a server or database that cannot hold a ledger, the connection
    closed."""
    major = connection.info.server_version // 10_000
    encoding = connection.info.parameter_status("server_encoding")
    if major < OLDEST:
        connection.close()
        raise LedgerError(
            f"the ledger {shown} cannot be used: its server is PostgreSQL {major}, and {OLDEST} is"
            " the oldest on which sinanews was tried; upgrade the server, or set LEDGER_URL to"
            " another one"
        )
    if encoding != "UTF8":
        connection.close()
        raise LedgerError(
            f"the ledger {shown} cannot be used: its database has the encoding {encoding}, in which"
            " not every text can be kept; CREATE DATABASE … ENCODING 'UTF8' TEMPLATE template0"
            " makes one that does"
        )


def connect_by(database: Engine, shown: str, **parameters: str) -> Connector:
    """Has a pool make its connections by a Connector, which is returned."""
    connector = Connector(shown, **parameters)
    event.listen(database, "do_connect", connector)
    event.listen(database, "begin", _begin)
    return connector


def _begin(connection: Connection) -> None:
    """Has a durable transaction wait for the disk, where an administrator has had others not."""
    if connection.get_execution_options().get("durable"):
        connection.execute(_WAIT_FOR_DISK)


_WAIT_FOR_DISK = text(
    "SELECT set_config('synchronous_commit', 'on', true)"
    " WHERE current_setting('synchronous_commit') = 'off'"
)


def require_writable(connection: Connection, shown: str) -> None:
    """Raises LedgerError for a server that only lets read."""
    if connection.exec_driver_sql("SHOW transaction_read_only").scalar_one() == "on":
        raise LedgerError(
            f"the ledger {shown} cannot be written: its server is a standby, or read-only for this"
            " user; set LEDGER_URL to the primary server"
        )


def take_turns(connection: Connection, subject: int) -> None:
    """Waits until no other transaction is at work on a subject, MIGRATION or NAMES, and has others
    wait until this one ends. Of SQLite's only one writes anyhow."""
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_advisory_xact_lock(subject)))


_STOPPED = (
    "this worker, or its machine, stood still in a transaction for longer than"
    " idle_in_transaction_session_timeout"
)
# What a server or its client says, in part, and what can be done about it.
_ADVICE = {
    "password authentication failed": "set the user and the password in LEDGER_URL, with %40 for @",
    "no password supplied": "set the password in LEDGER_URL, or in ~/.pgpass",
    "failed to resolve host": "set the host in LEDGER_URL",
    "Connection refused": "start the server, or set its host and port in LEDGER_URL",
    "invalid sslmode value": "set sslmode in LEDGER_URL to one of libpq's, such as verify-full",
    "server does not support SSL": "set ssl = on at the server, or another sslmode in LEDGER_URL",
    "timeout expired": "start the server, or set its host and port in LEDGER_URL",
    "does not exist": "make it, or set another one in LEDGER_URL",
    "permission denied for schema": "let its user make tables: GRANT CREATE ON SCHEMA … TO …",
    "permission denied for": "GRANT the user of LEDGER_URL its rights on tables and sequences",
    "must be owner of": "have the user update the tables that made them",
    "no schema has been selected": "CREATE SCHEMA with the name that search_path has, or let the"
    " user use it: GRANT USAGE, CREATE ON SCHEMA … TO …",
    "due to statement timeout": "raise statement_timeout, in LEDGER_URL or of its user",
    "due to lock timeout": "raise lock_timeout, in LEDGER_URL or of its user",
    "due to idle-in-transaction timeout": _STOPPED,
    "server closed the connection": "the log of the server says why, and whether it crashed;"
    f" or {_STOPPED}",
    "too many connections for role": "ALTER ROLE … CONNECTION LIMIT …: a worker takes up to six",
    "too many connections for database": "ALTER DATABASE … CONNECTION LIMIT …: a worker takes up to"
    " six",
    "too many": "raise max_connections of the server: a worker takes up to six",
    "remaining connection slots": "raise max_connections of the server: a worker takes up to six",
}


def advice(reason: str) -> str:
    """What can be done about an error of the server, as the end of a sentence; "" where nobody
    knows.

    >>> advice('FATAL:  database "news" does not exist')
    '; make it, or set another one in LEDGER_URL'
    >>> advice("division by zero")
    ''
    """
    known = (text for sign, text in _ADVICE.items() if sign in reason)
    return "".join(f"; {text}" for text in list(known)[:1])


def parameters() -> set[str]:
    """The names of what the query of a URL may say to the driver, which has to be installed."""
    from psycopg.pq import Conninfo  # noqa: PLC0415 - an extra of this package

    return {option.keyword.decode() for option in Conninfo.get_defaults()}


def with_driver(url: URL) -> URL:
    """The URL with the driver that is tested, where it names none; as hosts give them out,
    `postgres://…` too.

    >>> from sqlalchemy.engine import make_url
    >>> str(with_driver(make_url("postgres://me@host/news")))
    'postgresql+psycopg://me@host/news'
    """
    if url.drivername in {"postgres", "postgresql"}:
        return url.set(drivername=f"postgresql+{DRIVER}")
    return url
