"""Rows of a list that lead elsewhere, lack something, or have values that nobody expects."""

from collections.abc import Callable
from typing import Any

from sinanews.mirror.faults.elsewhere import CREDENTIALS, INSIDE, OUTSIDE
from sinanews.mirror.faults.kind import FOR_GOOD, Family, Kind, RowKind, in_rows
from sinanews.mirror.roll import Json

TITLE = "\x1b[31m{title}\x1b]0;x\x07\r\nfake line\u202e\u2066\x9b2J\u2028\x00"
LONG_ID = "comos:" + "../" * 3000 + "etc/passwd"
BAD_VALUES: Json = {
    "intro": ["<script>alert(1)</script>"],
    "media_name": {"name": 1},
    "lids": 1686,
    "mtime": "-1e999",
    "keywords": None,
    "img": 9**40,
}


def _row_kind(name: str, summary: str, rows: Callable[[Json], list[Any]]) -> RowKind:
    return RowKind(name, summary, in_rows(each_row(rows)), rows=rows)


def each_row(rows: Callable[[Json], list[Any]]) -> Callable[[list[Any]], list[Any]]:
    """Has each row replaced by one or more."""
    return lambda good: [new for row in good for new in rows(row)]


def _beside(name: str, summary: str, **values: object) -> RowKind:
    """Another row behind a good one, which differs from it in some values."""
    return _row_kind(name, summary, lambda row: [row, row | values])


def _without(name: str, summary: str, key: str) -> RowKind:
    """Another row behind a good one, which lacks one value."""
    return _row_kind(
        name, summary, lambda row: [row, {k: value for k, value in row.items() if k != key}]
    )


def _with_hostile_title(row: Json) -> list[Any]:
    return [row | {"title": TITLE.format(title=row["title"])}]


def _with_broken_rows(rows: list[Any]) -> list[Any]:
    """Four broken rows, each after a good one as long as there are any."""
    good = dict(rows[0]) if rows else {"docid": "comos:nnonesuch00000", "intime": "0"}
    broken = [
        {name: value for name, value in good.items() if name != "url"},
        {name: value for name, value in good.items() if name != "intime"},
        {**good, "intime": "soon"},
        "no row",
    ]
    for index, row in enumerate(broken):
        rows.insert(2 * index + 1, row)
    return rows


FAMILY = Family(
    "rows",
    "rows of a list that lead elsewhere, or have values that nobody expects",
    (
        Kind(
            "badrow", "four rows that cannot be used", in_rows(_with_broken_rows), on_lists=FOR_GOOD
        ),
        _beside("row-inside", f"a row more, of {INSIDE}", url=INSIDE),
        _beside("row-login", "a row more, of a loopback address with a password", url=CREDENTIALS),
        _beside("row-outside", f"a row more, of {OUTSIDE}", url=OUTSIDE),
        _beside(
            "row-port",
            "a row more, of another port",
            url="https://finance.sina.com.cn:8443/a.shtml",
        ),
        _beside("row-script", "a row more, of a script", url="javascript:alert(1)//sina.com.cn/"),
        _beside(
            "row-long-url",
            "a row more, of 9 KB of address",
            url=f"https://finance.sina.com.cn/{'a/' * 4500}",
        ),
        _beside("row-time", "a row more, without a time in its time", intime="soon"),
        _without("row-no-url", "a row more, without an address", "url"),
        _row_kind("row-no-object", "a row more, which is a number", lambda row: [row, 7]),
        _row_kind(
            "row-id",
            "an id of 9 KB that leads out of a folder",
            lambda row: [row | {"docid": LONG_ID}],
        ),
        _row_kind("row-title", "a title that a terminal obeys", _with_hostile_title),
        _row_kind("row-values", "values of other types", lambda row: [row | BAD_VALUES]),
    ),
)
