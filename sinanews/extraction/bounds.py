"""What a page may cost: bounds that are checked on its HTML before a parser has to bear it.

A parser's work is not in proportion to a page. In Lexbor it grows with the square of the depth, of
the attributes of one element and of the options of a list, and a formatting element that is left
open is repeated in every block after it: 15 KB of them become 250,000 nodes. So the HTML is looked
through here first, at a cost that is in proportion to its length.
"""

import re
from collections.abc import Iterator

from sinanews.config import Bounds
from sinanews.exceptions import BoundError

DEFAULT = Bounds()

# What stays below these costs a parser less than a second and 150 MB whatever it is, and is not
# looked at any closer. Of 22 real pages of all years the largest has 411 KB, 3,540 tags and 55
# formatting elements with attributes, the longest of these 80 bytes.
_FEW_TAGS = 8_000
_LEAST_BYTES = 80_000  # so few that it does not matter how long a tag is
_FEW_BYTES = 450_000
_FEW_REPEATS = 400_000  # nodes, of formatting elements in each tag
_SHORT_TAG = 300  # bytes of a formatting element's attributes
_BLOCK = 8_192  # bytes; a tag that is twice as long covers one of these blocks as a whole
_FEW_BLOCKS = 7  # of which it is not sure that no tag covers them
_POINTS = 3  # of a block that are looked at

_MOST_OPTIONS = 5_000  # of a page: for each, a parser goes through the earlier ones of its list
_REPEATS = 10  # nodes that formatting elements may become, for each tag that PAGE_TAGS allows
_COMPARISONS = 1_000  # and for each such tag, comparisons of their attributes with each other's

# What a tag has behind its name, by section 13.2.5 of https://html.spec.whatwg.org/multipage/.
_SPACE = rb"[ \t\n\r\f]*+"
_VALUE = rb"(?:\"[^\"]*+\"|'[^']*+'|[^ \t\n\r\f>\"'][^ \t\n\r\f>]*+)"
_ATTRIBUTE = rb"[^ \t\n\r\f/>][^ \t\n\r\f/>=]*+(?:" + _SPACE + rb"=" + _SPACE + _VALUE + rb"?+)?+"
_REST = rb"(?:[ \t\n\r\f/]*+" + _ATTRIBUTE + rb")*+[ \t\n\r\f/]*+"
_ATTRIBUTES = re.compile(_ATTRIBUTE)
_REST_OF_TAG = re.compile(_REST + rb">")
_MARKUP = re.compile(
    rb"<(?:(?P<comment>!--)|(?P<other>[!?]|/(?![a-zA-Z]))"
    rb"|(?P<end>/?)(?P<name>[a-zA-Z][^ \t\n\r\f/>]*+)(?P<rest>" + _REST + rb")>?)"
)
_COMMENT_END = re.compile(rb"--!?>")
_SCRIPT = re.compile(rb"<script", re.IGNORECASE)

# Elements that a parser opens again in the next block while their end tag is missing; it keeps no
# more than three equal ones. An open `a` is closed by the next.
_FORMATTING = frozenset((
    b"b", b"big", b"code", b"em", b"font", b"i", b"nobr", b"s", b"small", b"strike", b"strong",
    b"tt", b"u",
))  # fmt: skip # one tag a line would hide the list
_PLAIN_ONES = 3 * len(_FORMATTING)
# The attributes of a second html or body become the first one's.
_GROWING = _FORMATTING | {b"html", b"body"}
# Any name whose first two letters are those of one of these, with attributes.
_LIKE_GROWING = re.compile(
    rb"<(?=[bcefhinstuBCEFHINSTU][imotIMOT \t\n\r\f/])([a-zA-Z]{1,6})[ \t\n\r\f/]"
)

