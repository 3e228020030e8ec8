"""One at a time: a harvest or a rebuild locks the archive that it works on."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

from sinanews.exceptions import LockedError


@contextmanager
def locked(output: Path, command: str) -> Iterator[None]:
    """Locks the archive in a folder for a command. The system drops the lock when the process that
    took it, and those that it forked, have ended in whatever way; the file stays, and says which
    command it was.

    Raises LockedError when another has the lock, OSError when the file cannot be made.
    """
    path = output / "harvest.lock"
    lock = FileLock(path)
    try:
        lock.acquire(timeout=0)
    except Timeout as error:
        holder = path.read_text("utf-8", errors="replace") or "harvest"
        raise LockedError(command, holder, path) from error
    try:
        with suppress(OSError):  # it only serves the other's message
            path.write_text(command, "utf-8")
        yield
    finally:
        lock.release()
