"""A disk as a power cut leaves it: what a harvest did is recorded, and any state is made of it in
which what nothing had waited for is missing.

ext4 keeps a file's bytes once it was synced, and a name once its folder was; other names that were
given or taken are there or not, each for itself. SQLite, with synchronous=NORMAL, keeps its commits
up to any one after the last that it waited for.
"""

import os
import sqlite3
import stat
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

LEDGER = "ledger.db"
DEAD = 1 << 30  # a process number that no system gives


@dataclass(frozen=True)
class Written:
    """A file's bytes are on the disk, under the name that it has now."""

    path: str
    data: bytes


@dataclass(frozen=True)
class Renamed:
    """A file got another name."""

    old: str
    new: str


@dataclass(frozen=True)
class Synced:
    """The names in a folder are on the disk."""

    folder: str


@dataclass(frozen=True)
class Appended:
    """A file that nobody waits for has become longer."""

    path: str
    data: bytes


@dataclass(frozen=True)
class Committed:
    """The ledger as it is now; a durable commit is waited for."""

    ledger: bytes
    durable: bool


Event = Written | Renamed | Synced | Appended | Committed
Choose = Callable[[int], int]  # a number below the given one


@dataclass
class Recorder:
    """What happens below a folder, in order."""

    root: Path
    events: list[Event] = field(default_factory=list)
    _sizes: dict[str, int] = field(default_factory=dict)

    def step(self, name: str) -> None:
        """Looks at what tells nobody of itself: the ledger, and the JSON lines."""
        self._commit(durable=name == "begin")
        for file in sorted(self.root.glob("articles/*")):
            data = file.read_bytes()[self._sizes.get(file.name, 0) :]
            if data:
                self._sizes[file.name] = file.stat().st_size
                self.events.append(Appended(self._name(file), data))

    def _commit(self, *, durable: bool) -> None:
        data = snapshot(self.root / LEDGER)
        past = [event.ledger for event in self.events if isinstance(event, Committed)]
        if data and (durable or [data] != past[-1:]):
            self.events.append(Committed(data, durable))

    def _name(self, path: object) -> str:
        return str(Path(str(path)).relative_to(self.root))

    @contextmanager
    def recording(self, patch: pytest.MonkeyPatch) -> Iterator[None]:
        """Listens to the calls by which a file gets its place. They do what they always do."""
        replace, fsync = os.replace, os.fsync

        def listening_replace(old: Path, new: Path) -> None:
            self._commit(durable=False)
            replace(old, new)
            self.events.append(Renamed(self._name(old), self._name(new)))

        def listening_fsync(descriptor: int) -> None:
            fsync(descriptor)
            self._commit(durable=False)
            path = Path(f"/proc/self/fd/{descriptor}").readlink()
            if stat.S_ISDIR(os.fstat(descriptor).st_mode):
                self.events.append(Synced(self._name(path)))
            else:
                self.events.append(Written(self._name(path), path.read_bytes()))

        with patch.context() as patched:
            patched.setattr(os, "replace", listening_replace)
            patched.setattr(os, "fsync", listening_fsync)
            yield


def snapshot(ledger: Path) -> bytes:
    """The committed state of a ledger that is in use."""
    if not ledger.exists():
        return b""
    with closing(sqlite3.connect(ledger)) as database:
        return database.serialize()


def restore(events: list[Event], root: Path, choose: Choose) -> list[str]:
    """Makes the state of a folder that a power cut after these events may leave, one of many, as
    `choose` has it; returns in words what is missing."""
    missing: list[str] = []
    files = _names_kept(events, choose, missing)
    for path, (data, synced) in _lines(events).items():
        length = synced + choose(len(data) - synced + 1)
        if length < len(data):
            missing.append(f"{len(data) - length} bytes of lines")
        if length:
            files[path] = data[:length]
    files[LEDGER] = _ledger(events, choose, missing)
    _write(files, root)
    return missing


def leave(events: list[Event], root: Path) -> None:
    """Makes the state of a folder that a kill after these events leaves, of which nothing is
    missing."""
    files: dict[str, bytes] = {}
    for event in events:
        if isinstance(event, Written):
            files[event.path] = event.data
        elif isinstance(event, Renamed):
            files[event.new] = files.pop(event.old)
        elif isinstance(event, Appended):
            files[event.path] = files.get(event.path, b"") + event.data
        elif isinstance(event, Committed):
            files[LEDGER] = event.ledger
    _write(files, root)


def _write(files: dict[str, bytes], root: Path) -> None:
    root.mkdir(exist_ok=True)
    for path, data in files.items():
        if data or path != LEDGER:
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_bytes(data)


def _names_kept(events: list[Event], choose: Choose, missing: list[str]) -> dict[str, bytes]:
    """The files by name: each change of a name that its folder was not synced after is there, or
    only in part, or not."""
    last_sync = {event.folder: n for n, event in enumerate(events) if isinstance(event, Synced)}
    data: dict[str, bytes] = {}  # of all names, as the process saw them
    files: dict[str, bytes] = {}  # as they are on the disk
    for position, event in enumerate(events):
        if isinstance(event, Written):
            data[event.path] = event.data
            files[event.path] = event.data
        elif isinstance(event, Renamed):
            data[event.new] = data.pop(event.old)
            folder = str(Path(event.new).parent)
            # 0: done; 1: not even begun; 2: the new name is there, and the old one still is too
            kept = 0 if last_sync.get(folder, -1) > position else choose(3)
            if kept != 1:
                files[event.new] = data[event.new]
            if kept == 0:
                files.pop(event.old, None)
            else:
                missing.append("a name")
    # A temporary name may also be gone with its file, or the file be there without its bytes.
    for path in [path for path in files if path.endswith(".tmp")]:
        content, how = files.pop(path), choose(3)
        if how:
            kept_name = path.replace(f"-{os.getpid()}-", f"-{DEAD}-")
            files[kept_name] = content[: len(content) // how]
    return files


def _lines(events: list[Event]) -> dict[str, tuple[bytes, int]]:
    """The bytes that files were made longer by, and how many of them are on the disk for sure."""
    lines: dict[str, tuple[bytes, int]] = {}
    for event in events:
        if isinstance(event, Appended):
            data, synced = lines.get(event.path, (b"", 0))
            lines[event.path] = data + event.data, synced
        elif isinstance(event, Written) and event.path in lines:
            lines[event.path] = event.data, len(event.data)
    return lines


def _ledger(events: list[Event], choose: Choose, missing: list[str]) -> bytes:
    """Any commit from the last durable one on; before the first there may be no ledger."""
    commits = [event for event in events if isinstance(event, Committed)]
    durable = max((n for n, commit in enumerate(commits) if commit.durable), default=None)
    states = [commit.ledger for commit in commits]
    candidates = states[durable:] if durable is not None else [b"", *states]
    chosen = choose(len(candidates))
    if chosen < len(candidates) - 1:
        missing.append(f"{len(candidates) - 1 - chosen} commits")
    return candidates[chosen]
