"""Kills random workers of a harvest at random moments, and counts what is lost and what is doubled.

    python benchmarks/worker_kills.py [--kills N] [--articles N] [--only NAME ...] [--seed N]

With sinanews on a PostgreSQL of its own, and with scrapy-redis on a Redis of its own, in turn.
README.md says what is counted and how. The tests use what is here, too.
"""
# ruff: noqa: T201 - a script, in no package, that prints to the terminal

import argparse
import json
import os
import random
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from itertools import cycle
from pathlib import Path

from environment import HERE, QUEUES, ROOT

CREWS = (4, 3, 2)  # workers of the harvests, in turn; all but one of each are killed
LEASE = 5  # seconds: after them a worker elsewhere that is silent is dead
DELAY = 0.02  # seconds between two pages of a worker, so that there is time to kill it
EARLY = 0.15  # share of the kills that come before anything is written
STUCK = 120.0  # seconds without an article after which a harvest is given up
SEEN = re.compile(rb'"seen":"[^"]*"')
DOCID = re.compile(rb'^{"docid":"([^"]*)"', re.MULTILINE)


@dataclass(slots=True)
class Count:
    """What came of one harvest: how many workers it had, and after how many articles some of them
    were killed; articles that were lost, or doubled in what they add up to: the queue's own record,
    or the lines. `leftover` posts are also in the folder of a worker that was killed before it
    could say that it had written them. Then what each survivor said, and whether the export is that
    of one undisturbed worker, None where there is no such thing."""

    workers: int
    kills: list[int]
    elsewhere: bool
    lost: int
    doubled: int
    leftover: int
    codes: list[int]
    same_export: bool | None
    seconds: float
    took_over: float  # seconds from the last kill to the end

    @property
    def is_bad(self) -> bool:
        """Whether an article was lost or doubled, a survivor ended with another code than 0, or the
        export is another one."""
        return bool(self.lost or self.doubled or any(self.codes) or self.same_export is False)


@dataclass(slots=True)
class Crew:
    """The worker processes of a harvest; those that were killed are taken off."""

    processes: list[subprocess.Popen[bytes]]
    count: Callable[[], int]  # the articles that are written so far
    kills: list[int] = field(default_factory=list)
    killed_at: float = 0.0

    def kill(self, articles: int, rng: random.Random) -> None:
        """Kills a random one at a random moment: while they start, or when so many articles are
        there; unless they are done before."""
        if rng.random() < EARLY and not self.kills:
            time.sleep(rng.uniform(0.3, 2.5))
        else:
            self._wait_for(rng.uniform(0.02, 0.9) * articles)
            time.sleep(rng.uniform(0, 0.1))
        victim = rng.choice(self.processes)
        if victim.poll() is None:
            victim.kill()
            victim.wait()
            self.kills.append(self.count())
            self.killed_at = time.monotonic()
            self.processes.remove(victim)

    def _wait_for(self, articles: float) -> None:
        there, moved = self.count(), time.monotonic()
        while there < articles and any(one.poll() is None for one in self.processes):
            time.sleep(0.02)
            now = self.count()
            if now != there:
                there, moved = now, time.monotonic()
            elif time.monotonic() - moved > STUCK:
                self.end()
                raise SystemExit(f"no article for {STUCK:.0f} seconds, {there} of {articles:.0f}")

    def wait(self) -> list[int]:
        """The exit codes of those that are left, when all of them have ended."""
        try:
            return [process.wait(STUCK) for process in self.processes]
        except subprocess.TimeoutExpired:
            self.end()
            raise SystemExit(f"no end within {STUCK:.0f} seconds of the last kill") from None

    def end(self) -> None:
        """Ends all that are left."""
        for process in self.processes:
            process.kill()
            process.wait()


@dataclass(frozen=True, slots=True)
class Sinanews:
    """Our workers: `options` are the arguments of `scrapy harvest`, `new_ledger` gives the
    LEDGER_URL of an empty database."""

    options: Sequence[str]
    new_ledger: Callable[[], str]
    delay: float = DELAY

    def start(self, url: str, folders: Sequence[Path], *, elsewhere: bool) -> Crew:
        """Starts a worker for each folder; those `elsewhere` cannot see each other's processes."""
        delay = [f"-sDOWNLOAD_DELAY={self.delay}", "-sCONCURRENT_REQUESTS=16"]
        lease = ["-sCONCURRENT_REQUESTS_PER_DOMAIN=16", f"-sLEASE_SECONDS={LEASE}"]
        processes = []
        for number, folder in enumerate(folders):
            folder.mkdir(parents=True)
            own = ["-sOUTPUT_DIR=" + str(folder), *delay, *lease, "-sLEDGER_URL=" + url]
            command = [sys.executable, "-m", "scrapy", "harvest", *self.options, *own]
            prefix = _machine(f"worker{number}") if elsewhere else []
            processes.append(launch([*prefix, *command], folder / "log"))
        return Crew(processes, lambda: sum(map(count_posts, folders)))

    def export(self, url: str, folder: Path) -> bytes:
        """All revisions of all articles of a ledger, but for when they were read."""
        file = folder / "export.jsonl"
        told = [f"-sLEDGER_URL={url}", f"-sOUTPUT_DIR={folder}"]
        command = [sys.executable, "-m", "scrapy", "export", "--revisions", "-o", str(file), *told]
        process = launch(command, folder / "export.log")
        if process.wait():
            raise SystemExit((folder / "export.log").read_text("utf-8"))
        return SEEN.sub(b"", file.read_bytes())

    def undisturbed(self, folder: Path) -> tuple[set[str], bytes]:
        """The posts and the export of a harvest by one worker."""
        url = self.new_ledger()
        codes = self.start(url, [folder / "one"], elsewhere=False).wait()
        if any(codes):
            raise SystemExit((folder / "one" / "log").read_text("utf-8"))
        return {*posts_in([folder / "one"])}, self.export(url, folder)


