"""Reads posts of the reference corpus, of all its eras: bytes in, what the post says out.

What the eras differ in stands in docs/format.md. A post may come from anybody, so nothing in it is
followed, built or expanded: its front matter is read as text, lists and mappings, and no further.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import yaml

from sinanews.channels import BY_NAME
from sinanews.exceptions import UnadoptableError
from sinanews.posts.paths import AUTHOR
from sinanews.posts.render import PROXY
from sinanews.utils.text import plain_line
from sinanews.utils.times import FIRST_YEAR, LAST_YEAR

HEAD_LIMIT = 1 << 14  # characters of front matter; the corpus has 500, and YAML is read slowly
_HEAD = re.compile(r"\ufeff?\n*---[ \t]*\n")
_HEAD_END = re.compile(r"^---[ \t]*(?:\n|\Z)", re.MULTILINE)
_OPENING = "<div>   \n"  # of the reference's template, as is what follows
_CLOSING = "  \n</div>\n            "
_CHANNELS = {f"{AUTHOR}－{channel.title}": name for name, channel in BY_NAME.items()}


@dataclass(frozen=True, slots=True)
class Post:
    """What a post says. `title` is as front matter has it, `date` aware, `body` HTML as it was
    before the generator changed braces and pictures' addresses; `channels` are those whose
    category the post is filed under, one or none. `more` are its other keys."""

    title: str
    date: datetime
    channels: list[str]
    body: str
    more: Mapping[str, Any]


def read_post(data: bytes) -> Post:
    """The post of a file. Raises UnadoptableError, which says why, when it is none."""
    head, content = _parts(_text(data))
    values = _front_matter(head)
    title = values.get("title")
    if not isinstance(title, str) or not plain_line(title).strip():
        raise UnadoptableError("its front matter has no title")
    categories = _categories(values.get("categories"))
    if not any(AUTHOR in name for name in [*categories, str(values.get("author", ""))]):
        raise UnadoptableError(f"it is not filed under {AUTHOR}")
    body = _body(content)
    if not body.strip():
        raise UnadoptableError("it has no body")
    last = categories[-1].rpartition(" - ")[2] if categories else ""
    return Post(
        title=_with_braces(plain_line(title)),
        date=_date(values.get("date")),
        channels=[_CHANNELS[last]] if last in _CHANNELS else [],
        body=body,
        more=values,
    )


def _text(data: bytes) -> str:
    if not data:
        raise UnadoptableError("it is empty")
    if b"\0" in data:
        raise UnadoptableError("it is no text")
    try:
        # A checkout on Windows may have put a carriage return before each line feed.
        return data.decode().replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        raise UnadoptableError("it is no UTF-8") from error


def _parts(text: str) -> tuple[str, str]:
    """Front matter and content."""
    begin = _HEAD.match(text)
    end = _HEAD_END.search(text, begin.end(), begin.end() + HEAD_LIMIT) if begin else None
    if not begin or not end:
        raise UnadoptableError(f"it has no front matter, or more than {HEAD_LIMIT} characters")
    return text[begin.end() : end.start()], text[end.end() :]


def _front_matter(head: str) -> Mapping[str, Any]:
    try:
        # The loader that makes nothing but text, lists and mappings. An alias is the same object
        # once more, so a bomb of them is as small as its text.
        values = yaml.load(head, yaml.BaseLoader)  # noqa: S506 - makes no objects; see above
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise UnadoptableError("its front matter is no YAML") from error
    if not isinstance(values, dict):
        raise UnadoptableError("its front matter has no keys")
    return values


def _categories(value: object) -> list[str]:
    """The names of categories; a list of lists, as Hexo takes it, has none that we know."""
    names = value if isinstance(value, list) else [value]
    return [name for name in names if isinstance(name, str)]


def _date(value: object) -> datetime:
    text = value.strip() if isinstance(value, str) else ""
    if not text:
        raise UnadoptableError("its front matter has no date")
    try:
        moment = _moment(text)
        is_of_web = FIRST_YEAR < moment.year <= LAST_YEAR  # its day is one in any zone
    except (OverflowError, ValueError) as error:
        raise UnadoptableError(f"its date is no time: {text[:60]!r}") from error
    if not is_of_web:
        raise UnadoptableError(f"its date is of another age: {text[:60]!r}")
    return moment


def _moment(text: str) -> datetime:
    """The time of `Mon, 08 Aug 2022 02:55:13 GMT` or `2021-03-21 09:30:00`. The second is what the
    generator wrote for an item without a time, by a clock of unknown zone: it is read as UTC, the
    latest that a machine in Europe or China can have meant, so that nothing counts as known before
    it was. Raises ValueError for anything else."""
    moment = datetime.fromisoformat(text) if text[:1].isdigit() else parsedate_to_datetime(text)
    if f"{moment.year:04}" not in text:  # of two digits, or of three zeros, e-mail makes another
        raise ValueError(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _body(content: str) -> str:
    """The body in a post's content, as the page had it."""
    inner = content.removeprefix("\n").removeprefix(_OPENING).removesuffix(_CLOSING)
    if len(content) - len(inner) < len(_OPENING + _CLOSING):  # not the reference's template
        inner = content.strip()
        if inner.startswith("<div>") and inner.endswith("</div>"):
            inner = inner.removeprefix("<div>").removesuffix("</div>").strip()
    return _with_braces(inner).replace(f'src="{PROXY}http://', 'src="http://')


def _with_braces(text: str) -> str:
    return text.replace("&#123;", "{").replace("&#125;", "}")
