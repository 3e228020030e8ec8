"""SECURITY.md: each promise names tests that exist."""

import re

import pytest

from support import ROOT

TEXT = (ROOT / "SECURITY.md").read_text("utf-8")
PROMISES = re.findall(r"^\| \*\*(.+?)\*\*.*\| (.+) \|$", TEXT, re.MULTILINE)


def test_the_table_of_promises_is_found():
    assert len(PROMISES) > 5


@pytest.mark.parametrize(("promise", "shown_by"), PROMISES, ids=[name for name, _ in PROMISES])
def test_a_promise_is_shown_by_tests_that_exist(promise, shown_by):
    paths = re.findall(r"`(tests/[^`]+)`", shown_by)
    assert paths, promise
    for path in paths:
        assert (ROOT / path).exists(), path
