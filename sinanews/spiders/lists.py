"""One page of a channel's list, from the site to its rows."""

import asyncio

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.exceptions import (
    CannotResolveHostError,
    CloseSpider,
    DownloadCancelledError,
    DownloadConnectionRefusedError,
    DownloadFailedError,
    DownloadTimeoutError,
    IgnoreRequest,
    ResponseDataLossError,
)
from scrapy.http import Response, TextResponse

from sinanews import roll, urls
from sinanews.blocks import is_html
from sinanews.channels import Channel
from sinanews.exceptions import RefusedError, RollError
from sinanews.report import BLOCKED

OK = 200
REFERER = {"Referer": "https://finance.sina.com.cn/"}  # as Sina's own pages send it
UNREACHED = (
    CannotResolveHostError,
    DownloadCancelledError,
    DownloadConnectionRefusedError,
    DownloadFailedError,
    DownloadTimeoutError,
    OSError,
    ResponseDataLossError,
)


async def roll_page(crawler: Crawler, channel: Channel, page: int) -> roll.Roll:
    """The rows of a page, from 1.

    Raises RollError when they cannot be had or read, CloseSpider when the site refuses us.
    """
    url = urls.roll_url(channel, page)
    response = await _downloaded(crawler, Request(url, headers=REFERER))
    if response.status != OK:
        raise RollError(f"{url}: HTTP {response.status}")
    if is_html(response.body):
        raise CloseSpider(f"{BLOCKED}HTML where the list's JSON belongs ({url})")
    return roll.read(response.text if isinstance(response, TextResponse) else "", url)


async def _downloaded(crawler: Crawler, request: Request) -> Response:
    assert crawler.engine, "lists are walked by a crawler that runs"
    try:
        return await crawler.engine.download_async(request)
    except RefusedError as error:
        raise CloseSpider(f"{BLOCKED}{error}") from error
    except IgnoreRequest as error:
        if "robots.txt" in str(error):
            raise CloseSpider(f"{BLOCKED}robots.txt forbids {request.url}") from error
        raise RollError(f"{request.url}: {error}") from error
    except AssertionError as error:
        # So Scrapy's engine says that it was closed meanwhile: nobody needs the list any more.
        raise asyncio.CancelledError from error
    except UNREACHED as error:
        raise RollError(f"{request.url}: {type(error).__name__}: {error}") from error
