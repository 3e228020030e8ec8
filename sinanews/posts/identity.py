"""What tells a post's article from others, when nothing but the post is there: its front matter."""

from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import yaml

from sinanews.items import Article
from sinanews.posts.front_matter import quoted
from sinanews.posts.paths import post_title
from sinanews.utils.times import CHINA, rfc1123

LINES = 64  # of front matter; ours has a dozen, and one for each keyword
LINE_LIMIT = 1 << 16  # bytes
_BEGINNINGS = (b"\n---\n", b"---\n")  # of front matter, of POST_STYLE=source and hexo


class Identity(NamedTuple):
    """Date and title as front matter has them: the list's first intime, to the second."""

    date: str
    title: str


def identity(article: Article) -> Identity:
    """What an article's post says. Raises ValueError for an article without any time."""
    return Identity(rfc1123(post_date(article)), _title(article.title))


def _title(title: str) -> str:
    return quoted(post_title(title)).replace("{", "&#123;").replace("}", "&#125;")


def post_date(article: Article) -> datetime:
    """The moment that a post has as its date. Raises ValueError for an article without any time."""
    moment = article.first_seen or article.published
    if moment is None:
        raise ValueError(f"{article.url}: a post needs first_seen or published")
    return moment


def identity_of(post: str | Path) -> Identity | None:
    """What a file's front matter says; None for one that is no post of either style or cannot be
    read."""
    is_hexo, values = _front_matter(post)
    date, title = values.get("date"), values.get("title")
    if not date or not title or (is_hexo and "docid" not in values):
        return None
    return _of_hexo(date, title) if is_hexo else Identity(date, title)


def is_source_style(post: str | Path) -> bool:
    """Whether a file is a post of POST_STYLE=source, by its beginning."""
    is_hexo, values = _front_matter(post)
    return bool(values) and not is_hexo


def docid_in_hexo(post: str | Path) -> str | None:
    """The docid of a post of POST_STYLE=hexo; None for a file that is none."""
    is_hexo, values = _front_matter(post)
    docid = _value(values.get("docid", "")) if is_hexo else ""
    return docid or None


def _front_matter(post: str | Path) -> tuple[bool, dict[str, str]]:
    """Whether a file's front matter has no blank line before it, and its lines, by key."""
    values: dict[str, str] = {}
    try:
        with open(post, "rb") as file:  # noqa: PTH123 - runs for every article, and takes a str
            lines = iter(lambda: file.readline(LINE_LIMIT), b"")
            first = next(lines, b"")
            if (first if first == b"---\n" else first + next(lines, b"")) not in _BEGINNINGS:
                return False, {}
            for line in islice(lines, LINES):
                if line == b"---\n":
                    break
                name, _, value = line.decode(errors="replace").partition(": ")
                values.setdefault(name, value.rstrip("\n"))
    except OSError:
        return False, {}
    return first == b"---\n", values


def _of_hexo(date: str, title: str) -> Identity | None:
    """The identity that the post has in the other style, by the values of this one."""
    try:
        shown = datetime.fromisoformat(_value(date))
    except ValueError:
        return None
    moment = shown if shown.tzinfo else shown.replace(tzinfo=CHINA)
    return Identity(rfc1123(moment), _title(_value(title)))


def _value(written: str) -> str:
    """What a value is, by how it is written; "" for what is no text."""
    try:
        value = yaml.load(written, yaml.BaseLoader)  # noqa: S506 - makes nothing but text
    except (yaml.YAMLError, ValueError):
        return ""
    return value if isinstance(value, str) else ""
