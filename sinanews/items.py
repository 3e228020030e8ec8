"""The vocabulary: what a harvest yields. `docs/fields.md` gives each field's meaning.

An article may be an Article, a subclass of it, or any other item that itemadapter knows and that
has its fields: `is_article`, `to_article`, `article_line` and `missing_fields` take them all.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, fields
from datetime import date, datetime, time
from enum import StrEnum
from functools import cache, partial
from types import NoneType
from typing import Any, Self

from itemadapter import ItemAdapter, is_item


class State(StrEnum):
    """What became of a listed story; `LISTED` is the only one that still waits."""

    LISTED = "listed"
    WRITTEN = "written"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    FILTERED = "filtered"
    GONE = "gone"
    FAILED = "failed"


# What a story may come to in a run.
STATES = tuple(state for state in State if state is not State.LISTED)


_Serializer = Callable[[Any], Any]


def _says(
    description: str, serializer: _Serializer | None = None, **json_schema: object
) -> dict[str, Any]:
    """A field's metadata: what it is and what more its JSON Schema has, as itemadapter reads them,
    and how Scrapy's exporters, and `article_line`, write it."""
    metadata: dict[str, Any] = {"json_schema_extra": {"description": description, **json_schema}}
    return metadata | ({"serializer": serializer} if serializer else {})


@dataclass(slots=True)
class Image:
    """A picture of the article: absolute https URL, its caption, empty when it has none, and where
    its file is, None when it is not kept."""

    url: str = field(metadata=_says("its address: absolute, https"))
    caption: str = field(default="", metadata=_says("its caption; empty when it has none"))
    path: str | None = field(
        default=None,
        kw_only=True,  # or the fields of subclasses would move
        metadata=_says("its file below the output folder; only there when it is kept"),
    )


def isoformat(moment: datetime | None) -> str | None:
    """ISO 8601 with offset, or None.

    >>> from sinanews.utils.times import at
    >>> isoformat(at(1659927313))
    '2022-08-08T10:55:13+08:00'
    """
    return moment.isoformat() if moment else None


class Pictures(list[dict[str, Any]]):
    """The images as objects of `url` and `caption`, and of `path` where the picture is kept. Where
    all is text, as in CSV, it is JSON.

    >>> print(Pictures([{"url": "https://n.sinaimg.cn/a.png", "caption": "图"}]))
    [{"url": "https://n.sinaimg.cn/a.png", "caption": "图"}]
    """

    def __str__(self) -> str:
        return json.dumps(self, ensure_ascii=False)


def pictures(images: Iterable[object]) -> Pictures:
    """The images as every exporter can write them.

    >>> pictures([Image("https://n.sinaimg.cn/a.png")])
    [{'url': 'https://n.sinaimg.cn/a.png', 'caption': ''}]
    """
    return Pictures(
        {"url": image.url, "caption": image.caption}
        if type(image) is Image and image.path is None
        else _plain(image)
        for image in images
    )


def _time(description: str) -> dict[str, Any]:
    """The metadata of a field for a time, which in JSON is text."""
    either = [{"type": "string", "format": "date-time"}, {"type": "null"}]
    return _says(description, isoformat, anyOf=either)


