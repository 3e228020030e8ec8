"""Measures several workers on one PostgreSQL ledger: what they harvest, claim, lose to an export.

    python benchmarks/workers.py [--rows N] [--articles N] [--rounds N] [--workers N,N] [--only P]

Starts a PostgreSQL of its own. README.md says what is measured and how.
"""
# ruff: noqa: T201 - a script, in no package, that prints to the terminal

import argparse
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import median, quantiles

from environment import HERE, ROOT
from harvest import ENVIRONMENT, harvest_arguments, serve_site
from sinanews.spiders.base import BATCH
from workers_claims import LEAST
from workers_postgres import Server, fill, serving

PARTS = ("claims", "export", "harvest")
OURS, BARE, SMALL = KINDS = ("sinanews", "bare", "least")
FREE, ALONE, BESIDE = "free", "alone", "beside"  # of harvests
CLAIMS_SHARE = 0.9  # at least, of what the bare loop claims
LONGEST_WAIT = 0.1  # seconds that a claim may take while an export runs, 99th percentile
RATE = 100  # pages a second that a harvest beside an export is held to
MOST_LOST = 0.1  # of them, at most
COMMITS = 200
START_SECONDS = 4.0  # until an export has begun to write
HELD = {"DOWNLOAD_DELAY": str(1 / RATE), "RANDOMIZE_DOWNLOAD_DELAY": "False"}


@dataclass(frozen=True, slots=True)
class Claims:
    """What some workers claimed in the same seconds: stories a second of all of them, and what a
    claim of BATCH took, in seconds."""

    kind: str
    workers: int
    exporting: bool
    rate: float
    median: float
    p99: float


@dataclass(frozen=True, slots=True)
class Harvest:
    """A harvest by some workers, as fast as they can (FREE), or held to RATE, ALONE or with an
    export BESIDE it: seconds from the first one's start to the last one's end, and from the first
    post to the last; CPU seconds of all workers and of the server."""

    kind: str
    workers: int
    articles: int
    seconds: float
    writing: float
    cpu: float
    server_cpu: float

    @property
    def rate(self) -> float:
        """Articles a second."""
        return self.articles / self.seconds


@dataclass(slots=True)
class Results:
    """All measurements, in the order in which they were made; how many exports were written
    meanwhile, and for how many seconds a commit waits for the disk."""

    claims: list[Claims] = field(default_factory=list)
    harvests: list[Harvest] = field(default_factory=list)
    exports: int = 0
    commit: float = 0.0

    def rates(self, kind: str, workers: int, *, exporting: bool = False) -> list[float]:
        """The claims a second of each round."""
        wanted = (kind, workers, exporting)
        return [one.rate for one in self.claims if (one.kind, one.workers, one.exporting) == wanted]

    def of(self, kind: str) -> list[Harvest]:
        """The harvests of a kind."""
        return [one for one in self.harvests if one.kind == kind]

    def waits(self, workers: int, *, exporting: bool) -> list[float]:
        """The 99th percentile of our claims' seconds, of each round."""
        wanted = (OURS, workers, exporting)
        return [one.p99 for one in self.claims if (one.kind, one.workers, one.exporting) == wanted]


@dataclass(frozen=True, slots=True)
class Bench:
    """What a measurement needs: the server, where it may write, and the options."""

    server: Server
    folder: Path
    options: argparse.Namespace

    @contextmanager
    def copy(self, of: str) -> Iterator[str]:
        """A copy of a database while the block runs; yields its LEDGER_URL. So each round begins
        with the same, without dead rows of another."""
        name = f"{of}_copy"
        url = self.server.create(name, of)
        try:
            yield url
        finally:
            with self.server.connect() as connection:
                connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


def main() -> int:
    """Measures, prints and writes the results; returns 1 when a requirement is missed."""
    options = arguments()
    folder = Path(tempfile.mkdtemp(prefix="sinanews-workers-", dir=options.folder))
    try:
        with serving(folder / "server") as server:
            results = measure(Bench(server, folder, options))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    text, missed = report(results, options)
    print(f"\n{text}")
    options.out.mkdir(parents=True, exist_ok=True)
    (options.out / "workers.md").write_text(f"{text}\n", "utf-8")
    (options.out / "workers.json").write_text(json.dumps(asdict(results), indent=1), "utf-8")
    return int(missed)


