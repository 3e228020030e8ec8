"""What a page says of a story: an article, or that it has none, a rejection."""

import logging
import re
from typing import Any

from itemadapter import ItemAdapter
from scrapy import Request
from scrapy.exceptions import CloseSpider, IgnoreRequest
from scrapy.http import Response
from scrapy.spidermiddlewares.httperror import HttpError
from twisted.python.failure import Failure

from sinanews.config import Bounds
from sinanews.download.blocking import (
    BLOCKED,
    CAPTCHA_PAGE,
    LOGIN_PAGE,
    is_captcha,
    is_login_page,
)
from sinanews.download.failures import describe, detail
from sinanews.download.hosts import is_sinas
from sinanews.exceptions import (
    BlockedError,
    BoundError,
    EncodingError,
    LayoutError,
    PageNotKeptError,
    PartError,
    RefusedError,
    RobotsTxtError,
    RobotsTxtUnavailableError,
    SinanewsError,
)
from sinanews.extraction import page
from sinanews.extraction.bounds import DEFAULT
from sinanews.extraction.loaders import ArticleLoader
from sinanews.extraction.notes import Notes
from sinanews.extraction.parts import Parts
from sinanews.items import Item, Rejection, State
from sinanews.roll.api import Story
from sinanews.utils import urls

logger = logging.getLogger(__name__)

GONE = (404, 410)
_ADDRESS = re.compile(r"\b[a-z]+://\S+")


def read_item(
    response: Response,
    story: Story | None,
    loader: type[ArticleLoader] = ArticleLoader,
    bounds: Bounds = DEFAULT,
    notes: Notes | None = None,
) -> Item:
    """The article of a page, or a rejection. `story` is the list's row for it, if there is one;
    what is noted while the page is read is added to `notes`."""
    try:
        return page.read(response, story, loader, bounds, notes)
    except (BoundError, EncodingError) as error:
        logger.error("%s: its page has %s", response.url, error)  # noqa: TRY400 - the reason is the message
        return reject(response, story, f"its page has {error}")
    except LayoutError as error:
        return _unreadable(response, story, error)
    except Exception as error:
        logger.exception("%s could not be read", response.url)
        return reject(response, story, f"error: {type(error).__name__}")


def _unreadable(response: Response, story: Story | None, error: LayoutError) -> Rejection:
    if is_login_page(response.body):
        return reject(response, story, LOGIN_PAGE)
    if error.missing == ["layout"] and is_captcha(response.body):
        return reject(response, story, CAPTCHA_PAGE)
    if page.is_soft_404(response):
        logger.info("%s: its page says that it is not there", response.url)
        docid, url = _identity(response, story)
        return Rejection(docid, url, State.GONE, "soft 404")
    logger.error("%s", error)
    unreadable = reject(response, story, f"no {', '.join(error.missing)}")
    unreadable.missing = error.missing
    unreadable.tried = {name: list(selectors) for name, selectors in error.tried.items()}
    return unreadable


def reject(response: Response, story: Story | None, reason: str) -> Rejection:
    """A rejection of a page that came, which is kept for whoever looks after the reason."""
    header = response.headers.get("Content-Type") or b""
    page_type = header.decode("latin-1")
    docid, url = _identity(response, story)
    return Rejection(docid, url, State.FAILED, reason, response.body, page_type)


def reject_part(item: Rejection, parts: Parts) -> Rejection:
    """The rejection of an article, made of that of the next of its pages: one that is not there
    does not make an article gone."""
    assert parts.next_number is not None, "a page was asked for"
    item.reason = str(PartError(parts.next_number, item.reason))
    item.state = State.FAILED
    return item


def story_of(item: Any) -> Story:  # noqa: ANN401 - an item of any kind
    """A row for an article that was read without one, so that its other pages are read as its."""
    article = ItemAdapter(item)
    return Story(article["docid"], article["url"], title="", ctime=0, intime=0, mtime=0)


def _identity(response: Response, story: Story | None) -> tuple[str, str]:
    return (story.docid, story.url) if story else (urls.docid(response.url), response.url)


def download_error(failure: Failure) -> BaseException | None:
    """The error of a request that failed; None for one that was held back, since the site refuses
    us, and for a page that could not be kept.

    Raises CloseSpider when a list refuses us, or Sina's robots.txt forbids the request.
    """
    error, url = failure.value, failure.request.url  # type: ignore[attr-defined] # Scrapy sets it
    if isinstance(error, BlockedError):
        raise CloseSpider(f"{BLOCKED}{error}") from error
    if isinstance(error, RobotsTxtError) and is_sinas(url):
        raise CloseSpider(f"{BLOCKED}robots.txt forbids {url}") from error
    return None if isinstance(error, RefusedError | PageNotKeptError) else error


def download_reason(error: BaseException, request: Request) -> str | None:
    """Why a request came to nothing; None for an error of somebody's code."""
    if isinstance(error, HttpError):
        return f"HTTP {error.response.status}"
    if isinstance(error, IgnoreRequest) and isinstance(error, SinanewsError):
        return str(error)
    if isinstance(error, IgnoreRequest):  # of a middleware of Scrapy's or a user's
        return f"{type(error).__name__}: {_ADDRESS.sub('…', str(error))}"
    return describe(error, request)


def rejection(failure: Failure, story: Story) -> Rejection | None:
    """Why a story's page could not be had; None for one whose request was held back.

    Raises CloseSpider when robots.txt forbids the page.
    """
    error, request = download_error(failure), failure.request  # type: ignore[attr-defined] # Scrapy sets it
    if error is None:
        return None
    gone = isinstance(error, HttpError) and error.response.status in GONE
    state = State.GONE if gone else State.FAILED
    reason = download_reason(error, request)
    if reason is None:
        reason = f"error: {type(error).__name__}"
        logger.error("%s: %s", request.url, reason, exc_info=error)
    elif isinstance(error, HttpError):
        logger.log(logging.INFO if gone else logging.ERROR, "%s: %s", request.url, reason)
    elif not isinstance(error, RobotsTxtUnavailableError):  # which is told once for its host
        logger.error("%s: %s%s", request.url, reason, detail(error))
    return Rejection(story.docid, story.url, state, reason)
