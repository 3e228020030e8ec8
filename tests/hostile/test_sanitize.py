"""Bodies are inert: what acts is taken out, what does not stays as it is."""

import re
from collections import Counter

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scrapy.http import HtmlResponse
from selectolax.lexbor import LexborHTMLParser

from sinanews.extraction import html5, page, sanitize
from sinanews.extraction.html5 import inner, parsed_body
from sinanews.items import Article
from sinanews.posts.hexo import inert_in_hexo
from sinanews.posts.render import render
from sinanews.utils.times import at
from support import article_page

ALIVE = {  # each with what is left of it
    '<svg onload="x()"></svg>': "<svg/>",
    '<details open="" ontoggle=x>y</details>': "<details open>y</details>",
    '<p ONCLICK=x OnFoo=x class="a">y</p>': '<p class="a">y</p>',
    '<a href="javascript:x">y</a>': "<a>y</a>",
    '<a href=" &#9;java&#10;script&colon;x">y</a>': "<a>y</a>",
    '<area href="vbscript:x">': "<area>",
    '<a href="javascript&amp;colon;x">y</a>': "<a>y</a>",
    '<a href="&amp;#106;avascript:x">y</a>': "<a>y</a>",
    '<a data-href="javascript:x" ping="https://example.com/" href="/a">y</a>': '<a href="/a">y</a>',
    '<svg><a xlink:href="javascript:x">y</a></svg>': "<svg><a>y</a></svg>",
    '<svg><use href="https://example.com/a.svg#b"></use></svg>': "<svg><use/></svg>",
    '<svg><path fill="url(https://example.com/a.svg#b)" mask="url(#m)"/></svg>': (
        '<svg><path mask="url(#m)"/></svg>'
    ),
    '<svg><path marker-start="\\75rl(//example.com/a.svg)"/></svg>': "<svg><path/></svg>",
    '<img src="data:image/svg+xml,<svg>"><img src="https://a&quot;onclick=&quot;x/b">': (
        "<img><img>"
    ),
    '<img src="/a.png" attributionsrc="https://example.com/">': '<img src="/a.png">',
    '<img src="https://n.sinaimg.cn/a.PDF#b"><img src="/a.mp4?b">': "<img><img>",
    '<svg><a><animate attributeName="href" to="javascript:x"/>y</a></svg>': "<svg><a>y</a></svg>",
    "<iframe srcdoc='<script>x</script>'></iframe>z": "z",
    '<iframe src="https://example.com/"></iframe>z': "z",
    '<video src="https://example.com/a.mp4" poster="/a.png"><source src="/b">': (
        '<video poster="/a.png"><source></video>'
    ),
    '<embed src="/a"><object data="/a"><p>y</p></object>': "<p>y</p>",
    '<form action="/a"><p>y<input autofocus><button>z</button></p></form>': "<p>yz</p>",
    "<select><option>a<option>b</select><textarea>&lt;img src=x onerror=y></textarea>": (
        "ab&lt;img src=x onerror=y>"
    ),
    '<meta http-equiv="refresh" content="0"><base href="/"><link rel="stylesheet" href="/">y': "y",
    "<template><img src=x></template>y": "y",
    "<div><template shadowrootmode=open><p>x</p></template>y</div>": "<div>y</div>",
    '<style>@import "/a";</style><style>p{color:red}</style>': "<style>p{color:red}</style>",
    '<p style="width:e\\78pression(x)">y</p>': "<p>y</p>",
    '<p style="background:url(javascript:x)">y</p>': "<p>y</p>",
    "<svg><style>&lt;img src=x onerror=y&gt;</style></svg>": ("<svg></svg>"),
    "<math><mtext><table><mglyph><style><img src=x onerror=y></style></table></math>": None,
    "<svg></p><style><a title='</style><img src=x onerror=y>'></style></svg>": None,
    "<noscript><p title='</noscript><img src=x onerror=y>'></noscript>": None,
    "<!--&gt;<img src=x onerror=y>-->z": "<!--&gt;&lt;img src=x onerror=y>-->z",
    "<p>&lt;<!-- -->img src=x onerror=y&gt;</p>": "<p><<!-- -->img src=x onerror=y></p>",
    "<p>&lt;<button>img src=x onerror=y&gt;</button></p>": "<p>&lt;img src=x onerror=y></p>",
    "<javascript:x>y</javascript:x><ms-x:y>z</ms-x:y>": "yz",
    '<area href="java\x01script:x"><a href="java&#1;script:x" class="a">y</a>': (
        '<area><a class="a">y</a>'
    ),
    '<area href="&amp;\x01#106;avascript:x">': "<area>",
    '<style>@im\x7fport "/a";</style>z': "z",
    '<p style="mask:u\x01rl(https://example.com/a.svg#b)">y</p>': "<p>y</p>",
    """<p style='--x:"/*";mask:url(https://example.com/a.svg#b);--y:"*/"'>y</p>""": "<p>y</p>",
    "<p style='filter:u\\72&#13;&#10;l(https://example.com/a)'>y</p>": "<p>y</p>",
    '<svg><foreignObject><style>@im<!-- -->port "/a";</style></foreignObject></svg>': "<svg></svg>",
    '<svg><title><style>@im</x>port "/a";</style></title></svg>': "<svg></svg>",
    "<p><set>a</set><portal>b</portal><handler>c</handler><model>d</model></p>": "<p>abcd</p>",
    "<plaintext>y": "y",
    '<navigate to="javascript:x" by="y">z</navigate>': '<navigate by="y">z</navigate>',
}
INERT = (
    '<p class="a" data-x="y" lang="zh" tabindex="0" my-own>x</p>',
    '<o:p>x</o:p><x-card kind="a">y</x-card><unknown>z</unknown>',
    '<img src="https://n.sinaimg.cn/a.png" alt="图" srcset="/a.png 1x, /b.png 2x">',
    '<img src="data:image/png;base64,AAAA">',
    '<a href="mailto:a@example.com" target="_blank">x</a><a href="#top">y</a><a href="tel:1">z</a>',
    '<p style="color:red;background:url(//n.sinaimg.cn/a.png) no-repeat">x</p>',
    "<style>.a > .b:hover{width:calc(1px + 2px)} @media print{p{display:none}}</style>",
    '<svg viewBox="0 0 1 1"><defs><path id="a" d="M0 0"/></defs><use href="#a"/></svg>',
    '<p style="scroll-behavior:smooth;fill:url(#a)">x</p><style><!-- p{color:red} --></style>',
    "<details><summary>x</summary>y</details><label>x</label><fieldset>y</fieldset>",
    "<table><tbody><tr><td>a < b && c</td></tr></tbody></table>",
    "<!-- <p class='a'>x</p> --><!--article_adlist[<img src=\"//n.sinaimg.cn/a.png\"/>]-->",
    "<iframe></iframe><video controls>x</video><noscript>x</noscript>",
)


