"""The spider `reread`: today's layouts over the kept pages of an archive, without the network."""

import asyncio
import json
from collections import Counter, deque
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from typing import Any, ClassVar, Self, TypeVar

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.http import Response
from scrapy.settings import BaseSettings
from scrapy.signals import item_dropped, item_error, item_scraped
from scrapy.spiderloader import get_spider_loader
from sqlalchemy.exc import SQLAlchemyError

from sinanews.archive.warc import FOLDER, OPEN, KeptPage, Place, RunFile, page_files
from sinanews.config import Config
from sinanews.exceptions import ArgumentError, WriteError
from sinanews.items import State
from sinanews.ledger.records import Claim, Reading
from sinanews.ledger.recovery import batches
from sinanews.ledger.runs import REREAD
from sinanews.ledger.selection import Selection
from sinanews.spiders.base import ArchiveSpider
from sinanews.spiders.replay import (
    Job,
    Replayed,
    index_file,
    reading_code,
    replay_all,
    spider_class,
    start_thread,
)
from sinanews.utils.atomic import write_whole
from sinanews.utils.times import file_time

PROGRESS = f"{FOLDER}/reread.json"  # how far a reread has come that did not end
NOWHERE = "https://reread.invalid/"  # a name that no host has, by RFC 2606
TOGETHER = 32  # stories that a process reads at once, and that are claimed at once
AHEAD = 3  # such tasks for each process, so that none waits for the ledger

_Argument = TypeVar("_Argument")
_Result = TypeVar("_Result")


@dataclass(slots=True)
class Visit:
    """A story's pages, fetched one after the other in a run: `kept` is when the first came, in unix
    seconds."""

    docid: str
    run: RunFile
    kept: float
    places: list[Place] = field(default_factory=list)

    @property
    def key(self) -> tuple[float, str]:
        """By which visits are in order; of one that is kept later it is larger."""
        return self.kept, self.docid


