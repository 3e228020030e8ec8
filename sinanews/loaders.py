"""ArticleLoader: which processors make which field out of what a layout's rules find."""

from collections.abc import Container, Iterable, Mapping

from itemloaders.processors import Compose, Identity, MapCompose, TakeFirst
from scrapy.loader import ItemLoader

from sinanews import processors, text, times
from sinanews.items import Article
from sinanews.layouts.base import Markup, Rule


def _keywords(found: Iterable[str], loader_context: Mapping[str, Container[str]]) -> list[str]:
    """The words of the first list that says more than the title."""
    titles = loader_context["titles"]
    lists = (processors.words(listed) for listed in found if listed not in titles)
    said = ([word for word in words if word not in titles] for words in lists)
    return next(filter(None, said), [])


class ArticleLoader(ItemLoader):
    """Fills an Article. A value that its processors make None or empty is not there.

    For each field the first rule that gives a value wins; the later ones are not asked.
    """

    default_item_class = dict
    # Named for every field: itemloaders looks through the item class for what has no name here.
    docid_in = url_in = layout_in = channels_in = first_seen_in = Identity()
    body_html_in = headimg_in = text_in = tickers_in = images_in = Identity()
    title_in = MapCompose(text.line, text.well_formed)
    summary_in = MapCompose(text.line, text.well_formed)
    author_in = MapCompose(text.line)
    source_in = MapCompose(processors.outlet, text.well_formed)
    editor_in = MapCompose(processors.editor)
    editor_code_in = MapCompose(processors.editor_code)
    published_in = MapCompose(times.shown)
    updated_in = MapCompose(times.shown)

    keywords_in = MapCompose(text.line)

    docid_out = url_out = layout_out = first_seen_out = body_html_out = headimg_out = TakeFirst()
    title_out = summary_out = author_out = source_out = editor_out = editor_code_out = TakeFirst()
    published_out = updated_out = text_out = TakeFirst()
    channels_out = tickers_out = images_out = Identity()
    keywords_out = Compose(_keywords)

    def load_item(self) -> Article:
        """The article of what was collected."""
        return Article(**super().load_item())

    def add_rules(self, field: str, rules: Iterable[Rule], page: Markup) -> None:
        """Adds to a field what the first of the rules finds that finds anything."""
        for rule in rules:
            self.add_value(field, list(rule.find(page)))
            if self.get_collected_values(field):
                return
