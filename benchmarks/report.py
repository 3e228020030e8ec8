"""Measures `scrapy report` of a hundred thousand articles: its time, its memory, its size.

    python benchmarks/report.py [--rows N] [--rounds N] [--folder DIR] [--keep]

README.md says what is measured and how.
"""
# ruff: noqa: T201 - a script, in no package, that prints to the terminal

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median

from sqlalchemy import Connection, create_engine, func, insert, text, update

import ledger_fill
from sinanews.exports.jsonl import json_line
from sinanews.ledger.history import record
from sinanews.ledger.revisions import packed, unpacked
from sinanews.ledger.tables import gaps, runs, signatures, stories

ROOT = Path(__file__).resolve().parent.parent
MOST_BYTES = 1_500_000
MOST_SECONDS, MOST_MEMORY = 30.0, 400.0  # MB
SOURCES = 800  # outlets
REPRINT_OF = 12  # one article in so many is a reprint
REVISED = 40  # one in so many has changed
FAILED = 500  # one in so many has failed
COPIES = 20  # reprints of one article
CHUNK = 2_000  # rows per insert
VERDICTS = ("complete",) * 17 + ("incomplete", "blocked", None)
REASONS = ("HTTP 503", "no layout", "the connection was closed", "a captcha page")


@dataclass(frozen=True)
class Figures:
    """What one report took: seconds, those of CPU, and the peak memory in MB."""

    seconds: float
    cpu: float
    memory: float


def main() -> int:
    """Makes the ledger, measures and prints; 1 when something is too much."""
    options = arguments()
    folder = options.folder or Path(tempfile.mkdtemp(prefix="sinanews-report-"))
    try:
        ledger = folder / "archive" / "ledger.db"
        if not ledger.exists():
            ledger.parent.mkdir(parents=True, exist_ok=True)
            fill(ledger, options.rows)
        page = folder / "report.html"
        figures = [timed(ledger.parent, page) for _ in range(options.rounds)]
        size = page.stat().st_size
    finally:
        if not options.keep:
            shutil.rmtree(folder, ignore_errors=True)
    seconds, cpu, memory = (
        median(getattr(one, name) for one in figures) for name in ("seconds", "cpu", "memory")
    )
    print(
        f"{options.rows:,} articles, {options.rounds} rounds: {seconds:.1f} s, {cpu:.1f} s of CPU,"
        f" {memory:.0f} MB, a page of {size / 1e6:.2f} MB"
    )
    return int(size > MOST_BYTES or seconds > MOST_SECONDS or memory > MOST_MEMORY)


