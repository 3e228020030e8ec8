"""What an article's body holds: paragraphs, pictures and stocks, without Sina's furniture."""

import re
from collections.abc import Iterable, Iterator

from selectolax.lexbor import LexborNode

from sinanews.extraction import processors
from sinanews.extraction.boilerplate import is_blank, remove_boilerplate
from sinanews.extraction.html5 import Form, children, inner, parsed_body
from sinanews.items import Image
from sinanews.utils.text import line

BLOCKS = frozenset(
    [
        "address",
        "article",
        "aside",
        "blockquote",
        "body",
        "br",
        "caption",
        "center",
        "dd",
        "div",
        "dl",
        "dt",
        "figcaption",
        "figure",
        "footer",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "header",
        "hr",
        "li",
        "main",
        "ol",
        "p",
        "pre",
        "section",
        "table",
        "tbody",
        "tfoot",
        "thead",
        "tr",
        "ul",
    ]
)
CELLS = frozenset(("td", "th"))
ICON = 50  # pixels; spacers and icons state a size below it in both directions

_INLINE = frozenset(("a", "span", "font", "strong", "b"))
_LAZY = ("data-src", "data-original", "real_src")
_PLACEHOLDER = re.compile(r"\.gif(?:\?|$)")
# Live charts and faces, what the templates themselves show, spacers, and an img without a source.
_NO_PICTURE = re.compile(r"//[\w.]*sinajs\.cn/|/cece9e13/|/c\.gif$|/undefined$")
_KEYWORD_COMMENT = re.compile(r"<!--( *news_keyword_pub,[^>]*?)-->")


def paragraphs(body: LexborNode) -> list[str]:
    """The lines of a body without furniture: one for each block or line break, white space as
    single spaces, no empty ones; a table gives one line a row, its cells divided by tabs.

    Marked captions are left out.
    """
    pieces = "".join(_pieces(body))
    rows = (piece.split(_CELL) for piece in pieces.split(_BLOCK))
    lines = ("\t".join(line(cell) or "" for cell in row).rstrip("\t") for row in rows)
    return list(filter(None, lines))


# Two characters that are white space, but that no page has.
_BLOCK, _CELL = "\x1e", "\x1f"


def _pieces(
    node: LexborNode, cells: frozenset[str] = CELLS, *, in_cell: bool = False
) -> Iterator[str]:
    """The texts with marks between them; within a cell blocks are only a space apart."""
    for child in children(node):
        if child.is_text_node:
            yield child.text_content or ""
        elif child.is_element_node and not _is_caption(child):
            tag = child.tag or ""
            inside = cells if tag != "table" or _has_columns(child) else frozenset[str]()
            mark = "" if tag not in BLOCKS else " " if in_cell else _BLOCK
            yield mark
            in_this = tag in cells or (in_cell and tag != "table")
            yield from _pieces(child, inside, in_cell=in_this)
            yield _CELL if tag in cells else mark


def _has_columns(table: LexborNode) -> bool:
    """Whether a table has rows of several cells; without, it only frames what is in it."""
    return table.css_first("td ~ td, th ~ td, th ~ th, td ~ th") is not None


def _is_caption(node: LexborNode) -> bool:
    if node.tag == "center":
        return node.css_first("img") is not None and node.css_first("p") is None
    if node.tag == "span":
        return "img_descr" in (node.attributes.get("class") or "")
    return node.tag == "figcaption"


def images(body: LexborNode) -> list[Image]:
    """The pictures of a body without furniture, in order, with their marked captions."""
    found = ((image, _source(image)) for image in body.css("img"))
    return [Image(source, _caption(image)) for image, source in found if _is_picture(image, source)]


def _source(image: LexborNode) -> str:
    """A picture's https URL."""
    source = _lazy(image) or image.attributes.get("src") or ""
    return re.sub(r"^(?:http:)?//", "https://", source)


def _lazy(image: LexborNode) -> str | None:
    """What a script puts in the place of a placeholder."""
    attributes = image.attributes
    source = attributes.get("src") or ""
    waits = not source.startswith("http") or _PLACEHOLDER.search(source)
    return next(filter(None, map(attributes.get, _LAZY)), None) if waits else None


def _is_picture(image: LexborNode, source: str) -> bool:
    sides = [image.attributes.get("width") or "", image.attributes.get("height") or ""]
    icon = all(side.isdecimal() and int(side) < ICON for side in sides)
    return not icon and source.startswith("https://") and not _NO_PICTURE.search(source)


def _caption(image: LexborNode) -> str:
    inner, holder = image, image.parent
    while holder is not None and holder.tag in _INLINE:
        inner, holder = holder, holder.parent
    if holder is None:
        return ""
    marked = holder if holder.tag == "center" else _marked_caption(inner, holder)
    return "" if marked is None else line(marked.text()) or ""


def _marked_caption(image: LexborNode, holder: LexborNode) -> LexborNode | None:
    """The caption in an element that holds one picture; of several each has what follows it."""
    if len(holder.css("img")) == 1:
        figure = holder.parent if holder.parent and holder.parent.tag == "figure" else holder
        return figure.css_first(".img_descr, figcaption")
    following = image.next
    while following is not None and is_blank(following):
        following = following.next
    return following if following is not None and _is_caption(following) else None


def stocks(inner_html: str, body: LexborNode) -> list[str]:
    """Market-prefixed codes: those of the keyword comment, then spans it does not name.

    `inner_html` is the body before any decoding, so that `&LT` in the comment stays a stock.
    """
    comments = _KEYWORD_COMMENT.findall(inner_html)
    listed = [ticker for comment in comments for ticker in processors.tickers(comment)]
    return list(dict.fromkeys([*listed, *_linked(body)]))


def _linked(body: LexborNode) -> Iterator[str]:
    """Each linked stock is followed by a span for its quote: stock_sh600016, quote_sh600016."""
    ids = [node.attributes.get("id") or "" for node in body.css("span[id]")]
    quotes = tuple(id_.removeprefix("quote") for id_ in ids if id_.startswith("quote_"))
    return (id_ for id_ in ids if quotes and id_.endswith(quotes) and id_[:6] != "quote_")


def clean(source: str, more: Iterable[str] = ()) -> str:
    """A source body without furniture, comments and blank lines: a blank line would end the HTML
    block for a Markdown reader, and what is indented after it would become code. Its pictures are
    those of `images`, by the same URLs."""
    tree = remove_boilerplate(parsed_body(source), more)
    for image in tree.css("img"):
        url = _source(image)
        if _is_picture(image, url):
            image.attrs["src"] = url
        else:
            image.decompose()
    return re.sub(r"\s*\n\s*", "\n", inner(tree, Form(comments=False))).strip()
