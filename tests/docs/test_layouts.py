"""docs/layouts.md: its tables say what the code says, and its steps make a layout that reads.

    PYTHONPATH=.:tests .venv/bin/python tests/docs/test_layouts.py

writes the tables anew.
"""

import json
import re
import sys
from pathlib import Path

import pytest
from scrapy.http import HtmlResponse

from sinanews.exceptions import LayoutError
from sinanews.extraction import layouts, page
from sinanews.extraction.layouts.base import Page
from sinanews.mirror.pages import render
from sinanews.mirror.site import Site
from support import ROOT

FILE = ROOT / "docs" / "layouts.md"
DOC = FILE.read_text("utf-8")
FIELDS = ("title", "source", "published", "updated", "editor", "keywords")
# What the guide's page was called before, and is called on the page that fails.
RENAMED = {"main-title": "headline-2027", "date-source": "info-2027", "artibody": "content-2027"}


def families() -> str:
    """The table of the families, in the order in which they are asked."""
    head = ["family", "what it is", "seen", "marks", "body"]
    return table(head, [family(layout) for layout in layouts.LAYOUTS])


def family(layout: layouts.Layout) -> list[str]:
    first, last = layout.seen
    years = f"{first}" if first == last else f"{first}-{last}"
    lacking = layout.absent(Page(""))  # an empty page lacks them all
    required_selectors = ", ".join(f"`{css}`" for css in lacking if css != layout.body)
    made = "; content made of what scripts or metas say" if layout.made else ""
    return [
        layout.name,
        about(layout),
        years,
        required_selectors or "only the body",
        f"`{layout.body}`{made}",
    ]


def about(layout: layouts.Layout) -> str:
    """What its module says of it, without the name that this begins with."""
    modules = (
        sys.modules[name] for name in sys.modules if name.startswith("sinanews.extraction.layouts.")
    )
    said = (" ".join((module.__doc__ or "").split()) for module in modules)
    found = (re.match(rf"{layout.name}\b[:,]? (.*)", text) for text in said)
    return next(filter(None, found))[1]


def rules() -> str:
    """The table of where each field is looked for; families that look alike share a row."""
    rows: dict[tuple[str, str], list[str]] = {}
    for field in FIELDS:
        for layout in layouts.LAYOUTS:
            said = ", then ".join(f"`{rule}`" for rule in layout.fields.get(field, ()))
            rows.setdefault((field, said or "nowhere"), []).append(layout.name)
    found = [[field, ", ".join(names), said] for (field, said), names in rows.items()]
    return table(["field", "families", "looked for in"], found)


def table(head: list[str], rows: list[list[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)


def renewed() -> str:
    """The guide with both tables as the code gives them."""
    text = DOC
    for made in (families(), rules()):
        head = re.escape(made.partition("\n")[0])
        text = re.sub(rf"^{head}\n(?:\|.*\n)+", lambda _, new=made: new, text, flags=re.MULTILINE)
    return text


def test_the_tables_are_those_that_the_code_gives():
    assert families() in renewed()
    assert rules() in renewed()
    assert renewed() == DOC, "write them anew as the first lines of this test say"


def blocks(marker: str) -> str:
    """The guide's block of Python that has the marker in it."""
    found = re.findall(r"```python\n(.*?)```", DOC, re.DOTALL)
    return next(block for block in found if marker in block)


@pytest.fixture
def failed(tmp_path: Path) -> Path:
    """A page as the archive keeps one that failed, with its reason; the path has no suffix."""
    story = next(story for story in Site(articles=40).stories if story.family == "F2017")
    html = render(story).decode()
    for old, new in RENAMED.items():
        html = html.replace(old, new)
    with pytest.raises(LayoutError):
        page.read(HtmlResponse(story.url, body=html.encode()))
    (tmp_path / "page.html").write_text(html, "utf-8")
    said = {"url": story.url, "content_type": "text/html"}
    (tmp_path / "page.json").write_text(json.dumps(said), "utf-8")
    return tmp_path / "page"


def test_the_guides_layout_reads_the_page_that_failed_and_makes_a_fixture_of_it(
    failed, tmp_path, monkeypatch
):
    known: dict[str, layouts.Layout] = {}
    exec(blocks("F2027 = replace("), known)  # noqa: S102 - the documentation is under test
    monkeypatch.setattr(layouts, "LAYOUTS", (known["F2027"], *layouts.LAYOUTS))
    script = blocks("expected.json")
    for said, here in {
        "output/failed/nfqspnm5600035": str(failed),
        "tests/fixtures/layouts/F2027-plain": str(tmp_path / "F2027-plain"),
    }.items():
        assert said in script
        script = script.replace(said, here)
    exec(script, {})  # noqa: S102 - as above

    expected = json.loads((tmp_path / "F2027-plain" / "expected.json").read_text("utf-8"))
    example = ROOT / "tests/fixtures/layouts/F2017-plain/expected.json"
    assert expected.keys() == json.loads(example.read_text("utf-8")).keys()
    assert expected["layout"] == "F2027"
    for field in ("title", "source", "published", "editor", "paragraphs"):
        assert expected[field], field
    assert (tmp_path / "F2027-plain" / "page.html").stat().st_size < 10_000


if __name__ == "__main__":
    FILE.write_text(renewed(), "utf-8")
