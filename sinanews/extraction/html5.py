"""Parses HTML, and serialises it as RSSHub did: parse5, then cheerio 1.0.0-rc.3, then he.decode.

Lexbor builds the same tree as parse5. The serialiser here follows dom-serializer 0.1, which
cheerio uses. Because he.decode undoes its escaping, text and attribute values are written raw and
entities are decoded only where dom-serializer does not escape: in comments and raw-text elements.
It differs from RSSHub where raw output would become markup, and leaves out what acts: see `inner`.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from operator import itemgetter

import ada_url
from selectolax.lexbor import LexborHTMLParser, LexborNode

from sinanews.extraction import sanitize
from sinanews.extraction.sanitize import CONTROLS, Action
from sinanews.utils.text import unescape

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
_COMMENT_END = re.compile(r"\A-?>|--!?>|<!-\Z|--!?\Z")
_TEXT_SPECIAL = re.compile(r"[\x00-\x08\x0b-\x1f<\x7f-\x9f]")  # few ranges: each costs
_VALUE_SPECIAL = re.compile(r"[\"<>\x00-\x1f\x7f-\x9f]")
_IN_VALUES = str.maketrans({'"': "&quot;", "<": "&lt;", ">": "&gt;", "\n": "&#10;", "\r": "&#13;"})
# HTML that Lexbor serializes as `Writer` does, except for empty values: text, plain elements,
# styles and comments. No value has a line break, and no comment or style a tag.
_ATTRIBUTES = r"(?: [ ] [\w:.-]++ = \" [^\"<>\n]*+ \" )*+"
_PLAIN_HTML = re.compile(
    rf"""
    [^<]*+ (?:
        < (?:
            / [a-z0-9]++ >
            | (?: {"|".join(sorted(sanitize.PLAIN_ELEMENTS))} ) {_ATTRIBUTES} >
            | style {_ATTRIBUTES} > [^<]*+ </style>
            | !-- [^<-]*+ (?: - [^<-]++ )*+ -->
        ) [^<]*+
    )*+
    """,
    re.VERBOSE,
)
_WITH_EMPTY_VALUE = re.compile(r'<[a-z][^<>]*?=""[^<>]*+')
_SIZE = re.compile(r"(?P<number>\d{1,9}(?:\.\d{1,9})?)[wx]", re.ASCII)  # of one image in a list
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
    body = parse(inner_html).body or parse("").body  # a frameset has none
    assert body is not None, "an empty document has a body"
    for script in body.css("script"):
        script.decompose()
    body.merge_text_nodes()
    return body


def children(node: LexborNode) -> Iterator[LexborNode]:
    """All child nodes, text and comments included. A template has none: what it holds is no part
    of the page."""
    child = node.first_child
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


def largest(source_sets: Iterable[str]) -> str | None:
    """The URL of the largest image in lists such as `a.jpg 1x, b.jpg 2x`, the first of equals; None
    where no list has one of a size.

    A URL ends with white space and may have commas in it, by
    https://html.spec.whatwg.org/multipage/images.html#parsing-a-srcset-attribute.

    >>> largest(["a.jpg 1x, b.jpg 2x"]), largest(["c,1.jpg 640w,d.jpg 320w", "e.jpg"])
    ('b.jpg', 'c,1.jpg')
    >>> largest([]), largest(["a.jpg"]), largest(["a b.jpg"])
    (None, None, None)
    """
    sized = chain.from_iterable(map(_sized, source_sets))
    return max(sized, key=itemgetter(0), default=(0.0, None))[1]


def _sized(source_set: str) -> Iterator[tuple[float, str]]:
    """The images of a list that have a size, each after it."""
    url = ""
    for word in source_set.split():
        size, _, following = word.partition(",")  # 640w,d.jpg
        match = _SIZE.fullmatch(size)
        if match and url:
            yield float(match["number"]), url
            url = following
        else:
            url = "" if word.endswith(",") else word


def repair_links(body: LexborNode, base: str) -> None:
    """Makes every a[href] and img[src] absolute, in place, with RSSHub's changes to images.

    Like RSSHub it takes a missing src from the first attribute that looks like a picture's URL,
    though of a list of sizes the largest only,
    joins "undefined" for a URL that is missing altogether, sets `referrerpolicy`, and removes
    three event handlers.
    """
    for link in body.css("a"):
        link.attrs["href"] = absolute(link.attributes.get("href", "undefined") or "", base)
    for image in body.css("img"):
        attributes = image.attributes
        values = (value for value in attributes.values() if value and _PICTURE_URL.search(value))
        value = next(values, "undefined")
        source = attributes.get("src") or largest([value]) or value
        image.attrs["src"] = absolute(source, base)
        image.attrs["referrerpolicy"] = "no-referrer"
        for event in ("onclick", "onerror", "onload"):
            if event in attributes:
                del image.attrs[event]


def inner(root: LexborNode, *, comments: bool = True, removed: Counter[str] | None = None) -> str:
    """The node's inner HTML as RSSHub writes it, with or without comments, but for what acts.

    What is left out for that, `sanitize` tells; it is counted in `removed`. What is written makes
    the same elements however it is parsed: neither text nor an attribute's value has a `<` that
    opens a tag, and no tag a line break.
    """
    if comments and (html := plain_inner(root)) is not None:
        return html
    return Writer(comments=comments, removed=Counter() if removed is None else removed).write(root)


def plain_inner(root: LexborNode) -> str | None:
    """The node's inner HTML if Lexbor is sure to write it as `Writer` does, in half of the time;
    None if it is not."""
    # Raw text is escaped in another way, and Lexbor's serializer recurses into templates however
    # deep they are.
    if root.tag in RAW_TEXT or root.css_first("template") is not None:
        return None
    html = (root.inner_html or "").replace("&nbsp;", "\xa0").replace("&amp;", "&")
    # With no reference left, nothing else was escaped, and there is nothing to decode in comments.
    if "\r" in html or unescape(html) != html or not _PLAIN_HTML.fullmatch(html):
        return None
    html = _WITH_EMPTY_VALUE.sub(lambda tag: tag[0].replace('=""', ""), html)
    return html if sanitize.is_inert(html) else None


class Writer:
    """Writes what is in a node. In svg, XML's rules hold: `<path/>` for an empty element, an end
    tag for any other, and `name=""` for an empty attribute."""

    def __init__(self, *, comments: bool, removed: Counter[str]) -> None:
        self._comments = comments
        self._removed = removed
        self._pieces: list[str] = []
        self._text: list[str] = []  # not written yet: what follows may belong to it
        self._parent = ""  # the tag of the element at work
        self._in_svg = False
        # Where to go on after an element: its next sibling, its end tag, what it is in.
        self._outer: list[tuple[LexborNode | None, str, str, bool]] = []

    def write(self, root: LexborNode) -> str:
        """The node's inner HTML."""
        node, self._parent = root.first_child, root.tag or ""
        while True:
            if node is None:
                if not self._outer:
                    self._write_markup("")
                    return "".join(self._pieces)
                node, end, self._parent, self._in_svg = self._outer.pop()
                if end:
                    self._write_markup(end)
                continue
            tag = node.tag or ""
            if tag == TEXT:
                self._write_text(node.text_content or "")
            elif tag == COMMENT:
                if self._comments:
                    self._write_markup(f"<!--{self._disarmed(_comment_text(node.html or ''))}-->")
            elif node.is_element_node:
                node = self._write_element(node, tag)
                continue
            node = node.next

    def _write_text(self, text: str) -> None:
        if self._parent in RAW_TEXT:
            self._write_markup(self._disarmed(_raw_text(text, self._parent)))
        else:
            self._text.append(text)

    def _write_element(self, node: LexborNode, tag: str) -> LexborNode | None:
        """Writes an element, or its beginning; returns the node that comes next in the page, None
        at the end of what the element is in, or of an empty one."""
        attributes = node.attributes
        lowered = tag.lower() if self._in_svg else tag  # only svg has names with capitals
        action, kind = sanitize.element(lowered, attributes)
        if tag == "style" and not _is_inert_style(node):
            action, kind = Action.REMOVE, sanitize.STYLES
        if action is Action.KEEP:
            is_xml = self._in_svg or tag == "svg"
            written = self._attributes(lowered, attributes, is_xml=is_xml) if attributes else ""
            start = f"<{tag}{written}"
            child = node.first_child
            if is_xml and child is None:
                self._write_markup(f"{start}/>")
                return node.next
            self._write_markup(f"{start}>")
            if tag in VOID and not is_xml:
                return node.next
            self._outer.append((node.next, f"</{tag}>", self._parent, self._in_svg))
            self._parent, self._in_svg = tag, is_xml
            return child
        self._removed[kind] += 1
        if action is Action.REMOVE:
            return node.next
        self._outer.append((node.next, "", self._parent, self._in_svg))
        return node.first_child

    def _write_markup(self, markup: str) -> None:
        """Writes markup after the text before it, which is escaped as one: a `<` may be nodes
        apart from what makes it a tag."""
        if self._text:
            text = "".join(self._text)
            if _TEXT_SPECIAL.search(text):
                text = _TAG_OPEN.sub("&lt;", CONTROLS.sub("", text))
                # Parsers make a raw carriage return a line feed; a character reference stays one.
                text = text.replace("\r", "&#13;")
            self._pieces.append(text)
            self._text.clear()
        self._pieces.append(markup)

    def _attributes(self, tag: str, attributes: Mapping[str, str | None], *, is_xml: bool) -> str:
        """What stands in a start tag behind its name."""
        written = ""
        for name, value in attributes.items():
            text = value or ""
            is_special = _VALUE_SPECIAL.search(text)
            if is_special:
                text = CONTROLS.sub("", text)
            if name not in sanitize.PLAIN and (kind := sanitize.attribute(tag, name, text)):
                self._removed[kind] += 1
            elif text or is_xml:
                if is_special:
                    text = text.translate(_IN_VALUES)
                written += f' {name}="{text}"'
            else:
                written += f" {name}"
        return written

    def _disarmed(self, text: str) -> str:
        if not _TEXT_SPECIAL.search(text):
            return text
        plain = CONTROLS.sub("", text).replace("\r", "\n")
        disarmed = sanitize.disarmed(plain)
        if disarmed != plain:
            self._removed[sanitize.COMMENTS] += 1
        return disarmed


def _is_inert_style(node: LexborNode) -> bool:
    """Whether a style element has nothing but inert CSS. In svg it may have elements."""
    parts = list(children(node))
    text = "".join(part.text_content or "" for part in parts)
    css = CONTROLS.sub("", _raw_text(text, "style"))
    return all(part.tag == TEXT for part in parts) and sanitize.is_inert_style(css)


def _raw_text(text: str, tag: str) -> str:
    # Left encoded if decoding would make an end tag that ends the element early.
    decoded = unescape(text)
    end_tag = f"</{tag}"
    ends_early = end_tag in decoded.lower() and end_tag not in text.lower()
    return text if ends_early else decoded


def _comment_text(comment: str) -> str:
    # Likewise left encoded if decoding would end the comment early.
    encoded = comment.removeprefix("<!--").removesuffix("-->")
    if "&" not in encoded:
        return encoded
    decoded = unescape(encoded)
    return encoded if _COMMENT_END.search(CONTROLS.sub("", decoded)) else decoded
