"""Pages and answers of the list as an enemy, a fault or a careless editor may make them.

Most are nearly right: a skeleton of a known family, or the page of a real story, with something in
it that does not belong there. What is wholly wrong is soon refused, and finds little.
"""

import json
from typing import Any

from hypothesis import strategies as st

from fuzz.samples import STAFF, Answer, Page
from lists.world import NOW
from sinanews.exceptions import RowError
from sinanews.mirror.pages import FAMILIES, render
from sinanews.mirror.site import Site
from sinanews.roll import api
from sinanews.utils.text import well_formed
from support import ROOT


def some(values: st.SearchStrategy[Any], most: int = 5) -> st.SearchStrategy[list[Any]]:
    """None to a few values."""
    return st.lists(values, max_size=most)


def joined(values: st.SearchStrategy[str], most: int = 5) -> st.SearchStrategy[str]:
    """None to a few texts in a row."""
    return some(values, most).map("".join)


# Text

PROSE = (
    "国家统计局今日公布数据", "同比上涨1.4%。", "（记者 王小明）", "文/张三", "■本报记者 矫 月",
    "原创：李四", "（作者系律师）", "责任编辑：支全明 SF099", "（编辑：SN064）", "来源：新华社",
    "2026年09月29日 00:34 新浪财经", "相关阅读：", "进入【股吧】讨论", "专题：两会", "特别声明：",
    "微博", "我有话说(23人参与)", "记者 一 二 三 四 五", "news_keyword_pub,stock,sz000430&sh601008",
    "页面没有找到", "验证码", "reader@example.org", f"（{STAFF}）", "\u3000\u3000", "\xa0",
)  # fmt: skip # one a line would hide the list
NASTY = (
    "\0", "\x01", "\x07", "\x08", "\x0b", "\x0c", "\r", "\r\n", "\n\n", "\t", "\x1b[31m",
    "\x1b]52;c;eA==\x07", "\x7f", "\x80", "\x85", "\x9b", "\u2028", "\u2029", "\u202e", "\u2066",
    "\u200b", "\ufeff", "\ufffd", "\ufffe", "\U0010ffff", "\U000e0041", "e\u0301", "<", ">", "</",
    "<!", "<?", "&", "&#", "'", '"', "`", "```", "\\", "\\q", "{{ 7*7 }}", "{% raw %}", "{# #}",
    "---", "\n---\n", ": ", "!!python/object", "*", "_", "[x](javascript:alert(1))",
    "![x](https://e.example/x.png)", "<https://e.example/>", "[^1]", "    indented", "# head",
    "-->", "--!>", "<!-->", "]]>", "</script>", "</style>", "</title>", "</p>", "%0d%0a", "../",
    "CON", "=1+1", "@SUM(1)",
)  # fmt: skip # one a line would hide the list
ENTITIES = (
    "&lt;", "&gt;", "&amp;", "&quot;", "&apos;", "&nbsp;", "&LT", "&#60;", "&#x3c;", "&#0;",
    "&#x1b;", "&#7;", "&#10;", "&#13;", "&#x80;", "&#xd800;", "&#x202e;", "&#xffffff;",
    "&#99999999999;", "&NotExists;", "&Tab;", "&NewLine;", "&colon;", "&lpar;", "&lt;script&gt;",
    "&lt;img src=x onerror=alert(1)&gt;", "--&gt;", "&lt;/style&gt;",
)  # fmt: skip # one a line would hide the list

nasty = st.sampled_from(NASTY)
words = st.one_of(
    st.sampled_from(PROSE), nasty, st.sampled_from(ENTITIES), st.text(max_size=6).filter(bool)
)
texts = joined(words, 4)
surrogates = st.sampled_from(["\ud83d", "\udc00", "\udc00\ud83d"])  # halves, which JSON can carry

