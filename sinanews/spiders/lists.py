"""One page of a channel's list: its request, and its answer's rows."""

import logging
from collections.abc import Callable
from typing import Any

from scrapy import Request
from scrapy.exceptions import CloseSpider
from scrapy.http import Response, TextResponse
from twisted.python.failure import Failure

from sinanews.channels import Channel
from sinanews.config import Bounds
from sinanews.download.blocking import BLOCKED
from sinanews.download.failures import detail
from sinanews.exceptions import LoginPageError
from sinanews.roll import api as roll
from sinanews.spiders.reading import download_error, download_reason
from sinanews.utils import urls

logger = logging.getLogger(__name__)


def list_request(
    channel: Channel, page: int, callback: Callable[..., Any], errback: Callable[..., Any]
) -> Request:
    """The request for a page, from 1, of a channel's list; no cache keeps its answer."""
    return Request(
        urls.roll_url(channel, page),
        callback=callback,
        errback=errback,
        headers={"Referer": urls.FRONT_PAGE},
        meta={"dont_cache": True},
        dont_filter=True,
    )


def read_list(response: Response, bounds: Bounds) -> roll.Roll:
    """The rows of an answer. Raises RollError when they cannot be read."""
    text = response.text if isinstance(response, TextResponse) else ""
    return roll.read(text, response.url, bounds)


def failure_reason(failure: Failure) -> str | None:
    """Why a page of a list could not be had; None for one whose request was held back.

    Raises CloseSpider when the site refuses the list or robots.txt forbids it, and the error itself
    when it is none of a download but one of somebody's code.
    """
    error, request = download_error(failure), failure.request  # type: ignore[attr-defined] # Scrapy sets it
    if error is None:
        return None
    if isinstance(error, LoginPageError):
        raise CloseSpider(f"{BLOCKED}{error} ({request.url})") from error
    reason = download_reason(error, request)
    if reason is None:
        raise error
    logger.info("%s: %s%s", request.url, reason, detail(error))
    return reason
