"""No regular expression takes more than linear time, whatever it is fed.

Each is listed with pieces of what it matches, and near misses of them. Inputs of 10, 20 and 40 KB
are made of the pieces, repeated alone and in pairs behind each of them.
"""

import ast
import importlib
import itertools
import pkgutil
import re
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import AnyStr

import pytest
from scrapy.http import HtmlResponse
from selectolax.lexbor import LexborHTMLParser

import sinanews
from sinanews.config import Bounds
from sinanews.exceptions import ArgumentError, BoundError
from sinanews.extraction.body import clean, stocks
from sinanews.extraction.bounds import check
from sinanews.extraction.bylines import byline
from sinanews.extraction.html5 import parsed_body
from sinanews.extraction.page import pc_url
from sinanews.extraction.pager import remove_pagers
from sinanews.extraction.processors import editor, outlet, tickers
from sinanews.extraction.redirects import target
from sinanews.utils.text import unescape
from sinanews.utils.times import parse_datetime
from sinanews.utils.urls import docid

PACKAGE = Path(sinanews.__file__).parent
SIZES = (10_000, 20_000, 40_000)  # characters
QUICK = 0.01  # seconds; of 40 KB a square takes ten times that on any machine
GROWTH = 9  # times, from the smallest to the largest: 4 if linear, 16 if it is a square
HANGS = 20  # seconds, in which any machine reads 40 KB
TRIES = 4  # a busy machine is slow for a moment

