"""Faults on demand: what goes wrong, where, and how often."""

import json
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
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


def _error(status: int) -> Reply:
    return Reply(f"<html><body><h1>{status}</h1></body></html>\n".encode(), status=status)


INSTEAD = {
    **{str(status): _error(status) for status in STATUSES},
    "empty": Reply(b""),
    "html": Reply(CAPTCHA.encode()),
    "code11": Reply(roll.wrapped(roll.refusal(), {}).encode(), JSON),
    "soft404": Reply(SOFT_404.encode("gbk")),
}


def _half(body: bytes) -> bytes:
    return body[: len(body) // 2]


def _encoding(body: bytes) -> str:
    return "gb18030" if b"charset=gb2312" in body else "utf-8"


def _without(part: re.Pattern[str]) -> Callable[[bytes], bytes]:
    def spoiled(body: bytes) -> bytes:
        encoding = _encoding(body)
        return part.sub("", body.decode(encoding)).encode(encoding)

    return spoiled


def _in_gb18030(body: bytes) -> bytes:
    text = body.decode(_encoding(body))
    return text.replace("charset=gb2312", "charset=utf-8").encode("gb18030")


def _with_bad_rows(body: bytes) -> bytes:
    """Four rows that cannot be used, each after a good one where there are as many."""
    document = json.loads(body)
    rows: list[Any] = document["result"]["data"]
    good = dict(rows[0]) if rows else {"docid": "comos:nnonesuch00000", "intime": "0"}
    bad = [
        {name: value for name, value in good.items() if name != "url"},
        {name: value for name, value in good.items() if name != "intime"},
        {**good, "intime": "soon"},
        "no row",
    ]
    for place, row in enumerate(bad):
        rows.insert(2 * place + 1, row)
    return roll.wrapped(document, {}).encode()


SPOILED: dict[str, Callable[[bytes], bytes]] = {
    "truncated": _half,
    "nobody": _without(_BODY),
    "notitle": _without(_TITLES),
    "gbk-as-utf8": _in_gb18030,
    "badrow": _with_bad_rows,
}
# For the server, which holds the connection.
HANG, RESET, PARTIAL = "hang", "reset", "partial"
LOOP, PHONE = "redirect-loop", "redirect-phone"
KINDS = (*INSTEAD, *SPOILED, HANG, RESET, PARTIAL, LOOP, PHONE)


@dataclass(slots=True)
class Fault:
    """A kind of fault for addresses that contain `where`; `left` hits, None for all."""

    where: str
    kind: str
    left: int | None = None


class Faults:
    """The faults of a mirror, asked in the order in which they were added.

    Each rule is `WHERE=KIND`, or `WHERE=KIND*N` for the first N hits only; WHERE is a part of
    HOST/PATH?QUERY. Raises ArgumentError for an unknown kind or a rule of another form.
    """

    def __init__(self, rules: Iterable[str] = ()) -> None:
        self._faults: list[Fault] = []
        for rule in rules:
            self.add(*_read(rule))

    def add(self, where: str, kind: str, times: int | None = None) -> None:
        """Adds a fault, for the first `times` hits. Raises ArgumentError for an unknown kind."""
        if kind not in KINDS:
            raise ArgumentError("fault", kind, f"one of {', '.join(KINDS)}")
        self._faults.append(Fault(where, kind, times))

    def clear(self) -> None:
        """From now on nothing goes wrong."""
        self._faults.clear()

    def hit(self, target: str) -> str | None:
        """The kind of fault that HOST/PATH?QUERY meets now, None for none; counts as a hit."""
        for fault in self._faults:
            if fault.where in target and fault.left != 0:
                fault.left = fault.left and fault.left - 1
                return fault.kind
        return None


def _read(rule: str) -> tuple[str, str, int | None]:
    where, equals, fault = rule.rpartition("=")
    kind, star, times = fault.partition("*")
    if not (where and equals) or (star and not times.isdecimal()):
        raise ArgumentError("fault", rule, "PATH=KIND or PATH=KIND*TIMES")
    return where, kind, int(times) if star else None


def faulty(kind: str, target: str, answer: Callable[[str], Reply]) -> Reply:
    """The reply that a fault makes of an answer, which is asked for only if some of it is used."""
    if kind in INSTEAD:
        return INSTEAD[kind]
    if kind == LOOP:
        return Reply(b"", status=302, location=_there_and_back(target))
    if kind == PHONE:
        return Reply(b"", status=302, location=_for_phones(target))
    good = answer(target)
    return replace(good, body=SPOILED[kind](good.body), zipped=None)


def _there_and_back(target: str) -> str:
    """A relative address, so that it leads back here under the site's name and under ours."""
    page = target.rpartition("/")[2] if "?" not in target else _last(target)
    mark = "&loop=1" if "?" in page else "?loop=1"
    stripped = re.sub(r"[?&]loop=1$", "", page)
    return stripped if stripped != page else page + mark


def _for_phones(target: str) -> str:
    """The page for phones of a page, as an address of the mirror."""
    return "/" + _DETAIL.sub(r".cn/\g<path>/detail-i\g<docid>.d.html", target)


def _last(target: str) -> str:
    path, _, query = target.partition("?")
    return f"{path.rpartition('/')[2]}?{query}"
