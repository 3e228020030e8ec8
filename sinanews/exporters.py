"""JSON Lines as docs/fields.md defines them."""

import logging
from typing import IO, Any

import orjson
from scrapy.exporters import BaseItemExporter

from sinanews.files import write_all
from sinanews.items import Article

logger = logging.getLogger(__name__)


def json_line(article: Article) -> bytes:
    """An article's line, with the line feed at its end."""
    return orjson.dumps(article.to_json(), option=orjson.OPT_APPEND_NEWLINE)


class ArticleLinesExporter(BaseItemExporter):
    """Writes an article's JSON line at once: Scrapy's own asks each field how to write it."""

    def __init__(self, file: IO[bytes], **options: Any) -> None:  # noqa: ANN401 - Scrapy's signature
        super().__init__(dont_fail=True, **options)
        # Unbuffered: what was written is there whatever ends the run, and a full disk shows here,
        # not when the file is closed.
        self._file: IO[bytes] = getattr(file, "raw", file)
        self._works = True

    def export_item(self, item: Article) -> None:
        """Writes one line. A disk that is full is told once: the ledger has every article."""
        if not self._works:
            return
        try:
            write_all(self._file, json_line(item))
        except OSError as error:
            self._works = False
            logger.error("JSON Lines end here: %s; `scrapy export` has every article", error)  # noqa: TRY400 - the reason is the message
