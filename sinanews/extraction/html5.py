"""Parses HTML, and serialises it as RSSHub did: parse5, then cheerio 1.0.0-rc.3, then he.decode.

Lexbor builds the same tree as parse5. The serialiser here follows dom-serializer 0.1, which
cheerio uses. Because he.decode undoes its escaping, text and attribute values are written raw and
entities are decoded only where dom-serializer does not escape: in comments and raw-text elements.
It differs from RSSHub where raw output would become markup: a `<` that would open a tag is written
as `&lt;`, and a `"` in an attribute value as `&quot;`.
"""

import re
from collections.abc import Callable, Iterator
from html import unescape

import ada_url
from selectolax.lexbor import LexborHTMLParser, LexborNode

# Elements without an end tag: those that the HTML standard serialises as void, section 13.3 in
# https://html.spec.whatwg.org/multipage/parsing.html, and `command`, void in dom-serializer only.
VOID = frozenset((
    "area", "base", "basefont", "bgsound", "br", "col", "command", "embed", "frame", "hr", "img",
    "input", "keygen", "link", "meta", "param", "source", "track", "wbr",
))  # fmt: skip # one tag a line would hide the list
# Elements whose text is not markup, by the same section; scripts are removed before.
RAW_TEXT = frozenset(("style", "iframe", "noembed", "noframes", "noscript", "xmp", "plaintext"))
TEXT, COMMENT = "-text", "-comment"  # Lexbor's tag names for nodes that are not elements

_TAG_OPEN = re.compile(r"<(?=[A-Za-z/!?])")
_COMMENT_END = re.compile(r"--!?>")
_PICTURE_URL = re.compile(r"\.(?:gif|png|jpg|webp)")  # as in RSSHub


def parse(html: str | bytes) -> LexborHTMLParser:
    """Parses a document, given as text or as UTF-8.

    Scripting is on, as in parse5, so the content of noscript is text.
    """
    return LexborHTMLParser(html, scripting=True)


def parsed_body(inner_html: str) -> LexborNode:
    """Parses a fragment as a document, which drops leading comments, and returns its body.

    Scripts are removed, and the text around each of them is merged into one node.
    """
    body = parse(inner_html).body
    assert body is not None, "an HTML document always has a body"
    for script in body.css("script"):
        script.decompose()
    body.merge_text_nodes()
    return body


def children(node: LexborNode) -> Iterator[LexborNode]:
    """All child nodes, text and comments included; for a template, those of its content."""
    parent = node.template_fragments()[0] if node.tag == "template" else node
    child = parent.first_child
    while child is not None:
        yield child
        child = child.next


def absolute(url: str, base: str) -> str:
    """The URL resolved against a base, by the WHATWG URL standard; unchanged if it is invalid.

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
    """Makes every a[href] and img[src] absolute, in place, with RSSHub's changes to images.

    Like RSSHub it takes a missing src from the first attribute that looks like a picture's URL,
    joins "undefined" for a URL that is missing altogether, sets `referrerpolicy`, and removes
    three event handlers.
    """
    for link in body.css("a"):
        link.attrs["href"] = absolute(link.attributes.get("href", "undefined") or "", base)
    for image in body.css("img"):
        attributes = image.attributes
        values = (value for value in attributes.values() if value and _PICTURE_URL.search(value))
        source = attributes.get("src") or next(values, "undefined")
        image.attrs["src"] = absolute(source, base)
        image.attrs["referrerpolicy"] = "no-referrer"
        for event in ("onclick", "onerror", "onload"):
            if event in attributes:
                del image.attrs[event]


def inner(node: LexborNode, *, comments: bool = True) -> str:
    """The node's inner HTML as RSSHub writes it, with or without comments."""
    pieces: list[str] = []
    _write_children(node, pieces.append, comments=comments, in_svg=False)
    return "".join(pieces)


def _write_children(
    parent: LexborNode, write: Callable[[str], None], *, comments: bool, in_svg: bool
) -> None:
    """Writes the child nodes.

    In svg, XML's rules hold: `<path/>` for an empty element, an end tag for any other, and
    `name=""` for an empty attribute.
    """
    parent_tag = parent.tag or ""
    for node in children(parent):
        tag = node.tag or ""
        if tag == TEXT:
            write(_text(node.text_content or "", parent_tag))
        elif tag == COMMENT:
            if comments:
                write(_comment(node.html or ""))
        else:
            is_xml = in_svg or tag == "svg"
            start = tag
            for name, value in node.attributes.items():
                if value or is_xml:
                    escaped = (value or "").replace('"', "&quot;")
                    start += f' {name}="{escaped}"'
                else:
                    start += f" {name}"
            if is_xml and node.first_child is None:
                write(f"<{start}/>")
            elif not is_xml and tag in VOID:
                write(f"<{start}>")
            else:
                write(f"<{start}>")
                _write_children(node, write, comments=comments, in_svg=is_xml)
                write(f"</{tag}>")


def _text(text: str, parent_tag: str) -> str:
    if parent_tag in RAW_TEXT:
        # Left encoded if decoding would make an end tag that ends the element early.
        decoded = unescape(text)
        end_tag = f"</{parent_tag}"
        ends_early = end_tag in decoded.lower() and end_tag not in text.lower()
        return text if ends_early else decoded
    # Parsers replace a raw carriage return with a line feed; a character reference stays one.
    return _TAG_OPEN.sub("&lt;", text).replace("\r", "&#13;")


def _comment(comment: str) -> str:
    # Likewise left encoded if decoding would end the comment early.
    decoded = unescape(comment.removeprefix("<!--").removesuffix("-->"))
    return comment if _COMMENT_END.search(decoded) else f"<!--{decoded}-->"
