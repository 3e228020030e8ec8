"""What an article's body holds: paragraphs, pictures and stocks, without Sina's furniture."""

import re
from collections.abc import Iterable, Iterator

from selectolax.lexbor import LexborNode

from sinanews import processors
from sinanews.html5 import Form, children, inner, parsed_body
from sinanews.items import Image
from sinanews.text import line

# Blocks that Sina's templates and scripts put into a body, in any era.
FURNITURE = (
    "style, link, iframe, noscript, video, ins, form",
    "p.article-editor, p.show_author, div.show_author, .article-notice, .show_statement",
    ".appendQr_wrap, div[class*=kaihu], .app-qihuo-kaihu-qr, .finance_app_sina, .tech-quotation",
    "#left_hzh_ad, #wx_pic, div[id^=ad_], div[class^=otherContent], p[class^=finance_web]",
    "div.ct_hqimg, .hqimg_related, span[id^=quote_], [data-sudaclick=suda_1028_guba]",
    ".video-2017, .artical-player-wrap, .weibo-2017, div[class^=weibo], .goods-card",
    ".wap_special, .page-widget-2017",
)
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

_KEYWORD_COMMENT = re.compile(r"<!--( *news_keyword_pub,[^>]*?)-->")
_NOT_CONTENT = re.compile(
    r"[（(【\[]?责任编辑[：:].{0,40}|[（(]编辑[：:].{0,40}|[>＞]{2,}.*|进入【.*】讨论|(?:热点)?专题[：:].*"
    r"|(?:免责|特别|版权)声明[：:].*"
)
_RELATED = re.compile(r"[【\[]?相关(?:新闻|阅读|报道|专题)[】\]]?[：:]?")


def unfurnished(body: LexborNode, more: Iterable[str] = ()) -> LexborNode:
    """The same body, changed: without furniture, and without link lines to other pages."""
    for node in body.css(", ".join((*FURNITURE, *more))):
        node.decompose()
    for paragraph in body.css("p"):
        if _is_promotion(paragraph):
            paragraph.decompose()
    return body


def _is_promotion(paragraph: LexborNode) -> bool:
    said = line(paragraph.text()) or ""
    return bool(_NOT_CONTENT.fullmatch(said)) or _is_related(paragraph, said)


def _is_related(paragraph: LexborNode, said: str) -> bool:
    """A heading of related articles, which takes the link lines after it along."""
    links = list(_link_lines_after(paragraph)) if _RELATED.fullmatch(said) else []
    for link_line in links:
        link_line.decompose()
    return bool(links)


def _link_lines_after(paragraph: LexborNode) -> Iterator[LexborNode]:
    following = paragraph.next
    while following is not None and (following.is_text_node or _is_one_link(following)):
        if following.is_element_node:
            yield following
        following = following.next


def _is_one_link(node: LexborNode) -> bool:
    links = "".join("".join(link.text() for link in node.css("a")).split())
    return bool(links) and "".join(node.text().split()) == links


def paragraphs(body: LexborNode) -> list[str]:
    """The lines of a body without furniture: one for each block or line break, white space as
    single spaces, no empty ones; a table gives one line a row, its cells divided by tabs.

    Marked captions are left out.
    """
    pieces = "".join(_pieces(body, in_cell=False))
    rows = (piece.split(_CELL) for piece in pieces.split(_BLOCK))
    lines = ("\t".join(line(cell) or "" for cell in row).rstrip("\t") for row in rows)
    return list(filter(None, lines))


# Two characters that are white space, but that no page has.
_BLOCK, _CELL = "\x1e", "\x1f"


def _pieces(node: LexborNode, *, in_cell: bool) -> Iterator[str]:
    for child in children(node):
        if child.is_text_node:
            yield child.text_content or ""
        elif child.is_element_node and not _is_caption(child):
            cell, block = child.tag in CELLS, child.tag in BLOCKS and not in_cell
            yield _BLOCK if block else ""
            yield from _pieces(child, in_cell=cell or (in_cell and child.tag != "table"))
            yield _CELL if cell else _BLOCK if block else ""


def _is_caption(node: LexborNode) -> bool:
    classes = node.attributes.get("class") or "" if node.tag == "span" else ""
    return "img_descr" in classes or (node.tag == "center" and node.css_first("img") is not None)


def images(body: LexborNode) -> list[Image]:
    """The pictures of a body without furniture, in order, with their marked captions."""
    found = (image for image in body.css("img") if _is_picture(image))
    return [Image(_https(image.attributes.get("src") or ""), _caption(image)) for image in found]


def _https(url: str) -> str:
    return url.replace("http://", "https://", 1) if url.startswith("http://") else url


def _is_picture(image: LexborNode) -> bool:
    attributes = image.attributes
    sides = [attributes.get("width") or "", attributes.get("height") or ""]
    icon = all(side.isdecimal() and int(side) < ICON for side in sides)
    source = attributes.get("src") or ""
    return not icon and source.startswith("http") and "image.sinajs.cn/newchart/" not in source


def _caption(image: LexborNode) -> str:
    holder = image.parent
    while holder is not None and holder.tag in {"a", "span", "font"}:
        holder = holder.parent
    if holder is None:
        return ""
    marked = holder if holder.tag == "center" else holder.css_first(".img_descr")
    return "" if marked is None else line(marked.text()) or ""


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
    block for a Markdown reader, and what is indented after it would become code."""
    tree = unfurnished(parsed_body(source), more)
    return re.sub(r"\s*\n\s*", "\n", inner(tree, Form(comments=False))).strip()
