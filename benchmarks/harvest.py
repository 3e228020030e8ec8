"""Harvests one site with sinanews and with its alternatives, in turn, in one run.

    python benchmarks/harvest.py [--articles N] [--rounds N] [--pages DIR] [--only NAME ...]

nginx serves the site on loopback. Prints tables and verdicts; writes them, a plot and all figures
to `--out`. README.md says what is measured and how.
"""
# ruff: noqa: T201 - a script, in no package, that prints to the terminal

import argparse
import json
import os
import platform
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

from environment import (
    BENCHMARKS,
    FUNDUS,
    HERE,
    NEWS_PLEASE,
    ROOT,
    RSSHUB,
    Environment,
    NodeEnvironment,
    run,
)
from harvest_peers import SITEMAP
from harvest_server import serving
from harvest_table import NOTHING_NEW, VERSION, report

# For a server of one's own, as docs/performance.md recommends.
FAST = {
    "CONCURRENT_REQUESTS": "16",
    "CONCURRENT_REQUESTS_PER_DOMAIN": "16",
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


@dataclass(frozen=True, slots=True)
class Peer:
    """A program other than sinanews: its name, the site's URL, a folder and a number of articles
    stand behind its command. `files` is the pattern of what it leaves there for each article, empty
    when it leaves nothing. It harvests one article of `each_of`; all, where it takes no number."""

    command: tuple[object, ...]
    files: str = ""
    each_of: int = 1


SCRAPY = (sys.executable, HERE / "harvest_scrapy.py")
AIOHTTP = (sys.executable, HERE / "harvest_aiohttp.py")
PEERS = {
    "rsshub": Peer((RSSHUB.node, HERE / "rsshub" / "feeds.js"), "*.json"),
    "fundus": Peer((FUNDUS.python, HERE / "harvest_fundus.py"), "*.json"),
    # All of them would take it ten minutes in each round.
    "news-please": Peer((NEWS_PLEASE.python, HERE / "harvest_news_please.py"), "*.html.json", 10),
    "naive": Peer(SCRAPY, "*.md"),
    "bare": Peer(SCRAPY),
    "best": Peer(SCRAPY),
    "loop": Peer(AIOHTTP, "*.md"),
    "download": Peer(AIOHTTP),
}
ENVIRONMENTS: dict[str, Environment | NodeEnvironment] = {
    "rsshub": RSSHUB,
    "fundus": FUNDUS,
    "news-please": NEWS_PLEASE,
}
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT)}
# Or sinanews would be compiled anew in each start, as no user's is; what pip installed is compiled.
ENVIRONMENT.pop("PYTHONDONTWRITEBYTECODE", None)
WORKERS = {"sinanews": 1, "sinanews-2": 2}
IDLE_RUNS = 3  # with nothing new, in each round


@dataclass(frozen=True, slots=True)
class Measurement:
    """One program's run: its seconds, the CPU seconds of it and its children, the peak memory of
    the largest of these processes in MB, how many requests it says that it made, 0 when it does not
    say, and how many articles it harvested."""

    seconds: float
    cpu: float
    memory: float
    requests: int = 0
    articles: int = 0


@dataclass(slots=True)
class Results:
    """The measurements: every round of every contestant. `parse` is how many milliseconds Lexbor
    takes for a page, `machine` what they were measured on."""

    articles: int
    pages: str
    page_bytes: int
    parse: float
    machine: str = ""
    rounds: dict[str, list[Measurement]] = field(default_factory=dict)

    def add(self, name: str, measurement: Measurement) -> None:
        """Adds a round, and prints it."""
        self.rounds.setdefault(name, []).append(measurement)
        shown = f"{measurement.seconds:7.2f} s, {measurement.cpu:.2f} of CPU"
        print(f"{name:14} {shown}, {measurement.memory:.0f} MB", flush=True)


def main() -> int:
    """Measures, and writes the results; returns 1 when a requirement is missed."""
    options = arguments()
    BENCHMARKS.set_up()
    for name in options.only:
        if name in ENVIRONMENTS:
            ENVIRONMENTS[name].set_up()
    # A file that cannot be removed must not cost the results.
    with tempfile.TemporaryDirectory(dir=options.folder, ignore_cleanup_errors=True) as folder:
        results = measure(options, Path(folder))
    options.out.mkdir(parents=True, exist_ok=True)
    figures = options.out / "harvest.json"
    figures.write_text(json.dumps(asdict(results), indent=1), "utf-8")
    text, missed = report(asdict(results))
    (options.out / "harvest.md").write_text(text, "utf-8")
    print(f"\n{text}")
    plotted = run(BENCHMARKS.python, HERE / "harvest_plot.py", figures, options.out / "harvest.svg")
    return plotted or int(missed)


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
            if "sinanews" in options.only:
                idle = command("sinanews", url, folder / f"sinanews-{turn}", options.articles)
                for _ in range(IDLE_RUNS):
                    results.add(NOTHING_NEW, run_timed(idle))
                    results.add(VERSION, run_timed([sys.executable, "-m", "scrapy", "version"]))
    results.machine = machine()
    return results


def machine() -> str:
    """What the times depend on: versions, cores, and the load of the last minutes."""
    load = "/".join(f"{value:.1f}" for value in os.getloadavg())
    software = f"Python {platform.python_version()}, Scrapy {version('scrapy')}"
    return f"{software}, {os.cpu_count()} cores ({platform.machine()}), load {load}"


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
        write_sitemap(folder / "site", url)
        yield url, json.loads(site.stdout)


def write_sitemap(site: Path, url: str) -> None:
    """Writes the addresses of a site's articles, for who finds them in no list."""
    with (site / SITEMAP).open("w", encoding="utf-8") as file:
        file.write("<urlset>\n")
        for page in site.rglob("doc-*.shtml"):
            file.write(f"<url><loc>{url}/{page.relative_to(site)}</loc></url>\n")
        file.write("</urlset>\n")


def compete(name: str, url: str, archive: Path, results: Results) -> None:
    """Runs a contestant's round, into a new folder. Raises SystemExit when it has not written each
    article.

    The folder stays: where many files were deleted a minute ago, ext4 takes ten times as long to
    create one, which would slow the next contestant down.
    """
    archive.mkdir()
    peer = PEERS.get(name, Peer((), "*.md"))
    articles = -(-results.articles // peer.each_of)
    measured = run_timed(command(name, url, archive, articles))
    results.add(name, replace(measured, articles=articles))
    written = sum(1 for _ in archive.rglob(peer.files)) if peer.files else articles
    if written != articles:
        raise SystemExit(f"{name}: {written} articles of {articles}")


def command(name: str, url: str, archive: Path, articles: int) -> list[str]:
    """The command that starts a contestant."""
    if name in WORKERS:
        args = harvest_arguments(url, archive, WORKERS[name])
        return [sys.executable, "-m", "scrapy", "harvest", *args]
    return [*map(str, PEERS[name].command), name, url, str(archive), str(articles)]


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
        output.seek(0)
        said = re.findall(rb"(\d+) requests", output.read())
    cpu, requests = usage.ru_utime + usage.ru_stime, int(said[-1]) if said else 0
    return Measurement(seconds, cpu, usage.ru_maxrss / 1024, requests)


if __name__ == "__main__":
    sys.exit(main())
