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
from sinanews.utils.files import path_in

GATHER = 0.02  # seconds; a harvest that need not be polite reads several pages in that time


@dataclass(slots=True)
class _Entry:
    outcome: Outcome
    files: dict[Path, bytes]
    error: Exception | None = None
    settled: asyncio.Future[None] = field(
        default_factory=lambda: asyncio.get_running_loop().create_future()
    )

    @property
    def docid(self) -> str:
        return self.outcome.item.docid


class Archive:
    """Writes files and ledger rows in groups, so that many articles share one wait for the disk
    and one commit: what arrives while a group gathers and while it is written makes up the next."""

    def __init__(self, root: Path, ledger: Ledger) -> None:
        self._root = root
        self._ledger = ledger
        self._waiting: list[_Entry] = []
        self._writer: asyncio.Task[None] | None = None

    async def store(self, outcome: Outcome, files: Mapping[str, bytes]) -> None:
        """Returns when the files, by path below the root, are safe and the ledger says so.

        Raises ClaimLostError for a story that this worker holds no longer, of which nothing is
        written; BlockedPathError when something stands in the way of one of the files; OSError or
        SQLAlchemyError when nothing can be written. The ledger then still has it as not done.
        """
        entry = _Entry(outcome, {path_in(self._root, path): data for path, data in files.items()})
        self._waiting.append(entry)
        if self._writer is None or self._writer.done():
            self._writer = asyncio.ensure_future(self._write_groups())
        await entry.settled

    async def _write_groups(self) -> None:
        while self._waiting:
            await asyncio.sleep(GATHER)
            await self._write_waiting()

    async def _write_waiting(self) -> None:
        group, self._waiting = self._waiting, []
        try:
            await asyncio.to_thread(self._write, group)
        except Exception as error:  # noqa: BLE001 - handed on to everybody who waits for it
            for entry in group:
                entry.error = error
        for entry in group:
            _settle(entry)

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


def _settle(entry: _Entry) -> None:
    if entry.settled.cancelled():
        return
    if entry.error:
        entry.settled.set_exception(entry.error)
    else:
        entry.settled.set_result(None)


def clear_failure(root: Path, docid: str, but: Container[str] = ()) -> None:
    """Removes the files of a story's earlier failures, but for the paths in `but`, and what else
    has such a name."""
    for path in failure_paths(docid):
        if path not in but:
            with suppress(IsADirectoryError, NotADirectoryError):
                path_in(root, path).unlink(missing_ok=True)
