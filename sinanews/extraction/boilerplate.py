"""Removes from an article's body what Sina's templates and scripts add to it."""

import re
from collections.abc import Iterable, Iterator

from selectolax.lexbor import LexborNode

from sinanews.config import Bounds
from sinanews.extraction.bounds import DEFAULT, check_text
from sinanews.extraction.html5 import children
from sinanews.extraction.pager import remove_pagers
from sinanews.utils.text import line

# Selectors of elements that are not the article's, on pages of any year.
BOILERPLATE = (
    "style, link, iframe, noscript, video, object, embed, ins, form",
    "p.article-editor, p.show_author, div.show_author, .article-notice, .show_statement",
    ".appendQr_wrap, div[class*=kaihu], div[id*=kaihu], .finance_app_sina, .tech-quotation",
    "#left_hzh_ad, #wx_pic, div[id^=ad_], div[class^=otherContent], p[class^=finance_web]",
    "div.ct_hqimg, .hqimg_related, span[id^=quote_], [data-sudaclick=suda_1028_guba]",
    ".video-2017, .artical-player-wrap, .weibo-2017, div[class^=weibo], .goods-card",
    ".wap_special, .page-widget-2017, .entHdPic",
)

# Whole paragraphs: editor lines, links to forums and topics, disclaimers, advertisements for
# Sina's apps and reports.
_BOILERPLATE_LINE = re.compile(
    r"[（(【\[]?责任编辑[：:].{0,40}|[（(【\[]编辑[：:].{0,40}|[>＞]{2,}.*|进入【.*】讨论"
    r"|(?:点击)?(?:进入|查看|关注)?(?:热点|相关)?专题[：:].*|(?:免责|特别|版权|新浪)声明[：:].*"
    r"|(?:请)?(?:安装|下载)新浪财经(?:客户端|APP|App).*|炒股就看.{0,3}金麒麟分析师研报.*"
    r"|海量资讯、精准解读，尽在新浪财经APP.*|更多猛料.{0,3}欢迎扫描.*二维码.*"
)
# 相关阅读： | [相关报道] | 更多文章
_RELATED_HEADING = re.compile(
    r"[【\[]?(?:相关|延伸|推荐|更多|往期)(?:新闻|阅读|报道|专题|链接|文章|回顾)[】\]]?[：:]?"
)


def remove_boilerplate(
    body: LexborNode, more: Iterable[str] = (), bounds: Bounds = DEFAULT
) -> LexborNode:
    """Removes boilerplate and links to related articles, in place, and returns the body.

    `more` are selectors beside those of BOILERPLATE. Raises BoundError where paragraphs lie in each
    other so often that their texts are more than a page may have.
    """
    for node in body.css(", ".join((*BOILERPLATE, *more))):
        node.decompose()
    remove_pagers(body, bounds)
    characters = 0
    for paragraph in body.css("p"):
        raw = paragraph.text()
        characters += len(raw)
        check_text(characters, bounds)
        text = line(raw) or ""
        if _BOILERPLATE_LINE.fullmatch(text):
            paragraph.decompose()
        elif heading := _RELATED_HEADING.match(text):
            _remove_related(paragraph, text[heading.end() :])
    return body


def _remove_related(paragraph: LexborNode, rest: str) -> None:
    """Removes a heading of related articles together with its links.

    They are either in the paragraph itself, as the `rest` of its text, or each in a line of its
    own after it. A heading without links is part of the article and stays.
    """
    if rest:
        if "".join(rest.split()) == _link_text(paragraph):
            paragraph.decompose()
    elif link_lines := list(_following_link_lines(paragraph)):
        for link_line in link_lines:
            link_line.decompose()
        paragraph.decompose()


def _following_link_lines(node: LexborNode) -> Iterator[LexborNode]:
    """The siblings after a node up to the first that has other text than links; no blank ones."""
    sibling = node.next
    while sibling is not None:
        if _is_links(sibling):
            yield sibling
        elif not is_blank(sibling):
            return
        sibling = sibling.next


def _is_links(node: LexborNode) -> bool:
    """Whether a node has text, all of it in links. Ends at the first that is not."""
    has_text = False
    waiting = [node]
    while waiting:
        node = waiting.pop()
        if node.tag == "a":
            has_text = has_text or not is_empty(node)
        elif node.is_text_node and not is_empty(node):
            return False
        else:
            waiting += reversed(list(children(node)))
    return has_text


def _link_text(node: LexborNode) -> str:
    """The text of all links in a node, without white space."""
    return "".join("".join(link.text() for link in node.css("a")).split())


def is_blank(node: LexborNode) -> bool:
    """Whether a node is a comment, or has neither text nor a picture."""
    if node.is_comment_node:
        return True
    has_picture = node.is_element_node and node.css_first("img") is not None
    return not has_picture and is_empty(node)


def is_empty(node: LexborNode) -> bool:
    """Whether a node has no text but white space. Ends at the first."""
    if node.is_text_node:
        return not (node.text_content or "").strip()
    texts = (inner for inner in node.traverse(include_text=True) if inner.is_text_node)
    return all(not (text.text_content or "").strip() for text in texts)
