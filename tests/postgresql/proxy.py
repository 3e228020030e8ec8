"""A proxy in front of a server, which loses what a broken network loses."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

COMMIT = b"COMMIT\0"  # the whole statement: a transaction begins with READ COMMITTED


class Proxy:
    """Hands on what clients and a server on loopback say to each other. The next so many commits in
    `lost` come to nothing that the client hears: `before` they reach the server, or after it has
    answered."""

    def __init__(self, server_port: int) -> None:
        self._server_port = server_port
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._pairs: list[tuple[socket.socket, socket.socket]] = []
        self.lost = 0
        self.before = False
        self.losses = 0  # so far
        self.port: int = self._listening.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        """Breaks every connection."""
        pairs, self._pairs = self._pairs, []
        for pair in pairs:
            _close(*pair)

    def close(self) -> None:
        """Takes no more connections, and breaks all."""
        self._listening.close()
        self.cut()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listening.accept()
                try:
                    server = socket.create_connection(("127.0.0.1", self._server_port))
                except OSError:
                    client.close()
                    continue
                self._pairs.append((client, server))
                for ends in ((client, server), (server, client)):
                    threading.Thread(target=self._hand_on, args=ends, daemon=True).start()

    def _hand_on(self, source: socket.socket, target: socket.socket) -> None:
        is_client = any(source is client for client, _ in self._pairs)
        with suppress(OSError):
            while data := source.recv(1 << 16):
                if is_client and self.lost and COMMIT in data:
                    self.lost -= 1
                    self.losses += 1
                    self._lose(source, target, data)
                    return
                target.sendall(data)
        _close(source, target)

    def _lose(self, client: socket.socket, server: socket.socket, data: bytes) -> None:
        _shut(client)  # it hears nothing any more
        if not self.before:
            server.sendall(data)
            with suppress(OSError):
                server.settimeout(2)
                while server.recv(1 << 16):
                    pass
        _close(client, server)


def _shut(end: socket.socket) -> None:
    with suppress(OSError):
        end.shutdown(socket.SHUT_WR)


def _close(*ends: socket.socket) -> None:
    for end in ends:
        with suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)
        end.close()


@contextmanager
def proxy(server_port: int) -> Iterator[Proxy]:
    """A proxy on a port of its own."""
    made = Proxy(server_port)
    try:
        yield made
    finally:
        made.close()