SCRIPTED = (
    "javascript:alert(1)", "JaVaScRiPt:alert(1)", "java\tscript:alert(1)",
    "\x01javascript:alert(1)", "java&#10;script:alert(1)", "&#106;avascript:alert(1)",
    "javascript&colon;alert(1)", "vbscript:x", "data:text/html,x",
    "data:text/html;base64,PHNjcmlwdD4=", "data:image/svg+xml,<svg onload=alert(1)>",
    "feed:javascript:alert(1)",
)  # fmt: skip # one a line would hide the list
ADDRESSES = (
    "//n.sinaimg.cn/a.jpg", "https://n.sinaimg.cn/a.png", "http://n.sinaimg.cn/a.gif", "/a.webp",
    "a.png", "", "#", "?", "https://", "http://[", "http://[::1", "https://127.0.0.1:18443/x.jpg",
    "https://u:p@sina.com.cn/", "//", "\\\\e\\x", "https://e.example/a b.jpg",
    "https://e.example/a.jpg?'\"\\q", "https://e.example/\n.jpg", "https://e.example/<x>.jpg",
    "https://xn--", "https://sina.com.cn:99999/", "ftp://x/", "mailto:x@example.org", "tel:1",
    "data:image/png;base64,AA", "https://例え.example/图.jpg", "https://hq.sinajs.cn/x.jpg",
    "https://n.sinaimg.cn/cece9e13/x.jpg", "undefined", "%",
)  # fmt: skip # one a line would hide the list
addresses = st.one_of(
    st.sampled_from(ADDRESSES),
    st.sampled_from(SCRIPTED),
    st.builds("https://n.sinaimg.cn/{}.jpg".format, texts),
)

# Markup

TAGS = (
    "p", "div", "span", "a", "img", "br", "b", "font", "center", "table", "tr", "td", "th", "tbody",
    "ul", "li", "figure", "figcaption", "h1", "h2", "pre", "blockquote", "ins", "article",
    "section", "hr", "i", "nobr", "caption", "script", "style", "iframe", "noscript", "template",
    "svg", "math", "title", "textarea", "select", "option", "form", "input", "button", "meta",
    "link", "base", "object", "embed", "video", "audio", "source", "frameset", "frame", "plaintext",
    "xmp", "noembed", "noframes", "marquee", "isindex", "image", "keygen", "command", "html",
    "head", "body", "foreignObject", "desc", "animate", "set", "use", "mtext", "mglyph",
    "annotation-xml", "x-y", "o:p", "a<b", "details", "dialog", "portal", "param", "col",
    "colgroup", "ruby", "rt", "dl", "dt", "applet", "listing", "menu",
)  # fmt: skip # one a line would hide the list
CLASSES = (
    "img_wrapper", "img_descr", "main-title", "date-source", "source", "date", "art_content",
    "article-editor", "show_author", "keywords", "time-source", "l17", "f24", "otherContent",
    "weibo-2017", "ct_hqimg", "swpt-time", "wap_special", "player",
)  # fmt: skip # one a line would hide the list
IDS = (
    "artibody", "article", "artibodyTitle", "pub_date", "media_name", "article-bottom",
    "stock_sh600016", "quote_sh600016", "usstock_MU", "quote_MU", "zoom", "SI_Cont", "left_hzh_ad",
    "location",
)  # fmt: skip # one a line would hide the list
NUMBERS = ("0", "1", "49", "550", "-1", "1e9", "٣", "²", "9" * 40, "100%", "")

by_name = st.one_of(
    st.tuples(
        st.sampled_from(["href", "src", "data-src", "data-original", "real_src", "srcset"]),
        addresses,
    ),
    st.tuples(
        st.sampled_from(["xlink:href", "action", "formaction", "poster", "data", "background"]),
        addresses,
    ),
    st.tuples(
        st.sampled_from(["onclick", "onerror", "onload", "ONTOGGLE", "on", "onx/y", "onbegin"]),
        st.just("alert(1)"),
    ),
    st.tuples(st.just("class"), st.sampled_from(CLASSES)),
    st.tuples(st.just("id"), st.sampled_from(IDS)),
    st.tuples(st.sampled_from(["width", "height", "colspan"]), st.sampled_from(NUMBERS)),
    st.tuples(st.sampled_from(["title", "alt", "value", "content", "name", "lang", "x-y"]), texts),
    st.tuples(
        st.just("style"),
        st.sampled_from(
            [
                "background:url(javascript:alert(1))",
                "width:expression(alert(1))",
                "@import 'x'",
                "color:red;\\",
            ]
        ),
    ),
    st.tuples(
        st.just("srcdoc"), st.sampled_from(["<script>alert(1)</script>", "&lt;svg onload=x&gt;"])
    ),
    st.tuples(st.sampled_from(["shadowrootmode", "autofocus", "encoding", "http-equiv"]), texts),
    st.tuples(
        st.sampled_from(['a"b', "<x", "=", "/", "`", "a\0b", "é", "{{x}}", ":", "@a"]), texts
    ),
)


