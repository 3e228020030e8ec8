"""Measures `scrapy export` of a million articles: its time, its memory, and the floor beside it.

    python benchmarks/export.py [--rows N] [--rounds N] [--folder DIR] [--keep] [--out DIR]

README.md says what is measured and how.
"""
# ruff: noqa: T201 - a script, in no package, that prints to the terminal

import argparse
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median

from environment import READERS

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
OURS, FLOOR = "sinanews", "floor"
MOST_MEMORY = 250.0  # MB
MOST_TIME = 1.5  # times the floor
AIM = 25_000  # rows a second


@dataclass(frozen=True)
class Contestant:
    """A program that writes all articles into a file of one format."""

    name: str
    format: str  # the file's ending
    command: tuple[object, ...]


@dataclass(frozen=True)
class Figures:
    """What one run took: seconds until the file was on the disk, those of CPU, and the peak memory
    in MB."""

    seconds: float
    cpu: float
    memory: float


def main() -> int:
    """Makes the ledger, measures, prints and writes the results; 1 when something is too much."""
    options = arguments()
    READERS.set_up()
    folder = options.folder or Path(tempfile.mkdtemp(prefix="sinanews-export-"))
    try:
        figures = measure(folder, options.rows, options.rounds)
    finally:
        if not options.keep:
            shutil.rmtree(folder, ignore_errors=True)
    text, failed = report(figures, options.rows, options.rounds)
    print(text)
    options.out.mkdir(parents=True, exist_ok=True)
    (options.out / "export.md").write_text(f"{text}\n", "utf-8")
    values = [
        {"contestant": name, "format": ending, **asdict(run)}
        for (name, ending), runs in figures.items()
        for run in runs
    ]
    (options.out / "export.json").write_text(json.dumps(values, indent=1) + "\n", "utf-8")
    return int(failed)


def arguments() -> argparse.Namespace:
    """The options on the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=1_000_000, help="articles (%(default)s)")
    parser.add_argument("--rounds", type=int, default=3, help="(%(default)s)")
    parser.add_argument("--folder", type=Path, help="where all is made (a temporary one)")
    parser.add_argument("--keep", action="store_true", help="do not remove it")
    parser.add_argument("--out", type=Path, default=HERE / "results", help="(%(default)s)")
    options = parser.parse_args()
    for name in ("rows", "rounds"):
        if getattr(options, name) < 1:
            parser.error(f"--{name}: {getattr(options, name)} is not accepted; expected 1 or more")
    return options


def measure(folder: Path, rows: int, rounds: int) -> dict[tuple[str, str], list[Figures]]:
    """Has all contestants write in turn, in each round; of each file there is one at a time."""
    archive = folder / "archive"
    archive.mkdir(parents=True, exist_ok=True)
    ledger, lines = archive / "ledger.db", folder / "lines.jsonl"
    if not ledger.exists():
        show(f"making a ledger of {rows:,} articles")
        fill(ledger, rows)
    written, figures = contestants(archive, ledger, lines), defaultdict(list)
    for number in range(rounds):
        for contestant in written:
            show(f"round {number + 1} of {rounds}: {contestant.name}, {contestant.format}")
            file = folder / f"{contestant.name}{contestant.format}"
            run = timed(contestant, file)
            figures[contestant.name, contestant.format].append(run)
            if (contestant.name, contestant.format) == (OURS, ".jsonl") and number == 0:
                require_rows(file, rows)
                file.replace(lines)  # what those begin with that cannot read a ledger
            file.unlink(missing_ok=True)
    show("")
    return figures


def fill(ledger: Path, rows: int) -> None:
    """Makes the ledger in a process of its own: what this one has in memory when it starts another,
    Linux counts as that one's."""
    code = f"import ledger_fill as f; f.fill_ledger(f.Path({str(ledger)!r}), {rows}, f.article)"
    environment = os.environ | {"PYTHONPATH": f"{ROOT}{os.pathsep}{HERE}"}
    command = [sys.executable, "-c", code]
    subprocess.run(command, cwd=ROOT, env=environment, check=True)  # noqa: S603 - our own code


