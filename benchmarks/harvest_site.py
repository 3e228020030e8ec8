"""Writes the site that all contestants harvest: pages and lists as nginx serves them.

    python benchmarks/harvest_site.py FOLDER ARTICLES [PAGES]

prints, as JSON, the mean size of a page and the mean time that Lexbor takes for one.

The pages are the embedded mirror's, or those in the folder PAGES. When there are more articles than
pages, articles share pages by hard links; each has a docid and a title of its own.
"""

import gzip
import json
import os
import sys
import time
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from statistics import mean
from typing import Any

from selectolax.lexbor import LexborHTMLParser

from harvest_server import ROLL
from sinanews.channels import BY_NAME
from sinanews.mirror.pages import render
from sinanews.mirror.site import Site

FOLDER = "finance.sina.com.cn/china/2026-09-29"
UNIQUE = 2000  # pages that the mirror renders at most
LARGE_BLOCK = 16 << 20  # bytes; glibc adapts its threshold to blocks of up to 32 MiB
SAMPLE = 200  # pages that are parsed to measure Lexbor
ROWS_PER_PAGE = 50
FIRST_TIME = 1_790_000_000  # unix seconds of the oldest article
CHANNEL = BY_NAME["guonei"]


@dataclass(frozen=True, slots=True)
class Page:
    """A page as it is served, and its article's title."""

    body: bytes
    title: str


def mirror_pages(number: int) -> list[Page]:
    """Pages of the embedded mirror, of today's two page families."""
    stories = Site(articles=number * 5 // 4 + 40).stories
    current = (story for story in stories if story.family in {"F2017", "N2017"})
    return [Page(render(story), story.title) for story in islice(current, number)]


def folder_pages(folder: Path) -> list[Page]:
    """The pages in a folder and its subfolders. Raises SystemExit when there are none."""
    files = sorted(path for path in folder.rglob("*.*htm*") if path.is_file())
    if not files:
        raise SystemExit(f"--pages: {folder} holds no .html, .htm or .shtml files")
    bodies = [path.read_bytes() for path in files]
    return [Page(body, _title(body) or path.stem) for body, path in zip(bodies, files, strict=True)]


def _title(body: bytes) -> str:
    heading = LexborHTMLParser(body).css_first("h1")
    return " ".join(heading.text().split()) if heading else ""


def write(pages: list[Page], articles: int, root: Path) -> None:
    """Writes a site with that many articles."""
    (root / FOLDER).mkdir(parents=True)
    rows = [_write_article(pages, number, root) for number in range(articles)]
    (root / ROLL).mkdir(parents=True)
    rows.reverse()  # a list begins with the newest
    for page in range(articles // ROWS_PER_PAGE + 2):
        first = page * ROWS_PER_PAGE
        document = _list_page(rows[first : first + ROWS_PER_PAGE], articles)
        path = root / ROLL / f"{CHANNEL.pageid}-{CHANNEL.lid}-{page + 1}.json"
        _write(path, json.dumps(document).encode())


def _write_article(pages: list[Page], number: int, root: Path) -> dict[str, Any]:
    """Writes an article's page, or links it to that of an earlier article; returns its row."""
    turn, index = divmod(number, len(pages))
    page = pages[index]
    path = root / FOLDER / f"doc-inbench{number:07}.shtml"
    if turn:
        for suffix in ("", ".gz"):
            first = root / FOLDER / f"doc-inbench{index:07}.shtml{suffix}"
            os.link(first, f"{path}{suffix}")
    else:
        _write(path, page.body)
    return _row(number, f"{page.title} {turn}" if turn else page.title)


def _write(path: Path, body: bytes) -> None:
    path.write_bytes(body)
    path.with_name(f"{path.name}.gz").write_bytes(gzip.compress(body, 6))


def _row(number: int, title: str) -> dict[str, Any]:
    docid, time_ = f"nbench{number:07}", str(FIRST_TIME + number * 60)
    return {
        "docid": f"comos:{docid}",
        "url": f"https://{FOLDER}/doc-i{docid}.shtml",
        "title": title,
        "intro": title,
        "media_name": "某报",
        "lids": f"{CHANNEL.lid}",
        "ctime": time_,
        "mtime": time_,
        "intime": time_,
    }


def _list_page(rows: list[dict[str, Any]], total: int) -> dict[str, Any]:
    now = FIRST_TIME + total * 60
    status = {"code": 0, "msg": "succ"}
    return {"result": {"status": status, "rtime": now, "total": total, "data": rows}}


def parse_times(pages: list[Page], rounds: int = 5) -> list[float]:
    """The milliseconds that Lexbor takes to parse each page, the best of several rounds."""
    # Until a large block was freed once, glibc returns memory to the system after each page and
    # has to get it back for the next. In a harvest that has happened long ago; here Lexbor would
    # take twice as long.
    bytes(LARGE_BLOCK)
    return [round(min(_parse_time(page) for _ in range(rounds)) * 1e3, 4) for page in pages]


def _parse_time(page: Page) -> float:
    began = time.perf_counter()
    LexborHTMLParser(page.body)
    return time.perf_counter() - began


def main(folder: Path, articles: int, pages: Path | None = None) -> None:
    """Writes the site and prints the figures of its pages."""
    unique = folder_pages(pages) if pages else mirror_pages(min(articles, UNIQUE))
    write(unique, articles, folder)
    parse = mean(parse_times(unique[:SAMPLE]))
    size = round(mean(len(page.body) for page in unique))
    sys.stdout.write(json.dumps({"page_bytes": size, "parse": parse}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), *map(Path, sys.argv[3:4]))