def count_sinanews(
    ours: Sinanews,
    expected: tuple[set[str], bytes],
    folders: Sequence[Path],
    rng: random.Random,
    *,
    elsewhere: bool,
) -> Count:
    """One harvest by a worker for each folder, of which all but one are killed."""
    posts, export = expected
    url, began = ours.new_ledger(), time.monotonic()
    crew = ours.start(url, folders, elsewhere=elsewhere)
    for _ in folders[1:]:
        crew.kill(len(posts), rng)
    codes = crew.wait()
    ended = time.monotonic()
    written = posts_in(folders)
    lines = [
        json.loads(line)["docid"]
        for one in folders
        for file in (one / "articles").glob("*.jsonl")
        for line in whole_lines(file)
    ]
    result = ours.export(url, folders[0])
    doubled = doubles(lines) + doubles(DOCID.findall(result))
    return Count(
        len(folders),
        crew.kills,
        elsewhere,
        len(posts - {*written}),
        doubled,
        doubles(written),
        codes,
        result == export,
        ended - began,
        ended - crew.killed_at,
    )


def _machine(name: str) -> list[str]:
    """The beginning of a command that runs as on a machine of that name: with process numbers of
    its own, and another host name, so that nobody else can tell whether it runs."""
    as_root = [] if os.geteuid() == 0 else ["--user", "--map-root-user"]
    own = ["unshare", *as_root, "--fork", "--kill-child", "--pid", "--mount-proc", "--uts"]
    return [*own, "sh", "-c", 'hostname "$0" && exec "$@"', name]


def can_be_elsewhere() -> bool:
    """Whether this machine lets us make others of it."""
    tried = [*_machine("probe"), "true"]
    return (
        shutil.which("unshare") is not None
        and not subprocess.run(  # noqa: S603 - our own
            tried, check=False, capture_output=True
        ).returncode
    )


def launch(command: Sequence[str], log: Path) -> subprocess.Popen[bytes]:
    """Starts a program in the project's root, what it says in a file."""
    environment = {name: value for name, value in os.environ.items() if "SINANEWS_" not in name}
    environment["PYTHONPATH"] = str(ROOT)
    with log.open("wb") as output:
        return subprocess.Popen(  # noqa: S603 - our own commands
            command, cwd=ROOT, env=environment, stdout=output, stderr=output
        )


def count_posts(folder: Path) -> int:
    """How many posts a folder has."""
    return sum(name.endswith(".md") for _, _, names in os.walk(folder) for name in names)


def posts_in(folders: Sequence[Path]) -> list[str]:
    """The posts of all folders, by their paths in each."""
    return [str(p.relative_to(folder)) for folder in folders for p in folder.rglob("*.md")]


def whole_lines(file: Path) -> list[bytes]:
    """A file's lines without the last one, if a kill has cut it off."""
    return file.read_bytes().split(b"\n")[:-1]


def doubles(names: Sequence[str]) -> int:
    """How many of them there are too many."""
    return sum(number - 1 for number in Counter(names).values())


@dataclass(frozen=True, slots=True)
class ScrapyRedis:
    """Workers with scrapy-redis, whose Redis is at an address, on a site whose lists begin at
    `lists`."""

    site: str
    lists: str
    redis: str
    delay: float = DELAY

    def count(self, names: set[str], folder: Path, workers: int, rng: random.Random) -> Count:
        """One harvest by some workers, all but one of which are killed."""
        self._say("FLUSHALL")
        self._say(f"RPUSH lists {self.lists}")
        began = time.monotonic()
        folders = [folder / str(number) for number in range(workers)]
        processes = []
        for one in folders:
            one.mkdir(parents=True)
            args = [self.site, f"redis://{self.redis}", str(one), str(self.delay)]
            command = [str(QUEUES.python), str(HERE / "worker_kills_redis.py"), *args]
            processes.append(launch(command, one / "log"))
        crew = Crew(processes, lambda: sum(len(_written(one)) for one in folders))
        for _ in range(workers - 1):
            crew.kill(len(names), rng)
        codes = crew.wait()
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
    from harvest import harvest_arguments, serve_site  # noqa: PLC0415 - the tests need neither
    from harvest_server import ROLL  # noqa: PLC0415
    from harvest_site import CHANNEL, FOLDER  # noqa: PLC0415
    from workers_postgres import serving  # noqa: PLC0415

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
            lists = f"{site}/{ROLL}?pageid={CHANNEL.pageid}&lid={CHANNEL.lid}&page=1"
            theirs = ScrapyRedis(site, lists, redis)
            numbers = iter(range(10_000))
            told = harvest_arguments(site, root / "nowhere")
            ours = Sinanews(told, lambda: server.create(f"harvest_{next(numbers)}"))
            expected = ours.undisturbed(root / "undisturbed")
            print(f"undisturbed: {len(expected[0])} articles of {len(names)}; {FOLDER}", flush=True)
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