class RereadSpider(ArchiveSpider):
    """Reads the newest kept pages of every story, and yields those articles that differ from what
    the ledger has, to the same pipelines as a harvest does. Takes no arguments.

    `pool` are the `processes` that read; this one alone writes. Without a pool a thread reads.
    """

    name = REREAD
    asks_site = False
    rings = False
    pool: ClassVar[Executor | None] = None
    processes: ClassVar[int] = 1

    def __init__(self, **arguments: object) -> None:
        super().__init__()
        for name, value in arguments.items():
            if not name.startswith("_"):
                raise ArgumentError(name, value, "no argument")
        self._found: Counter[State] = Counter()
        self._reasons: Counter[str] = Counter()
        self._in_hand = 0  # articles that pipelines have not done with
        self._done = asyncio.Event()
        self._is_stuck = False  # whether one of them could not be written
        self._rereads: list[tuple[int, int]] = []  # when each earlier one began and ended
        self._ends: dict[str, float] = {}  # by when the articles of a run's pages were written

    @classmethod
    def validate(cls, settings: BaseSettings) -> None:
        """Checks that there is something to read. Raises ArgumentError, and what others raise."""
        if settings.getbool("ARCHIVE_ENABLED"):
            folder = Config.from_settings(settings).output / FOLDER
            if not any(folder.glob("*.warc.gz")) and not any(folder.glob(f"*.warc.gz{OPEN}")):
                accepted = "an archive whose pages are kept: harvest with KEEP_PAGES=true"
                raise ArgumentError("OUTPUT_DIR", str(folder.parent), accepted)
        super().validate(settings)

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> Self:  # noqa: ANN401 - Scrapy's signature
        """The spider, told what became of the articles that it yielded."""
        spider = super().from_crawler(crawler, *args, **kwargs)
        for signal in (item_scraped, item_dropped, item_error):
            crawler.signals.connect(spider.item_done, signal)
        return spider

    def item_done(self, exception: Exception | None = None) -> None:
        """Notes that an article went through the pipelines, which may have dropped it."""
        self._in_hand -= 1
        self._is_stuck = self._is_stuck or isinstance(exception, WriteError)
        self._done.set()

    def next_claim(self) -> Claim | None:
        """None: nothing is fetched."""
        return None

    def looked_at(self) -> tuple[Counter[State], Counter[str]]:
        """The stories whose article is as it was, or whose pages give none, and why."""
        return self._found, self._reasons

    def _handed_over(self, item: Any) -> Request:  # noqa: ANN401 - an item of any kind
        """A request that the add-on's `AnswerMiddleware` answers, and whose callback yields the
        article. For one that `start` itself yields, Scrapy 2.19 would wait for ever when it has to
        close the spider before the pipelines are done with it."""
        kwargs = {"item": item}
        return Request(NOWHERE, self.parse_read, cb_kwargs=kwargs, dont_filter=True)

    def parse(self, response: Response, *args: Any, **kwargs: Any) -> Iterator[Any]:  # noqa: ANN401 - as in ArchiveSpider
        """As in ArchiveSpider, without its contract: nothing is asked for."""
        yield from super().parse(response, *args, **kwargs)

    def parse_read(self, response: Response, item: Any) -> Iterator[Any]:  # noqa: ANN401, ARG002 - an item of any kind; Scrapy's signature
        """Yields an article that was read."""
        yield item

    async def start(self) -> AsyncIterator[Any]:
        """Yields the articles that differ, a few at a time, each claimed, as requests that nobody
        sends."""
        if not self.settings.getbool("ARCHIVE_ENABLED"):
            return
        try:
            async for item in self._reread():
                yield item
        except (OSError, SQLAlchemyError) as error:
            self.close_run(error)

    async def _reread(self) -> AsyncIterator[Any]:
        visits = await self._visits()
        self._rereads = self.ledger.runs.past_spans(self.name)
        progress = Progress(self.config.output / PROGRESS, self._code(visits))
        left = [visit for visit in sorted(visits, key=_key) if visit.key > progress.after]
        self.crawler.stats.set_value("sinanews/to_fetch", len(left))
        tasks: deque[tuple[asyncio.Future[list[Replayed]], Sequence[Job], Visit]] = deque()
        remaining = batches(left, TOGETHER)
        while True:
            for batch in remaining:
                work = self._jobs(batch)
                tasks.append((self._run(replay_all, work), work, batch[-1]))
                if len(tasks) >= AHEAD * self.processes:
                    break
            if not tasks:
                break
            results, jobs, last = tasks.popleft()
            for item in self._claimed(await results, jobs):
                self._in_hand += 1
                yield self._handed_over(item)
            while self._in_hand:
                self._done.clear()
                await self._done.wait()
            if self._is_stuck:
                return
            progress.note(last.key)
        progress.clear()

    def _code(self, visits: Iterable[Visit]) -> str:
        loader = get_spider_loader(self.settings)
        names = {visit.run.spider for visit in visits}
        return reading_code(filter(None, (spider_class(loader, name) for name in names)))

    async def _visits(self) -> list[Visit]:
        """The newest of each story."""
        newest: dict[str, Visit] = {}
        files = page_files(self.config.output / FOLDER)
        indexes = [self._run(index_file, path) for path in files]
        for run, group in groupby(zip(files, indexes, strict=True), lambda pair: _run(pair[0])):
            visits: dict[str, Visit] = {}
            for path, waiting in group:
                pages, error = await waiting
                if error:
                    self.logger.error("%s; what stands behind that is not read", error)
                    self.crawler.stats.inc_value("sinanews/errors")
                file = RunFile.of(path.name)
                assert file, "only files of runs are listed"
                _add(visits, pages, file)
            self._ends[run] = self._end(visits.values())
            for docid, visit in visits.items():
                if docid not in newest or newest[docid].kept <= visit.kept:
                    newest[docid] = visit
        return list(newest.values())

    def _end(self, visits: Iterable[Visit]) -> float:
        """By when the articles of a run's pages were written: its end as the ledger has it, or, for
        a run that the ledger lost, as long after its last page as a worker may be silent."""
        last = max(visits, key=_key, default=None)
        if last is None:
            return 0
        span = self.ledger.runs.span(last.run.run_id)
        if span and file_time(span[0]) == last.run.started:
            return span[1]
        return last.kept + self.config.lease

    def _jobs(self, visits: Sequence[Visit]) -> list[Job]:
        """What is to be read of these; the others are counted as they are."""
        known = self.ledger.readings([visit.docid for visit in visits])
        jobs = []
        for visit in visits:
            reading = known.get(visit.docid)
            # The ledger has none of a page that another archive kept.
            if reading is None or reading.state is State.FILTERED:
                self._count(State.FILTERED)
            elif self._is_outdated(visit, reading):
                self._count(State.UNCHANGED)
            else:
                where = (visit.run.spider, visit.places)
                jobs.append(Job(reading.story, *where, reading.content_hash))
        return jobs

    def _is_outdated(self, visit: Visit, reading: Reading) -> bool:
        """Whether the ledger knows of a newer page than the one that was kept: its last revision
        was made of that, or the list says so."""
        if visit.kept < reading.story.mtime <= self.ledger.now():
            return True
        seen = reading.seen
        if seen is None or seen <= self._ends[visit.run.run]:
            return False
        return not any(began <= seen <= ended for began, ended in self._rereads)

    def _run(
        self, function: Callable[[_Argument], _Result], argument: _Argument
    ) -> "asyncio.Future[_Result]":
        """Has a function called by one of the pool's processes."""
        if self.pool is None:
            folder = self.config.output / FOLDER
            type(self).pool = ThreadPoolExecutor(1, "reread", start_thread, (self.settings, folder))
        return asyncio.get_running_loop().run_in_executor(self.pool, function, argument)

    def _claimed(self, results: Iterable[Replayed], jobs: Iterable[Job]) -> Iterator[Any]:
        """Counts the results, and yields the articles among them, each claimed here."""
        items = {}
        for result in results:
            if result.item is None:
                self._count(result.state, result.reason)
            else:
                items[result.docid] = result.item
        if not items:
            return
        hashes = {job.story.docid: job.content_hash for job in jobs}
        self.ledger.requeue(list(items))
        for claim in self.claims(Selection(docids=tuple(items)), len(items)):
            docid = claim.story.docid
            item = items.pop(docid)
            # Another run may have read it meanwhile.
            if claim.content_hash == hashes[docid]:
                yield item
        reason = "another worker has its story"
        for _ in items:
            self._count(State.FAILED, reason)

    def _count(self, state: State, reason: str = "") -> None:
        self._found[state] += 1
        if state is State.FAILED:
            self._reasons[reason] += 1
        self.crawler.stats.inc_value(f"sinanews/items/{state}")


