"""Writes posts and their ledger rows, in the order that survives any kill."""

import asyncio
from collections.abc import Container, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from sinanews.archive.failures import failure_paths
from sinanews.exceptions import BlockedPathError, ClaimLostError
from sinanews.ledger.ledger import Ledger
from sinanews.ledger.records import Outcome
from sinanews.utils.atomic import Drafts
from sinanews.utils.files import filename_in, path_in

GATHER = 0.02  # seconds; a harvest that need not be polite reads several pages in that time
ENOUGH = 8  # articles for which one wait for the disk and one commit cost little each


@dataclass(slots=True)
class _Entry:
    outcome: Outcome
    files: dict[str, bytes]
    error: Exception | None = None
    settled: asyncio.Future[None] = field(
        default_factory=lambda: asyncio.get_running_loop().create_future()
    )

    @property
    def docid(self) -> str:
        return self.outcome.item.docid


class Archive:
    """Writes files and ledger rows in groups, so that many articles share one wait for the disk
    and one commit. A group that has ENOUGH does not wait for more.

    Where the ledger is on a server a thread waits for it: pages are read meanwhile, and what
    arrives while a group is written makes up the next."""

    def __init__(self, root: Path, ledger: Ledger) -> None:
        self._root = root
        self._ledger = ledger
        self._waiting: list[_Entry] = []
        self._timer: asyncio.TimerHandle | None = None
        self._writer: asyncio.Task[None] | None = None

    async def store(self, outcome: Outcome, files: Mapping[str, bytes]) -> None:
        """Returns when the files, by path below the root, are safe and the ledger says so.

        Raises ClaimLostError for a story that this worker holds no longer, of which nothing is
        written; BlockedPathError when something stands in the way of one of the files; OSError or
        SQLAlchemyError when nothing can be written. The ledger then still has it as not done.
        """
        entry = _Entry(
            outcome, {filename_in(self._root, path): data for path, data in files.items()}
        )
        self._waiting.append(entry)
        if self._writer is None:
            self._begin_when_enough()
        await entry.settled

    def _begin_when_enough(self) -> None:
        if len(self._waiting) >= ENOUGH:
            self._begin_group()
        elif self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(GATHER, self._begin_group)

    def _begin_group(self) -> None:
        if self._timer:
            self._timer.cancel()
            self._timer = None
        self._writer = asyncio.ensure_future(self._write_group())

    async def _write_group(self) -> None:
        """Writes what waits by now, tells those who wait for it, and goes on with what has come
        since."""
        group, self._waiting = self._waiting, []
        entries, error = tuple(group), None
        try:
            if self._ledger.is_on_server:
                await asyncio.to_thread(self._write, group)
            else:
                # A thread would compete for the interpreter lock after each of a hundred system
                # calls, which costs more than reading pages while the disk works would gain.
                self._write(group)
        except Exception as raised:  # noqa: BLE001 - handed on to everybody who waits for it
            error = raised
            group.clear()  # a thread that could not be started may come to it later
        finally:
            self._writer = None
        for entry in entries:
            _settle(entry, entry.error or error)
        if self._waiting:
            self._begin_when_enough()

    def _write(self, group: Sequence[_Entry]) -> None:
        """Writes a group; what concerns one entry alone becomes its error."""
        # A story has one outcome, the first.
        first = {entry.docid: entry for entry in reversed(group)}
        with Drafts({docid: entry.files for docid, entry in first.items()}) as drafts:
            outcomes = [e.outcome for docid, e in first.items() if docid not in drafts.blocked]
            done = self._ledger.record_outcomes(outcomes, drafts.publish)
        for entry in group:
            if entry is not first[entry.docid]:
                entry.error = ClaimLostError(entry.docid)
            elif error := drafts.blocked.get(entry.docid):
                entry.error = BlockedPathError(error)
            elif entry.docid not in done:
                entry.error = ClaimLostError(entry.docid)


def _settle(entry: _Entry, error: Exception | None) -> None:
    if entry.settled.cancelled():
        return
    if error:
        entry.settled.set_exception(error)
    else:
        entry.settled.set_result(None)


def clear_failure(root: Path, docid: str, but: Container[str] = ()) -> None:
    """Removes the files of a story's earlier failures, but for the paths in `but`, and what else
    has such a name."""
    for path in failure_paths(docid):
        if path not in but:
            with suppress(IsADirectoryError, NotADirectoryError):
                path_in(root, path).unlink(missing_ok=True)
