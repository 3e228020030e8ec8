"""`scrapy ledger copy FROM TO`: what it says, and its exit codes."""

import re

import pytest

from copying.conftest import tables
from harvest.proofs import change
from postgres import MARK, PASSWORD
from sinanews.ledger.database import engine
from support import scrapy_in


@pytest.fixture
def ledger(archive):
    """Runs `scrapy ledger ARGUMENTS`."""
    scrapy = scrapy_in(archive)
    return lambda *arguments, **settings: scrapy("ledger", *arguments, **settings)


@pytest.fixture
def new(tmp_path):
    return f"sqlite:///{tmp_path}/new.db"


def test_a_copy_is_told_table_by_table_and_then_only_checked(ledger, source, new):
    first, second = ledger("copy", source, new), ledger("copy", source, new)

    rows = {name: len(found) for name, found in tables(source).items()}
    lines = {f"{name}: {count} rows" for name, count in rows.items()}
    for run, word in ((first, "is"), (second, "was")):
        assert run.returncode == 0, run.stderr
        *told, last = run.stdout.splitlines()
        assert set(told) == lines
        assert last == f"TO {word} a whole copy: {sum(rows.values())} rows, all equal"
        assert run.stderr == ""


def test_what_differs_is_named_with_code_3(ledger, source, new, archive):
    ledger("copy", source, new)
    change(archive, "UPDATE stories SET title = 'x\x1b[31m', mtime = 5")

    run = ledger("copy", source, new)

    assert run.returncode == 3
    assert "differs in title, mtime" in run.stderr
    assert run.stderr.splitlines()[-1].startswith("and ")
    assert "TO was whole before and is left as it is: it differs in " in run.stdout


def test_mended_texts_are_named(ledger, source, new, archive):
    change(archive, "UPDATE stories SET source = CAST(x'ff' AS TEXT) WHERE ctime > 0")

    run = ledger("copy", source, new)

    assert run.returncode == 0
    assert (
        "has characters in source that TO cannot hold; there it has U+FFFD for them" in run.stderr
    )
    assert "more\n" in run.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "ledger takes copy FROM TO, two values of LEDGER_URL"),
        (("copy", "sqlite:///a.db"), "ledger takes copy FROM TO"),
        (("move", "sqlite:///a.db", "sqlite:///b.db"), "ledger takes copy FROM TO"),
        (("copy", "sqlite:////none/a.db", "sqlite:////none/b.db"), "there is no archive in /none"),
        (("copy", "a.db", "sqlite:////none/b.db"), "LEDGER_URL: 'a.db' is not accepted"),
        (("copy", "{source}", "{source}"), "TO: .* is not accepted; expected another ledger than"),
        (("copy", "{source}", "b.db"), "LEDGER_URL: 'b.db' is not accepted"),
        (
            ("copy", "{source}", "mysql://me:s3cret@host/b"),
            "LEDGER_URL: 'mysql://me:\\*\\*\\*@host/b'",
        ),
        (("copy", "{source}", "sqlite:////proc/none/b.db"), "none|denied"),
    ],
)
def test_what_makes_no_sense_is_refused(ledger, source, arguments, message, archive):
    before = (archive / "ledger.db").read_bytes()

    run = ledger(*(argument.format(source=source) for argument in arguments))

    assert run.returncode == 2
    assert re.search(message, run.stderr), run.stderr
    assert "Traceback" not in run.stderr
    assert "s3cret" not in run.stderr
    assert (archive / "ledger.db").read_bytes() == before


def test_files_that_are_no_ledgers_are_refused(ledger, source, tmp_path):
    (tmp_path / "text.db").write_bytes(b"no database" * 1000)
    newer, older = (f"sqlite:///{tmp_path}/{name}.db" for name in ("newer", "older"))
    for url, version in ((newer, 99), (older, 3)):
        engine(url).dispose()
        other = tmp_path / url.rpartition("/")[2]
        other.rename(tmp_path / "ledger.db")
        change(tmp_path, f"UPDATE about SET version = {version}")  # noqa: S608 - a number
        (tmp_path / "ledger.db").rename(other)

    assert "is not a database" in ledger("copy", source, f"sqlite:///{tmp_path}/text.db").stderr
    assert "is not a database" in ledger("copy", f"sqlite:///{tmp_path}/text.db", source).stderr
    assert "is of version 99" in ledger("copy", source, newer).stderr
    assert "is of version 3, and can be read once" in ledger("copy", older, source).stderr
    refused = ledger("copy", source, older)
    assert "is of version 3, and a copy would be of version" in refused.stderr
    assert refused.returncode == 2


@MARK
def test_the_password_of_a_server_is_never_shown(ledger, source, postgres):
    fine = ledger("copy", source, postgres.url)
    postgres.execute("UPDATE runs SET worker = 'w'")
    refused = ledger("copy", source, postgres.url)
    postgres.stop()
    gone = ledger("copy", source, postgres.url)

    assert (fine.returncode, refused.returncode, gone.returncode) == (0, 2, 2)
    assert ":***@127.0.0.1" in refused.stderr
    for run in (fine, refused, gone):
        assert PASSWORD not in run.stdout + run.stderr
        assert "%40ss" not in run.stdout + run.stderr
        assert "Traceback" not in run.stderr
