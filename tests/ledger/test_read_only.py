"""A ledger can be read wherever its bytes can, and reading leaves no trace."""

import signal
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import URL, update
from sqlalchemy.exc import OperationalError

from ledger.conftest import story, written
from sinanews.exceptions import LedgerError
from sinanews.ledger.database import engine
from sinanews.ledger.ledger import Ledger
from sinanews.ledger.read_only import read_only_engine
from sinanews.ledger.tables import VERSION, about
from sinanews.posts.paths import post_path
from support import ROOT, needs_mount, on_read_only_disk

SCRIPT = """
import os, signal, sys
sys.path[:0] = ["tests"]
from pathlib import Path
from ledger.test_read_only import counted, write
from sinanews.exceptions import LedgerError
folder = Path(sys.argv[1])
"""
READ = SCRIPT + "print(*counted(folder))"
WRITE_AND_DIE = SCRIPT + "write(folder, 3); os.kill(os.getpid(), signal.SIGKILL)"
READ_SLOWLY = """
from sinanews.ledger.read_only import read_only_engine
from ledger.test_read_only import url
database = read_only_engine(url(folder))
print("reading", flush=True)
sys.stdin.readline()
try:
    database.dispose()
except LedgerError as error:
    print(error)
"""


def url(folder: Path) -> URL:
    return URL.create("sqlite", database=f"{folder}/ledger.db")


def write(folder: Path, *numbers: int) -> Ledger:
    """Writes articles; the ledger stays open."""
    ledger = Ledger(engine(url(folder)), post_path)
    ledger.begin("china")
    ledger.upsert_listed([story(number) for number in numbers], "guonei")
    ledger.record_outcomes([written(claim) for claim in ledger.claim(len(numbers))])
    return ledger


def counted(folder: Path) -> tuple[int, int]:
    """How many articles a ledger has by its numbers, and how many can be read."""
    with closing(Ledger(read_only_engine(url(folder)), post_path)) as ledger:
        return ledger.counts().articles, len(list(ledger.articles()))


def python(script: str, folder: Path, *prefix: str) -> subprocess.CompletedProcess[str]:
    command = [*prefix, sys.executable, "-c", script, str(folder)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def traces(folder: Path) -> dict[str, tuple[bytes, int]]:
    """All that a reader might change; how processes find each other is none of it."""
    return {
        file.name: (file.read_bytes() if file.suffix != ".db-shm" else b"", file.stat().st_mtime_ns)
        for file in folder.iterdir()
    }


@pytest.fixture
def folder(tmp_path) -> Path:
    """A folder with a ledger of two articles, which nobody has open."""
    made = tmp_path / "100% a ledger?"
    made.mkdir()
    write(made, 1, 2).close()
    return made


@pytest.fixture
def killed(folder) -> Path:
    """The same, after a process that wrote a third article was killed."""
    assert python(WRITE_AND_DIE, folder).returncode == -signal.SIGKILL
    assert (folder / "ledger.db-wal").stat().st_size > 0
    return folder


def test_reading_leaves_no_trace(folder):
    before = traces(folder)
    assert counted(folder) == (2, 2)
    assert traces(folder) == before
    assert list(before) == ["ledger.db"]


def test_what_is_committed_is_read_beside_a_writer(folder):
    with closing(write(folder, 3)):
        assert counted(folder) == (3, 3)
        assert (folder / "ledger.db-wal").exists()


@pytest.mark.parametrize("lost", [(), ("ledger.db-shm",)])
def test_what_a_killed_process_left_is_read_and_left_as_it_is(lost, killed):
    for name in lost:
        (killed / name).unlink()
    before = traces(killed)

    assert counted(killed) == (3, 3)

    after = traces(killed)
    assert after.keys() == before.keys()
    assert after["ledger.db"] == before["ledger.db"]
    assert after["ledger.db-wal"] == before["ledger.db-wal"]


@needs_mount
@pytest.mark.parametrize("lost", [(), ("ledger.db-shm",), ("ledger.db-shm", "ledger.db-wal")])
def test_a_ledger_on_a_read_only_disk_is_read_after_a_kill(lost, killed):
    for name in lost:
        (killed / name).unlink()
    before = traces(killed)

    run = python(READ, killed, *on_read_only_disk(killed))

    assert (run.stdout, run.stderr) == ("2 2\n" if len(lost) > 1 else "3 3\n", "")
    assert traces(killed) == before


@needs_mount
def test_a_ledger_on_a_read_only_disk_is_read_beside_a_writer_elsewhere(folder):
    with closing(write(folder, 3)):
        run = python(READ, folder, *on_read_only_disk(folder))
    assert (run.stdout, run.stderr) == ("3 3\n", "")


@needs_mount
def test_a_ledger_on_a_read_only_disk_is_read_beside_a_writer_that_has_written_nothing_yet(folder):
    database = engine(url(folder))
    with closing(database.raw_connection()):
        run = python(READ, folder, *on_read_only_disk(folder))
    database.dispose()
    assert (run.stdout, run.stderr) == ("2 2\n", "")


@needs_mount
def test_a_change_from_elsewhere_where_nobody_could_write_is_told(folder):
    command = [*on_read_only_disk(folder), sys.executable, "-c", SCRIPT + READ_SLOWLY, str(folder)]
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as reader:
        assert reader.stdout.readline() == "reading\n"
        write(folder, 3).close()
        said, _ = reader.communicate("\n")
    assert said == f"the ledger {folder}/ledger.db was changed while it was read: read it again\n"


def test_a_ledger_that_is_read_cannot_be_changed(folder):
    with (
        closing(Ledger(read_only_engine(url(folder)), post_path)) as ledger,
        pytest.raises(OperationalError, match="attempt to write a readonly database"),
    ):
        ledger.begin("china")


@pytest.mark.parametrize("content", [None, b""])
def test_where_there_is_no_ledger_none_is_made(content, tmp_path):
    if content is not None:
        (tmp_path / "ledger.db").write_bytes(content)
    before = traces(tmp_path)
    message = rf"there is no archive in {tmp_path} \(no ledger in ledger.db\): run a harvest first"
    with pytest.raises(LedgerError, match=message):
        read_only_engine(url(tmp_path))
    assert traces(tmp_path) == before
    with pytest.raises(LedgerError, match=f"there is no archive in {tmp_path}/none "):
        read_only_engine(url(tmp_path / "none"))
    assert not (tmp_path / "none").exists()


@pytest.mark.parametrize(
    ("version", "message"),
    [(VERSION - 1, "run a harvest, which brings it there"), (VERSION + 1, "install a newer")],
)
def test_a_ledger_of_another_version_is_left_as_it_is(version, message, folder):
    database = engine(url(folder))
    with database.begin() as connection:
        connection.execute(update(about).values(version=version))
    database.dispose()
    before = traces(folder)

    with pytest.raises(LedgerError, match=f"is of version {version}, .*{message}"):
        read_only_engine(url(folder))

    assert traces(folder) == before