def contestants(archive: Path, ledger: Path, lines: Path) -> list[Contestant]:
    """All of them, ours first: the others read the lines that it wrote."""
    scrapy = (sys.executable, "-m", "scrapy", "export", "-s", f"OUTPUT_DIR={archive}", "-o")
    floor = (sys.executable, HERE / "export_floor.py", ledger)
    readers = (READERS.python, HERE / "export_readers.py")
    made = []
    for ending in (".jsonl", ".parquet"):
        made += [
            Contestant(OURS, ending, scrapy),
            Contestant(FLOOR, ending, floor),
            Contestant("pandas", ending, (*readers, "pandas", lines)),
            Contestant("DuckDB", ending, (*readers, "duckdb", lines)),
        ]
    return made


def timed(contestant: Contestant, file: Path) -> Figures:
    """Runs a program with the file's name behind its command. Raises SystemExit when it fails."""
    command = [*map(str, contestant.command), str(file)]
    began = time.perf_counter()
    process = os.posix_spawn(
        command[0],
        command,
        os.environ | {"PYTHONPATH": str(ROOT)},
        file_actions=[(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)],
    )
    _, status, usage = os.wait4(process, 0)
    if status:
        raise SystemExit(f"{' '.join(command)} failed")
    descriptor = os.open(file, os.O_RDONLY)
    os.fsync(descriptor)  # of ours nothing is left to be done: what it has written is safe
    os.close(descriptor)
    cpu = usage.ru_utime + usage.ru_stime
    return Figures(time.perf_counter() - began, cpu, usage.ru_maxrss / 1e3)


def require_rows(file: Path, rows: int) -> None:
    """Raises SystemExit for a file that has not all articles."""
    with file.open("rb") as lines:
        count = sum(1 for _ in lines)
    if count != rows:
        raise SystemExit(f"{file} has {count} lines, not {rows}")


def report(
    figures: dict[tuple[str, str], list[Figures]], rows: int, rounds: int
) -> tuple[str, bool]:
    """The table and the verdicts as text, and whether something is too much."""
    table = [
        "| | format | s | CPU s | rows/s | peak MB | times the floor |",
        "|---|---|---|---|---|---|---|",
    ]
    verdicts, failed = [], False
    for (name, ending), runs in figures.items():
        seconds = median(run.seconds for run in runs)
        cpu = median(run.cpu for run in runs)
        memory = max(run.memory for run in runs)
        # Those of one round, so that what slows a machine down for a while slows both.
        ratios = [a.seconds / b.seconds for a, b in zip(runs, figures[FLOOR, ending], strict=True)]
        ratio, speed = median(ratios), rows / seconds
        table.append(
            f"| {name} | {ending} | {seconds:.1f} | {cpu:.1f} | {speed:,.0f} | {memory:.0f}"
            f" | {ratio:.2f} |"
        )
        if name == OURS:
            good = memory < MOST_MEMORY and ratio <= MOST_TIME
            failed |= not good
            verdicts.append(
                f"{ending}: {'good' if good else 'too much'}: {memory:.0f} MB (under"
                f" {MOST_MEMORY:.0f}), {ratio:.2f} times the floor (at most {MOST_TIME}),"
                f" {speed:,.0f} rows a second (aim {AIM:,})"
            )
    load = "/".join(f"{value:.1f}" for value in os.getloadavg())
    notes = (
        f"{rows:,} articles, medians of {rounds} rounds; Python {platform.python_version()},"
        f" {os.cpu_count()} cores, load {load}"
    )
    return "\n".join([*table, "", *verdicts, "", notes]), failed


def show(progress: str) -> None:
    """Shows progress, in place of what was shown before."""
    print(f"\r\033[K{progress}", end="", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
