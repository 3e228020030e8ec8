"""All settings, each with its reason. `-s NAME=value` and SINANEWS_NAME in the environment win."""

import os

from scrapy.settings import default_settings

BOT_NAME = "sinanews"
SPIDER_MODULES = ["sinanews.spiders"]
COMMANDS_MODULE = "sinanews.commands"

# Ours; docs/running.md tells more of each.
OUTPUT_DIR = "output"
LEDGER_URL = ""  # empty: OUTPUT_DIR/ledger.db
MIRROR_URL = ""  # empty: the live site
SAME_SITE = False  # whether MIRROR_URL is the site that filled the archive, at another address
ARCHIVE_ENABLED = True  # False: spiders read pages and write nothing, as for `scrapy parse`
POST_BODY = "source"  # as the reference has it; "clean" is without Sina's boilerplate
POST_STYLE = "source"  # as above; "hexo" is for a blog: what Hexo's defaults show as it should be
KEEP_PAGES = False  # whether article pages are kept as they were served, for `scrapy reread`
PAGES_FILE_SIZE = 1_000_000_000  # bytes; web archives' usual size, which tools and disks can handle
# For how many days these are kept, in output/runs, failed and articles; 0: for ever. The ledger has
# all reports, reasons and articles; the lines are what it is completed from when it is lost.
KEEP_RUNS_DAYS = 0
KEEP_FAILED_DAYS = 0
KEEP_LINES_DAYS = 0
COMPRESS_AFTER_DAYS = 0  # days after which these are packed (gzip); 0: never
IMAGES = "remote"  # where posts show pictures from; "download" fetches them, a request for each
IMAGES_THUMBS: dict[str, list[int]] = {}  # as Scrapy has it: by name the largest width and height
# Of what is fetched. A picture is unpacked to be looked at, at up to four bytes a pixel: so many
# pixels are the 24 megapixels of a good camera, and 100 MB; no film has more frames, and all of
# them at most four times the pixels: a second's reading.
IMAGES_MAX_PIXELS = 25_000_000
IMAGES_MAX_FRAMES = 1_000
IMAGES_PER_ARTICLE = 100  # the longest slide shows; a page could name thousands
IMAGES_SECONDS = 120  # an article waits for them; what is not there then, a later run fetches
POST_EXTRA_KEYS: list[str] = []  # the corpus has seven keys and no more
FEED_ARTICLES = 0  # of each channel, the newest, for feed.xml; 0: no such file
# What `scrapy export` writes beside our own: endings, such as ".rss", with the exporters' classes.
EXPORT_FORMATS: dict[str, str | None] = {}
# How far back the first walk of a channel goes: the list itself has no end for us.
FIRST_RUN_DAYS = 30
# Articles enter the list after their own time, by which it is ordered: on three recorded days 95 of
# 100 within this lookback of every run, the latest after seven hours. The late ones are what deep
# scans are for: so often a run looks so much further back than the last deep scan did.
LATENESS_MINUTES = 60
SWEEP_HOURS = 12
SWEEP_LATENESS_HOURS = 12

# A page of a list that fails, or that makes no sense, is asked for three times in a run: again
# after this pause, and after twice that.
LIST_PAUSE_SECONDS = 5
# Silence is told after so many hours: nothing new on lists that have news every day, nothing
# written of what waits, no run that was complete.
STALLED_HOURS = 24
REPORT_LANGUAGE = "zh"  # in which people are told how runs went; "en" is English

# Who is told how a run went, by whoever runs it: nobody, unless these are set. The first two are
# addresses to which anybody who knows them can write: secrets, best kept in the environment.
NOTIFY_URL = ""  # apprise's URLs, with commas or spaces between
HEARTBEAT_URL = ""  # as healthchecks.io gives it
METRICS_FILE = ""  # for Prometheus' textfile collector, which reads files that end in .prom

# A failed article is tried again by later runs, after a pause that doubles each time: eight
# tries from five minutes on are ten hours and a half.
FAILED_PAUSE_SECONDS = 300
FAILED_TRIES = 8
# Written articles are looked at again at these ages, in hours; none costs no requests, and an
# article whose row in the list changed is fetched again all the same.
RECHECK_HOURS: list[int] = []
RECHECKS_PER_RUN = 100  # of both kinds; what is over waits for the next run

