"""What a page says of a story: an article, or that it has none, a rejection."""

import logging

from scrapy.exceptions import CloseSpider
from scrapy.http import Response
from scrapy.spidermiddlewares.httperror import HttpError
from twisted.python.failure import Failure

from sinanews.download.blocking import BLOCKED, is_captcha
from sinanews.exceptions import LayoutError, RefusedError, RobotsTxtError
from sinanews.extraction import page
from sinanews.extraction.loaders import ArticleLoader
from sinanews.items import Item, Rejection, State
from sinanews.roll.api import Story
from sinanews.utils import urls

logger = logging.getLogger(__name__)

GONE = (404, 410)


def read_item(
    response: Response, story: Story | None, loader: type[ArticleLoader] = ArticleLoader
) -> Item:
    """The article of a page, or a rejection. `story` is the list's row for it, if there is one."""
    try:
        return page.read(response, story, loader=loader)
    except LayoutError as error:
        return _unreadable(response, story, error)
    except Exception as error:
        logger.exception("%s could not be read", response.url)
        return _rejection(response, story, f"error: {type(error).__name__}: {error}")


def _unreadable(response: Response, story: Story | None, error: LayoutError) -> Rejection:
    if is_captcha(response.body):
        return _rejection(response, story, "a captcha page")
    if page.is_soft_404(response):
        logger.info("%s: its page says that it is not there", response.url)
        docid, url = _identity(response, story)
        return Rejection(docid, url, State.GONE, "soft 404")
    logger.error("%s", error)
    unreadable = _rejection(response, story, f"no {', '.join(error.missing)}")
    unreadable.missing = error.missing
    unreadable.tried = {name: list(selectors) for name, selectors in error.tried.items()}
    return unreadable


def _rejection(response: Response, story: Story | None, reason: str) -> Rejection:
    header = response.headers.get("Content-Type") or b""
    page_type = header.decode("latin-1")
    docid, url = _identity(response, story)
    return Rejection(docid, url, State.FAILED, reason, response.body, page_type)


def _identity(response: Response, story: Story | None) -> tuple[str, str]:
    return (story.docid, story.url) if story else (urls.docid(response.url), response.url)


def download_error(failure: Failure) -> BaseException | None:
    """The error of a request that failed; None for one that was held back, since the site refuses
    us.

    Raises CloseSpider when robots.txt forbids the request.
    """
    error = failure.value
    if isinstance(error, RobotsTxtError):
        raise CloseSpider(f"{BLOCKED}{error}") from error
    return None if isinstance(error, RefusedError) else error


def rejection(failure: Failure, story: Story) -> Rejection | None:
    """Why a story's page could not be had; None for one whose request was held back.

    Raises CloseSpider when robots.txt forbids the page.
    """
    error, url = download_error(failure), failure.request.url  # type: ignore[attr-defined] # Scrapy sets it
    if error is None:
        return None
    status = error.response.status if isinstance(error, HttpError) else None
    state = State.GONE if status in GONE else State.FAILED
    reason = f"HTTP {status}" if status else f"{type(error).__name__}: {error}"
    logger.log(logging.INFO if state is State.GONE else logging.ERROR, "%s: %s", url, reason)
    return Rejection(story.docid, story.url, state, reason)
