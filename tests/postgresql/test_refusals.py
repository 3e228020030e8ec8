"""A server or database that cannot hold the ledger is refused in one sentence that says what to do,
before anything is asked of the site."""

import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from threading import Thread
from urllib.parse import quote

import psycopg
import pytest
from sqlalchemy import URL, make_url, select, text
from sqlalchemy.exc import DBAPIError

from postgres import MARK, PASSWORD, Server
from sinanews.exceptions import ArgumentError, LedgerError
from sinanews.ledger.database import engine, explained, writing
from sinanews.ledger.postgresql import OLDEST
from sinanews.ledger.read_only import read_only_engine
from support import ROOT, row

pytestmark = MARK


def refusal(url, open_=engine):
    """Why a ledger is refused."""
    with pytest.raises(LedgerError) as error:
        open_(url).dispose()
    message = str(error.value)
    assert "\n" not in message
    assert PASSWORD not in message
    assert quote(PASSWORD, safe="") not in message
    return message


def changed(postgres, **parts):
    return make_url(postgres.url).set(**parts).render_as_string(hide_password=False)


@pytest.mark.parametrize(
    ("parts", "reason", "advice"),
    [
        ({"password": "wrong"}, 'password authentication failed for user "sinanews"', "password"),
        ({"username": "nobody"}, 'password authentication failed for user "nobody"', "user"),
        ({"host": "nosuch.invalid"}, "failed to resolve host 'nosuch.invalid'", "set the host"),
        ({"port": 1}, "port 1 failed: Connection refused", "start the server"),
        ({"database": "nosuch"}, 'database "nosuch" does not exist', "make it"),
    ],
    ids=lambda value: value if isinstance(value, str) else "-".join(value),
)
@pytest.mark.parametrize("open_", [engine, read_only_engine])
def test_a_server_that_lets_nobody_in_is_refused(postgres, parts, reason, advice, open_):
    message = refusal(changed(postgres, **parts), open_)
    assert message.startswith("the ledger postgresql+psycopg://")
    assert reason in message
    assert advice in message.partition(reason)[2]


@pytest.mark.parametrize("scheme", ["postgres", "postgresql"])
def test_a_url_that_names_no_driver_has_the_one_there_is(postgres, scheme):
    database = engine(postgres.url.replace("postgresql+psycopg", scheme))
    assert database.dialect.driver == "psycopg"
    database.dispose()


@pytest.mark.parametrize("driver", ["psycopg2", "asyncpg", "pg8000"])
def test_other_drivers_are_refused(postgres, driver):
    with pytest.raises(ArgumentError, match=r"LEDGER_URL: .* expected .*postgresql") as error:
        engine(postgres.url.replace("+psycopg", f"+{driver}"))
    assert quote(PASSWORD, safe="") not in str(error.value)


WITHOUT_DRIVER = """
import sys
import time
sys.modules["psycopg"] = None
from sinanews.exceptions import ArgumentError
from sinanews.ledger.database import engine, explained, writing
try:
    engine("postgresql://me:secret@127.0.0.1/news")
except ArgumentError as error:
    print(error)
"""


