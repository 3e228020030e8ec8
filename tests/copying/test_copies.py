"""A copy of a ledger has every row and every column, and a harvest goes on with it."""

import os
import shutil
import sqlite3
from contextlib import closing
from itertools import permutations
from urllib.parse import quote

import pytest
from sqlalchemy import create_engine, text

import postgres as postgresql
from copying.conftest import BROKEN, GONE, HARVEST, tables
from harvest.proofs import change, posts
from sinanews.exceptions import ArgumentError, LedgerError
from sinanews.ledger.copying import copy
from sinanews.ledger.database import engine
from sinanews.ledger.runs import Runs
from sinanews.ledger.triggers import COUNT_STORIES, drop_counts
from sinanews.ledger.workers import new_worker, retire
from support import scrapy_in


def run_sql(url, statement):
    database = create_engine(url)
    with database.begin() as connection:
        result = connection.execute(text(statement))
        rows = result.all() if result.returns_rows else []
    database.dispose()
    return rows


def test_every_table_of_the_archive_has_rows(harvested):
    """What these tests compare is something."""
    rows = tables(f"sqlite:///{harvested[0]}/ledger.db")

    assert {name for name, found in rows.items() if not found} == set()
    states = {row[13] for row in rows["stories"]}
    assert len(states) > 1, states
    assert any(row[4] for row in rows["signatures"]), "there are reprints"


def test_a_copy_has_all_rows_and_done_again_changes_nothing(source, target, archive):
    # Numbers that nobody would come to by counting are copied too.
    change(archive, "UPDATE accounts SET listed = 9999")
    before = (archive / "ledger.db").read_bytes()

    made = copy(source, target)

    assert made.differences.count == made.mended.count == 0
    rows = tables(target)
    assert rows == tables(source)
    assert made.rows == {name: len(found) for name, found in rows.items()}
    assert (archive / "ledger.db").read_bytes() == before
    assert sorted(path.name for path in archive.glob("ledger.db*")) == ["ledger.db"]
    again = copy(source, target)
    assert again.was_whole
    assert again.differences.count == 0
    assert tables(target) == rows


def test_a_copy_goes_back_the_same(source, target, here):
    copy(source, target)

    made = copy(target, here)

    assert made.differences.count == 0
    assert tables(here) == tables(source)
    engine(here).dispose()
    assert shape(here) == shape(source)


def test_a_copy_that_another_one_made_whole_meanwhile_is_left_alone(source, target):
    """It may be in use by now."""
    begun = []

    def make_it_whole_and_use_it(what, _):
        if what == "copying" and not begun:
            begun.append(copy(source, target))
            run_sql(target, "UPDATE stories SET title = '新'")

    with pytest.raises(LedgerError, match="was made whole by another copy meanwhile"):
        copy(source, target, progress=make_it_whole_and_use_it)

    assert not begun[0].was_whole
    assert {row[0] for row in run_sql(target, "SELECT title FROM stories")} == {"新"}
    assert copy(source, target).was_whole


def shape(url):
    """The tables, indexes and triggers of an SQLite ledger."""
    query = "SELECT type, name FROM sqlite_master WHERE name NOT LIKE 'sqlite_%' ORDER BY name"
    return run_sql(url, query)


def test_a_harvest_goes_on_with_a_copy(harvested, source, target, archive):
    shutil.copytree(harvested[0], archive, dirs_exist_ok=True)
    copy(source, target)
    scrapy = scrapy_in(archive)
    settings = {"mirror": harvested[1], "LEDGER_URL": target, "IMAGES": "download"}
    before = {path: path.stat().st_mtime_ns for path in posts(archive)}

    run = scrapy(*HARVEST, **settings)

    assert "written 0 + updated 0" in run.stdout, run.stderr
    assert {path: path.stat().st_mtime_ns for path in posts(archive)} == before
    export = [scrapy("export", "-o", "-", LEDGER_URL=url).stdout for url in (source, target)]
    assert export[0] == export[1] != ""
    assert scrapy("rebuild", "--check", LEDGER_URL=target, IMAGES="download").returncode == 0
    # What triggers count from then on is what there is, and new numbers are nobody's.
    assert {tuple(row[1:]) for row in run_sql(target, COUNT_STORIES)} == {
        row[1:] for row in tables(target)["counts"] if row[2]
    }
    assert run_sql(target, "SELECT max(id), count(*) FROM runs") == [(3, 3)]


def test_numbers_go_on_behind_the_copied_ones(source, target):
    copy(source, target)

    run_sql(
        target,
        "INSERT INTO runs (spider, worker, started) VALUES ('china', 'somebody', 1)",
    )

    last = "SELECT max(id) FROM runs"
    assert run_sql(target, last) == [(run_sql(source, last)[0][0] + 1,)]


def test_an_empty_ledger_may_be_there(source, target, tmp_path):
    (tmp_path / "new").mkdir()
    engine(target).dispose()

    copy(source, target)

    assert tables(target) == tables(source)


CHANGES = {
    "UPDATE stories SET title = 'x' WHERE docid = (SELECT min(docid) FROM stories)": "s in title",
    "DELETE FROM pictures WHERE url_key = (SELECT min(url_key) FROM pictures)": "in FROM only",
    "INSERT INTO watermarks VALUES ('zzz', 1, 2)": "watermarks zzz is in TO only",
    "UPDATE revisions SET seen = 1 WHERE docid = (SELECT max(docid) FROM revisions)": "s in seen",
    "UPDATE counts SET stories = 7777 WHERE state = 'failed'": "differs in stories",
    "UPDATE about SET position = position + 1": "about differs in position",
}


