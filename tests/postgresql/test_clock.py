"""Workers on one server go by its clock, whatever their own say."""

import time

import pytest

from harvest.small import config_of
from postgres import MARK
from sinanews.config import Config
from sinanews.ledger.database import clock_of, engine
from sinanews.ledger.ledger import Ledger
from sinanews.ledger.read_only import read_only_engine
from sinanews.posts.paths import post_path

pytestmark = MARK
FAR = 10_000_000.0  # seconds by which this machine's clock is wrong


@pytest.mark.parametrize("open_", [engine, read_only_engine])
def test_a_worker_with_a_wrong_clock_goes_by_the_servers(postgres, monkeypatch, open_):
    engine(postgres.url).dispose()
    true = time.time()
    monkeypatch.setattr(time, "time", lambda: true + FAR)
    clock = clock_of(open_(postgres.url))
    assert abs(clock() - true) < FAR / 2
    assert clock() <= clock()


def test_the_clock_goes_on_between_connections(postgres):
    clock = clock_of(engine(postgres.url))
    before = clock()
    time.sleep(0.05)
    assert clock() - before >= 0.05


def test_a_new_connection_reads_the_clock_anew(postgres):
    database = engine(postgres.url)
    clock = clock_of(database)
    clock._ahead += FAR  # noqa: SLF001 - as if this machine had lost count
    assert abs(clock() - time.time()) > FAR / 2
    database.dispose()
    database.connect().close()
    assert abs(clock() - time.time()) < FAR / 2


def test_a_ledger_that_settings_name_has_the_servers_clock(postgres, output, monkeypatch):
    true = time.time()
    monkeypatch.setattr(time, "time", lambda: true + FAR)
    config: Config = config_of(output, LEDGER_URL=postgres.url)
    for read_only in (False, True):
        ledger = Ledger.open(config, post_path, read_only=read_only)
        assert abs(ledger.now() - true) < FAR / 2
        ledger.close()


def test_a_ledger_in_a_file_goes_by_this_machines_clock(tmp_path, monkeypatch):
    database = engine(f"sqlite:///{tmp_path}/ledger.db")
    monkeypatch.setattr(time, "time", lambda: FAR)
    assert clock_of(database)() == FAR
