"""Removes from an article's body what Sina's templates and scripts add to it."""

import re
from collections.abc import Iterable, Iterator

from selectolax.lexbor import LexborNode

from sinanews.config import Bounds
from sinanews.extraction.bounds import DEFAULT, check_text
from sinanews.extraction.html5 import children
from sinanews.extraction.lines import (
    BLOCKS,
    SENTENCE_ENDS,
    Line,
    begins_with_link,
    ends_with_link,
    lines,
    lines_from_end,
)
from sinanews.extraction.pager import remove_pagers
from sinanews.utils.text import line

# Selectors of elements that are not the article's, on pages of any year.
BOILERPLATE = (
    "style, link, iframe, noscript, embed, ins[class*=ads]",
    "video:not(:has(p)), object:not(:has(p)), form:not(:has(p))",
    "p.article-editor, p.show_author, div.show_author, .article-notice, .show_statement",
    ".appendQr_wrap, div[class*=kaihu-qr], div[id*=kaihu-stock], .finance_app_sina",
    ".tech-quotation",
    "#left_hzh_ad, #wx_pic, div[id^=ad_], div[class^=otherContent], p[class^=finance_web]",
    "div.ct_hqimg, .hqimg_related, span[id^=quote_], [data-sudaclick=suda_1028_guba]",
    ".video-2017, .artical-player-wrap, .weibo-2017, div[class^=weibo], .goods-card",
    ".wap_special, .page-widget-2017, .entHdPic, .jqlblock_cls",
)
# What the addresses of topics have in them, and those of the accounts, courses and apps that Sina
# advertises: a line that only links to such is no part of an article.
_PROMOTED = (
    "/zt_d/", "/zt/", "kaihu", "sinadaxue.cn", "licaishi.sina.com.cn", "waptuiguang",
    "finance.sina.com.cn/mobile/", "//app.sina.", "//app.finance.sina.", "//saxn.sina.",
)  # fmt: skip # one address a line would hide the list
# What sets a promotion apart from the text: all in it links, and none of it to an article.
_LISTS = frozenset(("ul", "ol", "dl"))
_ASIDES = frozenset(("blockquote", "aside", "section", "div"))
# An article's own address, of Sina or elsewhere: it has a day or an id.
_ARTICLE_URL = re.compile(r"/(?:doc-|detail-|article|s[/?])|\d{4}[-/]?\d{2}[-/]?\d{2}|\d{6}")
# Links to what Sina knows of a stock: they are words of the text.
_QUOTE_URL = re.compile(r"/quotes?/|/realstock/|/futures/|/fund/quotes|stock\.finance\.sina")
_ADVERTISING = re.compile(r"开户|领取|扫码|优惠|福利|抢先|研报|下载|课程|训练营|直播间|限时|免费")
_WEIBO_CARD = re.compile(r"[\[（(【] ?微博 ?[\]）)】]")

_HAN = r"[\u3400-\u9fff]"
_EDITOR_NAME = rf"{_HAN}{{2,3}}·{_HAN}{{2,4}}|{_HAN}{{2,4}}|[A-Z]{{1,3}}\d{{2,4}}"  # or code
# Whole paragraphs: editor lines, disclaimers, advertisements for Sina's apps and reports. Most
# paragraphs begin with no character of these, and nothing else is tried on them.
_BOILERPLATE_LINE = re.compile(
    r"(?=[（(【\[责进免特版新海更])(?:"
    rf"[（(【\[]?责任编辑[：:]\s?(?:{_EDITOR_NAME})?(?!{_HAN}).{{0,36}}"
    rf"|[（(【\[]编辑[：:](?:{_EDITOR_NAME})?(?:[\s、，,/](?:{_EDITOR_NAME})){{0,4}}\s?[）)】\]]"
    r"|进入【.*】讨论|(?:免责|特别|版权)声明[：:].*"
    r"(?:新浪.{0,12}(?:立场|观点|联系|目的|仅供)|自媒体综合).*"
    r"|新浪.{0,4}(?:特别)?声明[：:].*(?:立场|观点|联系|目的|仅供|速记|版权).*"
    r"|海量资讯、精准解读，尽在新浪财经APP.*|更多猛料.{0,3}欢迎扫描.*二维码.*)"
)
# The same, where there is a link in them: to forums, topics, apps and reports.
_LINKED_LINE = re.compile(
    r"(?=[>＞点进查关热相专请安下炒])(?:"
    r"[>＞]{2,}.*|(?:点击)?(?:进入|查看|关注)?(?:热点|相关)?专题[：:].*"
    r"|(?:请)?(?:安装|下载)新浪财经(?:客户端|APP|App).*|炒股就看.{0,3}金麒麟分析师研报.*)"
)
# A statement that is Sina's where it stands outside the story: below the editor line.
_STATEMENT = re.compile(r"[（(【\[]?(?:免责|特别|版权|郑重)?(?:声明|提示)[：:\]】]")
_LABEL = 12  # characters of a label at the end of a line
_EDITOR = "article-editor"  # the class of that line
# 相关阅读： | [相关报道] | 更多文章 | 此前报道：
_RELATED_HEADING = re.compile(
    r"[【\[]?(?:相关|延伸|推荐|更多|往期|此前|早前|近期|前情|历史|热门|精彩)"
    r"(?:新闻|阅读|报道|专题|链接|文章|回顾|推荐|内容|资讯|消息)[】\]]?[：:]?"
)
# Over links at the end: 热文精选： | 【读了又读】 | [热文]
_HEADING = re.compile(
    r"[【\[［]?.{0,6}(?:相关|延伸|推荐|更多|往期|此前|早前|近期|前情|历史|热门|热文|热点|精彩|猜你|回顾|链接"
    r"|阅读|看点|专题|往期|读了|大家都在看).{0,6}[】\]］]?[：:]?"
)
# Over or before what is the article's own: the words name where something is from, or quote it.
_NO_HEADING = re.compile(
    r"来源|出处|资料|数据|官网|网址|电话|记者|编辑|作者|邮箱|附件?|全文|原文|公告|如下"
)


