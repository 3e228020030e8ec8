"""One page of a channel's list: its request, and its answer's rows."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from scrapy import Request
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
from scrapy.spidermiddlewares.httperror import HttpError
from twisted.python.failure import Failure

from sinanews.channels import Channel
from sinanews.download.blocking import BLOCKED, is_html
from sinanews.roll import api as roll
from sinanews.spiders.reading import download_error
from sinanews.utils import urls

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


def read_list(response: Response) -> roll.Roll:
    """The rows of an answer.

    Raises RollError when they cannot be read, CloseSpider when the site refuses us.
    """
    if is_html(response.body):
        raise CloseSpider(f"{BLOCKED}HTML where the list's JSON belongs ({response.url})")
    return roll.read(response.text if isinstance(response, TextResponse) else "", response.url)


def failure_reason(failure: Failure) -> str | None:
    """Why a page of a list could not be had; None for one whose request was held back.

    Raises CloseSpider when robots.txt forbids it, RuntimeError for what is no failure to download
    but an error of somebody's code.
    """
    error, url = download_error(failure), failure.request.url  # type: ignore[attr-defined] # Scrapy sets it
    if error is None:
        return None
    if isinstance(error, HttpError):
        return f"{url}: HTTP {error.response.status}"
    if isinstance(error, CannotResolveHostError):
        host = urlsplit(url).hostname
        return f"the address of {host} cannot be found: is this machine offline?"
    reason = f"{url}: {type(error).__name__}: {error}"
    if isinstance(error, UNREACHED):
        return reason
    raise RuntimeError(reason) from error
