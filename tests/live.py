"""A loopback proxy behind which Sina's own hosts seem to be, so that a crawl without MIRROR_URL can
be tried, certificates included."""

import socketserver
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from socket import AF_INET6, socket

from support import Pages

Contexts = Callable[[str], ssl.SSLContext]


class Live:
    """Answers `CONNECT HOST:443`, and `GET http://HOST/PATH`, for any host with the pages for
    HOST/PATH; a tunnel's end has the certificate that `contexts` gives for the host."""

    def __init__(self, pages: Pages, contexts: Contexts) -> None:
        self.lines: list[str] = []  # METHOD TARGET of each request to the proxy itself
        live = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            tunnel = ""  # the host at its end

            def do_CONNECT(self) -> None:
                live.lines.append(f"CONNECT {self.path}")
                self.send_response(200)
                self.end_headers()
                host = self.path.partition(":")[0]
                server = contexts(host).wrap_socket(self.connection, server_side=True)
                self.connection, self.tunnel = server, host
                self.rfile, self.wfile = server.makefile("rb"), server.makefile("wb", 0)
                self.close_connection = False

            def do_GET(self) -> None:
                if not self.tunnel:
                    live.lines.append(f"GET {self.path}")
                target = self.tunnel + self.path if self.tunnel else self.path.partition("://")[2]
                status, body, headers = pages.reply(target)
                self.send_response(status)
                for name, value in {"Content-Type": "text/html", **headers}.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        self.server = _Server(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_address[1]}"


class Listener:
    """Listens at an address of this machine, and counts who comes; its answer is a page."""

    def __init__(self, address: str, page: bytes) -> None:
        self.visits: list[bytes] = []
        visits = self.visits

        class Handler(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                visits.append(self.rfile.readline())
                self.wfile.write(
                    b"HTTP/1.0 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n\r\n" + page
                )

        self.server = (_Server6 if ":" in address else _Server)((address, 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.port = self.server.server_address[1]


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request: object, client_address: object) -> None:
        """Says nothing: a client that does not trust the certificate goes away."""


class _Server6(_Server):
    address_family = AF_INET6


def can_listen(address: str) -> bool:
    """Whether this machine has the address."""
    try:
        with socket(AF_INET6) as probe:
            probe.bind((address, 0))
    except OSError:
        return False
    return True


@contextmanager
def served(*servers: Live | Listener) -> Iterator[None]:
    """Ends the servers when the block does."""
    try:
        yield
    finally:
        for served_ in servers:
            served_.server.shutdown()
            served_.server.server_close()
