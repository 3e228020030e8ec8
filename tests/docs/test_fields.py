"""docs/fields.md: every field of a line, in order and with its actual type."""

import json
import re

import jsonschema
import pytest

from sinanews.exports.schema import FILE, is_nullable, kind_of
from sinanews.extraction import layouts
from sinanews.extraction.signatures import AGREEING, SHORT, SIMILAR, TINY
from sinanews.items import FIELDS
from support import ROOT

DOC = (ROOT / "docs" / "fields.md").read_text("utf-8")
TABLE = re.findall(r"^\| \[`(\w+)`\]\(#\S+\) \| ([^|]+) \| ([^|]+) \|", DOC, re.MULTILINE)
ROWS = {name: kind for name, kind, _ in TABLE}
SCHEMA = json.loads(FILE.read_text("utf-8"))
# How the table names each type of the schema.
KINDS = {"integer": "whole number"}
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+08:00")
IS = {
    "string": lambda value: isinstance(value, str),
    "string or null": lambda value: value is None or (isinstance(value, str) and value),
    "whole number": lambda value: isinstance(value, int),
    "time or null": lambda value: value is None or TIME.fullmatch(value),
    "list of strings": lambda value: all(isinstance(entry, str) and entry for entry in value),
    "list of objects": lambda value: all(entry.keys() == {"url", "caption"} for entry in value),
}


def test_the_table_has_every_field_in_the_order_of_the_line():
    assert tuple(ROWS) == FIELDS


@pytest.mark.parametrize(("field", "kind", "text"), TABLE)
def test_the_table_says_of_each_field_what_the_schema_says(field, kind, text):
    described = SCHEMA["properties"][field]
    assert text == described["description"]
    assert kind == named(described)


def named(field: dict) -> str:
    """The type of a field of the schema as the table has it."""
    kind = kind_of(field)
    if kind == "array":
        return f"list of {kind_of(field['items'])}s"
    return KINDS.get(kind, kind) + " or null" * is_nullable(field)


def test_harvested_lines_match_the_table(demo):
    lines = demo.lines()
    assert lines
    for line in lines:
        assert tuple(line) == FIELDS
        for field, value in line.items():
            assert IS[ROWS[field]](value), (field, value)


def test_harvested_lines_are_of_the_schema(demo):
    check = jsonschema.Draft202012Validator(SCHEMA)
    for line in demo.lines():
        check.validate(line)


def test_duplicate_of_names_an_article_that_is_no_reprint_itself(demo):
    """The mirror has six reprints; the demo reads those of one list."""
    by_docid = {line["docid"]: line for line in demo.lines()}
    reprints = [line for line in by_docid.values() if line["duplicate_of"]]
    assert len(reprints) == 6
    assert {by_docid[line["duplicate_of"]]["duplicate_of"] for line in reprints} == {None}


def test_the_text_on_duplicate_of_has_the_numbers_of_the_code():
    text = DOC.partition("## `duplicate_of`")[2].partition("\n## ")[0]
    assert f"about half (`{SIMILAR}`)" in text
    assert f"two thirds (`{AGREEING}`)" in text
    assert f"under {SHORT} characters" in text
    assert f"under {TINY} characters" in text


def test_the_layout_section_names_every_family():
    text = DOC.partition("## `layout`")[2]
    assert tuple(re.findall(r"`([A-Z]+\d*)`", text)) == tuple(layouts.BY_NAME)
