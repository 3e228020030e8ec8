"""A PostgreSQL server of the tests' own, on loopback: one for each process that runs tests, begun
by the first test that asks for it, with a new database for each.

Its texts are sorted by a language, as on most servers, so that what leans on the order of bytes and
does not say so comes out in another one.
"""

import atexit
import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import URL, make_url

from servers import found

MARK = pytest.mark.servers("initdb", "postgres")
PATIENCE = 60  # seconds in which a server begins or ends on a busy machine
USER = "sinanews"
PASSWORD = "p@ss:word/100%"  # noqa: S105 - of a server that lives as long as the tests
# What makes a server that nobody needs tomorrow quicker. It survives its own crash all the same:
# only what a crash of the machine leaves needs the disk to be waited for.
QUICK = {
    "fsync": "off",
    "full_page_writes": "off",
    "shared_buffers": "32MB",
    "max_connections": "60",
    "autovacuum_naptime": "1d",
}
MODES = {"fast": signal.SIGINT, "immediate": signal.SIGQUIT}


class Server:
    """A server in a folder of its own, which it takes away when it is deleted. `settings` are those
    of postgresql.conf."""

    def __init__(self, folder: Path | None = None, **settings: str) -> None:
        """`folder`, which has to be there, may be a small disk."""
        self.folder = folder or Path(tempfile.mkdtemp(prefix="sinanews-postgres-"))
        self.data = self.folder / "data"
        self.port = _free_port()
        self._settings = QUICK | settings
        self._process: subprocess.Popen[bytes] | None = None
        self._owner = _owner()
        if self._owner:
            shutil.chown(self.folder, self._owner)
        self._init()

    def _init(self) -> None:
        password = self.folder / "password"
        password.write_text(PASSWORD)
        options = [
            *("--no-sync", "--auth=scram-sha-256", f"--username={USER}", f"--pwfile={password}"),
            *("--encoding=UTF8", "--locale=C", "--locale-provider=icu", "--icu-locale=en-US"),
        ]
        if self._owner:
            shutil.chown(password, self._owner)
        made = subprocess.run(
            [_program("initdb"), *options, "-D", str(self.data)],
            **self._as_owner(),
            check=False,
            capture_output=True,
            text=True,
        )
        assert made.returncode == 0, made.stdout + made.stderr

    def _as_owner(self) -> dict[str, Any]:
        """PostgreSQL refuses to run as root."""
        owner: dict[str, Any] = {"cwd": self.folder}
        if self._owner:
            group = pwd.getpwnam(self._owner).pw_gid
            owner |= {"user": self._owner, "group": group, "extra_groups": []}
        return owner

    def url(self, database: str = "postgres") -> str:
        """The URL of one of its databases."""
        url = URL.create("postgresql+psycopg", USER, PASSWORD, "127.0.0.1", self.port, database)
        return url.render_as_string(hide_password=False)

    def start(self, *, wait: bool = True) -> None:
        """Begins it, if it has not begun, and waits until it can be asked."""
        if self._process is not None and self._process.poll() is None:
            return
        settings = self._settings | {
            "listen_addresses": "127.0.0.1",
            "port": str(self.port),
            "unix_socket_directories": "",
        }
        options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        # It ends with this process, however that ends.
        guard = ["setpriv", "--pdeathsig=QUIT"] if shutil.which("setpriv") else []
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [*guard, _program("postgres"), "-D", str(self.data), *options],
                **self._as_owner(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                process_group=0,  # not ended by an interrupt that is meant for the tests
            )
        if wait:
            self._wait()

    def _wait(self) -> None:
        end = time.monotonic() + PATIENCE
        while True:
            assert self._process, "it was started"
            try:
                self.connect().close()
            except psycopg.OperationalError:
                if self._process.poll() is not None or time.monotonic() > end:
                    raise AssertionError(self.log()) from None
                time.sleep(0.02)
            else:
                return

    def stop(self, mode: str = "fast") -> None:
        """Ends it: `fast` cuts the connections and writes all there is, `immediate` is a crash."""
        if self._process is None:
            return
        if self._process.poll() is None:
            self._process.send_signal(MODES[mode])
        try:
            self._process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.send_signal(signal.SIGQUIT)
            self._process.wait(PATIENCE)
        self._process = None

    def delete(self) -> None:
        """Ends it and takes its files away."""
        self.stop("immediate")
        shutil.rmtree(self.folder, ignore_errors=True)

    def log(self) -> str:
        """What it has said."""
        return (self.folder / "log").read_text("utf-8", errors="replace")

    def connect(self, database: str = "postgres") -> psycopg.Connection[Any]:
        """A connection in which each statement is a transaction."""
        return psycopg.connect(
            host="127.0.0.1",
            port=self.port,
            user=USER,
            password=PASSWORD,
            dbname=database,
            autocommit=True,
        )


@dataclass
class Database:
    """A database that was empty when its test began."""

    server: Server
    name: str

    @property
    def url(self) -> str:
        """Its LEDGER_URL."""
        return self.server.url(self.name)

    @property
    def shown(self) -> str:
        """Its URL as messages have it."""
        return make_url(self.url).render_as_string(hide_password=True)

    def execute(self, statement: str) -> list[tuple[Any, ...]]:
        """Carries a statement out, in a connection of its own; returns its rows."""
        with self.server.connect(self.name) as connection:
            cursor = connection.execute(statement)
            return cursor.fetchall() if cursor.description else []

    def stop(self, mode: str = "fast") -> None:
        """Ends the server, see `Server.stop`."""
        self.server.stop(mode)

    def start(self, *, wait: bool = True) -> None:
        """Begins the server again."""
        self.server.start(wait=wait)

    def cut(self) -> int:
        """Ends all connections to it; returns how many those were."""
        query = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s"
        with self.server.connect() as connection:
            return len(connection.execute(query, [self.name]).fetchall())


@cache
def shared() -> Server:
    """The server of this process, at work."""
    server = Server()
    atexit.register(server.delete)
    server.start()
    return server


@contextmanager
def database(server: Server | None = None) -> Iterator[Database]:
    """A new, empty database, of the shared server if of no other, dropped when it is left."""
    server = server or shared()
    server.start()
    made = Database(server, f"test_{secrets.token_hex(6)}")
    with server.connect() as connection:
        connection.execute(f"CREATE DATABASE {made.name}")
    try:
        yield made
    finally:
        server.start()  # a test may have ended it
        with server.connect() as connection:
            connection.execute(f"DROP DATABASE {made.name} WITH (FORCE)")


def _program(name: str) -> str:
    program = found(name)
    if program is None:
        pytest.skip(f"{name} not installed: apt-get install postgresql")
    return program


def _owner() -> str | None:
    """As whom it runs; None as whoever runs the tests."""
    if os.geteuid() != 0:
        return None
    names = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port
