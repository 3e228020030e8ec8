"""The spider of `scrapy canary`: one live story a channel, its fields looked at, nothing stored."""

import time
from collections import deque
from collections.abc import AsyncIterator, Iterator
from typing import Any

from scrapy import Request
from scrapy.exceptions import CloseSpider
from scrapy.http import Response
from twisted.python.failure import Failure

from sinanews.arguments import Harvest
from sinanews.download.blocking import BLOCKED
from sinanews.exceptions import RollError
from sinanews.items import FIELDS, Rejection, to_article
from sinanews.reporting.coverage import REQUIRED
from sinanews.reporting.verdicts import Verdict, worst_exit_code
from sinanews.roll import clock
from sinanews.roll.api import Roll, Story
from sinanews.spiders.base import ArchiveSpider
from sinanews.spiders.lists import failure_reason, list_request, read_list
from sinanews.spiders.reading import read_item, rejection
from sinanews.utils import times
from sinanews.utils.files import say

# A page may lack these without anything being wrong.
IGNORED = {"docid", "url", "channels", "revision", "duplicate_of"}


class CanarySpider(ArchiveSpider):
    """Argument: channel, as for `china`. Looks at the channels one after the other, prints a line
    each, and sets the stat `sinanews/verdict`."""

    name = "canary"
    rings = False
    custom_settings = {"ARCHIVE_ENABLED": False}  # noqa: RUF012 - Scrapy declares it of the instance

    def __init__(self, **arguments: object) -> None:
        super().__init__()
        self.query = Harvest.from_arguments(arguments)
        self._channels = deque(self.query.channels)  # those that were not looked at yet
        self._verdict = Verdict.COMPLETE

    async def start(self) -> AsyncIterator[Any]:
        """Yields the request for the first channel's list."""
        for request in self._next_list():
            yield request

    def parse_list(self, response: Response) -> Iterator[Any]:
        """Yields the request for the newest story's page."""
        try:
            roll = read_list(response, self.config.bounds)
        except RollError as error:
            yield from self._note(Verdict.INCOMPLETE, f"its list cannot be read: {error}")
        else:
            if reason := self._why_stalled(roll):
                yield from self._note(Verdict.STALLED, reason)
            elif roll.stories:
                yield self.article_request(roll.stories[0])
            else:
                yield from self._note(Verdict.INCOMPLETE, "its list is empty")

    def _why_stalled(self, roll: Roll) -> str | None:
        ctimes = [story.ctime for story in roll.stories]
        if not ctimes:
            return None
        now = clock.time_of(roll.rtime, ctimes, int(time.time()))
        newest = max((ctime for ctime in ctimes if ctime <= now), default=now)
        if now - newest < self.config.stalled_hours * 3600:
            return None
        return f"the newest row of its list is of {times.minute(newest)}"

    def list_failed(self, failure: Failure) -> Iterator[Any]:
        """Notes that a list could not be had."""
        try:
            reason = failure_reason(failure)
        except CloseSpider as error:
            raise self._blocked(error) from error
        yield from self._note(Verdict.INCOMPLETE, f"its list cannot be read: {reason}")

    def article_request(self, story: Story) -> Request:
        """The request for a story's page, whose article is looked at and not yielded."""
        request = super().article_request(story)
        return request.replace(callback=self.parse_article)

    def parse_article(self, response: Response, story: Story) -> Iterator[Any]:
        """Notes which fields the page has."""
        yield from self._inspect(read_item(response, story, self.loader, self.config.bounds))

    def article_failed(self, failure: Failure) -> Iterator[Any]:
        """Notes that the page could not be had."""
        story = failure.request.cb_kwargs["story"]  # type: ignore[attr-defined] # Scrapy sets it
        try:
            item = rejection(failure, story)
        except CloseSpider as error:
            raise self._blocked(error) from error
        if item:
            yield from self._inspect(item)

    def _next_list(self) -> Iterator[Request]:
        for channel in list(self._channels)[:1]:
            yield list_request(channel, 1, self.parse_list, self.list_failed)

    def _inspect(self, item: Any) -> Iterator[Request]:  # noqa: ANN401 - an item of any kind
        if isinstance(item, Rejection):
            verdict = Verdict.DRIFTED if item.missing else Verdict.INCOMPLETE
            text = f"its newest story, {item.url}: {item.reason}"
        else:
            article = to_article(item)
            missing = [f for f in FIELDS if f not in IGNORED and not getattr(article, f)]
            drifted = not set(REQUIRED).isdisjoint(missing)
            verdict = Verdict.DRIFTED if drifted else Verdict.COMPLETE
            text = f"{article.layout}, missing: {', '.join(missing) or 'nothing'} ({article.url})"
        return self._note(verdict, text)

    def _note(self, verdict: Verdict, text: str) -> Iterator[Request]:
        """Prints the result for the channel in hand, and goes on to the next."""
        self._print(verdict, text)
        return self._next_list()

    def _blocked(self, error: CloseSpider) -> CloseSpider:
        self._print(Verdict.BLOCKED, error.reason.removeprefix(BLOCKED))
        return error

    def _print(self, verdict: Verdict, text: str) -> None:
        channel = self._channels.popleft()
        say(f"{channel.name:10} {verdict.name.lower():10} {text}")
        self._verdict = Verdict(worst_exit_code([self._verdict, verdict]))

    def closed(self, reason: str) -> None:
        """Sets the verdict: what was not looked at is no success."""
        if self._channels and self._verdict is Verdict.COMPLETE:
            blocked = reason.startswith(BLOCKED)
            self._verdict = Verdict.BLOCKED if blocked else Verdict.INCOMPLETE
        self.crawler.stats.set_value("sinanews/verdict", self._verdict.value)