def arguments() -> argparse.Namespace:
    """The options on the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rows", type=int, default=100_000, help="articles (%(default)s)")
    parser.add_argument("--rounds", type=int, default=3, help="(%(default)s)")
    parser.add_argument("--folder", type=Path, help="where all is made (a temporary one)")
    parser.add_argument("--keep", action="store_true", help="do not remove it")
    return parser.parse_args()


def fill(ledger: Path, rows: int) -> None:
    """Makes the ledger in a process of its own, as `export.py` does."""
    code = f"import report as r; r.make(r.Path({str(ledger)!r}), {rows})"
    environment = os.environ | {"PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'benchmarks'}"}
    command = [sys.executable, "-c", code]
    subprocess.run(command, cwd=ROOT, env=environment, check=True)  # noqa: S603 - our own code


def make(path: Path, rows: int) -> None:
    """A ledger of so many articles, among them all that a page can show."""
    ledger_fill.fill_ledger(path, rows, ledger_fill.article)
    database = create_engine(f"sqlite:///{path}")
    with database.begin() as connection:
        for pragma in ledger_fill.FAST_PRAGMAS:
            connection.exec_driver_sql(pragma)
        _list_late(connection)
        _revise(connection, range(0, rows, REVISED))
        _reprint(connection, range(1, rows, REPRINT_OF))
        _fail(connection, range(2, rows, FAILED))
        for number, verdict in enumerate(VERDICTS):
            chosen = runs.c.id % len(VERDICTS) == number
            connection.execute(update(runs).where(chosen).values(verdict=verdict))
        read = func.replace(runs.c.report, '"pages": 0, "presence"', '"pages": 12, "presence"')
        connection.execute(update(runs).values(report=read))
        begin = ledger_fill.FIRST_TIME
        connection.execute(
            insert(gaps),
            [
                {"channel": "guonei", "since": since, "until": since + 1200, "run": 1}
                for since in range(begin, begin + 40_000, 1_000)
            ],
        )
    database.dispose()


def _list_late(connection: Connection) -> None:
    """Spreads the articles over outlets, and over times at which they entered the list."""
    late = "CASE WHEN rowid % 20 THEN rowid % 3600 ELSE rowid % 90000 END"
    connection.execute(
        text(
            f"UPDATE stories SET source = '某报' || (rowid * rowid % {SOURCES}),"  # noqa: S608 - our own
            f" intime = ctime + {late}"
        )
    )


def _revise(connection: Connection, numbers: range) -> None:
    """Gives articles a second revision with another paragraph."""
    for begin in range(0, len(numbers), CHUNK):
        chunk = numbers[begin : begin + CHUNK]
        record(connection, [_revision(number) for number in chunk], None)
        docids = [ledger_fill.docid(number) for number in chunk]
        chosen = stories.c.docid.in_(docids)
        connection.execute(update(stories).where(chosen).values(revision=2, state="updated"))


def _revision(number: int) -> dict[str, object]:
    seen = ledger_fill.FIRST_TIME + number * ledger_fill.GAP + 7200
    article = unpacked(ledger_fill.article(number), seen)
    newer = replace(article, revision=2, text=f"{article.text}\n更正：{article.title}", seen=None)
    row = {"docid": article.docid, "revision": 2, "seen": seen, "content_hash": b"\x01"}
    listed = {"ctime": seen - 7200, "first_seen": seen - 7200, "channels": "guonei"}
    return row | listed | {"article": packed(json_line(newer)), "is_reprint": False}


def _reprint(connection: Connection, numbers: range) -> None:
    """Marks articles as reprints."""
    for begin in range(0, len(numbers), CHUNK):
        rows = [
            {
                "docid": ledger_fill.docid(number),
                "revision": 1,
                "version": 1,
                "duplicate_of": ledger_fill.docid(number - number % (REPRINT_OF * COPIES) + 1),
                "signature": b"",
            }
            for number in numbers[begin : begin + CHUNK]
        ]
        own = [row for row in rows if row["docid"] != row["duplicate_of"]]
        connection.execute(insert(signatures), own)


def _fail(connection: Connection, numbers: range) -> None:
    """Has articles fail when they are looked at again, for a few reasons."""
    for place, number in enumerate(numbers):
        values = {"state": "failed", "reason": REASONS[place % len(REASONS)]}
        connection.execute(
            update(stories).where(stories.c.docid == ledger_fill.docid(number)).values(values)
        )


def timed(archive: Path, page: Path) -> Figures:
    """Makes the page. Raises SystemExit when that fails."""
    command = [sys.executable, "-m", "scrapy", "report", "-s", f"OUTPUT_DIR={archive}"]
    began = time.perf_counter()
    process = os.posix_spawn(
        command[0],
        [*command, "-o", str(page)],
        os.environ | {"PYTHONPATH": str(ROOT)},
        file_actions=[(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)],
    )
    _, status, usage = os.wait4(process, 0)
    if status:
        raise SystemExit(f"{' '.join(command)} failed")
    cpu = usage.ru_utime + usage.ru_stime
    return Figures(time.perf_counter() - began, cpu, usage.ru_maxrss / 1e3)


if __name__ == "__main__":
    sys.exit(main())
