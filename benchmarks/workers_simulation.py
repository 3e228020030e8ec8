"""A SIMULATION of many workers on one PostgreSQL, no measurement: what would be the limit.

    python benchmarks/workers_simulation.py [--figures results/workers.json] [--workers N,N] ...

Its times are those that workers.py has measured, which it reads. First it simulates what was
measured, all on one machine, and says how far off it is: more than TRUST, and its exit code is 1.
README.md says what it leaves out.
"""
# ruff: noqa: T201 - a script, in no package, that prints to the terminal

import argparse
import heapq
import json
import os
import random
import sys
from collections import deque
from collections.abc import Generator, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

HERE = Path(__file__).resolve().parent
BATCH = 32  # stories of a claim, as in sinanews
GATHER = 0.02  # seconds for which articles gather, as in sinanews where fewer than eight wait
TRUST = 0.25  # share by which a simulated rate may be off what was measured

Process = Generator["Step", None, None]


class Shared:
    """What only so many can use at a time: cores of a processor, or a lock; who comes later
    waits."""

    def __init__(self, capacity: int) -> None:
        self.capacity = capacity
        self.used = 0
        self.busy = 0.0  # seconds of all users together
        self.waiting: deque[tuple[float, Process]] = deque()


@dataclass(frozen=True, slots=True)
class Step:
    """What a process does next: it uses something shared for some seconds, or only waits."""

    seconds: float
    shared: Shared | None = None


class Clock:
    """The simulated time in seconds, and who goes on when."""

    def __init__(self) -> None:
        self.now = 0.0
        self._events: list[tuple[float, int, Process, Shared | None]] = []
        self._number = 0

    def start(self, process: Process) -> None:
        """Has a process begin now."""
        self._at(0.0, process, None)

    def _at(self, seconds: float, process: Process, shared: Shared | None) -> None:
        self._number += 1
        heapq.heappush(self._events, (self.now + seconds, self._number, process, shared))

    def run(self, until: float) -> None:
        """Goes on until a moment, or until nobody does anything."""
        while self._events and self._events[0][0] <= until:
            self.now, _, process, shared = heapq.heappop(self._events)
            if shared is not None:
                self._leave(shared)
            step = next(process, None)
            if step is None:
                continue
            if step.shared is None:
                self._at(step.seconds, process, None)
            elif step.shared.used < step.shared.capacity:
                self._enter(step.shared, step.seconds, process)
            else:
                step.shared.waiting.append((step.seconds, process))

    def _enter(self, shared: Shared, seconds: float, process: Process) -> None:
        shared.used += 1
        shared.busy += seconds
        self._at(seconds, process, shared)

    def _leave(self, shared: Shared) -> None:
        shared.used -= 1
        if shared.waiting:
            self._enter(shared, *shared.waiting.popleft())


@dataclass(frozen=True, slots=True)
class Times:
    """Seconds, all measured: CPU of a worker for an article, of the server for an article and for a
    claim of BATCH, and what a commit waits for the disk."""

    worker: float
    server: float
    claim: float
    commit: float


@dataclass(frozen=True, slots=True)
class Fleet:
    """So many workers, on `cores` each, or all on those of the server; the server's cores; how many
    pages a second the site allows all of them together, 0 without such a limit."""

    workers: int
    server_cores: int
    cores: int = 1
    together: bool = False
    budget: float = 0.0


@dataclass(slots=True)
class Outcome:
    """What was simulated: articles a second, and how busy the server and its lock were, as shares
    of the time."""

    articles: int = 0
    rate: float = 0.0
    server: float = 0.0
    lock: float = 0.0
    slots: float = field(default=0.0, repr=False)  # from when on the site may be asked again


def simulate(fleet: Fleet, times: Times, seconds: float, seed: int) -> Outcome:
    """Some seconds of a harvest that has more stories than it can fetch."""
    rng, clock, outcome = random.Random(seed), Clock(), Outcome()  # noqa: S311 - no secret
    server = Shared(fleet.server_cores)
    lock = Shared(1)  # of the row that gives a revision its position: held until the commit is done
    for _ in range(fleet.workers):
        cores = server if fleet.together else Shared(fleet.cores)
        written: deque[int] = deque()
        clock.start(_fetch(fleet, times, (clock, cores, server), (outcome, written, rng)))
        clock.start(_write(times, (server, lock), (outcome, written)))
    clock.run(seconds)
    outcome.rate = outcome.articles / seconds
    outcome.server = server.busy / seconds / server.capacity
    outcome.lock = lock.busy / seconds
    return outcome


def _fetch(
    fleet: Fleet,
    times: Times,
    places: tuple[Clock, Shared, Shared],
    shared: tuple[Outcome, deque[int], random.Random],
) -> Process:
    """A worker's event loop: claims, and reads pages one after the other; while it waits for one it
    reads another, so that only its CPU counts."""
    (clock, cores, server), (outcome, written, rng) = places, shared
    yield Step(rng.uniform(0, 1))  # nobody starts in the same instant
    while True:
        yield Step(times.claim, server)
        yield Step(times.commit)
        for _ in range(BATCH):
            if fleet.budget:
                outcome.slots = max(outcome.slots, clock.now) + 1 / fleet.budget
                yield Step(outcome.slots - clock.now)
            yield Step(times.worker * rng.uniform(0.5, 1.5), cores)
            written.append(1)
            while len(written) > BATCH:  # what waits for the disk is bounded
                yield Step(GATHER / 10)


