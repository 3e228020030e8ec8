"""Measures a process: prints its seconds and its peak memory as the last line, as JSON.

    python benchmarks/ledger_process.py STORE PATH COUNT
    python benchmarks/ledger_process.py harvest ARGUMENT ...

opens a store of COUNT stories and looks up pages of a list that it has, or runs `scrapy harvest`.
"""
# ruff: noqa: T201 - a script, in no package, that prints for ledger_run.py

import json
import sys
import time
from pathlib import Path

from scrapy.cmdline import execute

from ledger_fill import letters
from ledger_stores import STORES, Pages

PAGES = 100  # to look up


def main(args: list[str]) -> int:
    """Runs and measures; returns the exit code."""
    began = time.perf_counter()
    code = harvest(args) if args[0] == "harvest" else look_up(*args)
    print(json.dumps({"seconds": time.perf_counter() - began, "peak_kb": peak()}))
    return code


def harvest(args: list[str]) -> int:
    """Runs Scrapy; returns its exit code."""
    try:
        execute(["scrapy", *args])
    except SystemExit as end:
        return int(end.code or 0)
    return 0


def look_up(name: str, path: str, count: str) -> int:
    """Opens a store and looks up pages of which it has all rows."""
    letters()  # an empty store would do without, and its process would be smaller
    store, pages = STORES[name](Path(path)), Pages(int(count))
    for _ in range(PAGES if int(count) else 0):
        store.prepare_page(pages.existing())()
    store.close()
    return 0


def peak() -> int:
    """The peak memory of this process in kilobytes."""
    status = Path("/proc/self/status").read_text("utf-8")
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM"))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
