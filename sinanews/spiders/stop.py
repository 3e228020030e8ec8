"""Ending a run early, in good order."""

import asyncio
import logging

from scrapy.crawler import Crawler

logger = logging.getLogger(__name__)


class Stop:
    """Closes a crawler's spider once, whoever asks first giving the reason."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._closing: asyncio.Task[None] | None = None

    def close(self, reason: str) -> None:
        """Lets what is being downloaded come to its end, and asks for nothing more."""
        if self._closing is None:
            logger.error("%s; the run ends here", reason)
            self._closing = asyncio.ensure_future(self._close(reason))

    async def _close(self, reason: str) -> None:
        await self._crawler.engine.close_spider_async(reason=reason)
