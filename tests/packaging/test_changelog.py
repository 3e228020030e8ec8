"""CHANGELOG.md: what `pip` calls this version is told there, in the form of Keep a Changelog."""

import re
import tomllib

from support import ROOT

TEXT = (ROOT / "CHANGELOG.md").read_text("utf-8")
KINDS = {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}


def test_the_unreleased_comes_first_then_the_versions_with_their_days_newest_first():
    first, *versions = re.findall(r"^## (.*)$", TEXT, re.MULTILINE)
    assert first == "[Unreleased]"
    found = [re.fullmatch(r"\[(\d+\.\d+\.\d+)\] - (\d{4}-\d\d-\d\d)", line) for line in versions]
    assert all(found), versions
    days = [match[2] for match in found]
    assert days == sorted(days, reverse=True)


def test_the_version_of_the_package_is_the_last_one_that_is_told():
    version = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]
    assert re.findall(r"^## \[(\d.*)\]", TEXT, re.MULTILINE)[0] == version


def test_changes_stand_under_the_six_headings_of_the_form():
    assert set(re.findall(r"^### (.*)$", TEXT, re.MULTILINE)) <= KINDS
