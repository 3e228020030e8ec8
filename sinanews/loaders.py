"""ArticleLoader: which processors make which field out of what a layout's rules find."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any

from itemloaders.processors import Compose, MapCompose, TakeFirst
from scrapy.loader import ItemLoader

from sinanews import processors, text, times
from sinanews.items import Article
from sinanews.layouts.base import Markup, Rule


def _keywords(found: Iterable[str], loader_context: Mapping[str, Collection[str]]) -> list[str]:
    """The words of the first list that says more than the title, each once."""
    titles = loader_context["titles"]
    lists = (processors.words(_untitled(listed, titles)) for listed in found)
    said = ([word for word in words if word not in titles] for words in lists)
    return list(dict.fromkeys(next(filter(None, said), [])))


def _untitled(listed: str, titles: Iterable[str]) -> str:
    """A list without the title that it begins with; a title may have commas of its own."""
    first = (title for title in titles if f"{listed},".startswith(f"{title},"))
    return listed[len(next(first, "")) :]


class ArticleLoader(ItemLoader):
    """Fills an Article. A value that its processors make None or empty is not there.

    For each field the first rule that gives a value wins; the later ones are not asked.
    """

    default_item_class = dict
    title_in = summary_in = MapCompose(text.line, text.well_formed)
    source_in = MapCompose(processors.outlet, text.well_formed)
    editor_in = MapCompose(processors.editor)
    editor_code_in = MapCompose(processors.editor_code)
    published_in = updated_in = MapCompose(times.shown)
    keywords_in = MapCompose(text.line)

    title_out = summary_out = source_out = editor_out = editor_code_out = TakeFirst()
    published_out = updated_out = TakeFirst()
    keywords_out = Compose(_keywords)

    def get_input_processor(self, field_name: str) -> Callable[..., Any]:
        """The field's own: itemloaders would look through class and item for each value."""
        return _PROCESSORS[f"{field_name}_in"]

    def get_output_processor(self, field_name: str) -> Callable[..., Any]:
        """The field's own, as above."""
        return _PROCESSORS[f"{field_name}_out"]

    def load_item(self, **known: Any) -> Article:  # noqa: ANN401 - fields of many types
        """The article of what was collected, and of the fields that are known as they are."""
        return Article(**super().load_item() | known)

    def add_rules(self, fields: Sequence[str], rules: Iterable[Rule], page: Markup) -> None:
        """Adds to the fields what the first of the rules finds that finds anything for one."""
        for rule in rules:
            found = list(rule.find(page))
            for field in fields if found else ():
                self.add_value(field, found)
            if any(map(self.get_collected_values, fields)):
                return


_PROCESSORS: dict[str, Callable[..., Any]] = {
    name: value for name, value in vars(ArticleLoader).items() if name.endswith(("_in", "_out"))
}
