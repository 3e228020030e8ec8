"""Where an export goes: a file or folder here, or one in a store that fsspec knows, such as S3.

What goes to a store is written into a temporary file here first, and then put there in one go: an
object appears when it is complete, and whoever looks before that finds none, or the old one.
"""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any, Protocol

from filelock import FileLock, Timeout
from w3lib.url import file_uri_to_path

from sinanews.exceptions import ArgumentError, hide_password
from sinanews.exports import Exporter
from sinanews.exports.jsonl import OnUnfit
from sinanews.exports.writing import write_file, write_packed
from sinanews.utils.atomic import TEMPORARY, write_whole
from sinanews.utils.text import printable

LOCK = ".lock"
REASON = 300  # characters of what a store says of an error
_SCHEME = "://"
_LOCAL = "file://"
HOW_TO_INSTALL = "pip install 'sinanews[s3]'"


class Folder(Protocol):
    """A folder with files in it. `shown` is its name for users. Methods raise OSError."""

    shown: str

    def sizes(self) -> Mapping[str, int]:
        """What is in it, by name, with the bytes of each file; empty where there is no folder."""

    def read(self, name: str) -> bytes:
        """The content of a file. Raises FileNotFoundError."""

    def write(self, name: str, data: bytes) -> None:
        """Writes a file, which is there whole or not at all."""

    def export(
        self, name: str, lines: Iterable[bytes], exporter: Exporter, on_unfit: OnUnfit
    ) -> tuple[int, int]:
        """Writes the articles of JSON lines into such a file; returns how many these are, and how
        many bytes it has."""

    def remove(self, name: str) -> None:
        """Takes a file away."""

    def locked(self) -> Any:  # noqa: ANN401 - a context manager, of whatever type
        """A block in which nobody else writes here, where that can be kept from anybody."""


class LocalFolder:
    """A folder of this machine, made when it is first written to."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.shown = f"{path}/"

    def sizes(self) -> Mapping[str, int]:
        """As `Folder` has it."""
        try:
            return {path.name: path.stat().st_size for path in self._path.iterdir()}
        except FileNotFoundError:
            return {}

    def read(self, name: str) -> bytes:
        """As `Folder` has it."""
        return (self._path / name).read_bytes()

    def write(self, name: str, data: bytes) -> None:
        """As `Folder` has it."""
        self._path.mkdir(exist_ok=True)
        write_whole({self._path / name: data})

    def export(
        self, name: str, lines: Iterable[bytes], exporter: Exporter, on_unfit: OnUnfit
    ) -> tuple[int, int]:
        """As `Folder` has it."""
        path = self._path / name
        return write_file(path, lines, exporter, on_unfit), path.stat().st_size

    def remove(self, name: str) -> None:
        """As `Folder` has it."""
        (self._path / name).unlink()

    @contextmanager
    def locked(self) -> Iterator[None]:
        """As `Folder` has it; what a killed export left behind is taken away."""
        try:
            with FileLock(self._path / LOCK, timeout=0):
                for leftover in self._path.glob(TEMPORARY.format("*", "*")):
                    leftover.unlink()
                yield
        except Timeout as error:
            accepted = "a folder that no other export is writing"
            raise ArgumentError("-o", self.shown, accepted) from error


class StoredFolder:
    """A folder in a store, a file system of fsspec's. Methods raise OSError, whatever the store
    raises.

    No store has locks: of two exports that write there at the same time the later manifest stands,
    and the next export writes anew what it does not describe.
    """

    def __init__(self, url: str) -> None:
        """Raises ArgumentError for a store that nothing here knows."""
        if find_spec("fsspec") is None:
            accepted = f"a file here, as long as fsspec is not installed: {HOW_TO_INSTALL}"
            raise ArgumentError("-o", url, accepted)
        from fsspec.core import url_to_fs  # type: ignore[import-untyped] # noqa: PLC0415 - it has no types; of an extra

        try:
            # What others write meanwhile counts.
            options = {"use_listings_cache": False, "skip_instance_cache": True}
            self._files, self._root = url_to_fs(url, **options)
        except ImportError as error:
            accepted = f"another place, as long as its package is not installed ({error}): for S3"
            raise ArgumentError("-o", url, f"{accepted}, {HOW_TO_INSTALL}") from error
        except Exception as error:  # each store has errors of its own
            raise ArgumentError("-o", url, f"the URL of a store ({_reason(error)})") from error
        self.shown = hide_password(url)

    def sizes(self) -> Mapping[str, int]:
        """As `Folder` has it."""
        with _telling():
            try:
                found = self._files.ls(self._root, detail=True)
            except FileNotFoundError:
                return {}
            return {
                entry["name"].rstrip("/").rpartition("/")[2]: entry["size"] or 0
                for entry in found
                if entry["name"].rstrip("/") != self._root.rstrip("/")
            }

    def read(self, name: str) -> bytes:
        """As `Folder` has it."""
        with _telling():
            data: bytes = self._files.cat_file(self._path(name))
        return data

    def write(self, name: str, data: bytes) -> None:
        """As `Folder` has it."""
        with NamedTemporaryFile(prefix="sinanews-") as file:
            file.write(data)
            file.flush()
            self._put(Path(file.name), name)

    def export(
        self, name: str, lines: Iterable[bytes], exporter: Exporter, on_unfit: OnUnfit
    ) -> tuple[int, int]:
        """As `Folder` has it."""
        with NamedTemporaryFile(prefix="sinanews-") as file:
            count = write_packed(file, name, lines, exporter, on_unfit)
            file.flush()
            self._put(Path(file.name), name)
            return count, file.tell()

    def remove(self, name: str) -> None:
        """As `Folder` has it."""
        with _telling():
            self._files.rm_file(self._path(name))

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Nobody is kept away."""
        yield

    def _put(self, file: Path, name: str) -> None:
        with _telling():
            self._files.put_file(str(file), self._path(name))

    def _path(self, name: str) -> str:
        return f"{self._root.rstrip('/')}/{name}"


def local_path(output: str) -> Path | None:
    """The path of a file or folder of this machine; None for one elsewhere."""
    if output.startswith(_LOCAL):
        return Path(file_uri_to_path(output))
    return None if _SCHEME in output else Path(output)


def export_to(output: str, lines: Iterable[bytes], exporter: Exporter, on_unfit: OnUnfit) -> int:
    """Writes the articles of JSON lines to a path or URL; returns how many, as `write_file` does.

    Raises ArgumentError for a store that nothing here knows, OSError for what cannot be written.
    """
    path = local_path(output)
    if path is not None:
        return write_file(path, lines, exporter, on_unfit)
    folder, _, name = output.rpartition("/")
    return StoredFolder(folder).export(name, lines, exporter, on_unfit)[0]


def folder_at(output: str) -> Folder:
    """The folder of a path or URL. Raises ArgumentError for a store that nothing here knows."""
    path = local_path(output)
    return StoredFolder(output) if path is None else LocalFolder(path)


@contextmanager
def _telling() -> Iterator[None]:
    """Makes an OSError of whatever a store raises, each of which has errors of its own."""
    try:
        yield
    except FileNotFoundError as error:
        raise FileNotFoundError(_reason(error)) from error
    except Exception as error:
        raise OSError(_reason(error)) from error


def _reason(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return printable(lines[0] if lines else type(error).__name__)[:REASON]
