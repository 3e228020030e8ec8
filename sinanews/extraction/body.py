"""Reads text, pictures and stocks from an article's body."""

import re
from collections.abc import Callable, Iterable

from selectolax.lexbor import LexborNode

from sinanews.extraction import processors
from sinanews.extraction.boilerplate import is_blank, remove_boilerplate
from sinanews.extraction.html5 import children, inner, parsed_body
from sinanews.items import Image
from sinanews.utils.text import line

# Elements that begin a new line of text.
BLOCKS = frozenset((
    "address", "article", "aside", "blockquote", "body", "br", "caption", "center", "dd", "div",
    "dl", "dt", "figcaption", "figure", "footer", "h1", "h2", "h3", "h4", "h5", "h6", "header",
    "hr", "li", "main", "ol", "p", "pre", "section", "table", "tbody", "tfoot", "thead", "tr", "ul",
))  # fmt: skip # one tag a line would hide the list
CELLS = frozenset(("td", "th"))
ICON_SIZE = 50  # pixels; an image that declares less in both directions is an icon or a spacer

# Separators between pieces of text. Both are white space to str.split, and no page contains them.
_BLOCK, _CELL = "\x1e", "\x1f"
# Elements between a picture and the block that may hold its caption.
_INLINE = frozenset(("a", "span", "font", "strong", "b"))
# Where lazy loading scripts look for a picture's URL while src has a placeholder.
_LAZY_ATTRIBUTES = ("data-src", "data-original", "real_src")
_PLACEHOLDER = re.compile(r"\.gif(?:\?|$)")
# Live charts and emoticons, pictures of Sina's templates, spacers, and images without a source.
_NOT_A_PICTURE = re.compile(r"//[\w.]*sinajs\.cn/|/cece9e13/|/c\.gif$|/undefined$")
_KEYWORD_COMMENT = re.compile(r"<!--( *news_keyword_pub,[^>]*?)-->")


def paragraphs(body: LexborNode) -> list[str]:
    """The lines of text of a body without boilerplate.

    There is one for each block or line break, with single spaces as its only white space; empty
    lines and marked captions are left out. A table with several columns gives one line for each
    row, with tabs between its cells.
    """
    pieces: list[str] = []
    _write_text(body, pieces.append, cells=CELLS, in_cell=False)
    rows = (text.split(_CELL) for text in "".join(pieces).split(_BLOCK))
    lines = ("\t".join(line(cell) or "" for cell in row).rstrip("\t") for row in rows)
    return list(filter(None, lines))


def _write_text(
    parent: LexborNode, write: Callable[[str], None], *, cells: frozenset[str], in_cell: bool
) -> None:
    """Writes the text of a node with separators between blocks and after cells.

    `cells` are the tags that count as cells; within a cell, only spaces separate blocks.
    """
    for node in children(parent):
        if node.is_text_node:
            write(node.text_content or "")
        elif node.is_element_node and not _is_caption(node):
            tag = node.tag or ""
            is_layout_table = (
                tag == "table" and node.css_first("td ~ td, th ~ td, th ~ th, td ~ th") is None
            )
            separator = "" if tag not in BLOCKS else " " if in_cell else _BLOCK
            write(separator)
            _write_text(
                node,
                write,
                cells=frozenset() if is_layout_table else cells,
                in_cell=tag in cells or (in_cell and tag != "table"),
            )
            write(_CELL if tag in cells else separator)


def _is_caption(node: LexborNode) -> bool:
    """Whether an element is marked as a picture's caption, or holds a picture with its caption."""
    if node.tag == "center":
        return node.css_first("img") is not None and node.css_first("p") is None
    if node.tag == "span":
        return "img_descr" in (node.attributes.get("class") or "")
    return node.tag == "figcaption"


def images(body: LexborNode) -> list[Image]:
    """The pictures of a body without boilerplate, in order, with their marked captions."""
    sources = ((image, _source(image)) for image in body.css("img"))
    return [
        Image(source, _caption(image)) for image, source in sources if _is_picture(image, source)
    ]


def _source(image: LexborNode) -> str:
    """The URL of an image, https where it may be; with lazy loading, that of the final image."""
    attributes = image.attributes
    source = attributes.get("src") or ""
    if not source.startswith("http") or _PLACEHOLDER.search(source):
        source = next(filter(None, map(attributes.get, _LAZY_ATTRIBUTES)), source)
    return re.sub(r"^(?:http:)?//", "https://", source)


def _is_picture(image: LexborNode, source: str) -> bool:
    sides = [image.attributes.get("width") or "", image.attributes.get("height") or ""]
    is_icon = all(side.isdecimal() and int(side) < ICON_SIZE for side in sides)
    return not is_icon and source.startswith("https://") and not _NOT_A_PICTURE.search(source)


def _caption(image: LexborNode) -> str:
    """The marked caption of a picture; empty when it has none."""
    outermost, block = image, image.parent
    while block is not None and block.tag in _INLINE:
        outermost, block = block, block.parent
    if block is None:
        return ""
    caption = block if block.tag == "center" else _caption_element(outermost, block)
    return "" if caption is None else line(caption.text()) or ""


def _caption_element(image: LexborNode, block: LexborNode) -> LexborNode | None:
    """The caption anywhere in a block with one picture; with several, the one after the image."""
    if len(block.css("img")) == 1:
        figure = block.parent if block.parent and block.parent.tag == "figure" else block
        return figure.css_first(".img_descr, figcaption")
    sibling = image.next
    while sibling is not None and is_blank(sibling):
        sibling = sibling.next
    return sibling if sibling is not None and _is_caption(sibling) else None


def stocks(inner_html: str, body: LexborNode) -> list[str]:
    """The codes of an article's stocks, each after its market: `stock_sh600016`, `usstock_MU`.

    Those of the keyword comments come first, then those that only the text links to.

    `inner_html` is the body as the page has it, since `body_html` has its comments decoded: the
    stock LT, listed as `&LT`, would be a `<` there.
    """
    comments = _KEYWORD_COMMENT.findall(inner_html)
    listed = [ticker for comment in comments for ticker in processors.tickers(comment)]
    # A linked stock is two spans, the second for its price: stock_sh600016 and quote_sh600016.
    ids = [node.attributes.get("id") or "" for node in body.css("span[id]")]
    quotes = tuple(id_.removeprefix("quote") for id_ in ids if id_.startswith("quote_"))
    linked = [id_ for id_ in ids if id_.endswith(quotes) and not id_.startswith("quote_")]
    return list(dict.fromkeys([*listed, *linked]))


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
    return re.sub(r"\s*\n\s*", "\n", inner(body, comments=False)).strip()
