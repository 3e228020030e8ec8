"""Kept pages: article pages as they were served, in WARC files of the archive's folder `pages/`.

The format is WARC/1.1 (ISO 28500:2017), a gzip member for each record, as all tools for web
archives read it. Beside the standard's own fields a record has those of `_Field`; a reader ignores
fields that it does not know (section 5 of the standard).

A file whose name ends in `.open` is being written. What a kill cut off at its end is cut away by
`close_left`, which gives it its own name.
"""

import os
import re
import zlib
from collections.abc import Container, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from http.client import responses as reasons
from io import BytesIO
from pathlib import Path
from typing import IO

from isal import isal_zlib
from warcio.archiveiterator import ArchiveIterator
from warcio.exceptions import ArchiveLoadFailed
from warcio.statusandheaders import StatusAndHeaders, StatusAndHeadersParser
from warcio.warcwriter import WARCWriter

from sinanews.exceptions import DamagedPagesError
from sinanews.utils.atomic import sync_folders, write_all

FOLDER = "pages"
OPEN = ".open"  # at the end of the name of a file that is being written
VERSION = "WARC/1.1"
PIECE = 1 << 20  # bytes read and unpacked at once
HEAD = 1 << 16  # bytes in which the fields of a record end: those of ours have a few hundred
_GZIP = 31  # zlib's number for gzip
_STORED, _PACKED = 0, 1  # levels: what is packed already, and what was served as it is
_NAME = re.compile(
    r"(?P<run>(?P<spider>.+)-(?P<start>\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d)-(?P<id>\d+))-(?P<number>\d+)\.warc\.gz"
)
# What a server says to us alone, or to a proxy.
_SECRET = {"set-cookie", "set-cookie2", "proxy-authenticate", "proxy-authorization"}
# What concerns the connection: the body is kept without its chunks.
_OF_CONNECTION = {"connection", "content-length", "keep-alive", "trailer", "transfer-encoding"}
_LINE_BREAKS = re.compile(r"[\r\n\0]+\s*")


class _Field:
    """The fields of ours: the article's id; the URL that was asked for, where redirects led to
    another; and that another page of the same article led here."""

    DOCID = "Sinanews-Docid"
    ASKED = "Sinanews-Asked-URI"
    FURTHER = "Sinanews-Further-Page"


@dataclass(frozen=True, slots=True)
class ServedPage:
    """An article's page as it was served: `url` is where it came from, `asked_url` what was asked
    for, `body` is packed as `headers` say. `is_further` tells a page to which another one of the
    same article led: its second page, or the PC page of a phone's."""

    docid: str
    url: str
    asked_url: str
    status: int
    headers: Sequence[tuple[bytes, bytes]]
    body: bytes
    is_further: bool = False


@dataclass(frozen=True, slots=True)
class Place:
    """Where a kept page is: the name of its file, the offset and length of its record there."""

    file: str
    offset: int
    length: int


@dataclass(frozen=True, slots=True)
class KeptPage:
    """What an index says of a kept page: `kept` is when it came, in unix seconds."""

    docid: str
    is_further: bool
    kept: float
    place: Place


@dataclass(frozen=True, slots=True)
class RunFile:
    """What the name of a file says: `run` is common to all files of a run, `spider` whose it was,
    `run_id` the ledger's number for it, `started` the run's start as files' names have it; `number`
    counts the files."""

    run: str
    spider: str
    run_id: int
    started: str
    number: int

    @classmethod
    def of(cls, name: str) -> "RunFile | None":
        """From a file's name; None for one that is no run's.

        >>> RunFile.of("china-2026-11-25T11-13-34-12-00001.warc.gz").run_id
        12
        """
        match = _NAME.fullmatch(name.removesuffix(OPEN))
        if match is None:
            return None
        return cls(
            match["run"], match["spider"], int(match["id"]), match["start"], int(match["number"])
        )


