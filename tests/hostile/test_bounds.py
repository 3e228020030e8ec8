"""Pages that cost more to read than to send: each ends as its article, or as a failure that names
the bound, and the articles beside it are written."""

import gzip
import json
import subprocess
import sys
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scrapy.http import HtmlResponse
from scrapy.settings import Settings
from selectolax.lexbor import LexborHTMLParser

from sinanews import settings as defaults
from sinanews.config import Bounds, Config
from sinanews.exceptions import BoundError, RollError, RowError
from sinanews.extraction import bounds, page
from sinanews.items import Rejection
from sinanews.roll import api
from sinanews.spiders.reading import read_item
from support import ROOT, article_page, lines, place, row

MEMORY = 300 << 20  # bytes, of the whole process of a run
SECONDS = 60  # of a run, on any machine; each of these took minutes or for ever
BEFORE_BODY = '<div class="article"'


def with_body(html: str) -> bytes:
    return article_page(body=html)


def before_body(html: str) -> bytes:
    return article_page().replace(BEFORE_BODY.encode(), f"{html}{BEFORE_BODY}".encode())


def attributes(count: int) -> str:
    return " ".join(f"a{number}=1" for number in range(count))


# What it is, and what becomes of it: None for an article, else what its reason has in it.
BOMBS: dict[str, tuple[bytes, str | None]] = {
    "byline": (with_body("<p>（记者 " + "一 " * 60 + "x</p>"), None),
    "keyword-comment": (
        with_body("<p>x</p><style>" + "<!--news_keyword_pub," * 10_000 + "</style>"),
        None,
    ),
    "outlet": (article_page().replace("某报".encode(), ("微博" * 10_000 + "x").encode()), None),
    "head-image": (with_body('<p><a title="' + "<!--" * 5_000 + '">x</a></p>'), None),
    "blanks": (with_body("<p>x" + " " * 200_000 + "y</p>"), None),
    "images": (with_body("<p>t</p><div>" + '<img src="https://a/b.jpg">' * 4_000 + "</div>"), None),
    "images-in-each-other": (
        with_body("<p>t</p>" + '<b><img src="https://a/b.jpg">' * 1_400),
        None,
    ),
    "attributes": (with_body(f"<p {attributes(20_000)}>x</p>"), "TAG_ATTRIBUTES"),
    "attributes-of-body": (
        before_body("".join(f"<body b{n} c{n} d{n} e{n}>" for n in range(5_000))),
        "TAG_ATTRIBUTES",
    ),
    "attributes-of-fonts": (
        with_body("".join(f"<font {attributes(50)} z={n}>" for n in range(1_000))),
        "TAG_ATTRIBUTES",
    ),
    "source-in-each-other": (
        before_body("<div class=date-source>" * 700 + "<span class=source>s</span>" * 2_000),
        None,
    ),
    "title-in-each-other": (
        before_body("<h1 class=main-title><div>" * 700 + "t" * 100_000),
        None,
    ),
    "title-too-deep": (
        before_body("<h1 class=main-title><div>" * 20_000 + "t" * 100_000),
        "PAGE_TAGS",
    ),
    "paragraphs-in-each-other": (with_body("<object><p>" * 700 + "t" * 100_000), "PAGE_TEXT"),
    "templates": (with_body("<p>x</p>" + "<template>" * 100_000), "PAGE_TAGS"),
    "templates-few": (with_body("<p>x</p>" + "<template>" * 20_000), "PAGE_DEPTH"),
    "divs": (with_body("<div>" * 100_000 + "x" + "</div>" * 100_000), "PAGE_TAGS"),
    "divs-few": (with_body("<div>" * 12_000 + "x"), "PAGE_DEPTH"),
    "options": (with_body("<select>" + "<option></option>" * 12_000), "PAGE_TAGS"),
    "options-left-open": (with_body("<select>" + "<option>" * 25_000), "PAGE_DEPTH"),
    "fonts-in-each-paragraph": (
        with_body("<p>" + "".join(f"<font a{n}>" for n in range(1_500)) + "</p>" + "<p>x" * 1_500),
        "PAGE_TAGS",
    ),
    "width": (with_body("<p>x</p><img src=https://a/b.jpg width=" + "9" * 5_000 + ">"), None),
    "entities": (with_body("<p>&#" + "9" * 5_000 + ";x</p>"), None),
    "ampersands": (with_body("<p>" + "&" * 500_000), None),
    "comment-without-end": (with_body("<p>x</p>" + "<!--" * 20_000), None),
    "zeros": (with_body("<p>x" + "\0" * 3_000_000), "PAGE_TEXT"),
}
GOOD = [f"ngood{number}" for number in range(6)]


