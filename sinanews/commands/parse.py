"""`scrapy parse`, which leaves no trace in the archive."""

from typing import Any, ClassVar

from scrapy.commands import parse

from sinanews.commands import LOOKING


class Command(parse.Command):
    """Scrapy's command, with the spiders of an archive as ordinary ones."""

    default_settings: ClassVar[dict[str, Any]] = {**parse.Command.default_settings, **LOOKING}
