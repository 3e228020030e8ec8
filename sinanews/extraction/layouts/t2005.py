"""T2005: tables without ids. Date and source share a row below the title's."""

from sinanews.extraction.layouts.base import Layout, dated, editor_lines, text

T2005 = Layout(
    name="T2005",
    seen=(2004, 2008),
    required_selectors=("th.f24",),
    body="td.l17 td.l17, #zoom, td.l17:not(:has(td.l17, #zoom))",
    fields={
        "title": (text("th.f24"),),
        "source": (dated("tr:has(th.f24) ~ tr td"),),
        "published": (text("tr:has(th.f24) ~ tr td"),),
        "editor": (editor_lines("td.l17 p"),),
    },
    # Advertisements that float in the text, even within a word.
    boilerplate=("table[align=left]",),
)
