"""Runs `scrapy harvest` with a clock at each part's door, and writes what the parts cost.

    python benchmarks/parts_run.py FILE ARGUMENT ...

runs `scrapy harvest ARGUMENT ...` and writes to FILE, as JSON, the seconds of CPU of each part,
without those of the parts inside it, and of the rest of the process.
"""

import json
import resource
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Coroutine, Generator, Iterator
from contextlib import contextmanager
from functools import wraps
from inspect import iscoroutinefunction, isgeneratorfunction
from pathlib import Path
from typing import Any

from scrapy.cmdline import execute
from scrapy.core.downloader.middleware import DownloaderMiddlewareManager
from scrapy.crawler import AsyncCrawlerProcess
from scrapy.pipelines import ItemPipelineManager

from sinanews import pipelines
from sinanews.archive import writer
from sinanews.archive.reprints import Reprints
from sinanews.download.aiohttp_handler import AiohttpDownloadHandler
from sinanews.download.handler import ArchiveDownloadHandler
from sinanews.exports.jsonl import ArticleLinesExporter
from sinanews.extraction import body, bounds, html5, layouts, page
from sinanews.extraction.layouts import base as layout_base
from sinanews.extraction.loaders import ArticleLoader
from sinanews.ledger import records
from sinanews.ledger.ledger import Ledger
from sinanews.middlewares import DecompressionMiddleware
from sinanews.scheduler import LedgerScheduler
from sinanews.spiders import base as spider_base
from sinanews.spiders.china import ChinaSpider
from sinanews.utils import atomic

# Each part, and the functions, methods and properties through which it is entered.
PARTS: dict[str, list[tuple[Any, str]]] = {
    "schedule: next request": [(LedgerScheduler, "next_request")],
    "schedule: claims from the ledger": [(Ledger, "claim")],
    "download: HTTP": [
        (ArchiveDownloadHandler, "download_request"),
        (AiohttpDownloadHandler, "download_request"),
    ],
    "download: decompression": [(DecompressionMiddleware, "process_response")],
    "download: other middlewares": [(DownloaderMiddlewareManager, "download_async")],
    "list: reading a page of it": [(ChinaSpider, "parse_list")],
    "list: rows into the ledger": [(Ledger, "upsert_listed")],
    "read: decode": [(page, "readings")],
    "read: parse (Lexbor)": [(layout_base, "parse")],
    "read: bounds": [(bounds, "check"), (page, "check")],
    "read: plain, without addresses": [(page, "make_storable")],
    "read: which layout": [(layouts, "of")],
    "read: fields, by the item loader": [
        (ArticleLoader, "add_rules"),
        (ArticleLoader, "load_item"),
    ],
    "read: body, parsed again": [(html5, "parsed_body"), (html5, "repair_links")],
    "read: body, written as the reference does": [(html5, "inner")],
    "read: text, pictures, stocks, byline": [
        (page, "remove_boilerplate"),
        (body, "paragraphs"),
        (body, "images"),
        (body, "stocks"),
        (page, "byline"),
    ],
    "read: the rest": [
        (spider_base.ArchiveSpider, "parse"),
        (spider_base, "read_item"),
        (page, "read"),
    ],
    "write: look for reprints": [(Reprints, "first_of"), (Ledger, "families_of")],
    "write: post": [(pipelines, "post_bytes"), (pipelines, "post_hash")],
    "write: JSON line": [(pipelines, "json_line"), (ArticleLinesExporter, "export_item")],
    "write: compressed for the ledger": [(records, "packed")],
    "write: files, synced": [(atomic.Drafts, "__enter__"), (atomic.Drafts, "publish")],
    "write: ledger": [(Ledger, "record_outcomes"), (Ledger, "reserve_path")],
    "write: pipelines": [(ItemPipelineManager, "process_item_async"), (writer.Archive, "store")],
    # The event loop, with everything in it that has no clock of its own.
    "Scrapy's engine, its signals, asyncio": [(AsyncCrawlerProcess, "start")],
}
SECONDS: defaultdict[str, float] = defaultdict(float)
# For each open block of a thread, the seconds that blocks inside it have taken.
STACKS = threading.local()


@contextmanager
def clock(part: str) -> Generator[None]:
    """Counts the CPU of this thread while the block runs, without that of clocked blocks inside."""
    stack: list[float] = STACKS.__dict__.setdefault("stack", [0.0])
    stack.append(0.0)
    began = time.thread_time()
    try:
        yield
    finally:
        took = time.thread_time() - began
        SECONDS[part] += took - stack.pop()
        stack[-1] += took


class ClockedSteps:
    """A coroutine of which each step is clocked, but not what else runs while it waits."""

    def __init__(self, coroutine: Coroutine[Any, Any, Any], part: str) -> None:
        self._coroutine, self._part = coroutine, part

    def __await__(self) -> Generator[Any, Any, Any]:
        advance: Callable[[Any], Any] = self._coroutine.send
        value: Any = None
        while True:
            try:
                with clock(self._part):
                    awaited = advance(value)
            except StopIteration as end:
                return end.value
            try:
                advance, value = self._coroutine.send, (yield awaited)
            except BaseException as error:  # noqa: BLE001 - for the coroutine to handle
                advance, value = self._coroutine.throw, error


def clocked(function: Callable[..., Any], part: str) -> Callable[..., Any]:
    """The same function, coroutine function or generator function, its time counted for a part."""

    @wraps(function)
    async def coroutine(*args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - any function's
        return await ClockedSteps(function(*args, **kwargs), part)

    @wraps(function)
    def generator(*args: Any, **kwargs: Any) -> Iterator[Any]:  # noqa: ANN401 - any function's
        iterator, end = function(*args, **kwargs), object()
        while True:
            with clock(part):
                value = next(iterator, end)
            if value is end:
                return
            yield value

    @wraps(function)
    def plain(*args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - any function's
        with clock(part):
            return function(*args, **kwargs)

    if iscoroutinefunction(function):
        return coroutine
    return generator if isgeneratorfunction(function) else plain


def main(file: Path, args: list[str]) -> None:
    """Puts the clocks in place, harvests, and writes the file."""
    for part, doors in PARTS.items():
        for owner, name in doors:
            door = getattr(owner, name)
            if isinstance(door, property):
                assert door.fget, "a property that is read has a getter"
                setattr(owner, name, property(clocked(door.fget, part)))
            else:
                setattr(owner, name, clocked(door, part))
    try:
        execute(["scrapy", "harvest", *args])
    finally:
        usage = resource.getrusage(resource.RUSAGE_SELF)
        seconds = {part: SECONDS[part] for part in PARTS}
        rest = usage.ru_utime + usage.ru_stime - sum(seconds.values())
        seconds["start, end, and what was not clocked"] = rest
        file.write_text(json.dumps(seconds), "utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
