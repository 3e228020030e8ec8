"""Reads text, pictures and stocks from an article's body."""

import re
from collections.abc import Iterable, Iterator, Mapping

from selectolax.lexbor import LexborNode

from sinanews.config import Bounds
from sinanews.exceptions import BoundError
from sinanews.extraction import captions, processors
from sinanews.extraction.boilerplate import is_blank, remove_boilerplate
from sinanews.extraction.bounds import DEFAULT, check_text
from sinanews.extraction.html5 import COMMENT, TEXT, absolute, children, inner, largest, parsed_body
from sinanews.extraction.lines import BLOCKS, Line, line_after
from sinanews.items import Image
from sinanews.utils import urls
from sinanews.utils.text import line

CELLS = frozenset(("td", "th"))
_LONGEST_CAPTION = 400  # characters
ICON_SIZE = 50  # pixels; an image that declares less in both directions is an icon or a spacer

# Separators between pieces of text, which no parsed page has: HTML drops or replaces NUL, and what
# was UTF-8 has no half of a surrogate pair.
_BLOCK, _CELL = "\0", "\ud800"
_MAY_BE_CAPTIONS = frozenset(("center", "figcaption", "span", "h2"))
_CAPTION_CLASSES = {"span": "img_descr", "h2": "art_img_tit"}  # the latter on pages for phones
_CAPTIONS = ".img_descr, .art_img_tit, figcaption"
# Elements between a picture and the block that may hold its caption.
_INLINE = frozenset(("a", "span", "font", "strong", "b"))
# Where scripts look for the URL of a picture: one that is larger than the one in src, one that they
# load later than the page, and one that is of use only where src has none or a placeholder.
_LARGER_ATTRIBUTES = ("big-src", "data-big-src", "data-big")
_LATER_ATTRIBUTES = (
    "data-src", "data-original", "real_src", "data-lazy-src", "data-lazyload", "data-actualsrc",
    "lazy-src", "lazysrc",
)  # fmt: skip # one name a line would hide the list
_OTHER_ATTRIBUTES = ("data-url", "data-img", "data-image", "data-mcesrc", "original", "small-src")
_SOURCE_SETS = ("srcset", "data-srcset", "data-lazy-srcset")
# What says nothing of where a picture is, but for src; most have no other.
_PLAIN_ATTRIBUTES = frozenset((
    "src", "alt", "title", "width", "height", "style", "class", "id", "referrerpolicy", "border",
    "align", "w", "h", "wh", "data-link", "data-mceselected", "data-mceattachid",
    "data-mce-attachid",
))  # fmt: skip # one name a line would hide the list
_ADDRESS = re.compile(r"(?:https?:)?/")
_PLACEHOLDER = re.compile(r"\.gif(?:\?|$)|^data:")
# Live charts and emoticons, pictures of Sina's templates, spacers, and images without a source.
_NOT_A_PICTURE = re.compile(r"//[\w.]*sinajs\.cn/|/cece9e13/|/c\.gif$|/undefined$")
_WEIBO_CARD = re.compile(r" ?\[微博\]")
_KEYWORDS = "news_keyword_pub,"  # how the comment with an article's stocks begins
_INDENT = 40  # characters before that, at most, and the comment's own beginning
_LONGEST_STOCK = 40  # characters
_DIGITS = re.compile(r"\d{1,9}", re.ASCII)


def paragraphs(body: LexborNode, bounds: Bounds = DEFAULT) -> list[str]:
    """The lines of text of a body without boilerplate.

    There is one for each block or line break, with single spaces as its only white space; empty
    lines and marked captions are left out. A table with several columns gives one line for each
    row, with tabs between its cells.

    Raises BoundError for a body that is deeper than a page may be.
    """
    blocks = filter(str.strip, "".join(_pieces(body, bounds.depth)).split(_BLOCK))
    rows = (block.split(_CELL) for block in blocks)
    shown = ("\t".join(line(cell) or "" for cell in row).rstrip("\t") for row in rows)
    return list(filter(None, map(_without_weibo_cards, shown)))


def _without_weibo_cards(text: str) -> str:
    """Some pages have `[微博]` behind a name without the link that it once was."""
    return _WEIBO_CARD.sub("", text) if "微博]" in text else text


def _pieces(body: LexborNode, depth: int) -> list[str]:
    """The pieces of text of a body, with separators between blocks and after cells.

    In a table for the layout, cells are none; within a cell, only spaces separate blocks.
    """
    pieces: list[str] = []
    real_tables = _tables_with_columns(body)
    # Of the element at work: what comes next in it, what ends it, whether cells are cells in it,
    # whether it is in one; then the same of those around it.
    node, end, with_cells, in_cell = body.first_child, "", True, False
    outer: list[tuple[LexborNode | None, str, bool, bool]] = []
    while True:
        if node is None:
            pieces.append(end)
            if not outer:
                return pieces
            node, end, with_cells, in_cell = outer.pop()
            continue
        tag, following = node.tag or "", node.next
        if tag == TEXT:
            pieces.append(node.text_content or "")
        elif tag != COMMENT and not (tag in _MAY_BE_CAPTIONS and _is_caption(node)):
            outer.append((following, end, with_cells, in_cell))
            if len(outer) >= depth:
                raise BoundError("PAGE_DEPTH", depth, "levels of elements")
            separator = "" if tag not in BLOCKS else " " if in_cell else _BLOCK
            pieces.append(separator)
            is_cell = with_cells and tag in CELLS
            end = _CELL if is_cell else separator
            if tag == "table":
                with_cells = with_cells and node.mem_id in real_tables
            in_cell = is_cell or (in_cell and tag != "table")
            following = node.first_child
        node = following