_VOID = frozenset((
    b"area", b"base", b"basefont", b"bgsound", b"br", b"col", b"embed", b"frame", b"hr", b"img",
    b"input", b"keygen", b"link", b"meta", b"param", b"source", b"track", b"wbr",
))  # fmt: skip # one tag a line would hide the list
_RAW_TEXT = {
    name: re.compile(rb"</" + name + rb"(?=[ \t\n\r\f/>])", re.IGNORECASE)
    for name in (
        b"iframe", b"noembed", b"noframes", b"noscript", b"script", b"style", b"textarea",
        b"title", b"xmp",
    )
}  # fmt: skip # one tag a line would hide the list
# In these, other rules hold: for what is text, and for what has an end tag.
_FOREIGN = frozenset((b"math", b"select", b"svg"))
_OPTIONS = frozenset((b"optgroup", b"option"))
# A start tag that closes an open element, the innermost one, of these names.
_CLOSES = {
    **dict.fromkeys((b"dd", b"dt"), (b"dd", b"dt")),
    **dict.fromkeys((b"td", b"th"), (b"td", b"th")),
    **{name: (name,) for name in (b"li", b"option", b"tr")},
}
# Their start tags end a paragraph, and their end tags what is left open of the next ones.
_BLOCKS = frozenset((
    b"address", b"article", b"aside", b"blockquote", b"center", b"dd", b"div", b"dl", b"dt",
    b"fieldset", b"figcaption", b"figure", b"footer", b"header", b"li", b"main", b"nav", b"ol",
    b"p", b"pre", b"section", b"td", b"th", b"tr", b"ul",
))  # fmt: skip # one tag a line would hide the list
# None lies directly in its like, so that forgetting an open one hides at most one level of many.
_OFTEN_LEFT_OPEN = frozenset((b"dd", b"dt", b"li", b"p"))


def check(html: bytes, bounds: Bounds) -> None:
    """Raises BoundError for HTML, in UTF-8, on which a parser could work for a second.

    The bounds are those of what the parser would make of it; where that cannot be told without
    parsing, of the most that it might be.
    """
    check_text(len(html), bounds)
    tags = html.count(b"<")
    if tags > bounds.tags:
        raise BoundError("PAGE_TAGS", bounds.tags, "tags")
    if bounds != DEFAULT or not _is_harmless(html, tags):
        _Outline(html, bounds).read()


def check_text(size: int, bounds: Bounds) -> None:
    """Raises BoundError for more characters than a page may have."""
    if size > bounds.text:
        raise BoundError("PAGE_TEXT", bounds.text, "characters")


def _is_harmless(html: bytes, tags: int) -> bool:
    if tags > _FEW_TAGS or len(html) > _FEW_BYTES:
        return False
    if len(html) <= _LEAST_BYTES:
        if (tags + _PLAIN_ONES) * tags <= _FEW_REPEATS:
            return True  # even if every tag is of a growing element
        growing = sum(name.lower() in _GROWING for name in _LIKE_GROWING.findall(html))
        return (growing + _PLAIN_ONES) * tags <= _FEW_REPEATS
    found = _LIKE_GROWING.finditer(html)
    ends = [match.end() for match in found if match[1].lower() in _GROWING]
    if (len(ends) + _PLAIN_ONES) * tags > _FEW_REPEATS:
        return False
    if not all(_REST_OF_TAG.match(html, end, end + _SHORT_TAG) for end in ends):
        return False
    blocks = range(_BLOCK, len(html), _BLOCK)
    return sum(not _has_end_of_tags(html, start) for start in blocks) <= _FEW_BLOCKS


def _has_end_of_tags(html: bytes, start: int) -> bool:
    """Whether a block is sure to lie in no one tag as a whole: there is a point in it at which none
    is open."""
    point = start
    for _ in range(_POINTS):
        if _is_outside(html, point):
            return True
        point = html.find(b"<", point + 1, start + _BLOCK)
        if point < 0:
            break
    # Such as in a long script or style: the last tag before it has ended.
    last = html.rfind(b"<", 0, start)
    tag = _MARKUP.match(html, last) if last >= 0 and _is_outside(html, last) else None
    return tag is not None and tag.end() <= start


def _is_outside(html: bytes, point: int) -> bool:
    """Whether no tag can be open at a point.

    One that is must have begun at a `<` before it. If a `>` has come since, that stands in a value
    in quotes, and either the value has ended since then, or the last quote of its kind began it.
    """
    end = html.rfind(b">", 0, point)
    since = html[end + 1 : point]
    if b"<" in since or b'"' in since or b"'" in since:
        return False
    return not (
        _begins_value(html, html.rfind(b'"', 0, point))
        or _begins_value(html, html.rfind(b"'", 0, point))
    )


def _begins_value(html: bytes, quote: int) -> bool:
    before = html[max(0, quote - 9) : quote].rstrip(b" \t\n\r\f")
    return quote >= 0 and (not before or before.endswith(b"="))