@st.composite
def attributes(draw: st.DrawFn) -> str:
    """Attributes of a start tag, well and badly quoted."""
    written = ""
    for name, value in draw(some(by_name, 4)):
        form = draw(st.sampled_from([' {}="{}"'] * 5 + [" {}='{}'", " {}={}", "/{}", ' {}="{}']))
        written += form.format(name, value)
    return written


tags = st.sampled_from(TAGS)
start_tags = st.builds("<{}{}{}>".format, tags, attributes(), st.sampled_from(["", "", "", "/"]))
end_tags = st.builds("</{}>".format, tags)
comments = st.builds(
    "<!--{}{}".format,
    st.one_of(
        texts, st.sampled_from([" news_keyword_pub,stock,sz000430&&LT ", ">", "->", "[if IE]"])
    ),
    st.sampled_from(["-->", "-->", "-->", "--!>", "", "--"]),
)
elements = st.tuples(tags, attributes(), texts).map(lambda made: "<{0}{1}>{2}</{0}>".format(*made))
# As deep as careless editors nest, and then some.
nested = st.builds(
    lambda tag, depth, inner: f"<{tag}>" * depth + inner,
    tags,
    st.sampled_from([2, 5, 40, 200, 3_000]),
    texts,
)
PICTURE = "https://n.sinaimg.cn/c.jpg"
FURNITURE = (
    f'<div class="img_wrapper"><img src="{PICTURE}"><span class="img_descr">说明</span></div>',
    f'<figure><img data-src="{PICTURE}" src="x.gif"><figcaption>图注</figcaption></figure>',
    f'<center><img src="{PICTURE}"><font>图三</font></center>',
    '<span id="stock_sh600016"><a href="/x">民生银行</a></span><span id="quote_sh600016"></span>',
    "<table><tr><td>甲</td><td>1</td></tr><tr><th>乙</th></tr></table>",
    '<p class="article-editor">责任编辑：支全明 SF099</p>',
    '<p>相关阅读：</p><p><a href="/1">一</a></p>',
    "<!-- news_keyword_pub,usstock,MU&AMD -->",
    "<script>document.write('<p>')</script>",
    '<svg><path d="M0 0"/><style>a{}</style><title>t</title></svg>',
    "<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img onerror=x&gt;'>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
    "<template><img src=x onerror=alert(1)></template>",
    "&lt;<!-- -->img src=x onerror=alert(1)>",
)
markup = joined(
    st.one_of(words, start_tags, end_tags, elements, comments, nested, st.sampled_from(FURNITURE)),
    8,
)

# Pages