def _tables_with_columns(body: LexborNode) -> set[int]:
    """The tables that have two cells side by side, in whatever table within them."""
    tables: set[int] = set()
    rows: set[int] = set()
    climbed: set[int] = set()
    for cell in body.css("td, th"):
        parent = cell.parent
        if parent is not None and parent.mem_id not in rows:
            rows.add(parent.mem_id)
            continue
        while parent is not None and parent.mem_id not in climbed:
            climbed.add(parent.mem_id)
            if parent.tag == "table":
                tables.add(parent.mem_id)
            parent = parent.parent
    return tables


def _is_caption(node: LexborNode) -> bool:
    """Whether an element is marked as a picture's caption, or holds a picture with its caption. One
    that holds paragraphs, or more words than a caption has, was left open or is a frame."""
    if node.tag == "center":
        is_marked = node.css_first("img") is not None
    elif css_class := _CAPTION_CLASSES.get(node.tag or ""):
        is_marked = css_class in (node.attributes.get("class") or "")
    else:
        return node.tag == "figcaption"
    if not is_marked or node.css_first("p, div, table") is not None:
        return False
    return len(node.text()) <= _LONGEST_CAPTION


def images(body: LexborNode, bounds: Bounds = DEFAULT) -> list[Image]:
    """The pictures of a body without boilerplate, in order, with their captions: what is marked as
    one, or else a credit on the line below, which is taken out of the body.

    Raises BoundError where captions that several pictures share are more than a page may have.
    """
    nodes = body.css("img")
    marked = _Captions(nodes)
    found: list[Image] = []
    credit_lines: list[Line] = []
    characters = 0
    for image in nodes:
        source = _source(image)
        if not _is_picture(image, source):
            continue
        caption = marked.of(image)
        if not caption and (below := _credit_below(image, body)):
            credit_lines.append(below)
            caption = below.text
        found.append(Image(source, caption))
        characters += len(caption)
        check_text(characters, bounds)
    for below in credit_lines:
        below.remove(body)
    return found


def _credit_below(image: LexborNode, body: LexborNode) -> Line | None:
    """The line after a picture, if it says who made or lent it or what it shows."""
    below = line_after(body, image, captions.LONGEST)
    return below if below is not None and captions.is_credit(below.text) else None


def _source(image: LexborNode) -> str:
    """The URL of an image, https where it may be; with lazy loading, that of the final image, and
    of several sizes that of the largest."""
    attributes = image.attributes
    source = attributes.get("src") or ""
    is_plain = source and _PLAIN_ATTRIBUTES.issuperset(attributes)
    if not is_plain or _picture_element(image) is not None:
        source = next(_candidates(image, attributes), "").strip()
        source = largest([source]) or source
    without_scheme = source.removeprefix("http:")
    url = f"https:{without_scheme}" if without_scheme.startswith("//") else source
    return url if urls.is_web_url(url) else absolute(url, urls.FRONT_PAGE)


def _candidates(image: LexborNode, attributes: Mapping[str, str | None]) -> Iterator[str]:
    """Where an image may be, the best first."""
    values = {name: value for name, value in attributes.items() if value}
    yield from (values[name] for name in _LARGER_ATTRIBUTES if name in values)
    if in_sets := largest(_source_sets(image)):
        yield in_sets
    later = (values[name] for name in _LATER_ATTRIBUTES if name in values)
    yield from filter(_ADDRESS.match, later)
    source = values.get("src", "")
    if source.startswith("http") and not _PLACEHOLDER.search(source):
        yield source
    others = (values[name] for name in _OTHER_ATTRIBUTES if name in values)
    yield from filter(_ADDRESS.match, others)
    yield source


def _source_sets(image: LexborNode) -> Iterator[str]:
    """The lists of sizes of an image, and of the `<picture>` that it is in."""
    nodes = [image]
    if (picture := _picture_element(image)) is not None:
        nodes += [node for node in children(picture) if node.tag == "source"]
    for node in nodes:
        yield from filter(None, map(node.attributes.get, _SOURCE_SETS))


def _picture_element(image: LexborNode) -> LexborNode | None:
    """The `<picture>` that an image is in."""
    parent = image.parent
    return parent if parent is not None and parent.tag == "picture" else None