class _Outline:
    """The elements that are open at each tag: those that a parser has open, in their order, and
    perhaps others between them.

    An end tag closes the innermost element or none. Where only a parser could know what is markup
    and what is text, it is taken for too much.
    """

    def __init__(self, html: bytes, bounds: Bounds) -> None:
        self._html = html
        self._bounds = bounds
        self._open: list[bytes] = []
        self._foreign = 0  # of the open ones
        self._formatting = 0  # of those that a parser may open again
        self._repeats = self._comparisons = self._options = 0
        self._merged = 0  # attributes of html and body

    def read(self) -> None:
        """Raises BoundError."""
        for match in self._tags():
            name = match["name"].lower()
            if match["end"]:
                self._close(name)
            else:
                self._count_attributes(name, match["rest"])
                self._start(name)
            self._repeats += self._formatting
            if self._repeats > _REPEATS * self._bounds.tags or self._options > _MOST_OPTIONS:
                raise BoundError("PAGE_TAGS", self._bounds.tags, "tags")

    def _tags(self) -> Iterator[re.Match[bytes]]:
        """All tags, start and end; none that are in comments or in raw text."""
        position: int | None = 0
        while position is not None and (match := _MARKUP.search(self._html, position)):
            if match["name"] and match[0].endswith(b">"):  # or else the page ends in it
                yield match
            position = self._next(match)

    def _next(self, match: re.Match[bytes]) -> int | None:
        """Where markup goes on behind a tag or comment; None where all the rest is text."""
        html, end = self._html, match.end()
        if match["comment"]:
            is_short = html.startswith((b">", b"->"), end)  # `<!-->` and `<!--->` are whole
            close = _COMMENT_END.search(html, end - 2 if is_short else end)
            return close.end() if close else None
        if match["other"]:
            if self._foreign and html.startswith(b"[CDATA[", end):
                raise self._too_deep()
            return html.find(b">", end) + 1 or None
        name = match["name"].lower()
        if match["end"] or name not in _RAW_TEXT:
            return end
        close = _RAW_TEXT[name].search(html, end)
        stop = close.start() if close else len(html)
        if self._foreign and html.find(b"<", end, stop) >= 0:
            raise self._too_deep()
        # A script within a comment within a script does not end at its end tag.
        comment = html.find(b"<!--", end, stop) if name == b"script" else -1
        if comment >= 0 and _SCRIPT.search(html, comment, stop):
            raise self._too_deep()
        return stop if close else None

    def _start(self, name: bytes) -> None:
        if name == b"frameset" or (name == b"plaintext" and self._foreign):
            raise self._too_deep()
        if name in _OPTIONS:
            self._options += 1
        if not self._foreign:
            if name in _VOID:
                return
            if name in _BLOCKS:
                self._pop((b"p",))
            self._pop(_CLOSES.get(name, ()))
        self._open.append(name)
        self._foreign += name in _FOREIGN
        self._formatting += name in _FORMATTING
        if len(self._open) > self._bounds.depth:
            raise self._too_deep()

    def _close(self, name: bytes) -> None:
        depth = len(self._open)
        if name in _BLOCKS and not self._foreign:
            while depth and self._open[depth - 1] in _OFTEN_LEFT_OPEN - {name}:
                depth -= 1
        if depth and self._open[depth - 1] == name:
            del self._open[depth:]
            self._pop((name,))
            self._formatting -= name in _FORMATTING

    def _pop(self, names: tuple[bytes, ...]) -> None:
        if self._open and self._open[-1] in names:
            self._foreign -= self._open.pop() in _FOREIGN

    def _count_attributes(self, name: bytes, rest: bytes) -> None:
        most = self._bounds.attributes
        if len(rest) <= 2 * most and name not in _GROWING:
            return
        count = len(_ATTRIBUTES.findall(rest))
        if name in _FORMATTING:
            self._comparisons += self._formatting * count * count
        elif name in _GROWING:
            self._merged += count
        if max(count, self._merged) > most or self._comparisons > _COMPARISONS * self._bounds.tags:
            raise BoundError("TAG_ATTRIBUTES", most, "attributes of one tag")

    def _too_deep(self) -> BoundError:
        return BoundError("PAGE_DEPTH", self._bounds.depth, "levels of elements")
