"""Serves a site over HTTP on loopback: until a signal for the command, in a thread for tests."""

import asyncio
import signal
from collections.abc import Awaitable, Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Thread

from aiohttp import web

from sinanews.mirror import faults, roll
from sinanews.mirror.faults import Faults
from sinanews.mirror.replies import Replies, Reply, zipped
from sinanews.mirror.site import Site

LOOPBACK = "127.0.0.1"
PATIENCE = 10  # seconds for the thread to start or stop


@dataclass(slots=True)
class RunningMirror:
    """A mirror that is being served: where, what, and what was asked of it.

    `requests` holds HOST/PATH?QUERY of each request, in order.
    """

    site: Site
    faults: Faults
    url: str = ""
    requests: list[str] = field(default_factory=list)

    def lists(self) -> list[str]:
        """The requests of the roll API."""
        return [target for target in self.requests if target.startswith(roll.PATH)]

    def articles(self) -> list[str]:
        """The requests of article pages, those that were not there too."""
        return [target for target in self.requests if not _is_other(target)]

    def forget(self) -> None:
        """Forgets the requests so far."""
        self.requests.clear()


def _is_other(target: str) -> bool:
    return target.startswith(roll.PATH) or target.endswith("/robots.txt")


@contextmanager
def running(
    site: Site | None = None, faults: Faults | Iterable[str] = (), port: int = 0
) -> Iterator[RunningMirror]:
    """Serves in a thread while the block runs; `faults` as `Faults` takes them.

    Raises OSError when the port is taken; 0, the default, is any free one.
    """
    rules = faults if isinstance(faults, Faults) else Faults(faults)
    mirror = RunningMirror(site or Site(), rules)
    loop = asyncio.new_event_loop()
    thread = Thread(target=loop.run_forever, name="mirror", daemon=True)
    thread.start()
    try:
        with _started_in(loop, mirror, port):
            yield mirror
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(PATIENCE)
        loop.close()


@contextmanager
def _started_in(
    loop: asyncio.AbstractEventLoop, mirror: RunningMirror, port: int
) -> Iterator[None]:
    started = asyncio.run_coroutine_threadsafe(_started(mirror, LOOPBACK, port), loop)
    runner = started.result(PATIENCE)
    try:
        yield
    finally:
        asyncio.run_coroutine_threadsafe(runner.cleanup(), loop).result(PATIENCE)


def serve(
    site: Site, host: str, port: int, faults: Faults, announce: Callable[[str], None]
) -> None:
    """Serves until SIGINT or SIGTERM; `announce` is told the URL once it answers.

    Raises OSError when the port is taken.
    """
    asyncio.run(_serve(RunningMirror(site, faults), host, port, announce))


async def _serve(
    mirror: RunningMirror, host: str, port: int, announce: Callable[[str], None]
) -> None:
    stopped = asyncio.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(name, stopped.set)
    runner = await _started(mirror, host, port)
    announce(mirror.url)
    await stopped.wait()
    await runner.cleanup()


async def _started(mirror: RunningMirror, host: str, port: int) -> web.AppRunner:
    app = web.Application()
    app.router.add_route("*", "/{target:.*}", _handler(mirror))
    # A client that leaves ends its hanging request; one that stays must not delay the end.
    runner = web.AppRunner(app, access_log=None, handler_cancellation=True, shutdown_timeout=0.1)
    await runner.setup()
    try:
        await web.TCPSite(runner, host, port).start()
    except OSError:
        await runner.cleanup()
        raise
    mirror.url = f"http://{host}:{runner.addresses[0][1]}"
    return runner


def _handler(
    mirror: RunningMirror,
) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    replies = Replies(mirror.site)

    async def handle(request: web.Request) -> web.StreamResponse:
        target = request.raw_path.lstrip("/")
        mirror.requests.append(target)
        kind = mirror.faults.hit(target)
        if kind is None:
            return _response(request, replies.to(target))
        if kind in _AT_THE_SOCKET:
            return await _AT_THE_SOCKET[kind](request, replies)
        return _response(request, faults.faulty(kind, target, replies.to))

    return handle


def _response(request: web.Request, reply: Reply) -> web.Response:
    headers = {"Content-Type": reply.content_type, "Vary": "Accept-Encoding"}
    if reply.location is not None:
        headers["Location"] = _own(request, reply.location)
    if reply.body and "gzip" in request.headers.get("Accept-Encoding", ""):
        headers["Content-Encoding"] = "gzip"
        body = reply.zipped or zipped(reply.body)
    else:
        body = reply.body
    return web.Response(body=body, status=reply.status, headers=headers)


def _own(request: web.Request, location: str) -> str:
    """A path of the mirror under the name by which the client knows it; else as it is."""
    return f"{request.scheme}://{request.host}{location}" if location[:1] == "/" else location


async def _hang(request: web.Request, replies: Replies) -> web.StreamResponse:
    """Ends when the client leaves, by cancellation."""
    del request, replies
    await asyncio.Event().wait()
    return web.Response()


async def _reset(request: web.Request, replies: Replies) -> web.StreamResponse:
    del replies
    if request.transport is not None:
        request.transport.abort()
    return web.Response()


async def _partial(request: web.Request, replies: Replies) -> web.StreamResponse:
    """Promises the whole body, sends half, and closes the connection."""
    body = replies.to(request.raw_path.lstrip("/")).body
    response = web.StreamResponse(headers={"Content-Type": "text/html"})
    response.content_length = len(body)
    await response.prepare(request)
    await response.write(body[: len(body) // 2])
    if request.transport is not None:
        request.transport.close()
    return response


_AT_THE_SOCKET = {faults.HANG: _hang, faults.RESET: _reset, faults.PARTIAL: _partial}