class PageFiles:
    """Writes the pages of one run, a new file when one has `max_size` bytes. `run` is what the
    files' names begin with, `software` what made them.

    A page that was added is with the operating system, and outlives this process however it ends;
    a file that was closed outlives a power cut.
    """

    def __init__(self, folder: Path, run: str, max_size: int, software: str) -> None:
        self._folder = folder
        self._run = run
        self._max_size = max_size
        self._software = software
        self._number = 0
        self._size = 0
        self._file: IO[bytes] | None = None
        self._info_id = ""  # of the record that describes the open file
        self._record = BytesIO()
        self._writer = WARCWriter(self._record, gzip=False, warc_version=VERSION)

    def add(self, page: ServedPage) -> None:
        """Writes a page, to the first file if it is the first one.

        Raises OSError; then nothing of the page is there.
        """
        if self._file is not None and self._size >= self._max_size:
            self.close()
        self._write(self._response(page), is_packed=_is_packed(page))

    def close(self) -> None:
        """Closes the file that is open, if one is, and gives it its own name. Raises OSError."""
        if self._file is None:
            return
        file, self._file = self._file, None
        with file:
            os.fsync(file.fileno())
        _name(Path(file.name))

    def _write(self, record: bytes, *, is_packed: bool) -> None:
        file = self._file or self._begin()
        # A body that was served packed costs a fifth of a page's reading to pack again.
        level = zlib.compress if is_packed else isal_zlib.compress
        data = level(record, _STORED if is_packed else _PACKED, _GZIP)
        try:
            write_all(file, data)
        except OSError:
            file.seek(self._size)
            file.truncate()  # a disk that is full can still do that
            raise
        self._size += len(data)

    def _begin(self) -> IO[bytes]:
        """Begins the next file with a record that says what made it."""
        self._folder.mkdir(parents=True, exist_ok=True)
        self._number += 1
        name = f"{self._run}-{self._number:05}.warc.gz"
        path = self._folder / f"{name}{OPEN}"
        self._file, self._size = path.open("xb", buffering=0), 0
        info = {
            "software": self._software,
            "format": "WARC File Format 1.1",
            "conformsTo": "https://iipc.github.io/warc-specifications/specifications/warc-format/warc-1.1/",
        }
        record = self._writer.create_warcinfo_record(name, info)
        self._info_id = record.rec_headers.get_header("WARC-Record-ID")
        try:
            self._write(self._bytes(record), is_packed=False)
        except OSError:
            self._file.close()
            self._file = None
            path.unlink()
            raise
        return self._file

    def _response(self, page: ServedPage) -> bytes:
        if self._file is None:
            self._begin()
        fields = {_Field.DOCID: page.docid, "WARC-Warcinfo-ID": self._info_id}
        if page.asked_url != page.url:
            fields[_Field.ASKED] = page.asked_url
        if page.is_further:
            fields[_Field.FURTHER] = "yes"
        status = f"{page.status} {reasons.get(page.status, '')}"
        record = self._writer.create_warc_record(
            page.url,
            "response",
            payload=BytesIO(page.body),
            length=len(page.body),
            warc_headers_dict=fields,
            http_headers=StatusAndHeaders(status, _kept_headers(page), protocol="HTTP/1.1"),
        )
        return self._bytes(record)

    def _bytes(self, record: object) -> bytes:
        self._record.seek(0)
        self._record.truncate()
        self._writer.write_record(record)
        return self._record.getvalue()


def _is_packed(page: ServedPage) -> bool:
    return any(name.lower() == b"content-encoding" for name, _ in page.headers)


def _kept_headers(page: ServedPage) -> list[tuple[str, str]]:
    """The headers without what is secret, and with the length of what is kept."""
    decoded = ((name.decode("latin-1"), value.decode("latin-1")) for name, value in page.headers)
    kept = [
        (name, _LINE_BREAKS.sub(" ", value))
        for name, value in decoded
        if name.lower() not in _SECRET | _OF_CONNECTION
    ]
    return [*kept, ("Content-Length", str(len(page.body)))]


def close_left(folder: Path, at_work: Container[int]) -> list[tuple[str, int]]:
    """Closes the files that were left open by runs which are not `at_work`, by number: cuts away
    what is no whole record at their end, and gives them their own names.

    Returns the names of those of which something was cut, with how many bytes that was. Done again
    after a kill in between, or by two processes at once, it comes to the same. Raises OSError.
    """
    cut = []
    for path in sorted(folder.glob(f"*.warc.gz{OPEN}")):
        run = RunFile.of(path.name)
        if run is None or run.run_id in at_work:
            continue
        with suppress(FileNotFoundError):  # another process was faster
            lost = _cut(path)
            if lost:
                cut.append((path.name.removesuffix(OPEN), lost))
    return cut


