"""An article as a post of a blog, `POST_STYLE=hexo`: one that is as it should be in a Hexo that is
as it comes. The form stands in docs/format.md.

Hexo reads a post as Markdown, which leaves a block of HTML alone until a blank line: the content
is one such block. As read in hexo 7.3.0 and 8.1.2, hexo-renderer-marked 7.0.1 and
hexo-theme-landscape 1.1.0.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from html import escape
from typing import Any

from selectolax.lexbor import LexborNode

from sinanews.extraction.html5 import TEXT, absolute, children, inner, parsed_body
from sinanews.items import Article
from sinanews.posts.front_matter import entry, quoted
from sinanews.posts.hexo import inert_in_hexo
from sinanews.posts.identity import post_date
from sinanews.posts.paths import AUTHOR, categories
from sinanews.utils.text import plain_line
from sinanews.utils.times import CHINA
from sinanews.utils.urls import is_web_url

EXCERPT_MARK = "<!-- more -->"
EXCERPT_LEAST = 60  # characters before the mark: a byline alone says nothing of an article
TAGS_LIMIT = 20  # of a post: Hexo makes a page of each, and a page may name thousands
TAG_LIMIT = 60  # characters: a folder has its name, in UTF-8 of at most 255 bytes

# With one of these, and no other element, a block of HTML begins for Markdown and goes on until a
# blank line: https://spec.commonmark.org/0.31.2/#html-blocks, condition 6, as far as bodies have
# them; and `pre`, of which a `div` is made.
_BLOCKS = frozenset((
    "address", "article", "aside", "blockquote", "center", "dd", "details", "dialog", "dir", "div",
    "dl", "dt", "fieldset", "figcaption", "figure", "footer", "h1", "h2", "h3", "h4", "h5", "h6",
    "header", "hr", "legend", "li", "main", "menu", "menuitem", "nav", "ol", "p", "pre", "section",
    "summary", "table", "ul",
))  # fmt: skip # one tag a line would hide the list
_ANY_BLOCK = ", ".join(sorted(_BLOCKS))
_FRAMES = frozenset(("article", "div", "section"))
# A theme shows it as code, which no news has: `white-space` keeps its lines.
_PRE = re.compile(r"<pre(?=[ >])")
_PRE_END = "</pre>"
_LIKE_PRE = '<div style="white-space: pre-line"'
# Hexo's tag cloud writes names as they are: hexo/dist/plugins/helper/tagcloud.js
_LOOK_ALIKES = str.maketrans({"<": "＜", ">": "＞", '"': "”", "&": "＆"})


def blog_post(article: Article, body: str, picture: str | None, extras: Mapping[str, Any]) -> bytes:
    """The post's bytes, with `body` (HTML without boilerplate, of which nothing acts) as its body.
    `picture` is the address of its first picture; of `extras` those keys are added that it has not.

    Raises ValueError for an article without any time.
    """
    values: dict[str, Any] = {
        "title": plain_line(article.title).strip(),
        "date": quoted(_shown_in_china(post_date(article))),
        "updated": _shown_in_china(article.updated) if article.updated else None,
        "categories": categories(article.channels),
        "tags": tags(article.keywords),
        "author": AUTHOR,
        "comments": False,
        "headimg": picture,
        "thumbnail": picture,
        "docid": article.docid,
    }
    values |= {key: value for key, value in extras.items() if key not in values}
    lines = (entry(key, value) for key, value in values.items() if value not in (None, []))
    head = "\n".join(lines).replace(": \n", ":\n")
    content = _content(article, body).replace("{", "&#123;").replace("}", "&#125;")
    return f"---\n{head}\n---\n{content}\n".encode()


def _shown_in_china(moment: datetime) -> str:
    """A time as a clock in China shows it, without a zone: so Hexo takes it for one of its own,
    the machine's or that of `timezone`, and shows the same. It has to be text: of a time Hexo first
    makes another by what zone the machine has at that hour of UTC, which on the days when clocks
    change may be of another day (hexo-front-matter 4.2.1)."""
    return moment.astimezone(CHINA).replace(tzinfo=None).isoformat(timespec="seconds")


def tags(keywords: Iterable[str]) -> list[str]:
    """Keywords as Hexo's tags: without markup, each once, and none that has no page of its own.

    >>> tags(["康养", "A股", "a股", "<b>", "…", "康养 "])
    ['康养', 'A股', '＜b＞']
    """
    named: dict[str, str] = {}
    for keyword in keywords:
        name = plain_line(keyword).translate(_LOOK_ALIKES).strip()
        if len(name) <= TAG_LIMIT and any(map(str.isalnum, name)):
            named.setdefault(name.casefold(), name)
    return list(named.values())[:TAGS_LIMIT]


def _content(article: Article, body: str) -> str:
    """Body, excerpt mark and source, without a blank line."""
    excerpt: list[str] = []
    rest: list[str] = []
    length = 0
    for block, text in _blocks(parsed_body(body)):
        (rest if length >= EXCERPT_LEAST else excerpt).append(block)
        length += len("".join(text.split()))
    rest += _source(article)
    begin, end = (inert_in_hexo(_without_blank_lines(half)) for half in (excerpt, rest))
    return "\n".join(filter(None, (begin, EXCERPT_MARK, end)))


def _without_blank_lines(blocks: Iterable[str]) -> str:
    html = _PRE.sub(_LIKE_PRE, "\n".join(blocks)).replace(_PRE_END, "</div>")
    return "\n".join(filter(str.strip, html.split("\n")))


def _blocks(root: LexborNode) -> Iterator[tuple[str, str]]:
    """The HTML and the text of each block that a node holds, with a frame around all or many of
    them taken off; what stands between blocks is one, too."""
    run = parsed_body("")
    for node in _without_frames(root):
        if node is not None and node.tag not in _BLOCKS:
            run.insert_child(node)
            continue
        yield from _run(run)
        run = parsed_body("")
        if node is not None:
            holder = parsed_body("")
            holder.insert_child(node)
            yield inner(holder, comments=False), node.text()


def _without_frames(root: LexborNode) -> Iterator[LexborNode | None]:
    """The nodes in a node, and in frames those in them; None where a frame begins or ends."""
    open_frames = [iter(list(children(root)))]
    while open_frames:
        for node in open_frames[-1]:
            if _is_frame(node):
                open_frames.append(iter(list(children(node))))
                break
            yield node
        else:
            open_frames.pop()
        yield None


def _run(run: LexborNode) -> Iterator[tuple[str, str]]:
    """What stands between two blocks, if it is more than white space, as a paragraph."""
    html = inner(run, comments=False)
    if html.strip():
        name = "div" if run.css_first(_ANY_BLOCK) else "p"
        yield f"<{name}>{html}</{name}>", run.text()


def _is_frame(node: LexborNode) -> bool:
    """Whether an element does nothing but hold several blocks."""
    if node.tag not in _FRAMES or node.attributes.get("style"):
        return False
    inside = list(children(node))
    words = any(child.tag == TEXT and (child.text_content or "").strip() for child in inside)
    return not words and sum(child.tag in _BLOCKS for child in inside) > 1


def _source(article: Article) -> Iterator[str]:
    """Who published the article, and where it is."""
    words = []
    if article.source:
        words.append(f"来源：{escape(plain_line(article.source))}")
    if is_web_url(article.url):
        # As a URL parser writes it, it has no quotation mark.
        address = escape(absolute(article.url, article.url))
        words.append(f'<a href="{address}">{AUTHOR}原文</a>')
    if words:
        yield f"<p>{'　'.join(words)}</p>"
