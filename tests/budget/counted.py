"""Spiders whose budget is a test's."""

import time

from scrapy.signals import engine_stopped

from sinanews.exceptions import LedgerError
from sinanews.spiders.articles import ArticlesSpider
from sinanews.utils.files import say


class Counting:
    """Lets everything through at once, and counts it."""

    count = 0

    async def wait(self, _):
        self.count += 1
        return time.monotonic()


class Broken:
    """Of a database that does not come back."""

    async def wait(self, _):
        raise LedgerError("the ledger postgresql://host/news cannot be used: it is gone")


class CountedSpider(ArticlesSpider):
    """Says at its end how often it was let through."""

    name = "counted"
    kind = Counting

    @classmethod
    def from_crawler(cls, crawler, *args, **kwargs):
        spider = super().from_crawler(crawler, *args, **kwargs)
        spider.budget = cls.kind()
        crawler.signals.connect(spider.tell, engine_stopped)
        return spider

    def tell(self):
        say(f"turns {getattr(self.budget, 'count', None)}")


class BrokenSpider(CountedSpider):
    name = "broken"
    kind = Broken
