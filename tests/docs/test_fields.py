"""docs/fields.md: every field of a line, in order and with its actual type."""

import re
from datetime import datetime
from typing import get_type_hints

import pytest

from sinanews.extraction import layouts
from sinanews.items import FIELDS, Article, Image
from support import ROOT

DOC = (ROOT / "docs" / "fields.md").read_text("utf-8")
ROWS = dict(re.findall(r"^\| \[`(\w+)`\]\(#\S+\) \| ([^|]+) \|", DOC, re.MULTILINE))
# How the table names each type of the dataclass.
TYPES = {
    str: "string",
    str | None: "string or null",
    int: "whole number",
    datetime | None: "time or null",
    list[str]: "list of strings",
    list[Image]: "list of objects",
}
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


@pytest.mark.parametrize("field", FIELDS)
def test_the_table_has_the_type_of_each_field(field):
    assert ROWS[field] == TYPES[get_type_hints(Article)[field]]


def test_harvested_lines_match_the_table(demo):
    lines = demo.lines()
    assert lines
    for line in lines:
        assert tuple(line) == FIELDS
        for field, value in line.items():
            assert IS[ROWS[field]](value), (field, value)


def test_duplicate_of_is_null_as_long_as_the_text_says_so(demo):
    """The mirror has reprints, so this fails when they begin to be marked."""
    assert "**Reprints are not looked for yet**" in DOC
    assert {line["duplicate_of"] for line in demo.lines()} == {None}


def test_the_layout_section_names_every_family():
    text = DOC.partition("## `layout`")[2]
    assert tuple(re.findall(r"`([A-Z]+\d*)`", text)) == tuple(layouts.BY_NAME)