def _cut(path: Path) -> int:
    """Cuts a file behind its last whole record, and closes it; returns how many bytes that was."""
    with path.open("r+b") as file:
        end = max((place.offset + place.length for place, _ in _members(file)), default=0)
        lost = file.seek(0, os.SEEK_END) - end
        if lost:
            file.truncate(end)
        os.fsync(file.fileno())
    if end:
        _name(path)
    else:
        path.unlink()
    return lost


def _name(path: Path) -> None:
    """Gives a file that is whole its own name."""
    path.replace(path.with_name(path.name.removesuffix(OPEN)))
    sync_folders({path.parent})


def page_files(folder: Path) -> list[Path]:
    """The files of kept pages that are closed, in the order in which they were written."""
    found = ((RunFile.of(path.name), path) for path in folder.glob("*.warc.gz"))
    runs = ((run.started, run.run_id, run.run, run.number, path) for run, path in found if run)
    return [path for *_, path in sorted(runs)]


def index(path: Path) -> Iterator[KeptPage]:
    """The pages of a file, in order.

    Raises DamagedPagesError behind the last one that is whole, where that is not the end; OSError.
    """
    parser = StatusAndHeadersParser([VERSION, "WARC/1.0"])
    end = 0
    with path.open("rb") as file:
        for place, head in _members(file):
            end = place.offset + place.length
            fields = parser.parse(BytesIO(head))
            if fields.get_header("WARC-Type") == "response" and fields.get_header(_Field.DOCID):
                yield KeptPage(
                    docid=fields.get_header(_Field.DOCID),
                    is_further=fields.get_header(_Field.FURTHER) is not None,
                    kept=_unix(fields.get_header("WARC-Date")),
                    place=place,
                )
        if end != file.seek(0, os.SEEK_END):
            raise DamagedPagesError(path.name, end)


def read_page(folder: Path, place: Place) -> ServedPage:
    """The page at a place. Raises DamagedPagesError for one that is not there whole; OSError."""
    with (folder / place.file).open("rb") as file:
        file.seek(place.offset)
        data = BytesIO(file.read(place.length))
    try:
        record = next(iter(ArchiveIterator(data)))
    except (ArchiveLoadFailed, StopIteration) as error:
        raise DamagedPagesError(place.file, place.offset) from error
    body = record.raw_stream.read()
    if len(body) != record.payload_length:
        raise DamagedPagesError(place.file, place.offset)
    fields, http = record.rec_headers, record.http_headers
    url = fields.get_header("WARC-Target-URI")
    return ServedPage(
        docid=fields.get_header(_Field.DOCID),
        url=url,
        asked_url=fields.get_header(_Field.ASKED) or url,
        status=int(http.get_statuscode()),
        headers=[(name.encode("latin-1"), value.encode("latin-1")) for name, value in http.headers],
        body=body,
        is_further=fields.get_header(_Field.FURTHER) is not None,
    )


def _unix(date: str) -> float:
    return datetime.fromisoformat(date).astimezone(UTC).timestamp()


def _members(file: IO[bytes]) -> Iterator[tuple[Place, bytes]]:
    """The whole gzip members from a file's beginning up to the first that is not whole, each with
    the beginning of what it unpacks to. One member is one record."""
    offset = 0
    data = b""
    while data := data or file.read(PIECE):
        stream = isal_zlib.decompressobj(_GZIP)
        head, length = b"", 0
        while not stream.eof:
            data = data or file.read(PIECE)
            try:
                piece = stream.decompress(data, PIECE)
            except isal_zlib.error:  # type: ignore[misc] # its stub makes an instance of the class
                return
            if not (data or piece):
                return  # it is cut off
            left = stream.unused_data if stream.eof else stream.unconsumed_tail
            length += len(data) - len(left)
            if len(head) < HEAD:
                head += piece
            data = left
        yield Place(Path(file.name).name, offset, length), head
        offset += length
