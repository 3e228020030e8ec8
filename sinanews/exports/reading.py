"""What exports read of the ledger: the only place that calls it for them."""

from collections.abc import Callable, Iterator

from sinanews.exceptions import ArgumentError, DamagedError, UnfitError
from sinanews.ledger.history import Query
from sinanews.ledger.ledger import Ledger

__all__ = ["Query", "Reading"]


class Reading:
    """A ledger as exports read it: as far as it had come when that began, so that whatever is
    recorded meanwhile is left to the next. `note` hears of articles that are left out: those that
    are damaged, and those that a format cannot hold."""

    def __init__(self, ledger: Ledger, note: Callable[[DamagedError | UnfitError], None]) -> None:
        self._ledger = ledger
        self.note = note
        self._position = ledger.position()

    @property
    def position(self) -> int:
        """How far the ledger had come: the cursor from which the next export of changes goes on."""
        return self._position

    def lines(self, query: Query) -> Iterator[bytes]:
        """The JSON lines of a query, each with its line feed, oldest first."""
        return self._ledger.lines(query, self.note, self._position)

    def count(self, query: Query) -> int:
        """How many lines a query has, damaged ones included."""
        return self._ledger.count_lines(query, self._position)

    def require_cursor(self, cursor: int) -> None:
        """Raises ArgumentError for a cursor to which this ledger has not come yet: it is of another
        one, or this one was put back."""
        if cursor > self.position:
            accepted = f"a cursor of this archive, from 0 to {self.position}"
            raise ArgumentError("--changes-since", cursor, accepted)