# What stands in one place of the package, how it is used, and pieces.
HTML = ("<", ">", "<!--", "--", "-->", '"', "'", "=", " ", "a", "/", "x=1 ", '="', "</")
CSS = ("@", "url(", ")", "/*", "*/", "\\", "src", " ", "a")
BYLINES = (
    *(
        "（",
        "记者",
        "通讯员",
        "作者",
        " ",
        "：",
        "一",
        "一二",
        "、",
        "，",
        "）",
        "文/",
        "原创：",
        "■",
    ),
    *("报道", "x", "一 ", "一 一 "),
)
CREDITS = ("图", "图片", "来源", "：", " ", "摄", "/", "资料", "一", "视觉中", "IC ")
SCRIPT = (
    *("window.", "top.", "document.", "location", ".href", "=", " ", ".replace", "(", '"', "'"),
    *("\\", "a", "/", "+", "+ location.search", ";"),
)
PATTERNS: dict[str, tuple[str, tuple[str, ...]]] = {
    "archive.adopt._DOCID": ("fullmatch", ("a", "-", "一", "1")),
    "archive.adopt._DOCID_IN_NAME": ("fullmatch", (" ", "a", "1", "abcd")),
    "archive.warc._LINE_BREAKS": ("sub", ("\r", "\n", "\0", " ", "a")),
    "archive.warc._NAME": ("fullmatch", ("a", "-", "1", "2026-01-01T00-00-00", ".warc.gz")),
    "config.THUMBNAIL_NAME": ("fullmatch", ("a", "_", "-", "A")),
    "config._NEXT_URL": ("split", (" ", ",", "a", "://", "a://")),
    "config._SCHEME": ("match", ("a", "+", ":", "://")),
    "exports.atom._NO_XML": ("sub", ("a", "\0", "一")),
    "exports.csv._FORMULA": ("match", ("'", "=", "a")),
    "posts.blog._PRE": ("sub", ("<pre", ">", " ", "<", "a")),
    "posts.paths._HAS_ASCII": ("search", ("一", "a", " ")),
    "posts.paths._NOT_IN_HEXOS": ("sub", ("a", "%", "一", "\ufeff")),
    "posts.paths._NUMBER_BEHIND": ("sub", (" ", "1", "a")),
    "posts.pictures.ATTRIBUTE": ("findall", ("a", "=", " ", '"', "'", "/", 'a="b"')),
    "posts.pictures._IMAGE": ("sub", ("<img", "<img ", " ", ">", "a", "<")),
    "posts.reading._HEAD": ("match", ("\n", "---", " ", "\t")),
    "posts.reading._HEAD_END": ("search", ("\n---", "---", " ", "\n")),
    "archive.pictures._OURS": ("fullmatch", ("images/", "thumbs/", "a", "01", "/", ".jpg")),
    "archive.pictures.THUMBNAIL_NAME": ("fullmatch", ("a", "_", "-", "A")),
    "exports.months._NAME": ("fullmatch", ("2026", "-", "01", ".parquet")),
    "ledger.copying._UNFIT": ("sub", ("a", "\0", "\ud83d", "涨")),
    "ledger.database._SECRET": ("search", ("pass", "passfile", "ssl", "key", "a")),
    "ledger.database._SCHEME": ("sub", ("postgresql", "+", ":", "/", "@")),
    "ledger.database._NO_PORT": ("sub", (":", "1", "/", "?", "a", ":1/")),
    "picture_pipeline._NUMBER": ("sub", ("1", "a", " ")),
    "archive.housekeeping._REPORT": ("fullmatch", ("2026-01-01T00-00-00", "-", "1", ".json")),
    "archive.lines._NAME": ("fullmatch", ("a", "-", "2026-01-01T00-00-00", "+00-00", ".jsonl")),
    "download.blocking._CAPTCHA": ("search", ("captch", "验证", "访问过于频", "CAPTCH")),
    "download.blocking._ARTICLE": ("search", ('id="', "id=", "artibod", "art_conten", "arti")),
    "download.blocking._LOGIN": ("search", ("<title>", " ", "\n", "Sina Visitor Syste")),
    "download.blocking._LOGIN_HOST": ("fullmatch", ("passport", "login", ".sina", ".com", ".cn")),
    "extraction.body._PLACEHOLDER": ("search", (".gif", ".", "?")),
    "extraction.body._NOT_A_PICTURE": (
        "search",
        ("//", "a", ".", "sinajs", "sinajs.cn", "/cece9e1", "/c.gi", "/undefine"),
    ),
    "extraction.body._DIGITS": ("fullmatch", ("9", "x")),
    "extraction.body._ADDRESS": ("match", ("http", "https:", "/", "a")),
    "extraction.body._WEIBO_CARD": ("sub", (" ", "[", "微博", "]")),
    "extraction.boilerplate._ADVERTISING": ("search", ("开", "免", "一")),
    "extraction.boilerplate._LINKED_LINE": (
        "fullmatch",
        (">", "点击进入", "热点专题", "：", "请下载新浪财经", "炒股就看", "金麒麟分析师研报"),
    ),
    "extraction.boilerplate._ARTICLE_URL": ("search", ("/", "/doc", "2026", "-", "9", "s")),
    "extraction.boilerplate._HEADING": ("fullmatch", ("【", "一", "】", "：")),
    "extraction.boilerplate._NO_HEADING": ("search", ("来", "数", "附", "一")),
    "extraction.boilerplate._QUOTE_URL": ("search", ("/", "quote", "realstoc", "fund", "s")),
    "extraction.boilerplate._STATEMENT": ("match", ("【", "免责", "声明", "：")),
    "extraction.boilerplate._WEIBO_CARD": ("fullmatch", (" ", "[", "微博", "]")),
    "extraction.boilerplate._BOILERPLATE_LINE": (
        "fullmatch",
        ("责任编辑", "：", "（", "[编辑", ">", "进入【", "】", "讨论", "点击进入", "热点专题",
         "更多猛料", "欢迎扫描", "二维码", "炒股就看", "金麒麟分析师研报", "请下载新浪财经", "\n"),
    ),
    "extraction.boilerplate._RELATED_HEADING": ("match", ("【", "相关", "新闻", "】", "：")),
    "extraction.bounds._ATTRIBUTES": ("findall", HTML),
    "extraction.bounds._REST_OF_TAG": ("match", HTML),
    "extraction.bounds._COMMENT_END": ("search", ("-", "--", "!", "--!")),
    "extraction.bounds._SCRIPT": ("search", ("<", "<scrip", "<SCRIP")),
    "extraction.bounds._LIKE_GROWING": ("findall", ("<", "<b", "<font", "<strike", "a", " ")),
    **{
        f"extraction.bounds._RAW_TEXT[b'{name}']": ("search", ("</", f"</{name}", "<", "a"))
        for name in ("iframe", "noembed", "noframes", "noscript", "script", "style", "textarea",
                     "title", "xmp")
    },
    **{
        f"extraction.bylines.{name}": (method, BYLINES)
        for name, method in {
            "_BRACKETS": "findall",
            "_CONTACT": "sub",
            "_DATELINE": "match",
            "_ENDING": "match",
            "_LEADING_OUTLET": "match",
            "_LIST": "match",
            "_NAME_AND_END": "fullmatch",
            "_OUTLET": "fullmatch",
            "_PICTURES": "match",
            "_REPORT": "match",
            "_ROLE": "findall",
            "_SENTENCE": "split",
            "_SIGNS": "search",
            "_SPACED": "match",
            "_BEFORE": "fullmatch",
            "_BEHIND": "match",
            "_IN_PICTURE": "search",
            "_LABELS": "fullmatch",
            "_PLACE_FIRST": "match",
            "_STORY": "match",
            "_START": "match",
            "_WORD": "match",
        }.items()
    },
    "extraction.captions._BEGINS": ("match", CREDITS),
    "extraction.captions._BEGINS_SHORT": ("fullmatch", CREDITS),
    "extraction.captions._INTRODUCES": ("search", (*CREDITS, "如", "以下")),
    "extraction.captions._TAKEN_BY": ("search", (*CREDITS, "记者", "，")),
    "extraction.captions._WHOLE": ("fullmatch", CREDITS),
    "extraction.captions._ENDS": ("search", CREDITS),
    "extraction.html5._SIZE": ("fullmatch", ("9", ".", "x", "w")),
    "extraction.encodings._HAN": ("findall", ("一", "a", "\ufffd")),
    "extraction.names._CLAUSE": ("search", BYLINES),
    "extraction.names._DOTTED": ("fullmatch", BYLINES),
    "extraction.names._DOT": ("split", ("·", "一")),
    "extraction.names._NAME": ("fullmatch", BYLINES),
    "extraction.names._NO_NAME": ("fullmatch", BYLINES),
    "download.hosts._AFTER_AUTHORITY": ("split", ("/", "?", "#", "a")),
    "download.hosts._AFTER_PATH": ("split", ("?", "#", "a")),
    "download.hosts._HOST": ("fullmatch", ("a", "-", ".", "a.", "xn--")),
    "extraction.sanitize._WITHOUT_CONTROLS": ("fullmatch", ("a", "\n", "\x00", "一")),
    "extraction.sanitize.CONTROLS": ("sub", ("a", "\x00", "一")),
    "extraction.html5.CONTROLS": ("sub", ("a", "\x00", "一")),
    "extraction.html5._TEXT_SPECIAL": ("search", ("a", "一")),
    "extraction.html5._VALUE_SPECIAL": ("search", ("a", "一")),
    **{
        f"extraction.persons._BOUNDARIES[{tag!r}]": ("findall", ("<", "/", tag, " ", f"</{tag}"))
        for tag in ("aside", "div", "dl", "ol", "section", "ul")
    },
    "extraction.persons._COMMENTS": (
        "search",
        ("<div", " ", "class=", "id=", '"', "'", "comment", "a", ">", "<ul class=", "omment"),
    ),
    "extraction.persons._QUOTE": ("match", ("\\", '"', "a")),
    "extraction.persons._READER": (
        "sub",
        ("nick", "screen_name", "_", " ", ":", "=", '"', "\\", "'", "a", "张"),
    ),
    "extraction.sanitize.ATTRIBUTE": ("findall", (" ", "a", "=", '"', "'", "/")),
    "extraction.sanitize._ATTRIBUTE_NAME": ("fullmatch", HTML),
    "extraction.sanitize._CANDIDATES": ("split", (" ", ",", "a", "\n")),
    "extraction.sanitize._CSS_ACTIVE": ("search", CSS),
    "extraction.sanitize._CSS_COMMENT": ("sub", CSS),
    "extraction.sanitize._CSS_PARTS": ("split", CSS),
    "extraction.sanitize._CSS_PICTURES": ("fullmatch", (" ", "background", "-", "a", "content")),
    "extraction.sanitize._CSS_SUSPECT": ("search", CSS),
    "extraction.sanitize._CSS_URL": ("split", CSS),
    "extraction.sanitize._ELEMENT_NAME": ("fullmatch", ("a", ".", "-", ":", "一")),
    "extraction.sanitize._ESCAPE": ("sub", ("\\", "6", "e", " ", "g")),
    "extraction.sanitize._OTHER_FILE": ("search", (".", "pdf", "a", "#", ".mp4", ".pd")),
    "extraction.sanitize._PICTURE": ("match", ("image/", "svg", "a")),
    "extraction.sanitize._PLAIN_URL": ("fullmatch", ("http:", "//", "a", ".", "a.", "-", "/")),
    "extraction.sanitize._SCRIPT_URL": ("match", (" ", "java", "script", "javascript", "a", ":")),
    "extraction.sanitize._STYLE": ("search", (*HTML, "<style")),
    "extraction.sanitize._TAG": ("fullmatch", HTML),
    "extraction.sanitize._TAG_OPEN": ("findall", HTML),
    "extraction.sanitize.TAG": ("findall", HTML),
    "extraction.html5._TAG_OPEN": ("findall", HTML),
    "extraction.html5._COMMENT_END": ("search", ("-", "--", "!", "--!")),
    "extraction.html5._PLAIN_HTML": (
        "fullmatch",
        (*HTML, "<a", ' a="', '">', "</a>", "<style>", "</style>", "\n"),
    ),
    "extraction.html5._WITH_EMPTY_VALUE": ("findall", (*HTML, "<a ", ' a=""')),
    "extraction.html5._PICTURE_URL": ("search", (".", ".gi", ".pn", ".webp")),
    "extraction.layouts.base._DESCENDANT": ("fullmatch", (".", "#", "a", "-", " ", "p", ",")),
    "extraction.layouts.base._EDITOR_LINE": (
        "fullmatch",
        (" ", "\n", "（", "责任", "编辑", "：", "一", "，"),
    ),
    "extraction.layouts.base._EDITOR_TAIL": (
        "search",
        ("（", "责任", "编辑：", "一", "）", " ", "\n", "【编辑："),
    ),
    "extraction.layouts.slide._SLIDE_DATA": ("search", ("slide_data", " ", "\n", "=", "a")),
    "extraction.page._PC_URL": (
        "findall",
        ('"__webURL"', " ", ":", '"', "https:", ".sina.com.cn", "a"),
    ),
    "extraction.pager._DIGITS": ("fullmatch", ("9", "0", "x")),
    "extraction.pager._NUMBER": ("findall", ("第", " ", "9", "页", "一", ".", "%")),
    "extraction.pager._NEXT": (
        "findall",
        ("请", "点击", "继续", "阅读", "余下", "的", "全文", "下一", "下一页", "后一"),
    ),
    "extraction.pager._BRACKETED": ("search", ("[", " ", "1")),
    "extraction.pager._LEADS_ON": ("search", ("#", "a", "_1", ".s", "?p", "/1", "javascript")),
    "extraction.pager._MAY_BE_PAGERS": ("search", ("a", "一")),
    "extraction.pager._OTHER_WORDS": ("findall", ("上一", "最后", "共", " ", "9", "首", "页")),
    "extraction.pager._SEPARATORS": ("sub", (" ", "[", "]", "-", "a")),
    "extraction.redirects._MAY_LEAD": (
        "search",
        ("refres", "location", ".href", " ", ".replac", "LOC"),
    ),
    "extraction.redirects._REFRESH": ("match", (" ", "0", ".", ";", "url", "=", "'", "a")),
    "extraction.redirects._STRING_OR_COMMENT": (
        "sub",
        ('"', "'", "`", "\\", "\n", "/", "*", "//", "/*", "*/", "a"),
    ),
    "extraction.redirects._TARGET": ("findall", SCRIPT),
    "extraction.redirects._VARIABLE": ("findall", SCRIPT),
    "extraction.redirects._ESCAPE": ("sub", ("\\", "u", "0041", "x", "41", "a")),
    "utils.urls._ABSOLUTE": ("match", ("http", "s", ":", "/", "//")),
    "utils.urls._PART": ("search", ("/", "doc-i", "detail-i", "a", "9", "_", ".d", ".shtml")),
    "extraction.processors._EDITOR": (
        "search",
        ("编辑", "责编", "：", " ", "\n", "一", "一二", "、", "，", "SF099", "A", "1", "·"),
    ),
    "extraction.processors._OUTLET_PREFIX": ("sub", ("http://", "a", " ", "来源", "：", "来源：")),
    "extraction.processors._WORD": ("findall", ("一", "·", " ")),
    "extraction.processors._TICKERS": ("fullmatch", (" ", "news_keyword_pub,", "a", ",", "\n")),
    "extraction.signatures._DATELINE": ("match", ("海", "讯", "消息", "，", " ", "8月8日", "）")),
    "extraction.signatures._IN_BRACKETS": ("sub", ("（", "）", "记者", "来源", "一", "[", "\n")),
    "extraction.signatures._NUMBER": ("findall", ("1", ".", "一")),
    "extraction.signatures._OUTLETS_LINE": (
        "match",
        ("（", "原标题", "：", "来源", "记者", "一", "，", "本文", "声明", "请", "关注", "完"),
    ),
    "extraction.signatures._WIDE": ("search", ("一", "，")),
    "extraction.signatures._WORDS": ("findall", ("一", "a", "_", "，", " ")),
    "posts.front_matter._ESCAPED": ("sub", ("a", "\x00", "\ufffe", "一", "<")),
    "posts.hexo.TAG": ("findall", HTML),
    "posts.hexo._IMAGE": ("findall", (*HTML, "<img ")),
    "posts.hexo.ATTRIBUTE": ("findall", ("a",)),
    **{
        f"posts.hexo._ACTIVE_MARKDOWN[{number}]": (
            "search",
            ("]", "://", "www.", '"', "/", " ", "\n", "#", "-", "=", ">", "1.", "a"),
        )
        for number in range(6)
    },
    "posts.hexo._BLANK_LINE": ("sub", ("\n", " ", "\t", "a")),
    "posts.hexo._EXCERPT_MARK": ("findall", ("<!--", "-", " ", "more", ">", "m")),
    "posts.hexo._FENCE": ("findall", ("`", "~", "``", "a")),
    "posts.hexo._IN_LINKS": ("findall", ("href", "=", "rel", "a")),
    "posts.hexo._LINK": ("findall", (*HTML, "<a ")),
    "posts.paths._DEVICE": ("fullmatch", ("con", "com1", " ", "a")),
    "posts.render._LANDMARK": ("findall", HTML),
    "posts.paths._UNSAFE": ("sub", (":", "/", "a")),
    "posts.paths._NOT_IN_NAMES": ("sub", ("#", ".", "a", "\x00")),
    "roll.api._CALLBACK": ("match", ("try{", " ", "a", "$", ".", "(")),
    "roll.api._DOCID": ("fullmatch", ("a", "-", "_", "/")),
    "spiders.reading._ADDRESS": ("sub", ("a", "://", " ", "http://", ".")),
    "utils.text._ANY_DOT": ("sub", (".", "&#46;", "&", "#", "0", "a")),
    "utils.text._CONTROL": ("sub", ("a", "\x00", "一")),
    "utils.text._CONTROL_BUT_LINES": ("sub", ("a", "\x00", "一")),
    "utils.text._CONTROL_BUT_TAB": ("sub", ("a", "\x00", "一")),
    "utils.text._LINE_BREAK": ("sub", ("a", "\r", "\n", " ")),
    "utils.text._MAIL": ("sub", ("a", ".", "@", "a.", "&#64;")),
    "utils.text._SINAS": ("fullmatch", ("a", ".", "sina.com", ".cn")),
    "utils.urls._WEB_URL": ("fullmatch", ("http", "s", "://", "a", " ")),
    "utils.text._LONG_REFERENCE": ("sub", ("&#", "0", "9", ";", "a")),
    "utils.times._ELSEWHERE": ("search", ("美国", "东", "当地", "时", "一")),
    "utils.times._DATE": (
        "search",
        ("2026", "年", "-", "1", "10月", "10日", " ", "T", "10:", "2026年10月10日", ":10"),
    ),
    "utils.times._DATE_WITHOUT_YEAR": (
        "search",
        ("2026", "年", "-", "1", "10月", "10日", " ", "T", "10：", "10月10日", ":10"),
    ),
    "utils.times._DAY": ("sub", ("2026", "-", "1", "10", "/", "1506556560", "2026-10-1", "a")),
    "utils.urls._DATED": ("search", ("/doc-i", "/detail-i", "a", "1", ".d.", ".shtm")),
    "utils.urls._DOCIDS[0]": ("search", ("/doc-i", "/detail-i", "a", "1", ".d.", ".shtm")),
    "utils.urls._DOCIDS[1]": ("search", ("/article_", "a", "_", "1", ".htm")),
    "utils.urls._DOCIDS[2]": ("search", ("/articles/view/", "1", "/", "a")),
    "utils.urls._DOCIDS[3]": ("search", ("/blog_", "a", "_", "1", ".htm")),
    "utils.urls._SUFFIX": ("sub", (".", "a", "/", ".html")),
    "utils.urls._NOT_IN_IDS": ("sub", ("a", ".", "/", "-")),
}  # fmt: skip # a piece a line would hide the pieces


