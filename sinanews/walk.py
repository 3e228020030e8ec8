"""How far a walk through one channel's list goes, page by page. Knows no network."""

from dataclasses import dataclass, field
from typing import Any

from sinanews.arguments import Harvest
from sinanews.roll import Roll, Story
from sinanews.urls import ROWS_PER_PAGE

STALE_PAGES = 3  # so many pages without a new row: the server gives one page for every number


@dataclass(slots=True)
class Walk:
    """A walk back in time through a channel's list, from page 1 to rows older than `horizon`.

    The list is ordered by ctime, newest first, and rows move to the next page while one walks:
    a docid that comes again is passed over. It is `complete` when it came to the horizon or to the
    list's end. `horizon` and `started` are unix seconds of the
    site's clock; `started` is that of the first answer.
    """

    asked: Harvest
    horizon: int
    page: int = 1
    started: int | None = None
    oldest: int | None = None
    complete: bool = False
    filtered: int = 0
    stale: int = 0
    _seen: set[str] = field(default_factory=set)

    def step(self, roll: Roll) -> list[Story]:
        """The stories of a page that are asked for and were not on an earlier one."""
        self.started = self.started or roll.rtime
        fresh = [story for story in roll.stories if story.docid not in self._seen]
        self._seen.update(story.docid for story in fresh)
        wanted = [story for story in fresh if self._asked_for(story)]
        self.filtered += len(fresh) - len(wanted)
        self.stale = 0 if fresh else self.stale + 1
        self._judge(roll)
        self.page += 1
        return wanted

    def _asked_for(self, story: Story) -> bool:
        return self.asked.begin <= story.ctime < self.asked.end

    def _judge(self, roll: Roll) -> None:
        times = [story.ctime for story in roll.stories]
        self.oldest = min([*times, *([self.oldest] if self.oldest else [])], default=None)
        past = bool(times) and min(times) < self.horizon
        ended = roll.size < ROWS_PER_PAGE or self.stale == STALE_PAGES
        self.complete = past or ended

    def report(self, before: int | None) -> dict[str, Any]:
        """What the run report tells of this walk; `before` is where the last walks had come to."""
        gap = None if before is None or self.oldest is None else max(0, self.oldest - before)
        return {
            "pages": self.page - 1,
            "oldest": self.oldest,
            "gap": gap,
            "complete": self.complete,
        }
