"""A download handler for a server of one's own: aiohttp takes half the CPU of Twisted's client."""

import time

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

PROXY_CREDENTIALS = "Proxy-Authorization"
PIECE = 1 << 16  # bytes read at once


class AiohttpDownloadHandler(BaseDownloadHandler):
    """Downloads through aiohttp; put into DOWNLOAD_HANDLERS for `http` and `https`.

    Of what Scrapy's own handlers offer it leaves out: the signals `headers_received` and
    `bytes_received`, `bindaddress`, and the settings DOWNLOAD_FAIL_ON_DATALOSS (it always fails)
    and DOWNLOADER_CLIENT_TLS_*. Certificates are verified.
    """

    lazy = True  # aiohttp needs an event loop that runs

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        settings = crawler.settings
        self._maxsize = settings.getint("DOWNLOAD_MAXSIZE")
        self._timeout = settings.getfloat("DOWNLOAD_TIMEOUT")
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=settings.getint("CONCURRENT_REQUESTS")),
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            skip_auto_headers=("Accept", "Accept-Encoding", "Content-Type", "User-Agent"),
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
            raise DownloadConnectionRefusedError(error.strerror) from error
        except aiohttp.ClientPayloadError as error:
            raise ResponseDataLossError(str(error)) from error
        except aiohttp.ClientError as error:
            raise DownloadFailedError(f"{type(error).__name__}: {error}") from error

    async def _response(self, request: Request, url: str, limit: aiohttp.ClientTimeout) -> Response:
        headers = request.headers.to_tuple_list()
        credentials = [pair for pair in headers if pair[0] == PROXY_CREDENTIALS]
        start = time.monotonic()
        async with self._session.request(
            request.method,
            url,
            data=request.body or None,
            headers=[pair for pair in headers if pair[0] != PROXY_CREDENTIALS],
            timeout=limit,
            allow_redirects=False,
            proxy=request.meta.get("proxy"),
            proxy_headers=credentials or None,
        ) as answer:
            request.meta["download_latency"] = time.monotonic() - start
            body = await self._body(request, answer)
        received = {name.encode(): value.encode() for name, value in answer.headers.items()}
        cls = responsetypes.from_args(headers=received, url=request.url, body=body)
        return cls(request.url, answer.status, answer.headers.items(), body)

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

    async def close(self) -> None:
        """Closes the connections."""
        await self._session.close()
