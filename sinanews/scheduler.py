"""The ledger as Scrapy's scheduler: what to fetch next stands in it, whoever listed it."""

from scrapy import Request
from scrapy.core.scheduler import Scheduler
from sqlalchemy.exc import SQLAlchemyError

from sinanews.spiders.base import ArchiveSpider


class LedgerScheduler(Scheduler):
    """Scrapy's scheduler, and behind it the stories that an `ArchiveSpider` claims.

    Requests that callbacks and middlewares enqueue (lists, retries, redirects) come first and are
    held in memory, as in any project. When there are none, the spider's next story is claimed and
    the request is the one that its `article_request` makes: however many stories wait, they take
    no memory. Such a request passes by spider middlewares, as one does that Scrapy resumes from a
    JOBDIR; its response does not. Settings: SCHEDULER, put in place by `sinanews.addon`.
    """

    spider: ArchiveSpider

    def next_request(self) -> Request | None:
        """The next enqueued request, or else the next story's; None when there is neither now."""
        return super().next_request() or self._story_request()

    def _story_request(self) -> Request | None:
        try:
            while claim := self.spider.next_claim():
                if request := self.spider.claim_request(claim):
                    return request
        except SQLAlchemyError as error:
            self.spider.close_run(error)
        return None
