"""Runs snippets of docs/dataset.md, in the venv of the readers: no module of ours is there.

    python read_with.py < BLOCKS

BLOCKS is a JSON list of pieces of code, which go on from each other. For each, a line of JSON says
which rows and types the variable `articles` then has.
"""

import json
import math
import sys
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

# How each library names a type, as the schema names it.
KINDS = {
    "string": {"str", "String", "VARCHAR", "Value('string')"},
    "time": {
        "datetime64[us, Asia/Shanghai]",
        "Datetime(time_unit='us', time_zone='Asia/Shanghai')",
        "TIMESTAMP WITH TIME ZONE",
        "Value('timestamp[us, tz=Asia/Shanghai]')",
    },
    "integer": {"int64", "Int64", "BIGINT", "Value('int64')"},
    "array of string": {"List(String)", "VARCHAR[]", "List(Value('string'))"},
    "array of object": {
        "List(Struct({'url': String, 'caption': String, 'path': String}))",
        "STRUCT(url VARCHAR, caption VARCHAR, path VARCHAR)[]",
        "List({'url': Value('string'), 'caption': Value('string'), 'path': Value('string')})",
    },
    "array": {"object"},  # pandas does not say of what
}


def main() -> None:
    """Runs the blocks that standard input has."""
    names: dict[str, Any] = {}
    for block in json.load(sys.stdin):
        exec(block, names)  # noqa: S102 - the snippets that are to be tried
        rows, types = read(names["articles"])
        named = {name: kind_of(str(kind)) for name, kind in types.items()}
        print(json.dumps({"rows": [plain(row) for row in rows], "types": named}))  # noqa: T201 - for the test


def read(articles: Any) -> tuple[Iterable[Mapping[str, Any]], Mapping[str, Any]]:
    """The rows and the types of what a library has made."""
    match type(articles).__module__.partition(".")[0]:
        case "pandas":
            return articles.to_dict("records"), articles.dtypes.to_dict()
        case "polars":
            return articles.to_dicts(), articles.schema
        case "datasets":
            return list(articles), articles.features
    columns = articles.columns
    rows = [dict(zip(columns, row, strict=True)) for row in articles.fetchall()]
    return rows, dict(zip(columns, articles.types, strict=True))


def kind_of(name: str) -> str:
    """The kind of a type that is named as a library names it."""
    return next((kind for kind, names in KINDS.items() if name in names), f"unknown: {name}")


def plain(value: Any) -> Any:
    """A value as JSON has it, a time with the name of its zone."""
    if hasattr(value, "to_pydatetime"):
        value = None if value != value else value.to_pydatetime()  # noqa: PLR0124 - NaT alone differs
    if isinstance(value, datetime):
        return f"{value.isoformat()} {value.tzinfo}"
    if isinstance(value, float) and math.isnan(value):
        return None
    if isinstance(value, Mapping):
        # A line has a picture's path only if it is kept; where there are types, it is null.
        parts = {name: plain(part) for name, part in value.items()}
        return {name: part for name, part in parts.items() if part is not None or name != "path"}
    if hasattr(value, "tolist"):
        value = value.tolist()
    return [plain(part) for part in value] if isinstance(value, list) else value


if __name__ == "__main__":
    main()
