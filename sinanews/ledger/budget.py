"""How often a site is asked, by all workers of a ledger together: a row that says when it is free.

Every request has a slot, a moment of the database's clock. Reserving some moves the row on to after
the last of them, in a transaction that is on the disk before anybody uses one: whoever dies, here
or there, leaves at most slots that nobody uses.
"""

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from math import ceil, floor
from typing import Protocol, TypeVar

from sqlalchemy import ColumnElement, Double, Engine, case, cast, extract, func, literal, select
from sqlalchemy import update as update_
from sqlalchemy.exc import OperationalError, SQLAlchemyError

from sinanews.exceptions import LedgerError
from sinanews.ledger.database import BUSY_SECONDS, explained, insert_new, shown_url, writing
from sinanews.ledger.tables import budgets

LATENESS = 0.1  # seconds for which a slot may be used; it costs as much of each second's slots
# Two clocks that are kept right part by at most half a thousandth each while a reading is used.
READING_SECONDS = 5.0
DRIFT = READING_SECONDS / 1000
# What a reading of the database's clock may take: half of a slot is left then to wake up in.
SLOWEST_READING = LATENESS / 2 - 2 * DRIFT
READINGS = 20  # that take longer than that, one after the other, until the run is given up
AT_ONCE = 0.5  # seconds of slots that a worker has reserved at the most, or one slot
EARLY = 0.2  # seconds before its last slot when a worker asks for more
# A row that is further ahead was left by a clock that was wrong. Workers have AT_ONCE each, or a
# slot: so many seconds, or slots, are more than all of them have.
FURTHEST = 600.0
FURTHEST_SLOTS = 200
LOOK_SECONDS = 0.5  # between two looks whether the run ends, or the database is back

_T = TypeVar("_T")


def spacing(rate: float) -> float:
    """Seconds from one slot to the next, of so many requests a second.

    A request is sent at its slot or up to LATENESS later, so of `most + 1` that follow each other
    the last is sent at least `most * spacing - LATENESS`, which is `period`, after the first: no
    half-open period, wherever it begins, has more than `most`. A period is a second, with the whole
    part of the rate, or of a rate below one as long as one request takes.

    >>> spacing(4), spacing(0.5)
    (0.275, 2.1)
    """
    period, most = max(1.0, 1 / rate), max(1, floor(rate))
    return (period + LATENESS) / most


class Slots(Protocol):
    """Where slots are reserved; a database, by its own clock in seconds. `place` is where that is,
    as a user may see it."""

    place: str

    async def advance(self, lead: float, length: float, furthest: float) -> float:
        """Reserves `length` seconds from when the site is free, or from `lead` seconds after now:
        if it is free before that, or so far ahead, `furthest` seconds, that a clock was wrong.
        Returns when they begin."""

    async def now(self) -> float:
        """What its clock says."""


class DatabaseSlots:
    """The slots of a site in a ledger. `clock` gives the local unix time in seconds, which SQLite's
    processes share. Methods raise SQLAlchemyError."""

    def __init__(self, database: Engine, site: str, clock: Callable[[], float]) -> None:
        self._writing = writing(database, durable=True)
        # Without a transaction around it, a question for the time is one journey there and back.
        self._reading = database.execution_options(isolation_level="AUTOCOMMIT")
        self._is_shared = database.dialect.name == "postgresql"
        self._site = site
        self._clock = clock
        self.place = shown_url(database.url)

    async def advance(self, lead: float, length: float, furthest: float) -> float:
        """As `Slots` has it."""
        row = {"site": self._site, "free_at": 0}
        with self._writing.begin() as connection:
            soonest = self._now + lead
            is_usable = budgets.c.free_at.between(soonest, self._now + furthest)
            begin = case((is_usable, budgets.c.free_at), else_=soonest)
            advanced = update_(budgets).filter_by(site=self._site).values(free_at=begin + length)
            reserving = advanced.returning(budgets.c.free_at)
            free_at = connection.execute(reserving).scalar()
            if free_at is None:
                connection.execute(insert_new(connection, budgets).values(row))
                free_at = connection.execute(reserving).scalar_one()
        return float(free_at) - length

    async def now(self) -> float:
        """As `Slots` has it."""
        if not self._is_shared:
            return self._clock()
        with self._reading.connect() as connection:
            return connection.execute(select(self._now)).scalar_one()

    @property
    def _now(self) -> ColumnElement[float]:
        """The moment at which a statement is carried out: on PostgreSQL one that has waited for
        another worker's is carried out after it."""
        if not self._is_shared:
            return literal(self._clock(), Double)
        return cast(extract("epoch", func.clock_timestamp()), Double)