TODAY = """<h1 class="main-title">{title}</h1><div class="date-source">
<span class="date">{time}</span><span class="source">{source}</span></div>"""
OLD = '<h1 id="artibodyTitle">{title}</h1>'
SHOWN = '<span id="pub_date">{time}</span><span id="media_name">{source}</span>'
METAS = """<meta property="og:title" content="{title}"><meta name="mediaid" content="{source}">
<meta name="weibo: article:create_at" content="{time}">"""
SKELETONS = {
    "F2017": f"""{TODAY}<div class="article" id="artibody">{{body}}</div>{{after}}
<div id="article-bottom"><div class="keywords"><a>{{source}}</a></div></div>""",
    "N2017": f'{TODAY}<div class="article" id="article">{{body}}</div>{{after}}',
    "K": f"""<meta name="comment" content="mp:1">{TODAY}
<div id="artibody">{{body}}</div>{{after}}""",
    "CJ": """<h1 class="main-title">{title}</h1><div class="date-source">
<span class="date">{time}</span><a class="source" href="//cj.sina.com.cn/x">{source}</a></div>
<div id="artibody">{body}</div>{after}""",
    "M": """<h1 class="art_tit_h1">{title}</h1><a class="weibo_user">{source}</a>
<time class="weibo_time">{time}</time><section class="art_content">{body}</section>{after}
<script>var a={{"__webURL":"{address}"}}</script>""",
    "M2017": """<article class="art_box"><h1 class="art_tit_h1">{title}</h1>
<div class="weibo_info"><a class="weibo_user">{source}</a>
<time class="weibo_time">{time}</time></div>
{body}</article>{after}<script>var a={{"__docUrl":"{address}","ctime":"{time}"}}</script>""",
    "M2018": """<article class="art_box"><h1 class="art_tit_h1">{title}</h1>
<time class="art_time">{time}<cite class="art_cite">{source}</cite></time>{body}</article>{after}
<link rel="canonical" href="{address}">""",
    "BLOG": """<title>{title}_{source}_新浪博客</title><h2 class="titName">{title}</h2>
<div class="articalTitle"><span class="time">({time})</span></div>
<td class="blog_tag"><h3>{source}</h3></td><div class="articalContent">{body}</div>{after}""",
    "F2016": f"""{OLD}<span class="time-source">{{time}}<span>{{source}}</span></span>
<div id="artibody">{{body}}</div><div class="article-keywords"><a>{{source}}</a></div>{{after}}""",
    "F2014": f"""{OLD}{SHOWN}<div class="BSHARE_POP" id="artibody">{{body}}
<p>（编辑：SN067）</p></div>{{after}}""",
    "B2009": f'{OLD}{SHOWN}<div id="artibody">{{body}}</div>{{after}}',
    "T2005": """<table><tr><th class="f24">{title}</th></tr>
<tr><td>http://www.sina.com.cn {time} {source}</td></tr>
<tr><td class="l17"><table align="left"><tr><td>广告</td></tr></table>{body}</td></tr></table>
{after}""",
    "VIDEO": f"""<meta property="og:type" content="video">{METAS}
<meta property="og:image" content="{{address}}"><meta name="description" content="{{body}}">
<video poster="{{address}}"></video>""",
    "SLIDE": f"""{METAS}<div id="SI_Cont">{{after}}</div>
<script>var slide_data = {{slides}};</script>""",
}
HEADS = (
    '<meta charset="utf-8">', '<meta charset="gbk">', '<meta charset="utf-16">',
    '<meta charset="x-user-defined">', '<meta name="keywords" content="宏观,利率,\x1b">',
    '<meta name="tags" content="标题,a&#13;b">', "<title>标题</title>",
    '<meta property="og:title" content="标题\u202e">',
    '<meta name="weibo: article:update_at" content="2026-09-30 10:00">',
    '<meta name="weibo: article:create_at" content="9999-99-99 99:99">',
    '<base href="https://e.example/">', '<meta name="mediaid" content="海港\n日报">', "<script>",
    "<!DOCTYPE html>", "<frameset>", "\ufeff",
)  # fmt: skip # one a line would hide the list
TIMES = (
    "2026年09月29日 00:34", "2026-09-29T00:34:00+08:00", "0000年00月00日 00:00",
    "9999年12月31日 23:59:59", "0001-01-01 00:00", "２０２６年9月29日 1:02", "", "昨天",
    "09月28日 07:56", "2月29日 7：56", "13月32日 25:61",
)  # fmt: skip # one a line would hide the list
WEB_ADDRESSES = (
    "https:\\/\\/finance.sina.com.cn\\/a\\/doc-inabc0000000002.shtml",
    "https://127.0.0.1:18443/x.sina.com.cn",
    "https://[.sina.com.cn",
    "https:.sina.com.cn.sina.com.cn",
    "https://u:p@finance.sina.com.cn/",
    "http://\\u0000.sina.com.cn",
)

