"""A loopback proxy that writes down what it is asked, and answers for the whole net."""

import base64
import socketserver
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler


class Proxy:
    """Answers `GET http://HOST/PATH` with the body for HOST/PATH, or with `status` where that is
    given; refuses every CONNECT with it. Its reason phrase tells what it was given as password."""

    def __init__(self, pages: Mapping[str, bytes], status: int | None) -> None:
        self.lines: list[str] = []  # METHOD TARGET of each request
        self.credentials: list[str] = []
        proxy = self

        class Handler(BaseHTTPRequestHandler):
            def answer(self) -> None:
                proxy.lines.append(f"{self.command} {self.path}")
                given = self.headers.get("Proxy-Authorization", "").removeprefix("Basic ")
                proxy.credentials.append(base64.b64decode(given).decode())
                body = pages.get(self.path.partition("://")[2].partition("?")[0])
                self.send_response(status or (404 if body is None else 200), given)
                self.send_header("Content-Length", str(len(body or b"")))
                self.end_headers()
                self.wfile.write(body or b"")

            do_GET = do_CONNECT = answer  # noqa: N815 - the names that http.server asks for

            def log_message(self, *_: object) -> None:
                pass

        self.server = _Server(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.server.server_address[1]}"


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    request_queue_size = 128


@contextmanager
def proxying(
    pages: Mapping[str, bytes] | None = None, status: int | None = None
) -> Iterator[Proxy]:
    """A proxy while the block runs."""
    proxy = Proxy(pages or {}, status)
    try:
        yield proxy
    finally:
        proxy.server.shutdown()
        proxy.server.server_close()
