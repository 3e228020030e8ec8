"""Layouts as data: how to recognise the pages of a family, and where each field is on them."""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property

from selectolax.lexbor import LexborHTMLParser, LexborNode

from sinanews.config import Bounds
from sinanews.extraction import bounds as page_bounds
from sinanews.extraction.html5 import parse, parsed_body
from sinanews.extraction.notes import Notes
from sinanews.utils import times

# Metas that tell when a page was published: by a time, or by an address with the day.
_PUBLISHED_METAS = ("article:published_time", "weibo: article:create_at", "og:url")
_SHOWN = "img, video, audio, iframe, embed, object"  # content that is no text
# `.date-source .source`: any one selector, a space, and a compound one; no list.
_DESCENDANT = re.compile(
    r"(?P<ancestor>[^,\"'\[(\\|]*[^\s,~+>\"'\[(\\|]) (?P<descendant>[^\s,~+>\\|]+)"
)
_EDITOR_LINE = re.compile(r"\s*+[（(【\[]?+\s*+(?:责任)?编辑[：:][^，。；？！]{0,30}")
_EDITOR_TAIL = re.compile(r"[（(【\[](?:责任)?编辑[：:][^（()）]{0,30}[）)】\]]\s*$")


class Page:
    """A parsed page: its HTML as text, its tree, and its metas.

    `encoded` is the same HTML in UTF-8, if available; it saves encoding the text. `url` is where
    the page was read from; empty if that is unknown. Raises BoundError for a page that is larger
    than the bounds.
    """

    def __init__(
        self, html: str, encoded: bytes | None = None, bounds: Bounds = page_bounds.DEFAULT
    ) -> None:
        self.html = html
        self.bounds = bounds
        self.notes = Notes()
        self.url = ""
        self.is_whole = True  # all its bytes could be read
        page_bounds.check_text(len(html), bounds)
        encoded = encoded or html.encode(errors="replace")
        page_bounds.check(encoded, bounds)
        self.tree: LexborHTMLParser = parse(encoded)
        self._matches: dict[str, list[LexborNode]] = {}
        self._characters = 0  # of texts that were read

    def text(self, node: LexborNode) -> str:
        """The text of a node, descendants included.

        Raises BoundError once all that was read is more than a page may have: nodes that lie in
        each other have the same text many times over.
        """
        text = node.text()
        self._characters += len(text)
        page_bounds.check_text(self._characters, self.bounds)
        return text

    @cached_property
    def metas(self) -> dict[str, str]:
        """The content of each meta by its name or property in lower case; the first of several."""
        metas: dict[str, str] = {}
        for node in self.tree.tags("meta"):
            attributes = node.attributes
            name = attributes.get("name") or attributes.get("property") or ""
            metas.setdefault(name.lower(), attributes.get("content") or "")
        return metas

    def all(self, css: str) -> list[LexborNode]:
        """All elements that match a selector.

        Results are cached, since layouts share selectors and every search walks the whole tree.
        For the same reason `#artibody p` is a search for p in what `#artibody` matches, if that is
        one element: several may lie in each other.
        """
        if css not in self._matches:
            match = _DESCENDANT.fullmatch(css)
            ancestors = self.all(match["ancestor"]) if match else []
            if match and len(ancestors) <= 1:
                nodes = [
                    node
                    for ancestor in ancestors
                    for node in ancestor.css(match["descendant"])
                    if node.mem_id != ancestor.mem_id  # which is among what may match
                ]
            else:
                nodes = self.tree.css(css)
            self._matches[css] = nodes
        return self._matches[css]

    def first(self, css: str) -> LexborNode | None:
        """The first element that matches a selector; None without one."""
        return next(iter(self.all(css)), None)


@dataclass(frozen=True, slots=True)
class Rule:
    """One place of a field: `find` returns its raw values on a page, in order.

    `description` names the place in error messages and in docs/layouts.md.
    """

    description: str
    find: Callable[[Page], Iterable[str]]

    def __str__(self) -> str:
        return self.description


def text(css: str) -> Rule:
    """The text of each matching element, descendants included."""
    return Rule(f"text of {css}", lambda page: map(page.text, page.all(css)))


def attribute(css: str, name: str) -> Rule:
    """An attribute of each matching element; empty where it is missing."""

    def find(page: Page) -> Iterator[str]:
        return (node.attributes.get(name) or "" for node in page.all(css))

    return Rule(f"attribute {name} of {css}", find)


def meta(name: str) -> Rule:
    """The content of the meta with a name or property, given in lower case."""
    return Rule(f"meta {name}", lambda page: filter(None, [page.metas.get(name)]))


def dated(texts: Rule) -> Rule:
    """Those of another rule's values that contain a date and time."""
    return Rule(f"{texts} with a time", lambda page: filter(times.parse_datetime, texts.find(page)))


def shown_time(css: str) -> Rule:
    """The time that a matching element shows, to the minute as on all other pages.

    Where none shows a year, that of the first is the one nearest to the day on which the page was
    published.
    """
    texts = text(css)

    def find(page: Page) -> Iterator[str]:
        shown = list(filter(str.strip, texts.find(page)))
        moments = filter(None, map(times.parse_datetime, shown))
        moment = next(moments, None) or (_with_year(shown[0], page) if shown else None)
        if moment:
            yield moment.replace(second=0).isoformat()

    return Rule(f"time in {css}", find)