def remove_boilerplate(
    body: LexborNode, more: Iterable[str] = (), bounds: Bounds = DEFAULT, url: str = ""
) -> LexborNode:
    """Removes boilerplate and links to related articles, in place, and returns the body.

    `more` are selectors beside those of BOILERPLATE, `url` is the article's. Raises BoundError
    where paragraphs lie in each other so often that their texts are more than a page may have.
    """
    found = body.css(", ".join((*BOILERPLATE, *more)))
    statements = list(_statements(found))
    for node in reversed(found):
        node.decompose()
    _remove(statements, body)
    remove_pagers(body, bounds, url)
    characters = 0
    found = []
    for paragraph in body.css("p"):
        raw = paragraph.text()
        characters += len(raw)
        check_text(characters, bounds)
        text = line(raw) or ""
        if _BOILERPLATE_LINE.fullmatch(text) or (
            _LINKED_LINE.fullmatch(text) and paragraph.css_first("a") is not None
        ):
            found.append(paragraph)
        elif heading := _RELATED_HEADING.match(text):
            found += _related(paragraph, text[heading.end() :])
    _remove(found, body)
    if body.css_first("a") is not None:
        if begins_with_link(body):
            _remove_promotions_at_beginning(body)
        if ends_with_link(body):
            _remove_links_at_end(body)
        _remove_promotions(body)
    return body


def _statements(boilerplate: Iterable[LexborNode]) -> Iterator[LexborNode]:
    """The statements that follow an editor line; those in the story are the article's."""
    for node in boilerplate:
        is_last = _EDITOR in (node.attributes.get("class") or "") and node.prev is not None
        sibling = node.next if is_last else None
        while sibling is not None:
            if sibling.is_element_node and _STATEMENT.match(line(sibling.text()) or ""):
                yield sibling
            sibling = sibling.next


def _remove_promotions(body: LexborNode) -> None:
    """Removes the lines that only link to what is promoted, and blocks of links to no article; and
    the links to social media behind names: 某甲[微博]表示."""
    links_only: dict[int, bool] = {}  # by block; the innermost come first, and are asked once
    sentences: dict[int, bool] = {}
    promotions: dict[int, LexborNode] = {}
    for link in reversed(body.css("a")):
        href = link.attributes.get("href") or ""
        if "weibo" in href and _WEIBO_CARD.fullmatch(line(link.text()) or ""):
            link.decompose()
            continue
        if _QUOTE_URL.search(href) or _ARTICLE_URL.search(href):
            continue
        block = _block_around(link, body)
        if block is None or not _is_links(block, links_only):
            continue
        if block.mem_id not in sentences:  # of a link that was left open
            sentences[block.mem_id] = (line(block.text()) or "").endswith(SENTENCE_ENDS)
        if sentences[block.mem_id]:
            continue
        outer = _block_around(block, body)
        while outer is not None and outer.tag in _LISTS:
            outer = _block_around(outer, body)
        if _is_promoted(link):
            promotions[block.mem_id] = block
        elif outer is not None and outer.tag in _ASIDES and _is_links(outer, links_only):
            promotions[outer.mem_id] = outer
    _remove(
        (
            block
            for block in promotions.values()
            if not any(map(_is_article_or_quote, block.css("a")))
        ),
        body,
    )


