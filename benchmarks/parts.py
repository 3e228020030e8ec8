"""Measures what an article of a harvest costs, by part.

    python benchmarks/parts.py [--articles N] [--rounds N] [--pages DIR]

prints a table of microseconds of CPU per article. README.md says how they are measured.
"""
# ruff: noqa: T201 - a script, in no package, that prints to the terminal

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median
from typing import cast

from environment import HERE, ROOT
from harvest import ENVIRONMENT, harvest_arguments, serve_site


def main() -> None:
    """Measures, and prints the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--articles", type=int, default=2000, help="(%(default)s)")
    parser.add_argument("--rounds", type=int, default=5, help="medians count (%(default)s)")
    parser.add_argument("--pages", type=Path, help="other pages than the mirror's: a folder")
    options = parser.parse_args()
    with (
        tempfile.TemporaryDirectory() as folder,
        serve_site(Path(folder), options.articles, options.pages) as (url, figures),
    ):
        rounds = [run(url, Path(folder) / f"archive-{turn}") for turn in range(options.rounds)]
    print(f"pages of {figures['page_bytes']:,} bytes\n\n| part | µs per article |\n|---|---|")
    for part in rounds[0]:
        microseconds = median(seconds[part] for seconds in rounds) / options.articles * 1e6
        print(f"| {part} | {microseconds:.0f} |")
    total = median(sum(seconds.values()) for seconds in rounds)
    print(f"| all | {total / options.articles * 1e6:.0f} |")


def run(url: str, archive: Path) -> dict[str, float]:
    """Harvests into a new folder; returns the seconds that each part took.

    Raises SystemExit when the harvest fails.
    """
    archive.mkdir()
    file = archive / "parts.json"
    args = [str(HERE / "parts_run.py"), str(file), *harvest_arguments(url, archive)]
    process = subprocess.run(  # noqa: S603 - our own script
        [sys.executable, *args],
        check=False,
        cwd=ROOT,
        env=ENVIRONMENT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    if process.returncode:
        raise SystemExit(process.stdout)
    return cast("dict[str, float]", json.loads(file.read_text("utf-8")))


if __name__ == "__main__":
    main()
