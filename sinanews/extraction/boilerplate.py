"""What stands in an article's body and is Sina's, not the article's."""

import re
from collections.abc import Iterable, Iterator

from selectolax.lexbor import LexborNode

from sinanews.utils.text import line

# Blocks that Sina's templates and scripts put into a body, in any era.
BOILERPLATE = (
    "style, link, iframe, noscript, video, object, embed, ins, form",
    "p.article-editor, p.show_author, div.show_author, .article-notice, .show_statement",
    ".appendQr_wrap, div[class*=kaihu], div[id*=kaihu], .finance_app_sina, .tech-quotation",
    "#left_hzh_ad, #wx_pic, div[id^=ad_], div[class^=otherContent], p[class^=finance_web]",
    "div.ct_hqimg, .hqimg_related, span[id^=quote_], [data-sudaclick=suda_1028_guba]",
    ".video-2017, .artical-player-wrap, .weibo-2017, div[class^=weibo], .goods-card",
    ".wap_special, .page-widget-2017, .entHdPic",
)

_NOT_CONTENT = re.compile(
    r"[（(【\[]?责任编辑[：:].{0,40}|[（(【\[]编辑[：:].{0,40}|[>＞]{2,}.*|进入【.*】讨论"
    r"|(?:点击)?(?:进入|查看|关注)?(?:热点|相关)?专题[：:].*|(?:免责|特别|版权|新浪)声明[：:].*"
    r"|(?:请)?(?:安装|下载)新浪财经(?:客户端|APP|App).*|炒股就看.{0,3}金麒麟分析师研报.*"
    r"|海量资讯、精准解读，尽在新浪财经APP.*|更多猛料.{0,3}欢迎扫描.*二维码.*"
)
_RELATED = re.compile(
    r"[【\[]?(?:相关|延伸|推荐|更多|往期)(?:新闻|阅读|报道|专题|链接|文章|回顾)[】\]]?[：:]?"
)


def remove_boilerplate(body: LexborNode, more: Iterable[str] = ()) -> LexborNode:
    """The same body, changed: without furniture, and without link lines to other pages."""
    for node in body.css(", ".join((*BOILERPLATE, *more))):
        node.decompose()
    for paragraph in body.css("p"):
        if _is_promotion(paragraph):
            paragraph.decompose()
    return body


def _is_promotion(paragraph: LexborNode) -> bool:
    said = line(paragraph.text()) or ""
    return bool(_NOT_CONTENT.fullmatch(said)) or _is_related(paragraph, said)


def _is_related(paragraph: LexborNode, said: str) -> bool:
    """A heading of related articles: it takes the link lines after it along, or has links only."""
    heading = _RELATED.match(said)
    if not heading:
        return False
    if heading.end() < len(said):
        return "".join(said[heading.end() :].split()) == _linked_text(paragraph)
    links = list(_link_lines_after(paragraph))
    for link_line in links:
        link_line.decompose()
    return bool(links)


def _link_lines_after(paragraph: LexborNode) -> Iterator[LexborNode]:
    following = paragraph.next
    while following is not None and (is_blank(following) or _is_one_link(following)):
        if _is_one_link(following):
            yield following
        following = following.next


def is_blank(node: LexborNode) -> bool:
    if node.is_comment_node:
        return True
    pictured = node.is_element_node and node.css_first("img") is not None
    return not pictured and not node.text().strip()


def _is_one_link(node: LexborNode) -> bool:
    links = _linked_text(node)
    return bool(links) and "".join(node.text().split()) == links


def _linked_text(node: LexborNode) -> str:
    return "".join("".join(link.text() for link in node.css("a")).split())