def written(html: str) -> str:
    """The body as it is written; what a document would have before it stays in place."""
    return inner(parsed_body(f"文{html}")).removeprefix("文")


@pytest.mark.parametrize(("html", "left"), ALIVE.items())
def test_what_acts_is_taken_out_and_the_rest_stays(html, left):
    body = written(html)
    assert left is None or body == left
    assert_inert(body)


@pytest.mark.parametrize("html", INERT)
def test_what_is_inert_stays_as_it_is(html):
    assert written(html) == html
    assert sanitize.is_inert(html)


def test_what_is_taken_out_is_counted_by_kind():
    removed: Counter[str] = Counter()
    html = "<p onclick=a onload=b><form><a href='javascript:x'>y</a></form><!-- <script> -->"
    inner(parsed_body(html), removed=removed)
    assert removed == {
        sanitize.HANDLERS: 2,
        sanitize.FORMS: 1,
        sanitize.URLS: 1,
        sanitize.COMMENTS: 1,
    }


def test_a_body_of_somebody_elses_code_becomes_inert_when_it_is_written():
    article = Article("n1", title="标题", first_seen=at(1659927313))
    post = render(article, '<p onclick="x()">文</p><img src="javascript:x">').decode()
    assert "<p>文</p><img>" in post
    assert "headimg: 'https://picsum.photos/" in post


