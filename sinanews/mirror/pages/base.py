"""What a page family is, and how a story becomes a page of it."""

from collections.abc import Callable
from dataclasses import dataclass
from html import escape

from sinanews.mirror.pages import shell
from sinanews.mirror.story import MODERN_PATH, Story, at, day
from sinanews.mirror.templates import fill

TIME = "%Y-%m-%d %H:%M:%S"


@dataclass(frozen=True, slots=True)
class Family:
    """The pages of one era: where they stand, and how they are rendered.

    `path_format` makes their paths, see `Story.address`; `missing` are the fields of a story that
    these pages do not show, so that a story of this family has none of them.
    """

    name: str
    host: str
    folders: tuple[str, ...]
    render: Callable[[Story], str]
    path_format: str = MODERN_PATH
    encoding: str = "utf-8"
    missing: frozenset[str] = frozenset()


def fill_page(template: str, story: Story, **values: str) -> str:
    """A page of a story. `values` are for the placeholders that only this template has."""
    return fill(template, {**shell.values(story), **_values(story), **_times(story), **values})


def _values(story: Story) -> dict[str, str]:
    description = "\n".join(f"　　{text}" for text in story.paragraphs()[:2])[:120] + "..."
    return {
        "docid": story.docid,
        "url": story.url,
        "wapurl": story.wapurl,
        "folder": story.folder,
        "number": story.number,
        "picture": story.picture if "picture" in story.features else "",
        "title": escape(story.title),
        "description": escape(description),
        "source": escape(story.source),
        "keywords": escape(",".join(story.keywords) or story.title),
        "tags": escape(",".join(story.keywords)),
        "editor": f"{story.editor or ''} {story.code or ''}",
        "title_and_keywords": escape(",".join((story.title, *story.keywords))),
    }


def _times(story: Story) -> dict[str, str]:
    created, published = at(story.ctime), at(story.ctime + story.lag)
    update = at(story.mtime).strftime(TIME)
    updated = f'<meta name="weibo: article:update_at" content="{update}" />'
    return {
        "shown": created.strftime("%Y年%m月%d日 %H:%M"),
        "shown_day": created.strftime("%Y年%m月%d日"),
        "dotted_day": created.strftime("%Y.%m.%d"),
        "clock": created.strftime("%H:%M"),
        "created": created.strftime(TIME),
        "published": published.isoformat(),
        "rendered": at(max(story.mtime, story.ctime + story.lag)).strftime(TIME),
        "day": day(story.ctime),
        "updated": updated if story.edits else "",
    }


def source(story: Story, css: str) -> str:
    """The outlet as a link to the original, or as plain text where there is none."""
    name = escape(story.source)
    if story.source_url is None:
        return f'<span class="{css}">{name}</span>'
    return f'<a href="{story.source_url}" target="_blank" class="{css}" rel="nofollow">{name}</a>'


def plain_source(story: Story) -> str:
    """The outlet as in pages until 2014: a link with unquoted attributes, or plain text."""
    name = escape(story.source)
    if story.source_url is None:
        return name
    return f'<a href={story.source_url} target="_blank">{name}</a>'
