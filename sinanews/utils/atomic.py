"""Files that are written whole or not at all."""
# ruff: noqa: PTH103, PTH105, PTH108, PTH120, PTH123 - runs for every article, where a Path costs more than the call

import errno
import os
import secrets
import stat
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from io import UnsupportedOperation
from pathlib import Path
from typing import IO, Self

from sinanews.exceptions import ArgumentError

# Process, and what tells its files from each other, and from those of a process that has the same
# number in another container.
TEMPORARY = ".sinanews-{}-{}.tmp"
# What stands in the way of one path, while others can be written.
_OF_ONE_PATH = {
    *(errno.EBUSY, errno.EEXIST, errno.EILSEQ, errno.EINVAL, errno.EISDIR, errno.ELOOP),
    *(errno.ENAMETOOLONG, errno.ENOTDIR, errno.ENOTEMPTY, errno.EPERM),
}


class Drafts:
    """Files of several owners, which wait under temporary names until they are published.

    As a context it begins with all of them on the disk, so that many share one wait for it, and
    ends with none left. `blocked` has, by owner, what stands in the way of one of its files alone.
    """

    def __init__(self, contents: Mapping[str, Mapping[str, bytes]]) -> None:
        self._contents = contents
        self._temporary: dict[str, dict[str, str]] = {}
        self.blocked: dict[str, OSError] = {}

    def __enter__(self) -> Self:
        """Writes the files. Raises OSError when nothing can be written."""
        every = {path: data for files in self._contents.values() for path, data in files.items()}
        try:
            temporary = _write_temporary(every)
        except OSError as error:
            if not is_of_one_path(error):
                raise
            self._write_one_by_one()
        else:
            for owner, files in self._contents.items():
                self._temporary[owner] = {path: temporary[path] for path in files}
        return self

    def _write_one_by_one(self) -> None:
        for owner, files in self._contents.items():
            with self._noting(owner):
                self._temporary[owner] = _write_temporary(files)

    def publish(self, owners: set[str]) -> set[str]:
        """Gives the files of these owners their own names; returns those whose files have them, and
        keep them over a power cut. Raises OSError when nothing can be written."""
        folders: set[str] = set()
        for owner in owners:
            with self._noting(owner):
                _rename(self._temporary[owner])
                folders.update(map(os.path.dirname, self._temporary.pop(owner)))
        sync_folders(folders)
        return owners - self.blocked.keys()

    @contextmanager
    def _noting(self, owner: str) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            if not is_of_one_path(error):
                raise
            self.blocked[owner] = error

    def __exit__(self, *_: object) -> None:
        """Removes what was not published."""
        for files in self._temporary.values():
            _discard(files.values())


def write_whole(contents: Mapping[Path, bytes]) -> None:
    """Writes all files so that each is there whole or not at all, whatever moment ends us.

    When this returns, they survive a power cut. Raises OSError; then none is left half.
    """
    temporary = _write_temporary({str(path): data for path, data in contents.items()})
    try:
        _rename(temporary)
    finally:
        _discard(temporary.values())
    sync_folders({path.parent for path in contents})


@contextmanager
def writing_whole(path: Path) -> Iterator[IO[bytes]]:
    """A file that is written a piece at a time, and has its name only when the block has ended
    without an error, and then over a power cut, too. Raises OSError."""
    temporary = path.with_name(TEMPORARY.format(os.getpid(), secrets.token_hex(4)))
    try:
        with temporary.open("xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
    sync_folders({path.parent})


def write_new(path: Path, pieces: Iterable[bytes]) -> int:
    """Writes a file whole under a name that no other has, unless there are no pieces; returns how
    many there were. It is there over a power cut, too. Raises FileExistsError when the name has
    been given, and OSError."""
    temporary = path.with_name(TEMPORARY.format(os.getpid(), secrets.token_hex(4)))
    count = 0
    try:
        with temporary.open("xb") as file:
            for piece in pieces:
                file.write(piece)
                count += 1
            file.flush()
            os.fsync(file.fileno())
        if count:
            _name_first(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)
    sync_folders({path.parent})
    return count


def _name_first(temporary: Path, path: Path) -> None:
    try:
        path.hardlink_to(temporary)
    except FileExistsError:
        raise
    except OSError:  # a file system without hard links
        if os.path.lexists(path):
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(path)) from None
        temporary.replace(path)