@dataclass(slots=True)
class Article:
    """One article of one page, as `docs/fields.md` defines it.

    Times are aware; what the page does not say is None or an empty list. Read alone, a page
    knows neither `first_seen` nor `channels`: they come from the list that named it. `seen` is set
    once the ledger has recorded the article.

    A subclass, a dataclass too, may add fields; like these they need a default, so that an
    ItemLoader can begin with an empty one.
    """

    docid: str = field(default="", metadata=_says("the article's identity"))
    url: str = field(default="", metadata=_says("its address: https, without query and fragment"))
    channels: list[str] = field(
        default_factory=list, metadata=_says("the channels whose lists have it")
    )
    title: str = field(default="", metadata=_says("its headline, on one line"))
    summary: str | None = field(default=None, metadata=_says("the list's teaser"))
    author: str | None = field(
        default=None, metadata=_says("the reporters whom the text names as its authors")
    )
    source: str | None = field(default=None, metadata=_says("the outlet it was taken from"))
    editor: str | None = field(default=None, metadata=_says("Sina's editor"))
    editor_code: str | None = field(
        default=None, metadata=_says("the editor's staff code, such as `SF099`")
    )
    published: datetime | None = field(default=None, metadata=_time("the time the page shows"))
    updated: datetime | None = field(
        default=None, metadata=_time("its last change, where one is known")
    )
    first_seen: datetime | None = field(default=None, metadata=_time("when it entered Sina's list"))
    seen: datetime | None = field(default=None, metadata=_time("when this revision was read"))
    revision: int = field(
        default=1, metadata=_says("1, and one more for each change that was read")
    )
    keywords: list[str] = field(
        default_factory=list, metadata=_says("the page's keywords without its title")
    )
    tickers: list[str] = field(
        default_factory=list, metadata=_says("the stocks that Sina marked in it")
    )
    images: list[Image] = field(
        default_factory=list,
        metadata=_says("its own pictures: `url`, `caption`, and `path` if kept", pictures),
    )
    headimg: str | None = field(
        default=None, metadata=_says("the body's first picture, whatever it is")
    )
    body_html: str = field(default="", metadata=_says("the body as the reference corpus has it"))
    text: str = field(default="", metadata=_says("the article's words, a line a paragraph"))
    duplicate_of: str | None = field(
        default=None, metadata=_says("the first article here that has the same text")
    )
    layout: str | None = field(
        default=None, metadata=_says("the family of the page, such as `F2017`")
    )

    def missing(self) -> list[str]:
        """The names of required fields that are empty: title, a time, body_html."""
        return missing_fields(self)

    def to_json(self) -> dict[str, Any]:
        """The article as the JSON line has it: times as ISO 8601 with offset."""
        return article_line(self)

    @classmethod
    def from_json(cls, line: Mapping[str, Any]) -> Self:
        """The article of a JSON line. What the line lacks has its default; keys that are no field
        of this class are ignored, and fields that only a subclass has are as JSON has them.

        Raises ValueError for a time that is not ISO 8601.
        """
        names = (column.name for column in fields(cls))
        return cls(**_parsed({name: line[name] for name in names if name in line}))


FIELDS = tuple(ItemAdapter.get_field_names_from_class(Article) or ())
TIMES = ("published", "updated", "first_seen", "seen")


@dataclass(slots=True)
class Rejection:
    """A story that gave no article: why, and the page's bytes where there was a page.

    `content_type` is the page's header, which may say how its bytes are text. `missing` are the
    required fields that no layout found, `tried` the layouts looked at, each with what it looked
    for in vain.

    `state` is FAILED for what may succeed another time, GONE for what Sina has taken down.
    """

    docid: str
    url: str
    state: State
    reason: str
    page: bytes = b""
    content_type: str = ""
    missing: list[str] = field(default_factory=list)
    tried: dict[str, list[str]] = field(default_factory=dict)


# What a spider makes of a listed story.
Item = Article | Rejection


def is_article(item: object) -> bool:
    """Whether an item is an article: an Article, or an item of any type that itemadapter knows
    with at least the fields docid, url and body_html. A Rejection is none.

    >>> is_article({"docid": "n1", "url": "https://finance.sina.com.cn/a", "body_html": ""})
    True
    >>> is_article({"docid": "n1"}), is_article(Article), is_article(None)
    (False, False, False)
    """
    if isinstance(item, Article):
        return True
    if isinstance(item, Rejection) or not is_item(item):
        return False
    return ItemAdapter(item).field_names() >= {"docid", "url", "body_html"}


def to_article(item: object) -> Article:
    """The item itself if it is an Article, else an Article of those of its fields that an Article
    has. Times may be ISO 8601, images items with `url` and `caption`; None is as if absent.

    Raises TypeError for what itemadapter does not know, ValueError for a time that is none.
    """
    if isinstance(item, Article):
        return item
    adapter = ItemAdapter(item)
    return Article(
        **_parsed({name: adapter[name] for name in FIELDS if adapter.get(name) is not None})
    )


