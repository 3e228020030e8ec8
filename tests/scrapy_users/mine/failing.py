"""Parts of a Scrapy project that fail, and an extension that writes down which did."""

from probes import note
from scrapy import signals
from scrapy.crawler import Crawler

from sinanews.spiders.china import ChinaSpider


class Crashes:
    """Writes down the crashes that a run counted."""

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> "Crashes":
        extension = cls()
        extension.stats = crawler.stats
        crawler.signals.connect(extension.closed, signals.spider_closed)
        return extension

    def closed(self) -> None:
        note("crashes", "closed", counts=self.stats.get_value("sinanews/crashes", {}))


class Pipeline:
    def process_item(self, item):
        return item["no such field"]


class FailingCallback(ChinaSpider):
    name = "failing callback"

    def parse(self, response, **_):
        yield from ()
        raise ValueError(f"something about {response.url}")


class FailingErrback(ChinaSpider):
    name = "failing errback"

    def article_failed(self, failure):
        raise LookupError(str(failure.request)) from failure.value


class FailingRequest(ChinaSpider):
    name = "failing request"

    def article_request(self, story):
        return {}[story.docid]