def arguments() -> argparse.Namespace:
    """The options on the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=1_000_000, help="stories listed (%(default)s)")
    parser.add_argument("--articles", type=int, default=2_000, help="harvested (%(default)s)")
    parser.add_argument("--exported", type=int, default=200_000, help="articles (%(default)s)")
    parser.add_argument("--rounds", type=int, default=3, help="medians count (%(default)s)")
    parser.add_argument("--seconds", type=float, default=4.0, help="of claims (%(default)s)")
    parser.add_argument("--workers", type=numbers, default=[1, 2, 4], help="(1,2,4)")
    parser.add_argument("--only", nargs="+", choices=PARTS, default=PARTS, metavar="PART")
    parser.add_argument("--folder", help="where all is made (a temporary one)")
    parser.add_argument("--out", type=Path, default=HERE / "results", help="(%(default)s)")
    options = parser.parse_args()
    for name in ("rows", "articles", "exported", "rounds"):
        if getattr(options, name) < 1:
            parser.error(f"--{name}: {getattr(options, name)} is not accepted; expected 1 or more")
    return options


def numbers(text: str) -> list[int]:
    """Numbers of workers, with commas between."""
    return [int(number) for number in text.split(",")]


def measure(bench: Bench) -> Results:
    """All parts that are asked for."""
    results, options = Results(), bench.options
    results.commit = commit_seconds(bench.server)
    if {"claims", "export"} & {*options.only}:
        # Also while claims are measured alone: what is exported later is in the same tables.
        fill(bench.server, "backlog", options.rows, options.exported, show)
        with bench.server.connect("backlog") as connection:
            connection.execute(LEAST)
            connection.execute(
                "INSERT INTO least SELECT row_number() OVER (ORDER BY due_at, ctime), url, due_at"
                " FROM stories WHERE due_at IS NOT NULL"
            )
            connection.execute("VACUUM (ANALYZE) least")
        for _ in range(options.rounds):
            if "claims" in options.only:
                compare_claims(bench, results)
            if "export" in options.only:
                claim_beside_export(bench, results)
    if "export" in options.only:
        fill(bench.server, "archive", 0, options.exported, show)
    if {"harvest", "export"} & {*options.only}:
        with serve_site(bench.folder, options.articles) as (url, _):
            for turn in range(options.rounds):
                if "harvest" in options.only:
                    harvest_together(bench, url, turn, results)
                if "export" in options.only:
                    harvest_beside_export(bench, url, turn, results)
    return results


def commit_seconds(server: Server) -> float:
    """What a transaction takes that changes one row, nearly all of it the wait for the disk."""
    with server.connect() as connection:
        connection.execute("CREATE TABLE one (number INTEGER)")
        connection.execute("INSERT INTO one VALUES (0)")
        taken = []
        for _ in range(COMMITS):
            began = time.perf_counter()
            connection.execute("UPDATE one SET number = number + 1")
            taken.append(time.perf_counter() - began)
    return median(taken)


def compare_claims(bench: Bench, results: Results) -> None:
    """A round of claims of all kinds, for each number of workers."""
    with bench.copy("backlog") as url:
        list(claims(bench, *KINDS, url=url, workers=1))  # the first ones touch what was copied
        for workers in bench.options.workers:
            for made in claims(bench, *KINDS, url=url, workers=workers):
                add(results, made)


def claim_beside_export(bench: Bench, results: Results) -> None:
    """A round of claims while the same ledger is exported."""
    with bench.copy("backlog") as url, exporting(bench, url, results):
        for workers in bench.options.workers:
            for made in claims(bench, OURS, url=url, workers=workers, exporting=True):
                add(results, made)


def claims(
    bench: Bench, *kinds: str, url: str, workers: int, exporting: bool = False
) -> Iterator[Claims]:
    """Has some workers claim in the same seconds, in one way after the other."""
    command = [sys.executable, HERE / "workers_claims.py", url, bench.options.seconds, *kinds]
    processes = [
        subprocess.Popen(  # noqa: S603 - our own script
            list(map(str, command)),
            env=ENVIRONMENT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(workers)
    ]
    for process in processes:
        assert process.stdout, "it is a pipe"
        process.stdout.readline()  # it is ready
    begin = f"{time.time() + 0.2}\n"
    taken = [json.loads(process.communicate(begin)[0] or "{}") for process in processes]
    if any(process.returncode for process in processes):
        raise SystemExit("a worker that claims has failed")
    for kind in kinds:
        waits = [wait for worker in taken for wait in worker[kind]]
        p99 = quantiles(waits, n=100, method="inclusive")[-1]
        rate = BATCH * len(waits) / bench.options.seconds
        yield Claims(kind, workers, exporting, rate, median(waits), p99)


@contextmanager
def exporting(bench: Bench, url: str, results: Results) -> Iterator[None]:
    """Writes an export of a ledger again and again while the block runs. Raises SystemExit when one
    fails."""
    file = bench.folder / "export.jsonl"
    export = [sys.executable, "-m", "scrapy", "export", "-o", str(file)]
    code = (
        "import subprocess, sys\n"
        "while True:\n"
        "    subprocess.run(sys.argv[1:], check=True)\n"
        "    print('.', end='', flush=True)"
    )
    process = subprocess.Popen(  # noqa: S603 - our own script
        [sys.executable, "-c", code, *export],
        cwd=ROOT,
        env=ENVIRONMENT | {"SINANEWS_LEDGER_URL": url, "SINANEWS_OUTPUT_DIR": str(bench.folder)},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        time.sleep(START_SECONDS)  # until Scrapy has started, and the first one runs
        yield
        if process.poll() is not None:
            raise SystemExit("an export has failed")
    finally:
        os.killpg(process.pid, 15)
        assert process.stdout, "it is a pipe"
        results.exports += len(process.stdout.read())
        process.wait()
        file.unlink(missing_ok=True)


def add(results: Results, measured: Claims) -> None:
    """Adds a measurement, and prints it."""
    results.claims.append(measured)
    beside = ", an export beside" if measured.exporting else ""
    show(
        f"{measured.workers} x {measured.kind}{beside}: {measured.rate:,.0f} claims/s, a claim"
        f" {measured.median * 1e3:.1f} ms, p99 {measured.p99 * 1e3:.1f} ms"
    )


def harvest_together(bench: Bench, site: str, turn: int, results: Results) -> None:
    """A round of harvests by workers with folders of their own, each number of them in turn."""
    for workers in bench.options.workers:
        name = f"harvest_{turn}_{workers}"
        url = bench.server.create(name)
        folders = [bench.folder / name / str(number) for number in range(workers)]
        add_harvest(results, harvest(bench, FREE, site, url, folders))


def harvest_beside_export(bench: Bench, site: str, turn: int, results: Results) -> None:
    """A round of one worker held to RATE, without and with an export of the same ledger."""
    for kind in (ALONE, BESIDE):
        folder = bench.folder / f"{kind}_{turn}"
        with bench.copy("archive") as url:
            export = exporting(bench, url, results) if kind == BESIDE else nullcontext()
            with export:
                add_harvest(results, harvest(bench, kind, site, url, [folder]))


def harvest(bench: Bench, kind: str, site: str, url: str, folders: Sequence[Path]) -> Harvest:
    """Harvests the site with a worker for each folder. Raises SystemExit unless each article was
    written once, and every worker said so."""
    told = {"LEDGER_URL": url} | ({} if kind == FREE else HELD)
    options = [word for name, value in told.items() for word in ("-s", f"{name}={value}")]
    server_cpu, cpu, began = bench.server.cpu_seconds(), children_cpu(), time.perf_counter()
    processes = []
    for folder in folders:
        folder.mkdir(parents=True)
        command = [sys.executable, "-m", "scrapy", "harvest", *harvest_arguments(site, folder)]
        log = (folder / "log").open("wb")
        processes.append(
            subprocess.Popen(  # noqa: S603 - our own command
                [*command, *options], cwd=ROOT, env=ENVIRONMENT, stdout=log, stderr=log
            )
        )
    codes = [process.wait() for process in processes]
    seconds = time.perf_counter() - began
    articles = bench.options.articles
    posts = [path for folder in folders for path in folder.rglob("*.md")]
    names, written = [path.name for path in posts], [path.stat().st_mtime for path in posts]
    if any(codes) or not len(names) == len({*names}) == articles:
        logs = "".join((folder / "log").read_text("utf-8")[-1000:] for folder in folders)
        counted = f"{len({*names})} of {articles} articles, {len(names)} posts, codes {codes}"
        raise SystemExit(f"{logs}\n{counted}")
    cpu, server_cpu = children_cpu() - cpu, bench.server.cpu_seconds() - server_cpu
    writing = max(written) - min(written)
    return Harvest(kind, len(folders), articles, seconds, writing, cpu, server_cpu)


def children_cpu() -> float:
    """The CPU seconds of this process' children that have ended."""
    times = os.times()
    return times.children_user + times.children_system


