"""How far a walk through one channel's list goes, page by page. Knows no network."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from itertools import pairwise
from math import ceil
from typing import Any

from sinanews.arguments import Harvest
from sinanews.channels import Channel
from sinanews.config import Config
from sinanews.roll import clock
from sinanews.roll.api import Roll, Story
from sinanews.roll.watermark import ListState, Watermark
from sinanews.utils import times
from sinanews.utils.urls import ROWS_PER_PAGE

DAY = 86_400
ATTEMPTS = 3  # so often a page is asked for before it is believed, or given up
LAST_ROWS = 10  # of a page, which tell whether the next one can be left out
MOST_HOLES = 3  # pages that are short for no reason; after so many, no more are asked for again
MOST_RETURNS = 5  # to pages from which rows have moved up
MOST_UNSORTED_PAGES = 40  # of a list in no order, which only its end can end
MOST_PAGES = 5_000  # of any list: a quarter of a million rows


class End(StrEnum):
    """Where a complete walk came to: rows older than its horizon, the end of the list as its
    `total` has it, or the last page that the site gives of a list that has more rows."""

    HORIZON = "horizon"
    LIST = "list"
    DEPTH = "depth"


@dataclass(slots=True)
class Walk:
    """A walk back in time through a channel's list, from page 1 to rows older than `horizon`.

    `page` is to be asked for next, after as many pauses as `pauses` says; `read` takes the answer,
    `fail` the reason why there is none. The walk is over when it has an `end` or a `failure`.

    The list is ordered by ctime, newest first, but no single row or page is believed. Rows move to
    the next page while one walks, and are passed over when they come again. Rows that leave the
    list let others move up unseen: when `total` falls, the pages before are read again. A page that
    is short, and has rows behind it, has a hole.

    `now` is this machine's time; `began` and `horizon` are the site's, all in unix seconds.
    `newest` is the row up to which the list is known, `latest` the newest of all up to `began`.
    `before` is the watermark that the walk sets out from, `earlier` what the list was like then.
    `holes` are the pages that stayed short, `filtered` counts rows of days outside the query.
    """

    query: Harvest
    channel: Channel
    config: Config
    now: int
    before: Watermark | None = None
    earlier: ListState = field(default_factory=ListState)
    page: int = 1
    pauses: int = 0
    began: int | None = None
    horizon: int = 0
    newest: int | None = None
    latest: int | None = None
    oldest: int | None = None
    total: int | None = None
    end: End | None = None
    failure: str | None = None
    holes: list[int] = field(default_factory=list)
    filtered: int = 0
    answers: int = 0
    clock_refused: bool = False
    _unsorted: int = 0  # pages
    _shrank: bool = False
    _second: int | None = None
    _first_horizon: int = 0  # of a walk that knows nothing
    _seen: set[str] = field(default_factory=set)
    _found: Counter[int] = field(default_factory=Counter)  # new rows by page
    _asked: Counter[int] = field(default_factory=Counter)
    _failed: Counter[int] = field(default_factory=Counter)
    # How many rows more the list counts, by the pages that are short and not its last.
    _short: dict[int, int] = field(default_factory=dict)
    _edges: dict[int, tuple[int, int]] = field(default_factory=dict)  # oldest and newest, by page
    _lacking: int = 0
    _returns: int = 0
    _counted: int = 0  # the page whose answer had the total
    _blank: int = 0  # pages in a row without a new row

    def read(self, roll: Roll) -> list[Story]:
        """The stories of an answer that are asked for and were not in an earlier one."""
        self.answers += 1
        listed = {story.docid: story for story in reversed(roll.stories)}
        fresh = [listed[docid] for docid in reversed(listed) if docid not in self._seen]
        self._seen.update(listed)
        wanted = [story for story in fresh if self.query.begin <= story.ctime < self.query.end]
        self.filtered += len(fresh) - len(wanted)
        if reason := self._why_unfit(roll):
            self.fail(reason)
            return wanted
        if self.began is None:
            self._begin(roll)
        moved_up = self._page_of_rows_that_moved_up(roll)
        self._note(roll, len(fresh))
        self._go_on(roll, moved_up)
        return wanted

    def fail(self, reason: str) -> None:
        """Has the page asked for again, or ends the walk when that was done often enough."""
        self._failed[self.page] += 1
        if self._failed[self.page] < ATTEMPTS:
            self._ask(self.page, pauses=self._failed[self.page])
        else:
            self.failure = reason

    def _why_unfit(self, roll: Roll) -> str | None:
        """Why an answer says nothing of the list, though its rows may be good."""
        if roll.size and not roll.stories:
            return f"none of the {roll.size} rows of page {self.page} can be read"
        if self.began is not None:
            return None
        return self._why_old(roll) if roll.size else "its first page is empty"

    def _why_old(self, roll: Roll) -> str | None:
        ctimes = [story.ctime for story in roll.stories]
        last = self.earlier.second  # the newest row may have been taken off the list
        if last is None or not _is_sorted(ctimes):
            return None
        now = clock.time_of(roll.rtime, ctimes, self.now)
        newest = clock.newest(ctimes, now)
        if newest >= last or last > now:  # as of a clock that was ahead
            return None
        here, before = times.minute(newest), times.minute(last)
        return f"its first page is an old one: the newest row is of {here}, after one of {before}"

    def _begin(self, roll: Roll) -> None:
        """Sets, at the first answer, what time it is and how far to go."""
        ctimes = [story.ctime for story in roll.stories]
        self.began = clock.time_of(roll.rtime, ctimes, self.now)
        self.clock_refused = roll.rtime is not None and self.began != roll.rtime
        self.newest = clock.newest(ctimes, self.began)
        self.latest = max((ctime for ctime in ctimes if ctime <= self.began), default=self.newest)
        if self.before and self.before.reached > self.began:
            self.before = None  # of a clock that was ahead
        others = [ctime for ctime in ctimes if ctime < self.newest]
        self._second = max(others, default=self.newest)
        first_run = self.config.first_run_days * DAY
        self._first_horizon = int(min(self.newest, self.query.end)) - first_run
        self.horizon = self._horizon(self.began)

    def _horizon(self, began: int) -> int:
        if self.query.since:
            return self.query.begin
        if self.before and not self.query.until:
            return self.before.horizon(began, self.config.window)
        return self._first_horizon

    def _note(self, roll: Roll, fresh: int) -> None:
        assert self.began is not None, "rows are noted of a walk that has begun"
        self._asked[self.page] += 1
        self._found[self.page] += fresh
        ctimes = [story.ctime for story in roll.stories]
        self._unsorted += not _is_sorted(ctimes)
        self._shrank |= self._has_shrunk(roll)
        if ctimes:
            self._edges[self.page] = (min(ctimes), max(ctimes))
            self.newest = max(clock.newest(ctimes, self.began), self.newest or 0)
            self.oldest = min([*ctimes, *([self.oldest] if self.oldest else [])])
        if roll.size < ROWS_PER_PAGE and not self._is_last(roll):
            rows = (self.page - 1) * ROWS_PER_PAGE + roll.size
            self._short[self.page] = (roll.total or rows) - rows
        else:
            self._short.pop(self.page, None)

    def _go_on(self, roll: Roll, moved_up: int | None) -> None:
        """Decides what to ask for next, or that this was all."""
        if roll.total:
            self.total, self._counted = roll.total, self.page
        if moved_up is not None:
            self._returns += 1
            if self._returns > MOST_RETURNS:
                self.failure = "rows leave it faster than it can be read"
            self._ask(moved_up, self._returns - 1)
        elif suspect := self._page_with_a_hole(roll):
            self._ask(suspect, self._asked[suspect])
        elif self.page not in self._short and self._is_behind_horizon(roll):
            self.end = End.HORIZON
        elif self._is_last(roll):
            self.end = End.LIST
        elif self._found[self.page]:
            self._blank = 0
            self._ask_next()
        elif not self._blank and self._asked[self.page] < ATTEMPTS:
            self._ask(self.page, self._asked[self.page])
        elif self._blank:
            self.end = End.DEPTH
            self._lacking = max(0, (self.total or 0) - len(self._seen))
        else:
            self._blank = 1
            self._ask_next()

    def _page_of_rows_that_moved_up(self, roll: Roll) -> int | None:
        """The first page to which unread rows may have moved up since rows were counted last; None
        if none did.

        A list that did not say before how many rows it has may have lost some at any time.
        """
        if roll.total is None or self.page == 1:
            return None
        if self.total is None:
            return 1
        left = self.total - roll.total
        unread = min([self._counted + 1, *self._short])
        return max(1, unread - ceil(left / ROWS_PER_PAGE)) if left > 0 else None

    def _ask(self, page: int, pauses: int = 0) -> None:
        self.page, self.pauses = page, pauses

    def _ask_next(self) -> None:
        self._ask(self.page + 1)
        if self.page > MOST_PAGES:
            self.failure = f"it goes on behind page {MOST_PAGES}"
        elif self._unsorted > MOST_UNSORTED_PAGES:
            self.failure = "its rows are in no order, and it has too many to read them all"

    def _page_with_a_hole(self, roll: Roll) -> int | None:
        """A short page before this one, which has rows behind it or should have by the list's own
        count, and is to be asked for again. One that stays short has a hole."""
        if not self._found[self.page] and not self._is_last(roll):
            return None
        for page in [page for page in self._short if page < self.page]:
            if self._asked[page] < ATTEMPTS and len(self.holes) < MOST_HOLES:
                return page
            self._add_hole(page, self._found[self.page])
        return None

    def _add_hole(self, page: int, behind: int) -> None:
        """Notes a hole, unless the list ends there and has always counted more rows than it has."""
        lacking = self._short.pop(page)
        if not behind:
            self._lacking = max(self._lacking, lacking)
        if behind or lacking > self.earlier.lacking:
            self.holes.append(page)

    def _is_behind_horizon(self, roll: Roll) -> bool:
        """Whether most of a page's rows are behind the horizon, or most of its last rows just
        behind it; a row of long ago may be dated wrongly."""
        ctimes = [story.ctime for story in roll.stories]
        last = ctimes[-LAST_ROWS:]
        behind = sum(ctime < self.horizon for ctime in ctimes)
        just_behind = sum(self.horizon - DAY <= ctime < self.horizon for ctime in last)
        most_of_last = just_behind * 2 > len(last) and _inversions(last) <= 1
        return (behind * 2 > len(ctimes) or most_of_last) and _is_sorted(ctimes)

    def _is_last(self, roll: Roll) -> bool:
        """Whether a page is the last by the list's own `total`, unless that is a poor remainder of
        what there was before."""
        rows = (self.page - 1) * ROWS_PER_PAGE + roll.size
        is_at_end = roll.total is not None and rows >= roll.total and not self._has_shrunk(roll)
        return is_at_end and (roll.size < ROWS_PER_PAGE or not self._found[self.page])

    def _has_shrunk(self, roll: Roll) -> bool:
        before = self.earlier.total or 0
        return before > ROWS_PER_PAGE and (roll.total or before) * 2 < before

    @property
    def has_ended(self) -> bool:
        """Whether the list ended before the walk was behind its horizon."""
        return self.end in {End.LIST, End.DEPTH}

    @property
    def gaps(self) -> list[tuple[int, int]]:
        """Between which ctimes, in unix seconds, there may be rows that this walk has not seen."""
        gaps = [self._around(page) for page in self.holes]
        if self.before and self.oldest and self.has_ended and not self._fits_on_a_page():
            if self.oldest > self.before.reached:
                gaps.append((self.before.reached, self.oldest))
            elif self.newest and self._shrank:
                gaps.append((self.before.reached, self.newest))
        return gaps

    def _around(self, page: int) -> tuple[int, int]:
        """Between which ctimes a page's missing rows lie: from the page behind to the one before;
        in a list in no order, anywhere."""
        newest = self.newest or self.horizon
        if self._unsorted:
            return (self.horizon, newest)
        oldest_here, newest_here = self._edges.get(page, (newest, self.horizon))
        _, behind = self._edges.get(page + 1, (0, self.horizon))
        before, _ = self._edges.get(page - 1, (newest, 0))
        return (min(oldest_here, behind), max(newest_here, before))

    def _fits_on_a_page(self) -> bool:
        """Whether page 1 has always been the whole list, which is then meant to be short."""
        before = self.earlier.total
        now = max(len(self._seen), (self.total or 0) - self.earlier.lacking)
        return before is not None and max(before, now) < ROWS_PER_PAGE

    @property
    def is_confirmed(self) -> bool:
        """Whether the walk before this one has met a gap, too: then it stays."""
        return self.earlier.unconfirmed_end is not None

    @property
    def _is_settled(self) -> bool:
        done = self.end is not None and self.failure is None and not self.query.until
        return done and (not self.gaps or self.is_confirmed)

    def watermark(self) -> Watermark | None:
        """Up to when the list is known after this walk: as before, unless it left nothing out."""
        if not self._is_settled or self.newest is None:
            return self.before
        if self.before:
            return self.before.moved(self.newest, self.horizon, self.config.window)
        whole = self.horizon <= self._first_horizon
        return Watermark(self.newest, self.newest) if whole else None

    def state(self) -> ListState:
        """What the next walk has to know of the list."""
        if self.began is None:
            return self.earlier
        if self._is_settled:
            total = len(self._seen) if self.has_ended else self.total or self.earlier.total
            lacking = self._lacking if self.has_ended else self.earlier.lacking
            return ListState(self.latest, self._second, total, lacking)
        unconfirmed = self.oldest if self.end and self.gaps else self.earlier.unconfirmed_end
        seen = replace(self.earlier, newest=self.latest, second=self._second)
        return replace(seen, unconfirmed_end=unconfirmed)

    def report(self) -> dict[str, Any]:
        """What the run report tells of this walk."""
        return {
            "pages": self.answers,
            "began": self.began,
            "newest": self.latest,
            "oldest": self.oldest,
            "horizon": self.horizon,
            "gap": max(0, self.oldest - self.before.reached)
            if self.before and self.oldest
            else None,
            "complete": self.end is not None and self.failure is None and not self.gaps,
            "ended": self.has_ended,
            "end": self.end,
            "gaps": self.gaps,
            "confirmed": bool(self.gaps) and self.is_confirmed,
        }


def _is_sorted(ctimes: Sequence[int]) -> bool:
    """Whether rows are in the order of their ctimes, but for a few that are not."""
    return _inversions(ctimes) <= max(2, len(ctimes) // 10)


def _inversions(ctimes: Sequence[int]) -> int:
    """How many rows stand behind one that is older."""
    return sum(earlier < later for earlier, later in pairwise(ctimes))
