"""ArticleLoader: which processors make which field out of what a layout's rules find."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, ClassVar

from itemadapter import ItemAdapter
from itemloaders.processors import Compose, MapCompose, TakeFirst
from scrapy.loader import ItemLoader

from sinanews.extraction import processors
from sinanews.extraction.layouts.base import Page, Rule
from sinanews.items import Article
from sinanews.utils import text, times


class _Listed(str):
    """Keywords as a page lists them, with commas between; those of an item are single words."""

    __slots__ = ()


def _keywords(found: Sequence[str], loader_context: Mapping[str, Collection[str]]) -> list[str]:
    """The words of the first list that says more than the title, each once."""
    titles = loader_context.get("titles", ())
    of_item = [word for word in found if not isinstance(word, _Listed)]
    lists = (
        processors.words(_untitled(listed, titles))
        for listed in found
        if isinstance(listed, _Listed)
    )
    said = ([word for word in words if word not in titles] for words in lists)
    return list(dict.fromkeys(of_item + next(filter(None, said), [])))


def _untitled(listed: str, titles: Iterable[str]) -> str:
    """A list without the title that it begins with; a title may have commas of its own."""
    first = (title for title in titles if f"{listed},".startswith(f"{title},"))
    return listed[len(next(first, "")) :]


class ArticleLoader(ItemLoader):
    """Fills an Article. A value that its processors make None or empty is not there.

    For each field the first rule that gives a value wins; the later ones are not asked.

    A subclass can change or add processors (`title_in`, `topic_out`), name another
    `default_item_class` with at least an Article's fields, and say in `rules` where on a page of
    any family further fields stand, or what to ask for a field before the family's own rules:

        class TopicLoader(ArticleLoader):
            default_item_class = TopicArticle
            rules = {"topic": (meta("topic"), text("a.topic"))}
            topic_in = MapCompose(str.strip)
            topic_out = TakeFirst()

    While a page is read, processors have its `response` in their loader context. The body and
    what is made of it (`body_html`, `text`, `author`, `images`, `headimg`, `tickers`) is not read
    by rules.
    """

    default_item_class = Article
    rules: ClassVar[Mapping[str, Sequence[Rule]]] = {}

    title_in = summary_in = MapCompose(text.line, text.well_formed)
    source_in = MapCompose(processors.outlet, text.well_formed)
    editor_in = MapCompose(processors.editor)
    editor_code_in = MapCompose(processors.editor_code)
    published_in = updated_in = MapCompose(times.parse_datetime)
    keywords_in = MapCompose(text.line, _Listed)

    docid_out = url_out = layout_out = duplicate_of_out = revision_out = TakeFirst()
    title_out = summary_out = author_out = source_out = editor_out = editor_code_out = TakeFirst()
    published_out = updated_out = first_seen_out = TakeFirst()
    headimg_out = body_html_out = text_out = TakeFirst()
    keywords_out = Compose(_keywords)

    def load_item(self, **known: Any) -> Any:  # noqa: ANN401 - Scrapy's, and fields of many types
        """The item, of what was collected and of the fields that are known as they are.

        Raises KeyError for a field that the item's class does not have.
        """
        self.context["titles"] = self.get_collected_values("title")  # the list's and the page's
        adapter = ItemAdapter(super().load_item())
        adapter.update(known)
        return adapter.item

    def add_rules(self, fields: Sequence[str], rules: Iterable[Rule], page: Page) -> None:
        """Adds to the fields what the first of the rules finds that finds anything for one."""
        for rule in rules:
            found = list(rule.find(page))
            for field in fields if found else ():
                self.add_value(field, found)
            if any(map(self.get_collected_values, fields)):
                return
