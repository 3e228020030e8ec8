"""The vocabulary: what a harvest yields. `docs/fields.md` gives each field's meaning."""

from dataclasses import asdict, dataclass, field, fields
from datetime import datetime
from enum import StrEnum
from typing import Any, Self


class State(StrEnum):
    """What became of a listed story; `LISTED` is the only one that still waits."""

    LISTED = "listed"
    WRITTEN = "written"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    FILTERED = "filtered"
    GONE = "gone"
    FAILED = "failed"


@dataclass(slots=True)
class Image:
    """A picture of the article: absolute https URL and its caption, empty when it has none."""

    url: str
    caption: str = ""


def isoformat(moment: datetime | None) -> str | None:
    """ISO 8601 with offset, or None.

    >>> from sinanews.times import at
    >>> isoformat(at(1659927313))
    '2022-08-08T10:55:13+08:00'
    """
    return moment.isoformat() if moment else None


# How Scrapy's exporters write a time.
_TIME = {"serializer": isoformat}


@dataclass(slots=True)
class Article:
    """One article of one page, as `docs/fields.md` defines it.

    Times are aware; what the page does not say is None or an empty list. Read alone, a page
    knows neither `first_seen` nor `channels`: they come from the list that named it.
    """

    docid: str
    url: str
    channels: list[str] = field(default_factory=list)
    title: str = ""
    summary: str | None = None
    author: str | None = None
    source: str | None = None
    editor: str | None = None
    editor_code: str | None = None
    published: datetime | None = field(default=None, metadata=_TIME)
    updated: datetime | None = field(default=None, metadata=_TIME)
    first_seen: datetime | None = field(default=None, metadata=_TIME)
    revision: int = 1
    keywords: list[str] = field(default_factory=list)
    tickers: list[str] = field(default_factory=list)
    images: list[Image] = field(default_factory=list)
    headimg: str | None = None
    body_html: str = ""
    text: str = ""
    duplicate_of: str | None = None
    layout: str | None = None

    def missing(self) -> list[str]:
        """The names of required fields that are empty: title, a time, body_html."""
        required = {
            "title": self.title,
            "published": self.published or self.first_seen,
            "body_html": self.body_html.strip(),
        }
        return [name for name, value in required.items() if not value]

    def to_json(self) -> dict[str, Any]:
        """The article as the JSON line has it: times as ISO 8601 with offset."""
        line = {name: getattr(self, name) for name in FIELDS}
        line["images"] = [asdict(image) for image in self.images]
        return line | {name: isoformat(line[name]) for name in TIMES}

    @classmethod
    def from_json(cls, line: dict[str, Any]) -> Self:
        """The article of a JSON line."""
        times = {name: datetime.fromisoformat(line[name]) for name in TIMES if line[name]}
        return cls(**line | times | {"images": [Image(**image) for image in line["images"]]})


FIELDS = tuple(column.name for column in fields(Article))
TIMES = ("published", "updated", "first_seen")


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