json_values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), words, addresses, surrogates),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(texts, inner, max_size=3)),
    max_leaves=4,
)
slides = st.one_of(
    st.fixed_dictionaries(
        {
            "images": st.lists(
                st.fixed_dictionaries(
                    {},
                    optional={
                        "image_url": st.one_of(addresses, json_values),
                        "title": st.one_of(texts, json_values),
                        "intro": st.one_of(texts, markup, surrogates, json_values),
                    },
                ),
                max_size=3,
            )
        }
    ),
    json_values,
).map(json.dumps)

CONTENT_TYPES = (
    "text/html", "text/html; charset=utf-8", "text/html; charset=gbk", "text/html; charset=GB2312",
    "text/html;charset=utf-16", "text/html; charset=utf-7", "text/html; charset=big5",
    "text/html; charset=latin-1", "text/html; charset=none", "text/html; charset=\x00",
    "text/plain", "application/xhtml+xml", "application/json", "image/png", "", "x", "text/html;;;",
)  # fmt: skip # one a line would hide the list
ENCODINGS = ("utf-8",) * 6 + ("gbk", "gb18030", "utf-16", "utf-16-le", "big5", "latin-1", "utf-7")
URLS = (
    Page._field_defaults["url"],
    "http://finance.sina.com.cn/x/../20100101/12345.shtml?a=1#b",
    "https://finance.sina.cn/2026-09-29/detail-inabc0000000001.d.html",
    "https://k.sina.com.cn/article_1_2.html",
    "https://finance.sina.com.cn/",
    "https://finance.sina.com.cn/%00%0a" + "x" * 300,
)


def encoded(html: str, encoding: str) -> bytes:
    """A page's bytes; what the encoding lacks is a character reference, and half a surrogate pair
    is itself in UTF-8 and U+FFFD elsewhere."""
    if encoding == "utf-8":
        return html.encode("utf-8", "surrogatepass")
    return well_formed(html).encode(encoding, "xmlcharrefreplace")


@st.composite
def skeletons(draw: st.DrawFn) -> str:
    """A page of a family with anything in its places."""
    skeleton = SKELETONS[draw(st.sampled_from(list(SKELETONS)))]
    parts = {
        "title": draw(st.one_of(texts, st.just("标题"))) or "标题",
        "time": draw(st.sampled_from(TIMES[:1] * 6 + TIMES)),
        "source": draw(texts),
        "body": draw(markup),
        "after": draw(st.one_of(st.just(""), markup)),
        "address": draw(st.one_of(st.sampled_from(WEB_ADDRESSES), addresses)),
        "slides": draw(slides) if "{slides}" in skeleton else "",
    }
    head = "".join(draw(some(st.sampled_from(HEADS), 3)))
    return f"<html><head>{head}</head><body>{skeleton.format(**parts)}</body></html>"


def real_pages() -> list[bytes]:
    """A page of each family as the mirror serves it, and those of the layouts' tests."""
    stories = {story.family: story for story in Site(articles=140).stories}
    (ordinary, *_) = stories.values()
    rendered = [render(stories.get(family, ordinary), family) for family in FAMILIES]
    files = sorted((ROOT / "tests" / "fixtures" / "layouts").glob("*/page.html"))
    return [*rendered, *(file.read_bytes() for file in files)]


REAL_PAGES = real_pages()
snippets = st.one_of(markup, words, nested).map(lambda text: text.encode("utf-8", "replace"))


@st.composite
def mutated(draw: st.DrawFn, originals: st.SearchStrategy[bytes]) -> bytes:
    """Bytes of which some are others, are gone, come twice, or where something else stands."""
    body = draw(originals)
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(body)))
        length = draw(st.sampled_from([0, 0, 1, 9, 200, 9_999]))
        kind = draw(st.sampled_from(["replace", "replace", "replace", "repeat", "cut", "noise"]))
        end = start + length
        if kind == "replace":
            body = body[:start] + draw(snippets) + body[end:]
        elif kind == "repeat":
            body = body[:end] + body[start:end] * draw(st.integers(1, 3)) + body[end:]
        elif kind == "noise":
            body = body[:start] + draw(st.binary(max_size=8)) + body[end:]
        else:
            body = body[:start]
    return body


