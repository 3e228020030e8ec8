"""Parquet, typed as the schema says: times with China's zone, lists as lists, pictures as structs.

pyarrow is needed, and only here: `pip install sinanews[parquet]`.
"""

import io
from collections.abc import Mapping
from typing import IO, Any

import orjson
import pyarrow as pa  # type: ignore[import-untyped] # it has no types
from pyarrow import json as arrow_json
from pyarrow import parquet

from sinanews.exceptions import UnfitError
from sinanews.exports.jsonl import LineExporter
from sinanews.exports.schema import VERSION, kind_of, line_schema
from sinanews.items import Article

# What readers convert times to; Sina's. As any of Python's, they have microseconds.
ZONE = "Asia/Shanghai"
# Bytes of JSON that are read at once, and that a row group is made of, some 2,500 articles. All at
# once would take 80 MB more.
_CHUNK = 2_000_000
_GROUP = 8 * _CHUNK
_SCALARS = {
    "string": pa.string(),
    "time": pa.timestamp("us", ZONE),
    "integer": pa.int64(),
    "number": pa.float64(),
    "boolean": pa.bool_(),
}


def arrow_schema(item_class: type = Article) -> pa.Schema:
    """The columns of a class of articles, each nullable; `sinanews_schema` in the metadata is the
    version of the line's schema."""
    fields = line_schema(item_class)["properties"]
    return pa.schema(_columns(fields), {"sinanews_schema": str(VERSION)})


def _columns(properties: Mapping[str, Any]) -> list[pa.Field]:
    return [
        pa.field(name, _type(field), metadata={"description": field.get("description", "")})
        for name, field in properties.items()
    ]


def _type(field: Mapping[str, Any]) -> pa.DataType:
    kind = kind_of(field)
    if kind == "array":
        return pa.list_(_type(field.get("items", {})))
    if kind == "object" and field.get("properties"):
        parts = field["properties"].items()
        return pa.struct([(name, _type(part)) for name, part in parts])
    return _SCALARS.get(kind, pa.string())


class ParquetExporter(LineExporter):
    """Writes the articles in groups of rows, with the columns of `item_class`: a subclass of this
    exporter with a class of its own has that one's."""

    compressed = True
    item_class: type = Article

    def __init__(self, file: IO[bytes], **options: Any) -> None:  # noqa: ANN401 - Scrapy's signature
        super().__init__(file, **options)
        self._schema = arrow_schema(self.item_class)
        # Times are read as text first: only then is one without a zone refused, and not taken for
        # one in UTC.
        as_read = [
            pa.field(field.name, pa.string()) if pa.types.is_timestamp(field.type) else field
            for field in self._schema
        ]
        self._parsing = arrow_json.ParseOptions(
            explicit_schema=pa.schema(as_read), unexpected_field_behavior="ignore"
        )
        self._lines: list[bytes] = []
        self._size = 0  # of these lines
        self._tables: list[pa.Table] = []
        self._group_size = 0  # of the lines that the tables were made of
        self._writer: parquet.ParquetWriter | None = None

    def start_exporting(self) -> None:
        """Begins the file: one without articles has its columns all the same."""
        self._writer = parquet.ParquetWriter(self.file, self._schema, compression="zstd")

    def export_line(self, line: bytes) -> None:
        """Adds a row. One whose values have not the types of the schema goes to `on_unfit`, when
        the lines that came with it are read."""
        self._lines.append(line)
        self._size += len(line)
        if self._size >= _CHUNK:
            self._read_lines()
            if self._group_size >= _GROUP:
                self._write_group()

    def finish_exporting(self) -> None:
        """Ends the file, which stays open."""
        assert self._writer, "an exporter is started first"
        self._read_lines()
        self._write_group()
        self._writer.close()

    def _read_lines(self) -> None:
        lines, self._lines = self._lines, []
        self._group_size += self._size
        self._size = 0
        try:
            table = self._table(b"".join(lines)) if lines else self._schema.empty_table()
        except pa.ArrowInvalid:
            table = self._table_of_fit(lines)
        self._tables.append(table)

    def _write_group(self) -> None:
        assert self._writer, "an exporter is started first"
        table, self._tables, self._group_size = pa.concat_tables(self._tables), [], 0
        if table.num_rows:
            self._writer.write_table(table)

    def _table(self, lines: bytes) -> pa.Table:
        # A block has to hold a whole line, and one block is one chunk of each column.
        reading = arrow_json.ReadOptions(use_threads=False, block_size=len(lines) + 1)
        table = arrow_json.read_json(io.BytesIO(lines), reading, self._parsing)
        return table.cast(self._schema)

    def _table_of_fit(self, lines: list[bytes]) -> pa.Table:
        tables = [self._schema.empty_table()]
        for line in lines:
            try:
                tables.append(self._table(line))
            except pa.ArrowInvalid as error:
                self.on_unfit(UnfitError(str(orjson.loads(line).get("docid")), error))
        return pa.concat_tables(tables)
