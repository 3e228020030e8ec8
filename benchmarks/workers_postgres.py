"""A PostgreSQL of the benchmarks' own, on loopback, that keeps what it commits; and a ledger in it
that has many stories already."""

import os
import pwd
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import Table

from ledger_fill import CHANNEL, FIRST_TIME, GAP, article, docid, story
from sinanews.items import State
from sinanews.ledger.database import engine
from sinanews.ledger.records import story_row
from sinanews.ledger.tables import history, revisions, stories
from sinanews.ledger.triggers import COUNT_STORIES
from sinanews.posts.paths import post_path

USER = "sinanews"  # the database's only one; it listens on loopback and trusts whoever asks
# Debian's own settings but for those that it ships with for any machine: what a server of two
# cores and a gigabyte for itself would have. fsync, full_page_writes and synchronous_commit are as
# they are by default, on.
SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "max_connections": "100",
    "shared_buffers": "512MB",
    "max_wal_size": "4GB",
    "unix_socket_directories": "",
    "logging_collector": "off",
}
PATIENCE = 60.0  # seconds until a server answers that has to recover first


class Server:
    """A server whose data lies in `folder`. Raises SystemExit where PostgreSQL is not installed."""

    def __init__(self, folder: Path, **settings: str) -> None:
        self._programs = _programs()
        self._data = folder / "postgresql"
        self._log = folder / "postgresql.log"
        self._owner = _owner()
        self._settings = SETTINGS | settings | {"port": str(_free_port())}
        folder.mkdir(parents=True, exist_ok=True)
        self._data.mkdir(mode=0o700)
        if self._owner:
            shutil.chown(self._data, self._owner)
            for parent in (folder, *folder.parents):
                if parent.stat().st_uid == 0 and not parent.stat().st_mode & 0o001:
                    parent.chmod(parent.stat().st_mode | 0o011)  # a way to its own folder
        initdb = (self._programs / "initdb", "-D", self._data, "-U", USER, "-A", "trust")
        self._run(*initdb, "-E", "UTF8", "--locale=C.UTF-8")

    @property
    def address(self) -> str:
        """Host and port."""
        return f"127.0.0.1:{self._settings['port']}"

    def url(self, database: str) -> str:
        """The LEDGER_URL of a database here."""
        return f"postgresql+psycopg://{USER}@{self.address}/{database}"

    def connect(self, database: str = "postgres") -> psycopg.Connection:
        """A connection by hand; each statement is a transaction."""
        return psycopg.connect(f"postgresql://{USER}@{self.address}/{database}", autocommit=True)

    def create(self, database: str, template: str = "template1") -> str:
        """Makes a database, like another one; returns its LEDGER_URL."""
        with self.connect() as connection:
            connection.execute(f'CREATE DATABASE "{database}" TEMPLATE "{template}"')
        return self.url(database)

    def start(self) -> None:
        """Starts it, and returns when it answers."""
        options = (word for pair in self._settings.items() for word in ("-c", "=".join(pair)))
        self._process = subprocess.Popen(  # noqa: S603 - our own arguments
            [self._programs / "postgres", "-D", self._data, *options],
            stdout=self._log.open("ab"),
            stderr=subprocess.STDOUT,
            user=self._owner,
            cwd="/",
        )
        end = time.monotonic() + PATIENCE
        while True:
            try:
                self.connect().close()
            except psycopg.OperationalError as error:
                if time.monotonic() > end or self._process.poll() is not None:
                    raise SystemExit(f"PostgreSQL does not start: {error}") from error
                time.sleep(0.05)
            else:
                return

    def stop(self) -> None:
        """Stops it, its connections cut, and returns when it has written all that it had."""
        self._process.send_signal(2)  # SIGINT: a fast shutdown
        self._process.wait()

    def cpu_seconds(self) -> float:
        """The CPU time of all its processes so far, those that have ended included."""
        ticks = 0
        for stat in Path("/proc").glob("[0-9]*/stat"):
            try:
                fields = stat.read_text("utf-8", errors="replace").rpartition(")")[2].split()
            except OSError:
                continue
            pid, parent = int(stat.parent.name), int(fields[1])
            if pid == self._process.pid:
                ticks += sum(map(int, fields[11:15]))  # its own, and its ended children's
            elif parent == self._process.pid:
                ticks += sum(map(int, fields[11:13]))
        return ticks / os.sysconf("SC_CLK_TCK")

    def _run(self, *command: object) -> None:
        args = list(map(str, command))
        made = subprocess.run(  # noqa: S603 - our own arguments
            args, check=False, capture_output=True, text=True, user=self._owner, cwd="/"
        )
        if made.returncode:
            raise SystemExit(f"{' '.join(args)}: {made.stderr}")


