"""The tables of columns in docs/dataset.md, made of the schema."""

from collections.abc import Mapping

from sinanews.exports.schema import kind_of, line_schema

FIELDS = line_schema()["properties"]
# By kind of field, how each library names it; of lists and objects how it begins and ends.
POLARS = {
    "string": "pl.String",
    "time": "TIME",
    "integer": "pl.Int64",
    "array of string": "TEXTS",
    "array of object": (
        'pl.List(pl.Struct({"url": pl.String, "caption": pl.String, "path": pl.String}))'
    ),
}
DUCKDB = {
    "string": '"VARCHAR"',
    "time": '"TIMESTAMPTZ"',
    "integer": '"BIGINT"',
    "array of string": '"VARCHAR[]"',
    "array of object": '"STRUCT(url VARCHAR, caption VARCHAR, path VARCHAR)[]"',
}
DATASETS = {
    "string": "TEXT",
    "time": "TIME",
    "integer": 'Value("int64")',
    "array of string": "List(TEXT)",
    "array of object": 'List({"url": TEXT, "caption": TEXT, "path": TEXT})',
}


def kinds() -> dict[str, str]:
    """The kind of each field, of a list with that of its entries."""
    return {
        name: f"array of {kind_of(field['items'])}" if kind_of(field) == "array" else kind_of(field)
        for name, field in FIELDS.items()
    }


def columns(names: Mapping[str, str]) -> str:
    """The lines of a dictionary of all columns."""
    return "\n".join(f'    "{name}": {names[kind]},' for name, kind in kinds().items())
