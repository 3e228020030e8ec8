"""Makes the stores and measures them; ledger.py runs it."""
# ruff: noqa: T201 - a script, in no package, that prints to the terminal

import gc
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from harvest import harvest_arguments, run_timed, serve_site
from ledger_fill import fill_filter, fill_ledger_with_signatures, fill_plain
from ledger_stores import (
    AFTER_KILL,
    AFTER_POWER_CUT,
    AUDIT,
    BATCH,
    REPAIR,
    STORES,
    LedgerStore,
    Pages,
    tasks,
)
from ledger_table import CPU, IDLE, LOAD, OURS, VERSION, report
from sinanews.mirror.server import running
from sinanews.mirror.site import Site

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
Times = dict[tuple[str, str, int], list[float]]  # those of ledger_table, to be added to
Paths = dict[tuple[str, int], Path]  # of the stores, by name and number of stories
FILLS = {
    OURS: fill_ledger_with_signatures,
    "SQLite table": fill_plain,
    "JOBDIR filter": fill_filter,
}
ARTICLES = 310  # of the mirror, of which a harvest writes about three hundred
# With each ledger, in turn; of few rounds no more than these.
HARVESTS = 5
IDLE_RUNS = 10
KILLS = 3
IDLE_ARTICLES = 50  # of the site on which a run finds nothing new
FAR = 1_000_000  # stories between those that are listed in one part and in the next
SLOW = {"opening", "closing", REPAIR, AUDIT}  # these run in every fifth round only
SCRAPY = [sys.executable, "-m", "scrapy"]
FAST: dict[str, object] = {
    "AUTOTHROTTLE_ENABLED": False,
    "DOWNLOAD_DELAY": 0,
    "CONCURRENT_REQUESTS_PER_DOMAIN": 16,
    "LOG_LEVEL": "ERROR",
}


def main(folder: Path, stores: Path | None, out: Path, rounds: int, counts: list[int]) -> int:
    """Makes the stores, measures them, and prints and writes the results; returns 1 when a
    requirement is missed."""
    for made in filter(None, (folder, stores)):
        made.mkdir(parents=True, exist_ok=True)
    times: Times = defaultdict(list)
    # In this order, no measurement spoils a later one.
    paths = make_stores(folder, stores, counts)
    measure_sizes(paths, times)
    measure_harvests(folder, paths, min(HARVESTS, rounds), times)
    measure_idle_runs(folder, paths, min(IDLE_RUNS, rounds), times)
    measure_memory(paths, times)
    times[LOAD, "", 0].append(os.getloadavg()[0])
    measure_tasks(paths, rounds, times)
    times[LOAD, "", 0].append(os.getloadavg()[0])
    measure_kills(paths, min(KILLS, rounds), times)
    return write(out, times, rounds)


def make_stores(folder: Path, stores: Path | None, counts: list[int]) -> Paths:
    """Makes stores of every kind and size, or copies those in `stores`, in which those that it
    lacks are made first."""
    paths: Paths = {}
    for count in counts:
        for name, fill in FILLS.items():
            path = paths[name, count] = folder / f"{name.replace(' ', '-')}-{count}"
            made = stores / path.name if stores else path
            if not made.exists():
                show(f"making: {name}, {count:,} stories")
                unfinished = made.with_name(f"{made.name}.part")
                remove(unfinished)  # of a run that was ended
                fill(unfinished, count)
                unfinished.rename(made)
            if made != path:
                show(f"copying: {name}, {count:,} stories")
                shutil.copytree(made, path) if made.is_dir() else shutil.copyfile(made, path)
    return paths


def remove(path: Path) -> None:
    """Removes a file or folder, if it is there."""
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def measure_sizes(paths: Paths, times: Times) -> None:
    """Notes how much of the disk each store takes."""
    for (name, count), path in paths.items():
        files = path.iterdir() if path.is_dir() else [path]
        size = sum(file.stat().st_size for file in files)
        times["on disk, MB", name, count].append(size / 1e6)


def ledgers(paths: Paths) -> dict[int, Path]:
    """Those of the stores that are ledgers of ours, by the number of stories."""
    return {count: path for (name, count), path in paths.items() if name == OURS}


def measure_harvests(folder: Path, paths: Paths, turns: int, times: Times) -> None:
    """Harvests the embedded mirror into each ledger, in turn, after a first harvest of each that
    only warms up. Every turn has other articles."""
    for turn in range(turns + 1):
        for count, ledger in ledgers(paths).items():
            show(f"harvest {turn} of {turns}, {count:,} stories")
            forget_lists(ledger)  # so that each harvest walks as far back as the first
            figures = harvest(folder / f"output-{turn}-{count}", ledger, turn)
            for figure, value in figures.items() if turn else ():
                times[f"harvest, {figure}", OURS, count].append(value)


