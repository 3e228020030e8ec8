"""What these tests share: somebody who uses Scrapy, with modules and a site of his own."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

from forks import Forks
from harvest.proofs import assert_accounts_balance, query, reports
from support import ENVIRONMENT, QUICK, ROOT, Pages, Reply, article_page, lines, place, posts, row

MINE = Path(__file__).parent / "mine"
LIST = "https://feed.mix.sina.com.cn/api/roll/get?pageid=155&lid=1686&k=&num=50&page=1"
ROBOTS = "finance.sina.com.cn/robots.txt"


@dataclass
class Asked:
    """One request as a server has it: HOST/PATH?QUERY and the headers."""

    target: str
    headers: Mapping[str, str]


class Site(Pages):
    """A server of pages that also remembers the headers of requests. `first` holds for a page the
    answers, status, body and headers, that it gives before its usual one."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[Asked] = []
        self.first: dict[str, list[Reply]] = {}
        asked = self.asked

        class Handler(self.server.RequestHandlerClass):
            def do_GET(self) -> None:  # noqa: N802 - the name that http.server asks for
                asked.append(Asked(self.path.lstrip("/"), self.headers))
                super().do_GET()

        self.server.RequestHandlerClass = Handler

    def reply(self, target: str) -> Reply:
        usual = super().reply(target)
        waiting = self.first.get(urlsplit(target).path)
        return waiting.pop(0) if waiting else usual

    def publish(self, *docids: str, **pages: bytes) -> None:
        """Serves a list of stories, and a page for each: those given, small ones else."""
        self.roll(*(row(docid, title=f"标题{docid}") for docid in docids))
        for docid in docids:
            self[place(docid)] = pages.get(docid) or article_page(body=f"<p>　　正文{docid}。</p>")

    def times(self, part: str) -> int:
        """How many requests had this in their target."""
        return sum(part in asked.target for asked in self.asked)

    def forget(self) -> None:
        """Begins to remember anew."""
        self.asked.clear()
        self.requests.clear()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


@contextmanager
def serving(*docids: str, **pages: bytes) -> Iterator[Site]:
    """A site with these stories."""
    site = Site()
    try:
        site.publish(*docids, **pages)
        yield site
    finally:
        site.close()


@dataclass
class User:
    """Runs Scrapy with his own modules on PYTHONPATH, into archives in a folder of his own."""

    folder: Path
    site: Site
    output: Path = field(init=False)

    def __post_init__(self) -> None:
        self.output = self.folder / "output"

    @property
    def settings(self) -> dict[str, str]:
        return QUICK | {"OUTPUT_DIR": str(self.output), "MIRROR_URL": self.site.url}

    def scrapy(
        self,
        *arguments: str,
        cwd: Path = ROOT,
        environment: Mapping[str, str] | None = None,
        **settings: object,
    ) -> subprocess.CompletedProcess[str]:
        """Runs `scrapy ARGUMENTS` with quick settings; those that are None are left out."""
        told = {k: v for k, v in (self.settings | settings).items() if v is not None}
        options = [
            word for name, value in told.items() for word in ("-s", f"{name}={_text(value)}")
        ]
        own = self.environment | (environment or {})
        if cwd == ROOT and _forks().fit(own):
            return _forks().scrapy(*arguments, *options, environment=own)
        return self.python("-m", "scrapy", *arguments, *options, cwd=cwd, environment=environment)

    def script(
        self, name: str, *arguments: object, **settings: object
    ) -> subprocess.CompletedProcess[str]:
        """Runs a script of his own; the settings are in its environment."""
        told = {f"SINANEWS_{k}": _text(v) for k, v in (self.settings | settings).items()}
        return self.python(str(MINE / name), *map(str, arguments), environment=told)

    def python(
        self, *command: str, cwd: Path = ROOT, environment: Mapping[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, *command],
            cwd=cwd,
            env=self.environment | (environment or {}),
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    @property
    def environment(self) -> dict[str, str]:
        own = {"PROBES": str(self.probes), "TMPDIR": str(self.folder)}
        return {**os.environ, "PYTHONPATH": str(MINE), **own}

    @property
    def probes(self) -> Path:
        return self.folder / "probes.jsonl"

    def saw(self, who: str, what: str, key: str = "url") -> list:
        """What a probe wrote down, in order: of each such moment one value."""
        return [said[key] for said in self.notes(who, what)]

    def notes(self, who: str, what: str) -> list[dict]:
        text = self.probes.read_text("utf-8") if self.probes.exists() else ""
        notes = map(json.loads, text.splitlines())
        return [said for said in notes if (said["who"], said["what"]) == (who, what)]

    def posts(self) -> list[Path]:
        return posts(self.output)

    def lines(self) -> list[dict]:
        return lines(self.output)

    def docids(self) -> list[str]:
        """Of the articles in the JSON lines, sorted."""
        return sorted(line["docid"] for line in self.lines())

    def report(self) -> dict:
        return reports(self.output)[-1]

    def states(self) -> dict[str, str]:
        """What the ledger says of each story."""
        rows = query(self.output, "SELECT docid, state FROM stories")
        return {row["docid"]: row["state"] for row in rows}

    def assert_archived(self, *docids: str) -> None:
        """These articles are in the archive, each once in each of its forms, and none else."""
        in_lines = sorted(str(line.get("docid", line)) for line in self.lines())
        assert in_lines == sorted(docids), f"in the JSON lines: {in_lines}"
        posts = [path.name for path in self.posts()]
        assert len(posts) == len(docids), f"posts: {posts}"
        in_ledger = {docid for docid, state in self.states().items() if state in DONE}
        assert in_ledger == set(docids), f"in the ledger: {in_ledger}"
        assert_accounts_balance(self.output)


DONE = ("written", "updated", "unchanged")


@cache
def _forks() -> Forks:
    return Forks(ROOT, ENVIRONMENT | {"PYTHONPATH": str(MINE)})


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def snapshot(folder: Path) -> dict[str, tuple[int, bytes]]:
    """All that is in a folder, and when it was written."""
    return {
        str(path.relative_to(folder)): (
            path.stat().st_mtime_ns,
            path.read_bytes() if path.is_file() else b"",
        )
        for path in folder.rglob("*")
    }