def add_harvest(results: Results, measured: Harvest) -> None:
    """Adds a measurement, and prints it."""
    results.harvests.append(measured)
    show(f"harvest by {measured.workers}, {measured.kind}: {measured.rate:,.1f} articles/s")


def report(results: Results, options: argparse.Namespace) -> tuple[str, bool]:
    """Tables, verdicts and notes as text, and whether a requirement is missed."""
    lines: list[str] = []
    verdicts: list[tuple[bool, str]] = []
    if "claims" in options.only:
        lines += claims_table(results, options)
        verdicts += [claims_verdict(results, workers) for workers in options.workers]
    if "export" in options.only:
        verdicts += [wait_verdict(results, workers) for workers in options.workers]
        verdicts.append(held_verdict(results))
    if "harvest" in options.only:
        lines += harvest_table(results, options)
    load = "/".join(f"{value:.1f}" for value in os.getloadavg())
    notes = (
        f"{options.rows:,} stories listed, {options.exported:,} articles exported"
        f" {results.exports} times, {options.articles:,} harvested; medians of {options.rounds}"
        f" rounds; Python {platform.python_version()}, {os.cpu_count()} cores, load {load}"
    )
    words = [f"- {'good' if good else 'MISSED'}: {text}" for good, text in verdicts]
    return "\n".join([*lines, *words, "", notes]), not all(good for good, _ in verdicts)


