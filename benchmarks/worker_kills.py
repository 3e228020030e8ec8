"""Kills random workers of a harvest at random moments, and counts what is lost and what is doubled.

    python benchmarks/worker_kills.py [--kills N] [--articles N] [--only NAME ...] [--seed N]

With sinanews on a PostgreSQL of its own, and with scrapy-redis on a Redis of its own, in turn.
README.md says what is counted and how.
"""
# ruff: noqa: T201 - a script, in no package, that prints to the terminal

import argparse
import json
import os
import random
import shutil
import signal
import socket
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from itertools import count, cycle
from pathlib import Path

from environment import HERE, QUEUES
from harvest import harvest_arguments, serve_site
from harvest_server import ROLL
from harvest_site import CHANNEL, ROWS_PER_PAGE
from worker_crews import (
    DELAY,
    LEASE,
    Count,
    Crew,
    Sinanews,
    can_be_elsewhere,
    count_sinanews,
    doubles,
    launch,
)
from workers_postgres import serving

CREWS = (4, 3, 2)  # workers of the harvests, in turn; all but one of each are killed


@dataclass(frozen=True, slots=True)
class ScrapyRedis:
    """Workers with scrapy-redis, whose Redis is at an address, on a site with some pages of a
    list."""

    site: str
    pages: Sequence[str]
    redis: str
    delay: float = DELAY

    def count(self, names: set[str], folder: Path, workers: int, rng: random.Random) -> Count:
        """One harvest by some workers, all but one of which are killed."""
        self._say("FLUSHALL")
        self._say(f"RPUSH lists {' '.join(self.pages)}")
        began = time.monotonic()
        folders = [folder / str(number) for number in range(workers)]
        processes = []
        for one in folders:
            one.mkdir(parents=True)
            args = [self.site, f"redis://{self.redis}", str(one), str(self.delay)]
            command = [str(QUEUES.python), str(HERE / "worker_kills_redis.py"), *args]
            processes.append(launch(command, one / "log"))
        crew = Crew(processes, lambda: sum(len(_written(one)) for one in folders))
        codes = crew.lose_all_but_one(len(names), rng)
        ended = time.monotonic()
        written = [name for one in folders for name in _written(one)]
        return Count(
            workers,
            crew.kills,
            elsewhere=False,
            lost=len(names - {*written}),
            doubled=doubles(written),
            leftover=0,
            codes=codes,
            same_export=None,
            seconds=ended - began,
            took_over=ended - crew.killed_at,
        )

    def _say(self, command: str) -> None:
        """Sends a command to Redis."""
        host, port = self.redis.split(":")
        with socket.create_connection((host, int(port))) as connection:
            connection.sendall(f"{command}\r\n".encode())
            if connection.recv(100)[:1] == b"-":
                raise SystemExit(f"Redis refuses {command}")


def _written(folder: Path) -> list[str]:
    file = folder / "written.txt"
    return file.read_text("utf-8").split() if file.exists() else []


@contextmanager
def redis_serving(folder: Path) -> Iterator[str]:
    """Runs Redis on loopback while the block runs; yields its address. Raises SystemExit where it
    is not installed."""
    program = shutil.which("redis-server")
    if program is None:
        raise SystemExit("Redis is not installed: apt-get install redis-server")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    folder.mkdir()
    options = ["--bind", "127.0.0.1", "--port", str(port), "--dir", str(folder)]
    process = launch([program, *options, "--appendonly", "yes"], folder / "log")
    try:
        while socket.socket().connect_ex(("127.0.0.1", port)):
            time.sleep(0.02)
        yield f"127.0.0.1:{port}"
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait()


