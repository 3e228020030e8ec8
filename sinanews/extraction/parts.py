"""An article over several pages: what is known of them while they are read, and the whole."""

from collections.abc import Callable, Iterable, Mapping
from copy import copy
from dataclasses import dataclass, field
from typing import Any, Self

from itemadapter import ItemAdapter

from sinanews.config import Bounds
from sinanews.exceptions import BoundError, PartError
from sinanews.extraction.bounds import check, check_text
from sinanews.extraction.pager import address, first_page, has_own_path

_FROM_ANY = ("author", "headimg")  # of the first page that has it
_EDITOR = ("editor", "editor_code")  # of one line


@dataclass(frozen=True, slots=True)
class Parts:
    """The pages of one article: their URLs as far as they are known, and the articles of those that
    were read, each by its number from 1."""

    urls: Mapping[int, str] = field(default_factory=dict)
    read: Mapping[int, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, url: str, article: Any, others: Mapping[int, str]) -> Self:  # noqa: ANN401 - an item of any kind
        """With the page that came first, whichever it is, and the `others` to which it leads.

        Raises PartError.
        """
        number = address(url).number
        parts = cls({number: url}, {number: article})
        return parts.knowing({1: others.get(1, first_page(url))} | dict(others))

    def with_next(self, url: str, article: Any, others: Mapping[int, str]) -> Self:  # noqa: ANN401 - as above
        """With the page that was to be read next, which came from a URL.

        Raises PartError when that is another page, by its path or its body. The same body under
        another query only says that the site does not look at it.
        """
        number = self.next_number
        assert number is not None, "a page was asked for"
        if address(url) != address(self.urls[number]):
            raise PartError(number, "another page came in its place")
        if has_own_path(url) and _body(article) in map(_body, self.read.values()):
            raise PartError(number, "it has the same body as an earlier one")
        return type(self)(self.urls, {**self.read, number: article}).knowing(others)

    def knowing(self, others: Mapping[int, str]) -> Self:
        """With the URLs of other pages. Raises PartError for two of one number."""
        known = dict(self.urls)
        for number, url in others.items():
            if address(known.setdefault(number, url)) != address(url):
                raise PartError(number, "pagers lead to two pages of this number")
        return type(self)(known, self.read)

    def require(self, most_pages: int, bounds: Bounds) -> None:
        """Raises BoundError for more pages, or a longer body, than an article may have."""
        if len(self.urls) > most_pages or max(self.urls) > most_pages:
            raise BoundError("ARTICLE_PAGES", most_pages, "pages")
        check_text(sum(map(len, map(_body, self.read.values()))), bounds)

    @property
    def next_number(self) -> int | None:
        """The number of the page that is to be read next; None when all are read that are known."""
        return min(self.urls.keys() - self.read.keys(), default=None)

    def join(self, bounds: Bounds) -> Any:  # noqa: ANN401 - as above
        """The article as one: the first page's, with the bodies, texts, pictures and stocks of all,
        and the editor of the last where the first names none.

        Raises PartError for a page that no pager names, though there is one behind it; BoundError
        for a body that is larger than that of one page may be.
        """
        missing = set(range(1, max(self.read) + 1)) - self.read.keys()
        if missing:
            raise PartError(min(missing), "no pager leads to it")
        articles = _first_of_each((self.read[number] for number in sorted(self.read)), _body)
        pages = [ItemAdapter(article) for article in articles]
        whole = ItemAdapter(copy(pages[0].item))
        whole["body_html"] = "\n".join(page["body_html"] for page in pages)
        check(whole["body_html"].encode(), bounds)
        whole["text"] = "\n".join(page["text"] for page in pages if page["text"])
        images = (image for page in pages for image in page["images"])
        whole["images"] = _first_of_each(images, lambda image: ItemAdapter(image)["url"])
        whole["tickers"] = list(dict.fromkeys(code for page in pages for code in page["tickers"]))
        for name in _FROM_ANY:
            whole[name] = next((page[name] for page in pages if page[name]), None)
        if not any(whole[name] for name in _EDITOR):
            for name in _EDITOR:
                whole[name] = pages[-1][name]
        return whole.item


def _first_of_each(things: Iterable[Any], key: Callable[[Any], str]) -> list[Any]:
    first: dict[str, Any] = {}
    for thing in things:
        first.setdefault(key(thing), thing)
    return list(first.values())


def _body(article: Any) -> str:  # noqa: ANN401 - an item of any kind
    return ItemAdapter(article).get("body_html") or ""
