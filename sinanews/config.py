"""The project's own settings, read from Scrapy's and refused when they make no sense."""

import json
import os
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from difflib import get_close_matches
from importlib.util import find_spec
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

from scrapy.settings import BaseSettings
from scrapy.utils.conf import closest_scrapy_cfg

from sinanews.exceptions import ArgumentError
from sinanews.utils.proxies import proxy_for

PREFIX = "SINANEWS_"  # of settings in the environment
OF_TESTS = {"SHARED"}  # where the tests find their reference data
POST_BODIES = ("source", "clean")
LANGUAGES = ("zh", "en")
HEXO = "hexo"
POST_STYLES = ("source", HEXO)
LIVE_SITE = "https://sina.com.cn"  # what an archive of the live site notes as its site
# Where the next of several URLs begins: a comma may be part of one.
_NEXT_URL = re.compile(r"(?<![\s,])[\s,]++(?=[A-Za-z][A-Za-z0-9+.-]*://)")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*(?=://)")
LIVE_REQUESTS_PER_SECOND = 4.0
SLOWEST, FASTEST = 0.001, 1000.0  # requests a second that anybody could mean
METRICS_ENDING = ".prom"
IMAGE_SOURCES = ("remote", "download")
THUMBNAIL_NAME = re.compile(r"[a-z0-9_-]{1,32}")  # names a folder, on any file system
LARGEST_THUMBNAIL = 10_000  # pixels of a side
EXTRA_KEYS = ("link", "source", "editor", "keywords", "tickers", "docid", "updated")


@dataclass(frozen=True, slots=True)
class Window:
    """How late an article may enter the list and still be found, in seconds.

    A list is ordered by the articles' own time, so a late one lands among older rows. Each run
    looks `lookback` further back than the last one began; once `deep_scan_every` has gone by since
    the last deep scan, a run looks `deep_scan_lookback` further back than that scan began. So every
    run costs little, and what is later than the most is still found within `deep_scan_every`.
    """

    lookback: int
    deep_scan_every: int
    deep_scan_lookback: int


@dataclass(frozen=True, slots=True)
class Bounds:
    """The most of what is read, of a page and of an answer of the list; `settings.py` gives each
    one's reason. `text` and `list_text` are characters, `id_length` too."""

    text: int = 3_000_000
    tags: int = 30_000
    depth: int = 1_500
    attributes: int = 500
    list_rows: int = 500
    list_text: int = 1_000_000
    id_length: int = 64


@dataclass(frozen=True, slots=True)
class Bells:
    """Who is told how runs went, and in which language; `output` is where the archive is, and None
    where the setting for that makes no sense. `notify` and `heartbeat` are secrets."""

    notify: tuple[str, ...] = field(default=(), repr=False)
    heartbeat: str = field(default="", repr=False)
    metrics: Path | None = None
    language: str = LANGUAGES[0]
    output: Path | None = None

    @classmethod
    def from_settings(cls, settings: BaseSettings) -> Self:
        """From a crawler's settings, of which others may make no sense.

        Raises ArgumentError, without the secret, for one of these that makes none.
        """
        output = None
        with suppress(ArgumentError):  # whoever needs the folder refuses it
            output = _path("OUTPUT_DIR", settings["OUTPUT_DIR"], "the path of a folder")
        return cls(
            notify=_notify_urls(settings["NOTIFY_URL"]),
            heartbeat=_heartbeat_url(str(settings["HEARTBEAT_URL"] or "")),
            metrics=_metrics_file(settings["METRICS_FILE"]),
            language=_one_of("REPORT_LANGUAGE", settings["REPORT_LANGUAGE"], LANGUAGES),
            output=output,
        )

    def __bool__(self) -> bool:
        """Whether anybody is told."""
        return bool(self.notify or self.heartbeat or self.metrics)


@dataclass(frozen=True, slots=True)
class Housekeeping:
    """Days for which run reports, failed pages and JSON lines are kept, 0 for ever, and after which
    they are packed, 0 never."""

    runs: int = 0
    failed: int = 0
    lines: int = 0
    compress: int = 0

    def __bool__(self) -> bool:
        """Whether there may be anything to do."""
        return bool(self.runs or self.failed or self.lines or self.compress)


@dataclass(frozen=True, slots=True)
class Pictures:
    """Whether pictures are fetched, and the most of what is; `settings.py` gives each one's reason.
    `thumbnails` are largest widths and heights in pixels, by name; `seconds` is how long an article
    waits for its pictures."""

    are_kept: bool
    thumbnails: Mapping[str, tuple[int, int]]
    pixels: int
    frames: int
    per_article: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Config:
    """The settings as values; `settings.py` gives each one's reason.

    `output` is absolute. `list_pause`, `failed_pause`, `recheck_ages` and `lease` are seconds,
    `first_run_days` days, `pages_file_size` bytes. `ledger_url` is empty for the ledger in
    `output`, `mirror_url` for the live site, and `requests_per_second` is 0 without a budget.
    """

    output: Path
    ledger_url: str
    mirror_url: str
    same_site: bool
    post_body: str
    post_style: str
    post_extra_keys: tuple[str, ...]
    pictures: Pictures
    feed_articles: int
    keep_pages: bool
    pages_file_size: int
    first_run_days: int
    window: Window
    bounds: Bounds
    article_pages: int
    list_pause: float
    stalled_hours: int
    failed_pause: int
    failed_tries: int
    recheck_ages: tuple[int, ...]
    rechecks_per_run: int
    lease: int
    workers: int
    requests_per_second: float
    bells: Bells
    housekeeping: Housekeeping

    @classmethod
    def from_settings(cls, settings: BaseSettings) -> Self:
        """From a crawler's settings; nothing is created or changed by that.

        Raises ArgumentError for a value that no run could work with.
        """
        _require_known_names(settings)
        contact_of(settings)
        _seconds("CLOSESPIDER_TIMEOUT", settings)  # Scrapy does not check its own
        mirror_url = _mirror_url(settings["MIRROR_URL"] or "")
        if settings.getbool("HTTPPROXY_ENABLED"):
            proxy_for(mirror_url or LIVE_SITE)
        return cls(
            output=_path("OUTPUT_DIR", settings["OUTPUT_DIR"], "the path of a folder"),
            ledger_url=settings["LEDGER_URL"] or "",
            mirror_url=mirror_url,
            same_site=settings.getbool("SAME_SITE"),
            post_body=_one_of("POST_BODY", settings["POST_BODY"], POST_BODIES),
            post_style=_one_of("POST_STYLE", settings["POST_STYLE"], POST_STYLES),
            post_extra_keys=tuple(
                _one_of("POST_EXTRA_KEYS", key, EXTRA_KEYS)
                for key in settings.getlist("POST_EXTRA_KEYS")
            ),
            pictures=_pictures(settings),
            feed_articles=_setting(settings, "FEED_ARTICLES"),
            keep_pages=settings.getbool("KEEP_PAGES"),
            pages_file_size=_setting(settings, "PAGES_FILE_SIZE", 1),
            first_run_days=_setting(settings, "FIRST_RUN_DAYS", 1),
            window=Window(
                lookback=_setting(settings, "LATENESS_MINUTES") * 60,
                deep_scan_every=_setting(settings, "SWEEP_HOURS") * 3600,
                deep_scan_lookback=_setting(settings, "SWEEP_LATENESS_HOURS") * 3600,
            ),
            bounds=Bounds(
                text=_setting(settings, "PAGE_TEXT", 1),
                tags=_setting(settings, "PAGE_TAGS", 1),
                depth=_setting(settings, "PAGE_DEPTH", 1),
                attributes=_setting(settings, "TAG_ATTRIBUTES", 1),
                list_rows=_setting(settings, "LIST_ROWS", 1),
                list_text=_setting(settings, "LIST_TEXT", 1),
                id_length=_setting(settings, "ID_LENGTH", 1),
            ),
            article_pages=_setting(settings, "ARTICLE_PAGES", 1),
            list_pause=_seconds("LIST_PAUSE_SECONDS", settings),
            stalled_hours=_setting(settings, "STALLED_HOURS", 1),
            failed_pause=_setting(settings, "FAILED_PAUSE_SECONDS"),
            failed_tries=_setting(settings, "FAILED_TRIES", 1),
            recheck_ages=tuple(
                _whole_number("RECHECK_HOURS", hours, 1) * 3600
                for hours in settings.getlist("RECHECK_HOURS")
            ),
            rechecks_per_run=_setting(settings, "RECHECKS_PER_RUN"),
            lease=_setting(settings, "LEASE_SECONDS", 1),
            workers=_setting(settings, "WORKERS", 1),
            requests_per_second=_rate("SITE_REQUESTS_PER_SECOND", settings, mirror_url),
            bells=Bells.from_settings(settings),
            housekeeping=Housekeeping(
                runs=_setting(settings, "KEEP_RUNS_DAYS"),
                failed=_setting(settings, "KEEP_FAILED_DAYS"),
                lines=_setting(settings, "KEEP_LINES_DAYS"),
                compress=_setting(settings, "COMPRESS_AFTER_DAYS"),
            ),
        )

    @property
    def site(self) -> str:
        """What the archive is filled from: the mirror's URL, or LIVE_SITE."""
        return self.mirror_url.rstrip("/") or LIVE_SITE

    @property
    def report_language(self) -> str:
        """In which language people are told how runs went: one of LANGUAGES."""
        return self.bells.language


def _require_known_names(settings: BaseSettings) -> None:
    """A misspelt name in the environment would be passed over in silence."""
    names = {name.removeprefix(PREFIX) for name in os.environ if name.startswith(PREFIX)}
    for name in sorted(names - {*settings} - OF_TESTS):
        known = [str(setting) for setting in settings]
        near = [f"{PREFIX}{match}" for match in get_close_matches(name.upper(), known)]
        accepted = f"the name of a setting, such as {' or '.join(near or [f'{PREFIX}OUTPUT_DIR'])}"
        raise ArgumentError("environment", f"{PREFIX}{name}", accepted)


def contact_of(settings: BaseSettings) -> str:
    """CONTACT, the operator's address. Raises ArgumentError for what no header can carry."""
    contact = str(settings["CONTACT"] or "")
    if not contact.isascii() or not contact.isprintable() or set(contact) & set("() "):
        accepted = "an e-mail address or a URL, such as https://example.org/crawler"
        raise ArgumentError("CONTACT", contact, accepted)
    return contact


def _path(name: str, value: object, accepted: str) -> Path:
    """A relative path is one of the project's root, whichever of its folders one is in."""
    path = str(value or "")
    if not path.strip() or "\0" in path:
        raise ArgumentError(name, value, accepted)
    try:
        os.fsencode(path)
    except UnicodeEncodeError as error:
        encoded = f"{accepted} in the locale's encoding, {error.encoding}"
        raise ArgumentError(name, value, encoded) from error
    return Path(closest_scrapy_cfg()).parent.absolute() / path


def _metrics_file(value: object) -> Path | None:
    """METRICS_FILE, which every run writes over: so it can be nothing that is not for that."""
    if not value:
        return None
    path = _path("METRICS_FILE", value, "the path of a file")
    # Prometheus' collector reads no others: https://github.com/prometheus/node_exporter#textfile-collector
    if path.suffix != METRICS_ENDING:
        accepted = f"a name that ends in {METRICS_ENDING}, which the textfile collector reads"
        raise ArgumentError("METRICS_FILE", value, accepted)
    if not os.path.isdir(path.parent):  # noqa: PTH112 - Path.is_dir raises for one without rights
        raise ArgumentError("METRICS_FILE", value, "a file in a folder that is there")
    if os.path.lexists(path) and (path.is_symlink() or not path.is_file()):
        raise ArgumentError("METRICS_FILE", value, "a plain file, or one that is not there yet")
    return path


def _one_of(name: str, value: str, accepted: tuple[str, ...]) -> str:
    if value not in accepted:
        raise ArgumentError(name, value, " or ".join(accepted))
    return value


def keeps_pictures(settings: BaseSettings) -> bool:
    """Whether IMAGES says that pictures are kept. Raises ArgumentError for a value that it cannot
    have, here."""
    source = _one_of("IMAGES", settings["IMAGES"], IMAGE_SOURCES)
    if source == "download" and find_spec("PIL") is None:
        accepted = "remote, for Pillow is not installed: pip install 'sinanews[pictures]'"
        raise ArgumentError("IMAGES", source, accepted)
    return source == "download"


def require_feeds(settings: BaseSettings) -> None:
    """Raises ArgumentError for a feed to S3 without what writes there: Scrapy would do without all
    feeds, those of the archive too."""
    is_missing = find_spec("boto3") is None and "s3" not in settings.getdict("FEED_STORAGES")
    for uri in map(str, settings.getdict("FEEDS")):
        if uri.startswith("s3://") and is_missing:
            accepted = "no s3://, for boto3 is not installed: pip install 'sinanews[s3]'"
            raise ArgumentError("FEEDS", uri, accepted)


def _pictures(settings: BaseSettings) -> Pictures:
    return Pictures(
        are_kept=keeps_pictures(settings),
        thumbnails=_thumbnails(settings["IMAGES_THUMBS"]),
        pixels=_setting(settings, "IMAGES_MAX_PIXELS", 1),
        frames=_setting(settings, "IMAGES_MAX_FRAMES", 1),
        per_article=_setting(settings, "IMAGES_PER_ARTICLE", 1),
        seconds=_seconds("IMAGES_SECONDS", settings),
    )


def _thumbnails(value: object) -> dict[str, tuple[int, int]]:
    """IMAGES_THUMBS, from a settings module or as text."""
    accepted = 'names with a width and a height in pixels, such as {"small": [300, 200]}'
    try:
        sizes = json.loads(value or "{}") if isinstance(value, str) else dict(value or {})  # type: ignore[call-overload] # what is no mapping raises
        pairs = [(name, tuple(map(int, size))) for name, size in sizes.items()]
    except (AttributeError, TypeError, ValueError) as error:
        raise ArgumentError("IMAGES_THUMBS", value, accepted) from error
    thumbnails: dict[str, tuple[int, int]] = {}
    for name, size in pairs:
        is_size = len(size) == 2 and all(0 < side <= LARGEST_THUMBNAIL for side in size)  # noqa: PLR2004 - width and height
        if not THUMBNAIL_NAME.fullmatch(str(name)) or not is_size:
            raise ArgumentError("IMAGES_THUMBS", value, accepted)
        thumbnails[name] = size[0], size[1]
    return thumbnails


def _mirror_url(value: str) -> str:
    if not value:
        return ""
    try:
        parts = urlsplit(value)
        usable = parts.scheme in {"http", "https"} and parts.hostname and parts.port != 0
    except ValueError:
        usable = False
    if not usable or "@" in parts.netloc:
        accepted = "a URL such as http://127.0.0.1:8000, without a user or password"
        raise ArgumentError("MIRROR_URL", value, accepted)
    return value


def _notify_urls(value: object) -> tuple[str, ...]:
    """Apprise's URLs, of text or a list. Whether a service knows what to do with them is for
    apprise to say, which takes a second, and is asked once by whoever runs a harvest."""
    texts = value if isinstance(value, (list, tuple)) else [value or ""]
    whole = " ".join(map(str, texts)).strip(", \t\r\n")
    urls = tuple(filter(None, _NEXT_URL.split(whole)))
    for number, url in enumerate(urls, 1):
        if not _SCHEME.match(url) or not url.isprintable():
            accepted = "URLs of apprise, such as mailto://… or json://…, with commas between"
            raise ArgumentError("NOTIFY_URL", secret_url(url, number), accepted)
    if urls and find_spec("apprise") is None:
        accepted = "nothing, unless apprise is there: pip install 'sinanews[notify]'"
        raise ArgumentError("NOTIFY_URL", secret_url(urls[0], 1), accepted)
    return urls


def secret_url(url: str, number: int) -> str:
    """The URL of that number as anybody may see it.

    >>> secret_url("json://127.0.0.1/token", 2)
    'json://… (number 2)'
    """
    scheme = _SCHEME.match(url)
    return f"{scheme[0] if scheme else ''}://… (number {number})"


def _heartbeat_url(value: str) -> str:
    try:
        parts = urlsplit(value)
        usable = parts.scheme in {"http", "https"} and parts.hostname and parts.port != 0
    except ValueError:
        usable = False
    clean = value.isascii() and value.isprintable() and not set(value) & set(" #@")
    if value and not (usable and clean):
        shown = "http…" if value.startswith("http") else "…"
        accepted = "a URL such as https://hc-ping.com/…, without a user, a password or a #"
        raise ArgumentError("HEARTBEAT_URL", shown, accepted)
    return value


def _seconds(name: str, settings: BaseSettings) -> float:
    with suppress(TypeError, ValueError):
        seconds = float(settings[name])
        if 0 <= seconds < float("inf"):
            return seconds
    raise ArgumentError(name, settings[name], "a number of seconds, 0 or more")


def _rate(name: str, settings: BaseSettings, mirror_url: str) -> float:
    value = settings[name]
    if value is None or value == "":
        return 0.0 if mirror_url else LIVE_REQUESTS_PER_SECOND
    with suppress(TypeError, ValueError):
        rate = float(value)
        if rate == 0 or SLOWEST <= rate <= FASTEST:
            return rate
    accepted = f"a number of requests a second, from {SLOWEST:g} to {FASTEST:g}, or 0 for no budget"
    raise ArgumentError(name, value, accepted)


def _setting(settings: BaseSettings, name: str, least: int = 0) -> int:
    return _whole_number(name, settings[name], least)


def _whole_number(name: str, value: object, least: int) -> int:
    digits = str(value)
    if not digits.isascii() or not digits.isdigit() or int(digits) < least:
        raise ArgumentError(name, value, f"a whole number, {least} or more")
    return int(digits)
