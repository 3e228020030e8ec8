"""`scrapy shell`, which leaves no trace in the archive."""

from typing import Any, ClassVar

from scrapy.commands import shell

from sinanews.commands import LOOKING


class Command(shell.Command):
    """Scrapy's command, with the spiders of an archive as ordinary ones."""

    default_settings: ClassVar[dict[str, Any]] = {**shell.Command.default_settings, **LOOKING}
