"""A loopback server that writes answers byte for byte, also such as no HTTP library would."""

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

NOT_FOUND = b"HTTP/1.1 404 Not Found\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"


class RawAnswers(dict[str, bytes]):
    """`HOST/PATH` -> all bytes of the answer; all else is 404. A connection is closed after each
    answer; `requests` has HOST/PATH?QUERY of each request."""

    def __init__(self) -> None:
        super().__init__()
        self.requests: list[str] = []
        answers = self

        class Handler(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                request = self.rfile.readline()
                while self.rfile.readline().strip():
                    pass
                if request:
                    self.wfile.write(answers.reply(request.split()[1].decode().lstrip("/")))

        self._server = _Server(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def reply(self, target: str) -> bytes:
        self.requests.append(target)
        return self.get(urlsplit(target).path, NOT_FOUND)

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    request_queue_size = 128


@contextmanager
def raw_answers() -> Iterator[RawAnswers]:
    """A server of raw answers while the block runs."""
    answers = RawAnswers()
    try:
        yield answers
    finally:
        answers.close()


def answer(
    body: bytes,
    *lines: bytes,
    status: bytes = b"HTTP/1.1 200 OK",
    length: bool = True,
    end: bytes = b"\r\n",
) -> bytes:
    """An answer with further header lines, with a Content-Length or without. It says that its
    connection ends with it, as the server has it: a client must not send another request there."""
    head = [status, b"Content-Type: text/html; charset=utf-8", b"Connection: close", *lines]
    if length:
        head.append(b"Content-Length: %d" % len(body))
    return end.join([*head, b"", body])
