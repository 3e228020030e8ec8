"""Workers that harvest together and are killed: what worker_kills.py and the tests share."""

import json
import os
import random
import re
import shutil
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LEASE = 5  # seconds: after them a worker elsewhere that is silent is dead
DELAY = 0.02  # seconds between two pages of a worker, so that there is time to kill it
EARLY = 0.15  # share of the kills that come before anything is written
STUCK = 120.0  # seconds without an article after which a harvest is given up
# What differs between two harvests of the same: when an article was read, and which one of a family
# of reprints was the first.
VOLATILE = re.compile(rb'"(?:seen|duplicate_of)":(?:"[^"]*"|null)')
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

    def lose_all_but_one(self, articles: int, rng: random.Random) -> list[int]:
        """Kills all but one of them; returns the exit codes of those that are left. Whatever goes
        wrong, none of them stays."""
        try:
            for _ in self.processes[1:]:
                self.kill(articles, rng)
            return self.wait()
        finally:
            self.end()

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
                raise SystemExit(f"no article for {STUCK:.0f} seconds, {there} of {articles:.0f}")

    def wait(self) -> list[int]:
        """The exit codes of those that are left, when all of them have ended."""
        try:
            return [process.wait(STUCK) for process in self.processes]
        except subprocess.TimeoutExpired:
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
        """All revisions of all articles of a ledger, but for what is VOLATILE."""
        file = folder / "export.jsonl"
        told = [f"-sLEDGER_URL={url}", f"-sOUTPUT_DIR={folder}"]
        command = [sys.executable, "-m", "scrapy", "export", "--revisions", "-o", str(file), *told]
        process = launch(command, folder / "export.log")
        if process.wait():
            raise SystemExit((folder / "export.log").read_text("utf-8"))
        return VOLATILE.sub(b"", file.read_bytes())

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
    codes = crew.lose_all_but_one(len(posts), rng)
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
