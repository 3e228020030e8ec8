"""A script of a user's own: `script.py KIND FOLDER...`, as the functions below say."""

import asyncio
import sys
from collections.abc import Callable
from datetime import date

from scrapy.crawler import AsyncCrawlerRunner, CrawlerProcess, CrawlerRunner
from scrapy.settings import Settings
from scrapy.utils.defer import deferred_from_coro
from scrapy.utils.log import configure_logging
from scrapy.utils.project import get_project_settings
from scrapy.utils.reactor import install_reactor
from twisted.internet import task
from twisted.internet.defer import Deferred, DeferredList, inlineCallbacks


def process(**arguments: object) -> None:
    """Runs one crawl."""
    crawling = CrawlerProcess(get_project_settings())
    crawling.crawl("china", **arguments)
    crawling.start()


def limit(_: list[str]) -> None:
    process(limit=3)


def since(_: list[str]) -> None:
    process(since=date(2023, 11, 15), until=date(2023, 11, 15), channel=None)


def no_addons(_: list[str]) -> None:
    settings = get_project_settings()
    settings.set("ADDONS", {}, priority="cmdline")
    crawling = CrawlerProcess(settings)
    crawling.crawl("china")
    crawling.start()


def by_class(_: list[str]) -> None:
    """Names the spider by its class, and adds a middleware of his own."""
    settings = get_project_settings()
    settings.set("DOWNLOADER_MIDDLEWARES", {"probes.Nearest": 950})
    crawling = CrawlerProcess(settings)
    crawler = crawling.create_crawler(crawling.spider_loader.load("china"))
    crawling.crawl(crawler, limit="2")
    crawling.start()
    reason, count = map(crawler.stats.get_value, ("finish_reason", "item_scraped_count"))
    print(reason, count)  # noqa: T201 - the script's answer


def settings_of(folder: str) -> Settings:
    settings = get_project_settings()
    settings.set("OUTPUT_DIR", folder)
    return settings


def with_reactor(crawls: Callable[[], Deferred]) -> None:
    """Runs what gives a Deferred, and ends."""
    install_reactor("twisted.internet.asyncioreactor.AsyncioSelectorReactor")
    configure_logging(get_project_settings())
    task.react(lambda _: crawls())


def deferred_runner(folders: list[str]) -> None:
    """One crawl after the other, in the way of Twisted."""

    @inlineCallbacks
    def crawls():
        for folder in folders:
            yield CrawlerRunner(settings_of(folder)).crawl("china")

    with_reactor(crawls)


def async_runner(folders: list[str]) -> None:
    """One crawl after the other, in the way of asyncio, in Twisted's reactor."""

    async def crawls() -> None:
        for folder in folders:
            await AsyncCrawlerRunner(settings_of(folder)).crawl("china")

    with_reactor(lambda: deferred_from_coro(crawls()))


def reactorless_runner(folders: list[str]) -> None:
    """One crawl after the other, without Twisted's reactor."""

    async def crawls() -> None:
        for folder in folders:
            settings = settings_of(folder)
            settings.set("TWISTED_REACTOR_ENABLED", value=False)
            await AsyncCrawlerRunner(settings).crawl("china")

    configure_logging(get_project_settings())
    asyncio.run(crawls())


def side_by_side(folders: list[str]) -> None:
    """Two crawls at once."""
    with_reactor(
        lambda: DeferredList([CrawlerRunner(settings_of(f)).crawl("china") for f in folders])
    )


KINDS: dict[str, Callable[[list[str]], None]] = {
    "limit": limit,
    "since": since,
    "no_addons": no_addons,
    "by_class": by_class,
    "deferred_runner": deferred_runner,
    "async_runner": async_runner,
    "reactorless_runner": reactorless_runner,
    "side_by_side": side_by_side,
}

if __name__ == "__main__":
    KINDS[sys.argv[1]](sys.argv[2:])
