"""Every command refuses an unusable ledger with its URL and the reason."""

import sqlite3
from threading import Timer

import pytest

from commands.conftest import on_file
from harvest.proofs import change
from sinanews.exceptions import ArgumentError
from sinanews.ledger.database import engine
from sinanews.ledger.ledger import Ledger
from sinanews.posts.paths import post_path

SECRET = "s3cr:t@x"  # noqa: S105 - nobody's password


@pytest.fixture
def assert_refused(scrapy, output, subtests, tmp_path):
    """Asserts that commands refuse the archive's ledger with a message."""

    arguments = {"harvest": ["china"], "export": ["-o", str(tmp_path / "all.jsonl")]}

    def check(message, *commands):
        for command in commands:
            with subtests.test(command):
                run = scrapy(command, *arguments.get(command, []))
                assert run.returncode == 2, run.stderr
                assert f"the ledger sqlite:///{output}/ledger.db {message}" in run.stderr
                assert "Traceback" not in run.stderr

    return check


@on_file
def test_a_ledger_of_a_newer_project_is_refused(output, assert_refused):
    output.mkdir()
    engine(f"sqlite:///{output}/ledger.db").dispose()
    change(output, "UPDATE about SET version = 99")
    assert_refused("is of version 99, this sinanews knows up to ", "harvest", "status")


@on_file
def test_a_file_that_is_no_ledger_is_refused(output, assert_refused):
    output.mkdir()
    (output / "ledger.db").write_bytes(b"no database" * 1000)
    assert_refused("cannot be used: file is not a database", "harvest", "rebuild")


@on_file
def test_a_ledger_whose_tables_are_damaged_is_refused(archive, assert_refused):
    ledger = archive / "ledger.db"
    whole = ledger.read_bytes()
    page = 4096
    ledger.write_bytes(whole[: 2 * page] + b"\xff" * (len(whole) - 2 * page))
    assert_refused("cannot be used: database disk image is malformed", "harvest", "export")


def test_a_ledger_that_another_process_is_creating_is_waited_for(tmp_path):
    """SQLite itself refuses at once to change the journal of a database with a writer."""
    maker = sqlite3.connect(tmp_path / "ledger.db", isolation_level=None, check_same_thread=False)
    maker.execute("BEGIN IMMEDIATE")
    done = Timer(0.5, lambda: maker.execute("COMMIT"))
    done.start()

    database = engine(f"sqlite:///{tmp_path}/ledger.db")

    done.join()
    maker.close()
    with database.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar_one() == "wal"


@pytest.mark.parametrize(
    "url",
    [
        f"mysql://me:{SECRET}@host/db",
        f"postgresql+nosuch://me:{SECRET}@host/db",
        f"sqlite://me:{SECRET}@host/db",
        f"postgresql//me:{SECRET}@host/db",
        f"postgresql:me:{SECRET}@host/db",
    ],
)
def test_a_refused_url_does_not_show_its_password(url):
    with pytest.raises(ArgumentError, match="LEDGER_URL: ") as error:
        engine(url)
    assert "s3cr" not in str(error.value)
    assert "host" in str(error.value)


def test_the_place_of_a_ledger_does_not_show_its_password():
    database = engine("sqlite://")
    database.url = database.url.set(username="me", password=SECRET, host="host")
    assert Ledger(database, post_path).place == "sqlite://me:***@host"
