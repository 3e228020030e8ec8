"""All settings, each with its reason. `-s NAME=value` and SINANEWS_NAME in the environment win."""

import os

BOT_NAME = "sinanews"
SPIDER_MODULES = ["sinanews.spiders"]
COMMANDS_MODULE = "sinanews.commands"

# Ours; docs/running.md tells more of each.
OUTPUT_DIR = "output"
LEDGER_URL = ""  # empty: OUTPUT_DIR/ledger.db
MIRROR_URL = ""  # empty: the live site
POST_BODY = "source"  # as the reference has it; "clean" is without Sina's furniture
POST_EXTRA_KEYS: list[str] = []  # the corpus has seven keys and no more
# How far back the first walk of a channel goes: the list itself has no end for us.
FIRST_RUN_DAYS = 30
# Articles enter the list after their own time, which it is ordered by: on three real days 95 in a
# hundred within this time, which every run looks back, the last one after seven hours. Those are
# found by a sweep: so often a run looks so much further back than the last sweep did.
LATENESS_MINUTES = 60
SWEEP_HOURS = 12
SWEEP_LATENESS_HOURS = 12

# A failed article is tried again by later runs, after a pause that doubles each time: eight
# tries from five minutes on are ten hours and a half.
FAILED_PAUSE_SECONDS = 300
FAILED_TRIES = 8
# Written articles are looked at again at these ages, in hours; none costs no requests, and an
# article whose row in the list changed is fetched again all the same.
RECHECK_HOURS: list[int] = []
RECHECKS_PER_RUN = 100  # of both kinds; what is over waits for the next run

# Processes that share a harvest's pages. More than one is for a site of one's own: each has the
# politeness below for itself.
WORKERS = 1
CLOSESPIDER_TIMEOUT = 0  # seconds after which a run ends, incomplete, in good order; 0: never

# Politeness: nobody there asked to be harvested.
DEFAULT_REQUEST_HEADERS = {
    "Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
    "Accept-Language": "zh-CN",
    "Accept-Encoding": "gzip, deflate",  # what the download handler unpacks
}
USER_AGENT = "sinanews (+https://pypi.org/project/sinanews/)"
ROBOTSTXT_OBEY = True
CONCURRENT_REQUESTS_PER_DOMAIN = 2
DOWNLOAD_DELAY = 0.25
AUTOTHROTTLE_ENABLED = True
AUTOTHROTTLE_START_DELAY = 0.5
AUTOTHROTTLE_TARGET_CONCURRENCY = 2.0
DOWNLOAD_TIMEOUT = 30  # Sina answers in seconds or not at all
RETRY_TIMES = 3
# What may pass, as our client's errors are called. Scrapy's list has those of Twisted's client too,
# and would import it for their names.
RETRY_EXCEPTIONS = [
    "scrapy.exceptions.CannotResolveHostError",
    "scrapy.exceptions.DownloadConnectionRefusedError",
    "scrapy.exceptions.DownloadFailedError",
    "scrapy.exceptions.DownloadTimeoutError",
    "scrapy.exceptions.ResponseDataLossError",
    OSError,
]
REDIRECT_MAX_TIMES = 5  # Sina redirects once, if at all; a loop would cost twenty requests

DOWNLOAD_HANDLERS = {
    "http": "sinanews.middlewares.MirrorHandler",
    "https": "sinanews.middlewares.MirrorHandler",
}
# What a harvest is made of, Scrapy's parts with the priorities that they have there. Its own lists
# (_BASE) would be merged in, and all that is on them imported, whether switched off or not: for
# cookies, a telnet console and a remote control 200 modules.
DOWNLOADER_MIDDLEWARES_BASE: dict[str, int] = {}
DOWNLOADER_MIDDLEWARES = {
    "sinanews.middlewares.StrictRobotsMiddleware": 100,
    "scrapy.downloadermiddlewares.downloadtimeout.DownloadTimeoutMiddleware": 350,
    "scrapy.downloadermiddlewares.defaultheaders.DefaultHeadersMiddleware": 400,
    "scrapy.downloadermiddlewares.useragent.UserAgentMiddleware": 500,
    "scrapy.downloadermiddlewares.retry.RetryMiddleware": 550,
    # Before retries hide what is refused.
    "sinanews.middlewares.BlockMiddleware": 560,
    "scrapy.downloadermiddlewares.redirect.RedirectMiddleware": 600,
    "scrapy.downloadermiddlewares.httpproxy.HttpProxyMiddleware": 750,
}
SPIDER_MIDDLEWARES_BASE: dict[str, int] = {}
SPIDER_MIDDLEWARES = {
    "scrapy.spidermiddlewares.referer.RefererMiddleware": 700,  # for redirects
}
ITEM_PIPELINES = {
    "sinanews.pipelines.ValidatePipeline": 100,
    "sinanews.pipelines.DecidePipeline": 200,
    "sinanews.pipelines.ArchivePipeline": 300,
}
EXTENSIONS_BASE: dict[str, int] = {}
EXTENSIONS = {
    "scrapy.extensions.memusage.MemoryUsage": 0,
    "scrapy.extensions.closespider.CloseSpider": 0,
    "scrapy.extensions.feedexport.FeedExporter": 0,
    "scrapy.extensions.throttle.AutoThrottle": 0,
    "sinanews.extensions.Progress": 100,
    "sinanews.extensions.RunReport": 200,
}
FEEDS = {
    "%(output)s/articles/%(name)s-%(time)s.jsonl": {
        "format": "jsonlines",
        "encoding": "utf-8",
        "item_classes": ["sinanews.items.Article"],
        "uri_params": "sinanews.pipelines.feed_parameters",
    }
}
FEED_EXPORTERS = {"jsonlines": "sinanews.exporters.ArticleLinesExporter"}
FEED_STORE_EMPTY = False  # a run that wrote nothing leaves no file
LOG_LEVEL = "INFO"
STATS_DUMP = False  # the report says what matters, and last

_PREFIX = "SINANEWS_"
globals().update(
    {k.removeprefix(_PREFIX): v for k, v in os.environ.items() if k.startswith(_PREFIX)}
)
