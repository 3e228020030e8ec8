"""Faults on demand: which kind, at which addresses, how often."""

import json
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from sinanews.exceptions import ArgumentError
from sinanews.mirror import roll
from sinanews.mirror.replies import JSON, Reply

CAPTCHA = """<!DOCTYPE html>
<html><head><meta charset="utf-8"><title>安全验证</title></head>
<body><form action="/captcha"><p>访问过于频繁，请输入验证码后继续。</p>
<img src="/captcha.png" alt="验证码"><input name="code"></form></body></html>
"""
SOFT_404 = """<!DOCTYPE html>
<html><head><meta http-equiv="Content-Type" content="text/html; charset=gb2312">
<title>页面没有找到</title></head><body><p>页面没有找到</p></body></html>
"""
STATUSES = (404, 410, 403, 418, 429, 500, 503)

_BODY = re.compile(
    r'<div class="[^"]*" id="arti(?:body|cle)">.*?'
    r"(?=<!-- (?:原始)?正文 ?end -->|<!--正文部分end-->|<!-- google_ad_section_end -->"
    r'|<!-- 正文内容 end -->|<div id="article_kandian")'
    r'|<section class="art_pic_card art_content">.*?</section>'
    r"|<td class=l17>.*?(?=<td width=8>)",
    re.DOTALL,
)
_TITLES = re.compile(
    r'<title>.*?</title>|<h1 (?:class="(?:main-title|art_tit_h1)"|id="artibodyTitle").*?</h1>'
    r'|<th class=f24 .*?</th>|<div class="second-title">.*?</div>'
    r'|<meta property="og:(?:title|description)"[^>]*>'
)
_DETAIL = re.compile(r"\.com\.cn/(?P<path>.*)/doc-i(?P<docid>\w+)\.shtml$")


# Faults that replace the whole reply.
REPLACEMENTS = {
    **{
        str(status): Reply(f"<html><body><h1>{status}</h1></body></html>\n".encode(), status=status)
        for status in STATUSES
    },
    "empty": Reply(b""),
    "html": Reply(CAPTCHA.encode()),
    "code11": Reply(roll.serialize(roll.refusal(), {}).encode(), JSON),
    "soft404": Reply(SOFT_404.encode("gbk")),
}


def _encoding(body: bytes) -> str:
    return "gb18030" if b"charset=gb2312" in body else "utf-8"


def _without(pattern: re.Pattern[str], body: bytes) -> bytes:
    encoding = _encoding(body)
    return pattern.sub("", body.decode(encoding)).encode(encoding)


def _in_gb18030(body: bytes) -> bytes:
    text = body.decode(_encoding(body))
    return text.replace("charset=gb2312", "charset=utf-8").encode("gb18030")


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


# Faults that change the body.
CHANGES: dict[str, Callable[[bytes], bytes]] = {
    "truncated": lambda body: body[: len(body) // 2],
    "nobody": partial(_without, _BODY),
    "notitle": partial(_without, _TITLES),
    "gbk-as-utf8": _in_gb18030,
    "badrow": _with_bad_rows,
}
# Faults of the connection, which the server implements.
HANG, RESET, PARTIAL = "hang", "reset", "partial"
LOOP, PHONE = "redirect-loop", "redirect-phone"
KINDS = (*REPLACEMENTS, *CHANGES, HANG, RESET, PARTIAL, LOOP, PHONE)


@dataclass(slots=True)
class Fault:
    """A kind of fault at addresses that contain `where`, for `left` more hits, None for any."""

    where: str
    kind: str
    left: int | None = None


class Faults:
    """The faults of a mirror; the first one that applies to an address is used.

    Each rule is `WHERE=KIND`, or `WHERE=KIND*N` for the first N hits only; WHERE is a part of
    HOST/PATH?QUERY. Raises ArgumentError for an unknown kind or a malformed rule.
    """

    def __init__(self, rules: Iterable[str] = ()) -> None:
        self._faults: list[Fault] = []
        for rule in rules:
            self.add(*_parse(rule))

    def add(self, where: str, kind: str, times: int | None = None) -> None:
        """Adds a fault, for the first `times` hits. Raises ArgumentError for an unknown kind."""
        if kind not in KINDS:
            raise ArgumentError("fault", kind, f"one of {', '.join(KINDS)}")
        self._faults.append(Fault(where, kind, times))

    def clear(self) -> None:
        """Removes all faults."""
        self._faults.clear()

    def hit(self, target: str) -> str | None:
        """The kind of fault for a request of HOST/PATH?QUERY, None for none; counts the hit."""
        for fault in self._faults:
            if fault.where in target and fault.left != 0:
                fault.left = fault.left and fault.left - 1
                return fault.kind
        return None


def _parse(rule: str) -> tuple[str, str, int | None]:
    where, equals, fault = rule.rpartition("=")
    kind, star, times = fault.partition("*")
    if not (where and equals) or (star and not times.isdecimal()):
        raise ArgumentError("fault", rule, "PATH=KIND or PATH=KIND*TIMES")
    return where, kind, int(times) if star else None


def faulty_reply(kind: str, target: str, reply: Callable[[str], Reply]) -> Reply:
    """The reply to HOST/PATH?QUERY with a fault. `reply` makes the one without, and is called only
    if some of it is used."""
    if kind in REPLACEMENTS:
        return REPLACEMENTS[kind]
    if kind == LOOP:
        return Reply(b"", status=302, location=_loop(target))
    if kind == PHONE:
        mobile = _DETAIL.sub(r".cn/\g<path>/detail-i\g<docid>.d.html", target)
        return Reply(b"", status=302, location=f"/{mobile}")
    good = reply(target)
    return replace(good, body=CHANGES[kind](good.body), zipped=None)


def _loop(target: str) -> str:
    """The address with `loop=1` added or removed. It is relative: the site's URLs and the mirror's
    lead back here alike."""
    path, mark, query = target.partition("?")
    page = path.rpartition("/")[2] + mark + query
    stripped = re.sub(r"[?&]loop=1$", "", page)
    if stripped != page:
        return stripped
    return f"{page}&loop=1" if mark else f"{page}?loop=1"
