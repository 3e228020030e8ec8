"""One page of a channel's list, from the site to its rows."""

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
from scrapy.http import TextResponse

from sinanews import roll, urls
from sinanews.blocks import is_html
from sinanews.channels import Channel
from sinanews.exceptions import RollError
from sinanews.report import BLOCKED
from sinanews.spiders.engine import downloaded

OK = 200
UNREACHED = (
    CannotResolveHostError,
    DownloadCancelledError,
    DownloadConnectionRefusedError,
    DownloadFailedError,
    DownloadTimeoutError,
    IgnoreRequest,
    OSError,
    ResponseDataLossError,
)


async def roll_page(crawler: Crawler, channel: Channel, page: int) -> roll.Roll:
    """The rows of a page, from 1.

    Raises RollError when they cannot be had or read, CloseSpider when the site refuses us.
    """
    url = urls.roll_url(channel, page)
    try:
        response = await downloaded(crawler, url)
    except UNREACHED as error:
        raise RollError(f"{url}: {type(error).__name__}: {error}") from error
    if response.status != OK:
        raise RollError(f"{url}: HTTP {response.status}")
    if is_html(response.body):
        raise CloseSpider(f"{BLOCKED}HTML where the list's JSON belongs ({url})")
    return roll.read(response.text if isinstance(response, TextResponse) else "", url)
