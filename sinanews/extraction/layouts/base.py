"""Layouts as data: how to recognise the pages of a family, and where each field is on them."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

from selectolax.lexbor import LexborHTMLParser, LexborNode

from sinanews.config import Bounds
from sinanews.extraction import bounds as page_bounds
from sinanews.extraction.html5 import parse
from sinanews.utils import times

# `.date-source .source`: a simple selector, a space, and a compound one; no list, no combinators.
_DESCENDANT = re.compile(r"(?P<ancestor>[.#]?[\w-]+) (?P<descendant>[^ ,~+>]+)")
_EDITOR_LINE = re.compile(r"\s*+[（(【\[]?+\s*+(?:责任)?编辑[：:][^，。；？！]{0,30}")
_EDITOR_TAIL = re.compile(r"[（(【\[](?:责任)?编辑[：:][^（()）]{0,30}[）)】\]]\s*$")


class Page:
    """A parsed page: its HTML as text, its tree, and its metas.

    `encoded` is the same HTML in UTF-8, if available; it saves encoding the text. `removed` counts,
    by kind, what was taken out of the body because it would act in a browser; `doubtful`, what was
    read otherwise than it says or not at all. Raises BoundError for a page that is larger than the
    bounds.
    """

    def __init__(
        self, html: str, encoded: bytes | None = None, bounds: Bounds = page_bounds.DEFAULT
    ) -> None:
        self.html = html
        self.bounds = bounds
        self.removed: Counter[str] = Counter()
        self.doubtful: Counter[str] = Counter()
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
        for node in self.tree.css("meta"):
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
                nodes = ancestors[0].css(match["descendant"]) if ancestors else []
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
    - `boilerplate`: selectors of elements in the body that are not the article's, beside those of
      `sinanews.extraction.boilerplate`.
    - `required_meta`: the name of a meta, and what its content must begin with.
    - `made`: returns the HTML of the body, for pages that have its content in scripts or metas.
    """

    name: str
    seen: tuple[int, int]
    required_selectors: tuple[str, ...]
    body: str
    fields: dict[str, tuple[Rule, ...]]
    boilerplate: tuple[str, ...] = ()
    required_meta: tuple[str, str] | None = None
    made: Callable[[Page], str] | None = None

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
        return "" if node is None else node.inner_html or ""
