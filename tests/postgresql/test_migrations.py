"""Tables are made, or brought up to date, once, by whichever process comes first."""

import multiprocessing

import pytest
from sqlalchemy import inspect

from postgres import MARK
from sinanews.ledger import migrations
from sinanews.ledger.database import engine
from sinanews.ledger.tables import VERSION, metadata

pytestmark = MARK
PROCESSES = 8
# What makes tables of today those of version 12.
UNDONE = """
DROP TABLE harvests; DROP TABLE budgets; DROP INDEX runs_joined;
ALTER TABLE runs DROP COLUMN harvest; ALTER TABLE runs DROP COLUMN folder;
ALTER TABLE runs DROP COLUMN part; ALTER TABLE runs DROP COLUMN filed;
ALTER TABLE runs DROP COLUMN position;
ALTER TABLE history DROP COLUMN run;
ALTER TABLE stories ALTER COLUMN docid TYPE TEXT COLLATE "default",
    ALTER COLUMN title TYPE TEXT COLLATE "default";
ALTER TABLE signing ALTER COLUMN reached TYPE TEXT COLLATE "default";
UPDATE about SET version = 12
"""


def open_at_once(url):
    """Opens a ledger in several processes at the same moment."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["psycopg", "sinanews.ledger.database"])
    processes = [context.Process(target=engine, args=(url,)) for _ in range(PROCESSES)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0] * PROCESSES


@pytest.fixture
def columns():
    """The columns of a ledger's tables, each with its type and collation."""

    def read(url):
        database = engine(url)
        with database.connect() as connection:
            there = inspect(connection)
            found = {
                (table, column["name"]): str(column["type"].compile(database.dialect))
                for table in metadata.tables
                for column in there.get_columns(table)
            }
        database.dispose()
        return found

    return read


def test_processes_that_begin_on_an_empty_database_make_its_tables_once(postgres):
    open_at_once(postgres.url)
    assert postgres.execute("SELECT version FROM about") == [(VERSION,)]


def test_processes_that_begin_on_an_older_ledger_bring_it_up_to_date_once(postgres, columns):
    today = columns(postgres.url)
    postgres.execute(UNDONE)

    open_at_once(postgres.url)

    assert postgres.execute("SELECT version FROM about") == [(VERSION,)]
    assert columns(postgres.url) == today


def test_no_text_is_sorted_by_the_language_of_the_cluster(postgres):
    engine(postgres.url).dispose()
    texts = """
        SELECT table_name, column_name, collation_name FROM information_schema.columns
        WHERE table_schema = 'public' AND data_type = 'text'"""
    assert {row[2] for row in postgres.execute(texts)} == {"C"}
    assert postgres.execute("SELECT 'a' < 'B'") == [(True,)], "elsewhere it is"


def test_a_ledger_that_is_up_to_date_is_opened_without_a_lock(postgres):
    engine(postgres.url).dispose()
    with postgres.server.connect(postgres.name) as holder:
        holder.execute(f"SELECT pg_advisory_lock({migrations.MIGRATION})")
        url = f"{postgres.url}?options=-clock_timeout%3D1s"
        engine(url).dispose()