def packed() -> dict[str, tuple[str, bytes, str | None]]:
    """Bombs as they come, packed, and how: some of them are larger than they look."""
    return {
        "gzip-zeros": ("gzip", gzip.compress(bytes(200_000_000)), "DOWNLOAD_MAXSIZE"),
        "gzip-members": ("gzip", gzip.compress(bytes(1_000_000)) * 200, "DOWNLOAD_MAXSIZE"),
        "deflate-zeros": ("deflate", zlib.compress(bytes(200_000_000)), "DOWNLOAD_MAXSIZE"),
        "gzip-html": (
            "gzip",
            gzip.compress(article_page()) + gzip.compress(b"<p>a</p>" * 131_072) * 100,
            "DOWNLOAD_MAXSIZE",
        ),
        "gzip-little-html": (
            "gzip",
            gzip.compress(with_body("<p>a</p>" * 131_072)),
            "PAGE_TAGS",
        ),
    }


# Runs a command, and prints its code and its peak of memory.
MEASURED = """
import resource, subprocess, sys
code = subprocess.run(sys.argv[1:]).returncode
print("code", code, "peak", resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024)
"""


def read(body: bytes, limits: Bounds = bounds.DEFAULT):
    return read_item(HtmlResponse(f"https://{place()}", body=body), None, bounds=limits)


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_is_its_article_or_a_failure_that_names_the_bound(name):
    body, bound = BOMBS[name]
    item = read(body)
    if bound is None:
        assert not isinstance(item, Rejection), item.reason
    else:
        assert isinstance(item, Rejection)
        assert item.reason.startswith("its page has more than")
        assert item.reason.endswith(f"({bound})")


def docid(name: str) -> str:
    return f"n{name}"


def test_a_run_over_all_bombs_writes_what_is_beside_them(pages, output):
    packed_bombs = packed()
    names = [*BOMBS, *packed_bombs]
    docids = [
        word for n, name in enumerate(names) for word in (docid(name), *GOOD[n * 6 : n * 6 + 1])
    ]
    docids += [good for good in GOOD if good not in docids]
    for good in GOOD:
        pages[place(good)] = article_page()
    for name, (body, _) in BOMBS.items():
        pages[place(docid(name))] = body
    for name, (encoding, body, _) in packed_bombs.items():
        pages[place(docid(name))] = body
        pages.headers[place(docid(name))] = {"Content-Encoding": encoding}
    pages.roll(*(row(one) for one in docids))
    options = {
        "MIRROR_URL": pages.url,
        "OUTPUT_DIR": str(output),
        "AUTOTHROTTLE_ENABLED": "False",
        "DOWNLOAD_DELAY": "0",
        "POST_BODY": "clean",  # which is parsed and written once more
    }
    words = [word for name, value in options.items() for word in ("-s", f"{name}={value}")]
    command = [sys.executable, "-m", "scrapy", "crawl", "china", "-a", "channel=guonei", *words]

    run = subprocess.run(
        [sys.executable, "-c", MEASURED, *command],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=SECONDS * 5,
        check=False,
    )

    code, peak = (int(word) for word in run.stdout.splitlines()[-1].split()[1::2])
    assert code == 3, run.stderr
    assert peak < MEMORY
    written = {line["docid"] for line in lines(output)}
    expected = {name: bound for name, (_, bound) in BOMBS.items()}
    expected |= {name: bound for name, (*_, bound) in packed_bombs.items()}
    assert written == {*GOOD, *(docid(name) for name, bound in expected.items() if not bound)}
    for name, bound in expected.items():
        if bound:
            failed = json.loads((output / "failed" / f"{docid(name)}.json").read_bytes())
            assert failed["reason"].endswith(f"({bound})"), name
    assert "Traceback" not in run.stderr


def test_reasons_are_the_same_for_all_pages_of_one_fault():
    assert read(BOMBS["divs"][0]).reason == read(BOMBS["templates"][0]).reason


