"""Writes the site that all contestants harvest: pages and lists as nginx serves them.

    python benchmarks/harvest_site.py FOLDER ARTICLES [PAGES]

prints, as JSON, what the pages weigh and how long Lexbor takes for one.

The pages are those that the embedded mirror writes, or other people's; they are linked as often as
it takes to make as many articles as are asked for, each with an id and a title of its own.
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
UNIQUE = 2000  # pages of the mirror; more articles than that share them
KEPT = 16 << 20  # bytes, less than the most that glibc learns from
SAMPLE = 200  # pages that are parsed to tell what that costs
ROWS = 50  # in an answer of the roll API
BEGAN = 1_790_000_000  # unix seconds of the oldest article
CHANNEL = BY_NAME["guonei"]


@dataclass(frozen=True, slots=True)
class Page:
    """An article's page as it is served, and its title."""

    body: bytes
    title: str


def mirror_pages(number: int) -> list[Page]:
    """The pages of the embedded mirror's finance and news stories, of today's two families."""
    stories = (story for story in Site(articles=number * 5 // 4 + 40).stories)
    today = (story for story in stories if story.family in {"F2017", "N2017"})
    return [Page(render(story), story.title) for story in islice(today, number)]


def own_pages(folder: Path) -> list[Page]:
    """The pages of a folder, whatever depth they lie at. Raises SystemExit when there are none."""
    files = sorted(path for path in folder.rglob("*.*htm*") if path.is_file())
    if not files:
        raise SystemExit(f"--pages: {folder} holds no .html, .htm or .shtml files")
    bodies = [path.read_bytes() for path in files]
    return [Page(body, _title(body) or path.stem) for body, path in zip(bodies, files, strict=True)]


def _title(body: bytes) -> str:
    found = LexborHTMLParser(body).css_first("h1")
    return " ".join(found.text().split()) if found else ""


def write(pages: list[Page], articles: int, root: Path) -> None:
    """Writes a site of so many articles, pages beyond the first round as links to its files."""
    (root / FOLDER).mkdir(parents=True)
    rows = [_article(pages, number, root) for number in range(articles)]
    (root / ROLL).mkdir(parents=True)
    rows.reverse()  # the list has the newest first
    for page in range(articles // ROWS + 2):
        answer = json.dumps(_answer(rows[page * ROWS : (page + 1) * ROWS], articles)).encode()
        _write(root / ROLL / f"{CHANNEL.pageid}-{CHANNEL.lid}-{page + 1}.json", answer)


def _article(pages: list[Page], number: int, root: Path) -> dict[str, Any]:
    page, turn = pages[number % len(pages)], number // len(pages)
    path = root / FOLDER / f"doc-inbench{number:07}.shtml"
    if turn:
        for end in ("", ".gz"):
            first = root / FOLDER / f"doc-inbench{number % len(pages):07}.shtml{end}"
            os.link(first, f"{path}{end}")
    else:
        _write(path, page.body)
    return _row(number, f"{page.title} {turn}" if turn else page.title)


def _write(path: Path, body: bytes) -> None:
    path.write_bytes(body)
    path.with_name(f"{path.name}.gz").write_bytes(gzip.compress(body, 6))


def _row(number: int, title: str) -> dict[str, Any]:
    docid, moment = f"nbench{number:07}", str(BEGAN + number * 60)
    return {
        "docid": f"comos:{docid}",
        "url": f"https://{FOLDER}/doc-i{docid}.shtml",
        "title": title,
        "intro": title,
        "media_name": "某报",
        "lids": f"{CHANNEL.lid}",
        "ctime": moment,
        "mtime": moment,
        "intime": moment,
    }


def _answer(rows: list[dict[str, Any]], total: int) -> dict[str, Any]:
    clock = BEGAN + total * 60
    status = {"code": 0, "msg": "succ"}
    return {"result": {"status": status, "rtime": clock, "total": total, "data": rows}}


def parse_times(pages: list[Page], rounds: int = 5) -> list[float]:
    """The milliseconds that Lexbor takes to parse each page, the best of some rounds."""
    # glibc gives memory back to the system page by page, and gets it back as slowly, until it has
    # seen a large block come and go. In a harvest it has; alone, Lexbor would take twice as long.
    bytes(KEPT)
    return [round(min(_parse_time(page) for _ in range(rounds)) * 1e3, 4) for page in pages]


def _parse_time(page: Page) -> float:
    began = time.perf_counter()
    LexborHTMLParser(page.body)
    return time.perf_counter() - began


def main(folder: Path, articles: int, pages: Path | None = None) -> None:
    """Writes the site and says what its pages are like."""
    made = own_pages(pages) if pages else mirror_pages(min(articles, UNIQUE))
    write(made, articles, folder)
    parse = parse_times(made[:SAMPLE])
    size = round(mean(len(page.body) for page in made))
    sys.stdout.write(json.dumps({"bytes_a_page": size, "parse": mean(parse)}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), *map(Path, sys.argv[3:4]))