@dataclass(frozen=True, slots=True)
class _Reading:
    """The database's clock said `now` at a moment between two of the local monotonic clock."""

    before: float
    now: float
    after: float

    def span(self, slot: float) -> tuple[float, float]:
        """From when on, by the monotonic clock, a slot has certainly come, and until when it is
        certainly no more than LATENESS ago."""
        ahead = slot - self.now
        return self.after + ahead + DRIFT, self.before + ahead + LATENESS - DRIFT


class Budget:
    """A worker's part in what all may ask of a site, `rate` requests a second. `monotonic` gives
    seconds, and `sleep` waits for as many."""

    def __init__(
        self,
        slots: Slots,
        rate: float,
        monotonic: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        self._slots = slots
        self._spacing = spacing(rate)
        self._most = ceil(AT_ONCE / self._spacing)
        self._furthest = max(FURTHEST, FURTHEST_SLOTS * self._spacing)
        self._monotonic = monotonic
        self._sleep = sleep
        self._taking = asyncio.Lock()
        self._waiting = 0  # requests that have no slot
        self._reserved: deque[float] = deque()
        self._resting = 0.0  # until this moment enough is reserved
        self._lead = LATENESS  # what it takes to reserve a slot and be ready for it
        self._reading: _Reading | None = None

    async def wait(self, is_over: Callable[[], bool]) -> float | None:
        """Waits for a slot. Returns the moment, of the monotonic clock, at which it is there, and
        at which whoever waited has to send; None when `is_over`, which is asked meanwhile.

        A slot that passed unused, since this process or the database was late, is left, and another
        one reserved. Raises LedgerError when the database cannot be used, for which it is waited as
        long as BUSY_SECONDS, or when it is too slow to tell the time.
        """
        while not is_over():
            slot = await self._take(is_over)
            if slot is not None and (moment := await self._use(slot, is_over)) is not None:
                return moment
        return None

    async def _take(self, is_over: Callable[[], bool]) -> float | None:
        """A reserved slot, for those who wait in the order in which they came; None if over."""
        self._waiting += 1
        try:
            async with self._taking:
                if not self._reserved:
                    await self._reserve(is_over)
                return self._reserved.popleft() if self._reserved else None
        finally:
            self._waiting -= 1

    async def _reserve(self, is_over: Callable[[], bool]) -> None:
        """Reserves slots for those who wait, but no more than AT_ONCE ahead of other workers."""
        while (left := self._resting - self._monotonic()) > 0:
            if is_over():
                return
            await self._sleep(min(left, LOOK_SECONDS))
        count, began = min(self._waiting, self._most), self._monotonic()
        length = count * self._spacing
        advance = partial(self._slots.advance, self._lead, length, self._furthest)
        first = await self._persistently(advance, is_over)
        reading = await self._read(is_over) if first is not None else None
        if first is None or reading is None:
            return
        # Twice, for what takes as long as now half of the time takes longer.
        self._lead = min(2 * (self._monotonic() - began), 1.0)
        self._reserved.extend(first + number * self._spacing for number in range(count))
        self._resting = reading.span(self._reserved[-1])[0] - EARLY

    async def _use(self, slot: float, is_over: Callable[[], bool]) -> float | None:
        """Waits until a slot is there; returns the moment, None if it is over or has passed."""
        while not is_over():
            now, reading = self._monotonic(), self._reading
            if reading is None or now - reading.before > READING_SECONDS:
                await self._read(is_over)
                continue
            begin, end = reading.span(slot)
            if now > end:
                return None
            if now >= begin:
                return now
            await self._sleep(min(begin - now, LOOK_SECONDS))
        return None

    async def _read(self, is_over: Callable[[], bool]) -> _Reading | None:
        """Reads the database's clock; None if over. Raises LedgerError if that takes too long."""
        for _ in range(READINGS):
            before = self._monotonic()
            now = await self._persistently(self._slots.now, is_over)
            if now is None:
                return None
            reading = _Reading(before, now, self._monotonic())
            if reading.after - reading.before <= SLOWEST_READING:
                self._reading = reading
                return reading
            await self._sleep(LOOK_SECONDS)
        raise LedgerError(
            f"the ledger's database took {reading.after - reading.before:.2f} seconds to tell the"
            f" time, and more than {SLOWEST_READING:.2f} again and again: requests cannot be kept"
            " to SITE_REQUESTS_PER_SECOND"
        )

    async def _persistently(
        self, ask: Callable[[], Awaitable[_T]], is_over: Callable[[], bool]
    ) -> _T | None:
        """The database's answer, for which it is asked again while it restarts; None if over."""
        end = self._monotonic() + BUSY_SECONDS
        while not is_over():
            try:
                return await ask()
            except SQLAlchemyError as error:
                if not isinstance(error, OperationalError) or self._monotonic() > end:
                    raise LedgerError(
                        f"the ledger {self._slots.place} cannot be used: {explained(error)}"
                    ) from error
            await self._sleep(LOOK_SECONDS)
        return None
