"""The lists of a run, walked into the ledger one after the other."""

import logging
from collections import deque
from typing import Any

from sinanews.arguments import Harvest
from sinanews.config import Config
from sinanews.ledger.ledger import Ledger
from sinanews.ledger.watermarks import Gap
from sinanews.roll.api import Roll
from sinanews.roll.walk import Walk
from sinanews.utils import times

logger = logging.getLogger(__name__)


class Walks:
    """Walks the lists that a query asks for. Knows no network: whoever uses it asks for the page
    that `walk` wants, and hands its answer to `read`, or to `fail` why there is none.

    `walk` is the one at work, None when all lists have been walked. `reports` has what came of
    each, by its channel's name; `failed` counts lists that could not be walked, `rows_broken` rows
    that could not be read, `filtered` rows of days that were not asked for.
    """

    def __init__(self, query: Harvest, config: Config, ledger: Ledger) -> None:
        self._query = query
        self._config = config
        self._ledger = ledger
        self._channels = deque(query.channels)  # those whose list has not been walked yet
        self._room = query.limit or float("inf")  # for stories that lists may still add
        self.walk: Walk | None = None
        self.reports: dict[str, dict[str, Any]] = {}
        self.failed = self.rows_broken = self.filtered = 0

    def start(self) -> None:
        """Begins the walk through the first list."""
        self._start_next()

    def read(self, roll: Roll) -> None:
        """Enters the rows of an answer in the ledger.

        Raises SQLAlchemyError when that cannot be written.
        """
        walk = self._current()
        filtered, stories = walk.filtered, walk.read(roll)
        for broken in roll.broken:
            logger.error("%s", broken)
        listed = self._ledger.upsert_listed(stories, walk.channel.name, self._room)
        self._room -= listed.waiting
        self.rows_broken += len(roll.broken)
        self.filtered += walk.filtered - filtered
        self._report(walk)
        self.reports[walk.channel.name]["new"] += listed.new
        if walk.clock_refused and walk.answers == 1:
            clock = times.minute(roll.rtime) if roll.rtime else "no time"
            logger.warning("%s: its clock says %s and is not believed", walk.channel.name, clock)
        self._go_on(walk)

    def fail(self, reason: str, *, final: bool = False) -> None:
        """Has the page asked for again; `final` ends the walk at once."""
        walk = self._current()
        if final:
            walk.failure = reason
        else:
            walk.fail(reason)
        self._report(walk)
        self._go_on(walk)

    def account(self) -> dict[str, Any]:
        """What came of the lists so far, as the report of a run has it."""
        return {
            "lists": self.reports,
            "lists_failed": self.failed,
            "rows_broken": self.rows_broken,
            "filtered": self.filtered,
        }

    def _current(self) -> Walk:
        assert self.walk, "pages are asked for while a walk is at work"
        return self.walk

    def _go_on(self, walk: Walk) -> None:
        """Finishes a walk that is over, and begins the next."""
        if walk.failure:
            self.failed += 1
            logger.error("%s: its list is incomplete: %s", walk.channel.name, walk.failure)
        elif not walk.end and self._room > 0:
            return
        self._finish(walk)
        self._start_next()

    def _finish(self, walk: Walk) -> None:
        channel, before = walk.channel.name, walk.before
        after = walk.watermark()
        gaps = [Gap(channel, *gap, self._ledger.run) for gap in walk.gaps if after != before]
        self._ledger.lists.note(channel, after, walk.state(), gaps)
        logger.info(
            "%s: list pages %d, new articles %d",
            channel,
            walk.answers,
            self.reports[channel]["new"],
        )
        text = "%s: rows between %s and %s were not listed; a later run looks again"
        if gaps:
            text = "%s: rows between %s and %s are no longer listed"
        for since, until in walk.gaps:
            logger.error(text, channel, times.minute(since), times.minute(until))

    def _start_next(self) -> None:
        self.walk = None
        while self._channels and self.walk is None:
            channel = self._channels.popleft()
            lists, now = self._ledger.lists, self._ledger.now()
            before, earlier = lists.watermark(channel.name), lists.state(channel.name)
            walk = Walk(self._query, channel, self._config, now, before, earlier)
            self._report(walk)
            if self._room > 0:
                self.walk = walk

    def _report(self, walk: Walk) -> None:
        new = self.reports.get(walk.channel.name, {}).get("new", 0)
        self.reports[walk.channel.name] = walk.report() | {"new": new}
