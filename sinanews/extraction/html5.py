"""Parses, and writes HTML as the reference chain does: parse5 -> cheerio 1.0.0-rc.3 -> he.decode.

The chain writes nothing escaped: text and attribute values stand raw, an empty attribute is a
bare name, only raw-text elements and comments pass through an entity decoder. Lexbor builds the
same tree as parse5; the writing is here. Two departures, both where raw would be live markup:
`<` that would open a tag stays `&lt;`, and `"` that would end its attribute stays `&quot;`.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from html import unescape

import ada_url
from selectolax.lexbor import LexborHTMLParser, LexborNode

VOID = frozenset(
    [
        "area",
        "base",
        "br",
        "col",
        "embed",
        "hr",
        "img",
        "input",
        "link",
        "meta",
        "param",
        "source",
        "track",
        "wbr",
        "basefont",
        "bgsound",
        "frame",
        "keygen",
        "command",
    ]
)
RAW_TEXT = frozenset(["style", "iframe", "noembed", "noframes", "noscript", "xmp", "plaintext"])
FOREIGN = frozenset(("svg",))
TEXT, COMMENT = "-text", "-comment"  # Lexbor's tags of nodes that are no elements
EVENTS_OF_IMG = ("onclick", "onerror", "onload")

_OPENS_A_TAG = re.compile(r"<(?=[A-Za-z/!?])")
_PICTURE = re.compile(r"\.(?:gif|png|jpg|webp)")
_EARLY_END = re.compile(r"--!?>")


def parse(html: str | bytes) -> LexborHTMLParser:
    """The document, of text or of UTF-8, with scripting on as in parse5: the content of noscript
    is text."""
    return LexborHTMLParser(html, scripting=True)


def parsed_body(inner_html: str) -> LexborNode:
    """The body of a fragment parsed as a document, which is what drops its leading comments.

    Scripts are gone and what they divided is one text again.
    """
    body = parse(inner_html).body
    assert body is not None, "an HTML document always has a body"
    for script in body.css("script"):
        script.decompose()
    body.merge_text_nodes()
    return body


def children(node: LexborNode) -> Iterator[LexborNode]:
    """All child nodes: elements, texts and comments; of a template, its content's."""
    parent = node.template_fragments()[0] if node.tag == "template" else node
    child = parent.first_child
    while child is not None:
        yield child
        child = child.next


def absolute(url: str, base: str) -> str:
    """The WHATWG join of both; the URL as it is when it cannot be joined.

    >>> absolute("//tousu.sina.com.cn", "https://finance.sina.com.cn/a/b.shtml")
    'https://tousu.sina.com.cn/'
    >>> absolute("http://[", "https://finance.sina.com.cn/")
    'http://['
    """
    try:
        return ada_url.join_url(base, url)
    except ValueError:
        return url


def repair_links(body: LexborNode, base: str) -> None:
    """Makes every a[href] and img[src] absolute, and images as RSSHub leaves them."""
    for link in body.css("a"):
        link.attrs["href"] = absolute(link.attributes.get("href", "undefined") or "", base)
    for image in body.css("img"):
        _repair_image(image, base)


def _repair_image(image: LexborNode, base: str) -> None:
    attributes = image.attributes
    image.attrs["src"] = absolute(attributes.get("src") or _lazy_source(attributes), base)
    image.attrs["referrerpolicy"] = "no-referrer"
    for event in EVENTS_OF_IMG:
        if event in attributes:
            del image.attrs[event]


def _lazy_source(attributes: dict[str, str | None]) -> str:
    values = (value for value in attributes.values() if value and _PICTURE.search(value))
    return next(values, "undefined")


@dataclass(frozen=True, slots=True)
class Form:
    """How to write: `foreign` inside svg, where XML rules hold; with or without `comments`."""

    foreign: bool = False
    comments: bool = True


def inner(node: LexborNode, form: Form = Form()) -> str:
    """The node's content as the chain writes it."""
    written: list[str] = []
    _write_content(node, form, written.append)
    return "".join(written)


Write = Callable[[str], None]


def _write_content(node: LexborNode, form: Form, write: Write) -> None:
    parent = node.tag or ""
    for child in children(node):
        tag = child.tag or ""
        if tag == TEXT:
            write(_text(child.text_content or "", parent))
        elif tag != COMMENT:
            within = replace(form, foreign=True) if tag in FOREIGN else form
            _write_element(child, tag, within, write)
        elif form.comments:
            write(_comment(child.html or ""))


def _write_element(node: LexborNode, tag: str, form: Form, write: Write) -> None:
    start = tag + "".join([_attribute(*pair, form) for pair in node.attributes.items()])
    if form.foreign and node.first_child is None:
        write(f"<{start}/>")
        return
    write(f"<{start}>")
    if form.foreign or tag not in VOID:
        _write_content(node, form, write)
        write(f"</{tag}>")


def _attribute(name: str, value: str | None, form: Form) -> str:
    if not value and not form.foreign:
        return f" {name}"
    escaped = (value or "").replace('"', "&quot;")
    return f' {name}="{escaped}"'


def _text(text: str, parent: str) -> str:
    """Text as it is, inert; the content of raw-text elements passed through the decoder.

    A carriage return can only come from a character reference, and would not survive a reader.
    """
    if parent in RAW_TEXT:
        return _decoded_unless(f"</{parent}", text)
    return _OPENS_A_TAG.sub("&lt;", text).replace("\r", "&#13;")


def _decoded_unless(end: str, text: str) -> str:
    decoded = unescape(text) if "&" in text else text
    return text if end in decoded.lower() and end not in text.lower() else decoded


def _comment(comment: str) -> str:
    content = comment.removeprefix("<!--").removesuffix("-->")
    decoded = unescape(content) if "&" in content else content
    return comment if _EARLY_END.search(decoded) else f"<!--{decoded}-->"


def pictures(body: LexborNode) -> list[str]:
    """The src of each img in document order, comments ignored."""
    return [image.attributes.get("src") or "" for image in body.css("img")]
