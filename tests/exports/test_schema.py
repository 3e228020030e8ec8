"""The schema of a line: what is shipped is what is made, and every line has its form."""

import json
import subprocess
import sys
from datetime import datetime

import jsonschema
import pytest
from hypothesis import given

from exports.samples import article, articles, line
from sinanews.exports.jsonl import json_line
from sinanews.exports.schema import FILE, VERSION, line_schema
from sinanews.items import FIELDS, Article
from support import ROOT
from test_exporters import Topical

SCHEMA = json.loads(FILE.read_text("utf-8"))
CHECK = jsonschema.Draft202012Validator(
    SCHEMA, format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER
)
# A line of version 0.1.0, before `seen`.
OLD = {name: value for name, value in json.loads(line()).items() if name != "seen"}


def faults(read: dict) -> list[str]:
    return [
        f"{'/'.join(map(str, error.path))}: {error.message}" for error in CHECK.iter_errors(read)
    ]


def test_the_file_in_the_package_is_what_is_made():
    made = line_schema()
    assert made == SCHEMA
    command = [sys.executable, "-m", "sinanews.exports.schema"]
    printed = subprocess.run(command, cwd=ROOT, capture_output=True, check=True).stdout
    assert printed == FILE.read_bytes()


def test_the_schema_is_one_and_has_a_version():
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    assert SCHEMA["$id"].endswith(f":{VERSION}")
    assert SCHEMA["version"] == VERSION
    assert tuple(SCHEMA["properties"]) == FIELDS


def test_every_field_says_what_it_is():
    fields = {**SCHEMA["properties"], **SCHEMA["properties"]["images"]["items"]["properties"]}
    assert all(field["description"] for field in fields.values())


@given(articles)
def test_every_line_is_of_the_schema(one):
    assert faults(json.loads(json_line(one))) == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"title": None},
        {"docid": 3},
        {"published": "2026-09-29"},
        {"published": 3},
        {"channels": "guonei"},
        {"channels": None},
        {"images": [{"caption": ""}]},
        {"revision": "1"},
        {"revision": 1.5},
        {"author": ["林知远"]},
    ],
    ids=str,
)
def test_what_no_line_has_is_not_of_the_schema(wrong):
    assert faults(json.loads(line())) == []
    assert len(faults(json.loads(line()) | wrong)) >= 1


def test_a_line_that_lacks_a_field_is_not_of_the_schema():
    for name in OLD:
        assert faults({field: value for field, value in OLD.items() if field != name}), name


def test_old_lines_are_read_and_are_of_the_schema():
    assert faults(OLD) == []
    assert Article.from_json(OLD) == article(seen=None)


def test_lines_with_more_fields_are_read_and_are_of_the_schema():
    more = json.loads(line()) | {"topic": "利率"}
    assert faults(more) == []
    assert Article.from_json(more) == article()


def test_a_subclass_has_a_schema_of_its_own():
    assert line_schema(Topical)["properties"]["topic"]["type"] == ["null", "string"]


def test_times_in_the_schema_need_a_zone():
    """What `format` is worth depends on what is installed to check it; here it is checked."""
    assert "date-time" in CHECK.format_checker.checkers
    assert faults(json.loads(line()) | {"seen": "2026-09-29T10:00:00"})
    assert datetime.fromisoformat(json.loads(line())["seen"]).tzinfo
