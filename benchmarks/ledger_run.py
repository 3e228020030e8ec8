"""Builds the stores and measures them; ledger.py runs it."""
# ruff: noqa: T201 -- a script, in no package, that talks to the terminal

import gc
import json
import os
import sqlite3
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from ledger_fill import fill_filter, fill_ledger, fill_plain
from ledger_stores import AUDIT, STORES, Pages, Store, tasks
from ledger_table import CPU, LOAD, OURS, report
from sinanews.mirror.server import running
from sinanews.mirror.site import Site

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
Times = dict[tuple[str, str, int], list[float]]  # as ledger_table has it, to be added to
Places = dict[tuple[str, int], Path]
FILLS = {OURS: fill_ledger, "SQLite table": fill_plain, "JOBDIR filter": fill_filter}
ARTICLES = 310  # of the mirror, so that a harvest writes about three hundred
HARVESTS = 5  # of each kind, in turn
SELDOM = {"opening", "closing", AUDIT}  # in every fifth round only: some of them are slow
QUICK: dict[str, object] = {
    "AUTOTHROTTLE_ENABLED": False,
    "DOWNLOAD_DELAY": 0,
    "CONCURRENT_REQUESTS_PER_DOMAIN": 16,
    "LOG_LEVEL": "ERROR",
}


def main(folder: Path, out: Path, rounds: int, counts: list[int]) -> None:
    """Build, measure, print and write."""
    folder.mkdir(parents=True, exist_ok=True)
    write(out, measured(folder, counts, rounds), rounds)


def measured(folder: Path, counts: list[int], rounds: int) -> Times:
    """Everything, in an order in which nothing spoils what comes after it."""
    times: Times = defaultdict(list)
    places = built(folder, counts, times)
    harvest_in_turn(folder, places, counts, times)
    measure_memory(places, times)
    times[LOAD, "", 0].append(os.getloadavg()[0])
    measure_tasks(places, rounds, times)
    times[LOAD, "", 0].append(os.getloadavg()[0])
    return times


def built(folder: Path, counts: list[int], times: Times) -> Places:
    """Stores of every kind and size."""
    places: Places = {}
    for count in counts:
        for name, fill in FILLS.items():
            tell(f"making: {name}, {count:,} stories")
            where = places[name, count] = folder / f"{name.replace(' ', '-')}-{count}"
            began = time.perf_counter()
            fill(where, count)
            times["making it, s", name, count].append(time.perf_counter() - began)
            times["on disk, MB", name, count].append(weight(where) / 1e6)
    return places


def weight(where: Path) -> int:
    """The bytes of a file, or of a folder's files."""
    files = where.iterdir() if where.is_dir() else [where]
    return sum(file.stat().st_size for file in files)


def harvest_in_turn(folder: Path, places: Places, counts: list[int], times: Times) -> None:
    """Harvests of the embedded mirror on an empty ledger and on the largest in turn, after one of
    each that only warms up. Every turn has articles of its own."""
    for number in range(HARVESTS + 1):
        for count in counts[:1] + counts[-1:]:
            tell(f"harvest {number} of {HARVESTS}, {count:,} stories")
            place = folder / f"empty-{number}.db"
            if count:
                place = as_before_any_walk(places[OURS, count])
            told = harvested(folder / f"output-{number}-{count}", place, number)
            for what, value in told.items() if number else ():
                times[f"harvest, {what}", OURS, count].append(value)


def as_before_any_walk(ledger: Path) -> Path:
    """The ledger, made to forget how far the lists are known: each harvest walks as far."""
    with closing(sqlite3.connect(ledger)) as database, database:
        database.execute("DELETE FROM frontiers")
    return ledger


def harvested(output: Path, ledger: Path, seed: int) -> dict[str, float]:
    """What a harvest took, and how many articles it wrote."""
    with running(Site(seed=seed, articles=ARTICLES, tick=0)) as mirror:
        places = {"OUTPUT_DIR": output, "LEDGER_URL": f"sqlite:///{ledger}"}
        told = QUICK | places | {"MIRROR_URL": mirror.url}
        settings = [word for name, value in told.items() for word in ("-s", f"{name}={value}")]
        took = in_process("harvest", "china", "-a", "channel=all", *settings)
    return took | {"articles": sum(1 for _ in output.rglob("*.md"))}


def in_process(*words: str) -> dict[str, float]:
    """What ledger_process.py tells of itself. Raises SystemExit when it fails."""
    command = [sys.executable, str(HERE / "ledger_process.py"), *words]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)  # noqa: S603 -- our own script
    if done.returncode:
        raise SystemExit(f"{' '.join(command)}\n{done.stdout}{done.stderr}")
    took = json.loads(done.stdout.splitlines()[-1])
    return {"s": took["seconds"], "peak MB": took["peak_kb"] / 1e3}


def measure_memory(places: Places, times: Times) -> None:
    """The peak memory of processes that open a store and decide pages, and do no more."""
    for _ in range(3):
        for (name, count), where in places.items():
            tell(f"memory: {name}, {count:,} stories")
            took = in_process(name, str(where), str(count))
            times["100 known pages, peak MB", name, count].append(took["peak MB"])


def measure_tasks(places: Places, rounds: int, times: Times) -> None:
    """All stores in turn, `rounds` times after one that warms up."""
    stores = {key: opened(key, where) for key, where in places.items()}
    gc.collect()
    gc.freeze()
    for number in range(rounds + 1):
        tell(f"round {number} of {rounds}")
        for (name, count), (store, pages) in stores.items():
            for task, do in tasks(store, pages):
                if task in SELDOM and number % 5:
                    continue
                took, cpu = timed(do)
                if task and number:
                    times[f"{task}, ms", name, count].append(took * 1e3)
                    times[f"{task}, {CPU}", name, count].append(cpu * 1e3)
    for store, _ in stores.values():
        store.close()
    tell("")


def timed(do: Callable[[], object]) -> tuple[float, float]:
    """The seconds that something takes, and those in which it had a processor."""
    cpu, began = time.thread_time(), time.perf_counter()
    do()
    return time.perf_counter() - began, time.thread_time() - cpu


def opened(key: tuple[str, int], where: Path) -> tuple[Store, Pages]:
    """A store and its pages; an empty one gets its first, for there to be one that it knows."""
    name, count = key
    store, pages = STORES[name](where), Pages(count)
    if count == 0:
        store.deciding(pages.new())()
    return store, pages


def tell(what: str) -> None:
    """What is being done, in one line."""
    print(f"\r\033[K{what}", end="", file=sys.stderr, flush=True)


def write(out: Path, times: Times, rounds: int) -> None:
    """Print the table; the same goes into ledger.md, all that was measured into ledger.json."""
    text = report(times, rounds)
    print(text)
    out.mkdir(parents=True, exist_ok=True)
    (out / "ledger.md").write_text(f"{text}\n", "utf-8")
    every = [
        {"what": what, "store": store, "stories": count, "values": values}
        for (what, store, count), values in times.items()
    ]
    (out / "ledger.json").write_text(json.dumps(every, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]), list(map(int, sys.argv[4:])))
