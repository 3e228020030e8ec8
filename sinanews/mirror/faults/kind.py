"""What a kind of fault is, and the ways of making one."""

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from sinanews.mirror import roll
from sinanews.mirror.replies import HTML, JSON, Reply
from sinanews.mirror.roll import Json

FOR_GOOD = sys.maxsize  # hits
Make = Callable[[str], Reply]


@dataclass(frozen=True, slots=True)
class Kind:
    """One way in which a reply may be wrong.

    `reply` makes the faulty reply to HOST/PATH?QUERY; its second argument makes the good one, and
    is called only if some of that is used. `on_pages` and `on_lists` are the hits after which the
    fault passes at an address that has it by chance, 0 where it comes by no chance.
    """

    name: str
    summary: str
    reply: Callable[[str, Make], Reply]
    on_pages: int = 0
    on_lists: int = 0


@dataclass(frozen=True, slots=True)
class RowKind(Kind):
    """A fault of rows, in any list. `rows` makes what stands in a good row's place: that row,
    perhaps changed, and behind it any others. By a rule, each row of an answer has it."""

    rows: Callable[[Json], list[Any]] = lambda row: [row]


@dataclass(frozen=True, slots=True)
class Family:
    """Kinds that belong together, under one name."""

    name: str
    summary: str
    kinds: tuple[Kind, ...]


def instead(reply: Reply) -> Callable[[str, Make], Reply]:
    """A fault that replaces the whole reply."""
    return lambda target, make: reply  # noqa: ARG005 - the arguments of any fault


def in_body(change: Callable[[bytes], bytes]) -> Callable[[str, Make], Reply]:
    """A fault that changes the body."""

    def faulty(target: str, make: Make) -> Reply:
        good = make(target)
        return replace(good, body=change(good.body), zipped=None)

    return faulty


def in_page(change: Callable[[str], str]) -> Callable[[str, Make], Reply]:
    """A fault that changes the text of an article page, in whatever encoding it is. Replies of any
    other kind stay as they are."""

    def faulty(target: str, make: Make) -> Reply:
        good = make(target)
        if good.content_type != HTML or good.headers or not good.body:
            return good
        code = encoding(good.body)
        # Bytes that another fault has left in another encoding come out as they went in.
        text = good.body.decode(code, "surrogateescape")
        return replace(good, body=change(text).encode(code, "surrogateescape"), zipped=None)

    return faulty


def in_rows(change: Callable[[list[Any]], list[Any]]) -> Callable[[str, Make], Reply]:
    """A fault that changes the rows of a list's answer. Replies of any other kind, and answers with
    a callback, stay as they are."""

    def faulty(target: str, make: Make) -> Reply:
        good = make(target)
        if good.content_type != JSON or good.headers:
            return good
        document = json.loads(good.body)
        document["result"]["data"] = change(document["result"]["data"])
        return replace(good, body=roll.serialize(document, {}).encode())

    return faulty


def encoding(body: bytes) -> str:
    """How the text of a page of the mirror is encoded."""
    return "gb18030" if b"charset=gb2312" in body else "utf-8"
