"""The ledger as Scrapy's scheduler: what to fetch next stands in it, whoever listed it."""

import logging

from scrapy import Request
from scrapy.core.scheduler import Scheduler
from scrapy.statscollectors import StatsCollector
from sqlalchemy.exc import SQLAlchemyError

from sinanews.ledger.records import Claim
from sinanews.reporting.crashes import CRASHES_STAT, with_crash
from sinanews.spiders.base import ArchiveSpider

logger = logging.getLogger(__name__)


class LedgerScheduler(Scheduler):
    """Scrapy's scheduler, and behind it the stories that an `ArchiveSpider` claims.

    Requests that callbacks and middlewares enqueue (lists, retries, redirects) come first and are
    held in memory, as in any project. When there are none, the spider's next story is claimed and
    the request is the one that its `article_request` makes: however many stories wait, they take
    no memory. Such a request passes by spider middlewares, as one does that Scrapy resumes from a
    JOBDIR; its response does not. Settings: SCHEDULER, put in place by `sinanews.addon`.
    """

    spider: ArchiveSpider
    stats: StatsCollector

    def next_request(self) -> Request | None:
        """The next enqueued request, or else the next story's; None when there is neither now."""
        return super().next_request() or self._story_request()

    def _story_request(self) -> Request | None:
        try:
            while claim := self.spider.next_claim():
                if request := self._request(claim):
                    return request
        except SQLAlchemyError as error:
            self.spider.close_run(error)
        return None

    def _request(self, claim: Claim) -> Request | None:
        try:
            request = self.spider.article_request(claim.story)
        except Exception as error:
            # The engine would stop asking for requests; as in a callback, it costs one story.
            logger.exception("article_request failed for %s", claim.story.url)
            self.stats.inc_value("spider_exceptions/count")
            crashes = with_crash(self.stats.get_value(CRASHES_STAT, {}), error)
            self.stats.set_value(CRASHES_STAT, crashes)
            return None
        if claim.was_fetched:
            # A cache would answer with what the page said before.
            request.meta.setdefault("dont_cache", True)
        return request
