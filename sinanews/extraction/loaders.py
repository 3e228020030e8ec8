"""ArticleLoader: an item loader whose processors make an Article's fields of a page's values."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, ClassVar

from itemloaders.processors import Compose, MapCompose, TakeFirst
from scrapy.loader import ItemLoader

from sinanews.extraction import processors
from sinanews.extraction.layouts.base import Page, Rule
from sinanews.items import Article, set_field
from sinanews.utils import text, times


class _KeywordList(str):
    """Comma-separated keywords of a page. Those of an item that is loaded again are plain str,
    one keyword each, since they do not pass the input processor."""

    __slots__ = ()


def _keywords(values: Sequence[str], loader_context: Mapping[str, Collection[str]]) -> list[str]:
    """The item's own keywords, then those of the first list with any beside the title; no
    duplicates.

    `titles` in the loader context are the article's titles, in the roll list and on the page.
    """
    titles = loader_context.get("titles", ())
    keywords = [value for value in values if not isinstance(value, _KeywordList)]
    for value in values:
        if isinstance(value, _KeywordList):
            # A list that begins with the title is cut before it is split: a title may have commas.
            title = next((title for title in titles if f"{value},".startswith(f"{title},")), "")
            words = processors.words(value.removeprefix(title))
            if new := [word for word in words if word not in titles]:
                keywords += new
                break
    return list(dict.fromkeys(keywords))


class ArticleLoader(ItemLoader):
    """Fills an Article. A value that a processor turns into None or an empty list is dropped.

    A subclass can change or add processors, set another `default_item_class` with at least an
    Article's fields, and add `rules`: where pages of any layout have further fields, or what to
    try for a field before the layout's own rules.

        class TopicLoader(ArticleLoader):
            default_item_class = TopicArticle
            rules = {"topic": (meta("topic"), text("a.topic"))}
            topic_in = MapCompose(str.strip)
            topic_out = TakeFirst()

    The rules of a field are tried in order until one gives a value. The body and the fields made
    of it (`body_html`, `text`, `author`, `images`, `headimg`, `tickers`) have no rules.

    While a page is read, the loader context has its `response`.
    """

    default_item_class = Article
    rules: ClassVar[Mapping[str, Sequence[Rule]]] = {}

    title_in = summary_in = MapCompose(text.line, text.well_formed)
    source_in = MapCompose(processors.outlet, text.well_formed)
    editor_in = MapCompose(processors.editor)
    editor_code_in = MapCompose(processors.editor_code)
    published_in = updated_in = MapCompose(times.parse_datetime)
    keywords_in = MapCompose(text.line, _KeywordList)

    docid_out = url_out = layout_out = duplicate_of_out = revision_out = TakeFirst()
    title_out = summary_out = author_out = source_out = editor_out = editor_code_out = TakeFirst()
    published_out = updated_out = first_seen_out = seen_out = TakeFirst()
    headimg_out = body_html_out = text_out = TakeFirst()
    keywords_out = Compose(_keywords)

    def load_item(self, **fields: Any) -> Any:  # noqa: ANN401 - as in Scrapy: items and values of any type
        """Returns the item: the collected values processed, then `fields` set without processing.

        Raises KeyError for a field that the item's class does not have.
        """
        self.context["titles"] = self.get_collected_values("title")  # the roll list's, the page's
        item = super().load_item()
        for name, value in fields.items():
            set_field(item, name, value)
        return item

    def add_rules(self, fields: Sequence[str], rules: Iterable[Rule], page: Page) -> None:
        """Adds the values of the rules to each of the fields, until one of them has a value.

        The first rule is tried even for a field that has one already. Of a field that takes the
        first value, no more of a rule are looked at.
        """
        takes_first = all(
            isinstance(getattr(self, f"{name}_out", None), TakeFirst) for name in fields
        )
        before = self._count_values(fields)
        for rule in rules:
            found = rule.find(page)
            additions = found if takes_first else filter(None, [list(found)])
            for values in additions:
                for field in fields:
                    self.add_value(field, values)
                if self._count_values(fields) > before:
                    return
            if before:
                return

    def _count_values(self, fields: Sequence[str]) -> int:
        return sum(len(self.get_collected_values(field)) for field in fields)
