"""The answers of the roll API, written as the real one writes them."""

import json
from collections.abc import Mapping
from email.utils import format_datetime
from typing import Any

from sinanews.channels import BY_LID
from sinanews.mirror.site import Site
from sinanews.mirror.story import Stock, Story, at

PATH = "feed.mix.sina.com.cn/api/roll/get"
REGISTERED = frozenset(
    {(channel.pageid, channel.lid) for channel in BY_LID.values()} | {(153, 2509)}
)
MAX_ROWS = 50
DEFAULT_ROWS = 20
UNREGISTERED = 11
MAX_INTRO = 70  # characters
Json = dict[str, Any]


def answer(site: Site, query: Mapping[str, str]) -> str:
    """The answer to a query, as JSONP if the query has a `callback`; moves the clock on."""
    pageid, lid = _number(query, "pageid", 0), _number(query, "lid", 0)
    if (pageid, lid) not in REGISTERED:
        return serialize(refusal(), query)
    text = serialize(_page(site, lid, query), query)
    site.advance()
    return text


def _number(query: Mapping[str, str], name: str, default: int) -> int:
    value = query.get(name, "")
    return int(value) if value.isdecimal() else default


def refusal() -> Json:
    """The answer, with HTTP 200, for a list that is not registered with the page."""
    return _envelope({"code": UNREGISTERED, "msg": "列表和页面没有经过注册！"}, [])


def _page(site: Site, lid: int, query: Mapping[str, str]) -> Json:
    listed = site.listed(lid)
    size = min(_number(query, "num", DEFAULT_ROWS) or DEFAULT_ROWS, MAX_ROWS)
    first = (max(_number(query, "page", 1), 1) - 1) * size
    stories = listed[first : first + size]
    numbers = {
        "total": len(listed),
        "end": stories[-1].ctime if stories else 0,
        "start": stories[0].ctime if stories else 0,
        "lid": lid,
        "rtime": site.now,
    }
    status = {"code": 0, "msg": "succ"}
    # `Tue Sep 29 00:39:35 +0800 2026`, whatever the locale.
    weekday, day, month, year, time, zone = format_datetime(at(site.now)).split()
    date = f"{weekday[:3]} {month} {day} {time} {zone} {year}"
    return _envelope(status, [row(story) for story in stories], date, numbers)


def _envelope(
    status: Json, rows: list[Json], date: str = "", numbers: Mapping[str, int] | None = None
) -> Json:
    head = {"status": status, "timestamp": date, "top": [], "pdps": [], "cre": []}
    return {"result": {**head, **(numbers or {}), "data": rows}}


def serialize(document: Json, query: Mapping[str, str]) -> str:
    """The text of an answer: JSON, or JSONP if the query has a `callback`."""
    text = _json(document)
    name = query.get("callback")
    return f"try{{{name}({text});}}catch(e){{}};" if name else text


def _json(value: object) -> str:
    """JSON as PHP writes it: ASCII only, slashes escaped."""
    return json.dumps(value, separators=(",", ":")).replace("/", "\\/")


def row(story: Story) -> Json:
    """A story's row in a list, where every scalar is a string."""
    values = {
        **_constants(),
        "intime": str(story.intime),
        "ctime": str(story.ctime),
        "mtime": str(story.mtime),
        **_urls(story),
        "title": story.listed_title,
        "intro": _intro(story),
        "media_name": story.source,
        "hqChart": _json(_chart(story.stocks[:1])),
        "img": _img(story),
        "images": _images(story),
        "lids": ",".join(map(str, story.lids)),
        "oid": f"8957{story.docid[-5:]}",
    }
    return values if "bare" in story.features else {**values, "mlids": "", "ext": "1"}


def _constants() -> Json:
    zeros = "is_cre_manual authoruid ipad_vid video_time_length mediaid templateid productid"
    extras = {f"ext_{number}": "0" for number in range(5)}
    blanks = "icons wapsummary stitle summary author keywords subjectid"
    rest = {"channelid": "31", "level": "2", "categoryid": "1", "columnid": "1834"}
    defaults = dict.fromkeys(zeros.split(), "0") | dict.fromkeys(blanks.split(), "")
    return {**defaults, **extras, **rest}


def _urls(story: Story) -> Json:
    wap = [story.wapurl, story.wapurl.replace("https:", "http:")]
    video = str(int(story.docid[-5:]) + 100_000) if "video" in story.features else "0"
    return {
        "docid": f"comos:{story.docid}",
        "commentid": f"cj:comos-{story.docid}:0",
        "url": story.listed_url,
        "urls": _json([story.listed_url]),
        "wapurl": story.wapurl,
        "wapurls": _json(wap),
        "vid": video,
        "video_id": "" if "bare" in story.features else video,
    }


def _chart(stocks: tuple[Stock, ...]) -> Json:
    values = {"stockCode": stocks[0].code, "stockMarket": stocks[0].market} if stocks else {}
    empty = dict.fromkeys(("stockCode", "stockMarket", "mulStockChart", "isStaticStock"), "")
    return {"stockCharts": "yes" if stocks else "no", **empty, **values}


def _intro(story: Story) -> str:
    lead = story.lead()
    text = f"{lead[:MAX_INTRO]}..." if len(lead) > MAX_INTRO else lead
    indent = "　　" if "indented" in story.features else ""
    return indent + text.replace("&", "&amp;")


def _img(story: Story) -> Json | list[Json] | str:
    if "icon" in story.features:
        return {"u": f"https:{story.picture}", "w": 100, "h": 100, "t": ""}
    return "" if "noicon" in story.features else []


def _images(story: Story) -> list[Json]:
    if "picture" not in story.features:
        return []
    scheme = "http:" if "unquoted" in story.features else "https:"
    return [{"u": scheme + story.picture, "w": "550", "h": "315", "t": story.caption}]
