"""CSV as RFC 4180 has it: UTF-8, a header, every text in quotes, lines that end in CR LF.

Two things CSV cannot say. A list is JSON in its cell. Null is an empty cell, as is an empty text;
the schema tells which a field may be. And one that a spreadsheet understands too well: see `inert`.
"""

import csv
import re
from collections.abc import Callable
from typing import IO, Any

import orjson

from sinanews.exports.jsonl import LineExporter
from sinanews.exports.schema import kind_of, line_schema
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


def _scalar(value: Any) -> Any:  # noqa: ANN401 - a value of JSON
    return inert(value) if isinstance(value, str) else value


def _list(value: Any) -> str | None:  # noqa: ANN401 - a value of JSON
    return None if value is None else orjson.dumps(value).decode()


class _Encoded:
    """A file for text, each piece of which is written at once, as a file for bytes is."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file

    def write(self, text: str) -> int:
        return self._file.write(text.encode())


class CsvExporter(LineExporter):
    """Writes a row for each article, with the columns of `item_class`: a subclass of this exporter
    with a class of its own has that one's."""

    item_class: type = Article

    def __init__(self, file: IO[bytes], **options: Any) -> None:  # noqa: ANN401 - Scrapy's signature
        super().__init__(file, **options)
        properties = line_schema(self.item_class)["properties"]
        self._columns: list[tuple[str, Callable[[Any], Any]]] = [
            (name, _list if kind_of(field) in {"array", "object"} else _scalar)
            for name, field in properties.items()
        ]
        self._rows = csv.writer(_Encoded(file), quoting=csv.QUOTE_NONNUMERIC)

    def start_exporting(self) -> None:
        """Writes the header."""
        self._rows.writerow([name for name, _ in self._columns])

    def export_line(self, line: bytes) -> None:
        """Writes a row."""
        article = orjson.loads(line)
        self._rows.writerow([write(article.get(name)) for name, write in self._columns])
