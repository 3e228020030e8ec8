"""Measures whether a ledger of five million stories costs more than one of ten thousand.

    python benchmarks/ledger.py [--folder DIR] [--stores DIR] [--rounds N] [--sizes N,N] [--out DIR]

Measures a plain SQLite table and Scrapy's JOBDIR filter beside it. README.md says what is measured
and how.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
SIZES = "10000,100000,1000000,5000000"
LEAST = 1000  # stories, as many as an export has


def main() -> int:
    """Runs ledger_run.py with a folder that is removed afterwards; returns its exit code."""
    options = arguments()
    folder = options.folder or Path(tempfile.mkdtemp(prefix="sinanews-ledger-"))
    stores = options.stores or ""
    args = [HERE / "ledger_run.py", folder, stores, options.out, options.rounds, *options.sizes]
    command = [sys.executable, *map(str, args)]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}  # where sinanews can be imported
    try:
        return subprocess.run(command, env=environment, check=False).returncode  # noqa: S603 - our own script
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def arguments() -> argparse.Namespace:
    """The options on the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--folder", type=Path, help="for what is measured (a temporary one)")
    parser.add_argument("--stores", type=Path, help="its stores are copied, missing ones made")
    parser.add_argument("--rounds", type=int, default=60, help="(%(default)s)")
    parser.add_argument("--sizes", type=sizes, default=SIZES, help="stories (%(default)s)")
    parser.add_argument("--out", type=Path, default=HERE / "results", help="(%(default)s)")
    options = parser.parse_args()
    if options.rounds < 1:
        parser.error(f"--rounds: {options.rounds} is not accepted; expected 1 or more")
    if options.folder and options.folder.exists() and any(options.folder.iterdir()):
        parser.error(f"--folder: {options.folder} is not accepted; expected an empty folder")
    if options.stores and options.folder and options.stores.resolve() == options.folder.resolve():
        parser.error(f"--stores: {options.stores} is not accepted; expected another than --folder")
    return options


def sizes(text: str) -> list[int]:
    """The numbers of stories, smallest first. Raises ValueError for one below LEAST."""
    numbers = sorted(map(int, text.split(",")))
    if numbers[0] < LEAST:
        raise ValueError(text)
    return numbers


if __name__ == "__main__":
    sys.exit(main())
