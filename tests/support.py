"""What the tests share: where the reference data is, a server of pages, small pages and rows."""

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from subprocess import CompletedProcess
from tempfile import TemporaryDirectory
from urllib.parse import urlsplit

import pytest

from forks import PATIENCE, Forks

ROOT = Path(__file__).parent.parent
SHARED = Path(os.environ.get("SINANEWS_SHARED", ROOT.parent / "shared"))
ENVIRONMENT = dict(os.environ)  # before any test changes it
DOCID = "nabc0000000001"  # of an article where any will do
QUICK = {
    "AUTOTHROTTLE_ENABLED": "False",
    "DOWNLOAD_DELAY": "0",
    "CONCURRENT_REQUESTS_PER_DOMAIN": "16",
    "RETRY_TIMES": "1",
    "DOWNLOAD_TIMEOUT": "10",
    "LIST_PAUSE_SECONDS": "0.05",
}


def reference(*parts: str) -> list[Path]:
    """The folders of reference data that match; none where ../shared is not there."""
    return sorted(path for path in SHARED.glob("/".join(parts)) if path.is_dir())


def needs_shared() -> pytest.MarkDecorator:
    """Skips where the reference data is not there."""
    return pytest.mark.skipif(
        not SHARED.is_dir(),
        reason=f"the reference data is not at {SHARED}; set SINANEWS_SHARED to where it is",
    )


Scrapy = Callable[..., CompletedProcess[str]]
Reply = tuple[int, bytes, dict[str, str]]


# The LEDGER_URL of those archives whose ledger is on a server, by their OUTPUT_DIR.
ON_SERVER: dict[Path, str] = {}


def scrapy_in(output: Path) -> Scrapy:
    """Runs `scrapy ARGUMENTS` in the project's root, with quick settings, into `output`; a command
    line begins with its `prefix`."""

    def run(
        *arguments: str, mirror: str = "", prefix: Sequence[str] = (), **settings: str
    ) -> CompletedProcess[str]:
        told = QUICK | {"OUTPUT_DIR": str(output), "MIRROR_URL": mirror}
        told |= {"LEDGER_URL": ON_SERVER.get(output, "")} | settings
        options = [word for name, value in told.items() for word in ("-s", f"{name}={value}")]
        if not prefix and _forks().fit(os.environ):
            return _forks().scrapy(*arguments, *options, environment=os.environ)
        command = [*prefix, sys.executable, "-m", "scrapy", *arguments, *options]
        return subprocess.run(
            command, cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE, check=False
        )

    return run


@cache
def _forks() -> Forks:
    return Forks(ROOT, ENVIRONMENT)


class Pages(dict[str, bytes | tuple[int, bytes]]):
    """A loopback server of `HOST/PATH` -> body, or status and body; all else is 404. `headers`
    has those of single paths."""

    def __init__(self) -> None:
        super().__init__()
        self.requests: list[str] = []
        self.headers: dict[str, dict[str, str]] = {}
        self.server = answering(self.reply)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}"

    def roll(self, *rows: dict, **result) -> None:
        """Serves rows as the answer of the roll API."""
        answer = {"status": {"code": 0, "msg": "succ"}, "rtime": 1_700_000_000, "data": rows}
        answer["total"] = len(rows)
        body = json.dumps({"result": answer | result})
        self["feed.mix.sina.com.cn/api/roll/get"] = body.encode()

    def articles(self) -> list[str]:
        """The article pages that were asked for."""
        return [path for path in self.requests if "api/roll" not in path and "robots" not in path]

    def reply(self, target: str) -> Reply:
        """Status, body and further headers for PATH?QUERY."""
        self.requests.append(target)
        path = urlsplit(target).path
        found = self.get(path, (404, b""))
        headers = self.headers.get(path, {})
        return (*found, headers) if isinstance(found, tuple) else (200, found, headers)


def answering(reply: Callable[[str], Reply]) -> ThreadingHTTPServer:
    """A server on a free port of loopback, serving; its shutdown and server_close end it."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1
        disable_nagle_algorithm = True  # or the body waits for the head's acknowledgement

        def do_GET(self) -> None:
            status, body, headers = reply(self.path.lstrip("/"))
            self.send_response(status)
            for name, value in {"Content-Type": "text/html", **headers}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = _Server(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


class _Server(ThreadingHTTPServer):
    request_queue_size = 128  # the usual 5 make a burst of connections wait a second


def posts(output: Path) -> list[Path]:
    """All posts of an archive."""
    return sorted((output / "_posts").rglob("*.md"))


def lines(output: Path) -> list[dict]:
    """All JSON lines of an archive, in the order of the runs."""
    files = sorted((output / "articles").glob("*.jsonl"))
    # Not by `splitlines`, which ends lines at U+2028, too.
    texts = (file.read_text("utf-8").split("\n") for file in files)
    return [json.loads(line) for text in texts for line in text if line]


def article_page(title: str = "标题", body: str = "<p>　　正文。</p>", head: str = "") -> bytes:
    """A small page of the family F2017."""
    return f"""<!DOCTYPE html><html><head><meta charset="utf-8">{head}</head><body>
<h1 class="main-title">{title}</h1>
<div class="date-source"><span class="date">2026年09月29日 00:34</span>
<span class="source ent-source">某报</span></div>
<div class="article" id="artibody">{body}</div></body></html>""".encode()


def row(docid: str = DOCID, **fields: object) -> dict:
    """A row of the list as the roll API gives it: all scalars are strings."""
    return {
        "docid": f"comos:{docid}",
        "url": f"https://finance.sina.com.cn/china/2026-09-29/doc-i{docid}.shtml",
        "title": "标题",
        "intro": "摘要",
        "ctime": "1700000000",
        "mtime": "1700000010",
        "intime": "1700000020",
        "lids": "1686",
    } | fields


def place(docid: str = DOCID) -> str:
    """Where the page of `row(docid)` is served."""
    return f"finance.sina.com.cn/china/2026-09-29/doc-i{docid}.shtml"


def ask(scrapy: Scrapy, pages: Pages, *docids: str, **settings: str) -> CompletedProcess[str]:
    """Has the pages of `row(docid)` fetched from a server of pages."""
    urls = ",".join(f"https://{place(docid)}" for docid in docids or [DOCID])
    return scrapy("crawl", "articles", "-a", f"urls={urls}", mirror=pages.url, **settings)


def wait_for_next_second() -> None:
    """Returns early in a second that has just begun: what comes now is later in a ledger, which
    counts in seconds, than all that came before."""
    now = time.time()
    while int(time.time()) == int(now):
        time.sleep(1 - time.time() % 1)


def on_read_only_disk(folder: Path) -> list[str]:
    """What a command begins with for which the folder alone is mounted read-only."""
    mount = 'mount --bind "$0" "$0" && mount -o remount,ro,bind "$0" && exec "$@"'
    mine = [] if os.geteuid() == 0 else ["--map-root-user"]
    return ["unshare", "--mount", *mine, "sh", "-c", mount, str(folder)]


def _can_mount() -> bool:
    """Whether this user, on this machine, may mount at all."""
    with TemporaryDirectory() as folder:
        command = [*on_read_only_disk(Path(folder)), "true"]
        with suppress(FileNotFoundError):
            return subprocess.run(command, capture_output=True, check=False).returncode == 0
    return False


needs_mount = pytest.mark.skipif(
    not _can_mount(), reason="no folder can be mounted here: the user may not `unshare --mount`"
)
