"""Which of the ledger's stories somebody wants: the rest of sinanews names no column."""

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_

from sinanews.ledger.records import DONE
from sinanews.ledger.tables import stories


@dataclass(frozen=True, slots=True)
class Selection:
    """Stories that meet every condition that is set; by default all.

    `channels` are names of lists through which a story came first; `since` and `until` bound its
    ctime in unix seconds, the first inclusive and the second not; `written` tells those that have
    an article from those that never had; `runs` are numbers of runs in which a story came to its
    present state; `tries` bounds how often it has failed, that number not included.
    """

    docids: tuple[str, ...] | None = None
    channels: tuple[str, ...] | None = None
    since: int | None = None
    until: float | None = None
    written: bool | None = None
    runs: tuple[int, ...] | None = None
    tries: int | None = None

    def clause(self) -> ColumnElement[bool]:
        """The conditions as the database takes them."""
        return and_(True, *self._conditions())  # noqa: FBT003 - SQLAlchemy's way to allow none

    def _conditions(self) -> Iterator[ColumnElement[bool]]:
        columns = stories.c
        if self.docids is not None:
            yield columns.docid.in_(self.docids)
        if self.channels is not None:
            yield columns.channel.in_(self.channels)
        if self.since is not None:
            yield columns.ctime >= self.since
        if self.until is not None:
            yield columns.ctime < self.until
        if self.written is not None:
            written = columns.state.in_(DONE)
            yield written if self.written else ~written
        if self.runs is not None:
            yield columns.finished_run.in_(self.runs)
        if self.tries is not None:
            yield columns.tries < self.tries


ALL = Selection()
