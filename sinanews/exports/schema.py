"""The JSON Schema of a line, made of the class of its articles.

The docs' table of fields and the types of Parquet and CSV follow from it. `article.schema.json` has
it for those who have no Python; after a change of the class

    python -m sinanews.exports.schema > sinanews/exports/article.schema.json

writes it anew, and the tests compare the two.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from itemadapter import ItemAdapter

from sinanews.items import Article
from sinanews.utils.files import say
from sinanews.utils.text import json_text

# One more for each change after which a reader of older lines would fail: a field that is taken
# away or means something else. New fields do not count.
VERSION = 1
FILE = Path(__file__).with_name("article.schema.json")
_LATER = {"seen"}  # fields that the first lines were without


def line_schema(item_class: type = Article) -> dict[str, Any]:
    """The JSON Schema of the lines of a class of articles, draft 2020-12."""
    made = ItemAdapter.get_json_schema(item_class)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:sinanews:article:{VERSION}",
        "title": "An article of Sina Finance",
        "description": "One line of `scrapy export`, or of a file in `articles/`.",
        "version": VERSION,
        "type": "object",
        "properties": made["properties"],
        "required": [name for name in made["properties"] if name not in _LATER],
        # What a newer sinanews adds, and fields of a user's own class.
        "additionalProperties": True,
    }


def kind_of(field: Mapping[str, Any]) -> str:
    """What a field of the schema holds, null aside: `time`, or the name of its JSON type.

    >>> kind_of({"type": ["null", "string"]})
    'string'
    >>> kind_of({"anyOf": [{"type": "string", "format": "date-time"}, {"type": "null"}]})
    'time'
    >>> kind_of({})
    'string'
    """
    for either in field.get("anyOf", [field]):
        if either.get("format") == "date-time":
            return "time"
        types = either.get("type", "string")
        names = [name for name in ([types] if isinstance(types, str) else types) if name != "null"]
        if names:
            return str(names[0])
    return "string"


def is_nullable(field: Mapping[str, Any]) -> bool:
    """Whether a field of the schema may be null.

    >>> is_nullable({"type": ["null", "string"]}), is_nullable({"type": "string"})
    (True, False)
    """
    return any("null" in either.get("type", ()) for either in field.get("anyOf", [field]))


if __name__ == "__main__":
    say(*json_text(line_schema()).split("\n"))
