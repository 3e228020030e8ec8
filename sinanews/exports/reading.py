"""What exports read of the ledger: the only place that calls it for them."""

from collections.abc import Callable, Iterator

from sinanews.exceptions import ArgumentError, DamagedError, UnfitError
from sinanews.ledger import export_stub
from sinanews.ledger.export_stub import ExportQuery
from sinanews.ledger.ledger import Ledger

__all__ = ["ExportQuery", "Reading"]


class Reading:
    """A ledger as exports read it. `note` hears of articles that are left out: those that are
    damaged, and those that a format cannot hold."""

    def __init__(self, ledger: Ledger, note: Callable[[DamagedError | UnfitError], None]) -> None:
        self._ledger = ledger
        self.note = note

    def lines(self, query: ExportQuery) -> Iterator[bytes]:
        """The JSON lines of a query, each with its line feed, oldest first."""
        return export_stub.lines(self._ledger, query, self.note)

    def count(self, query: ExportQuery) -> int:
        """How many lines a query has, damaged ones included."""
        return export_stub.count_lines(self._ledger, query)

    def position(self) -> int:
        """The cursor that says how far the ledger has come. Asked for before the lines, so that
        what is committed meanwhile comes again with the next changes, and is never missed."""
        return export_stub.position(self._ledger)

    def require_cursor(self, cursor: int) -> None:
        """Raises ArgumentError for a cursor to which this ledger has not come yet: it is of another
        one, or this one was put back."""
        position = self.position()
        if cursor > position:
            accepted = f"a cursor of this archive, from 0 to {position}"
            raise ArgumentError("--changes-since", cursor, accepted)