@contextmanager
def writing_through(path: Path) -> Iterator[IO[bytes]]:
    """The same for a path that a user names: a link stays one, and what it leads to is written; a
    pipe or device gets what is written as it comes. Raises OSError."""
    file = Path(os.path.realpath(path))
    is_stream = file.exists() and not (file.is_file() or file.is_dir())
    with file.open("wb") if is_stream else writing_whole(file) as opened:
        yield opened


def is_of_one_path(error: OSError) -> bool:
    """Whether only this path cannot be written, and not the disk or folder as a whole.

    >>> is_of_one_path(IsADirectoryError(errno.EISDIR, "")), is_of_one_path(OSError(errno.EIO, ""))
    (True, False)
    """
    return error.errno in _OF_ONE_PATH


def _write_temporary(contents: Mapping[str, bytes]) -> dict[str, str]:
    """Writes each file under a temporary name beside its own; returns these names. Raises OSError;
    then none is left."""
    folders = {path: os.path.dirname(path) or os.curdir for path in contents}
    for folder in set(folders.values()):
        os.makedirs(folder, exist_ok=True)
    token = secrets.token_hex(4)
    temporary = {
        path: f"{folder}/{TEMPORARY.format(os.getpid(), f'{token}.{number}')}"
        for number, (path, folder) in enumerate(folders.items())
    }
    try:
        _write_through({temporary[path]: data for path, data in contents.items()})
    except BaseException:
        _discard(temporary.values())
        raise
    return temporary


def _rename(temporary: Mapping[str, str]) -> None:
    for path, written in temporary.items():
        os.replace(written, path)


def _discard(temporary: Iterable[str]) -> None:
    for path in temporary:
        with suppress(FileNotFoundError):
            os.unlink(path)


def _write_through(contents: Mapping[str, bytes]) -> None:
    """Writes the files, then waits for the disk: it writes many in one go in half the time."""
    with ExitStack() as stack:
        files = [stack.enter_context(open(path, "wb", buffering=0)) for path in contents]
        for file, data in zip(files, contents.values(), strict=True):
            write_all(file, data)
        for file in files:
            os.fsync(file.fileno())


def write_all(file: IO[bytes], data: bytes) -> None:
    """An unbuffered file may take less than it is given, such as when the disk becomes full."""
    left = memoryview(data)
    while left:
        left = left[file.write(left) :]


def sync_folders(folders: Iterable[str | Path]) -> None:
    """Waits until the names of the files in these folders are on the disk."""
    for folder in folders:
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def sync(file: IO[bytes]) -> None:
    """Waits until what was written to a file is on the disk, and its name; what is no file of the
    system's, or a pipe, is passed over. Raises OSError."""
    try:
        descriptor = file.fileno()
    except (AttributeError, UnsupportedOperation):
        return
    if stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.fsync(descriptor)
        if isinstance(file.name, str | os.PathLike):
            sync_folders({os.path.dirname(file.name) or os.curdir})


def require_writable(setting: str, folder: Path, size: int) -> None:
    """Makes the folder if need be. Raises ArgumentError, naming the setting, if no file of `size`
    bytes can be written there."""
    probe = folder / TEMPORARY.format(os.getpid(), "probe")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        try:
            probe.write_bytes(bytes(size))
        finally:
            probe.unlink(missing_ok=True)
    except OSError as error:
        accepted = f"a folder that can be written ({error.strerror})"
        raise ArgumentError(setting, str(folder), accepted) from error
