"""What an article of a harvest costs, by part.

    python benchmarks/parts.py [--articles N] [--rounds N]

prints a table of microseconds of CPU an article. README.md says how they are measured.
"""
# ruff: noqa: T201 -- a script, in no package, that talks to the terminal

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median
from typing import cast

from environment import HERE, ROOT
from harvest import ENVIRONMENT, harvest, site


def main() -> None:
    """Measure, and print the table."""
    options = arguments()
    with tempfile.TemporaryDirectory() as made:
        rounds = measured(Path(made), options.articles, options.rounds)
    print("| part | µs an article |\n|---|---|")
    for part in rounds[0]:
        print(f"| {part} | {median(told[part] for told in rounds) / options.articles * 1e6:.0f} |")
    whole = median(sum(told.values()) for told in rounds)
    print(f"| all | {whole / options.articles * 1e6:.0f} |")


def arguments() -> argparse.Namespace:
    """What the command line says."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--articles", type=int, default=2000, help="(%(default)s)")
    parser.add_argument("--rounds", type=int, default=5, help="medians are told (%(default)s)")
    return parser.parse_args()


def measured(where: Path, articles: int, rounds: int) -> list[dict[str, float]]:
    """The seconds that each part took, of each round."""
    with site(where, articles) as (url, _):
        return [harvested(url, where / f"archive-{turn}") for turn in range(rounds)]


def harvested(url: str, archive: Path) -> dict[str, float]:
    """One round, into a fresh folder."""
    archive.mkdir()
    figures = archive / "parts.json"
    words = [sys.executable, str(HERE / "parts_run.py"), str(figures), *harvest(url, archive)]
    subprocess.run(words, check=True, cwd=ROOT, env=ENVIRONMENT, capture_output=True)  # noqa: S603 -- our own
    return cast("dict[str, float]", json.loads(figures.read_text("utf-8")))


if __name__ == "__main__":
    main()
