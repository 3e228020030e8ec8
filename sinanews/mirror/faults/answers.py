"""Faults of whole replies: refusals, errors, pages that are not there, bodies packed wrongly."""

import gzip
import re
from dataclasses import replace

from sinanews.mirror import roll
from sinanews.mirror.faults.kind import FOR_GOOD, Family, Kind, Make, instead
from sinanews.mirror.replies import JSON, Reply, zip_body

CAPTCHA = """<!DOCTYPE html>
<html><head><meta charset="utf-8"><title>安全验证</title></head>
<body><form action="/captcha"><p>访问过于频繁，请输入验证码后继续。</p>
<img src="/captcha.png" alt="验证码"><input name="code"></form></body></html>
"""
LOGIN = """<!DOCTYPE html>
<html><head><meta charset="gb2312"><title>Sina Visitor System</title></head>
<body><div id="message">visitor</div></body></html>
"""
SOFT_404 = """<!DOCTYPE html>
<html><head><meta http-equiv="Content-Type" content="text/html; charset=gb2312">
<title>页面没有找到</title></head><body><p>页面没有找到</p></body></html>
"""
# Hits by which a status passes at an address that has it by chance. A page that is not there, and
# not young, is gone for good; a site that is too busy says so more than once.
STATUSES = {404: FOR_GOOD, 410: FOR_GOOD, 403: 1, 418: 1, 429: 2, 500: 1, 503: 2}
OF_LISTS = (500, 503)  # a list that refuses ends a run: that is no fault to come by chance
LOOP = 6  # hits: one visit by a client that follows five redirects
FORGED = "x\n2026-03-18 09:00:00 [sinanews] INFO: china: complete (finished)\x1b[2J\x07"
ZIPPED = {"Content-Encoding": "gzip"}

_DETAIL = re.compile(r"\.com\.cn/(?P<path>.*)/doc-i(?P<docid>\w+)\.shtml$")


def _status(status: int) -> Kind:
    reply = Reply(f"<html><body><h1>{status}</h1></body></html>\n".encode(), status=status)
    hits = STATUSES[status]
    on_lists = hits if status in OF_LISTS else 0
    return Kind(str(status), f"HTTP {status}", instead(reply), hits, on_lists)


def _answer(code: int, message: str) -> Reply:
    document = roll.refusal()
    document["result"]["status"] = {"code": code, "msg": message}
    return Reply(roll.serialize(document, {}).encode(), JSON)


def _cut_off(target: str, make: Make) -> Reply:
    good = make(target)
    zipped = zip_body(good.body)
    return replace(good, body=zipped[: len(zipped) // 2], headers=ZIPPED)


def _damaged(target: str, make: Make) -> Reply:
    good = make(target)
    zipped = zip_body(good.body)
    middle = len(zipped) // 2
    return replace(good, body=zipped[:middle] + b"\0" * 8 + zipped[middle + 8 :], headers=ZIPPED)


def _packed_otherwise(target: str, make: Make) -> Reply:
    good = make(target)
    return replace(good, body=gzip.compress(good.body), headers={"Content-Encoding": "br"})


def _there_and_back(target: str, make: Make) -> Reply:
    """Leads to the address with `loop=1` added or removed. The address is relative: the site's URLs
    and the mirror's lead back here alike."""
    del make
    path, mark, query = target.partition("?")
    page = path.rpartition("/")[2] + mark + query
    stripped = without_loop(page)
    added = f"{page}&loop=1" if mark else f"{page}?loop=1"
    return Reply(b"", status=302, location=added if stripped == page else stripped)


def without_loop(target: str) -> str:
    """An address without what a redirect loop has added."""
    return re.sub(r"[?&]loop=1$", "", target)


def mobile_address(target: str) -> str:
    """HOST/PATH of the mobile page of the story whose PC page is at a target; the target's own
    HOST/PATH for any other."""
    return _DETAIL.sub(r".cn/\g<path>/detail-i\g<docid>.d.html", target.partition("?")[0])


def _to_phone(target: str, make: Make) -> Reply:
    mobile = mobile_address(target)
    if mobile == target.partition("?")[0]:
        return make(target)
    return Reply(b"", status=302, location=f"/{mobile}")


FAMILY = Family(
    "answers",
    "the answer is another one than the page or the list",
    (
        *map(_status, STATUSES),
        Kind("empty", "no bytes", instead(Reply(b"")), 1, 1),
        Kind("html", "a captcha page", instead(Reply(CAPTCHA.encode())), 1),
        Kind("login", "a login page", instead(Reply(LOGIN.encode())), 1),
        Kind(
            "soft404",
            "a page that says that there is none, with HTTP 200",
            instead(Reply(SOFT_404.encode("gbk"))),
            FOR_GOOD,
        ),
        Kind(
            "code11",
            "the list is not registered",
            instead(Reply(roll.serialize(roll.refusal(), {}).encode(), JSON)),
            on_lists=1,
        ),
        Kind(
            "forged-log",
            "the list's message looks like lines of our log",
            instead(_answer(1, FORGED)),
            on_lists=1,
        ),
        Kind("gzip-cut", "half of the gzip", _cut_off, 1, 1),
        Kind("gzip-damaged", "other bytes in the middle of the gzip", _damaged, 1, 1),
        Kind("br", "an encoding that nobody asked for", _packed_otherwise, 1, 1),
        Kind("redirect-loop", "redirects that lead there and back", _there_and_back, LOOP, LOOP),
        Kind("redirect-phone", "a redirect to the mobile page", _to_phone, FOR_GOOD),
    ),
)
