"""T2005: tables without ids. Date and source share a row below the title's."""

from collections.abc import Iterator

from sinanews.extraction.layouts.base import Layout, Page, Rule, dated, editor_lines, text


def cells_below(title: str) -> Rule:
    """The text of each cell in the rows below the row of a title.

    Found from the titles on: the selector that says so has a search begin anew for each row.
    """

    def find(page: Page) -> Iterator[str]:
        climbed: set[int] = set()
        given: set[int] = set()
        for node in page.all(title):
            parent = node.parent
            while parent is not None and parent.mem_id not in climbed:
                climbed.add(parent.mem_id)
                row = parent.next if parent.tag == "tr" else None
                while row is not None and row.mem_id not in given:
                    given.add(row.mem_id)
                    if row.tag == "tr":
                        yield from map(page.text, row.css("td"))
                    row = row.next
                parent = parent.parent

    return Rule(f"text of tr:has({title}) ~ tr td", find)


T2005 = Layout(
    name="T2005",
    seen=(2004, 2008),
    required_selectors=("th.f24",),
    body="td.l17 td.l17, #zoom, td.l17:not(:has(td.l17, #zoom))",
    fields={
        "title": (text("th.f24"),),
        "source": (dated(cells_below("th.f24")),),
        "published": (cells_below("th.f24"),),
        "editor": (editor_lines("td.l17 p"),),
    },
    # Advertisements that float in the text, even within a word.
    boilerplate=("table[align=left]",),
)