@pytest.mark.parametrize(
    ("limits", "body"),
    [
        (Bounds(text=1_000), "<p>" + "x" * 2_000),
        (Bounds(tags=100), "<p>x</p>" * 100),
        (Bounds(depth=50), "<div>" * 60),
        (Bounds(attributes=10), f"<p {attributes(11)}>x"),
    ],
    ids=["text", "tags", "depth", "attributes"],
)
def test_each_bound_of_a_page_is_a_setting(limits, body):
    assert not isinstance(read(with_body(body)), Rejection)
    assert isinstance(read(with_body(body), limits), Rejection)


def test_what_a_script_holds_is_bounded_like_a_page():
    images = [{"image_url": "https://n.sinaimg.cn/a.jpg", "intro": "图"}] * 12_000
    data = json.dumps({"images": images})
    html = f"<div id=SI_Cont></div><h1>标题</h1><script>slide_data = {data}</script>"
    assert read(html.encode()).reason == "its page has more than 30000 tags (PAGE_TAGS)"


def test_a_script_that_is_too_deep_for_json_has_no_pictures():
    html = "<div id=SI_Cont></div><h1>标题</h1><script>slide_data = {" + '"a":[' * 100_000
    assert read(html.encode()).reason.startswith("no ")


def test_what_a_page_looks_like_decides_and_not_its_encoding():
    bomb = BOMBS["divs"][0].decode().replace("utf-8", "utf-16")
    response = HtmlResponse(f"https://{place()}", body=bomb.encode("utf-16"))
    with pytest.raises(BoundError, match="PAGE_TAGS"):
        page.read(response)


@pytest.mark.parametrize("depth", [500, 1_000])
def test_deep_pages_are_read(depth):
    body = "<div>" * depth + "<p>　　正文。</p>" + "</div>" * depth
    assert read(with_body(body)).text == "正文。"


def test_a_long_table_is_read():
    table = "<table>" + "<tr><td>1</td><td><p>2</td></tr>" * 3_000 + "</table>"
    assert read(with_body(table)).text.count("\n") == 2_999


TAGS = (
    "p", "div", "span", "b", "i", "font", "a", "table", "tr", "td", "th", "ul", "li", "dl", "dt",
    "dd", "option", "select", "svg", "math", "mi", "desc", "title", "style", "script", "textarea",
    "template", "object", "form", "h1", "nobr", "path", "foreignobject", "br", "input", "source",
    "noscript",
)  # fmt: skip # one tag a line would hide the list
ATTRIBUTES = ("", " a=1", ' a=">"', " a=<div>", ' a="</div>"', ' a="<!--"', "/")
OTHERS = ("x", "<!--", "-->", "<!-->", "<![CDATA[", "]]>", '"', "'", ">", "<", "</", "--!>")


def depth_of(tree: LexborHTMLParser) -> int:
    deepest, waiting = 0, [(tree.root, 1)]
    while waiting:
        node, depth = waiting.pop()
        deepest = max(deepest, depth)
        contents = node.template_fragments() if node.tag == "template" else []
        child = (contents[0] if contents else node).first_child
        while child is not None:
            waiting.append((child, depth + 1))
            child = child.next
    return deepest


@st.composite
def repeated_soups(draw) -> str:
    """Some tags and what may be between them, forty times over."""
    tags = draw(st.lists(st.sampled_from(TAGS), min_size=1, max_size=5))
    starts = st.builds("<{}{}>".format, st.sampled_from(tags), st.sampled_from(ATTRIBUTES))
    ends = st.builds("</{}>".format, st.sampled_from(tags))
    pieces = st.lists(starts | ends | st.sampled_from(OTHERS), min_size=1, max_size=8)
    return "".join(draw(pieces)) + "".join(draw(pieces)) * 40


@settings(max_examples=500)
@given(soup=repeated_soups())
def test_what_passes_is_hardly_deeper_than_the_bound_says(soup):
    """Elements that a parser makes of its own accord come on top, such as a table's body."""
    try:
        bounds.check(soup.encode(), Bounds(depth=15))
    except BoundError:
        return
    assert depth_of(LexborHTMLParser(soup, scripting=True)) <= 35


