"""What can go wrong, each with who raises it and when."""

import re
from collections.abc import Mapping, Sequence

from scrapy.exceptions import DropItem, IgnoreRequest


class SinanewsError(Exception):
    """The root of all errors of this project."""


class ArgumentError(SinanewsError, ValueError):
    """Raised before the first request, by whoever reads an argument or setting that makes no sense.

    >>> print(ArgumentError("since", "yesterday", "a day such as 2022-08-01"))
    since: 'yesterday' is not accepted; expected a day such as 2022-08-01

    The password of a URL is not shown.

    >>> print(ArgumentError("LEDGER_URL", "mysql://me:secret@host/db", "a URL of sqlite"))
    LEDGER_URL: 'mysql://me:***@host/db' is not accepted; expected a URL of sqlite
    """

    def __init__(self, argument: str, value: object, accepted: str) -> None:
        shown, text = hide_password(repr(value)), str(value)
        if span := _password(text):  # which a library's message may have too
            password = re.escape(text[slice(*span)])
            accepted = re.sub(rf"\b{password}\b", "***", accepted)
        super().__init__(f"{argument}: {shown} is not accepted; expected {accepted}")


def hide_password(text: str) -> str:
    """A URL as anybody may see it.

    >>> hide_password("sftp://me:secret@host/all.csv")
    'sftp://me:***@host/all.csv'
    """
    span = _password(text)
    return f"{text[: span[0]]}***{text[span[1] :]}" if span else text


def _password(text: str) -> tuple[int, int] | None:
    """Where the password of a URL is: from the first colon that is no scheme's to the last @, also
    where the slashes were forgotten."""
    start, end = text.find(":"), text.rfind("@")
    while start >= 0 and text.startswith("//", start + 1):
        start = text.find(":", start + 1)
    return (start + 1, end) if 0 <= start < end else None


class RollError(SinanewsError):
    """Raised by `roll` when an answer of the roll API cannot be read or refuses the list."""


class RowError(RollError):
    """Raised by `roll` for one row that lacks what a story needs; the other rows stand."""


class BoundError(SinanewsError):
    """Raised by whoever reads for what is larger than a setting allows, before it is read.

    >>> print(BoundError("PAGE_TAGS", 30_000, "tags"))
    more than 30000 tags (PAGE_TAGS)
    """

    def __init__(self, setting: str, most: int, what: str) -> None:
        super().__init__(f"more than {most} {what} ({setting})")


class EncodingError(SinanewsError):
    """Raised by whoever reads a page whose bytes are no text in its own encoding or Sina's others.

    >>> print(EncodingError())
    bytes that are no text in UTF-8 or GB18030
    """

    def __init__(self) -> None:
        super().__init__("bytes that are no text in UTF-8 or GB18030")


class LayoutError(SinanewsError):
    """Raised by `page` when no layout finds what every article has.

    `missing` are the required fields that stayed empty; `tried` are the layouts looked at, each
    with what it looked for and did not find.
    """

    def __init__(
        self, url: str, missing: Sequence[str], tried: Mapping[str, Sequence[str]]
    ) -> None:
        self.url, self.missing, self.tried = url, list(missing), tried
        super().__init__(
            f"{url}: no {', '.join(missing)} found (layouts tried: {', '.join(tried)})"
        )


class PartError(SinanewsError):
    """Raised by `parts` for a page of an article over several pages that is not what it should be.

    >>> print(PartError(2, "another page came in its place"))
    part 2: another page came in its place
    """

    def __init__(self, number: int, reason: str) -> None:
        super().__init__(f"part {number}: {reason}")


class DecompressionError(SinanewsError, ValueError):
    """Raised by `decompress` for a body that cannot be unpacked as a whole."""


class TooLargeError(DecompressionError):
    """Raised by `decompress` for a body that unpacks to more than DOWNLOAD_MAXSIZE.

    >>> print(TooLargeError("gzip", 10_000_000))
    its gzip unpacks to more than 10000000 bytes (DOWNLOAD_MAXSIZE)
    """

    def __init__(self, encoding: str, most: int) -> None:
        super().__init__(f"its {encoding} unpacks to more than {most} bytes (DOWNLOAD_MAXSIZE)")


class RobotsTxtError(IgnoreRequest, SinanewsError):
    """Raised by the robots middleware for a request that its host's robots.txt forbids."""


class RobotsTxtUnavailableError(IgnoreRequest, SinanewsError):
    """Raised by the robots middleware for a request while nobody can say what its host's robots.txt
    forbids, since the host does not answer."""


class LoginPageError(IgnoreRequest, SinanewsError):
    """Raised by the login middleware for a request to where one logs in: no article is there."""


