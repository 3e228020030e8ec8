"""Harvests of a few articles in one process: ledger, pipelines and JSON Lines as in any run, and a
site that is a list of stories."""

import asyncio
import json
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import SimpleNamespace

from scrapy.exceptions import DropItem
from scrapy.settings import Settings
from scrapy.statscollectors import MemoryStatsCollector
from scrapy.utils.test import get_crawler

from sinanews import settings as defaults
from sinanews.archive.repair import repair
from sinanews.archive.strays import Strays
from sinanews.config import Config
from sinanews.exports.jsonl import ArchiveLinesExporter
from sinanews.items import Article
from sinanews.ledger.database import engine
from sinanews.ledger.ledger import Ledger
from sinanews.pipelines import ArchivePipeline, DecidePipeline
from sinanews.posts.paths import post_path
from sinanews.reporting.report import account
from sinanews.roll.api import Story
from sinanews.utils.atomic import write_whole
from sinanews.utils.times import at, file_time

NOW = 1_790_000_000
HOUR = 3600
AT_ONCE = 3  # articles whose pages arrive together


def listed(number: int, title: str = "", text: str = "正文", **times: int) -> tuple[Story, str]:
    """A story of the list, entered `number` minutes after the first, and its page's text."""
    docid = f"nabc{number:010}"
    moment = NOW - 12 * HOUR + 60 * number
    url = f"https://finance.sina.com.cn/china/2026-09-21/doc-i{docid}.shtml"
    usual = {"ctime": moment, "mtime": moment, "intime": moment} | times
    return Story(docid, url, title or f"标题{number}", channels=("guonei",), **usual), text


def edited(page: tuple[Story, str], text: str, title: str = "") -> tuple[Story, str]:
    """The story an hour later, with another text, or title."""
    story, _ = page
    return replace(story, mtime=story.mtime + HOUR, title=title or story.title), text


Site = Sequence[tuple[Story, str]]


@dataclass
class Desk:
    """What pipelines ask of a spider."""

    ledger: Ledger
    config: Config
    strays: Strays
    crawler: SimpleNamespace = field(default_factory=lambda: SimpleNamespace(stats=_stats()))

    def close_run(self, error: Exception) -> str:
        raise AssertionError(error)


def _stats() -> MemoryStatsCollector:
    return MemoryStatsCollector(get_crawler())


def config_of(output: Path, **settings: object) -> Config:
    values = Settings()
    values.setmodule(defaults)
    values.setdict({"OUTPUT_DIR": str(output)} | settings)
    return Config.from_settings(values)


@contextmanager
def opened(output: Path, now: float = NOW) -> Iterator[Ledger]:
    """The ledger of an archive, by a clock that stands still."""
    output.mkdir(parents=True, exist_ok=True)
    ledger = Ledger(engine(f"sqlite:///{output}/ledger.db"), post_path, lambda: now)
    try:
        yield ledger
    finally:
        ledger.close()


def harvest(
    output: Path,
    site: Site,
    now: float = NOW,
    step: Callable[[str], object] = lambda _: None,
    **settings: object,
) -> dict[str, int]:
    """One run, at a local unix time in seconds; returns its account. Calls `step` after each thing
    that the ledger was told."""
    config = config_of(output, **settings)
    with opened(output, now) as ledger:
        ledger.release_dead()
        desk = Desk(ledger, config, repair(ledger, config))
        step("repair")
        ledger.begin("china", config.site)
        step("begin")
        for story, _ in site:
            ledger.upsert_listed([story], "guonei")
        step("list")
        pages = {story.docid: page for page in site for story in page[:1]}
        asyncio.run(_fetch(desk, pages, output / "articles" / f"china-{_name(now)}.jsonl", step))
        counts = account(ledger.runs.account(ledger.run), filtered=0)
        report = json.dumps({"account": counts}).encode()
        write_whole({output / "runs" / f"{file_time(now)}.json": report})
        ledger.runs.end(ledger.run, "complete", {"account": counts})
        step("end")
        ledger.runs.note_filed(ledger.run)
        step("filed")
        return counts


def _name(now: float) -> str:
    return f"{file_time(now)}+00-00"


async def _fetch(
    desk: Desk, pages: dict[str, tuple[Story, str]], file: Path, step: Callable[[str], object]
) -> None:
    archive = ArchivePipeline(desk)
    with _lines_of(file) as export:
        while claims := desk.ledger.claim(AT_ONCE):
            step("claim")
            articles = [_article(claim.story, pages[claim.story.docid][1]) for claim in claims]
            written = await asyncio.gather(*(_process(desk, archive, a) for a in articles))
            step("outcomes")
            for article in filter(None, written):
                export(article)
                step("line")


@contextmanager
def _lines_of(path: Path) -> Iterator[Callable[[Article], None]]:
    """A feed of JSON Lines, which makes its file with the first article, and waits for the disk at
    the end of a run that nothing ends before."""
    with ExitStack() as stack:
        exporters: list[ArchiveLinesExporter] = []

        def export(article: Article) -> None:
            if not exporters:
                path.parent.mkdir(exist_ok=True)
                exporters.append(
                    ArchiveLinesExporter(stack.enter_context(path.open("ab")), _stats())
                )
            exporters[0].export_item(article)

        yield export
        for exporter in exporters:
            exporter.finish_exporting()


async def _process(desk: Desk, archive: ArchivePipeline, article: Article) -> Article | None:
    try:
        return await archive.process_item(await DecidePipeline(desk).process_item(article))
    except DropItem:
        return None


def _article(story: Story, text: str) -> Article:
    return Article(
        story.docid,
        story.url,
        list(story.channels),
        story.title,
        published=at(story.ctime // 60 * 60),
        first_seen=at(story.intime),
        body_html=f"<p>{text}</p>",
        text=text,
        layout="F2017",
    )


def export(output: Path) -> list[bytes]:
    """The lines that `scrapy export` would write, but for when they were read."""
    with opened(output) as ledger:
        return [re.sub(rb'"seen":"[^"]*",', b"", line) for line in ledger.lines()]
