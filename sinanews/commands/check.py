"""`scrapy check`, which leaves no trace in the archive."""

from typing import Any, ClassVar

from scrapy.commands import check

from sinanews.commands import LOOKING


class Command(check.Command):
    """Scrapy's command, with the spiders of an archive as ordinary ones."""

    default_settings: ClassVar[dict[str, Any]] = {**check.Command.default_settings, **LOOKING}
