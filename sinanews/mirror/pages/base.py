"""What a page family is, and the values that the pages of all families show."""

from collections.abc import Callable
from dataclasses import dataclass
from html import escape

from sinanews.mirror.story import DATED, Story, at, day


@dataclass(frozen=True, slots=True)
class Family:
    """Where the pages of one era stand, and how a story becomes one of them.

    `form` is the path of a page, see `Story.address`; `lacks` are the fields of a story that
    these pages do not show, so that a story of the family has none of them either.
    """

    name: str
    host: str
    folders: tuple[str, ...]
    render: Callable[[Story], str]
    form: str = DATED
    encoding: str = "utf-8"
    lacks: frozenset[str] = frozenset()


def values(story: Story) -> dict[str, str]:
    """The values for the holes that the templates share."""
    return {**_names(story), **_moments(story)} | {
        "title": escape(story.title),
        "description": escape(_description(story)),
        "source": escape(story.source),
        "keywords": escape(",".join(story.keywords) or story.title),
        "tags": escape(",".join(story.keywords)),
        "editor": f"{story.editor or ''} {story.code or ''}",
        "title_and_words": escape(",".join((story.title, *story.keywords))),
    }


def _names(story: Story) -> dict[str, str]:
    return {
        "docid": story.docid,
        "url": story.url,
        "wapurl": story.wapurl,
        "folder": story.folder,
        "number": story.number,
        "picture": story.picture if "picture" in story.features else "",
    }


def _description(story: Story) -> str:
    return "\n".join(f"　　{text}" for text in story.paragraphs()[:2])[:120] + "..."


def _moments(story: Story) -> dict[str, str]:
    created, published = at(story.ctime), at(story.ctime + story.lag)
    return {
        "shown": created.strftime("%Y年%m月%d日 %H:%M"),
        "shown_day": created.strftime("%Y年%m月%d日"),
        "dotted_day": created.strftime("%Y.%m.%d"),
        "clock": created.strftime("%H:%M"),
        "created": created.strftime("%Y-%m-%d %H:%M:%S"),
        "published": published.isoformat(),
        "rendered": at(max(story.mtime, story.ctime + story.lag)).strftime("%Y-%m-%d %H:%M:%S"),
        "day": day(story.ctime),
        "updated": _updated(story),
    }


def _updated(story: Story) -> str:
    """The meta that only an edited page has."""
    shown = at(story.mtime).strftime("%Y-%m-%d %H:%M:%S")
    return f'<meta name="weibo: article:update_at" content="{shown}" />' if story.edits else ""


def source(story: Story, css: str) -> str:
    """The outlet as a link to the original, or as plain text where there is none."""
    name = escape(story.source)
    if story.source_url is None:
        return f'<span class="{css}">{name}</span>'
    return f'<a href="{story.source_url}" target="_blank" class="{css}" rel="nofollow">{name}</a>'


def plain_source(story: Story) -> str:
    """The outlet as pages until 2014 write it: as a link, its attributes unquoted, or as text."""
    name = escape(story.source)
    if story.source_url is None:
        return name
    return f'<a href={story.source_url} target="_blank">{name}</a>'
