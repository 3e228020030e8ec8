"""Makes the stores and measures them; ledger.py runs it."""
# ruff: noqa: T201 - a script, in no package, that prints to the terminal

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
Times = dict[tuple[str, str, int], list[float]]  # those of ledger_table, to be added to
Paths = dict[tuple[str, int], Path]  # of the stores, by name and number of stories
FILLS = {OURS: fill_ledger, "SQLite table": fill_plain, "JOBDIR filter": fill_filter}
ARTICLES = 310  # of the mirror, of which a harvest writes about three hundred
HARVESTS = 5  # with each ledger, in turn
SLOW = {"opening", "closing", AUDIT}  # these run in every fifth round only
FAST: dict[str, object] = {
    "AUTOTHROTTLE_ENABLED": False,
    "DOWNLOAD_DELAY": 0,
    "CONCURRENT_REQUESTS_PER_DOMAIN": 16,
    "LOG_LEVEL": "ERROR",
}


def main(folder: Path, out: Path, rounds: int, counts: list[int]) -> None:
    """Makes the stores, measures them, and prints and writes the results."""
    folder.mkdir(parents=True, exist_ok=True)
    times: Times = defaultdict(list)
    # In this order, no measurement spoils a later one.
    paths = make_stores(folder, counts, times)
    measure_harvests(folder, paths, counts, times)
    measure_memory(paths, times)
    times[LOAD, "", 0].append(os.getloadavg()[0])
    measure_tasks(paths, rounds, times)
    times[LOAD, "", 0].append(os.getloadavg()[0])
    write(out, times, rounds)


def make_stores(folder: Path, counts: list[int], times: Times) -> Paths:
    """Makes stores of every kind and size."""
    paths: Paths = {}
    for count in counts:
        for name, fill in FILLS.items():
            show(f"making: {name}, {count:,} stories")
            path = paths[name, count] = folder / f"{name.replace(' ', '-')}-{count}"
            began = time.perf_counter()
            fill(path, count)
            times["making it, s", name, count].append(time.perf_counter() - began)
            files = path.iterdir() if path.is_dir() else [path]
            size = sum(file.stat().st_size for file in files)
            times["on disk, MB", name, count].append(size / 1e6)
    return paths


def measure_harvests(folder: Path, paths: Paths, counts: list[int], times: Times) -> None:
    """Harvests the embedded mirror into an empty ledger and into the largest, in turn, after a
    first harvest of each that only warms up. Every turn has other articles."""
    for turn in range(HARVESTS + 1):
        for count in counts[:1] + counts[-1:]:
            show(f"harvest {turn} of {HARVESTS}, {count:,} stories")
            ledger = folder / f"empty-{turn}.db"
            if count:
                ledger = paths[OURS, count]
                # So that each harvest walks as far back as the first.
                with closing(sqlite3.connect(ledger)) as database, database:
                    database.execute("DELETE FROM watermarks")
            figures = harvest(folder / f"output-{turn}-{count}", ledger, turn)
            for figure, value in figures.items() if turn else ():
                times[f"harvest, {figure}", OURS, count].append(value)


def harvest(output: Path, ledger: Path, seed: int) -> dict[str, float]:
    """Runs a harvest; returns its seconds, its peak memory, and the number of its articles."""
    with running(Site(seed=seed, articles=ARTICLES, tick=0)) as mirror:
        archive = {"OUTPUT_DIR": output, "LEDGER_URL": f"sqlite:///{ledger}"}
        settings = FAST | archive | {"MIRROR_URL": mirror.url, "SAME_SITE": True}
        args = [arg for name, value in settings.items() for arg in ("-s", f"{name}={value}")]
        figures = run_process("harvest", "china", "-a", "channel=all", *args)
    return figures | {"articles": sum(1 for _ in output.rglob("*.md"))}


def run_process(*args: str) -> dict[str, float]:
    """Runs ledger_process.py; returns its seconds and its peak memory.

    Raises SystemExit when it fails.
    """
    command = [sys.executable, str(HERE / "ledger_process.py"), *args]
    process = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)  # noqa: S603 - our own script
    if process.returncode:
        raise SystemExit(f"{' '.join(command)}\n{process.stdout}{process.stderr}")
    figures = json.loads(process.stdout.splitlines()[-1])
    return {"s": figures["seconds"], "peak MB": figures["peak_kb"] / 1e3}


def measure_memory(paths: Paths, times: Times) -> None:
    """Measures the peak memory of processes that only open a store and look up pages."""
    for _ in range(3):
        for (name, count), path in paths.items():
            show(f"memory: {name}, {count:,} stories")
            figures = run_process(name, str(path), str(count))
            times["100 known pages, peak MB", name, count].append(figures["peak MB"])


def measure_tasks(paths: Paths, rounds: int, times: Times) -> None:
    """Times the tasks of all stores in turn, in `rounds` rounds after one that warms up."""
    stores = {key: open_store(*key, path) for key, path in paths.items()}
    gc.collect()
    gc.freeze()
    for number in range(rounds + 1):
        show(f"round {number} of {rounds}")
        for (name, count), (store, pages) in stores.items():
            for task, run in tasks(store, pages):
                if task in SLOW and number % 5:
                    continue
                seconds, cpu = run_timed(run)
                if task and number:
                    times[f"{task}, ms", name, count].append(seconds * 1e3)
                    times[f"{task}, {CPU}", name, count].append(cpu * 1e3)
    for store, _ in stores.values():
        store.close()
    show("")


def open_store(name: str, count: int, path: Path) -> tuple[Store, Pages]:
    """A store and its pages; an empty one gets one page, so that it can be asked for known rows."""
    store, pages = STORES[name](path), Pages(count)
    if count == 0:
        store.prepare_page(pages.new())()
    return store, pages


def run_timed(task: Callable[[], object]) -> tuple[float, float]:
    """Runs a task; returns its seconds and its CPU seconds."""
    cpu, began = time.thread_time(), time.perf_counter()
    task()
    return time.perf_counter() - began, time.thread_time() - cpu


def show(progress: str) -> None:
    """Shows progress, in place of what was shown before."""
    print(f"\r\033[K{progress}", end="", file=sys.stderr, flush=True)


def write(out: Path, times: Times, rounds: int) -> None:
    """Prints the table and writes it to ledger.md, and every value to ledger.json."""
    text = report(times, rounds)
    print(text)
    out.mkdir(parents=True, exist_ok=True)
    (out / "ledger.md").write_text(f"{text}\n", "utf-8")
    values_by_key = [
        {"what": what, "store": store, "stories": count, "values": values}
        for (what, store, count), values in times.items()
    ]
    (out / "ledger.json").write_text(json.dumps(values_by_key, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]), list(map(int, sys.argv[4:])))