def _block_around(node: LexborNode, body: LexborNode) -> LexborNode | None:
    """The innermost block around a node, within the body."""
    block = node.parent
    while block is not None and block.tag not in BLOCKS:
        block = block.parent
    return None if block is None or block.mem_id == body.mem_id else block


def _remove_promotions_at_beginning(body: LexborNode) -> None:
    """Removes the link lines before the first words that advertise something."""
    promotions = []
    for shown in lines(body):
        if shown.words:
            break
        if shown.is_links and (_advertises(shown) or all(map(_is_promoted, shown.links))):
            promotions.append(shown)
    else:
        return  # there is nothing but links: they are the article
    for shown in promotions:
        shown.remove(body)


def _remove_links_at_end(body: LexborNode) -> None:
    """Removes the lines at the end that only link, and the headings above them."""
    found: list[Line] = []
    for shown in lines_from_end(body):
        if shown.has_picture:
            break
        text = shown.text
        is_heading = found and not shown.links and _is_heading(text)
        is_labelled = shown.links and shown.words and _is_heading(shown.label)
        is_links = shown.is_links or is_labelled
        if _introduces(text):
            return
        if not is_heading and (not is_links or any(map(_is_quote, shown.links))):
            break
        found.append(shown)
    else:
        return  # as above
    for shown in found:
        shown.remove(body)


def _is_heading(text: str) -> bool:
    """Whether words, which stand over links or before one, are their heading.

    >>> texts = ("此前报道：", "【猜你想看】", "热文：", "数据来源：", "券商板块：", "货到了")
    >>> [text for text in texts if _is_heading(text)]
    ['此前报道：', '【猜你想看】', '热文：']
    """
    return bool(_HEADING.fullmatch(text)) and not _NO_HEADING.search(text)


def _introduces(text: str) -> bool:
    """Whether words say that what follows is the article's own: 附件： or 全文如下："""
    return text.endswith(("：", ":")) and bool(_NO_HEADING.search(text[-_LABEL:]))


def _is_promoted(link: LexborNode) -> bool:
    href = link.attributes.get("href") or ""
    return any(part in href for part in _PROMOTED)


def _advertises(shown: Line) -> bool:
    return bool(_ADVERTISING.search(shown.text)) and not any(map(_is_article_or_quote, shown.links))


def _is_quote(link: LexborNode) -> bool:
    return bool(_QUOTE_URL.search(link.attributes.get("href") or ""))


def _is_article_or_quote(link: LexborNode) -> bool:
    return _is_quote(link) or bool(_ARTICLE_URL.search(link.attributes.get("href") or ""))


def _related(paragraph: LexborNode, rest: str) -> list[LexborNode]:
    """A heading of related articles together with its links.

    They are either in the paragraph itself, as the `rest` of its text, or each in a line of its
    own after it. A heading without links is part of the article.
    """
    if rest:
        return [paragraph] if "".join(rest.split()) == _link_text(paragraph) else []
    link_lines = list(_following_link_lines(paragraph))
    return [paragraph, *link_lines] if link_lines else []


def _remove(nodes: Iterable[LexborNode], body: LexborNode) -> None:
    """Removes elements of a body, some of which may lie in others.

    The inner ones go first: Lexbor frees what is in an element together with it.
    """
    ids = {node.mem_id for node in nodes}
    for node in reversed(body.css("*")) if ids else ():
        if node.mem_id in ids:
            node.decompose()


def _following_link_lines(node: LexborNode) -> Iterator[LexborNode]:
    """The siblings after a node up to the first that has other text than links; no blank ones."""
    sibling = node.next
    while sibling is not None:
        if _is_links(sibling):
            yield sibling
        elif not is_blank(sibling):
            return
        sibling = sibling.next


def _is_links(node: LexborNode, known: dict[int, bool] | None = None) -> bool:
    """Whether a node has text, all of it in links. Ends at the first that is not. What is `known`
    of nodes within it is not looked at again, and this one is added."""
    known = {} if known is None else known
    if node.mem_id not in known:
        known[node.mem_id] = _has_links_only(node, known)
    return known[node.mem_id]


def _has_links_only(node: LexborNode, known: dict[int, bool]) -> bool:
    has_text = False
    waiting = [node]
    while waiting:
        node = waiting.pop()
        if node.mem_id in known:
            if not known[node.mem_id] and not is_empty(node):
                return False
            has_text = has_text or known[node.mem_id]
        elif node.tag == "a":
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
