"""Rows of a list that lead elsewhere, lack something, or have values that nobody expects."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from sinanews.mirror import roll
from sinanews.mirror.faults.elsewhere import CREDENTIALS, INSIDE, OUTSIDE
from sinanews.mirror.faults.kind import FOR_GOOD, Family, Kind, Make, RowKind, in_body
from sinanews.mirror.replies import JSON, Reply
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


def change_rows(good: Reply, change: Callable[[Json], list[Any]]) -> Reply:
    """An answer with each row replaced by what `change` makes of it; any other reply as it is."""
    if good.content_type != JSON or good.headers:
        return good
    document = json.loads(good.body)
    rows = [new for row in document["result"]["data"] for new in change(row)]
    document["result"]["data"] = rows
    return replace(good, body=roll.serialize(document, {}).encode(), zipped=None)


def _row_kind(name: str, summary: str, rows: Callable[[Json], list[Any]]) -> RowKind:
    def reply(target: str, make: Make) -> Reply:
        return change_rows(make(target), rows)

    return RowKind(name, summary, reply, rows=rows)


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


def _with_bad_rows(body: bytes) -> bytes:
    """Inserts four broken rows, each after a good one as long as there are any."""
    document = json.loads(body)
    rows: list[Any] = document["result"]["data"]
    good = dict(rows[0]) if rows else {"docid": "comos:nnonesuch00000", "intime": "0"}
    broken = [
        {name: value for name, value in good.items() if name != "url"},
        {name: value for name, value in good.items() if name != "intime"},
        {**good, "intime": "soon"},
        "no row",
    ]
    for index, row in enumerate(broken):
        rows.insert(2 * index + 1, row)
    return roll.serialize(document, {}).encode()


FAMILY = Family(
    "rows",
    "rows of a list that lead elsewhere, or have values that nobody expects",
    (
        Kind("badrow", "four rows that cannot be used", in_body(_with_bad_rows), on_lists=FOR_GOOD),
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