def _with_year(shown: str, page: Page) -> datetime | None:
    """The time in a text that shows no year; None when the page does not say which it is.

    The metas and the address of the page are about the article. A script may have any dates, so
    that one counts only if it is the day shown, or the one before or after it.
    """
    for value in (*map(page.metas.get, _PUBLISHED_METAS), page.url):
        if published := next(times.days(value or ""), None):
            return times.parse_without_year(shown, published)
    for script in page.all("script"):
        for day in times.days(page.text(script)):
            moment = times.parse_without_year(shown, day)
            if moment and abs(moment.date() - day) <= timedelta(days=1):
                return moment
    return None


def joined(texts: Rule) -> Rule:
    """All of another rule's values, as one comma-separated list."""
    return Rule(f"{texts} as a list", lambda page: filter(None, [",".join(texts.find(page))]))


def editor_lines(css: str) -> Rule:
    """The text of each matching element that is an editor line as a whole."""
    texts = text(css)
    return Rule(
        f"editor line in {css}", lambda page: filter(_EDITOR_LINE.fullmatch, texts.find(page))
    )


def editor_tails(css: str) -> Rule:
    """The editor in brackets at the end of a matching element's text: `（编辑：SN067）`."""
    texts = text(css)

    def find(page: Page) -> Iterator[str]:
        tails = map(_EDITOR_TAIL.search, texts.find(page))
        return (tail[0] for tail in tails if tail)

    return Rule(f"editor at the end of {css}", find)


def keyword_lists(links: str) -> Rule:
    """The comma-separated keywords of the metas `tags` and `keywords`.

    When neither has more than one entry, which may be the title, also the links in the elements
    that match `links`.
    """

    def find(page: Page) -> Iterator[str]:
        lists = page.metas.get("tags", ""), page.metas.get("keywords", "")
        yield from filter(None, lists)
        if not any("," in keywords for keywords in lists):
            yield ",".join(map(page.text, page.all(f"{links} a")))

    return Rule(f"meta tags, meta keywords, links in {links}", find)


# Rules that several layouts share.
UPDATED = (meta("weibo: article:update_at"),)
KEYWORDS = (meta("tags"), meta("keywords"))
EDITOR = (
    text("#artibody p.article-editor"),
    text("#article p.show_author"),
    text("p.article-editor, p.show_author, div.show_author"),
    editor_lines("#artibody p"),
    editor_lines("#article p"),
)


@dataclass(frozen=True, slots=True)
class Layout:
    """One family of pages.

    - `name`: the value of `Article.layout`.
    - `seen`: the first and last year of the pages with this layout that were examined.
    - `required_selectors`: selectors that must all match a page with this layout.
    - `body`: the selector of the element with the article's body; it must match, too.
    - `fields`: the rules of each field, in the order in which they are tried.
    - `beside`: selectors of what stands in that element and is none of the body, such as the
      headline.
    - `boilerplate`: selectors of elements in the body that are not the article's, beside those of
      `sinanews.extraction.boilerplate`.
    - `required_meta`: the name of a meta, and what its content must begin with.
    - `made`: returns the HTML of the body, for pages that have its content in scripts or metas.
    - `is_mobile`: whether its pages are for phones, and may name the same article's page for PCs.
    """

    name: str
    seen: tuple[int, int]
    required_selectors: tuple[str, ...]
    body: str
    fields: dict[str, tuple[Rule, ...]]
    beside: tuple[str, ...] = ()
    boilerplate: tuple[str, ...] = ()
    required_meta: tuple[str, str] | None = None
    made: Callable[[Page], str] | None = None
    is_mobile: bool = False

    def fits(self, page: Page) -> bool:
        """Whether the page has everything that this layout requires."""
        return next(self._absent(page), None) is None

    def absent(self, page: Page) -> list[str]:
        """The selectors that this layout requires and that do not match."""
        return list(self._absent(page))

    def _absent(self, page: Page) -> Iterator[str]:
        if self.required_meta:
            name, prefix = self.required_meta
            if not page.metas.get(name, "").startswith(prefix):
                yield f'meta[name={name}][content^="{prefix}"]'
        for css in (*self.required_selectors, self.body):
            if page.first(css) is None:
                yield css

    def content(self, page: Page) -> str:
        """The HTML of the article's body, as the page has it; empty without a body."""
        if self.made:
            return self.made(page)
        node = page.first(self.body)
        html = "" if node is None else node.inner_html or ""
        return _without(html, self.beside) if self.beside else html


def _without(html: str, selectors: Iterable[str]) -> str:
    """The HTML of a body without the elements that match; empty when no content is left in it.

    The page's own tree stays as it is.
    """
    body = parsed_body(html)
    for node in body.css(", ".join(selectors)):
        node.decompose()
    has_content = body.text().strip() or body.css_first(_SHOWN)
    return body.inner_html or "" if has_content else ""