def test_a_copy_that_differs_is_told_and_left(source, target):
    copy(source, target)
    for statement in CHANGES:
        run_sql(target, statement)
    rows = tables(target)

    made = copy(source, target)

    for what in CHANGES.values():
        assert any(what in sentence for sentence in made.differences.first), made.differences
    assert made.differences.count == len(made.differences.first)
    assert tables(target) == rows


def test_an_unfinished_copy_is_mended_whatever_it_has(source, target):
    copy(source, target)
    for statement in (
        "UPDATE about SET version = 0",
        "DELETE FROM bands WHERE slot > 3",
        "UPDATE stories SET title = 'x'",
        "INSERT INTO lists (channel, lacking) VALUES ('zzz', 0)",
    ):
        run_sql(target, statement)
    database = create_engine(target)
    with database.begin() as connection:
        drop_counts(connection)  # which come last
    database.dispose()

    made = copy(source, target)

    assert made.differences.count == 0
    assert tables(target) == tables(source)


def test_nobody_works_with_an_unfinished_copy(source, here, archive):
    copy(source, here)
    run_sql(here, "UPDATE about SET version = 0")

    for command in (HARVEST, ("status",)):
        run = scrapy_in(archive)(*command, LEDGER_URL=here)
        assert run.returncode == 2
        assert "is a copy that is not whole: `scrapy ledger copy` goes on with it" in run.stderr
    with pytest.raises(LedgerError, match="is a copy that is not whole"):
        copy(here, source)


def test_another_archive_is_never_written_over(source, here, tmp_path):
    other = tmp_path / "other.db"
    copy(source, f"sqlite:///{other}")
    with closing(sqlite3.connect(other)) as database:
        database.execute("UPDATE runs SET worker = 'elsewhere:1:1:1:ffff'")
        database.commit()
    copy(f"sqlite:///{other}", here)
    rows = tables(here)

    with pytest.raises(ArgumentError, match=r"TO: .* another archive, .* by elsewhere:1:1:1:ffff"):
        copy(source, here)
    assert tables(here) == rows


def test_text_that_a_database_cannot_hold_is_mended_and_named(source, target, archive):
    change(archive, "UPDATE stories SET title = 'a' || char(0) || 'b' WHERE docid = ?", GONE)
    change(archive, "UPDATE stories SET summary = CAST(x'61ff62' AS TEXT) WHERE docid = ?", BROKEN)

    made = copy(source, target)

    assert sorted(made.mended.first) == sorted(
        [
            f"stories {BROKEN} has characters in summary that TO cannot hold",
            f"stories {GONE} has characters in title that TO cannot hold",
        ]
    )
    assert made.differences.count == 0
    assert dict(map(tuple, run_sql(target, "SELECT docid, title FROM stories")))[GONE] == "a\ufffdb"
    assert dict(map(tuple, run_sql(target, "SELECT docid, summary FROM stories")))[BROKEN] == (
        "a\ufffdb"
    )
    assert copy(source, target).differences.count == 0


def test_a_ledger_at_work_is_not_copied(source, here):
    database, worker = engine(source), new_worker()
    run = Runs(database).begin("china", worker, 1_790_000_000)
    try:
        with pytest.raises(LedgerError, match=f"is at work, run {run}: a copy is of one moment"):
            copy(source, here)
    finally:
        retire(worker)
    assert copy(source, here).differences.count == 0  # its worker is dead
    database.dispose()


def test_a_run_that_begins_meanwhile_leaves_no_whole_copy(source, here, archive):
    def begin(*_):
        change(
            archive,
            "INSERT OR IGNORE INTO runs (id, spider, worker, started, ended) "
            "VALUES (99, 'china', 'w', 1, 2)",
        )

    made = copy(source, here, progress=begin)

    assert "FROM was written to meanwhile, by run 99" in made.differences.first
    assert run_sql(here, "SELECT version FROM about") == [(0,)]
    assert copy(source, here).differences.count == 0
    assert tables(here) == tables(source)


def schema(postgres, path):
    return f"{postgres.url}?options=-csearch_path%3D{path}"


@postgresql.MARK
def test_two_schemas_of_one_database_are_two_ledgers(source, postgres):
    postgres.execute("CREATE SCHEMA news; CREATE SCHEMA saved")
    copy(source, schema(postgres, "news"))

    made = copy(schema(postgres, "news"), schema(postgres, "saved"))

    assert made.differences.count == 0
    assert tables(schema(postgres, "saved")) == tables(source)


@postgresql.MARK
@pytest.mark.parametrize(
    "other",
    [
        lambda url: url.replace("127.0.0.1", "localhost"),
        lambda url: url.replace("+psycopg", ""),
        lambda url: f"{url}?application_name=other",
        # There the tables are another schema's, and what is made anew is not.
        lambda url: f"{url}?options=-csearch_path%3Dempty,public",
    ],
)
def test_a_ledger_on_a_server_is_not_copied_onto_itself_by_another_url(postgres, other):
    engine(postgres.url).dispose()
    postgres.execute("CREATE SCHEMA empty")
    before = tables(postgres.url)

    for source, target in permutations([postgres.url, other(postgres.url)]):
        with pytest.raises(ArgumentError, match="another ledger than FROM") as error:
            copy(source, target)
        assert quote(postgresql.PASSWORD, safe="") not in str(error.value)

    assert tables(postgres.url) == before


@pytest.mark.parametrize("link", [os.link, os.symlink])
def test_a_file_is_not_copied_onto_itself_by_another_name(source, archive, link):
    link(archive / "ledger.db", archive / "other.db")
    before = (archive / "ledger.db").read_bytes()

    with pytest.raises(ArgumentError, match="another ledger than FROM"):
        copy(source, f"sqlite:///{archive}/other.db")

    assert (archive / "ledger.db").read_bytes() == before
