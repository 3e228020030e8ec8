"""Workers in processes of their own, and real databases that end in the middle."""

import asyncio
import multiprocessing
import time

import pytest

from budget.world import busiest
from postgres import MARK
from sinanews.ledger.budget import Budget, DatabaseSlots
from sinanews.ledger.database import engine

RATE, WORKERS, REQUESTS = 40, 8, 4  # so many at once in each worker
SITE = "https://example.org"
_context = multiprocessing.get_context("fork")


def work(url, results, done):
    """Sends requests until it is done; their moments are of the machine's own clock."""

    async def ask():
        while (moment := await budget.wait(done.is_set)) is not None:
            results.put(moment)

    async def ask_all():
        await asyncio.gather(*(ask() for _ in range(REQUESTS)))

    database = engine(url)
    budget = Budget(DatabaseSlots(database, SITE, time.time), RATE)
    asyncio.run(ask_all())
    database.dispose()


def sent(url, count, meanwhile=None):
    """The moments of at least so many requests of all workers; when a third of them is sent,
    something else happens."""
    engine(url).dispose()
    results, done = _context.Queue(), _context.Event()
    workers = [_context.Process(target=work, args=(url, results, done)) for _ in range(WORKERS)]
    for worker in workers:
        worker.start()
    moments, happened = [], meanwhile is None
    while len(moments) < count:
        moments.append(results.get(timeout=60))
        if not happened and len(moments) > count / 3:
            happened = True
            meanwhile()
    done.set()
    while any(worker.is_alive() for worker in workers) or not results.empty():
        if not results.empty():
            moments.append(results.get())
    assert [worker.exitcode for worker in workers] == [0] * WORKERS
    return moments


def test_workers_of_one_machine_share_the_budget_of_a_file(tmp_path):
    moments = sent(f"sqlite:///{tmp_path}/ledger.db", 100)

    assert len(moments) >= 100
    assert busiest(moments) <= RATE


@pytest.mark.parametrize(
    "mode", [pytest.param("fast", marks=MARK), pytest.param("immediate", marks=MARK)]
)
def test_no_second_exceeds_the_budget_when_the_database_restarts(mode, postgres):
    def restart():
        postgres.stop(mode)
        restarted.append(time.monotonic())
        postgres.start()

    restarted = []
    moments = sent(postgres.url, 150, restart)

    assert min(moments) < restarted[0] < max(moments)
    assert busiest(moments) <= RATE


@MARK
def test_slots_are_by_the_clock_of_the_database(postgres):
    """Two workers whose clocks are a year apart."""
    database = engine(postgres.url)
    clocks = [time.time, lambda: time.time() + 365 * 86_400]

    async def reserved():
        slots = [DatabaseSlots(database, SITE, clock) for clock in clocks]
        return [await slots[number % 2].advance(0.0, 5.0, 600.0) for number in range(4)]

    first, *others = asyncio.run(reserved())
    assert others == pytest.approx([first + 5, first + 10, first + 15])
    assert postgres.execute("SELECT free_at FROM budgets") == [(pytest.approx(first + 20),)]
    database.dispose()
