"""`scrapy fetch`, which leaves no trace in the archive."""

from typing import Any, ClassVar

from scrapy.commands import fetch

from sinanews.commands import LOOKING


class Command(fetch.Command):
    """Scrapy's command, with the spiders of an archive as ordinary ones."""

    default_settings: ClassVar[dict[str, Any]] = {**fetch.Command.default_settings, **LOOKING}
