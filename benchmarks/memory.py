"""Measures the peak memory of harvests of few and of many articles.

    python benchmarks/memory.py [--articles N,N] [--folder DIR] [--out DIR]

prints a table and verdicts; the exit code is 1 when one is missed. README.md says what is measured.
"""
# ruff: noqa: T201 - a script, in no package, that prints to the terminal

import argparse
import sys
import tempfile
from pathlib import Path

from environment import HERE
from harvest import Measurement, harvest_arguments, machine, run_timed, serve_site
from harvest_table import MOST_MEMORY

NUMBERS = [2_000, 50_000]
WORKERS = (1, 2)
MOST_GROWTH = 10  # MB, from the fewest articles to the most


def main() -> int:
    """Measures, prints and writes the results; returns 1 when a requirement is missed."""
    options = arguments()
    measured: dict[tuple[int, int], Measurement] = {}
    for articles in options.articles:
        with (
            tempfile.TemporaryDirectory(dir=options.folder, ignore_cleanup_errors=True) as folder,
            serve_site(Path(folder), articles) as (url, _),
        ):
            for workers in WORKERS:
                print(f"{articles:,} articles, {workers} at work", flush=True)
                archive = Path(folder) / str(workers)
                measured[workers, articles] = harvest(url, archive, workers, articles)
    text, missed = report(measured, options.articles)
    print(f"\n{text}")
    options.out.mkdir(parents=True, exist_ok=True)
    (options.out / "memory.md").write_text(f"{text}\n", "utf-8")
    return int(missed)


def arguments() -> argparse.Namespace:
    """The options on the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--articles", type=numbers, default=NUMBERS, help="(2000,50000)")
    parser.add_argument("--folder", help="where sites and archives are made (a temporary one)")
    parser.add_argument("--out", type=Path, default=HERE / "results", help="(%(default)s)")
    return parser.parse_args()


def numbers(text: str) -> list[int]:
    """Numbers of articles, fewest first."""
    return sorted(map(int, text.split(",")))


def harvest(url: str, archive: Path, workers: int, articles: int) -> Measurement:
    """A harvest of a whole site. Raises SystemExit when an article is not written."""
    args = harvest_arguments(url, archive, workers)
    measured = run_timed([sys.executable, "-m", "scrapy", "harvest", *args])
    posts = sum(1 for _ in archive.rglob("*.md"))
    if posts != articles:
        raise SystemExit(f"{posts} posts of {articles} articles")
    return measured


def report(measured: dict[tuple[int, int], Measurement], articles: list[int]) -> tuple[str, bool]:
    """The table and the verdicts, and whether a requirement is missed."""
    lines = ["| workers | articles | peak MB | s | CPU ms/article |", "|---|---|---|---|---|"]
    for (workers, count), one in sorted(measured.items()):
        each = one.cpu / count * 1e3
        lines.append(
            f"| {workers} | {count:,} | {one.memory:.1f} | {one.seconds:.1f} | {each:.2f} |"
        )
    lines.append("")
    missed = False
    for workers in WORKERS:
        peaks = [measured[workers, count].memory for count in articles]
        growth = peaks[-1] - peaks[0]
        good = max(peaks) < MOST_MEMORY and abs(growth) <= MOST_GROWTH
        missed |= not good
        lines.append(
            f"- {'good' if good else 'MISSED'}: {workers} at work: at most {max(peaks):.0f} MB"
            f" (under {MOST_MEMORY}), {growth:+.1f} MB with {articles[-1]:,} articles"
            f" (at most {MOST_GROWTH})"
        )
    return "\n".join([*lines, "", machine()]), missed


if __name__ == "__main__":
    sys.exit(main())
