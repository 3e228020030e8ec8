"""A download handler for a server of one's own: aiohttp takes half the CPU of Twisted's client."""

import time
from typing import Any

import aiohttp
from scrapy import Request
from scrapy.core.downloader.handlers.base import BaseDownloadHandler
from scrapy.crawler import Crawler
from scrapy.exceptions import (
    CannotResolveHostError,
    DownloadCancelledError,
    DownloadConnectionRefusedError,
    DownloadFailedError,
    DownloadTimeoutError,
    ResponseDataLossError,
)
from scrapy.http import Response
from scrapy.responsetypes import responsetypes
from scrapy.utils.misc import build_from_crawler, load_object

from sinanews.download.responses import rebuild_response
from sinanews.download.turns import wait_for_turn

PROXY_CREDENTIALS = "Proxy-Authorization"
PIECE = 1 << 16  # bytes read at once
HEAD_LINE = 1 << 16  # bytes in a header or the status line; aiohttp's own 8,190 are too few
HEADERS = 1000  # header lines in an answer
LENIENT = "scrapy.core.downloader.handlers.http11.HTTP11DownloadHandler"


class AiohttpDownloadHandler(BaseDownloadHandler):
    """Downloads through aiohttp; put into DOWNLOAD_HANDLERS for `http` and `https`.

    Of what Scrapy's own handlers offer it leaves out: the signals `headers_received` and
    `bytes_received`, `bindaddress`, and the settings DOWNLOAD_FAIL_ON_DATALOSS (it always fails)
    and DOWNLOADER_CLIENT_TLS_*. aiohttp refuses answers that browsers read, such as one with the
    same Content-Length twice: these are asked for again through Scrapy's own handler, unless
    TWISTED_REACTOR_ENABLED is off.
    """

    lazy = True  # aiohttp needs an event loop that runs

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        settings = crawler.settings
        self._maxsize = settings.getint("DOWNLOAD_MAXSIZE")
        self._timeout = settings.getfloat("DOWNLOAD_TIMEOUT")
        self._lenient: Any = None  # Scrapy's own handler, once an answer needs it
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(
                limit=settings.getint("CONCURRENT_REQUESTS"),
                ssl=settings.getbool("DOWNLOAD_VERIFY_CERTIFICATES"),
            ),
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            skip_auto_headers=("Accept", "Accept-Encoding", "Content-Type", "User-Agent"),
            max_line_size=HEAD_LINE,
            max_field_size=HEAD_LINE,
            max_headers=HEADERS,
        )

    async def download_request(self, request: Request) -> Response:
        """The response to a request; raises what `download_from` raises."""
        return await self.download_from(request, request.url)

    async def download_from(self, request: Request, url: str) -> Response:
        """The response to a request, sent to another address such as a mirror's.

        Raises Scrapy's download errors: CannotResolveHostError, DownloadConnectionRefusedError,
        DownloadTimeoutError, ResponseDataLossError for a body that ends early,
        DownloadCancelledError for one that is too large, DownloadFailedError for anything else.
        """
        seconds = request.meta.get("download_timeout", self._timeout)
        try:
            return await self._response(request, url, aiohttp.ClientTimeout(total=seconds))
        except TimeoutError as error:
            message = f"Getting {url} took longer than {seconds} seconds."
            raise DownloadTimeoutError(message) from error
        except aiohttp.ClientConnectorDNSError as error:
            raise CannotResolveHostError(str(error)) from error
        except aiohttp.ClientConnectorError as error:
            refused = isinstance(error.__cause__, ConnectionRefusedError)
            kind = DownloadConnectionRefusedError if refused else DownloadFailedError
            raise kind(str(error)) from error
        except aiohttp.ClientPayloadError as error:
            raise ResponseDataLossError(str(error)) from error
        except aiohttp.ClientHttpProxyError as error:
            raise DownloadFailedError(f"the proxy answers HTTP {error.status}") from error
        except aiohttp.ClientResponseError as error:
            return await self._read_leniently(request, url, error)
        except aiohttp.ClientError as error:
            raise DownloadFailedError(f"{type(error).__name__}: {error}") from error

    async def _response(self, request: Request, url: str, limit: aiohttp.ClientTimeout) -> Response:
        headers = request.headers.to_tuple_list()
        credentials = [pair for pair in headers if pair[0] == PROXY_CREDENTIALS]
        if url.startswith("https:"):  # the proxy reads the head of a tunnel, not what goes through
            headers = [pair for pair in headers if pair[0] != PROXY_CREDENTIALS]
        start = time.monotonic()
        async with self._session.request(
            request.method,
            url,
            data=request.body or None,
            headers=headers,
            timeout=limit,
            allow_redirects=False,
            proxy=request.meta.get("proxy"),
            proxy_headers=credentials or None,
        ) as answer:
            request.meta["download_latency"] = time.monotonic() - start
            body = await self._body(request, answer)
        # As bytes: `answer.headers` has decoded them, which cannot be undone for all of them.
        received = dict(answer.raw_headers)
        cls = responsetypes.from_args(headers=received, url=request.url, body=body)
        return cls(request.url, answer.status, answer.raw_headers, body)

    async def _body(self, request: Request, answer: aiohttp.ClientResponse) -> bytes:
        maxsize = request.meta.get("download_maxsize", self._maxsize)
        pieces: list[bytes] = []
        size = 0
        async for piece in answer.content.iter_chunked(PIECE):
            size += len(piece)
            if maxsize and size > maxsize:
                raise DownloadCancelledError(f"{request.url} has more than {maxsize} bytes")
            pieces.append(piece)
        return b"".join(pieces)

    async def _read_leniently(
        self, request: Request, url: str, error: aiohttp.ClientResponseError
    ) -> Response:
        if not self.crawler.settings.getbool("TWISTED_REACTOR_ENABLED"):
            raise DownloadFailedError(f"{type(error).__name__}: {error.message}") from error
        if self._lenient is None:
            self._lenient = build_from_crawler(load_object(LENIENT), self.crawler)
        sent = request.replace(url=url)
        await wait_for_turn(self.crawler)
        response: Response = await self._lenient.download_request(sent)
        request.meta.update(sent.meta)
        return rebuild_response(response, url=request.url)

    async def close(self) -> None:
        """Closes the connections."""
        await self._session.close()
        if self._lenient:
            await self._lenient.close()
