"""A hand-written asyncio loop: aiohttp downloads, Lexbor parses, files are written.

    python benchmarks/harvest_aiohttp.py NAME URL FOLDER

harvests the site at URL, which has the layout that MIRROR_URL expects, into FOLDER.
"""

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Callable
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import aiohttp
from selectolax.lexbor import LexborHTMLParser, LexborNode

from harvest_peers import CONCURRENCY, ROWS_PER_PAGE, article_url, list_url, write

Reader = Callable[[dict[str, Any], bytes, Path], None]


async def harvest(root: str, folder: Path, read: Reader) -> None:
    """Downloads all articles and calls `read` for each page."""
    connector = aiohttp.TCPConnector(limit=CONCURRENCY)
    async with aiohttp.ClientSession(connector=connector) as session:
        rows = iter([row async for row in _rows(session, root)])

        async def work() -> None:
            for row in rows:
                async with session.get(article_url(root, row)) as response:
                    read(row, await response.read(), folder)

        await asyncio.gather(*(work() for _ in range(CONCURRENCY)))


async def _rows(session: aiohttp.ClientSession, root: str) -> AsyncIterator[dict[str, Any]]:
    for page in count(1):
        async with session.get(list_url(root, page)) as response:
            rows = json.loads(await response.read())["result"]["data"]
        for row in rows:
            yield row
        if len(rows) < ROWS_PER_PAGE:
            return


def ignore(row: dict[str, Any], page: bytes, folder: Path) -> None:
    """Does nothing with a page."""


def extract(row: dict[str, Any], page: bytes, folder: Path) -> None:
    """Writes the same fields as the naive spider, read with Lexbor."""
    tree = LexborHTMLParser(page)
    body = tree.css_first("#artibody, #article")
    keywords = tree.css_first("meta[name=keywords]")
    item = {
        "title": _text(tree.css_first("h1.main-title")),
        "date": _text(tree.css_first(".date-source .date")),
        "source": _text(tree.css_first(".date-source .source")),
        "editor": _text(tree.css_first(".article-editor, .show_author")),
        "keywords": keywords.attributes.get("content") if keywords else None,
        "images": [urljoin(row["url"], i.attributes.get("src") or "") for i in body.css("img")]
        if body
        else [],
        "text": "\n".join(p.text().strip() for p in body.css("p")) if body else "",
    }
    write(folder, row, item, (body.html or "") if body else "")


def _text(node: LexborNode | None) -> str:
    return node.text().strip() if node else ""


CONTESTANTS: dict[str, Reader] = {"loop": extract, "download": ignore}


if __name__ == "__main__":
    asyncio.run(harvest(sys.argv[2], Path(sys.argv[3]), CONTESTANTS[sys.argv[1]]))
