"""How far a walk through one channel's list goes, page by page. Knows no network."""

from dataclasses import dataclass, field
from typing import Any

from sinanews.arguments import Harvest
from sinanews.channels import Channel
from sinanews.config import Window
from sinanews.roll.api import Roll, Story
from sinanews.roll.watermark import Watermark
from sinanews.utils.urls import ROWS_PER_PAGE

STALE_PAGES = 3  # so many pages without a new row: the server gives one page for every number


@dataclass(slots=True)
class Walk:
    """A walk back in time through a channel's list, from page 1 to rows older than `horizon`.

    The list is ordered by ctime, newest first, and rows move to the next page while one walks:
    a docid that comes again is passed over. The walk is `complete` when it came to the horizon or
    to the list's end, and has `ended` in the second case. `before` is the watermark that it sets
    out from; `horizon` and `began`, the time of the first answer, are unix seconds of the site's
    clock. `filtered` counts rows of days outside the query, `waiting` the stories to be fetched.
    """

    query: Harvest
    channel: Channel
    before: Watermark | None = None
    page: int = 1
    horizon: int = 0
    began: int | None = None
    oldest: int | None = None
    complete: bool = False
    ended: bool = False
    filtered: int = 0
    waiting: int = 0
    stale: int = 0
    _seen: set[str] = field(default_factory=set)

    def begin(self, began: int, horizon: int) -> None:
        """Sets, at the first answer, how far to go."""
        self.began, self.horizon = began, horizon

    def step(self, roll: Roll) -> list[Story]:
        """The stories of a page that are asked for and were not on an earlier one."""
        fresh = [story for story in roll.stories if story.docid not in self._seen]
        self._seen.update(story.docid for story in fresh)
        wanted = [story for story in fresh if self._asked_for(story)]
        self.filtered += len(fresh) - len(wanted)
        self.stale = 0 if fresh else self.stale + 1
        self._judge(roll)
        self.page += 1
        return wanted

    def _asked_for(self, story: Story) -> bool:
        return self.query.begin <= story.ctime < self.query.end

    def _judge(self, roll: Roll) -> None:
        times = [story.ctime for story in roll.stories]
        self.oldest = min([*times, *([self.oldest] if self.oldest else [])], default=None)
        past = bool(times) and min(times) < self.horizon
        self.ended = not past and (roll.size < ROWS_PER_PAGE or self.stale == STALE_PAGES)
        self.complete = past or self.ended

    def watermark(self, window: Window) -> Watermark:
        """What a complete walk makes of the watermark that was there before."""
        assert self.began is not None, "a complete walk had an answer"
        if self.before is None:
            return Watermark(self.began, self.began)
        return self.before.moved(self.began, self.horizon, window)

    @property
    def gap(self) -> int | None:
        """The seconds between the oldest row walked to and the watermark before; None without
        either."""
        if self.before is None or self.oldest is None:
            return None
        return max(0, self.oldest - self.before.reached)

    def report(self) -> dict[str, Any]:
        """What the run report tells of this walk."""
        return {
            "pages": self.page - 1,
            "oldest": self.oldest,
            "horizon": self.horizon,
            "gap": self.gap,
            "complete": self.complete,
            "ended": self.ended,
        }