def _is_picture(image: LexborNode, source: str) -> bool:
    sides = [image.attributes.get("width") or "", image.attributes.get("height") or ""]
    is_icon = all(_DIGITS.fullmatch(side) and int(side) < ICON_SIZE for side in sides)
    is_address = source.startswith("https://") and urls.is_web_url(source)
    return is_address and not is_icon and not _NOT_A_PICTURE.search(source)


class _Captions:
    """The marked captions of pictures. What several of them share is looked at once."""

    def __init__(self, images: Iterable[LexborNode]) -> None:
        self._places: dict[int, tuple[LexborNode, LexborNode | None]] = {}
        self._elements: dict[int, LexborNode | None] = {}
        self._texts: dict[int, str] = {}
        self._counts = _pictures_within(images)

    def of(self, image: LexborNode) -> str:
        """The marked caption of a picture; empty when it has none."""
        outermost, block = self._place(image)
        if block is None:
            return ""
        caption = block if block.tag == "center" else self._element(outermost, block)
        if caption is None:
            return ""
        if caption.mem_id not in self._texts:
            self._texts[caption.mem_id] = line(caption.text()) or ""
        return self._texts[caption.mem_id]

    def _place(self, image: LexborNode) -> tuple[LexborNode, LexborNode | None]:
        """The outermost of the inline elements around a picture, and the block that they are in."""
        way: list[int] = []
        node, parent = image, image.parent
        while node.mem_id not in self._places:
            way.append(node.mem_id)
            if parent is None or parent.tag not in _INLINE:
                self._places[node.mem_id] = (node, parent)
                break
            node, parent = parent, parent.parent
        place = self._places[node.mem_id]
        self._places.update(dict.fromkeys(way, place))
        return place

    def _element(self, outermost: LexborNode, block: LexborNode) -> LexborNode | None:
        """The caption anywhere in a block with one picture; with several, the one after it."""
        if self._counts[block.mem_id] == 1:
            figure = block.parent if block.parent and block.parent.tag == "figure" else block
            if figure.mem_id not in self._elements:
                self._elements[figure.mem_id] = figure.css_first(_CAPTIONS)
            return self._elements[figure.mem_id]
        if outermost.mem_id not in self._elements:
            sibling = outermost.next
            while sibling is not None and is_blank(sibling):
                sibling = sibling.next
            is_caption = sibling is not None and _is_caption(sibling)
            self._elements[outermost.mem_id] = sibling if is_caption else None
        return self._elements[outermost.mem_id]


def _pictures_within(images: Iterable[LexborNode]) -> dict[int, int]:
    """How many pictures each element has in it; 2 stands for any more."""
    counts: dict[int, int] = {}
    for image in images:
        node = image.parent
        while node is not None and counts.get(node.mem_id, 0) < 2:  # noqa: PLR2004 - as above
            counts[node.mem_id] = counts.get(node.mem_id, 0) + 1
            node = node.parent
    return counts


def stocks(inner_html: str, body: LexborNode) -> list[str]:
    """The codes of an article's stocks, each after its market: `stock_sh600016`, `usstock_MU`.

    Those of the keyword comments come first, then those that only the text links to.

    `inner_html` is the body as the page has it, since `body_html` has its comments decoded: the
    stock LT, listed as `&LT`, would be a `<` there.
    """
    listed = [
        ticker for text in _keyword_comments(inner_html) for ticker in processors.tickers(text)
    ]
    # A linked stock is two spans, the second for its price: stock_sh600016 and quote_sh600016.
    ids = [node.attributes.get("id") or "" for node in body.css("span[id]")]
    quotes = {id_.removeprefix("quote") for id_ in ids if id_.startswith("quote_")}
    linked = [
        id_ for id_ in ids if not id_.startswith("quote_") and not quotes.isdisjoint(_ends(id_))
    ]
    return list(dict.fromkeys([*listed, *linked]))


def _keyword_comments(html: str) -> Iterator[str]:
    """What is in the comments with keywords, none of which has a `>` in it."""
    position = 0
    while (start := html.find(_KEYWORDS, position)) >= 0:
        position = start + 1
        if html[max(0, start - _INDENT) : start].rstrip(" ").endswith("<!--"):
            end = html.find(">", start)
            if html.endswith("--", start, end):
                yield html[start : end - 2]
            if end < 0:
                return
            position = end


def _ends(id_: str) -> Iterator[str]:
    """The ends of an id that begin with `_`; a stock's is short."""
    return (id_[at:] for at in range(max(0, len(id_) - _LONGEST_STOCK), len(id_)) if id_[at] == "_")


def clean(source: str, more: Iterable[str] = ()) -> str:
    """The HTML of a body without boilerplate, comments and blank lines.

    A blank line would end the HTML block for a Markdown renderer, and indented lines after it
    would become code. The pictures are those of `images`, with the same URLs. `more` are further
    selectors of boilerplate.
    """
    body = remove_boilerplate(parsed_body(source), more)
    for image in body.css("img"):
        url = _source(image)
        if _is_picture(image, url):
            image.attrs["src"] = url
        else:
            image.decompose()
    lines = (text.strip() for text in inner(body, comments=False).split("\n"))
    return "\n".join(filter(None, lines))