@pytest.mark.parametrize("attribute", ["src", "data-src", "real_src"])
def test_addresses_of_pictures_can_stand_in_any_text(attribute):
    picture = f"""<p><img {attribute}='https://n.sinaimg.cn/a"><b onclick="x.png'>图</p>"""
    article = page.read(
        HtmlResponse("https://finance.sina.com.cn/a", body=article_page(body=picture))
    )
    addresses = [image.url for image in article.images]
    assert addresses == ["https://n.sinaimg.cn/a%22%3E%3Cb%20onclick=%22x.png"]


@pytest.mark.parametrize("source", ["javascript:x", "data:image/png;base64,AAAA", "https://["])
def test_a_picture_that_is_none_of_the_web_is_no_headimg(source):
    picture = f'<p><img src="{source}">图</p>'
    article = page.read(
        HtmlResponse("https://finance.sina.com.cn/a", body=article_page(body=picture))
    )
    assert article.headimg is None
    assert article.images == []


# Pieces from which vectors are made.
NAMES = st.sampled_from(
    (
        *(
            "p",
            "a",
            "img",
            "svg",
            "math",
            "style",
            "title",
            "noscript",
            "xmp",
            "iframe",
            "template",
            "form",
            "input",
            "textarea",
            "select",
            "option",
        ),
        *(
            "table",
            "td",
            "mtext",
            "mglyph",
            "annotation-xml",
            "foreignObject",
            "desc",
            "details",
            "object",
            "embed",
            "video",
            "plaintext",
        ),
        *(
            "a:b",
            "javascript:x",
            "x-y",
            "script",
            "meta",
            "base",
            "link",
            "animate",
            "use",
            "image",
        ),
    )
)
ATTRIBUTES = st.sampled_from(
    (
        *(
            "onclick",
            "onerror",
            "ONLOAD",
            "href",
            "src",
            "xlink:href",
            "style",
            "srcdoc",
            "action",
            "data-href",
            "title",
            "alt",
            "class",
            "id",
        ),
        *("formaction", "srcset", "background", "x:y", "中", "http-equiv", "content"),
    )
)
VALUES = st.sampled_from((
    *("javascript:alert(1)", "java\tscript:alert(1)", "&#106;avascript:x", "https://a.example/"),
    *("data:text/html,<script>", "data:image/png,", "x\n\n<img src=x onerror=y>", '"', "'", "`"),
    *("<img src=x onerror=y>", "--><img src=x onerror=y>", "</style><img src=x onerror=y>"),
    *("@import 'x'", "expression(x)", "url(javascript:x)", "\\65xpression(x)", "/*", "*/", "a>b"),
    *("]]>", "<!--", "-->", "--!>", "[a](javascript:x)", "# a", "```", "\x1b]0;x\x07", "\x00"),
    *("&lt;", "&amp;lt;", "&quot;", "&gt;", "&Tab;", "&colon;", "<", ">", "&", "=", "/"),
))  # fmt: skip # one value a line would hide the list


@st.composite
def start_tags(draw) -> str:
    quote = draw(st.sampled_from(('"', "'", "")))
    pairs = draw(st.lists(st.tuples(ATTRIBUTES, VALUES), max_size=3))
    space = draw(st.sampled_from((" ", "\n", "/", "\t")))
    attributes = "".join(f"{space}{name}={quote}{value}{quote}" for name, value in pairs)
    return f"<{draw(NAMES)}{attributes}{draw(st.sampled_from(('>', '/>', '')))}"


