"""Harvests the benchmark's site by way of Redis: one of several workers with scrapy-redis.

    python benchmarks/worker_kills_redis.py SITE REDIS FOLDER DELAY

The ordinary way: the pages of the list come from a Redis list, all at once, so that none is found
by way of another that may be lost; requests wait in Redis (`SCHEDULER`, its duplicate
filter), each article is a file in FOLDER, and FOLDER/written.txt has a line for each. Ends when the
queue was empty for IDLE seconds. It needs `.venv-queues`, and knows nothing of sinanews.
"""

import json
import sys
from pathlib import Path
from urllib.parse import urlsplit

from scrapy import Request
from scrapy.crawler import CrawlerProcess
from scrapy_redis.spiders import RedisSpider

IDLE = 5  # seconds


class Articles(RedisSpider):
    """The lists, and the articles that they name."""

    name = "articles"
    redis_key = "lists"
    folder: Path
    site: str

    async def start(self):  # noqa: ANN201 - no types here: scrapy-redis has none
        """The lists that wait, as scrapy-redis's own start_requests does in older Scrapy."""
        for request in self.next_requests():
            yield request

    def parse(self, response):  # noqa: ANN001, ANN201
        """A request for each row of a page of the list."""
        for row in json.loads(response.body)["result"]["data"]:
            url = urlsplit(row["url"])
            yield Request(f"{self.site}/{url.netloc}{url.path}", self.write)

    def write(self, response) -> None:  # noqa: ANN001
        """Writes the article."""
        name = urlsplit(response.url).path.rpartition("/")[2]
        self.folder.joinpath(name).write_bytes(response.body)
        with self.folder.joinpath("written.txt").open("a", encoding="utf-8") as lines:
            lines.write(f"{name}\n")


def main(site: str, redis: str, folder: str, delay: str) -> None:
    """Harvests until nothing has waited for a while."""
    Articles.site, Articles.folder = site, Path(folder)
    process = CrawlerProcess(
        {
            "SCHEDULER": "scrapy_redis.scheduler.Scheduler",
            "DUPEFILTER_CLASS": "scrapy_redis.dupefilter.RFPDupeFilter",
            "SCHEDULER_PERSIST": True,  # what a worker that ends leaves is for the others
            "REDIS_URL": redis,
            "MAX_IDLE_TIME_BEFORE_CLOSE": IDLE,
            "CONCURRENT_REQUESTS": 16,
            "CONCURRENT_REQUESTS_PER_DOMAIN": 16,
            "DOWNLOAD_DELAY": float(delay),
            "LOG_LEVEL": "WARNING",
        }
    )
    process.crawl(Articles)
    process.start()


if __name__ == "__main__":
    main(*sys.argv[1:])
