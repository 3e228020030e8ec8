"""Pages and answers that cost a reader time or memory out of all proportion to their size."""

import re
import zlib
from dataclasses import replace
from functools import cache
from typing import Any

from sinanews.mirror.faults.answers import ZIPPED
from sinanews.mirror.faults.damage import before_article, behind_text
from sinanews.mirror.faults.elsewhere import mobile_page
from sinanews.mirror.faults.kind import FOR_GOOD, Family, Kind, Make, in_body, in_page, in_rows
from sinanews.mirror.replies import Reply, zip_body

MB = 1 << 20
UNPACKED = 200  # MB of a small gzip
PARAGRAPHS = 100  # MB of elements behind a page, all in gzip
PLENTY = 10_000  # repetitions by which what costs their square takes seconds
DEEP = 100_000  # elements, one in the other
ROWS = 4_000  # of an answer, which has fifty

_SOURCE = re.compile(r'(<(?:span|a)\b[^>]* class="source[^"]*"[^>]*>)[^<]*')


@cache
def _zipped(unit: bytes, count: int) -> bytes:
    """So many MB of a repeated unit as one gzip stream, without ever being whole in memory."""
    packer = zlib.compressobj(level=9, wbits=31)
    megabyte = unit * (MB // len(unit))
    return b"".join(packer.compress(megabyte) for _ in range(count)) + packer.flush()


def _zeros(target: str, make: Make) -> Reply:
    return replace(make(target), body=_zipped(b"\0", UNPACKED), headers=ZIPPED)


def _page_and_paragraphs(target: str, make: Make) -> Reply:
    """A gzip of two members, as RFC 1952 allows: the page, and what stands behind it."""
    good = make(target)
    body = zip_body(good.body) + _zipped(b"<p>a</p>", PARAGRAPHS)
    return replace(good, body=body, headers=ZIPPED)


def _with_long_source(page: str) -> str:
    return _SOURCE.sub(lambda match: match[1] + "微博" * PLENTY + "x", page, count=1)


def _endless_pc_url(target: str, make: Make) -> Reply:
    return mobile_page(target, make, "https:" + ".sina.com.cn" * PLENTY)


def _many(rows: list[Any]) -> list[Any]:
    return rows[:1] * ROWS


def _deep_json(body: bytes) -> bytes:
    del body
    return b'{"result":' + b"[" * DEEP + b"]" * DEEP + b"}"


def _behind(name: str, summary: str, html: str) -> Kind:
    return Kind(name, summary, in_page(behind_text(html)), FOR_GOOD)


def _before(name: str, summary: str, html: str) -> Kind:
    return Kind(name, summary, in_page(before_article(html)), FOR_GOOD)


FAMILY = Family(
    "bombs",
    "what costs time or memory out of all proportion to its size",
    (
        Kind("gzip-zeros", f"{UNPACKED} MB of zeros in 200 KB", _zeros, FOR_GOOD, 1),
        Kind("gzip-page", f"{PARAGRAPHS} MB of paragraphs in gzip", _page_and_paragraphs, FOR_GOOD),
        _behind("many-nodes", "a hundred thousand paragraphs", "<p>a</p>" * DEEP),
        _behind("long-text", "a paragraph of 3 MB", f"<p>{'长' * MB}</p>"),
        _behind("divs", "elements, one in the other", "<div>" * DEEP + "x" + "</div>" * DEEP),
        _behind("templates", "templates, one in the other", "<template>" * DEEP),
        _behind(
            "many-attributes",
            "an element of twenty thousand attributes",
            f"<p {' '.join(f'a{number}=1' for number in range(2 * PLENTY))}>x</p>",
        ),
        _behind("byline", "pairs of words that may be names", f"<p>（记者 {'一 ' * 60}x</p>"),
        _behind(
            "keyword-comments",
            "the beginnings of comments",
            f"<style>{'<!--news_keyword_pub,' * PLENTY}</style>",
        ),
        _behind(
            "comment-starts",
            "the beginnings of comments in an attribute",
            f'<p><a title="{"<!--" * 5 * PLENTY}">x</a></p>',
        ),
        _behind("blanks", "a paragraph of blanks", f"<p>始{' ' * 20 * PLENTY}终</p>"),
        _behind(
            "images",
            "pictures that might share a caption",
            f"<div>{'<img src=https://n.sinaimg.cn/b.jpg>' * 4000}</div>",
        ),
        _behind(
            "width",
            "a picture of five thousand digits' width",
            f'<img src="https://n.sinaimg.cn/b.jpg" width="{"9" * 5000}">',
        ),
        _before(
            "nested-source",
            "sources, one in the other",
            "<div class=date-source>" * 2000 + "<span class=source>s</span>" * 2000,
        ),
        _before(
            "nested-title",
            "titles, one in the other",
            "<h1 class=main-title><div>" * 2000 + "t" * 100_000,
        ),
        Kind("long-source", "a source of 60 KB", in_page(_with_long_source), FOR_GOOD),
        Kind("pc-url", "a mobile page with an address without an end", _endless_pc_url, FOR_GOOD),
        Kind("many-rows", f"an answer of {ROWS:,} rows", in_rows(_many), on_lists=1),
        Kind("deep-json", "JSON, one in the other", in_body(_deep_json), on_lists=1),
    ),
)