@st.composite
def spliced(draw: st.DrawFn) -> bytes:
    """A real page with something foreign where its text is: between two of its tags."""
    body = draw(st.sampled_from(REAL_PAGES))
    for _ in range(draw(st.integers(1, 3))):
        near = draw(st.integers(0, len(body)))
        place = body.find(b"<p", near) + 1 or body.find(b">") + 1
        body = body[: place - 1] + draw(snippets) + body[place - 1 :]
    return body


def built() -> st.SearchStrategy[bytes]:
    """The bytes of skeletons in the encodings that pages have, and in some that they have not."""
    return st.builds(encoded, skeletons(), st.sampled_from(ENCODINGS))


bodies = st.one_of(
    built(),
    built(),
    mutated(built()),
    mutated(st.sampled_from(REAL_PAGES)),
    spliced(),
    st.one_of(st.binary(max_size=300), markup.map(lambda text: text.encode("utf-8", "replace"))),
)

# Rows and answers

ROW = {
    "docid": "comos:nabc0000000001",
    "url": "https://finance.sina.com.cn/china/2026-09-29/doc-inabc0000000001.shtml",
    "title": "国家统计局公布数据",
    "intro": "同比上涨",
    "media_name": "新华社",
    "lids": "1686,2512",
    "ctime": str(NOW - 600),
    "intime": str(NOW - 500),
    "mtime": str(NOW - 400),
    "keywords": "宏观",
    "img": {"u": "//n.sinaimg.cn/a.jpg"},
}
ODD_NUMBERS = (
    0, -1, 1, NOW, str(NOW), f" {NOW} ", NOW * 1000, 10**30, "9" * 5_000, 1.5, float("nan"),
    float("inf"), "1e9", "٣", "", True, None, [], {}, "0x10", 4_102_444_799, 4_102_444_800, 2**63,
    -(2**63) - 1, "1_000", "+5",
)  # fmt: skip # one a line would hide the list
LISTED_URLS = (
    "http://127.0.0.1:18443/latest/meta-data", "http://user:pw@finance.sina.com.cn/a",
    "https://finance.sina.com.cn:8080/a", "//finance.sina.com.cn/a.shtml",
    "https://finance.sina.com.cn/\r\nHost: x", "https://finance.sina.com.cn/\u202e", "/a", "",
    "https://[", "https://sina.com.cn.e.example/a", "https://finance.sina.com.cn/" + "a" * 3_000,
    "file:///etc/passwd", "javascript:alert(1)//sina.com.cn/",
    "https://finance.sina.com.cn/..%2f..%2f", "https://ｆinance.sina.com.cn/a",
    "https://finance.sina.com.cn\\@e.example/",
    "https://finance.sina.com.cn/doc-i" + "a" * 64 + ".shtml", " https://k.sina.cn/x ",
)  # fmt: skip # one a line would hide the list
DOCIDS = (
    "comos:nabc0000000002", "nabc0000000003", "", ":", "../../etc/passwd", "a" * 65, "a" * 64,
    "CON", "a b", "é", "-", "a\n", 7,
)  # fmt: skip # one a line would hide the list
titles = st.one_of(
    texts,
    surrogates,
    st.just("长" * 400),
    st.sampled_from(["", " ", "CON", "..", "a/b", "A" * 300]),
)
FIELDS = {
    "docid": st.sampled_from(DOCIDS),
    "url": st.one_of(
        st.sampled_from(LISTED_URLS), st.builds("https://finance.sina.com.cn/{}".format, texts)
    ),
    "title": titles,
    "intro": titles,
    "media_name": texts,
    "lids": st.sampled_from(["1686", "1686,,x", ",", "9" * 99, 1686, ["1686"]]),
    "ctime": st.sampled_from(ODD_NUMBERS),
    "intime": st.sampled_from(ODD_NUMBERS),
    "mtime": st.sampled_from(ODD_NUMBERS),
}


