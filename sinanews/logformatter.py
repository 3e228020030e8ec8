"""What a run logs of each page and item: nothing, unless the log has level DEBUG."""

from typing import Any

from scrapy import Request, Spider
from scrapy.http import Response
from scrapy.logformatter import LogFormatter


class QuietLogFormatter(LogFormatter):
    """Scrapy's, but for the two records a page that LOG_LEVEL would throw away once they are made:
    LOG_FORMATTER."""

    def crawled(self, request: Request, response: Response, spider: Spider) -> None:  # type: ignore[override] # documented: None logs nothing
        """Logs nothing."""

    def scraped(self, item: Any, response: Any, spider: Spider) -> None:  # type: ignore[override] # noqa: ANN401 - as above; any item
        """Logs nothing."""