def test_a_missing_driver_is_refused_with_how_to_install_it():
    run = subprocess.run(
        [sys.executable, "-c", WITHOUT_DRIVER], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert "pip install 'sinanews[postgres]'" in run.stdout
    assert "secret" not in run.stdout


def test_a_database_in_another_encoding_is_refused(postgres):
    name = f"{postgres.name}_latin"
    postgres.execute(
        f"CREATE DATABASE {name} ENCODING 'LATIN1' LOCALE 'C' LOCALE_PROVIDER libc"
        " TEMPLATE template0"
    )
    try:
        assert "the encoding LATIN1" in refusal(changed(postgres, database=name))
    finally:
        postgres.execute(f"DROP DATABASE {name} WITH (FORCE)")


def test_a_database_that_is_only_read_is_refused_by_whoever_writes(postgres):
    engine(postgres.url).dispose()
    postgres.execute(f"ALTER DATABASE {postgres.name} SET default_transaction_read_only = on")
    assert "set LEDGER_URL to the primary server" in refusal(postgres.url)
    read_only_engine(postgres.url).dispose()


def test_a_standby_is_read_and_not_written_to():
    primary = Server(wal_level="replica")
    try:
        primary.start()
        engine(primary.url()).dispose()
        primary.stop()
        (primary.data / "standby.signal").touch(mode=0o644)
        primary.start()
        assert "its server is a standby" in refusal(primary.url())
        read_only_engine(primary.url()).dispose()
    finally:
        primary.delete()


def test_a_table_of_another_program_is_not_taken_for_the_ledgers(postgres):
    postgres.execute("CREATE TABLE runs (id INTEGER)")
    assert "another program's table 'runs'; set LEDGER_URL to an empty" in refusal(postgres.url)
    assert postgres.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'") == [(1,)]


def test_a_schema_of_its_own_keeps_a_ledger_apart(postgres):
    postgres.execute("CREATE TABLE runs (id INTEGER)")
    postgres.execute("CREATE SCHEMA news")
    url = make_url(postgres.url).update_query_dict({"options": "-csearch_path=news"})
    engine(url).dispose()
    engine(url).dispose()
    assert postgres.execute("SELECT count(*) FROM news.stories") == [(0,)]


@pytest.fixture
def role(postgres):
    """A role with a password and no rights, and the URL with which it connects."""
    name = f"role_{postgres.name}"
    postgres.execute(f"CREATE ROLE {name} LOGIN PASSWORD 'weak'")
    yield name, changed(postgres, username=name, password="weak")  # noqa: S106 - of a test's server
    postgres.execute(f"DROP OWNED BY {name}")
    postgres.execute(f"DROP ROLE {name}")


def test_a_role_that_may_not_make_tables_is_told_what_it_needs(role):
    _, url = role
    message = refusal(url)
    assert "permission denied for schema public; let its user make tables" in message


def test_a_role_needs_no_more_than_rows_once_the_tables_are_there(postgres, role):
    name, url = role
    engine(postgres.url).dispose()
    assert "permission denied for table about; GRANT the user" in refusal(url)
    postgres.execute(f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO {name}")
    read_only_engine(url).dispose()
    engine(url).dispose()


@contextmanager
def server_that_says(version):
    """A server that greets whoever comes, and closes the connection at the first query."""

    def parameter(name, value):
        text = name.encode() + b"\0" + value.encode() + b"\0"
        return b"S" + (len(text) + 4).to_bytes(4, "big") + text

    def greet():
        connection, _ = listening.accept()
        with connection:
            connection.recv(8)  # whether it speaks TLS
            connection.sendall(b"N")
            connection.recv(1024)
            connection.sendall(
                b"R\0\0\0\x08\0\0\0\0"
                + parameter("server_version", version)
                + parameter("server_encoding", "UTF8")
                + b"Z\0\0\0\x05I"
            )
            connection.recv(1024)

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = Thread(target=greet, daemon=True)
        thread.start()
        yield listening.getsockname()[1]
        thread.join()


def test_a_server_that_is_too_old_is_refused_with_why():
    with server_that_says("9.6.24") as port:
        message = refusal(f"postgresql://me:{quote(PASSWORD, safe='')}@127.0.0.1:{port}/news")
    assert f"is PostgreSQL 9, and {OLDEST} is the oldest on which sinanews was tried" in message


def test_commands_refuse_with_code_2_and_ask_nothing_of_the_site(postgres, scrapy, pages):
    url = changed(postgres, password="wr0ng")  # noqa: S106 - that is its point
    for arguments in (["harvest", "china"], ["status"], ["export", "-o", "-"]):
        run = scrapy(*arguments, mirror=pages.url, LEDGER_URL=url)
        assert run.returncode == 2, run.stderr
        assert run.stderr.count("cannot be used: connection failed") == 1, run.stderr
        assert "Traceback" not in run.stderr
        assert "wr0ng" not in run.stderr + run.stdout
    assert pages.requests == []


def in_query(postgres):
    """The URL of a database with the password among its parameters."""
    url = make_url(postgres.url)
    bare = URL.create(url.drivername, url.username, None, url.host, url.port, url.database)
    return f"{bare}?password={quote(PASSWORD, safe='')}&sslpassword={quote(PASSWORD, safe='')}"


@pytest.mark.parametrize("url", [lambda postgres: postgres.url, in_query])
def test_the_password_stands_in_nothing_that_a_harvest_leaves(postgres, scrapy, output, url):
    run = scrapy("harvest", "china", LEDGER_URL=url(postgres), MIRROR_URL="http://127.0.0.1:1")
    said = run.stdout + run.stderr
    said += str(postgres.execute("SELECT runs::text, harvests::text FROM runs, harvests"))
    for file in filter(lambda path: path.is_file(), output.rglob("*")):
        said += file.read_text("utf-8", errors="replace")
    assert "failed" in said
    for secret in (PASSWORD, quote(PASSWORD, safe=""), quote(PASSWORD)):
        assert secret not in said


def test_a_run_that_the_ledger_ends_does_not_tell_a_password_of_the_query(
    postgres, scrapy, output, pages
):
    """What is told in the middle of a run, in its reason too, names the ledger."""
    engine(postgres.url).dispose()
    postgres.execute(
        "CREATE FUNCTION refuse() RETURNS trigger AS $$ BEGIN"
        " RAISE 'too many connections for role \"news\"'; END $$ LANGUAGE plpgsql;"
        " CREATE TRIGGER refuse BEFORE INSERT ON stories"
        " FOR EACH STATEMENT EXECUTE FUNCTION refuse()"
    )
    pages.roll(row("nnew0000000001"))
    run = scrapy("harvest", "china", LEDGER_URL=in_query(postgres), mirror=pages.url)
    said = run.stdout + run.stderr
    assert run.returncode == 3, said
    assert "?password=***&sslpassword=*** cannot be written: too many" in said
    assert 'for role "news"; ALTER ROLE … CONNECTION LIMIT' in said
    said += str(postgres.execute("SELECT runs::text, harvests::text FROM runs, harvests"))
    for file in filter(lambda path: path.is_file(), output.rglob("*")):
        said += file.read_text("utf-8", errors="replace")
    for secret in (PASSWORD, quote(PASSWORD, safe=""), quote(PASSWORD)):
        assert secret not in said


@pytest.mark.parametrize(
    "query", ["client_encoding=latin1", "options=-cclient_encoding%3Dlatin1", "client_encoding=x"]
)
def test_texts_go_to_the_server_as_utf_8_whatever_the_url_says(postgres, query):
    database = engine(f"{postgres.url}?{query}")
    with database.connect() as connection:
        assert connection.execute(select(text("'涨'"))).scalar_one() == "涨"
    database.dispose()


@pytest.mark.parametrize(
    ("query", "message"),
    [
        (
            "options=-csearch_path%3Dnone",
            "no schema has been selected to create in; CREATE SCHEMA with the name",
        ),
        ("sslmode=always", 'invalid sslmode value: "always"; set sslmode in LEDGER_URL'),
        ("sslmode=require", "SSL was required; set ssl = on at the server, or another sslmode"),
    ],
)
def test_parameters_that_the_server_cannot_follow_are_refused_with_advice(postgres, query, message):
    assert message in refusal(f"{postgres.url}?{query}")


def test_a_role_with_too_few_connections_is_told_of_its_limit(postgres, role):
    name, url = role
    postgres.execute(f"ALTER ROLE {name} CONNECTION LIMIT 0")
    message = refusal(url)
    assert f'too many connections for role "{name}"; ALTER ROLE … CONNECTION LIMIT' in message


def test_a_worker_that_stood_still_in_a_transaction_is_told_so(postgres):
    database = engine(postgres.url)
    with writing(database).connect() as connection:
        number = connection.execute(text("SELECT pg_backend_pid()")).scalar_one()
        connection.execute(text("SET idle_in_transaction_session_timeout = '1ms'"))
        while (number,) in postgres.execute("SELECT pid FROM pg_stat_activity"):
            time.sleep(0.01)
        with pytest.raises(DBAPIError) as error:
            connection.execute(text("SELECT 1"))
    database.dispose()
    assert "timeout; this worker, or its machine, stood still" in explained(error.value)


def test_the_password_of_the_tests_is_a_hard_one(postgres):
    """Or the tests above could not fail."""
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(changed(postgres, password="x").replace("+psycopg", ""))  # noqa: S106
    assert quote(PASSWORD, safe="") in postgres.url