class OffsiteError(IgnoreRequest, SinanewsError):
    """Raised by `hosts` for a request to where the spider may not go. It says why, without the URL,
    which is a stranger's."""


class PictureError(SinanewsError):
    """Raised by whoever has a picture fetched or looks at its bytes, for one that is not kept; says
    why, in words that are the same for all pictures of one fault."""


class PictureBoundError(PictureError):
    """The same for one that a setting refuses, and takes as soon as it is wider. The numbers in its
    words are the setting's."""


class BlockedError(IgnoreRequest, SinanewsError):
    """Raised by the block middleware when an answer of the list refuses us."""


class RefusedError(IgnoreRequest, SinanewsError):
    """Raised by the download handler for what is still to be sent once the site has refused us;
    the ledger still has its story as not done."""


class PageNotKeptError(IgnoreRequest, SinanewsError):
    """Raised by the keeper of pages for one that could not be written, which ends the run; the
    ledger still has its story as not done."""


class NotKeptError(IgnoreRequest, SinanewsError):
    """Raised where kept pages are read, for a page that is not among them."""

    def __init__(self, url: str) -> None:
        super().__init__("a further page was not kept")
        self.url = url


class DamagedPagesError(SinanewsError):
    """Raised by `warc` for a file of kept pages that cannot be read from some byte on.

    >>> print(DamagedPagesError("china-2026-11-25T11-13-34-12-00001.warc.gz", 4096))
    pages/china-2026-11-25T11-13-34-12-00001.warc.gz is damaged at byte 4096
    """

    def __init__(self, name: str, offset: int) -> None:
        super().__init__(f"pages/{name} is damaged at byte {offset}")


class OccupiedError(SinanewsError):
    """Raised by the archive for an article whose post has no place: a file that is none of its own
    is at `path`, and nothing is written over it."""

    def __init__(self, path: str) -> None:
        super().__init__(f"{path} is a file of something else")


class WriteError(DropItem, SinanewsError):
    """Raised by the archive's pipeline for an item that could not be written; the ledger still
    has its story as not done."""

    def __init__(self, reason: object) -> None:
        super().__init__(str(reason), log_level="DEBUG")  # what stops the run is told once


class ClaimLostError(DropItem, SinanewsError):
    """Raised by the ledger for a story that this worker does not hold: another took it over when
    its lease had run out, or it has an outcome already. Nothing is written of it here."""

    def __init__(self, docid: str) -> None:
        super().__init__(f"{docid} is not held by this worker", log_level="DEBUG")  # told once


class BlockedPathError(SinanewsError):
    """Raised by the archive for an article whose file cannot be written for what stands in its own
    way, such as a folder of that name; other files can."""

    def __init__(self, error: OSError) -> None:
        super().__init__(error.strerror or type(error).__name__)


class RejectedError(DropItem, SinanewsError):
    """Raised by the archive's pipeline once the ledger has noted a rejection, so that only articles
    reach feeds and `item_scraped`."""

    def __init__(self, reason: object) -> None:
        super().__init__(str(reason), log_level="DEBUG")  # it was logged where it arose


class LockedError(SinanewsError):
    """Raised for a command that meets the lock of an archive.

    >>> print(LockedError("harvest", "rebuild", "output/harvest.lock"))
    harvest: a rebuild holds output/harvest.lock; this one does nothing
    >>> print(LockedError("harvest", "harvest", "output/harvest.lock"))
    harvest: another harvest holds output/harvest.lock; this one does nothing
    """

    def __init__(self, command: str, holder: str, path: object) -> None:
        who = f"another {holder}" if holder == command else f"a {holder}"
        super().__init__(f"{command}: {who} holds {path}; this one does nothing")


class LedgerError(SinanewsError):
    """Raised by `ledger` when a ledger cannot be used as it is."""


class DamagedError(LedgerError):
    """Raised by `ledger` for one article of which the ledger keeps bytes that are none; the others
    can be read.

    >>> print(DamagedError("nabc0000000001", ValueError("invalid checksum")))
    article nabc0000000001 is damaged: invalid checksum
    """

    def __init__(self, docid: str, error: Exception) -> None:
        self.docid = docid
        super().__init__(f"article {docid} is damaged: {error}")


class UnadoptableError(SinanewsError):
    """Raised by `adopt`, and whoever reads posts for it, for a file that becomes no article; says
    why."""


class UnfitError(SinanewsError):
    """Raised by an exporter for one article that its format cannot hold, such as of a spider that
    has a number where others have text; the others can be written.

    >>> print(UnfitError("nabc0000000001", TypeError("a number for title")))
    article nabc0000000001 does not fit into this format: a number for title
    """

    def __init__(self, docid: str, error: Exception) -> None:
        self.docid = docid
        super().__init__(f"article {docid} does not fit into this format: {error}")
