"""Waiting for the site's turn: whatever is sent to it comes out of one budget of all workers."""

from functools import partial

from scrapy.core.engine import ExecutionEngine
from scrapy.crawler import Crawler

from sinanews.exceptions import LedgerError, RefusedError


async def wait_for_turn(crawler: Crawler) -> None:
    """Returns when a request may be sent, and has to be sent then; at once where the spider has no
    `budget`.

    Raises RefusedError when the run ends before that; also when it has to end, since nobody can say
    whose turn it is.
    """
    spider = crawler.spider
    budget = getattr(spider, "budget", None)
    if budget is None:
        return
    assert spider, "what is downloaded is of a spider"
    assert crawler.engine, "and of an engine"
    try:
        moment = await budget.wait(partial(_is_closing, crawler.engine))
    except LedgerError as error:
        moment = None
        spider.stop.close(str(error))  # type: ignore[attr-defined] # of spiders that have a budget
    if moment is None:
        raise RefusedError("not asked for: the run ends")


def _is_closing(engine: ExecutionEngine) -> bool:
    """Whether the run ends. While the downloader or the scraper has all that it can take, the
    engine does not say so of any other way than a signal: until a request has been answered."""
    is_full = engine.downloader.needs_backout() or (
        engine.scraper.slot is not None and engine.scraper.slot.needs_backout()
    )
    return not engine.running or (engine.needs_backout() and not is_full)
