"""Reads the kept pages of an archive, and does nothing else.

    python benchmarks/pages_read.py DIR

takes all of them into memory, then unpacks each and reads its article as a harvest does; prints the
seconds of CPU which that took.
"""
# ruff: noqa: T201 - a script, in no package, that prints for pages.py

import sys
import time
from pathlib import Path

from scrapy.http import Headers, HtmlResponse

from sinanews.archive.warc import FOLDER, index, page_files, read_page
from sinanews.download.decompression import unpacked
from sinanews.extraction import page
from sinanews.ledger.revisions import content_hash


def main(archive: Path) -> None:
    """Reads the pages, and prints how long that took."""
    folder = archive / FOLDER
    served = [read_page(folder, one.place) for path in page_files(folder) for one in index(path)]
    responses = [
        HtmlResponse(one.url, one.status, Headers(dict(one.headers)), one.body) for one in served
    ]
    began = time.process_time()
    for response in responses:
        content_hash(page.read(unpacked(response)))
    print(time.process_time() - began)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
