"""JSON Lines as docs/fields.md defines them."""

import logging
from collections.abc import Callable, Mapping
from typing import IO, Any, Self

import orjson
from itemadapter import ItemAdapter
from scrapy.crawler import Crawler
from scrapy.exporters import BaseItemExporter
from scrapy.extensions.feedexport import ItemFilter
from scrapy.statscollectors import StatsCollector
from scrapy.utils.serialize import ScrapyJSONEncoder

from sinanews.exceptions import UnfitError
from sinanews.items import article_line, is_article
from sinanews.utils.atomic import sync, write_all

logger = logging.getLogger(__name__)

LINES_STAT = "sinanews/lines"
_OTHER = ScrapyJSONEncoder().default


def json_line(item: object) -> bytes:
    """An article's line, with the line feed at its end; of any item that itemadapter knows.

    Raises TypeError for a value that JSON cannot hold.
    """
    return _encoded(article_line(item))


def _encoded(line: Mapping[str, Any]) -> bytes:
    # What orjson does not know, such as a Decimal, becomes what Scrapy makes of it.
    text = orjson.dumps(line, _OTHER, orjson.OPT_APPEND_NEWLINE)
    # orjson reserves ten times what Chinese text comes to and keeps it; a line waits for the disk.
    return bytes(memoryview(text))


OnUnfit = Callable[[UnfitError], None]


def _raise_unfit(error: UnfitError) -> None:
    raise error


class LineExporter(BaseItemExporter):
    """An exporter that is given articles as JSON lines, as the ledger has them; this one writes
    them as they are. Used as any of Scrapy's, such as for a feed, it takes items.

    `file` is opened for bytes, and stays open. For an article that the format cannot hold a method
    raises TypeError or ValueError, or, where it has waited in memory, `on_unfit` is called, which
    raises unless it is set to something else; others can follow.
    """

    compressed = False  # whether `.gz` behind the ending would compress it twice

    def __init__(self, file: IO[bytes], **options: Any) -> None:  # noqa: ANN401 - Scrapy's signature
        super().__init__(dont_fail=True, **options)
        self.file = file
        self.on_unfit: OnUnfit = _raise_unfit

    def export_line(self, line: bytes) -> None:
        """Writes an article, given as its JSON line with the line feed."""
        self.file.write(line)

    def export_item(self, item: object) -> None:
        """Writes an article of any kind that itemadapter knows."""
        self.export_line(json_line(item))


class ArticleFilter(ItemFilter):
    """A feed's `item_filter` that lets articles of any kind through and nothing else."""

    def accepts(self, item: Any) -> bool:  # noqa: ANN401 - items of any kind
        """Whether the item is an article."""
        return is_article(item)


class ArticleLinesExporter(BaseItemExporter):
    """Writes the JSON line of each item at once, in UTF-8.

    Of Scrapy's options it heeds `fields_to_export` (a feed's `fields`), a list of names or a
    mapping of names to keys, and `export_empty_fields`, which adds declared fields that an item
    lacks as null.
    """

    def __init__(self, file: IO[bytes], **options: Any) -> None:  # noqa: ANN401 - Scrapy's signature
        super().__init__(dont_fail=True, **options)
        # Unbuffered: what was written is there whatever ends the run, and a full disk shows here,
        # not when the file is closed.
        self._file: IO[bytes] = getattr(file, "raw", file)
        self._works = True

    def export_item(self, item: object) -> None:
        """Writes one line. A full disk is logged once: the ledger has every article.

        Raises TypeError for a value that JSON cannot hold.
        """
        if self._works:
            self._try(write_all, self._file, self._line(item))

    def _try(self, act: Callable[..., None], *arguments: object) -> None:
        try:
            act(*arguments)
        except OSError as error:
            self._works = False
            logger.error("JSON Lines end here: %s; `scrapy export` has every article", error)  # noqa: TRY400 - the reason is the message

    def _line(self, item: object) -> bytes:
        if self.fields_to_export is None and not self.export_empty_fields:
            return json_line(item)
        line = article_line(item)
        wanted = self.fields_to_export
        if wanted is None:
            wanted = [
                *line,
                *(name for name in ItemAdapter(item).field_names() if name not in line),
            ]
        keys = wanted if isinstance(wanted, Mapping) else {name: name for name in wanted}
        return _encoded(
            {
                key: line.get(name)
                for name, key in keys.items()
                if name in line or self.export_empty_fields
            }
        )


class ArchiveLinesExporter(ArticleLinesExporter):
    """The exporter of an archive's own feed: when that is closed, the crawler's stats say as
    LINES_STAT how many lines are on the disk."""

    def __init__(self, file: IO[bytes], stats: StatsCollector, **options: Any) -> None:  # noqa: ANN401 - Scrapy's signature
        super().__init__(file, **options)
        self._stats = stats
        self._written = 0

    @classmethod
    def from_crawler(cls, crawler: Crawler, file: IO[bytes], **options: Any) -> Self:  # noqa: ANN401 - Scrapy's signature
        """With the crawler's stats."""
        return cls(file, crawler.stats, **options)

    def export_item(self, item: object) -> None:
        """Writes one line, as any exporter of articles."""
        super().export_item(item)
        self._written += self._works

    def finish_exporting(self) -> None:
        """Waits for the disk."""
        self._try(sync, self._file)
        if self._works:
            self._stats.set_value(LINES_STAT, self._written)