@contextmanager
def serving(folder: Path, **settings: str) -> Iterator[Server]:
    """Runs a PostgreSQL while the block runs, its data in `folder`."""
    server = Server(folder, **settings)
    server.start()
    try:
        yield server
    finally:
        server.stop()


def _programs() -> Path:
    """Where the newest server's programs are; Debian keeps them off PATH."""
    folders = sorted(
        Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name)
    )
    on_path = shutil.which("initdb")
    if not folders and on_path is None:
        raise SystemExit("PostgreSQL is not installed: apt-get install postgresql")
    return folders[-1] if folders else Path(str(on_path)).resolve().parent


def _owner() -> str | None:
    """Who is to run the server, which refuses to be root; None for whoever runs this."""
    if os.geteuid():
        return None
    names = {user.pw_name for user in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def fill(
    server: Server,
    database: str,
    waiting: int,
    written: int = 0,
    show: Callable[[str], None] = lambda _: None,
) -> str:
    """Makes a ledger of articles that are `written`, and behind them of stories that are listed and
    due, `waiting`. Returns its LEDGER_URL."""
    url = server.create(database)
    engine(url).dispose()
    with server.connect(database) as connection:
        # No triggers for each row: what they keep is counted once, behind it.
        connection.execute("SET session_replication_role = replica")
        with connection.transaction():
            show(f"{database}: {written:,} articles")
            _copy(connection, revisions, map(_revision_row, range(written)))
            _copy(connection, history, map(_history_row, range(written)))
            connection.execute("UPDATE about SET revisions = %s, position = %s", [written] * 2)
            show(f"{database}: {written + waiting:,} stories")
            rows = (_story_row(number, number < written) for number in range(written + waiting))
            _copy(connection, stories, rows)
            connection.execute(f"INSERT INTO counts {COUNT_STORIES}")
        connection.execute("VACUUM (ANALYZE)")
        connection.execute("CHECKPOINT")
    return url


def _copy(connection: psycopg.Connection, table: Table, rows: Iterable[dict[str, Any]]) -> None:
    names = [column.name for column in table.columns]
    with connection.cursor().copy(f"COPY {table.name} ({', '.join(names)}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row([row.get(name) for name in names])


def _story_row(number: int, is_written: bool) -> dict[str, Any]:  # noqa: FBT001 - called once
    listed = story(number)
    row = story_row(listed, CHANNEL, post_path(listed.title, listed.channels, listed.docid))
    # A page of a list is entered in one second.
    row |= {"run": 1, "state": State.LISTED.value, "due_at": FIRST_TIME + number // 50}
    done = {"state": State.WRITTEN.value, "revision": 1, "due_at": None}
    return row | done if is_written else row


def _revision_row(number: int) -> dict[str, Any]:
    row = {"docid": docid(number), "revision": 1, "seen": FIRST_TIME + number * GAP}
    return row | {"content_hash": docid(number).encode(), "article": article(number)}


def _history_row(number: int) -> dict[str, Any]:
    times = dict.fromkeys(("ctime", "first_seen", "seen"), FIRST_TIME + number * GAP)
    row = {"position": number + 1, "docid": docid(number), "revision": 1, "channels": CHANNEL}
    return row | times | {"is_reprint": False}
