"""Measures what kept pages cost while harvesting, and what it costs to read them again.

    python benchmarks/pages.py [--articles N] [--rounds N]

prints a table of CPU per article and two verdicts. README.md says how they are measured.
"""
# ruff: noqa: T201 - a script, in no package, that prints to the terminal

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median

from environment import HERE
from harvest import ENVIRONMENT, harvest_arguments, run_timed, serve_site

FEW = 50  # articles of an archive that tells what a program costs before it begins
MOST_TO_KEEP = 1 / 20  # of an article's CPU
MOST_TO_REREAD = 1.3  # times reading alone


def main() -> None:
    """Measures, and prints the table and the verdicts."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--articles", type=int, default=2000, help="(%(default)s)")
    parser.add_argument("--rounds", type=int, default=5, help="medians count (%(default)s)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        few, many = (
            measured(folder / str(count), count, options.rounds)
            for count in (FEW, options.articles)
        )
    each = {
        what: (median(many[what]) - median(few[what])) / (options.articles - FEW) for what in many
    }
    print("| | µs of CPU per article |\n|---|---|")
    for what, seconds in each.items():
        print(f"| {what} | {seconds * 1e6:.0f} |")
    kept = each["harvest, pages kept"] / each["harvest"] - 1
    reread = each["reread"] / each["reading alone"]
    print(f"\nKept pages add {kept:.1%} to an article; at most {MOST_TO_KEEP:.0%} is right.")
    print(f"A reread takes {reread:.2f} times reading alone; at most {MOST_TO_REREAD} is right.")


def measured(folder: Path, articles: int, rounds: int) -> dict[str, list[float]]:
    """Seconds of CPU of each program, of each round, in turn, for a site of so many articles."""
    folder.mkdir()
    seconds: dict[str, list[float]] = {}
    with serve_site(folder, articles) as (url, _):
        for turn in range(rounds):
            plain, kept = folder / f"plain-{turn}", folder / f"kept-{turn}"
            programs = {
                "harvest": scrapy("harvest", *harvest_arguments(url, plain)),
                "harvest, pages kept": scrapy(
                    "harvest", *harvest_arguments(url, kept), "-sKEEP_PAGES=true"
                ),
                "reread": scrapy("reread", "--processes=1", f"-sOUTPUT_DIR={kept}"),
            }
            for what, args in programs.items():
                seconds.setdefault(what, []).append(run_timed(args).cpu)
            seconds.setdefault("reading alone", []).append(read_alone(kept))
    return seconds


def read_alone(archive: Path) -> float:
    """Seconds of CPU in which an archive's kept pages are read, and nothing else done."""
    args = [sys.executable, str(HERE / "pages_read.py"), str(archive)]
    run = subprocess.run(args, check=True, env=ENVIRONMENT, stdout=subprocess.PIPE)  # noqa: S603 - our own script
    return float(run.stdout)


def scrapy(*arguments: str) -> list[str]:
    """The command line of Scrapy."""
    return [sys.executable, "-m", "scrapy", *arguments]


if __name__ == "__main__":
    main()