@st.composite
def rows(draw: st.DrawFn) -> Any:
    """A row of the list, most of it as Sina writes it."""
    if draw(st.integers(0, 15)) == 0:
        return draw(json_values)
    row: dict[str, Any] = dict(ROW)
    number = draw(st.integers(0, 60))
    if number:
        docid = f"nabc{number:010}"
        row |= {"docid": f"comos:{docid}", "url": ROW["url"].replace("nabc0000000001", docid)}
        row["ctime"] = str(NOW - 600 * number)
    for name in draw(some(st.sampled_from(list(FIELDS)), 3)):
        if draw(st.booleans()):
            row[name] = draw(FIELDS[name])
        elif draw(st.booleans()):
            row[name] = draw(json_values)
        else:
            row.pop(name, None)
    return row


@st.composite
def results(draw: st.DrawFn) -> Any:
    """What stands in an answer's `result`."""
    served = draw(st.lists(rows(), max_size=6))
    result: dict[str, Any] = {
        "status": {"code": 0, "msg": "succ"},
        "rtime": NOW,
        "total": len(served),
        "data": served * draw(st.sampled_from([1, 1, 1, 2, 9])),
    }
    names = st.sampled_from(["status", "rtime", "total", "data"])
    for name in draw(st.one_of(st.just([]), st.just([]), some(names, 2))):
        if draw(st.booleans()):
            result[name] = draw(st.sampled_from(ODD_NUMBERS))
        elif name == "status":
            code, message = draw(st.sampled_from(ODD_NUMBERS)), draw(st.one_of(texts, json_values))
            result[name] = {"code": code, "msg": message}
        else:
            result[name] = draw(json_values)
    return result


WRAPPERS = (
    "{}", "\ufeff{}", "try{{feedCardJsonpCallback({});}}catch(e){{}};", "  cb({})", "x.y$z({}",
    "({})", "{0}{0}", "/* */{}", "while(1);{}", "<html>{}</html>", "<script>var a = {}</script>",
    "HTTP/1.1 200 OK\r\n\r\n{}", "\0{}", "[{}]",
)  # fmt: skip # one a line would hide the list
DEEP = ("[", '{"a":', '{"result":{"data":[', '{"result":', "(", "try{a(")


@st.composite
def documents(draw: st.DrawFn) -> str:
    """An answer's text."""
    if draw(st.integers(0, 12)) == 0:
        return draw(st.sampled_from(DEEP)) * draw(st.sampled_from([1, 50, 3_000, 100_000]))
    document: Any = {"result": draw(results())}
    if draw(st.integers(0, 20)) == 0:
        document = draw(json_values)
    text = json.dumps(document, ensure_ascii=draw(st.booleans()))
    if draw(st.integers(0, 10)) == 0:
        twice = draw(st.sampled_from([*FIELDS, "data", "status"]))
        text = text.replace("{", f'{{"{twice}": 1, ', 4)
    return draw(st.sampled_from(WRAPPERS[:1] * 40 + WRAPPERS)).format(text)


def answer_bodies() -> st.SearchStrategy[bytes]:
    """The bytes of answers in the encodings that they may have."""
    return st.builds(encoded, documents(), st.sampled_from(ENCODINGS[:1] * 40 + ENCODINGS))


def answers() -> st.SearchStrategy[Answer]:
    """Answers of the list."""
    good = [answer_bodies() for _ in range(6)]
    return st.builds(
        Answer,
        st.one_of(
            *good, mutated(answer_bodies()), mutated(answer_bodies()), st.binary(max_size=200)
        ),
        st.sampled_from(("application/json",) * 40 + CONTENT_TYPES),
    )


def _story(row: Any) -> api.Story | None:
    try:
        return api.story(row, "the list")
    except RowError:
        return None


def pages() -> st.SearchStrategy[Page]:
    """Pages, each with its row in the list or without."""
    return st.builds(
        Page,
        bodies,
        st.sampled_from(("text/html",) * 6 + CONTENT_TYPES),
        st.sampled_from(URLS[:1] * 5 + URLS),
        st.one_of(st.none(), rows().map(_story)),
    )
