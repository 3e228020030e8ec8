"""A loopback server that hears notices, as apprise's `json://` posts them, and heartbeats."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

# Part of every address here: no log and no file may have it.
SECRET = "q7Zx-token"  # noqa: S105 - of no service


@dataclass
class Listener:
    """What was heard, in order: `notices` by the name in their address, `beats` as what follows the
    heartbeat's address. `status` is what it answers, to one name alone with `deaf`."""

    port: int = 0
    notices: list[tuple[str, dict]] = field(default_factory=list)
    beats: list[str] = field(default_factory=list)
    status: int = 200
    deaf: str = ""
    location: str = ""
    hold: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self.hold.set()

    def notify_url(self, name: str = "a") -> str:
        return f"json://127.0.0.1:{self.port}/{SECRET}/{name}"

    @property
    def heartbeat_url(self) -> str:
        return f"http://127.0.0.1:{self.port}/{SECRET}-beat"

    @property
    def titles(self) -> list[str]:
        return [notice["title"] for _, notice in self.notices]


@contextmanager
def listening() -> Iterator[Listener]:
    heard = Listener()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            heard.beats.append(self.path.removeprefix(f"/{SECRET}-beat"))
            self.answer("")

        def do_POST(self) -> None:
            size = int(self.headers["Content-Length"])
            name = self.path.rpartition("/")[2]
            heard.notices.append((name, json.loads(self.rfile.read(size))))
            self.answer(name)

        def answer(self, name: str) -> None:
            heard.hold.wait()
            is_deaf = bool(heard.deaf) and name != heard.deaf
            self.send_response(200 if is_deaf else heard.status)
            if heard.location:
                self.send_header("Location", heard.location)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    heard.port = server.server_port
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield heard
    finally:
        heard.hold.set()
        server.shutdown()
        server.server_close()


def wait_until(condition, seconds: float = 60) -> None:
    """Waits for what has to come sooner or later, on however busy a machine."""
    ends = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < ends, "it never came"
        time.sleep(0.01)