@contextmanager
def ending_in(seconds: int) -> Iterator[None]:
    """Fails the test when the block takes longer; a match looks for signals while it is at work."""

    def fail(*_: object) -> None:
        pytest.fail(f"it takes more than {seconds} s for {SIZES[-1]} characters")

    before = signal.signal(signal.SIGALRM, fail)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def inputs(pieces: tuple[str, ...], starts: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """What comes first, and what is repeated behind it: pairs alone, and each behind each."""
    yield from (("", first + second) for first, second in itertools.product(pieces, repeat=2))
    yield from itertools.product(starts, pieces)


def seconds(work: Callable[[AnyStr], object], text: AnyStr) -> float:
    """Of CPU that one call takes."""
    start = time.process_time()
    work(text)
    return time.process_time() - start


def is_linear(
    work: Callable[[AnyStr], object], first: AnyStr, unit: AnyStr, sizes: tuple[int, ...] = SIZES
) -> bool:
    short, middle, long = (first + unit * (size // len(unit)) for size in sizes)
    for _ in range(TRIES):
        most = seconds(work, long)
        if most < QUICK or most < GROWTH * min(seconds(work, short), seconds(work, middle) / 2):
            return True
    return False


def require_linear(
    work: Callable, pieces: tuple[str, ...], starts: tuple[str, ...] = (), encode: Callable = str
) -> None:
    """The pieces come first too, unless others do."""
    for first, unit in inputs(pieces, starts or pieces):
        with ending_in(HANGS):
            assert is_linear(work, encode(first), encode(unit)), (first, unit)


def patterns_in(name: str, value: object) -> Iterator[tuple[str, re.Pattern]]:
    """The patterns that a value is or holds, each with its place."""
    if isinstance(value, re.Pattern):
        yield name, value
    elif isinstance(value, dict):
        for key, held in value.items():
            yield from patterns_in(f"{name}[{key!r}]", held)
    elif isinstance(value, list | tuple):
        for number, held in enumerate(value):
            yield from patterns_in(f"{name}[{number}]", held)
    elif isinstance(value, type) and value.__module__.startswith("sinanews."):
        for key, held in vars(value).items():
            if not key.startswith("__"):
                yield from patterns_in(f"{name}.{key}", held)


def all_patterns() -> dict[str, re.Pattern]:
    modules = pkgutil.walk_packages(sinanews.__path__, "sinanews.")
    return {
        place.removeprefix("sinanews."): pattern
        for module in modules
        for name, value in vars(importlib.import_module(module.name)).items()
        for place, pattern in patterns_in(f"{module.name}.{name}", value)
    }


# What the mirror makes of its own pages and templates; nothing from outside comes there.
OWN = {name for name in all_patterns() if name.startswith("mirror.")}
# Goes on behind what it has found, which a search from the start of each input does not.
PARTS = {"extraction.bounds._MARKUP"}


@contextmanager
def allowing(*errors: type[Exception]) -> Iterator[None]:
    with suppress(*errors):
        yield


def outlined(html: bytes) -> None:
    with allowing(BoundError):
        check(html, Bounds(tags=1_000_000, depth=1_000_000, attributes=1_000_000))


def refused(value: str) -> None:
    str(ArgumentError("LEDGER_URL", value, value))


def named_page(text: str) -> None:
    with allowing(ValueError):
        pc_url(HtmlResponse("https://a", body=text.encode(), encoding="utf-8"))


def redirecting(inside: str) -> Callable[[str], None]:
    """Looks where a page leads with a text in a script, or in a meta element."""

    def look(text: str) -> None:
        body = inside.format(text)[:29_000].encode()  # a larger page is not looked at
        target(HtmlResponse("https://finance.sina.com.cn/a", body=body, encoding="utf-8"))

    return look


def paged(text: str) -> None:
    with allowing(BoundError):
        remove_pagers(parsed_body(text), Bounds(), "https://finance.sina.com.cn/a/123456.shtml")


FUNCTIONS = {
    byline: ((lambda text: byline([text])), BYLINES),
    outlet: (
        outlet,
        ("微博", "[微博]", " ", "我有话说", "收藏本文", "http://", "来源：", "2026", "x"),
    ),
    editor: (editor, ("编辑", "：", " ", "一", "一二", "、", "SF099")),
    tickers: (tickers, ("news_keyword_pub,", "a", ",", "&", " ")),
    parse_datetime: (parse_datetime, ("2026", "年", "1", "月", "日", " ", ":", "2026-10-10")),
    docid: (docid, ("/doc-i", "/article_", "/articles/view/", "a", "_", ".", "https://", ".shtml")),
    pc_url: (named_page, ('"__webURL":"', "https:", ".sina.com.cn", '"', "a")),
    clean: (clean, (" ", "\n", "x", "\u3000", "&#10;")),
    ArgumentError: (refused, (":", "//", "@", "a", "://", "a:b@")),
    target: (redirecting("<script>{}location</script>"), SCRIPT),
    remove_pagers: (
        paged,
        ("<a>", "<a href=/a/123456_2.shtml>", "1", "下一页", "</a>", "<p>", "<br>", " "),
    ),
    unescape: (unescape, ("&", "#", "0", "9", ";", "&#x", "amp")),
    stocks: (
        lambda text: stocks(text, LexborHTMLParser("").body),
        ("<!--", "news_keyword_pub,", "--", ">", " ", "a,"),
    ),
}


@pytest.mark.parametrize("place", PATTERNS)
def test_a_regular_expression_takes_linear_time(place):
    method, pieces = PATTERNS[place]
    pattern = all_patterns()[place]
    work = getattr(pattern, method)
    assert method in {"search", "match", "fullmatch", "findall", "split", "sub"}
    if method == "sub":
        work = partial(work, "" if isinstance(pattern.pattern, str) else b"")
    require_linear(work, pieces, encode=str if isinstance(pattern.pattern, str) else str.encode)


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda function: function.__name__)
def test_a_function_that_reads_outside_text_takes_linear_time(function):
    require_linear(*FUNCTIONS[function])


def test_the_look_at_a_page_takes_linear_time():
    pieces = ("<", "<a ", "<!--", '="', "'", "<b>", "</b>", "<p>", ">")
    require_linear(outlined, pieces, ("<p ", "<svg>", "<script>"), encode=str.encode)


def test_every_regular_expression_is_listed():
    found = all_patterns().keys()
    assert found == PATTERNS.keys() | PARTS | OWN


def test_a_square_is_told_from_what_is_linear():
    assert is_linear(re.compile("a*b").match, "", "a")
    assert not is_linear(re.compile("a*b").search, "", "a", (4_000, 8_000, 16_000))


def test_what_does_not_end_fails():
    with pytest.raises(pytest.fail.Exception, match="takes more than 1 s"), ending_in(1):
        re.compile("(?:a|aa)*b").match("a" * 200)


def test_regular_expressions_have_names():
    """Or else nobody could list them. One that is made of a value is that value, escaped."""
    inline = {
        f"{path.relative_to(PACKAGE)}: {ast.unparse(node)}"
        for path in PACKAGE.rglob("*.py")
        if "mirror" not in path.parts
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call)
        and re.fullmatch(r"re\.(?!compile|escape)\w+", ast.unparse(node.func))
    }
    assert inline == {r"exceptions.py: re.sub(f'\\b{password}\\b', '***', accepted)"}
