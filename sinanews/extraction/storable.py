"""What of a page's values may be stored: no control characters, and no addresses of persons."""

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import Any

from itemadapter import ItemAdapter

from sinanews.items import FIELDS, Article, Image
from sinanews.utils.text import plain_line, plain_text, without_mail, without_sinas_mail

_PLACES = frozenset(("docid", "url", "duplicate_of", "layout"))  # which name a page, and no person
# What names persons and outlets names them; where to write to them is not theirs to be stored.
_NAMES = frozenset(("author", "source", "editor", "editor_code", "keywords"))


def make_storable(article: object) -> None:
    """Makes the values of an article, an item of any type with an Article's fields, `storable`."""
    if isinstance(article, Article):  # for which an adapter takes longer than all the rest
        for name in FIELDS:
            if value := getattr(article, name):
                setattr(article, name, storable(name, value))
        return
    adapter = ItemAdapter(article)
    for name in FIELDS:
        if value := adapter.get(name):
            adapter[name] = storable(name, value)


def storable(name: str, value: Any) -> Any:  # noqa: ANN401 - the value of any field
    """The value of an article's field without control characters and line breaks, and without
    e-mail addresses: in names, keywords and captions without any, elsewhere without those at Sina.
    `text` keeps its line feeds and tabs; `body_html` is markup, and its writer's business.

    >>> storable("author", "张三\\x1b zhang@example.com"), storable("text", "a\\nli@vip.sina.com")
    ('张三 …', 'a\\n…')
    """
    if name in _PLACES:
        return value
    return _mapped(_cleaner(name), value)


@cache  # of the names of fields there are few
def _cleaner(name: str) -> Callable[[str], str]:
    if name == "body_html":
        return without_sinas_mail
    if name == "text":
        return lambda text: without_sinas_mail(plain_text(text))
    without = without_mail if name in _NAMES else without_sinas_mail
    return lambda text: without(plain_line(text))


def _mapped(clean: Callable[[str], str], value: Any) -> Any:  # noqa: ANN401 - as above
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, Image):
        return replace(value, url=clean(value.url), caption=without_mail(plain_line(value.caption)))
    if isinstance(value, list):
        return [_mapped(clean, entry) for entry in value]
    return value
