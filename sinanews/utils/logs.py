"""Log records that are one line each, whatever they quote."""

import logging

from sinanews.utils.text import printable

_INDENT = "  "


class PlainRecord(logging.LogRecord):
    """A record whose message is one line without control characters, those of what it quotes
    escaped; a traceback below it stays readable, and none of its lines looks like a record."""

    _traceback: str | None = None

    def getMessage(self) -> str:  # noqa: N802 - logging's name
        """The message as any formatter gets it."""
        return printable(super().getMessage())

    @property
    def exc_text(self) -> str | None:
        """The traceback, which a formatter makes once and keeps here."""
        return self._traceback

    @exc_text.setter
    def exc_text(self, text: str | None) -> None:
        # The last lines are the error's message, which may be of outside and of several lines.
        lines = text.split("\n") if text else []
        self._traceback = "\n".join(_INDENT + printable(line) for line in lines) or None


def keep_records_plain() -> None:
    """Has every record of this process, Scrapy's and other libraries' too, be a `PlainRecord`. A
    program that makes records of its own kind keeps these."""
    if logging.getLogRecordFactory() is logging.LogRecord:
        logging.setLogRecordFactory(PlainRecord)
