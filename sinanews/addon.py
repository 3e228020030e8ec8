"""The add-on that puts what an archive needs in place, beside whatever a user has there.

Everything goes through Scrapy's own component lists and switches, so that a user's own middleware,
pipeline, extension, feed or download handler is added to these and takes none of them away.
"""

from collections.abc import Mapping
from typing import Any

from scrapy.crawler import Crawler
from scrapy.downloadermiddlewares.httpcompression import HttpCompressionMiddleware
from scrapy.downloadermiddlewares.httpproxy import HttpProxyMiddleware
from scrapy.downloadermiddlewares.offsite import OffsiteMiddleware
from scrapy.downloadermiddlewares.redirect import RedirectMiddleware
from scrapy.downloadermiddlewares.robotstxt import RobotsTxtMiddleware
from scrapy.settings import SETTINGS_PRIORITIES, BaseSettings

from sinanews.archive.lines import FEED, FEED_PARAMETERS
from sinanews.config import contact_of, keeps_pictures
from sinanews.extensions.bell import RunBell
from sinanews.extensions.crashes import Crashes
from sinanews.extensions.feed import Feed
from sinanews.extensions.progress import Progress
from sinanews.extensions.run_report import RunReport
from sinanews.middlewares import (
    AnswerMiddleware,
    BlockMiddleware,
    DecompressionMiddleware,
    HostsMiddleware,
    KeepPagesMiddleware,
    LoginMiddleware,
    PageRedirectsMiddleware,
    ProxyMiddleware,
    RedirectsMiddleware,
    RobotsMiddleware,
    ServedMiddleware,
)
from sinanews.pipelines import ArchivePipeline, DecidePipeline, ValidatePipeline
from sinanews.spiders.base import ArchiveSpider
from sinanews.utils.files import escape_unprintable
from sinanews.utils.logs import keep_records_plain

TUNNEL_ERROR = "scrapy.core.downloader.handlers.http11.TunnelError"
ARCHIVE_HANDLER = "sinanews.download.handler.ArchiveDownloadHandler"
MIRROR_HANDLER = "sinanews.download.handler.MirrorDownloadHandler"
EXPORTERS = {
    "article-lines": "sinanews.exports.jsonl.ArticleLinesExporter",
    "archive-lines": "sinanews.exports.jsonl.ArchiveLinesExporter",
}


class ArchiveAddon:
    """Scheduler, robots.txt, block detection, pipelines, feed and report for an `ArchiveSpider`.

    Another spider gets nothing of that; with MIRROR_URL its requests go to the mirror all the same.
    """

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> "ArchiveAddon":
        """With the crawler whose spider is to be served."""
        return cls(crawler)

    def update_settings(self, settings: BaseSettings) -> None:
        """Adds the components; Scrapy calls it before a crawl begins."""
        _name_operator(settings)
        # As the commands do: a report may be a script's.
        escape_unprintable()
        keep_records_plain()
        archives = issubclass(self._crawler.spidercls, ArchiveSpider)
        if archives:
            _add_middlewares(settings)
            if self._asks_nobody:
                add = settings.setdefault_in_component_priority_dict
                add("DOWNLOADER_MIDDLEWARES", AnswerMiddleware, 0)
            # Scrapy loads these for any crawl, which takes 0.1 s; Sina has no such addresses.
            _merge(settings, "DOWNLOAD_HANDLERS", {"ftp": None, "s3": None})
        if archives or settings["MIRROR_URL"]:
            _wrap_download_handlers(settings, ARCHIVE_HANDLER if archives else MIRROR_HANDLER)
            add = settings.setdefault_in_component_priority_dict
            add("DOWNLOADER_MIDDLEWARES", HttpProxyMiddleware, None)
            add("DOWNLOADER_MIDDLEWARES", ProxyMiddleware, 750)
        if archives and settings.getbool("ARCHIVE_ENABLED"):
            _add_archive(settings)

    @property
    def _asks_nobody(self) -> bool:
        cls = self._crawler.spidercls
        return issubclass(cls, ArchiveSpider) and not cls.asks_site


def _name_operator(settings: BaseSettings) -> None:
    """Adds CONTACT to the project's user agent; one that a user sets stays as it is."""
    project = SETTINGS_PRIORITIES["project"]
    contact = contact_of(settings)
    if contact and (settings.getpriority("USER_AGENT") or 0) <= project:
        agent = f"{settings['USER_AGENT']} (+{contact})"
        settings.set("USER_AGENT", agent, priority="project")


