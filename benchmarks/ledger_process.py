"""Something that is measured as a process of its own; the last line printed says what it took.

    python benchmarks/ledger_process.py STORE WHERE COUNT
    python benchmarks/ledger_process.py harvest ARGUMENTS

opens a store that has so many stories and decides some pages that it knows, or runs Scrapy.
"""
# ruff: noqa: T201 -- a script, in no package, that talks to the one that runs it

import json
import sys
import time
from pathlib import Path

from scrapy.cmdline import execute

from ledger_fill import letters
from ledger_stores import STORES, Pages

DECIDED = 100  # pages


def main(words: list[str]) -> int:
    """Do what the words say; the exit code."""
    began = time.perf_counter()
    code = harvest(words) if words[0] == "harvest" else decide(*words)
    print(json.dumps({"seconds": time.perf_counter() - began, "peak_kb": peak()}))
    return code


def harvest(words: list[str]) -> int:
    """Scrapy's exit code."""
    try:
        execute(["scrapy", *words])
    except SystemExit as end:
        return int(end.code or 0)
    return 0


def decide(name: str, where: str, count: str) -> int:
    """Opens a store and asks for pages of which it knows all rows."""
    letters()  # which an empty store would not have to make
    store, pages = STORES[name](Path(where)), Pages(int(count))
    for _ in range(DECIDED if int(count) else 0):
        store.deciding(pages.known())()
    store.close()
    return 0


def peak() -> int:
    """The most memory that this process has had at once, in kilobytes."""
    status = Path("/proc/self/status").read_text("utf-8")
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM"))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
