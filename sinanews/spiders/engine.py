"""Scrapy's engine as the spiders use it: a page is downloaded and an item kept where it is waited
for.

What a spider yields goes through a scheduler, a queue and a callback, and what that yields through
another queue. A harvest has its queue in the ledger and needs none of them; the way to the callback
alone takes bare Scrapy 0.4 ms a page, of 1.35.
"""

import asyncio
from typing import Any

from scrapy import Request
from scrapy.core.engine import ExecutionEngine
from scrapy.crawler import Crawler
from scrapy.exceptions import CloseSpider, IgnoreRequest
from scrapy.http import Response

from sinanews.exceptions import RefusedError
from sinanews.items import Item
from sinanews.report import BLOCKED

REFERER = {"Referer": "https://finance.sina.com.cn/"}  # as Sina's own pages send it
NOTHING: tuple[Any, ...] = ()  # what a spider's `start` leaves to Scrapy


async def downloaded(crawler: Crawler, url: str) -> Response:
    """The response to a URL, whatever its status.

    Raises CloseSpider when the site refuses us, Scrapy's download errors when there is no response,
    and CancelledError when the run is coming to its end.
    """
    if is_closing(crawler):
        raise asyncio.CancelledError
    request = Request(url, headers=REFERER)
    try:
        return await _engine(crawler).download_async(request)
    except RefusedError as error:
        raise CloseSpider(f"{BLOCKED}{error}") from error
    except IgnoreRequest as error:
        if "robots.txt" in str(error):
            raise CloseSpider(f"{BLOCKED}robots.txt forbids {url}") from error
        raise
    except AssertionError as error:
        if is_closing(crawler):  # so Scrapy's engine says that it was closed meanwhile
            raise asyncio.CancelledError from error
        raise


async def kept(crawler: Crawler, item: Item) -> None:
    """Sends an item through the pipelines; returns when they have done with it."""
    scraper = _engine(crawler).scraper
    await scraper.start_itemproc_async(item, response=None)
    closing = scraper.slot and scraper.slot.closing
    if closing and not closing.called:
        scraper._check_if_closing()  # noqa: SLF001 - Scrapy 2.19 looks after callbacks only, and would wait for ever


def is_closing(crawler: Crawler) -> bool:
    """Whether the run is coming to its end, so that nothing may be begun any more."""
    engine = _engine(crawler)
    # It backs out of new requests when it is closing, and when its downloader is full.
    return engine.needs_backout() and not engine.downloader.needs_backout()


def _engine(crawler: Crawler) -> ExecutionEngine:
    assert crawler.engine, "spiders work in a crawler that runs"
    return crawler.engine