PIECES = st.one_of(
    start_tags(),
    NAMES.map("</{}>".format),
    VALUES,
    st.sampled_from(("\n\n", " ", "文", "<!--", "-->", "<![CDATA[", "]]>", "<?x", "<!x")),
    st.text(max_size=5),
)
PAGES = st.lists(PIECES, max_size=12).map("".join)


@settings(max_examples=1000, deadline=None, derandomize=True)
@given(PAGES)
@example("<math><mtext><table><mglyph><style><!--</style><img title='--&gt;<img src=x onerror=y>'>")
@example("<svg><![CDATA[</svg><img src=x onerror=y>]]>")
def test_every_body_is_inert_however_it_is_read(html):
    body = written(html)
    assert_inert(body)
    for other in (f"<svg>{body}", f"<math><mtext>{body}", f"<!--{body}", f"<table>{body}"):
        assert_inert_tree(other)
    for cut in (*re.finditer("`|\n", body), *re.finditer("<!--|-->|</?style", body)):
        assert_inert_tree(body[cut.end() :])


@settings(max_examples=500, deadline=None, derandomize=True)
@given(PAGES)
def test_a_body_that_is_written_passes_as_inert(html):
    body = written(html)
    assert sanitize.is_inert(body)
    assert "\x1b" not in body
    assert "\r" not in body


ORDINARY = st.lists(
    st.one_of(
        st.builds(
            '<{} {}="{}" {}>'.format,
            st.sampled_from(sorted(sanitize.PLAIN_ELEMENTS)),
            ATTRIBUTES,
            st.sampled_from(("", "x", "=", "a&amp;b", "&nbsp;", "a&#10;b", "a&quot;b", "&amp;lt;")),
            st.sampled_from(("", "alt", "alt=''", "t&nbsp;", '=""', 'a"', "a<b")),
        ),
        st.sampled_from(sorted(sanitize.PLAIN_ELEMENTS)).map("</{}>".format),
        st.sampled_from(("文", '=""', "a&b", "&nbsp;", "&amp;amp;", "&gt;", "&#13;", "\r", "\x01")),
        st.sampled_from(("<!-- x -->", "<!--->", '<!-- a="" -->', "<!-- <b> -->", "<!-- a&b -->")),
        st.sampled_from(("</&amp;-->", "<!-- <b -->", "<!-- <style>x</style> -->", "<?x -- >")),
        st.sampled_from(("<style>p>b{}</style>", "<style>a</stylex @import</style>", "<style>")),
        PIECES,
    ),
    max_size=6,
).map("".join)


@settings(max_examples=2000, deadline=None, derandomize=True)
@given(ORDINARY)
def test_what_lexbor_writes_is_what_would_be_written_without_it(html):
    removed: tuple[Counter[str], Counter[str]] = (Counter(), Counter())
    body = inner(parsed_body(html), removed=removed[0])
    assert body == html5.Writer(comments=True, removed=removed[1]).write(parsed_body(html))
    assert removed[0] == removed[1]


def test_an_ordinary_body_is_written_by_lexbor():
    html = '<p>文 &amp; <img src="/a?b&amp;c" alt></p><!-- a&b --><style>p>b{}</style>'
    assert html5.plain_inner(parsed_body(html)) == html.replace("&amp;", "&")


def test_what_is_text_in_a_raw_text_element_is_written_as_text():
    root = html5.parse('<xmp><style alt=""></style></xmp>').css_first("xmp")
    assert inner(root) == '&lt;style alt=""></style>'


def test_templates_in_each_other_are_not_written_by_lexbor():
    assert inner(parsed_body("文" + "<template>" * 200_000)) == "文"


def assert_inert(body: str) -> None:
    assert_inert_tree(body)
    for tag in re.findall(r"<[A-Za-z][^<>]*>?", body):
        assert sanitize.attributes_of(tag) is not None
        assert "\n" not in tag or body.count("<!--") + body.count("</style")