class Progress:
    """How far a reread has come, in a file, for the next one to go on there if this one is killed:
    `after` is the key of the last visit that was done. With other code all begins anew."""

    def __init__(self, file: Path, code: str) -> None:
        self._file = file
        self._code = code
        self.after: tuple[float, str] = (0.0, "")
        with suppress(OSError, ValueError, KeyError, TypeError):
            noted = json.loads(file.read_bytes())
            kept, docid = noted["after"]
            if noted["code"] == code:
                self.after = float(kept), str(docid)

    def note(self, key: tuple[float, str]) -> None:
        """Notes that all up to a visit are done. Raises OSError."""
        write_whole({self._file: json.dumps({"code": self._code, "after": key}).encode()})

    def clear(self) -> None:
        """Notes that all are done."""
        self._file.unlink(missing_ok=True)


def _key(visit: Visit) -> tuple[float, str]:
    return visit.key


def _run(path: Path) -> str:
    file = RunFile.of(path.name)
    assert file, "only files of runs are listed"
    return file.run


def _add(visits: dict[str, Visit], pages: Iterable[KeptPage], file: RunFile) -> None:
    """Adds the pages of a run's next file to its visits, of each story the last."""
    for page in pages:
        if not page.is_further:
            visits[page.docid] = Visit(page.docid, file, page.kept)
        if page.docid in visits:
            visits[page.docid].places.append(page.place)
