"""A budget among workers and a database that live in a time of their own, which passes at once:
each worker's clock shows something else, answers take their time, and workers wake up late."""

import asyncio
import random
import selectors
from collections.abc import Coroutine, Iterable
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from sqlalchemy.exc import OperationalError

from sinanews.ledger.budget import Budget, Slots, spacing


class _Skipping(selectors.SelectSelector):
    """Waits for nothing: the time until the next thing to do has passed at once."""

    now = 0.0

    def select(self, timeout: float | None = None):
        self.now += timeout or 0.0
        return super().select(0)


class _Loop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        self._own = _Skipping()
        super().__init__(self._own)

    def time(self) -> float:
        return self._own.now


def run(main: Coroutine[Any, Any, Any]) -> Any:
    """Runs a coroutine in a time of its own, which begins at 0."""
    with asyncio.Runner(loop_factory=_Loop) as runner:
        return runner.run(main)


def now() -> float:
    return asyncio.get_running_loop().time()


@dataclass(frozen=True)
class History:
    """What happens: seconds that an answer takes each way, by which a worker wakes up late, and how
    wrong the clocks are; when a worker dies, and when the database is away, from and until."""

    rate: float
    workers: int
    seconds: float
    requests: int = 8  # that each worker has at once
    latency: tuple[float, float] = (0.0, 0.0)
    late: tuple[float, float] = (0.0, 0.0)
    parts: float = 0.0  # by which a clock goes too fast, or too slow, at the most
    deaths: tuple[float, ...] = ()
    outages: tuple[tuple[float, float], ...] = ()
    seed: int = 0


@dataclass
class Database(Slots):
    """The row, as a database has it that forgets nothing that it has said."""

    history: History
    offset: float
    chance: random.Random
    free_at: float = 0.0
    place: str = "of the world"
    slots: list[float] = field(default_factory=list)  # reserved, in the time of the loop

    async def advance(self, lead: float, length: float, furthest: float) -> float:
        await self._journey()
        soonest = self.clock() + lead
        begin = self.free_at if soonest <= self.free_at <= self.clock() + furthest else soonest
        self.free_at = begin + length
        apart = spacing(self.history.rate)
        self.slots += (begin - self.offset + n * apart for n in range(round(length / apart)))
        await self._journey()  # on which the answer may be lost
        return begin

    async def now(self) -> float:
        await self._journey()
        said = self.clock()
        await self._journey()
        return said

    def clock(self) -> float:
        return now() + self.offset

    async def _journey(self) -> None:
        await asyncio.sleep(self.chance.uniform(*self.history.latency))
        if any(begin <= now() < end for begin, end in self.history.outages):
            raise OperationalError("", None, ConnectionError("the server restarts"))


async def play(
    history: History, free_at: float = 0.0, slots: list[float] | None = None
) -> list[float]:
    """When requests were sent, in order; adds the slots that were reserved to `slots`."""
    chance = random.Random(history.seed)  # noqa: S311 - a history can be played again
    database = Database(history, chance.uniform(-1e6, 1e6), chance)
    database.free_at = database.clock() + free_at
    sent: list[float] = []
    workers = [
        asyncio.ensure_future(_work(history, database, chance, sent))
        for _ in range(history.workers)
    ]
    deaths = zip(history.deaths, workers, strict=False)
    for moment, worker in deaths:
        asyncio.get_running_loop().call_at(moment, worker.cancel)
    await asyncio.sleep(history.seconds)
    for worker in workers:
        worker.cancel()
    await asyncio.gather(*workers, return_exceptions=True)
    if slots is not None:
        slots += database.slots
    return sorted(sent)


async def _work(
    history: History, database: Database, chance: random.Random, sent: list[float]
) -> None:
    """A worker with so many requests at once, each followed by the next."""
    start, offset = now(), chance.uniform(0, 1e6)
    pace = 1 + chance.uniform(-history.parts, history.parts)

    async def sleep(seconds: float) -> None:
        await asyncio.sleep(seconds / pace + chance.uniform(*history.late))

    budget = Budget(database, history.rate, lambda: offset + (now() - start) * pace, sleep)

    async def ask() -> None:
        while (moment := await budget.wait(lambda: False)) is not None:
            sent.append(start + (moment - offset) / pace)

    await asyncio.gather(*(ask() for _ in range(history.requests)))


def busiest(sent: Iterable[float], period: float = 1.0) -> int:
    """The most that any half-open period has, wherever it begins: one that has the most can be
    moved until it begins with a request."""
    moments, most, first = sorted(sent), 0, 0
    for last, moment in enumerate(moments):
        while moment - moments[first] >= period:
            first += 1
        most = max(most, last - first + 1)
    return most


def closest(sent: Iterable[float]) -> float:
    """The shortest time between two requests."""
    return min((later - earlier for earlier, later in pairwise(sorted(sent))), default=1e9)
