"""What is tried: pages and answers, and the files of `corpus/`.

A file there is a line with the Content-Type, then what came. `corpus/pages/` and `corpus/answers/`
hold a small one of each kind, and each that once broke a promise.
"""

from pathlib import Path
from typing import NamedTuple

from sinanews.roll.api import Story

CORPUS = Path(__file__).parent / "corpus"
TYPE_LIMIT = 100  # bytes of a first line; what has a longer one is all page
HTML, JSON = "text/html", "application/json"
STAFF = "xiaoming.wang@staff.sina.com.cn"  # an invented person's, in pages and rows


class Page(NamedTuple):
    """What came for an article: bytes, header, URL, and the list's row if there is one."""

    body: bytes
    content_type: str = HTML
    url: str = "https://finance.sina.com.cn/china/2026-09-29/doc-inabc0000000001.shtml"
    story: Story | None = None


class Answer(NamedTuple):
    """What came for a page of the list."""

    body: bytes
    content_type: str = JSON


def page_of(data: bytes) -> Page:
    """The page of a file's bytes.

    >>> page_of(b"text/plain\\n<p>").content_type, page_of(b"<p>").content_type
    ('text/plain', 'text/html')
    """
    return Page(*_parted(data, HTML))


def answer_of(data: bytes) -> Answer:
    """The answer of a file's bytes."""
    return Answer(*_parted(data, JSON))


def _parted(data: bytes, usual: str) -> tuple[bytes, str]:
    line, line_feed, rest = data.partition(b"\n")
    if not line_feed or len(line) > TYPE_LIMIT or line.lstrip().startswith((b"<", b"{")):
        return data, usual
    return rest, line.decode("latin-1")
