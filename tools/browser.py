"""Opens pages in Chromium and looks at them: what they ask for, what they say, what they look like.

Chromium is told by its own DevTools protocol over a pair of pipes, so nothing else is needed.
https://chromedevtools.github.io/devtools-protocol/
"""

import base64
import fcntl
import json
import os
import selectors
import shutil
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

PATIENCE = 120.0  # seconds for one answer; on a quiet machine it takes some milliseconds
_IN, _OUT = 3, 4  # the numbers of the pipes that --remote-debugging-pipe reads and writes
_FREE = 10  # from here on numbers of pipes are not in the way of these
_OPTIONS = (
    *("--headless=new", "--remote-debugging-pipe", "--no-sandbox", "--disable-gpu"),
    *("--disable-dev-shm-usage", "--no-first-run", "--disable-background-networking"),
    # No name is looked up, so that nothing leaves this machine whatever a page tries.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)


def missing() -> str:
    """What to install for this to work; empty when it is there."""
    return "" if shutil.which("chromium") else "apt-get install chromium fonts-noto-cjk"


class Page:
    """A tab of a browser. `requests` are the addresses that it asked for, `complaints` what its
    console has of errors and warnings, exceptions and violations of its policy."""

    def __init__(self, browser: "Browser", session: str) -> None:
        self._browser = browser
        self._session = session
        self.requests: list[str] = []
        self.complaints: list[str] = []
        for domain in ("Page", "Runtime", "Network", "Log"):
            self.send(f"{domain}.enable")

    def send(self, method: str, **parameters: object) -> dict[str, Any]:
        """The answer to a command of the protocol."""
        return self._browser.send(method, self._session, **parameters)

    def resize(self, width: int, height: int, scale: float = 1, *, is_dark: bool = False) -> None:
        """Gives the tab the size of a screen in CSS pixels, of which each has `scale` real ones,
        and the colours that its user prefers."""
        self.send(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=scale,
            mobile=width < 600,  # noqa: PLR2004 - a phone's width
        )
        preferred = {"name": "prefers-color-scheme", "value": "dark" if is_dark else "light"}
        self.send("Emulation.setEmulatedMedia", features=[preferred])

    def open(self, url: str) -> None:
        """Opens an address, and waits until the page and all that it asks for are loaded."""
        self._browser.forget("Page.loadEventFired", self._session)
        self.send("Page.navigate", url=url)
        self._browser.wait_for("Page.loadEventFired", self._session)

    def evaluate(self, expression: str) -> Any:  # noqa: ANN401 - any value of JSON
        """What an expression comes to in the page; of a promise, what it becomes. Raises
        RuntimeError for one that fails."""
        answer = self.send(
            "Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True
        )
        if "exceptionDetails" in answer:
            raise RuntimeError(str(answer["exceptionDetails"]))
        return answer["result"].get("value")

    def wait_until(self, expression: str) -> None:
        """Waits until an expression is true in the page. Raises TimeoutError if it stays false."""
        end = time.monotonic() + PATIENCE
        while not self.evaluate(expression):
            if time.monotonic() > end:
                raise TimeoutError(f"{expression} is still false")
            time.sleep(0.05)

    def screenshot(self, file: Path, height: int | None = None) -> None:
        """Writes what the tab shows, or its first `height` CSS pixels, as PNG."""
        width = self.evaluate("document.documentElement.clientWidth")
        more: dict[str, object] = {}
        if height is not None:
            clip = {"x": 0, "y": 0, "width": width, "height": height, "scale": 1}
            more = {"captureBeyondViewport": True, "clip": clip}
        image = self.send("Page.captureScreenshot", format="png", **more)
        file.write_bytes(base64.b64decode(image["data"]))

    def note(self, event: dict[str, Any]) -> None:
        """Keeps what an event of this tab tells."""
        method, values = event["method"], event["params"]
        if method == "Network.requestWillBeSent":
            self.requests.append(values["request"]["url"])
        elif method == "Runtime.exceptionThrown":
            self.complaints.append(str(values["exceptionDetails"]))
        elif method == "Runtime.consoleAPICalled" and values["type"] in {"error", "warning"}:
            self.complaints.append(str(values["args"]))
        elif method == "Log.entryAdded" and values["entry"]["level"] in {"error", "warning"}:
            self.complaints.append(values["entry"]["text"])


class Browser:
    """A Chromium without a window, from the block's begin to its end."""

    def __init__(self, to: int, of: int) -> None:
        self._to, self._of = to, of
        self._unread = b""
        self._number = 0
        self._events: list[dict[str, Any]] = []
        self._pages: dict[str, Page] = {}
        self._selector = selectors.DefaultSelector()
        self._selector.register(of, selectors.EVENT_READ)

    def new_page(self) -> Page:
        """A new tab."""
        target = self.send("Target.createTarget", url="about:blank")["targetId"]
        session = self.send("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        page = Page(self, session)
        self._pages[session] = page
        return page

    def send(self, method: str, session: str | None = None, **parameters: object) -> dict[str, Any]:
        """The answer to a command, as part of a tab's session. Raises RuntimeError for one that is
        refused."""
        self._number += 1
        command: dict[str, object] = {"id": self._number, "method": method, "params": parameters}
        if session:
            command["sessionId"] = session
        os.write(self._to, json.dumps(command).encode() + b"\0")
        while True:
            message = self._next()
            if message.get("id") != self._number:
                self._keep(message)
            elif "error" in message:
                raise RuntimeError(f"{method}: {message['error']}")
            else:
                answer: dict[str, Any] = message["result"]
                return answer

    def forget(self, method: str, session: str) -> None:
        """Forgets the events of a kind that have come."""
        self._events = [
            one
            for one in self._events
            if (one["method"], one.get("sessionId")) != (method, session)
        ]

    def wait_for(self, method: str, session: str) -> None:
        """Waits until an event of a kind has come."""
        wanted = (method, session)
        while wanted not in {(one["method"], one.get("sessionId")) for one in self._events}:
            self._keep(self._next())

    def _keep(self, message: dict[str, Any]) -> None:
        if "method" not in message:
            return
        self._events.append(message)
        if page := self._pages.get(message.get("sessionId", "")):
            page.note(message)

    def _next(self) -> dict[str, Any]:
        """The next message. Raises TimeoutError when none comes."""
        while b"\0" not in self._unread:
            if not self._selector.select(PATIENCE):
                raise TimeoutError("Chromium does not answer")
            data = os.read(self._of, 1 << 20)
            if not data:
                raise RuntimeError("Chromium has ended")
            self._unread += data
        text, _, self._unread = self._unread.partition(b"\0")
        message: dict[str, Any] = json.loads(text)
        return message


@contextmanager
def browser() -> Iterator[Browser]:
    """A Chromium with a profile of its own, that ends with the block."""
    command = shutil.which("chromium")
    if command is None:
        raise FileNotFoundError(missing())
    theirs_in, ours_out = map(_moved, os.pipe())
    ours_in, theirs_out = map(_moved, os.pipe())
    with TemporaryDirectory(prefix="sinanews-browser-", ignore_cleanup_errors=True) as profile:
        process = os.posix_spawn(
            command,
            [command, *_OPTIONS, f"--user-data-dir={profile}", "about:blank"],
            os.environ,
            file_actions=[
                (os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0),
                (os.POSIX_SPAWN_OPEN, 2, os.devnull, os.O_WRONLY, 0),
                (os.POSIX_SPAWN_DUP2, theirs_in, _IN),
                (os.POSIX_SPAWN_DUP2, theirs_out, _OUT),
            ],
            setpgroup=0,
        )
        os.close(theirs_in)
        os.close(theirs_out)
        try:
            yield Browser(ours_out, ours_in)
        finally:
            os.killpg(process, signal.SIGKILL)
            os.waitpid(process, 0)
            os.close(ours_out)
            os.close(ours_in)


def _moved(descriptor: int) -> int:
    """The same pipe under a number that is in nobody's way."""
    moved = fcntl.fcntl(descriptor, fcntl.F_DUPFD_CLOEXEC, _FREE)
    os.close(descriptor)
    return moved
