"""What a page says of a story, an article, or that it has none, a rejection."""

import logging

from scrapy.crawler import Crawler
from scrapy.exceptions import CloseSpider
from scrapy.http import Response

from sinanews import page
from sinanews.blocks import is_captcha
from sinanews.exceptions import LayoutError
from sinanews.items import Item, Rejection, State
from sinanews.roll import Story
from sinanews.spiders.engine import downloaded

logger = logging.getLogger(__name__)

SUCCESS = range(200, 300)
GONE = (404, 410)


async def item_of(crawler: Crawler, story: Story, url: str) -> tuple[Item, Response | None]:
    """What a story's page at a URL says, and the page, if it could be had.

    Raises CloseSpider when the site refuses us.
    """
    try:
        response = await downloaded(crawler, url)
    except CloseSpider:
        raise
    except Exception as error:  # noqa: BLE001 - whatever it is, there is no page
        return _absent(story, url, State.FAILED, f"{type(error).__name__}: {error}"), None
    if response.status in SUCCESS:
        return _read(response, story), response
    state = State.GONE if response.status in GONE else State.FAILED
    return _absent(story, url, state, f"HTTP {response.status}"), response


def _absent(story: Story, url: str, state: State, reason: str) -> Rejection:
    logger.log(logging.INFO if state is State.GONE else logging.ERROR, "%s: %s", url, reason)
    return Rejection(story.docid, story.url, state, reason)


def _read(response: Response, story: Story) -> Item:
    try:
        return page.read(response, story)
    except LayoutError as error:
        return _unreadable(response, story, error)
    except Exception as error:
        logger.exception("%s could not be read", response.url)
        return _rejected(response, story, f"error: {type(error).__name__}: {error}")


def _unreadable(response: Response, story: Story, error: LayoutError) -> Rejection:
    if is_captcha(response.body):
        return _rejected(response, story, "a captcha page")
    if page.is_soft_404(response):
        logger.info("%s: its page says that it is not there", response.url)
        return Rejection(story.docid, story.url, State.GONE, "soft 404")
    logger.error("%s", error)
    rejection = _rejected(response, story, f"no {', '.join(error.missing)}")
    rejection.missing = error.missing
    rejection.tried = {name: list(looked_for) for name, looked_for in error.tried.items()}
    return rejection


def _rejected(response: Response, story: Story, reason: str) -> Rejection:
    header = response.headers.get("Content-Type") or b""
    content_type = header.decode("latin-1")
    return Rejection(story.docid, story.url, State.FAILED, reason, response.body, content_type)
