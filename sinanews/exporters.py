"""JSON Lines as docs/fields.md defines them."""

from typing import IO, Any

import orjson
from scrapy.exporters import BaseItemExporter

from sinanews.items import Article


class ArticleLinesExporter(BaseItemExporter):
    """Writes an article's JSON line at once: Scrapy's own asks each field how to write it."""

    def __init__(self, file: IO[bytes], **options: Any) -> None:  # noqa: ANN401 - Scrapy's signature
        super().__init__(dont_fail=True, **options)
        self._file = file

    def export_item(self, item: Article) -> None:
        """Writes one line."""
        self._file.write(orjson.dumps(item.to_json(), option=orjson.OPT_APPEND_NEWLINE))
