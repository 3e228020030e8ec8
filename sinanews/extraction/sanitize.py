"""Tells what acts in a browser from what does not, for elements, attributes, addresses and CSS.

An element is judged by its tag alone, whatever stands around it: one that is inert here is inert
in HTML, in svg, in a comment that ends early, and after a Markdown renderer has cut the text in
two. So a body is inert when each of its tags is, and nobody has to foresee how it is parsed.

What has no meaning in the standards (https://html.spec.whatwg.org, https://svgwg.org/svg2-draft)
does nothing and stays; attributes that begin with `on` are handlers, known or not.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from enum import Enum
from functools import lru_cache, wraps
from typing import TypeVar

import ada_url

from sinanews.utils.text import unescape

# What is taken out is counted under these names in the run report.
COMMENTS = "markup in comments"
FORMS = "forms"
FRAMES = "frames and players"
HANDLERS = "event handlers"
NAMES = "malformed names"
PAGE = "page directives"
STYLES = "styles"
SVG = "foreign content"
TEMPLATES = "templates"
URLS = "addresses that are no page's or picture's"


class Action(Enum):
    """What becomes of an element: it stays; what it holds stays; nothing stays."""

    KEEP = "keep"
    UNWRAP = "unwrap"
    REMOVE = "remove"


# Elements that act, or have others act: what becomes of them, and what they are counted as.
_ROWS = (
    (Action.UNWRAP, FORMS, "button datalist form input isindex keygen optgroup option select"),
    (Action.UNWRAP, FORMS, "selectedcontent textarea"),
    (Action.UNWRAP, FRAMES, "applet bgsound controlledframe embed fencedframe frame frameset"),
    (Action.UNWRAP, FRAMES, "model object portal webview"),
    (Action.UNWRAP, PAGE, "base body geolocation head html install link meta permission script"),
    (Action.UNWRAP, PAGE, "plaintext title usermedia"),
    (Action.REMOVE, TEMPLATES, "template"),
    (Action.UNWRAP, SVG, "animate animatecolor animatemotion animatetransform annotation-xml"),
    (Action.UNWRAP, SVG, "discard foreignobject handler listener set"),
)
ACTIVE = {name: (action, kind) for action, kind, names in _ROWS for name in names.split()}
KEPT = (Action.KEEP, "")
FRAME = (Action.REMOVE, FRAMES)

# Elements and attributes of every body, which do nothing; looked up first, for speed alone.
PLAIN_ELEMENTS = frozenset((
    "a", "b", "blockquote", "br", "center", "div", "em", "font", "h2", "h3", "i", "img", "li", "p",
    "span", "strong", "table", "tbody", "td", "tr", "u", "ul",
))  # fmt: skip # one name a line would hide the list
PLAIN = frozenset((
    "align", "alt", "border", "class", "cms-height", "cms-style", "cms-width", "color", "height",
    "id", "img-height", "img-width", "name", "rel", "referrerpolicy", "size", "target", "title",
    "valign", "width",
))  # fmt: skip # one name a line would hide the list
# Attributes that have something asked for or run without a use that would be inert.
DANGEROUS = frozenset((
    "adauctionheaders", "attributionsrc", "browsingtopics", "dynsrc", "formaction", "ping",
    "sharedstoragewritable", "srcdoc", "xml:base",
))  # fmt: skip # one name a line would hide the list
ADDRESSES = frozenset((
    "action", "background", "cite", "longdesc", "lowsrc", "poster",
))  # fmt: skip # as above
ADDRESS_LISTS = frozenset(("imagesrcset", "srcset"))
PLAYERS = frozenset(("audio", "source", "track", "video"))
PICTURES = frozenset(("image", "img"))  # elements whose address is a picture's
# svg elements that take part of a document by its address: of this one only.
REFERENCES = frozenset((
    "altglyph", "color-profile", "cursor", "feimage", "filter", "font-face-uri", "glyphref",
    "lineargradient", "mpath", "pattern", "radialgradient", "textpath", "tref", "use",
))  # fmt: skip # as above
# svg attributes that are CSS properties with addresses.
CSS_PROPERTIES = frozenset((
    "clip-path", "cursor", "fill", "filter", "marker", "marker-end", "marker-mid", "marker-start",
    "mask", "stroke",
))  # fmt: skip # as above
SCHEMES = frozenset(("http", "https", "mailto", "tel"))

_Verdict = TypeVar("_Verdict")
# Against which addresses are resolved to see whether they are any.
_BASE = "https://sina.com.cn/"
# What any parser reads alike, and nearly all addresses are; looked at first, for speed alone.
_PLAIN_URL = re.compile(
    r"(?:https?:)?//(?!xn--)(?:[a-z0-9-]{1,63}\.(?!xn--)){1,9}[a-z]{2,20}(?:[/?#][!#-;=?-\[\]-~]*)?"
)
_SCRIPT_URL = re.compile(r"\s*(?:java|vb|live)script\s*:", re.IGNORECASE)  # of no inert use
_PICTURE = re.compile(r"image/(?!svg)", re.IGNORECASE)  # svg opened as a page runs scripts
# No picture's: themes that show a picture larger open such an address in a frame or a player.
_OTHER_FILE = re.compile(r"\.(?:pdf|mp4|mov|ogv|webm)(?:[?#]|\Z)", re.IGNORECASE)
_CANDIDATES = re.compile(r"[\s,]+")  # between the addresses of a srcset

# Also of Word's elements, such as `o:p`. `<javascript:x>`, and any other scheme of two letters or
# more, is a link for a Markdown renderer.
_ELEMENT_NAME = re.compile(r"(?:(?:[a-z]|st1):)?[a-z][\w.\-]*", re.IGNORECASE)
_ATTRIBUTE_NAME = re.compile(r"[^ \t\n\f\r/<>=\x00-\x1f\x7f-\x9f]+")

# A tag as the HTML standard's tokenizer reads it, section 13.2.5, if it has no `<` or `>` within.
_TAG = re.compile(r"<([A-Za-z][^ \t\n\f\r/<>]*+)([^<>]*+)>")
ATTRIBUTE = re.compile(
    r"""[ \t\n\f\r/]*+
    (?:
        ([^ \t\n\f\r/<>=][^ \t\n\f\r/<>=]*+)
        (?:[ \t\n\f\r]*+=[ \t\n\f\r]*+(?:"([^"]*+)"|'([^']*+)'|([^ \t\n\f\r"'][^ \t\n\f\r]*+)))?
    )?""",
    re.VERBOSE,
)
_TAG_OPEN = re.compile(r"<(?=[A-Za-z])")
# Control characters other than tab, line feed and carriage return. They are taken out before
# anything is judged: what stands around them would be something else without them.
CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_WITHOUT_CONTROLS = re.compile(r"[ -~\xa0-\U0010ffff\t\n\r]*+")  # twice as fast as a search for one
TAG = re.compile(r"<[A-Za-z][^<>]*+>?")
_STYLE = re.compile(r"<style(?![^ \t\n\f\r/>])[^<>]*+>", re.IGNORECASE)

_ESCAPE = re.compile(r"\\(?:([0-9a-f]{1,6})(?:\r\n|[ \t\r\n\f])?|(.))", re.IGNORECASE | re.DOTALL)
_CSS_COMMENT = re.compile(r"/\*.*?(?:\*/|\Z)", re.DOTALL)
_CSS_SUSPECT = re.compile(r"[\\@(`]|behavior|binding|script", re.IGNORECASE)
# With a back tick or a last backslash, a Markdown renderer does not see where a style ends.
_CSS_ACTIVE = re.compile(
    r"@(?:import|font-face|namespace|charset|document|-moz-document)|expression|(?<![\w-])behavior"
    r"|-moz-binding|(?:java|vb|live)script|image-set|src\s*\(|paint\s*\(|`|\\\Z",
    re.IGNORECASE,
)
_CSS_URL = re.compile(r"url\(", re.IGNORECASE)
_CSS_PARTS = re.compile(r"[;{}]")
# Properties whose addresses are pictures'.
_CSS_PICTURES = re.compile(
    r"\s*(?:background|list-style|border-image)(?:-\w+)*\s*|\s*(?:content|cursor)\s*",
    re.IGNORECASE,
)
_LAST_CHARACTER = 0x10FFFF


def _remembered(
    most: int, longest: int
) -> Callable[[Callable[[str], _Verdict]], Callable[[str], _Verdict]]:
    """A decorator for a function that judges texts: its last `most` verdicts are remembered, but
    for texts of more than `longest` characters."""

    def remembering(judge: Callable[[str], _Verdict]) -> Callable[[str], _Verdict]:
        recalled = lru_cache(most)(judge)

        @wraps(judge)
        def judged(text: str) -> _Verdict:
            return recalled(text) if len(text) <= longest else judge(text)

        return judged

    return remembering


def element(
    tag: str, attributes: Mapping[str, str | None] | Mapping[str, str]
) -> tuple[Action, str]:
    """What becomes of an element, and what it is counted as; `tag` is in lower case.

    >>> element("p", {}), element("o:p", {}), element("form", {"action": "/"})[0]
    ((<Action.KEEP: 'keep'>, ''), (<Action.KEEP: 'keep'>, ''), <Action.UNWRAP: 'unwrap'>)
    """
    if tag in PLAIN_ELEMENTS:
        return KEPT
    if tag in ACTIVE:
        return ACTIVE[tag]
    if tag == "iframe":
        source = attributes.get("src") or ""
        is_empty = source in {"", "about:blank"} and "srcdoc" not in attributes
        return KEPT if is_empty else FRAME
    is_name = _ELEMENT_NAME.fullmatch(tag)
    if not is_name:
        return Action.UNWRAP, NAMES
    return KEPT


def attribute(tag: str, name: str, value: str) -> str | None:
    """What an attribute that acts is counted as; None for one that does not.

    Bodies are written without escapes, so a value is judged as it is and as it is decoded.

    >>> attribute("p", "OnClick", ""), attribute("a", "href", "java\\tscript:x")
    ('event handlers', "addresses that are no page's or picture's")
    >>> attribute("a", "href", "https://finance.sina.com.cn/")
    """
    name = name.lower()
    if name in PLAIN:
        return None
    if name.startswith("on"):
        return HANDLERS
    if not _ATTRIBUTE_NAME.fullmatch(name):
        return NAMES
    kinds = (_kind(tag, name, text) for text in {value, unescape(value)})
    return next(filter(None, kinds), None)


def _kind(tag: str, name: str, value: str) -> str | None:
    if name == "style":
        return None if is_inert_css(value) else STYLES
    if name in CSS_PROPERTIES:
        return None if is_inert_css(f"{name}:{value}") else STYLES
    if name == "src" and tag in PLAYERS:
        return FRAMES
    if name in ADDRESS_LISTS:
        pieces = _CANDIDATES.split(value)
        return None if all(is_inert_url(piece, picture=True) for piece in pieces) else URLS
    is_address = name in ADDRESSES or name.endswith(("href", "src"))
    acts = (
        name in DANGEROUS
        or (is_address and not _is_address(tag, name, value))
        or _SCRIPT_URL.match(value)
    )
    return URLS if acts else None


def _is_address(tag: str, name: str, value: str) -> bool:
    if tag in REFERENCES:
        return value.startswith("#")
    is_picture = name in {"background", "lowsrc", "poster"} or tag in PICTURES
    if is_picture and _OTHER_FILE.search(value):
        return False
    return is_inert_url(value, picture=is_picture)


def is_inert_url(url: str, *, picture: bool = False) -> bool:
    """Whether an address leads to a page, or with `picture` to a picture, and runs nothing: as the
    WHATWG URL standard reads it, which browsers follow.

    >>> is_inert_url("//n.sinaimg.cn/a.png"), is_inert_url("#top"), is_inert_url("mailto:a@b.cn")
    (True, True, True)
    >>> is_inert_url(" JavaScript:x"), is_inert_url("data:text/html,x", picture=True)
    (False, False)
    """
    if _PLAIN_URL.fullmatch(url):
        return True
    try:
        scheme, _, rest = ada_url.join_url(_BASE, url).partition(":")
    except ValueError:
        return False
    if '"' in rest:  # which hosts may have; scripts of themes put addresses between these
        return False
    return scheme in SCHEMES or (picture and scheme == "data" and bool(_PICTURE.match(rest)))


@_remembered(1_024, 400)  # pages of one template have the same styles
def is_inert_css(css: str) -> bool:
    """Whether declarations or rules load pictures at most.

    >>> is_inert_css("color:red; background:url(//n.sinaimg.cn/a.png)")
    True
    >>> is_inert_css("@\\\\69mport 'x'"), is_inert_css("width:expression(x)")
    (False, False)
    >>> is_inert_css("filter:url(https://example.com/a.svg#b)")
    False
    """
    if not _CSS_SUSPECT.search(css):
        return True
    decoded = _ESCAPE.sub(_css_character, css)
    # What begins a comment may be in a string, where it begins none.
    texts = (css, decoded, _CSS_COMMENT.sub("", decoded))
    if any(map(_CSS_ACTIVE.search, texts)):
        return False
    return all(
        all(map(_loads_pictures, _CSS_PARTS.split(text)))
        and all(is_inert_url(url, picture=True) for url in _css_urls(text))
        for text in texts[1:]
    )


def _css_character(escape: re.Match[str]) -> str:
    if not escape[1]:
        return escape[2]
    code = int(escape[1], 16)
    return chr(code) if code <= _LAST_CHARACTER else "\ufffd"


def _loads_pictures(declaration: str) -> bool:
    """Whether a declaration has no address, or is of a property whose addresses are pictures', or
    has addresses in this document only."""
    name, _, value = declaration.partition(":")
    return bool(_CSS_PICTURES.fullmatch(name)) or all(
        url.startswith("#") for url in _css_urls(value)
    )


def _css_urls(css: str) -> Iterator[str]:
    for part in _CSS_URL.split(css)[1:]:
        yield part.partition(")")[0].strip(" \t\r\n\f\"'")


def attributes_of(tag: str) -> dict[str, str] | None:
    """The attributes of a start tag, from `<` to `>`, as browsers read them; None for a tag that
    does not end at its first `>`.

    >>> attributes_of("<img src=a.png alt='x &amp; y' hidden>")
    {'src': 'a.png', 'alt': 'x & y', 'hidden': ''}
    >>> attributes_of('<a title="a>') is None
    True
    """
    match = _TAG.fullmatch(tag)
    if match is None:
        return None
    attributes: dict[str, str] = {}
    rest, position = match[2], 0
    while position < len(rest):
        part = ATTRIBUTE.match(rest, position)
        if part is None or part.end() == position:
            return None
        position = part.end()
        if part[1]:
            attributes.setdefault(part[1].lower(), unescape(part[2] or part[3] or part[4] or ""))
    return attributes


@_remembered(1_024, 400)  # and most tags
def _judged(tag: str) -> tuple[str, bool]:
    """The name in a start tag, from `<` to `>`, and whether neither name nor attributes act."""
    attributes, match = attributes_of(tag), _TAG.match(tag)
    if attributes is None or match is None:
        return "", False
    name = match[1].lower()
    if any(attribute(name, *pair) for pair in attributes.items()):
        return name, False
    return name, element(name, attributes)[0] is Action.KEEP


def is_inert_tag(tag: str) -> bool:
    """Whether a start tag, from `<` to `>`, does nothing wherever it is read, whatever follows.

    >>> is_inert_tag('<p class="a">'), is_inert_tag("<img src=x onerror=y>")
    (True, False)
    >>> is_inert_tag('<a title="a>'), is_inert_tag('<a x=a"b onclick=y c"d>')
    (False, False)
    """
    name, is_harmless = _judged(tag)
    return is_harmless and name != "style"


@_remembered(32, 30_000)  # a body is judged as it is read, and again when its post is written
def is_inert(html: str) -> bool:
    """Whether no tag of a body acts, wherever it stands: in comments and raw text as well.

    >>> is_inert("<p>a < b</p><!-- <b> -->"), is_inert("<!-- <script> -->")
    (True, False)
    >>> is_inert("<style>p{color:red}</style>"), is_inert("<style>@import 'x'</style>")
    (True, False)
    """
    if not _WITHOUT_CONTROLS.fullmatch(html):
        return False
    if not all(is_harmless for _, is_harmless in map(_judged, set(TAG.findall(html)))):
        return False
    start = _STYLE.search(html)
    while start:
        end = html.find("</style", start.end())
        if end < 0 or not is_inert_style(html[start.end() : end]):
            return False
        start = _STYLE.search(html, end)
    return True


def is_inert_style(css: str) -> bool:
    """Whether the text of a style element loads pictures at most, as it is and as svg reads it,
    where it may have elements and comments: none but the one that old pages have around it."""
    if "<" in css.lstrip().removeprefix("<!--"):
        return False
    return is_inert_css(css) and is_inert_css(unescape(css))


def disarmed(text: str) -> str:
    """Text that is not written as markup, such as a comment's, without tags that would act if it
    were read as markup: their `<` becomes `&lt;`.

    >>> disarmed("<b>x</b> <img src=x onerror=y>")
    '<b>x</b> &lt;img src=x onerror=y>'
    """
    if "<" not in text:
        return text

    def escape(opening: re.Match[str]) -> str:
        tag = TAG.match(text, opening.start())
        return "<" if tag and is_inert_tag(tag[0]) else "&lt;"

    return _TAG_OPEN.sub(escape, text)
