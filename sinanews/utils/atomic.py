"""Files that are written whole or not at all."""

import os
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import IO

from sinanews.exceptions import ArgumentError

TEMPORARY = ".sinanews-{}-{}.tmp"


def write_whole(contents: Mapping[Path, bytes]) -> None:
    """Writes all files so that each is there whole or not at all, whatever moment ends us.

    When this returns, they survive a power cut. Raises OSError; then none is left half.
    """
    for folder in {path.parent for path in contents}:
        folder.mkdir(parents=True, exist_ok=True)
    temporary = {path: _temporary(path, number) for number, path in enumerate(contents)}
    try:
        _write_through({temporary[path]: data for path, data in contents.items()})
        for path in contents:
            temporary[path].replace(path)
    except BaseException:
        for leftover in temporary.values():
            leftover.unlink(missing_ok=True)
        raise
    for folder in {path.parent for path in contents}:
        _sync_folder(folder)


def _temporary(path: Path, number: int) -> Path:
    return path.with_name(TEMPORARY.format(os.getpid(), number))


def _write_through(contents: Mapping[Path, bytes]) -> None:
    """Writes the files, then waits for the disk: it writes many in one go in half the time."""
    with ExitStack() as stack:
        files = [stack.enter_context(path.open("wb", buffering=0)) for path in contents]
        for file, data in zip(files, contents.values(), strict=True):
            write_all(file, data)
        for file in files:
            os.fsync(file.fileno())


def write_all(file: IO[bytes], data: bytes) -> None:
    """An unbuffered file may take less than it is given, such as when the disk becomes full."""
    left = memoryview(data)
    while left:
        left = left[file.write(left) :]


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


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