def forget_lists(ledger: Path) -> None:
    """Has the next run take the lists for new."""
    with closing(sqlite3.connect(ledger)) as database, database:
        for table in ("watermarks", "lists", "gaps"):
            database.execute(f"DELETE FROM {table}")  # noqa: S608 - our own


def measure_idle_runs(folder: Path, paths: Paths, turns: int, times: Times) -> None:
    """Has runs find nothing new, with each ledger in turn, and starts Scrapy beside each."""
    site = folder / "idle"
    site.mkdir()
    with serve_site(site, IDLE_ARTICLES) as (url, _):
        commands = {}
        for count, ledger in ledgers(paths).items():
            forget_lists(ledger)
            args = harvest_arguments(url, site / str(count))
            args += [f"-sLEDGER_URL=sqlite:///{ledger}", "-sSAME_SITE=True"]
            commands[count] = [*SCRAPY, "harvest", *args]
            run_timed(commands[count])  # this one finds what is there
        for turn in range(turns):
            show(f"run with nothing new, {turn} of {turns}")
            for count, command in commands.items():
                run = run_timed(command)
                start = run_timed([*SCRAPY, "version"])
                for what, one in {IDLE: run, VERSION: start}.items():
                    times[f"{what}, s", OURS, count].append(one.seconds)
                    times[f"{what}, {CPU}", OURS, count].append(one.cpu * 1e3)


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
    stores = {
        (name, count): (STORES[name](path), Pages(count)) for (name, count), path in paths.items()
    }
    gc.collect()
    gc.freeze()
    for number in range(rounds + 1):
        show(f"round {number} of {rounds}")
        for (name, count), (store, pages) in stores.items():
            for task, run in tasks(store, pages):
                if task in SLOW and number % 5 != 1:
                    continue
                seconds, cpu = clock(run)
                if task and number:
                    times[f"{task}, ms", name, count].append(seconds * 1e3)
                    times[f"{task}, {CPU}", name, count].append(cpu * 1e3)
    for store, _ in stores.values():
        store.close()
    show("")


def measure_kills(paths: Paths, turns: int, times: Times) -> None:
    """Times what the next run does about one that was killed with a group of posts not in place,
    and about one that a power cut ended."""
    far = 0
    for turn in range(turns):
        for what in (AFTER_KILL, AFTER_POWER_CUT):
            far += FAR
            for count, ledger in ledgers(paths).items():
                show(f"{what}, {turn} of {turns}, {count:,} stories")
                store = LedgerStore(ledger)
                # Behind what the tasks have added, and another turn's.
                repair = store.kill(Pages(count + far), power_cut=what == AFTER_POWER_CUT)
                seconds, cpu = clock(repair)
                store.close()
                times[f"{what}, ms", OURS, count].append(seconds * 1e3)
                times[f"{what}, {CPU}", OURS, count].append(cpu * 1e3)
                posts = store.output.rglob("*.md")
                if sum(1 for _ in posts) != far // FAR * BATCH:
                    raise SystemExit("a repair did not write the posts of a run that was killed")
    show("")


def clock(task: Callable[[], object]) -> tuple[float, float]:
    """Runs a task; returns its seconds and its CPU seconds."""
    cpu, began = time.thread_time(), time.perf_counter()
    task()
    return time.perf_counter() - began, time.thread_time() - cpu


def show(progress: str) -> None:
    """Shows progress, in place of what was shown before."""
    print(f"\r\033[K{progress}", end="", file=sys.stderr, flush=True)


def write(out: Path, times: Times, rounds: int) -> int:
    """Prints the table and writes it to ledger.md, and every value to ledger.json; returns 1 when a
    requirement is missed."""
    out.mkdir(parents=True, exist_ok=True)
    values_by_key = [
        {"what": what, "store": store, "stories": count, "values": values}
        for (what, store, count), values in times.items()
    ]
    (out / "ledger.json").write_text(json.dumps(values_by_key, indent=1) + "\n", "utf-8")
    text, missed = report(times, rounds)
    print(text)
    (out / "ledger.md").write_text(f"{text}\n", "utf-8")
    return int(missed)


if __name__ == "__main__":
    folder, stores, out, rounds, *counts = sys.argv[1:]
    made = Path(stores) if stores else None
    sys.exit(main(Path(folder), made, Path(out), int(rounds), list(map(int, counts))))
