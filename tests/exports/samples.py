"""Articles as lines, and a ledger that is a list of them."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from hypothesis import strategies as st

from sinanews.exports.jsonl import json_line
from sinanews.exports.reading import Query, Reading
from sinanews.items import Article, Image
from sinanews.utils.times import at

FIRST = 1_790_000_000  # 2026-09-21 22:13:20 in China
DAY = 86_400


def article(docid: str = "nabc0000000001", **fields: object) -> Article:
    """An article with something in each kind of field."""
    values: dict = {
        "docid": docid,
        "url": f"https://finance.sina.com.cn/china/2026-09-29/doc-i{docid}.shtml",
        "channels": ["guonei", "jinrong"],
        "title": "海港股份：中报“略增”，\t=1+1",
        "summary": None,
        "author": "林知远 苏禾",
        "source": "某报",
        "published": at(FIRST),
        "first_seen": at(FIRST + 60),
        "seen": at(FIRST + 3_600),
        "keywords": ["海港", '引号",逗号'],
        "tickers": [],
        "images": [
            Image("https://n.sinaimg.cn/a.png", "图，一"),
            Image("https://n.sinaimg.cn/b.png"),
        ],
        "headimg": "https://n.sinaimg.cn/a.png",
        "body_html": "<p>　　正文。</p>\r\n<p>又一段 & <b>粗</b></p>",
        "text": "正文。\n又一段 & 粗",
        "layout": "F2017",
    }
    return Article(**values | fields)


def line(docid: str = "nabc0000000001", **fields: object) -> bytes:
    """The JSON line of such an article."""
    return json_line(article(docid, **fields))


def lines(count: int, step: int = DAY) -> list[bytes]:
    """The lines of so many articles, `step` seconds between two."""
    return [
        line(f"nabc{n:010}", published=at(FIRST + n * step), first_seen=at(FIRST + n * step + 60))
        for n in range(count)
    ]


# Any text that a line can hold.
texts = st.text(st.characters(exclude_categories=("Cs",)), max_size=20)
moments = st.integers(0, 4_000_000_000).map(at)
articles = st.builds(
    Article,
    docid=texts,
    url=texts,
    channels=st.lists(texts, max_size=3),
    title=texts,
    summary=st.none() | texts,
    published=st.none() | moments,
    updated=st.none() | moments,
    first_seen=st.none() | moments,
    seen=st.none() | moments,
    revision=st.integers(1, 99),
    images=st.lists(st.builds(Image, url=texts, caption=texts), max_size=2),
    body_html=texts,
    text=texts,
)


@dataclass(frozen=True)
class Row:
    """A revision of an article in the ledger: `position` counts what was ever committed."""

    docid: str
    revision: int
    ctime: int
    seen: int
    position: int

    def line(self) -> bytes:
        return line(
            self.docid,
            revision=self.revision,
            published=at(self.ctime),
            first_seen=at(self.ctime + 60),
            seen=at(self.seen),
        )


class Ledger(Reading):
    """What exports read, of a list of revisions; it notes which queries were read for lines."""

    def __init__(self, rows: Iterable[Row] = ()) -> None:
        self.rows = list(rows)
        self.queries: list[Query] = []
        self.notes: list[Exception] = []
        self.note = self.notes.append

    def add(self, docid: str, ctime: int, seen: int | None = None, revision: int = 1) -> None:
        self.rows.append(Row(docid, revision, ctime, seen or ctime + 600, self.position + 1))

    def lines(self, query: Query) -> Iterator[bytes]:
        self.queries.append(query)
        return (row.line() for row in self._rows(query))

    def count(self, query: Query) -> int:
        return len(self._rows(query))

    @property
    def position(self) -> int:
        return max((row.position for row in self.rows), default=0)

    def _rows(self, query: Query) -> list[Row]:
        last = {row.docid: row for row in sorted(self.rows, key=lambda row: row.revision)}
        rows = self.rows if query.revisions else last.values()

        def time(row: Row) -> int:
            return row.seen if query.by == "seen" else row.ctime

        return sorted(
            (
                row
                for row in rows
                if (query.since is None or time(row) >= query.since)
                and (query.until is None or time(row) < query.until)
                and (query.after is None or row.position > query.after)
            ),
            key=lambda row: (time(row), row.docid),
        )


def plain(data: bytes) -> dict:
    """A line as Python has it, with its times as such."""
    values = json.loads(data)
    for name in ("published", "updated", "first_seen", "seen"):
        values[name] = values[name] and datetime.fromisoformat(values[name])
    return values
