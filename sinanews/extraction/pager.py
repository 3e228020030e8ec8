"""The pager of an article over several pages: where its other pages are, and which lines it is.

On Sina's pages of 2009 to 2013 it is `<p class="page">[1] [2] <a href="…_2.shtml">下一页</a></p>`
in `#artibody`, as browser extensions that load the next page know it (the rule for *.sina.com.cn
of https://github.com/machsix/Super-preloader). Others differ in words and elements.
"""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import SplitResult, parse_qsl, urlsplit

from selectolax.lexbor import LexborNode

from sinanews.config import Bounds
from sinanews.download.hosts import is_sinas
from sinanews.extraction.bounds import DEFAULT, check_text
from sinanews.extraction.html5 import TEXT, absolute
from sinanews.extraction.layouts.base import Layout, Page
from sinanews.utils import urls
from sinanews.utils.text import line

_LONGEST = 300  # characters of a pager
_HIGHEST = 6  # levels of elements of one, from its links on
_FEWEST_NUMBERS = 2  # of one without words
_PARAMETERS = ("page", "p")  # of a query, whose value is the page's number
# What a pager has in its links or says, by the first character: that is rare on a page, and looking
# for one alone takes a tenth of the time.
_SIGNS = {"?": tuple(f"?{name}=" for name in _PARAMETERS), "下": ("下一页",)}
_RARE = 1_000  # such characters; on a page of more the signs are looked for as a whole
_DIGITS = re.compile(r"[1-9]\d{0,2}", re.ASCII)
_CHINESE = "一二三四五六七八九十"

_NUMBER = re.compile(rf"第 ?([1-9]\d{{0,2}}|[{_CHINESE}]) ?页|(?<![\d.])([1-9]\d{{0,2}})(?![\d.%])")
_NEXT = re.compile(
    r"(?:请|点击|点此){0,2}(?:继续|进入|查看|阅读|浏览){0,2}"
    r"(?:下一?页|后一页|(?:余下|剩余|其余)的?(?:全文|内容|部分)|(?<=[看读览])全文)(?:继续|阅读|浏览){0,2}"
)
_LEADS_ON = re.compile(
    r"#\w*$|^javascript:|_\d{1,3}\.[sd.]{0,3}html|[?&]p(?:age)?=\d|/\d{1,3}\.s?html"
)
_BRACKETED = re.compile(r"\[ ?\d")  # [1] [2], which nothing else is
_MAY_BE_PAGERS = re.compile(r"[1-9页文分容]")
_OTHER_WORDS = re.compile(r"上一?页|前一页|[首尾末]页|最[前后末]一?页|共 ?\d{1,3} ?页")
_SEPARATORS = re.compile(r"[\s\[\]【】()（）|｜·•.…\-—_/\\<>《》«»‹›→←:：,，、]++")


class Address(NamedTuple):
    """Which article's page a URL is: the path of the article's first page, and the number from 1.

    The host is left out: the same path on another host of Sina's is the same article.
    """

    path: str
    number: int


@lru_cache(maxsize=64)  # an article's own is asked for several times
def address(url: str) -> Address:
    """What a URL says of where it stands in its article.

    >>> address("https://finance.sina.com.cn/a/doc-iktzscza0009001_2.shtml")
    Address(path='/a/doc-iktzscza0009001.shtml', number=2)
    >>> address("https://finance.sina.com.cn/a/doc-iktzscza0009001.shtml?from=wap&page=3")
    Address(path='/a/doc-iktzscza0009001.shtml', number=3)
    >>> address("http://news.sina.com.cn/c/2013-11-08/165728658916.shtml")
    Address(path='/c/2013-11-08/165728658916.shtml', number=1)
    """
    path, number = urls.without_part(_split(url).path)
    return Address(path, number or _number_in_query(url) or 1)


def first_page(url: str) -> str:
    """The URL of the first page of the article that a URL is a page of.

    >>> first_page("http://finance.sina.com.cn/a/doc-iktzscza0009001_2.shtml?from=wap")
    'https://finance.sina.com.cn/a/doc-iktzscza0009001.shtml'
    """
    canonical = urls.canonical(url)
    parts = _split(canonical)
    return canonical.removesuffix(parts.path) + urls.without_part(parts.path)[0]


def has_own_path(url: str) -> bool:
    """Whether a URL names its page by its path: a query may be there for something else."""
    return urls.without_part(_split(url).path)[1] is not None


