"""The spider of `scrapy canary`: one live story a channel, its fields looked at, nothing kept."""

from collections.abc import AsyncIterator
from typing import Any

from scrapy import Spider
from scrapy.crawler import Crawler
from scrapy.exceptions import CloseSpider
from scrapy.settings import BaseSettings

from sinanews.arguments import Harvest
from sinanews.channels import Channel
from sinanews.exceptions import RollError
from sinanews.items import FIELDS, Article, Item
from sinanews.report import BLOCKED, REQUIRED, Verdict
from sinanews.spiders.engine import NOTHING
from sinanews.spiders.lists import roll_page
from sinanews.spiders.reading import item_of

# What a page may lack without anything being wrong.
TOLD = [
    name for name in FIELDS if name not in {"docid", "url", "channels", "revision", "duplicate_of"}
]
EXTENSIONS = {"scrapy.extensions.throttle.AutoThrottle": 0}


class CanarySpider(Spider):
    """Argument: channel, as for `china`. Sets the stat `sinanews/verdict`."""

    name = "canary"
    # No pipelines, no feeds, no report: a canary leaves nothing behind.
    custom_settings = {"ITEM_PIPELINES": {}, "FEEDS": {}, "EXTENSIONS": EXTENSIONS}  # noqa: RUF012 - Scrapy reads it of the class

    def __init__(self, **arguments: str) -> None:
        super().__init__()
        self.asked = Harvest.of(arguments)
        self.verdict = Verdict.COMPLETE

    @classmethod
    def refuse(cls, settings: BaseSettings, arguments: dict[str, str]) -> None:  # noqa: ARG003 - it keeps nothing
        """Raises ArgumentError for arguments that make no sense."""
        Harvest.of(arguments)

    async def start(self) -> AsyncIterator[Any]:
        """Looks at the newest story of each channel."""
        for channel in self.asked.channels:
            try:
                await self._try(channel)
            except RollError as error:
                self._tell(channel, f"its list cannot be read: {error}", Verdict.INCOMPLETE)
            except CloseSpider as error:
                self._tell(channel, error.reason.removeprefix(BLOCKED), Verdict.BLOCKED)
                raise
        for request in NOTHING:
            yield request

    async def _try(self, channel: Channel) -> None:
        listed = await roll_page(self.crawler, channel, 1)
        if listed.stories:
            story = listed.stories[0]
            self._look(channel, (await item_of(self.crawler, story, story.url))[0])
        else:
            self._tell(channel, "its list is empty", Verdict.INCOMPLETE)

    def _look(self, channel: Channel, item: Item) -> None:
        if isinstance(item, Article):
            self._look_at(channel, item)
        else:
            verdict = Verdict.DRIFTED if item.missing else Verdict.INCOMPLETE
            self._tell(channel, f"its newest story, {item.url}: {item.reason}", verdict)

    def _look_at(self, channel: Channel, article: Article) -> None:
        absent = [name for name in TOLD if not getattr(article, name)]
        drifted = [name for name in REQUIRED if name in absent]
        said = f"{article.layout}, missing: {', '.join(absent) or 'nothing'} ({article.url})"
        self._tell(channel, said, Verdict.DRIFTED if drifted else Verdict.COMPLETE)

    def _tell(self, channel: Channel, said: str, verdict: Verdict) -> None:
        print(f"{channel.name:10} {verdict.name.lower():10} {said}")  # noqa: T201 - the command's answer
        self.verdict = max(self.verdict, verdict)
        _note(self.crawler, self.verdict)


def _note(crawler: Crawler, verdict: Verdict) -> None:
    assert crawler.stats, "a crawler that runs has stats"
    crawler.stats.set_value("sinanews/verdict", verdict.value)
