"""`scrapy view`, which leaves no trace in the archive."""

from typing import Any, ClassVar

from scrapy.commands import view

from sinanews.commands import LOOKING


class Command(view.Command):
    """Scrapy's command, with the spiders of an archive as ordinary ones."""

    default_settings: ClassVar[dict[str, Any]] = {**view.Command.default_settings, **LOOKING}