def assert_inert_tree(html: str) -> None:
    """Asserts it of the tree that a parser makes, with scripts switched on and off."""
    for scripting in (True, False):
        for node in LexborHTMLParser(html, scripting=scripting).css("body *"):
            assert (node.tag or "").lower() not in ACTIVE
            assert node.tag != "iframe" or not {"src", "srcdoc"} & node.attributes.keys()
            for name, value in node.attributes.items():
                assert not name.lower().startswith("on")
                assert name.rpartition(":")[2] not in ADDRESSES or not SCRIPT.match(value or "")


ACTIVE = {
    *("script", "template", "embed", "object", "applet", "base", "meta", "link"),
    *("form", "input", "button"),
}
ADDRESSES = {"href", "src", "action", "formaction", "background", "data-href"}
SCRIPT = re.compile(
    r"[\x00-\x20]*(?:j\s*a\s*v\s*a|v\s*b)\s*s\s*c\s*r\s*i\s*p\s*t\s*:|[\x00-\x20]*data:text",
    re.IGNORECASE,
)


@pytest.mark.parametrize(
    ("content", "post"),
    [
        (
            "<div>\n<p>x</p>\n\n[a](javascript:x)\n</div>",
            "<div>\n<p>x</p>\n&#10;[a](javascript:x)\n</div>",
        ),
        ("<div>\n\n# a\n</div>", "<div>\n&#10;# a\n</div>"),
        ("<div>\n\na\n===\n</div>", "<div>\n&#10;a\n===\n</div>"),
        ('<div>\n \nhttp://a"onclick="x\n</div>', '<div>\n &#10;http://a"onclick="x\n</div>'),
        ("<div>\n\n<code>x</code>\n</div>", "<div>\n&#10;<code>x</code>\n</div>"),
        ("~~~\n", "&#126;&#126;&#126;\n"),
        ("<!--more-->", "<!--&#109;ore-->"),
        ("a\ufffcb", "a&#65532;b"),
        (
            '<a title="href=x rel=\'y" rel="z" href="https://sina.cn/?href=a">',
            '<a title="href&#61;x rel&#61;&#39;y" rel="z" href="https://sina.cn/?href&#61;a">',
        ),
        ('<img src="/a" alt="&quot;&lt;b&gt;">', '<img src="/a" alt="”＜b＞">'),
        (
            '<img src="/a" alt="&quot;&#10;&#10;`&lt;b&gt;`">',
            '<img src="/a" alt="”  `＜b＞`">',
        ),
        ("<div>\n\nhttps://a/#rel='b'\n</div>", "<div>\n&#10;https://a/#rel='b'\n</div>"),
        (
            """<a rel="a' onmouseover=x b" href="https://sina.cn/">""",
            """<a rel="a&#39; onmouseover=x b" href="https://sina.cn/">""",
        ),
        (
            '<img data-alt="&amp;" alt="&lt;img src=x onerror=y&gt;">',
            '<img data-alt="&amp;" alt="＜img src=x onerror=y＞">',
        ),
        ('<a class="fancy&#98;ox x">', '<a class="fancy-box x">'),
        ('<a class="fancybox">', '<a class="fancy-box">'),
    ],
)
def test_what_hexo_would_bring_to_life_is_written_so_that_it_does_not(content, post):
    assert inert_in_hexo(content) == post


@pytest.mark.parametrize(
    "content",
    [
        '<div>\n<p>文 | 张三 3~5 [1] `x` #话题#</p>\n\n<a href="https://sina.cn/">“x”</a>\n</div>',
        '<div>\n\n<img src="https://n.sinaimg.cn/a.png" alt="a">\n\n- a\n</div>',
    ],
)
def test_what_is_harmless_in_hexo_stays_as_it_is(content):
    assert inert_in_hexo(content) == content
