"""A harvest that tells what its parts cost: `scrapy harvest` with a clock at each part's door.

    python benchmarks/parts_run.py FILE ARGUMENT ...

runs `scrapy harvest ARGUMENT ...` and writes to FILE, as JSON, the seconds of CPU of each part,
without those of the parts inside it, and of the whole process.
"""

import asyncio
import json
import resource
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Coroutine, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from scrapy.cmdline import execute
from scrapy.core.downloader.middleware import DownloaderMiddlewareManager
from scrapy.pipelines import ItemPipelineManager

from sinanews import pipelines
from sinanews.archive import writer as archive
from sinanews.exports import jsonl as exporters
from sinanews.extraction import body, html5, layouts, page, processors
from sinanews.extraction.loaders import ArticleLoader
from sinanews.ledger import records as rows
from sinanews.ledger.ledger import Ledger
from sinanews.middlewares import MirrorHandler
from sinanews.spiders import engine

PARTS: dict[str, list[tuple[Any, str]]] = {
    "download: HTTP and unpacking": [(MirrorHandler, "download_request")],
    "download: middlewares": [
        (DownloaderMiddlewareManager, "_process_request"),
        (DownloaderMiddlewareManager, "_process_response"),
    ],
    "read: decode and parse (Lexbor)": [(page, "_markup")],
    "read: which layout": [(layouts, "of")],
    "read: fields, by the item loader": [(page, "_add_fields"), (ArticleLoader, "load_item")],
    "read: body, parsed again": [(html5, "parsed_body"), (html5, "repair_links")],
    "read: body, written as the reference does": [(html5, "inner")],
    "read: text, pictures, stocks, byline": [
        (body, "unfurnished"),
        (body, "paragraphs"),
        (body, "images"),
        (body, "stocks"),
        (processors, "byline"),
    ],
    "read: the rest": [(page, "read")],
    "keep: post": [(pipelines, "post_bytes")],
    "keep: JSON line": [(exporters, "json_line")],
    "keep: packed for the ledger": [(rows, "packed")],
    "keep: files, synced (a thread)": [(archive, "write_whole")],
    "keep: ledger": [(Ledger, "remember")],
    "keep: pipelines": [(ItemPipelineManager, "process_item_async"), (engine, "kept")],
    "list: rows into the ledger, claims out of it": [(Ledger, "enlist"), (Ledger, "claim")],
}
LOOP = "Scrapy's engine, its signals, asyncio"
SPENT: Counter[str] = Counter()
INSIDE = threading.local()  # seconds that parts inside the running one have taken, by depth


@contextmanager
def clock(part: str) -> Generator[None]:
    """Counts the CPU of this thread while the block runs, but for what runs in blocks inside."""
    stack: list[float] = INSIDE.__dict__.setdefault("stack", [0.0])
    stack.append(0.0)
    began = time.thread_time()
    try:
        yield
    finally:
        took = time.thread_time() - began
        SPENT[part] += took - stack.pop()
        stack[-1] += took


class Stepped:
    """A coroutine whose every step is clocked, and not what others do while it waits."""

    def __init__(self, coroutine: Coroutine[Any, Any, Any], part: str) -> None:
        self._coroutine, self._part = coroutine, part

    def __await__(self) -> Generator[Any, Any, Any]:
        advance: Callable[[Any], Any] = self._coroutine.send
        value: Any = None
        while True:
            try:
                with clock(self._part):
                    waits_for = advance(value)
            except StopIteration as end:
                return end.value
            try:
                advance, value = self._coroutine.send, (yield waits_for)
            except BaseException as error:  # noqa: BLE001 -- the coroutine's to see
                advance, value = self._coroutine.throw, error


def clocked(function: Callable[..., Any], part: str) -> Callable[..., Any]:
    """The function, its time counted for that part."""

    async def stepped(*args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 -- whatever it takes
        return await Stepped(function(*args, **kwargs), part)

    def called(*args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 -- whatever it takes
        with clock(part):
            return function(*args, **kwargs)

    return stepped if asyncio.iscoroutinefunction(function) else called


def main(file: Path, arguments: list[str]) -> None:
    """Puts the clocks in place, harvests, and tells."""
    for part, doors in PARTS.items():
        for owner, name in doors:
            setattr(owner, name, clocked(getattr(owner, name), part))
    handle = asyncio.events.Handle
    handle._run = clocked(handle._run, LOOP)  # type: ignore[method-assign] # noqa: SLF001 -- all that a loop runs
    try:
        execute(["scrapy", "harvest", *arguments])
    finally:
        used = resource.getrusage(resource.RUSAGE_SELF)
        whole = used.ru_utime + used.ru_stime
        start = whole - sum(SPENT.values())
        told = {part: SPENT[part] for part in (*PARTS, LOOP)}
        told["start, end, and what was not clocked"] = start
        file.write_text(json.dumps(told), "utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