# A worker that has been silent for so many seconds is taken to have died, where nobody can look
# (another machine or container), and its stories are others'. At work, it gives a sign four times
# as often: longer than any pause of a machine, and short enough to wait for.
LEASE_SECONDS = 600
# Processes that share a harvest's pages. More than one is for a site of one's own: each has the
# politeness below for itself.
WORKERS = 1
CLOSESPIDER_TIMEOUT = 0  # seconds after which a run ends, incomplete, in good order; 0: never

# Politeness: nobody there asked to be harvested.
# How often all workers of a ledger together ask the site in a second, whatever they ask it for, and
# on how many hosts; 0: as often as the others of these allow. Empty: 4 on the live site, which is
# what DOWNLOAD_DELAY has one worker ask of a host, and 0 with MIRROR_URL.
SITE_REQUESTS_PER_SECOND = ""
DEFAULT_REQUEST_HEADERS = {
    "Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
    "Accept-Language": "zh-CN",
    "Accept-Encoding": "gzip, deflate",  # what the download handler unpacks
}
USER_AGENT = "sinanews"
CONTACT = ""  # an address or page of the operator's, for USER_AGENT to name
ROBOTSTXT_OBEY = True
CONCURRENT_REQUESTS_PER_DOMAIN = 2
DOWNLOAD_DELAY = 0.25
AUTOTHROTTLE_ENABLED = True
AUTOTHROTTLE_START_DELAY = 0.5
AUTOTHROTTLE_TARGET_CONCURRENCY = 2.0
DOWNLOAD_TIMEOUT = 30  # Sina answers in seconds or not at all
RETRY_TIMES = 3
REDIRECT_MAX_TIMES = 5  # Sina redirects once, if at all; a loop would cost twenty requests

# What is larger than these is a failure that names the setting, before anything is made of it. Of
# 22 real pages of all years the largest has 411 KB and 3,540 tags, is 30 elements deep (one with
# broken markup may be 1,200) and has 15 attributes in a tag; an answer of the list has 50 rows in
# 50 KB.
DOWNLOAD_MAXSIZE = 10_000_000  # bytes, packed and unpacked
DOWNLOAD_WARNSIZE = 0  # no warning in between
PAGE_TEXT = 3_000_000  # characters; reading keeps a dozen copies for a moment
PAGE_TAGS = 30_000  # start and end tags: they take a parser half a second at the worst
PAGE_DEPTH = 1_500  # elements in each other; parsers go through all open ones for each tag
TAG_ATTRIBUTES = 500  # of one tag; parsers compare each with all before it
ARTICLE_PAGES = 30  # of one article, each of which is a request: a pager may have no end
LIST_ROWS = 500  # of an answer: each is a story, and a page to fetch
LIST_TEXT = 1_000_000  # characters of an answer
ID_LENGTH = 64  # characters of an article's id; it names files

# Of Scrapy's own components: nothing here logs in; a page that redirects by a meta element is left
# by a middleware of ours, and only where it has no article; nobody steers a run by telnet or
# remotely.
COOKIES_ENABLED = False
METAREFRESH_ENABLED = False
TELNETCONSOLE_ENABLED = False
REMOTE_CONTROL_ENABLED = False
LOGSTATS_INTERVAL = 0  # seconds; the progress bar and its log lines tell more
# With HTTPCACHE_ENABLED: an error that was kept would be the article's for good.
HTTPCACHE_IGNORE_HTTP_CODES = [*range(400, 600)]
HTTPCACHE_POLICY = "sinanews.download.caching.WholeBodyPolicy"  # and so would half a page

# What an archive needs beside Scrapy's components; spiders of an archive bring it along anyhow.
ADDONS = {"sinanews.addon.ArchiveAddon": 0}
LOG_LEVEL = "INFO"
STATS_DUMP = False  # the report says what matters, and last

# A name that nobody knows is left out here, and refused where settings are checked.
for _name, _value in os.environ.items():
    _setting = _name.removeprefix("SINANEWS_")
    if _setting != _name and (_setting in globals() or hasattr(default_settings, _setting)):
        globals()[_setting] = _value
