"""Reads kept pages as the spider did that fetched them, and asks nobody for anything.

What runs here is the spider's own `article_request`, callbacks and errbacks: a request that one of
them yields is answered with the kept page, or fails if there is none.
"""

import inspect
import logging
import os
import signal
import threading
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from multiprocessing import parent_process
from pathlib import Path
from typing import Any

from itemadapter import ItemAdapter
from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.http import Headers, Response
from scrapy.settings import BaseSettings, Settings
from scrapy.spiderloader import get_spider_loader
from scrapy.statscollectors import MemoryStatsCollector
from twisted.python.failure import Failure

from sinanews.archive.warc import KeptPage, Place, ServedPage, index, read_page
from sinanews.download.decompression import unpacked
from sinanews.exceptions import DamagedPagesError, NotKeptError, SinanewsError
from sinanews.extraction import page as extraction
from sinanews.items import Rejection, State, is_article, missing_fields, to_article
from sinanews.ledger.revisions import content_hash
from sinanews.roll.api import Story
from sinanews.spiders.base import ArchiveSpider


@dataclass(frozen=True, slots=True)
class Job:
    """A story whose pages are to be read: the name of the spider that fetched them, where they are,
    the first one first, and the hash of what the ledger has of the article."""

    story: Story
    spider: str
    places: Sequence[Place]
    content_hash: bytes | None


@dataclass(frozen=True, slots=True)
class Replayed:
    """What the pages of a story come to: UPDATED with an `item`, an article that differs from what
    the ledger has, or that it has not; else UNCHANGED, GONE or FAILED, for a `reason`."""

    docid: str
    state: State = State.UNCHANGED
    reason: str = ""
    item: Any = None


class Replayer:
    """Reads the kept pages of a folder with the spiders of a project."""

    def __init__(self, settings: BaseSettings, folder: Path) -> None:
        self._settings = Settings(settings)
        self._settings.set("ARCHIVE_ENABLED", value=False, priority="cmdline")
        self._folder = folder
        self._loader = get_spider_loader(self._settings)
        self._spiders: dict[str, ArchiveSpider | None] = {}

    def replay(self, job: Job) -> Replayed:
        """Reads the pages of a story. An error of whatever kind is that story's alone."""
        docid = job.story.docid
        try:
            item = self._item(job)
        except (SinanewsError, OSError) as error:
            return Replayed(docid, State.FAILED, str(error))
        except Exception as error:  # noqa: BLE001 - of a user's own code, or ours
            return Replayed(docid, State.FAILED, f"error: {type(error).__name__}")
        if isinstance(item, Rejection):
            return Replayed(docid, item.state, item.reason)
        if missing := missing_fields(item):
            return Replayed(docid, State.FAILED, f"no {', '.join(missing)}")
        same = content_hash(to_article(item)) == job.content_hash
        return Replayed(docid) if same else Replayed(docid, State.UPDATED, item=item)

    def _item(self, job: Job) -> Any:  # noqa: ANN401 - an item of any kind
        """The article of a story's pages, or a rejection."""
        docid, spider = job.story.docid, self._spider(job.spider)
        if spider is None:
            reason = f"its spider {job.spider!r} is not known"
            return Rejection(docid, job.story.url, State.FAILED, reason)
        pages = [read_page(self._folder, place) for place in job.places]
        for item in replay(spider, job.story, pages):
            if isinstance(item, Rejection) or is_article(item):
                of = item.docid if isinstance(item, Rejection) else ItemAdapter(item)["docid"]
                if of == docid:
                    return item
        return Rejection(docid, job.story.url, State.FAILED, "its spider made nothing of it")

    def _spider(self, name: str) -> ArchiveSpider | None:
        """The spider of a name, made as `scrapy check` makes it; None where there is none."""
        if name not in self._spiders:
            cls = spider_class(self._loader, name)
            self._spiders[name] = self._made(cls) if cls else None
        return self._spiders[name]

    def _made(self, cls: type[ArchiveSpider]) -> ArchiveSpider:
        crawler = Crawler(cls, self._settings)
        crawler.stats = MemoryStatsCollector(crawler)
        os.environ["SCRAPY_CHECK"] = "true"  # arguments are for finding stories, which are found
        try:
            crawler.spider = spider = cls.from_crawler(crawler)
        finally:
            del os.environ["SCRAPY_CHECK"]
        return spider


