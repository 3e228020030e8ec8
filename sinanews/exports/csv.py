"""CSV as RFC 4180 has it: UTF-8, a header, every text in quotes, lines that end in CR LF.

A list is JSON in its cell. Null is nothing, an empty text two quotation marks. What a spreadsheet
would take for a formula is made text: see `inert`.
"""

import re
from typing import IO, Any

import orjson

from sinanews.exports.jsonl import LineExporter
from sinanews.exports.schema import line_schema
from sinanews.items import Article

# Of what a spreadsheet may take for a formula, also when it reads full-width letters:
# https://owasp.org/www-community/attacks/CSV_Injection
_FORMULA = re.compile("'*[=+\\-@\t\r\n＝＋－＠]")
_BEGINS = frozenset("'=+-@\t\r\n＝＋－＠")


def inert(text: str) -> str:
    """A text as no spreadsheet takes it for a formula: an apostrophe before what looks like one.
    Whoever wants it exact takes one apostrophe from where this puts one: before any number of
    apostrophes with one of `= + - @`, their full-width forms, a tab or a line break behind them.

    >>> inert("=1+1"), inert("'=1"), inert("'80s"), inert("股市")
    ("'=1+1", "''=1", "'80s", '股市')
    """
    return f"'{text}" if text[:1] in _BEGINS and _FORMULA.match(text) else text


def _cell(value: Any) -> str:  # noqa: ANN401 - a value of JSON
    """A value as CSV has it: text and JSON in quotes, null as nothing at all. Python's own writer
    has no such null before 3.12 (QUOTE_NOTNULL)."""
    if value is None:
        return ""
    if isinstance(value, (int, float)):
        return str(value)
    text = inert(value) if isinstance(value, str) else orjson.dumps(value).decode()
    return '"{}"'.format(text.replace('"', '""'))


class CsvExporter(LineExporter):
    """Writes a row for each article, with the columns of `item_class`: a subclass of this exporter
    with a class of its own has that one's."""

    item_class: type = Article

    def __init__(self, file: IO[bytes], **options: Any) -> None:  # noqa: ANN401 - Scrapy's signature
        super().__init__(file, **options)
        self._columns = list(line_schema(self.item_class)["properties"])

    def start_exporting(self) -> None:
        """Writes the header."""
        self._write(self._columns)

    def export_line(self, line: bytes) -> None:
        """Writes a row."""
        article = orjson.loads(line)
        self._write([article.get(name) for name in self._columns])

    def _write(self, values: list[Any]) -> None:
        self.file.write(f"{','.join(map(_cell, values))}\r\n".encode())
