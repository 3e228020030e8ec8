"""Real pages of every family: each labelled field, the text, and the body of the reference."""

import importlib.util
import json
import re
from functools import cache
from pathlib import Path

import pytest
from scrapy.http import HtmlResponse

from sinanews.extraction import page
from sinanews.items import Article
from support import SHARED, needs_shared, reference

CAPTURES = [
    folder
    for folder in reference("conformance", "captures", "*")
    if (folder / "truth.json").exists()
]
FIELDS = (
    "title",
    "source",
    "published",
    "updated",
    "editor",
    "editor_code",
    "tickers",
    "images",
    "keywords",
)
# What would act in a browser, in captures that have any of it; all else is the reference's.
# Each is a pattern, and how often it is there.
TAKEN_OUT = {
    "f2016-xp1_5": {r' onmouseover="WeiboCard\.show\(\d+,\'finance\',this\)"': 3},
    "k-2025-gerapy": {r'<iframe [^<>]* src="javascript:\'.*?\'" [^<>]*></iframe>': 1},
    "n2017-gerapy-2025": {r'<iframe [^<>]* src="javascript:\'.*?\'" [^<>]*></iframe>': 1},
    "n2017-gne-1": {r' href="javascript:;"': 1},
    "tech2019-gne-4": {
        r'<link rel="stylesheet" href="//ent\.sina\.com\.cn/css/\S+" charset="GBK">': 1,
        r'(?<=<video id="myMovie" name="myMovie") src="[^"]*"': 1,
        r'<input type="checkbox" checked id="J_Video_Autoplay">': 1,
        r' href="javascript:;"': 3,
    },
}
pytestmark = needs_shared()


def truth(folder: Path) -> dict:
    return json.loads((folder / "truth.json").read_text("utf-8"))


@cache
def article(folder: Path) -> Article:
    body = (folder / "page.html").read_bytes()
    return page.read(HtmlResponse(truth(folder)["url"], body=body))


@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize("folder", CAPTURES, ids=lambda folder: folder.name)
def test_fields_match_their_labels(folder, field):
    expected = truth(folder)
    allowed = (
        [expected[field], *expected.get("source_alternatives", [])]
        if field == "source"
        else [expected[field]]
    )
    assert article(folder).to_json()[field] in allowed


@pytest.mark.parametrize("folder", CAPTURES, ids=lambda folder: folder.name)
def test_the_text_matches_the_labelled_paragraphs(folder):
    spec = importlib.util.spec_from_file_location("score", SHARED / "conformance/captures/score.py")
    score = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(score)
    assert score.text_f1("\n".join(truth(folder)["paragraphs"]), article(folder).text) >= 0.995


@pytest.mark.parametrize("folder", CAPTURES, ids=lambda folder: folder.name)
def test_the_author_is_the_labelled_one_or_none(folder):
    assert article(folder).author in {truth(folder)["author"], None}


@pytest.mark.parametrize(
    "folder",
    [f for f in CAPTURES if (f / "reference_body.html").exists()],
    ids=lambda folder: folder.name,
)
def test_the_source_body_matches_the_reference(folder):
    expected = (folder / "reference_body.html").read_bytes().decode()
    for active, count in TAKEN_OUT.get(folder.name, {}).items():
        expected, found = re.subn(active, "", expected)
        assert found == count
    assert article(folder).body_html == expected
