"""What a layout is: where each field stands on the pages of one family, as data."""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

from selectolax.lexbor import LexborHTMLParser, LexborNode

from sinanews.extraction.html5 import parse
from sinanews.utils import times

# A descendant of one element: `.date-source .source`, but no list and no other combinator.
_BELOW = re.compile(r"(?P<holder>[.#]?[\w-]+) (?P<css>[^ ,~+>]+)")


class Page:
    """A parsed page: its tree, and its metas by name or property. `encoded` is its text in UTF-8,
    where that is at hand: Lexbor would encode it."""

    def __init__(self, html: str, encoded: bytes | None = None) -> None:
        self.html = html
        self.tree: LexborHTMLParser = parse(encoded or html)
        self._found: dict[str, list[LexborNode]] = {}

    @cached_property
    def metas(self) -> dict[str, str]:
        """The content of each meta by its name in small letters; of several with one the first."""
        found: dict[str, str] = {}
        for node in self.tree.css("meta"):
            attributes = node.attributes
            name = attributes.get("name") or attributes.get("property") or ""
            found.setdefault(name.lower(), attributes.get("content") or "")
        return found

    def all(self, css: str) -> list[LexborNode]:
        """The nodes that match. Layouts ask for the same ones, so each is looked for once."""
        if css not in self._found:
            self._found[css] = self._search(css)
        return self._found[css]

    def _search(self, css: str) -> list[LexborNode]:
        """A search reads the whole page, so what stands below another is looked for there only."""
        below = _BELOW.fullmatch(css)
        if not below:
            return self.tree.css(css)
        return [node for holder in self.all(below["holder"]) for node in holder.css(below["css"])]

    def first(self, css: str) -> LexborNode | None:
        """The first node that matches, None without one."""
        return next(iter(self.all(css)), None)


@dataclass(frozen=True, slots=True)
class Rule:
    """Where a value may stand: `says` in words, `find` on a page."""

    says: str
    find: Callable[[Page], Iterable[str]]

    def __str__(self) -> str:
        return self.says


def text(css: str) -> Rule:
    """The text of each node that matches, with the texts inside it."""
    return Rule(f"text of {css}", lambda page: (node.text() for node in page.all(css)))


def attribute(css: str, name: str) -> Rule:
    """An attribute of each node that matches."""

    def found(page: Page) -> Iterator[str]:
        return (node.attributes.get(name) or "" for node in page.all(css))

    return Rule(f"attribute {name} of {css}", found)


def meta(name: str) -> Rule:
    """The content of the meta of that name or property."""
    return Rule(f"meta {name}", lambda page: filter(None, [page.metas.get(name)]))


def dated(css: str) -> Rule:
    """The texts of matching nodes that show a time, whatever else they say."""
    texts = text(css)
    return Rule(
        f"text of {css} with a time", lambda page: filter(times.parse_datetime, texts.find(page))
    )


_EDITOR_LINE = re.compile(r"\s*[（(【\[]?\s*(?:责任)?编辑[：:][^，。；？！]{0,30}")


def editor_lines(css: str) -> Rule:
    """The texts of matching nodes that are an editor line and nothing else."""
    texts = text(css)
    return Rule(
        f"editor line in {css}", lambda page: filter(_EDITOR_LINE.fullmatch, texts.find(page))
    )


_EDITOR_TAIL = re.compile(r"[（(【\[](?:责任)?编辑[：:][^（()）]{0,30}[）)】\]]\s*$")


def editor_tails(css: str) -> Rule:
    """The editor's name or code in brackets, with which the text of a matching node ends."""
    texts = text(css)

    def found(page: Page) -> Iterator[str]:
        tails = map(_EDITOR_TAIL.search, texts.find(page))
        return (tail[0] for tail in tails if tail)

    return Rule(f"editor at the end of {css}", found)


@dataclass(frozen=True, slots=True)
class Layout:
    """One page family: what tells it, and for each field the rules, tried in order.

    `seen` are the first and last year in which a page of it was seen; `marks` are selectors
    that must all match, `opening` names a meta and how its content must begin; `furniture` is what
    stands in the body and is not the article's. Where the content is no element's, `made` makes
    its HTML.
    """

    name: str
    seen: tuple[int, int]
    required_selectors: tuple[str, ...]
    body: str
    fields: dict[str, tuple[Rule, ...]]
    boilerplate: tuple[str, ...] = ()
    opening: tuple[str, str] | None = None
    made: Callable[[Page], str] | None = None

    def fits(self, page: Page) -> bool:
        """Whether every mark of this layout, and its body, is on the page."""
        return next(self._lacking(page), None) is None

    def absent(self, page: Page) -> list[str]:
        """What tells this layout, its body too, and is not on the page."""
        return list(self._lacking(page))

    def _lacking(self, page: Page) -> Iterator[str]:
        if self.opening:
            name, begins = self.opening
            if not page.metas.get(name, "").startswith(begins):
                yield f'meta[name={name}][content^="{begins}"]'
        yield from (css for css in (*self.required_selectors, self.body) if page.first(css) is None)

    def content(self, page: Page) -> str:
        """The HTML of the article's content, as the page has it."""
        if self.made:
            return self.made(page)
        node = page.first(self.body)
        return "" if node is None else node.inner_html or ""


UPDATED = (meta("weibo: article:update_at"),)


def keyword_lists(below: str) -> Rule:
    """The lists of keywords: of the metas, and when those have none, or only the title, of the
    links in what matches."""

    def found(page: Page) -> Iterator[str]:
        lists = page.metas.get("tags", ""), page.metas.get("keywords", "")
        yield from filter(None, lists)
        if not any("," in listed for listed in lists):
            links = (link for node in page.all(below) for link in node.css("a"))
            yield ",".join(link.text() for link in links)

    return Rule(f"meta tags, meta keywords, links in {below}", found)


KEYWORDS = (meta("tags"), meta("keywords"))
EDITOR = (
    text("#artibody p.article-editor"),
    text("#article p.show_author"),
    text("p.article-editor, p.show_author, div.show_author"),
    editor_lines("#artibody p"),
    editor_lines("#article p"),
)