def _add_middlewares(settings: BaseSettings) -> None:
    add = settings.setdefault_in_component_priority_dict
    middlewares = "DOWNLOADER_MIDDLEWARES"
    # In the places of Scrapy's own, which they extend.
    add(middlewares, RobotsTxtMiddleware, None)
    add(middlewares, RobotsMiddleware, 100)
    # Before the robots.txt of such a host is asked for; the one says that the site refuses us, the
    # other that a page leads astray.
    add(middlewares, LoginMiddleware, 90)
    add(middlewares, OffsiteMiddleware, None)
    add(middlewares, HostsMiddleware, 95)
    add(middlewares, RedirectMiddleware, None)
    add(middlewares, RedirectsMiddleware, 600)
    # Once the body is unpacked, and before it could count as an answer that refuses us.
    add(middlewares, PageRedirectsMiddleware, 585)
    add(middlewares, HttpCompressionMiddleware, None)
    add(middlewares, DecompressionMiddleware, 590)
    # Scrapy verifies none by itself; one who must do without can switch it off.
    settings.set("DOWNLOAD_VERIFY_CERTIFICATES", value=True, priority="addon")
    # Our handlers make it a ProxyError, which is tried again, before anything could retry it; its
    # name alone would import Twisted's client, 0.1 s, with whatever handler.
    if TUNNEL_ERROR in settings.getlist("RETRY_EXCEPTIONS"):
        settings.remove_from_list("RETRY_EXCEPTIONS", TUNNEL_ERROR)
    # Before retries hide what is refused.
    add(middlewares, BlockMiddleware, 560)
    if settings["LOG_LEVEL"] != "DEBUG":
        formatter = "sinanews.logformatter.QuietLogFormatter"
        settings.set("LOG_FORMATTER", formatter, priority="addon")
    # A callback yields one item or a few: the 100 tasks that Scrapy starts for each response would
    # only cost time.
    settings.set("CONCURRENT_ITEMS", 1, priority="addon")
    # A page stays in memory until its post is on the disk; this many bytes of pages fill a group
    # that is written together.
    settings.set("SCRAPER_SLOT_MAX_ACTIVE_SIZE", 1_000_000, priority="addon")
    # Scrapy reads a callback's source anew for each response, since each request has its own bound
    # method; our callbacks are known.
    settings.set("WARN_ON_GENERATOR_RETURN_VALUE", value=False, priority="addon")


def _add_archive(settings: BaseSettings) -> None:
    settings.set("SCHEDULER", "sinanews.scheduler.LedgerScheduler", priority="addon")
    add = settings.setdefault_in_component_priority_dict
    add("ITEM_PIPELINES", ValidatePipeline, 100)
    add("ITEM_PIPELINES", DecidePipeline, 200)
    if keeps_pictures(settings):
        from sinanews.picture_pipeline import PicturesPipeline  # noqa: PLC0415 - needs Pillow

        add("ITEM_PIPELINES", PicturesPipeline, 290)  # after what a user may drop or change
    add("ITEM_PIPELINES", ArchivePipeline, 300)
    add("EXTENSIONS", Progress, 100)
    add("EXTENSIONS", Crashes, 150)
    add("EXTENSIONS", Feed, 175)
    add("EXTENSIONS", RunReport, 200)
    add("EXTENSIONS", RunBell, 300)
    if settings.getbool("KEEP_PAGES"):
        # The one before the body is unpacked, the other last before the spider.
        add("DOWNLOADER_MIDDLEWARES", ServedMiddleware, 595)
        add("SPIDER_MIDDLEWARES", KeepPagesMiddleware, 950)
    _merge(settings, "FEEDS", FEED)
    # Runs side by side that had one name would write over each other's objects in a store.
    settings.set("FEED_URI_PARAMS", FEED_PARAMETERS, priority="addon")
    _merge(settings, "FEED_EXPORTERS", EXPORTERS)


def _merge(settings: BaseSettings, name: str, values: Mapping[str, Any]) -> None:
    """Adds to a dictionary that is no component list, at the priority which it has: at a lower one
    it would be passed over, at a higher one it would hide what a user sets."""
    merged = {**values, **settings.getdict(name)}
    settings.set(name, merged, priority=settings.getpriority(name) or 0)


def _wrap_download_handlers(settings: BaseSettings, handler: str) -> None:
    handlers = settings.getdict("DOWNLOAD_HANDLERS")
    configured = {scheme: handlers.get(scheme) for scheme in ("http", "https")}
    if handler not in configured.values():
        settings.set("WRAPPED_DOWNLOAD_HANDLERS", configured, priority="addon")
        handlers |= dict.fromkeys(configured, handler)
        # Without Twisted's reactor, Scrapy sets its base list anew at the project's priority.
        project = SETTINGS_PRIORITIES["project"]
        priority = max(settings.getpriority("DOWNLOAD_HANDLERS") or 0, project)
        settings.set("DOWNLOAD_HANDLERS", handlers, priority)
