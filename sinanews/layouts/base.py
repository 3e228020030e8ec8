"""What a layout is: where each field stands on the pages of one family, as data."""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

from selectolax.lexbor import LexborHTMLParser, LexborNode

from sinanews.html5 import parse


class Markup:
    """A parsed page: its tree, and its metas by name or property."""

    def __init__(self, html: str) -> None:
        self.html = html
        self.tree: LexborHTMLParser = parse(html)
        self._found: dict[str, list[LexborNode]] = {}

    @cached_property
    def metas(self) -> dict[str, str]:
        """The content of each meta; of several with one name the first."""
        found: dict[str, str] = {}
        for node in self.tree.css("meta"):
            attributes = node.attributes
            name = attributes.get("name") or attributes.get("property")
            found.setdefault(name or "", attributes.get("content") or "")
        return found

    def all(self, css: str) -> list[LexborNode]:
        """The nodes that match. Layouts ask for the same ones, so each is looked for once."""
        if css not in self._found:
            self._found[css] = self.tree.css(css)
        return self._found[css]

    def first(self, css: str) -> LexborNode | None:
        """The first node that matches, None without one."""
        return next(iter(self.all(css)), None)


@dataclass(frozen=True, slots=True)
class Rule:
    """Where a value may stand: `says` in words, `find` on a page."""

    says: str
    find: Callable[[Markup], Iterable[str]]

    def __str__(self) -> str:
        return self.says


def text(css: str) -> Rule:
    """The text of each node that matches, with the texts inside it."""
    return Rule(f"text of {css}", lambda page: (node.text() for node in page.all(css)))


def attribute(css: str, name: str) -> Rule:
    """An attribute of each node that matches."""

    def found(page: Markup) -> Iterator[str]:
        return (node.attributes.get(name) or "" for node in page.all(css))

    return Rule(f"attribute {name} of {css}", found)


def meta(name: str) -> Rule:
    """The content of the meta of that name or property."""
    return Rule(f"meta {name}", lambda page: filter(None, [page.metas.get(name)]))


_EDITOR_LINE = re.compile(r"\s*[（(【\[]?(?:责任)?编辑[：:]\s*\S{0,12}\s*\w{0,8}\s*[）)】\]]?\s*")


def editor_lines(css: str) -> Rule:
    """The texts of matching nodes that are an editor line and nothing else."""
    texts = text(css)
    return Rule(
        f"editor line in {css}", lambda page: filter(_EDITOR_LINE.fullmatch, texts.find(page))
    )


@dataclass(frozen=True, slots=True)
class Layout:
    """One page family: what tells it, and for each field the rules, tried in order.

    `seen` are the first and last year in which a page of it was seen; `marks` are selectors
    that must all match; `furniture` is what stands in the body and is not the article's. Where
    the content is no element's, `made` makes its HTML.
    """

    name: str
    seen: tuple[int, int]
    marks: tuple[str, ...]
    body: str
    fields: dict[str, tuple[Rule, ...]]
    furniture: tuple[str, ...] = ()
    made: Callable[[Markup], str] | None = None

    def fits(self, page: Markup) -> bool:
        """Whether every mark of this layout, and its body, is on the page."""
        return not self.absent(page)

    def absent(self, page: Markup) -> list[str]:
        """The selectors of marks, and of the body, that nothing on the page matches."""
        return [css for css in (*self.marks, self.body) if page.first(css) is None]

    def content(self, page: Markup) -> str:
        """The HTML of the article's content, as the page has it."""
        if self.made:
            return self.made(page)
        node = page.first(self.body)
        return "" if node is None else node.inner_html or ""


UPDATED = (meta("weibo: article:update_at"),)
KEYWORDS = (meta("tags"), meta("keywords"))
EDITOR = (
    text("p.article-editor, p.show_author, div.show_author"),
    editor_lines("#artibody p, #article p"),
)
