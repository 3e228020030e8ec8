"""What the tests share: where the reference data is, a server of pages, small pages and rows."""

import json
import os
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

import pytest

ROOT = Path(__file__).parent.parent
SHARED = Path(os.environ.get("SINANEWS_SHARED", ROOT.parent / "shared"))
QUICK = {
    "AUTOTHROTTLE_ENABLED": "False",
    "DOWNLOAD_DELAY": "0",
    "CONCURRENT_REQUESTS_PER_DOMAIN": "16",
    "RETRY_TIMES": "1",
    "DOWNLOAD_TIMEOUT": "10",
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


class Pages(dict[str, bytes | tuple[int, bytes]]):
    """A loopback server of `HOST/PATH` -> body, or status and body; all else is 404. `encodings`
    says of which paths the bodies are encoded, and how."""

    def __init__(self) -> None:
        super().__init__()
        self.requests: list[str] = []
        self.encodings: dict[str, str] = {}
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}"

    def roll(self, *rows: dict, **result) -> None:
        """Serves rows as the answer of the roll API."""
        answer = {"status": {"code": 0, "msg": "succ"}, "rtime": 1_700_000_000, "data": rows}
        body = json.dumps({"result": answer | result})
        self["feed.mix.sina.com.cn/api/roll/get"] = body.encode()

    def articles(self) -> list[str]:
        """The article pages that were asked for."""
        return [path for path in self.requests if "api/roll" not in path and "robots" not in path]

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        pages = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                path = urlsplit(self.path).path.lstrip("/")
                pages.requests.append(self.path.lstrip("/"))
                found = pages.get(path, (404, b""))
                status, body = found if isinstance(found, tuple) else (200, found)
                self.send_response(status)
                self.send_header("Content-Type", "text/html")
                self.send_header("Content-Length", str(len(body)))
                if path in pages.encodings:
                    self.send_header("Content-Encoding", pages.encodings[path])
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        return Handler


def posts(output: Path) -> list[Path]:
    """All posts of an archive."""
    return sorted((output / "_posts").rglob("*.md"))


def lines(output: Path) -> list[dict]:
    """All JSON lines of an archive, in the order of the runs."""
    files = sorted((output / "articles").glob("*.jsonl"))
    return [json.loads(line) for file in files for line in file.read_text("utf-8").splitlines()]


def article_page(title: str = "标题", body: str = "<p>　　正文。</p>", head: str = "") -> bytes:
    """A small page of the family F2017."""
    return f"""<!DOCTYPE html><html><head><meta charset="utf-8">{head}</head><body>
<h1 class="main-title">{title}</h1>
<div class="date-source"><span class="date">2026年09月29日 00:34</span>
<span class="source ent-source">某报</span></div>
<div class="article" id="artibody">{body}</div></body></html>""".encode()


def row(docid: str = "nabc0000000001", **fields: object) -> dict:
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


def place(docid: str = "nabc0000000001") -> str:
    """Where the page of `row(docid)` is served."""
    return f"finance.sina.com.cn/china/2026-09-29/doc-i{docid}.shtml"
