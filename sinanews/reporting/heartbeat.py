"""The heartbeat: a monitor elsewhere hears that a run begins and how it ends, and tells when it
hears nothing.

The addresses are those of healthchecks.io: URL/start, URL when all is well, and URL/CODE with the
exit code when it is not (https://healthchecks.io/docs/signaling_failures/).
"""

import logging
import time
from http.client import HTTPException
from threading import Thread
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import (
    HTTPDefaultErrorHandler,
    HTTPErrorProcessor,
    HTTPHandler,
    HTTPSHandler,
    OpenerDirector,
    ProxyHandler,
)

from sinanews.exceptions import ArgumentError
from sinanews.utils.proxies import proxy_for

SOCKET_SECONDS = 5.0  # for a connection, and for each answer
ALL_SECONDS = 10.0  # that the end of a run waits, look-ups of names included

logger = logging.getLogger(__name__)


class Heartbeat:
    """The calls of one run. None of them raises, and the run waits for both together no longer than
    ALL_SECONDS; the log has a line, without the URL, when one of them came to nothing."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._begun: _Call | None = None

    def begin(self) -> None:
        """Says that a run begins, and does not wait for an answer."""
        self._begun = _Call(_address(self._url, "start"))

    def end(self, code: int) -> None:
        """Says with which exit code it ended."""
        # One after the other, or the end could arrive first.
        deadline = time.monotonic() + ALL_SECONDS
        failure = self._begun.failure(ALL_SECONDS / 2) if self._begun else None
        ended = _Call(_address(self._url, str(code) if code else ""))
        failure = ended.failure(deadline - time.monotonic()) or failure
        if failure:
            logger.error("HEARTBEAT_URL could not be reached: %s", failure)


class _Call:
    """One request, in a thread of its own, which nothing waits for in the end."""

    def __init__(self, url: str) -> None:
        self._failure: str | None = "no answer in time"
        self._thread = Thread(target=self._ask, args=(url,), daemon=True)
        self._thread.start()

    def _ask(self, url: str) -> None:
        self._failure = _failure(url)

    def failure(self, seconds: float) -> str | None:
        """Why it came to nothing, after so many seconds more at the most; None when it did not."""
        self._thread.join(max(0.0, seconds))
        return self._failure


def _address(url: str, signal: str) -> str:
    """
    >>> _address("https://hc-ping.com/key/news?create=1", "start")
    'https://hc-ping.com/key/news/start?create=1'
    >>> _address("http://127.0.0.1:8000/ID/", "")
    'http://127.0.0.1:8000/ID'
    """
    parts = urlsplit(url)
    path = "/".join(filter(None, (parts.path.rstrip("/"), signal)))
    return parts._replace(path=path if path.startswith("/") else f"/{path}").geturl()


def _failure(url: str) -> str | None:
    """Asks for a URL; why that came to nothing, in words that have nothing of the URL."""
    try:
        proxy = proxy_for(url)
        opener = OpenerDirector()
        # Not `build_opener`, which would follow redirects, and know ftp: and file: too.
        for handler in (
            ProxyHandler({urlsplit(url).scheme: proxy} if proxy else {}),
            *(HTTPHandler(), HTTPSHandler(), HTTPDefaultErrorHandler(), HTTPErrorProcessor()),
        ):
            opener.add_handler(handler)
        opener.addheaders = [("User-Agent", "sinanews")]
        opener.open(url, timeout=SOCKET_SECONDS).close()
    except HTTPError as error:
        return f"HTTP {error.code}"
    except URLError as error:
        return _named(error.reason)
    except ArgumentError:
        return "the proxy that the environment names is none of HTTP"
    except (OSError, HTTPException, ValueError) as error:
        return _named(error)
    return None


def _named(error: BaseException | str) -> str:
    return getattr(error, "strerror", None) or type(error).__name__
