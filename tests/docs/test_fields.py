"""docs/fields.md: every field of a line, in order and with its actual type."""

import re
from datetime import datetime
from typing import get_type_hints

import pytest

from sinanews.extraction import layouts
from sinanews.extraction.signatures import AGREEING, SHORT, SIMILAR, TINY
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
