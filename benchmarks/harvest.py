"""Harvests one site with sinanews and with what people use instead, side by side in one run.

    python benchmarks/harvest.py [--articles N] [--rounds N] [--pages DIR] [--only NAME ...]

nginx serves the site on loopback. Prints a table; writes it, a plot and all figures to `--out`.
README.md says what is measured and how.
"""
# ruff: noqa: T201 -- a script, in no package, that talks to the terminal

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, cast

from environment import HERE, PYTHON, ROOT, run, set_up
from harvest_server import serving
from harvest_table import markdown

# A site of one's own need not be spared; docs/performance.md tells users of these.
FAST = {
    "CONCURRENT_REQUESTS": "32",
    "CONCURRENT_REQUESTS_PER_DOMAIN": "32",
    "DOWNLOAD_DELAY": "0",
    "AUTOTHROTTLE_ENABLED": "False",
    "DOWNLOAD_HANDLERS": json.dumps(
        dict.fromkeys(("http", "https"), "sinanews.download.aiohttp_handler.AiohttpDownloadHandler")
    ),
}
PEERS = {
    "naive": "harvest_scrapy.py",
    "bare": "harvest_scrapy.py",
    "best": "harvest_scrapy.py",
    "loop": "harvest_aiohttp.py",
    "download": "harvest_aiohttp.py",
}
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT)}
WORKERS = {"sinanews": 1, "sinanews-2": 2}
NOTHING_NEW = "nothing new"
VERSION = "scrapy version"


@dataclass(frozen=True, slots=True)
class Measured:
    """One program's run: its seconds, those of CPU of it and its children, and the peak memory of
    the largest of these processes in MB."""

    seconds: float
    cpu: float
    memory: float


@dataclass(slots=True)
class Results:
    """What a run of this benchmark measured: every round of every contestant."""

    articles: int
    pages: str
    bytes_a_page: int
    parse: float  # ms that Lexbor takes for a page
    rounds: dict[str, list[Measured]] = field(default_factory=dict)

    def add(self, name: str, measured: Measured) -> None:
        """Notes a round, and tells it."""
        self.rounds.setdefault(name, []).append(measured)
        rate = self.articles / measured.seconds
        print(f"{name:14} {measured.seconds:7.2f} s {rate:8.0f} articles/s", flush=True)


def main() -> int:
    """Measure, and tell what came of it."""
    options = arguments()
    set_up()
    with folder(options.folder) as where:
        results = measure(options, where)
    options.out.mkdir(parents=True, exist_ok=True)
    figures = options.out / "harvest.json"
    figures.write_text(json.dumps(asdict(results), indent=1), "utf-8")
    table = markdown(asdict(results))
    (options.out / "harvest.md").write_text(table, "utf-8")
    print(f"\n{table}")
    return run(PYTHON, HERE / "harvest_plot.py", figures, options.out / "harvest.svg")


def arguments() -> argparse.Namespace:
    """What the command line says."""
    names = [*WORKERS, *PEERS]
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--articles", type=int, default=2000, help="(%(default)s)")
    parser.add_argument("--rounds", type=int, default=5, help="medians are told (%(default)s)")
    parser.add_argument("--pages", type=Path, help="other pages than the mirror's: a folder")
    parser.add_argument("--only", nargs="+", choices=names, default=names, metavar="NAME")
    parser.add_argument("--folder", help="where sites and archives are made (a temporary one)")
    parser.add_argument("--out", type=Path, default=HERE / "results", help="(%(default)s)")
    options = parser.parse_args()
    if options.articles < 1 or options.rounds < 1:
        parser.error("--articles and --rounds: expected 1 or more")
    return options


@contextmanager
def folder(parent: str | None) -> Iterator[Path]:
    """A folder that is there while the block runs."""
    with tempfile.TemporaryDirectory(dir=parent, ignore_cleanup_errors=True) as made:
        yield Path(made)


def measure(options: argparse.Namespace, where: Path) -> Results:
    """All rounds, the contestants one after the other in each."""
    with site(where, options.articles, options.pages) as (url, told):
        results = Results(options.articles, str(options.pages or "mirror"), **told)
        for turn in range(options.rounds):
            for name in options.only:
                contest(name, url, where / f"{name}-{turn}", results)
            results.add(VERSION, timed([sys.executable, "-m", "scrapy", "version"]))
    return results


@contextmanager
def site(
    where: Path, articles: int, pages: Path | None = None
) -> Iterator[tuple[str, dict[str, Any]]]:
    """A site of so many articles that nginx serves while the block runs: its URL, and what its
    pages are like."""
    told = written(where / "site", articles, pages)
    (where / "nginx").mkdir()
    with serving(where / "site", where / "nginx") as url:
        yield url, told


def written(folder: Path, articles: int, pages: Path | None) -> dict[str, Any]:
    """Writes the site; what its pages are like. Another process, for those that are measured take
    over the peak memory of the one that starts them."""
    words = [sys.executable, HERE / "harvest_site.py", folder, str(articles)]
    words += [pages] if pages else []
    told = subprocess.run(words, check=True, stdout=subprocess.PIPE, env=ENVIRONMENT)  # noqa: S603 -- our own
    return cast("dict[str, Any]", json.loads(told.stdout))


def contest(name: str, url: str, archive: Path, results: Results) -> None:
    """One contestant's round, into a fresh folder; sinanews then has a run with nothing new.

    The folder stays: where many files were deleted a minute ago, ext4 takes ten times as long to
    make one, and the next contestant would pay for it.
    """
    archive.mkdir()
    results.add(name, timed(command(name, url, archive)))
    found = sum(file.suffix == ".md" for file in archive.rglob("*.md"))
    if found != (0 if name in {"bare", "best", "download"} else results.articles):
        raise SystemExit(f"{name}: {found} posts of {results.articles}")
    if name == "sinanews":
        results.add(NOTHING_NEW, timed(command(name, url, archive)))


def command(name: str, url: str, archive: Path) -> list[str]:
    """How a contestant is started."""
    if name not in WORKERS:
        return [sys.executable, str(HERE / PEERS[name]), name, url, str(archive)]
    return [sys.executable, "-m", "scrapy", "harvest", *harvest(url, archive, WORKERS[name])]


def harvest(url: str, archive: Path, workers: int = 1) -> list[str]:
    """The arguments of `scrapy harvest`, for a site of one's own."""
    told = {**FAST, "MIRROR_URL": url, "OUTPUT_DIR": str(archive), "FIRST_RUN_DAYS": "36500"}
    told["WORKERS"] = str(workers)
    return ["china", *(f"-s{key}={value}" for key, value in told.items())]


def timed(words: list[str]) -> Measured:
    """Runs a program to its end. Raises SystemExit when it fails."""
    began = time.perf_counter()
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(words, cwd=ROOT, stdout=said, stderr=said, env=ENVIRONMENT)  # noqa: S603 -- our own
        _, status, used = os.wait4(process.pid, 0)
        if code := os.waitstatus_to_exitcode(status):
            said.seek(0)
            raise SystemExit(f"{words}: exit code {code}\n{said.read()[-2000:].decode()}")
    seconds = time.perf_counter() - began
    return Measured(seconds, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)


if __name__ == "__main__":
    sys.exit(main())