def main() -> int:
    """Kills and counts; returns 1 when sinanews has lost or doubled anything."""
    options = arguments()
    rng = random.Random(options.seed)  # noqa: S311 - picks moments to kill at, no secret
    counts: dict[str, list[Count]] = {name: [] for name in options.only}
    if "scrapy-redis" in options.only:
        QUEUES.set_up()
    root = Path(tempfile.mkdtemp(prefix="sinanews-kills-", dir=options.folder))
    try:
        with (
            serving(root / "server") as server,
            redis_serving(root / "redis") as redis,
            serve_site(root, options.articles) as (site, _),
        ):
            names = {f"doc-inbench{number:07}.shtml" for number in range(options.articles)}
            lists = f"{site}/{ROLL}?pageid={CHANNEL.pageid}&lid={CHANNEL.lid}&page="
            count_of_pages = -(-options.articles // ROWS_PER_PAGE)
            pages = [f"{lists}{number + 1}" for number in range(count_of_pages)]
            theirs = ScrapyRedis(site, pages, redis)
            numbers = count()
            told = harvest_arguments(site, root / "nowhere")
            ours = Sinanews(told, lambda: server.create(f"harvest_{next(numbers)}"))
            expected = ours.undisturbed(root / "undisturbed")
            print(f"undisturbed: {len(expected[0])} articles of {len(names)}", flush=True)
            elsewhere = cycle([False, True] if can_be_elsewhere() else [False])
            for turn, crew in enumerate(cycle(CREWS)):
                left = [n for n in options.only if kills(counts[n]) < options.kills]
                if not left:
                    break
                for name in left:
                    folder = root / f"{name}-{turn}"
                    if name == "sinanews":
                        folders = [folder / str(number) for number in range(crew)]
                        places = {"elsewhere": next(elsewhere)}
                        made = count_sinanews(ours, expected, folders, rng, **places)
                    else:
                        made = theirs.count(names, folder, crew, rng)
                    counts[name].append(made)
                    print(f"{name}: {made}", flush=True)
                    if not made.is_bad:
                        shutil.rmtree(folder)
    finally:
        if not options.folder:
            shutil.rmtree(root, ignore_errors=True)
    text, failed = report(counts, options)
    print(f"\n{text}")
    options.out.mkdir(parents=True, exist_ok=True)
    (options.out / "worker_kills.md").write_text(f"{text}\n", "utf-8")
    figures = {name: [asdict(one) for one in made] for name, made in counts.items()}
    (options.out / "worker_kills.json").write_text(json.dumps(figures, indent=1), "utf-8")
    return int(failed)


def arguments() -> argparse.Namespace:
    """The options on the command line."""
    names = ["sinanews", "scrapy-redis"]
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=50, help="of each, at least (%(default)s)")
    parser.add_argument("--articles", type=int, default=2_000, help="(%(default)s)")
    parser.add_argument("--seed", type=int, default=1, help="of the random moments (%(default)s)")
    parser.add_argument("--only", nargs="+", choices=names, default=names, metavar="NAME")
    parser.add_argument("--folder", help="where what went wrong stays (nowhere)")
    parser.add_argument("--out", type=Path, default=HERE / "results", help="(%(default)s)")
    return parser.parse_args()


def kills(counts: Sequence[Count]) -> int:
    """How many workers were killed in harvests."""
    return sum(len(one.kills) for one in counts)


def report(counts: dict[str, list[Count]], options: argparse.Namespace) -> tuple[str, bool]:
    """The table and the verdict as text, and whether sinanews has lost or doubled anything, ended
    with another code than 0, or has another export."""
    lines = [
        "| | harvests | kills | lost | doubled | left over | exit codes | to the end, s |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for name, made in counts.items():
        codes = Counter(code for one in made for code in one.codes)
        lines.append(
            f"| {name} | {len(made)} | {kills(made)} | {sum(one.lost for one in made)}"
            f" | {sum(one.doubled for one in made)} | {sum(one.leftover for one in made)}"
            f" | {', '.join(f'{code}: {number}' for code, number in sorted(codes.items()))}"
            f" | {max(one.took_over for one in made):.0f} |"
        )
    ours = counts.get("sinanews", [])
    failed = [one for one in ours if one.is_bad]
    verdict = (
        f"{'MISSED' if failed else 'good'}: sinanews has {len(failed)} of {len(ours)} harvests that"
        " lost or doubled an article, ended with another code than 0 or have another export than"
        " one worker's"
    )
    load = "/".join(f"{value:.1f}" for value in os.getloadavg())
    notes = (
        f"{options.articles:,} articles a harvest, crews of {CREWS}, leases of {LEASE} s,"
        f" {sum(one.elsewhere for one in ours)} harvests with each worker as on a machine of its"
        f" own; {os.cpu_count()} cores, load {load}"
    )
    return "\n".join([*lines, "", verdict, "", notes]), bool(failed)


if __name__ == "__main__":
    sys.exit(main())
