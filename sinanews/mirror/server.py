"""Serves a site over HTTP on loopback: for the command until a signal, for tests in a thread."""

import asyncio
import signal
from collections.abc import Awaitable, Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Thread

from aiohttp import web

from sinanews.mirror import images, roll
from sinanews.mirror.faults import Faults
from sinanews.mirror.replies import Delivery, Replies, Reply, zip_body
from sinanews.mirror.site import Site

LOOPBACK = "127.0.0.1"
TIMEOUT = 10  # seconds for the thread to start or stop


@dataclass(slots=True)
class RunningMirror:
    """A mirror that is being served, and the requests that it received.

    `requests` has HOST/PATH?QUERY of each request, in order.
    """

    site: Site
    faults: Faults
    url: str = ""
    requests: list[str] = field(default_factory=list)

    def lists(self) -> list[str]:
        """The requests to the roll API."""
        return [target for target in self.requests if target.startswith(roll.PATH)]

    def articles(self) -> list[str]:
        """The requests of article pages, also of those that do not exist."""
        others = {*self.lists(), *self.pictures()}
        return [
            target
            for target in self.requests
            if target not in others and not target.endswith("/robots.txt")
        ]

    def pictures(self) -> list[str]:
        """The requests of pictures."""
        return [target for target in self.requests if images.is_picture(target.partition("?")[0])]

    def forget(self) -> None:
        """Forgets the requests so far."""
        self.requests.clear()


@contextmanager
def running(
    site: Site | None = None, faults: Faults | Iterable[str] = (), port: int = 0
) -> Iterator[RunningMirror]:
    """Serves in a thread while the block runs. `faults` may be rules, as `Faults` takes them; port
    0 is any free one.

    Raises OSError when the port is taken.
    """
    rules = faults if isinstance(faults, Faults) else Faults(faults)
    mirror = RunningMirror(site or Site(), rules)
    loop = asyncio.new_event_loop()
    thread = Thread(target=loop.run_forever, name="mirror", daemon=True)
    thread.start()
    try:
        starting = asyncio.run_coroutine_threadsafe(_start(mirror, LOOPBACK, port), loop)
        runner = starting.result(TIMEOUT)
        try:
            yield mirror
        finally:
            asyncio.run_coroutine_threadsafe(runner.cleanup(), loop).result(TIMEOUT)
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(TIMEOUT)
        loop.close()


def serve(
    site: Site, host: str, port: int, faults: Faults, announce: Callable[[str], None]
) -> None:
    """Serves until SIGINT or SIGTERM; calls `announce` with the URL once it is served.

    Raises OSError when the port is taken.
    """
    asyncio.run(_serve(RunningMirror(site, faults), host, port, announce))


async def _serve(
    mirror: RunningMirror, host: str, port: int, announce: Callable[[str], None]
) -> None:
    stopped = asyncio.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(name, stopped.set)
    runner = await _start(mirror, host, port)
    announce(mirror.url)
    await stopped.wait()
    await runner.cleanup()


async def _start(mirror: RunningMirror, host: str, port: int) -> web.AppRunner:
    app = web.Application()
    app.router.add_route("*", "/{target:.*}", _handler(mirror))
    # A client that disconnects ends its hanging request; one that stays must not delay the end.
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
        by_chance = replies.is_listed(target)
        reply = mirror.faults.reply(target, replies.to, by_chance=by_chance)
        if reply.delivery in _DELIVERIES:
            try:
                return await _DELIVERIES[reply.delivery](request, reply)
            except ConnectionResetError:  # of a client that did not wait
                return web.Response()
        return _response(request, reply)

    return handle


def _response(request: web.Request, reply: Reply) -> web.Response:
    headers = {"Content-Type": reply.content_type, "Vary": "Accept-Encoding"}
    if reply.location is not None:
        # A path is one of the mirror, under the name by which the client addresses it.
        root = f"{request.scheme}://{request.host}" if reply.location[:1] == "/" else ""
        headers["Location"] = root + reply.location
    headers |= reply.headers
    body = reply.body
    if "Content-Encoding" in headers or not body:
        return web.Response(body=body, status=reply.status, headers=headers)
    if "gzip" in request.headers.get("Accept-Encoding", ""):
        headers["Content-Encoding"] = "gzip"
        body = reply.zipped or zip_body(body)
    return web.Response(body=body, status=reply.status, headers=headers)


async def _never(request: web.Request, reply: Reply) -> web.StreamResponse:
    """Waits until the client disconnects, which cancels it."""
    del request, reply
    await asyncio.Event().wait()
    return web.Response()


async def _reset(request: web.Request, reply: Reply) -> web.StreamResponse:
    del reply
    if request.transport is not None:
        request.transport.abort()
    return web.Response()


async def _half(request: web.Request, reply: Reply) -> web.StreamResponse:
    """Announces the whole body, sends half of it, and closes the connection."""
    response = await _announced(request, reply)
    await response.write(reply.body[: len(reply.body) // 2])
    if request.transport is not None:
        request.transport.close()
    return response


async def _dripping(request: web.Request, reply: Reply) -> web.StreamResponse:
    """Sends the body until the client disconnects, which cancels it."""
    response = await _announced(request, reply)
    for byte in reply.body:
        await response.write(bytes([byte]))
        await asyncio.sleep(1)
    return response


async def _announced(request: web.Request, reply: Reply) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Type": reply.content_type})
    response.content_length = len(reply.body)
    await response.prepare(request)
    return response


async def _raw(request: web.Request, reply: Reply) -> web.StreamResponse:
    if request.transport is not None:
        request.transport.write(reply.body)
        request.transport.close()
    return web.Response()


_DELIVERIES = {
    Delivery.NEVER: _never,
    Delivery.RESET: _reset,
    Delivery.HALF: _half,
    Delivery.DRIPPING: _dripping,
    Delivery.RAW: _raw,
}