def _write(
    times: Times, places: tuple[Shared, Shared], shared: tuple[Outcome, deque[int]]
) -> Process:
    """A worker's writer: what has gathered is settled in one transaction."""
    (server, lock), (outcome, written) = places, shared
    while True:
        yield Step(GATHER)
        if not written:
            continue
        count = len(written)
        written.clear()
        yield Step(times.server * count, server)
        yield Step(times.commit, lock)
        outcome.articles += count


def measured(figures: dict[str, Any]) -> tuple[Times, dict[int, float]]:
    """The times that the simulation takes; and the articles a second, by the number of workers,
    from the first post to the last."""
    free = [one for one in figures["harvests"] if one["kind"] == "free"]
    claims = [one for one in figures["claims"] if one["kind"] == "sinanews" and one["workers"] == 1]
    counts = sorted({one["workers"] for one in free})
    if counts[:1] != [1] or len(counts) == 1 or not claims:
        raise SystemExit("--figures: expected claims and harvests of workers.py, by 1 and by more")

    def of(workers: int, name: str) -> float:
        return median(one[name] for one in free if one["workers"] == workers)

    articles, commit = free[0]["articles"], figures["commit"]
    # Each worker more has to start, and the articles are as many.
    start = max(0.0, (of(counts[-1], "cpu") - of(1, "cpu")) / (counts[-1] - 1))
    claim = max(0.0, median(one["median"] for one in claims) - commit)
    times = Times(
        worker=(of(1, "cpu") - start) / articles,
        server=max(0.0, of(1, "server_cpu") / articles - claim / BATCH),
        claim=claim,
        commit=commit,
    )
    return times, {count: articles / of(count, "writing") for count in counts}


def main() -> int:
    """Checks the simulation against what was measured, then simulates; 1 when it is not to be
    trusted."""
    options = arguments()
    times, rates = measured(json.loads(options.figures.read_text("utf-8")))
    print("SIMULATION, no measurement. Its times, measured by workers.py:")
    print(
        f"an article {times.worker * 1e3:.2f} ms of a worker's CPU and {times.server * 1e3:.2f} of"
        f" the server's, a claim {times.claim * 1e3:.2f} ms, a commit {times.commit * 1e3:.2f} ms\n"
    )
    worst = 0.0
    for line, off in checks(times, rates, options):
        worst = max(worst, abs(off))
        print(line)
    for budget, title in ((0.0, "no limit of the site's"), (options.budget, "the site's limit")):
        print(f"\n{title}{f', {budget:g} pages a second' if budget else ''};", end=" ")
        print(f"a core for each worker, {options.server_cores} for PostgreSQL:\n")
        print("| workers | articles/s | server busy | its lock busy |")
        print("|---|---|---|---|")
        for workers in options.workers:
            fleet = Fleet(workers, options.server_cores, budget=budget)
            got = simulate(fleet, times, options.seconds, options.seed)
            print(f"| {workers} | {got.rate:,.1f} | {got.server:.0%} | {got.lock:.0%} |")
    trusted = worst <= TRUST
    print(f"\n{'good' if trusted else 'MISSED'}: at most {worst:.0%} off (at most {TRUST:.0%})")
    return int(not trusted)


def checks(
    times: Times, rates: dict[int, float], options: argparse.Namespace
) -> Iterator[tuple[str, float]]:
    """A line for each number of workers that was measured, and by what share it is off."""
    yield "| workers, on this machine | measured | simulated | off |", 0.0
    yield "|---|---|---|---|", 0.0
    for workers, rate in rates.items():
        fleet = Fleet(workers, os.cpu_count() or 1, together=True)
        got = simulate(fleet, times, options.seconds, options.seed).rate
        yield f"| {workers} | {rate:,.0f} | {got:,.0f} | {got / rate - 1:+.0%} |", got / rate - 1


def arguments() -> argparse.Namespace:
    """The options on the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    figures = HERE / "results" / "workers.json"
    parser.add_argument("--figures", type=Path, default=figures, help="(%(default)s)")
    parser.add_argument("--workers", type=numbers, default=[1, 2, 4, 10, 30, 100], help="N,N")
    parser.add_argument("--server-cores", type=int, default=4, help="PostgreSQL's (%(default)s)")
    parser.add_argument("--budget", type=float, default=4.0, help="pages a second (%(default)s)")
    parser.add_argument("--seconds", type=float, default=30.0, help="simulated (%(default)s)")
    parser.add_argument("--seed", type=int, default=1, help="(%(default)s)")
    return parser.parse_args()


def numbers(text: str) -> list[int]:
    """Numbers of workers, with commas between."""
    return [int(number) for number in text.split(",")]


if __name__ == "__main__":
    sys.exit(main())