def has_signs(html: str, url: str) -> bool:
    """Whether a page may have a pager at all; of nearly all pages this is enough to know.

    It may name other pages of the article by number, or be one of these itself.
    """
    own = address(url)
    name = own.path.rpartition("/")[2].partition(".")[0]
    return own.number > 1 or f"{name}_" in html or any(_has(html, *one) for one in _SIGNS.items())


def _has(html: str, first: str, signs: tuple[str, ...]) -> bool:
    """Whether a text has one of the signs, which begin with one character."""
    at = -1
    for _ in range(_RARE):
        at = html.find(first, at + 1)
        if at < 0:
            return False
        if html.startswith(signs, at):
            return True
    return any(sign in html for sign in signs)


def other_pages(page: Page, layout: Layout, url: str) -> dict[int, str]:
    """The URLs of the article's other pages that a page links to, by their numbers.

    These are links to the same path but for the number in it, and never to another article's. One
    in a line of numbers that leads away from Sina's hosts is given as well: there is a page that
    cannot be had.
    """
    found: dict[int, str] = {}
    if not has_signs(page.html, url):
        return found
    own, texts = address(url), _Texts(page.bounds)
    for link, target in _links_to(page, own, url):
        if number := _number(texts.of(link), target, own):
            found.setdefault(number, target)
    for number, target in _leading_away(page, layout, own, url):
        found.setdefault(number, target)
    if own.number > 1 and has_own_path(url):
        found.setdefault(1, first_page(url))  # whether or not this one says so
    return found


def remove_pagers(
    body: LexborNode, bounds: Bounds = DEFAULT, article: str = "", *, with_links: bool = False
) -> None:
    """Removes pagers from a body, in place: elements round a link that have nothing but pages'
    numbers, 下一页, 余下全文 and the like. `article` is the URL of one of an article's pages; with
    its `with_links` also lines and pictures that are a link to another.

    Raises BoundError where elements lie in each other so often that their texts are more than a
    page may have.
    """
    path = address(article).path if article else ""
    texts = _Texts(bounds)
    removed: set[int] = set()  # links, which are not to be touched any more
    for link in body.css("a"):
        if link.mem_id in removed:
            continue
        pager = _pager_around(link, texts)
        if pager and not (_may_lead_on(link, path) or _BRACKETED.search(texts.of(pager))):
            pager = None
        if pager is None and with_links and path == address(link.attributes.get("href") or "").path:
            pager = _line_around(link, texts)
        if pager is not None:
            removed.update(node.mem_id for node in (pager, *pager.css("a")))
            pager.decompose()


def _may_lead_on(link: LexborNode, path: str) -> bool:
    """Whether a link may lead to another page of an article: of an unknown one, by what such links
    look like, or to nowhere, as that of the page one is on."""
    href = (link.attributes.get("href") or "").strip()
    if path and address(href).path == path:
        return True
    return not href or bool(_LEADS_ON.search(href))


class _Texts:
    """The texts of elements, each read once; with spaces between their parts."""

    def __init__(self, bounds: Bounds) -> None:
        self._bounds = bounds
        self._texts: dict[int, str] = {}
        self._characters = 0

    def of(self, node: LexborNode) -> str:
        """The text on one line. Raises BoundError for more of them than a page may have."""
        if node.mem_id not in self._texts:
            text = node.text(separator=" ")
            self._characters += len(text)
            check_text(self._characters, self._bounds)
            self._texts[node.mem_id] = line(text) or ""
        return self._texts[node.mem_id]


def _links_to(page: Page, own: Address, url: str) -> Iterator[tuple[LexborNode, str]]:
    """The links to pages of this article under other URLs, each with its URL."""
    name = own.path.rpartition("/")[2].partition(".")[0]
    for link in page.all("a[href]"):
        href = (link.attributes.get("href") or "").strip()
        if name in href or href.startswith("?"):
            target = _as_asked(absolute(href, url))
            if address(target).path == own.path and _bare(target) != _bare(url):
                yield link, target


def _number(text: str, target: str, own: Address) -> int | None:
    """Which page of the article a link with a text leads to; None for one that is no pager's.

    The number that it shows counts more than its URL: the second page may be `…_1.shtml`.
    """
    if shown := _shown_number(text):
        return shown
    number = address(target).number
    is_next = bool(_NEXT.search(text))
    if number == own.number:
        return own.number + 1 if is_next else None
    is_pagers = has_own_path(target) or number == 1 or is_next or _OTHER_WORDS.search(text)
    return number if is_pagers else None