def article_line(item: object) -> dict[str, Any]:
    """What the JSON line of an article holds: all fields of the item, an Article's first and in
    its order. Each is written by the serializer in the field's metadata, and else as JSON has it:
    times as ISO 8601, nested items as objects.

    Raises TypeError for what itemadapter does not know.

    >>> article_line({"topic": "利率", "url": "https://finance.sina.com.cn/a", "docid": "n1"})
    {'docid': 'n1', 'url': 'https://finance.sina.com.cn/a', 'topic': '利率'}
    """
    if isinstance(item, Article):
        cls: type = type(item)
        names, serializers = _columns(cls)
        line = {name: getattr(item, name) for name in names}
        for name, serializer in serializers:
            line[name] = serializer(line[name])
        return line
    line = _written(item)
    return {name: line[name] for name in (*filter(line.__contains__, FIELDS), *line)}


def get_field(item: object, name: str) -> Any:  # noqa: ANN401 - a field of any item
    """A field of an article, None where its item has no such field or no value.

    Raises TypeError for what itemadapter does not know.
    """
    # Here and below: an adapter takes forty times as long.
    return getattr(item, name, None) if isinstance(item, Article) else ItemAdapter(item).get(name)


def set_field(item: object, name: str, value: object) -> None:
    """Sets a field of an article. Raises KeyError for an item that cannot have such a field, and
    TypeError as above."""
    if isinstance(item, Article) and name in FIELDS:
        setattr(item, name, value)
    else:
        ItemAdapter(item)[name] = value


def missing_fields(item: object) -> list[str]:
    """The names of required fields that are empty in an article: title, a time, body_html.

    Raises TypeError for what itemadapter does not know.

    >>> missing_fields({"title": "标题", "body_html": " "})
    ['published', 'body_html']
    """
    get = partial(getattr, item) if isinstance(item, Article) else ItemAdapter(item).get
    required = {
        "title": get("title"),
        "published": get("published") or get("first_seen"),
        "body_html": (get("body_html") or "").strip(),
    }
    return [name for name, value in required.items() if not value]


_SCALARS = (str, int, float, NoneType)
_LISTS = (list, tuple, set, frozenset)
_MOMENTS = (datetime, date, time)


@cache
def _columns(cls: type) -> tuple[tuple[str, ...], tuple[tuple[str, _Serializer], ...]]:
    """The fields of a class of articles, and the serializers of those that need one.

    Cached for each class: asking itemadapter for every article takes longer than writing it.
    """
    names = tuple(ItemAdapter.get_field_names_from_class(cls) or ())
    # The other fields of an Article are text, numbers and lists of text: plain as they are.
    other = None if cls is Article else _plain
    declared = (
        (name, ItemAdapter.get_field_meta_from_class(cls, name).get("serializer", other))
        for name in names
    )
    return names, tuple((name, serializer) for name, serializer in declared if serializer)


def _written(item: object) -> dict[str, Any]:
    adapter = ItemAdapter(item)
    written = {
        name: adapter.get_field_meta(name).get("serializer", _plain)(value)
        for name, value in adapter.items()
    }
    if isinstance(item, Image) and item.path is None:  # most pictures are not kept
        del written["path"]
    return written


def _plain(value: Any) -> Any:  # noqa: ANN401 - a field of any item
    """The value in types that JSON has; what is of no known type stays as it is."""
    if isinstance(value, _SCALARS):
        return value
    if isinstance(value, _LISTS):
        return [_plain(entry) for entry in value]
    if isinstance(value, _MOMENTS):
        return value.isoformat()
    return _written(value) if is_item(value) else value


def _parsed(values: dict[str, Any]) -> dict[str, Any]:
    """The values, times and images among them made of what a JSON line has for them."""
    for name in TIMES:
        if isinstance(text := values.get(name), str):
            values[name] = datetime.fromisoformat(text) if text else None
    if "images" in values:
        values["images"] = [_image(image) for image in values["images"] or ()]
    return values


def _image(image: object) -> Image:
    if isinstance(image, Image):
        return image
    get = ItemAdapter(image).get
    return Image(get("url") or "", get("caption") or "", path=get("path"))