def claims_table(results: Results, options: argparse.Namespace) -> list[str]:
    """Claims a second of each kind."""
    head = "| claims/s | " + " | ".join(f"{workers} workers" for workers in options.workers) + " |"
    lines = [head, "|---" * (len(options.workers) + 1) + "|"]
    for kind in KINDS:
        cells = [f"{median(results.rates(kind, workers)):,.0f}" for workers in options.workers]
        lines.append(f"| {kind} | {' | '.join(cells)} |")
    return [*lines, ""]


def claims_verdict(results: Results, workers: int) -> tuple[bool, str]:
    """Whether we claim as much as a bare loop, nearly. Compared within each round: whatever slows
    the machine down for a while slows both."""
    pairs = zip(results.rates(OURS, workers), results.rates(BARE, workers), strict=True)
    shares = [ours / bare for ours, bare in pairs]
    good = median(shares) >= CLAIMS_SHARE
    span = f"{min(shares):.2f} to {max(shares):.2f}"
    return good, (
        f"{workers} workers claim {median(shares):.2f} ({span}) of what the bare loop does"
        f" (at least {CLAIMS_SHARE})"
    )


def wait_verdict(results: Results, workers: int) -> tuple[bool, str]:
    """Whether a claim waits too long while an export runs."""
    wait = median(results.waits(workers, exporting=True))
    alone = results.waits(workers, exporting=False)
    without = f", {median(alone) * 1e3:.0f} ms without" if alone else ""
    return wait <= LONGEST_WAIT, (
        f"{workers} workers at full speed beside an export: 99 of 100 claims within"
        f" {wait * 1e3:.0f} ms (at most {LONGEST_WAIT * 1e3:.0f}){without}"
    )


def held_verdict(results: Results) -> tuple[bool, str]:
    """What a harvest loses to an export, compared within each round."""
    alone, beside = ([one.rate for one in results.of(kind)] for kind in (ALONE, BESIDE))
    lost = median(1 - with_ / without for with_, without in zip(beside, alone, strict=True))
    return lost < MOST_LOST, (
        f"a harvest held to {RATE} pages a second loses {lost:.1%} to an export"
        f" (less than {MOST_LOST:.0%}): {median(alone):.1f} and {median(beside):.1f} articles/s"
    )


def harvest_table(results: Results, options: argparse.Namespace) -> list[str]:
    """Articles a second by the number of workers."""
    lines = [
        "| workers | articles/s | CPU ms/article, workers | server |",
        "|---|---|---|---|",
    ]
    for workers in options.workers:
        runs = [one for one in results.of(FREE) if one.workers == workers]
        rate = median(one.rate for one in runs)
        cpu = median(one.cpu / one.articles for one in runs) * 1e3
        server = median(one.server_cpu / one.articles for one in runs) * 1e3
        lines.append(f"| {workers} | {rate:,.0f} | {cpu:.2f} | {server:.2f} |")
    return [*lines, ""]


def show(progress: str) -> None:
    """Prints what has been done or is begun."""
    print(progress, flush=True)


if __name__ == "__main__":
    sys.exit(main())
