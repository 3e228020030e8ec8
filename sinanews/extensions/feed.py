"""`feed.xml` beside the archive: the newest articles of each channel, for feed readers."""

import logging
from collections import deque
from collections.abc import Iterable
from io import BytesIO
from typing import Any, Self

import orjson
from scrapy import signals
from scrapy.crawler import Crawler
from scrapy.exceptions import NotConfigured
from sqlalchemy.exc import SQLAlchemyError

from sinanews.exceptions import DamagedError, SinanewsError, UnfitError
from sinanews.exports.atom import AtomExporter
from sinanews.exports.reading import Query, Reading
from sinanews.exports.writing import write
from sinanews.spiders.base import ArchiveSpider
from sinanews.utils.atomic import write_whole

FILE = "feed.xml"
_HOUR = 3_600

logger = logging.getLogger(__name__)


class Feed:
    """Writes the feed anew when a run ends, whole or not at all. Whatever happens to it, the run
    goes its way."""

    def __init__(self, spider: ArchiveSpider) -> None:
        self._articles = spider.config.feed_articles
        self._file = spider.config.output / FILE
        self._ledger = spider.ledger

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Connected to the signal that ends a run, if a feed is wanted."""
        assert isinstance(crawler.spider, ArchiveSpider), "the add-on serves no other spider"
        if not crawler.spider.config.feed_articles:
            raise NotConfigured
        feed = cls(crawler.spider)
        crawler.signals.connect(feed.closed, signals.spider_closed)
        return feed

    def closed(self) -> None:
        """Writes the feed."""
        try:
            channels = [row.channel for row in self._ledger.view(runs=0).lists]
            lines = newest(
                Reading(self._ledger, _note), channels, self._articles, self._ledger.now()
            )
            file = BytesIO()
            write(file, lines, AtomExporter, _note)
            write_whole({self._file: file.getvalue()})
        except (OSError, SinanewsError, SQLAlchemyError) as error:
            logger.error("%s could not be written: %s", self._file, error)  # noqa: TRY400 - the reason is the message


def newest(reading: Reading, channels: Iterable[str], count: int, now: int) -> list[bytes]:
    """The lines of the newest `count` articles of each channel, by their ctime; newest first, and
    one that is in several channels once. `now` is in unix seconds."""
    found: dict[str, dict[str, Any]] = {}
    for channel in channels:
        span = _HOUR
        # Twice as far back each time, so that of a large archive only its end is read.
        while span < now and reading.count(_since(now - span, channel)) < count:
            span *= 2
        for line in deque(reading.lines(_since(now - span, channel)), count):
            article = orjson.loads(line)
            found[article["docid"]] = article | {"line": line}
    by_time = sorted(found.values(), key=lambda a: a["published"] or a["first_seen"] or "")
    return [article["line"] for article in reversed(by_time)]


def _since(moment: int, channel: str) -> Query:
    return Query(since=moment, channel=channel)


def _note(error: DamagedError | UnfitError) -> None:
    logger.warning("%s; it is left out of %s", error, FILE)
