"""Download handlers of a user's own."""

import os

from probes import note
from scrapy import Request
from scrapy.core.downloader.handlers.base import BaseDownloadHandler
from scrapy.core.downloader.handlers.http11 import HTTP11DownloadHandler
from scrapy.crawler import Crawler
from scrapy.http import Response


class Recording(BaseDownloadHandler):
    """Writes down what it is to download, and hands it to Scrapy's own. Where BEHIND names a
    server, it asks that one instead, as somebody's cache or archive of pages would."""

    lazy = False

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self._next = HTTP11DownloadHandler(crawler)

    async def download_request(self, request: Request) -> Response:
        note("handler", "request", url=request.url)
        behind = os.environ.get("BEHIND")
        if not behind:
            return await self._next.download_request(request)
        address = f"{behind}/{request.url.partition('://')[2]}"
        response = await self._next.download_request(request.replace(url=address))
        return response.replace(url=request.url)

    async def close(self) -> None:
        note("handler", "closed")
        await self._next.close()
