"""Writes posts and their ledger rows, in the order that survives any kill."""

import asyncio
from collections.abc import Container
from dataclasses import dataclass, field
from pathlib import Path

from sinanews.ledger.ledger import Ledger
from sinanews.ledger.records import Outcome
from sinanews.utils.atomic import write_whole
from sinanews.utils.files import path_in

GATHER = 0.02  # seconds; a harvest that need not be polite reads several pages in that time


@dataclass(slots=True)
class _Entry:
    outcome: Outcome
    files: dict[Path, bytes]
    settled: asyncio.Future[None] = field(
        default_factory=lambda: asyncio.get_running_loop().create_future()
    )


class Archive:
    """Writes files and ledger rows in groups, so that many articles share one wait for the disk
    and one commit: what arrives while a group gathers and while it is written makes up the next."""

    def __init__(self, root: Path, ledger: Ledger) -> None:
        self._root = root
        self._ledger = ledger
        self._waiting: list[_Entry] = []
        self._writer: asyncio.Task[None] | None = None

    async def store(self, outcome: Outcome, files: dict[str, bytes]) -> None:
        """Returns when the files, by path below the root, are safe and the ledger says so.

        Raises OSError or SQLAlchemyError when they cannot be written; the ledger then still has
        the story as not done.
        """
        entry = _Entry(outcome, {path_in(self._root, path): data for path, data in files.items()})
        self._waiting.append(entry)
        if self._writer is None or self._writer.done():
            self._writer = asyncio.ensure_future(self._write_groups())
        await entry.settled

    async def _write_groups(self) -> None:
        while self._waiting:
            await asyncio.sleep(GATHER)
            group, self._waiting = self._waiting, []
            try:
                await self._write(group)
            except Exception as error:  # noqa: BLE001 - handed on to everybody who waits for it
                _settle(group, error)
            else:
                _settle(group, None)

    async def _write(self, group: list[_Entry]) -> None:
        files = {path: data for entry in group for path, data in entry.files.items()}
        await asyncio.to_thread(write_whole, files)
        self._ledger.record_outcomes([entry.outcome for entry in group])


def _settle(group: list[_Entry], error: Exception | None) -> None:
    for entry in group:
        if entry.settled.cancelled():
            continue
        if error:
            entry.settled.set_exception(error)
        else:
            entry.settled.set_result(None)


def clear_failure(root: Path, docid: str, but: Container[str] = ()) -> None:
    """Removes the files of a story's earlier failures, but for the paths in `but`."""
    for path in (f"failed/{docid}.html", f"failed/{docid}.json"):
        if path not in but:
            path_in(root, path).unlink(missing_ok=True)