# Deep, but not by what their tags look like.
TRAPS = (
    "<svg>" + "<option></th>" * 40,
    "<svg>" + "<source>" * 40,
    "<svg>" + "<tr></table>" * 40,
    "<mi><li></mi></li>" * 40,
    "<b><object></b></object>" * 40,
    "<p><span><div></p>" * 40,
    "<tr><div></tr>" * 40,
    "<div><svg></div></svg><section></div>" * 40,
    "<svg><style><div></style></svg>" * 40,
    "<svg><g><![CDATA[></g></svg>]]>" * 40,
    "<script><!--<script></script>--></script><div>" * 40,
    "<svg><p></p><path></svg>" * 40,
    "<div title='</div>'>" * 40,
    '<div title="<!--">' * 40 + "-->",
    "<!--><div>" * 40,
    "<div><!-- </div> -->" * 40,
    "<script></scripty></script><div>" * 40,
    "<SCRIPT></SCRIPT><div>" * 40,
    "<template><div></template x><b></template>" * 40 + "<div>" * 40,
)


@pytest.mark.parametrize("trap", TRAPS)
def test_what_is_deeper_than_it_looks_does_not_pass(trap):
    assert depth_of(LexborHTMLParser(trap, scripting=True)) > 40
    with pytest.raises(BoundError):
        bounds.check(trap.encode(), Bounds(depth=20))


# How a tag of many attributes may look as if it had ended: in values, every so often.
DISGUISES = ("", "='>'", '=">"', '="<i>"', "='<i>'", "='\">'", '="<i>" <p', " = '>'")


@pytest.mark.parametrize("change", [str.lower, str.upper, str.title])
@pytest.mark.parametrize(
    "name",
    ["b", "big", "body", "code", "em", "font", "html", "i", "nobr", "s", "small", "strike",
     "strong", "tt", "u"],
)  # fmt: skip # one name a line would hide the list
def test_elements_that_grow_are_seen_in_a_small_page_however_they_are_written(name, change):
    tags = "".join(f"<{change(name)}{'/ '[n % 2]}a{n}=1>" for n in range(2_000))
    with pytest.raises(BoundError):
        bounds.check(tags.encode(), bounds.DEFAULT)


@pytest.mark.parametrize("disguise", DISGUISES)
@pytest.mark.parametrize("often", [40, 400])
@pytest.mark.parametrize("size", [100_000, 400_000])
def test_a_long_tag_is_seen_whatever_its_values_are(disguise, often, size):
    pieces = (f"a{n}{'' if n % often else disguise}" for n in range(size // 7))
    html = f"<p class='a'>{'x' * 9_000}<p {' '.join(pieces)}>x"
    assert html.count("<") < 8_000
    with pytest.raises(BoundError, match="TAG_ATTRIBUTES"):
        bounds.check(html.encode(), bounds.DEFAULT)


def test_a_long_tag_is_seen_between_values_that_are_longer_than_what_is_looked_at():
    values = ('="> ' + "y" * 15_000 + '"' for _ in range(24))
    html = "<p " + "".join(f"{attributes(270)} v{n}{value} " for n, value in enumerate(values))
    with pytest.raises(BoundError, match="TAG_ATTRIBUTES"):
        bounds.check(f"{html}>x".encode(), bounds.DEFAULT)


def rows(*listed: dict) -> str:
    status = {"code": 0, "msg": "succ"}
    return json.dumps({"result": {"status": status, "data": listed, "total": len(listed)}})


def test_an_answer_of_the_list_has_its_bounds():
    many = rows(*(row(f"n{number}") for number in range(501)))
    with pytest.raises(RollError, match=r"more than 500 rows \(LIST_ROWS\)"):
        api.read(many, "list")
    with pytest.raises(RollError, match=r"more than 1000000 characters \(LIST_TEXT\)"):
        api.read("[" * 1_000_001, "list")


def test_a_row_whose_id_is_too_long_is_broken_and_the_others_are_not():
    roll = api.read(rows(row("n" * 65), row("nshort")), "list")
    assert [story.docid for story in roll.stories] == ["nshort"]
    (broken,) = roll.broken
    assert isinstance(broken, RowError)
    assert "more than 64 characters of an id (ID_LENGTH)" in str(broken)


def test_a_row_with_a_number_of_thousands_of_digits_is_read():
    title = "&#" + "9" * 5_000 + ";题"
    (story,) = api.read(rows(row(title=title)), "list").stories
    assert story.title == "\ufffd题"


def test_the_bounds_of_settings_are_the_defaults_of_reading():
    values = {name: getattr(defaults, name) for name in dir(defaults) if name.isupper()}
    assert Config.from_settings(Settings(values)).bounds == Bounds()
