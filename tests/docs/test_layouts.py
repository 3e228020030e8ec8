"""docs/layouts.md: its tables match the code, and its steps make a working layout.

    PYTHONPATH=.:tests .venv/bin/python tests/docs/test_layouts.py

regenerates the tables.
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
# Class names and ids of a readable page, and their new names on the page that fails.
RENAMED = {"main-title": "headline-2027", "date-source": "info-2027", "artibody": "content-2027"}


def families() -> str:
    """The table of the families, in the order in which they are tried."""
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
    """The docstring of the layout's module, without the name it begins with."""
    modules = (
        sys.modules[name] for name in sys.modules if name.startswith("sinanews.extraction.layouts.")
    )
    docstrings = (" ".join((module.__doc__ or "").split()) for module in modules)
    matches = (re.match(rf"{layout.name}\b[:,]? (.*)", text) for text in docstrings)
    return next(filter(None, matches))[1]


def rules() -> str:
    """The table of where each field is looked for; families that look alike share a row."""
    rows: dict[tuple[str, str], list[str]] = {}
    for field in FIELDS:
        for layout in layouts.LAYOUTS:
            looked_for = ", then ".join(f"`{rule}`" for rule in layout.fields.get(field, ()))
            rows.setdefault((field, looked_for or "nowhere"), []).append(layout.name)
    cells = [[field, ", ".join(names), rule] for (field, rule), names in rows.items()]
    return table(["field", "families", "looked for in"], cells)


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


def test_the_tables_match_the_code():
    assert families() in renewed()
    assert rules() in renewed()
    assert renewed() == DOC, "regenerate them as the docstring of this file says"


def blocks(marker: str) -> str:
    """The guide's Python block that contains the marker."""
    code_blocks = re.findall(r"```python\n(.*?)```", DOC, re.DOTALL)
    return next(block for block in code_blocks if marker in block)


@pytest.fixture
def failed(tmp_path: Path) -> Path:
    """A failed page and its JSON file as the archive keeps them; the path has no suffix."""
    story = next(story for story in Site(articles=40).stories if story.family == "F2017")
    html = render(story).decode()
    for old, new in RENAMED.items():
        html = html.replace(old, new)
    with pytest.raises(LayoutError):
        page.read(HtmlResponse(story.url, body=html.encode()))
    (tmp_path / "page.html.txt").write_text(html, "utf-8")
    metadata = {"url": story.url, "content_type": "text/html"}
    (tmp_path / "page.json").write_text(json.dumps(metadata), "utf-8")
    return tmp_path / "page"


def test_the_guide_makes_a_layout_and_a_fixture_from_a_failed_page(failed, tmp_path, monkeypatch):
    namespace: dict[str, layouts.Layout] = {}
    exec(blocks("F2027 = replace("), namespace)  # noqa: S102 - the documentation is under test
    monkeypatch.setattr(layouts, "LAYOUTS", (namespace["F2027"], *layouts.LAYOUTS))
    script = blocks("expected.json")
    for documented, actual in {
        "output/failed/nfqspnm5600035": str(failed),
        "tests/fixtures/layouts/F2027-plain": str(tmp_path / "F2027-plain"),
    }.items():
        assert documented in script
        script = script.replace(documented, actual)
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
