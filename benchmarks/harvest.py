"""Harvests one site with sinanews and with its alternatives, in turn, in one run.

    python benchmarks/harvest.py [--articles N] [--rounds N] [--pages DIR] [--only NAME ...]

nginx serves the site on loopback. Prints a table; writes it, a plot and all figures to `--out`.
README.md says what is measured and how.
"""
# ruff: noqa: T201 - a script, in no package, that prints to the terminal

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
from typing import Any

from environment import BENCHMARKS, HERE, ROOT, run
from harvest_server import serving
from harvest_table import NOTHING_NEW, VERSION, markdown

# For a server of one's own, as docs/performance.md recommends.
FAST = {
    "CONCURRENT_REQUESTS": "32",
    "CONCURRENT_REQUESTS_PER_DOMAIN": "32",
    "DOWNLOAD_DELAY": "0",
    "AUTOTHROTTLE_ENABLED": "False",
    "ROBOTSTXT_OBEY": "False",
    "HTTPPROXY_ENABLED": "False",
    "REFERER_ENABLED": "False",
    "URLLENGTH_LIMIT": "0",
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


@dataclass(frozen=True, slots=True)
class Measurement:
    """One program's run: its seconds, the CPU seconds of it and its children, and the peak memory
    of the largest of these processes in MB."""

    seconds: float
    cpu: float
    memory: float


@dataclass(slots=True)
class Results:
    """The measurements: every round of every contestant. `parse` is how many milliseconds Lexbor
    takes for a page."""

    articles: int
    pages: str
    page_bytes: int
    parse: float
    rounds: dict[str, list[Measurement]] = field(default_factory=dict)

    def add(self, name: str, measurement: Measurement) -> None:
        """Adds a round, and prints it."""
        self.rounds.setdefault(name, []).append(measurement)
        rate = self.articles / measurement.seconds
        print(f"{name:14} {measurement.seconds:7.2f} s {rate:8.0f} articles/s", flush=True)


def main() -> int:
    """Measures, and writes the results."""
    options = arguments()
    BENCHMARKS.set_up()
    # A file that cannot be removed must not cost the results.
    with tempfile.TemporaryDirectory(dir=options.folder, ignore_cleanup_errors=True) as folder:
        results = measure(options, Path(folder))
    options.out.mkdir(parents=True, exist_ok=True)
    figures = options.out / "harvest.json"
    figures.write_text(json.dumps(asdict(results), indent=1), "utf-8")
    table = markdown(asdict(results))
    (options.out / "harvest.md").write_text(table, "utf-8")
    print(f"\n{table}")
    return run(BENCHMARKS.python, HERE / "harvest_plot.py", figures, options.out / "harvest.svg")


def arguments() -> argparse.Namespace:
    """The options on the command line."""
    names = [*WORKERS, *PEERS]
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--articles", type=int, default=2000, help="(%(default)s)")
    parser.add_argument("--rounds", type=int, default=5, help="medians count (%(default)s)")
    parser.add_argument("--pages", type=Path, help="other pages than the mirror's: a folder")
    parser.add_argument("--only", nargs="+", choices=names, default=names, metavar="NAME")
    parser.add_argument("--folder", help="where sites and archives are made (a temporary one)")
    parser.add_argument("--out", type=Path, default=HERE / "results", help="(%(default)s)")
    options = parser.parse_args()
    if options.articles < 1 or options.rounds < 1:
        parser.error("--articles and --rounds: expected 1 or more")
    return options


def measure(options: argparse.Namespace, folder: Path) -> Results:
    """All rounds, the contestants one after the other in each."""
    with serve_site(folder, options.articles, options.pages) as (url, figures):
        results = Results(options.articles, str(options.pages or "mirror"), **figures)
        for turn in range(options.rounds):
            for name in options.only:
                compete(name, url, folder / f"{name}-{turn}", results)
            results.add(VERSION, run_timed([sys.executable, "-m", "scrapy", "version"]))
    return results


@contextmanager
def serve_site(
    folder: Path, articles: int, pages: Path | None = None
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Writes a site and serves it with nginx while the block runs; yields its URL and the figures
    of its pages."""
    # In a process of its own: the contestants would inherit the peak memory of this one.
    args = [str(HERE / "harvest_site.py"), str(folder / "site"), str(articles)]
    args += [str(pages)] if pages else []
    site = subprocess.run(  # noqa: S603 - our own script
        [sys.executable, *args], check=True, stdout=subprocess.PIPE, env=ENVIRONMENT
    )
    (folder / "nginx").mkdir()
    with serving(folder / "site", folder / "nginx") as url:
        yield url, json.loads(site.stdout)


def compete(name: str, url: str, archive: Path, results: Results) -> None:
    """Runs a contestant's round, into a new folder; sinanews then runs again with nothing new.

    The folder stays: where many files were deleted a minute ago, ext4 takes ten times as long to
    create one, which would slow the next contestant down.
    """
    archive.mkdir()
    results.add(name, run_timed(command(name, url, archive)))
    posts = sum(1 for _ in archive.rglob("*.md"))
    if posts != (0 if name in {"bare", "best", "download"} else results.articles):
        raise SystemExit(f"{name}: {posts} posts of {results.articles}")
    if name == "sinanews":
        results.add(NOTHING_NEW, run_timed(command(name, url, archive)))


def command(name: str, url: str, archive: Path) -> list[str]:
    """The command that starts a contestant."""
    if name not in WORKERS:
        return [sys.executable, str(HERE / PEERS[name]), name, url, str(archive)]
    args = harvest_arguments(url, archive, WORKERS[name])
    return [sys.executable, "-m", "scrapy", "harvest", *args]


def harvest_arguments(url: str, archive: Path, workers: int = 1) -> list[str]:
    """The arguments of `scrapy harvest` for a server of one's own."""
    settings = {**FAST, "MIRROR_URL": url, "OUTPUT_DIR": str(archive), "FIRST_RUN_DAYS": "36500"}
    settings["WORKERS"] = str(workers)
    return ["china", *(f"-s{name}={value}" for name, value in settings.items())]


def run_timed(args: list[str]) -> Measurement:
    """Runs a program to its end. Raises SystemExit when it fails."""
    began = time.perf_counter()
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(args, cwd=ROOT, stdout=output, stderr=output, env=ENVIRONMENT)  # noqa: S603 - our own scripts
        _, status, usage = os.wait4(process.pid, 0)
        if code := os.waitstatus_to_exitcode(status):
            output.seek(0)
            raise SystemExit(f"{args}: exit code {code}\n{output.read()[-2000:].decode()}")
    seconds = time.perf_counter() - began
    return Measurement(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


if __name__ == "__main__":
    sys.exit(main())