def _shown_number(text: str) -> int | None:
    """The number that a link of a pager shows: 2 of `[2]`, `第2页` and `第二页：市场`."""
    match = _NUMBER.search(text[:_LONGEST])
    if not match or _NEXT.search(text) or _OTHER_WORDS.search(text):
        return None
    digits = match[1] or match[2]
    if not match[1] and _rest(text):  # a number among other words
        return None
    return _CHINESE.index(digits) + 1 if digits in _CHINESE else int(digits)


def _leading_away(page: Page, layout: Layout, own: Address, url: str) -> Iterator[tuple[int, str]]:
    """The links that a pager in the body has to pages behind this one on hosts that are not Sina's,
    by number."""
    body = None if layout.made else page.first(layout.body)
    texts = _Texts(page.bounds)
    for link in body.css("a[href]") if body is not None else ():
        target = absolute((link.attributes.get("href") or "").strip(), url)
        if is_sinas(target) or not target.startswith(("http:", "https:")):
            continue
        text = texts.of(link)
        number = _shown_number(text) or (own.number + 1 if _NEXT.fullmatch(text) else 0)
        if number > own.number and (pager := _pager_around(link, texts)):
            numbers = {match[0] for match in _NUMBER.finditer(texts.of(pager))}
            if len(numbers) >= _FEWEST_NUMBERS:
                yield number, target


def _pager_around(link: LexborNode, texts: _Texts) -> LexborNode | None:
    """The outermost element round a link that is nothing but a pager; None where there is none."""
    pager: LexborNode | None = None
    node: LexborNode | None = link
    if not _MAY_BE_PAGERS.search(texts.of(link)):
        return None
    for _ in range(_HIGHEST):
        if node is None or node.tag == "body" or not _is_pagers(text := texts.of(node)):
            break
        if _is_pager(text) and node.css_first("img") is None:
            pager = node
        node = node.parent
    return pager


def _line_around(link: LexborNode, texts: _Texts) -> LexborNode | None:
    """The outermost element that has no other text than a link; None where that is in a sentence.
    Of a picture's link that is the link."""
    text, alone = texts.of(link), link
    for _ in range(_HIGHEST):
        parent = alone.parent
        if not text or parent is None or parent.tag == "body" or texts.of(parent) != text:
            break
        alone = parent
    if text and alone is link and any(map(_is_text, (link.prev, link.next))):
        return None
    return alone


def _is_text(node: LexborNode | None) -> bool:
    return node is not None and node.tag == TEXT and bool((node.text_content or "").strip())


def _is_pagers(text: str) -> bool:
    """Whether a text has nothing but what a pager has."""
    return len(text) <= _LONGEST and not _rest(text)


def _is_pager(text: str) -> bool:
    """Whether a text of that kind is a pager as a whole: one without words counts from 1, as no
    row of a table does."""
    if _NEXT.search(text) or _OTHER_WORDS.search(text):
        return True
    numbers = [digits or chinese for chinese, digits in _NUMBER.findall(text)]
    count = len(numbers)
    return count >= _FEWEST_NUMBERS and numbers in (
        [str(number) for number in range(1, count + 1)],
        list(_CHINESE[:count]),
    )


def _rest(text: str) -> str:
    """What a text has beside what a pager has."""
    for pattern in (_NEXT, _OTHER_WORDS, _NUMBER, _SEPARATORS):
        text = pattern.sub(" ", text)
    return text.strip()


def _number_in_query(url: str) -> int | None:
    values = (value for name, value in parse_qsl(_split(url).query) if name in _PARAMETERS)
    return next((int(value) for value in values if _DIGITS.fullmatch(value)), None)


def _bare(url: str) -> tuple[str, int | None]:
    """What tells the URLs of an article's pages from each other."""
    return urls.canonical(url), _number_in_query(url)


def _as_asked(url: str) -> str:
    """The URL as pages are asked for, with its query, which canonical URLs have not."""
    query = _split(url).query
    return urls.canonical(url) + (f"?{query}" if query else "")


def _split(url: str) -> SplitResult:
    try:
        return urlsplit(url)
    except ValueError:  # for brackets in the host, and the like
        return SplitResult("", "", "", "", "")
