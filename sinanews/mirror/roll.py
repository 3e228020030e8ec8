"""The roll API's answers, as the real one writes them."""

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
MOST_ROWS = 50
USUAL_ROWS = 20
UNREGISTERED = 11
INTRO = 70  # characters
Json = dict[str, Any]


def answer(site: Site, query: Mapping[str, str]) -> str:
    """The answer to a query, in its JSONP wrapper when `callback` names one; moves the clock."""
    asked = _whole(query, "pageid", 0), _whole(query, "lid", 0)
    if asked not in REGISTERED:
        return wrapped(refusal(), query)
    answered = wrapped(_page(site, asked[1], query), query)
    site.answered()
    return answered


def _whole(query: Mapping[str, str], name: str, default: int) -> int:
    value = query.get(name, "")
    return int(value) if value.isdecimal() else default


def refusal() -> Json:
    """What is answered, with HTTP 200, for a list that is not registered with the page."""
    return _envelope({"code": UNREGISTERED, "msg": "列表和页面没有经过注册！"}, [])


def _page(site: Site, lid: int, query: Mapping[str, str]) -> Json:
    held = site.listed(lid)
    size = min(_whole(query, "num", USUAL_ROWS) or USUAL_ROWS, MOST_ROWS)
    first = (max(_whole(query, "page", 1), 1) - 1) * size
    stories = held[first : first + size]
    numbers = {
        "total": len(held),
        "end": stories[-1].ctime if stories else 0,
        "start": stories[0].ctime if stories else 0,
        "lid": lid,
        "rtime": site.now,
    }
    succeeded = {"code": 0, "msg": "succ"}
    return _envelope(succeeded, [row(story) for story in stories], _date(site.now), numbers)


def _envelope(
    status: Json, rows: list[Json], date: str = "", numbers: Mapping[str, int] | None = None
) -> Json:
    head = {"status": status, "timestamp": date, "top": [], "pdps": [], "cre": []}
    return {"result": {**head, **(numbers or {}), "data": rows}}


def _date(seconds: int) -> str:
    """`Tue Sep 29 00:39:35 +0800 2026`, whatever the locale."""
    weekday, day, month, year, time, zone = format_datetime(at(seconds)).split()
    return f"{weekday[:3]} {month} {day} {time} {zone} {year}"


def wrapped(document: Json, query: Mapping[str, str]) -> str:
    """JSON as PHP writes it: ASCII only, slashes escaped; as JSONP for a named callback."""
    written = json.dumps(document, separators=(",", ":")).replace("/", "\\/")
    name = query.get("callback")
    return f"try{{{name}({written});}}catch(e){{}};" if name else written


def row(story: Story) -> Json:
    """A story as the list has it: every scalar a string."""
    found = {**_constants(), **_times(story), **_addresses(story), **_words(story)}
    found |= {"img": _img(story), "images": _images(story)}
    found["lids"] = ",".join(map(str, story.lids))
    found["oid"] = f"8957{story.docid[-5:]}"
    return found if "bare" in story.features else {**found, "mlids": "", "ext": "1"}


def _constants() -> Json:
    zeros = "is_cre_manual authoruid ipad_vid video_time_length mediaid templateid productid"
    extras = {f"ext_{number}": "0" for number in range(5)}
    blanks = "icons wapsummary stitle summary author keywords subjectid"
    rest = {"channelid": "31", "level": "2", "categoryid": "1", "columnid": "1834"}
    filled = dict.fromkeys(zeros.split(), "0") | dict.fromkeys(blanks.split(), "")
    return {**filled, **extras, **rest}


def _times(story: Story) -> Json:
    return {name: str(getattr(story, name)) for name in ("intime", "ctime", "mtime")}


def _addresses(story: Story) -> Json:
    wap = [story.wapurl, story.wapurl.replace("https:", "http:")]
    video = str(int(story.docid[-5:]) + 100_000) if "video" in story.features else "0"
    return {
        "docid": f"comos:{story.docid}",
        "commentid": f"cj:comos-{story.docid}:0",
        "url": story.listed_url,
        "urls": _inner([story.listed_url]),
        "wapurl": story.wapurl,
        "wapurls": _inner(wap),
        "vid": video,
        "video_id": "" if "bare" in story.features else video,
    }


def _inner(value: object) -> str:
    """JSON within a JSON string."""
    return json.dumps(value, separators=(",", ":")).replace("/", "\\/")


def _words(story: Story) -> Json:
    return {
        "title": story.listed_title,
        "intro": _intro(story),
        "media_name": story.source,
        "hqChart": _inner(_chart(story.stocks[:1])),
    }


def _chart(stocks: tuple[Stock, ...]) -> Json:
    shown = {"stockCode": stocks[0].code, "stockMarket": stocks[0].market} if stocks else {}
    empty = dict.fromkeys(("stockCode", "stockMarket", "mulStockChart", "isStaticStock"), "")
    return {"stockCharts": "yes" if stocks else "no", **empty, **shown}


def _intro(story: Story) -> str:
    lead = story.lead()
    cut = f"{lead[:INTRO]}..." if len(lead) > INTRO else lead
    indent = "　　" if "indented" in story.features else ""
    return indent + cut.replace("&", "&amp;")


def _img(story: Story) -> Json | list[Json] | str:
    if "icon" in story.features:
        return {"u": f"https:{story.picture}", "w": 100, "h": 100, "t": ""}
    return "" if "noicon" in story.features else []


def _images(story: Story) -> list[Json]:
    if "picture" not in story.features:
        return []
    caption = story.writer("caption").write("caption") if "caption" in story.features else ""
    scheme = "http:" if "unquoted" in story.features else "https:"
    return [{"u": scheme + story.picture, "w": "550", "h": "315", "t": caption}]