def spider_class(loader: Any, name: str) -> type[ArchiveSpider] | None:  # noqa: ANN401 - any SPIDER_LOADER_CLASS
    """The spider of an archive that has a name; None where there is none."""
    cls: type[Any] | None = loader.load(name) if name in loader.list() else None
    return cls if cls and issubclass(cls, ArchiveSpider) else None


def replay(spider: ArchiveSpider, story: Story, pages: Sequence[ServedPage]) -> Iterator[Any]:
    """Yields the items that a spider makes of a story's pages, of which the first is the one that
    it asked for first.

    Raises DecompressionError for a page that cannot be unpacked, and what the spider's own code
    raises.
    """
    max_size = spider.settings.getint("DOWNLOAD_MAXSIZE")
    first, *further = pages
    kept = {page.asked_url: page for page in further}
    story_request: tuple[Request, ServedPage | None] = (spider.article_request(story), first)
    requests = deque([story_request])
    while requests:
        request, page = requests.popleft()
        for result in _called(request, page, max_size):
            if isinstance(result, Request):
                requests.append((result, kept.get(result.url)))
            else:
                yield result


def _called(request: Request, page: ServedPage | None, max_size: int) -> Iterable[Any]:
    """What a request's callback makes of its page; its errback, where that is not kept: then it
    could not be had."""
    if page is not None:
        assert request.callback, "the request of a story or of its further page names what reads it"
        response = _response(page, max_size)
        response.request = request
        return request.callback(response, **request.cb_kwargs) or ()
    if request.errback is None:
        return ()
    failure = Failure(NotKeptError(request.url))  # type: ignore[no-untyped-call] # Twisted has no types
    failure.request = request  # type: ignore[attr-defined] # as Scrapy does
    return request.errback(failure) or ()


def _response(page: ServedPage, max_size: int) -> Response:
    headers = Headers()
    for name, value in page.headers:
        headers.appendlist(name, value)
    return unpacked(Response(page.url, page.status, headers, page.body), max_size)


def reading_code(classes: Iterable[type[ArchiveSpider]]) -> str:
    """A text that changes with the code by which these spiders read pages."""
    bases = {base for cls in classes for base in (*cls.__mro__, *cls.loader.__mro__)}
    files = {inspect.getsourcefile(base) for base in bases if base.__module__ != "builtins"}
    own = Path(extraction.__file__).parent.rglob("*.py")
    digest = blake2b(digest_size=16)
    for file in sorted({*map(Path, filter(None, files)), *own}):
        digest.update(file.read_bytes())
    return digest.hexdigest()


# What a process or thread of a pool does.

_own = threading.local()


def start_thread(settings: BaseSettings, folder: Path) -> None:
    """Makes this thread one that reads kept pages."""
    _own.replayer = Replayer(settings, folder)


def start_process(settings: BaseSettings, folder: Path) -> None:
    """Makes this process one that reads kept pages, until its parent ends in whatever way."""
    start_thread(settings, folder)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent has it, and says when to end
    logging.disable(logging.CRITICAL)  # reasons go into the report
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = parent_process()
    assert parent, "a worker is made by a pool"
    parent.join()
    os._exit(1)


def replay_all(jobs: Sequence[Job]) -> list[Replayed]:
    """Reads the pages of some stories, where one of these functions was called before."""
    replayer: Replayer = _own.replayer
    return [replayer.replay(job) for job in jobs]


def index_file(path: Path) -> tuple[list[KeptPage], str | None]:
    """The pages of a file, and why it cannot be read to its end; None where it can."""
    pages: list[KeptPage] = []
    try:
        pages.extend(index(path))
    except (DamagedPagesError, OSError) as error:
        return pages, str(error)
    return pages, None
