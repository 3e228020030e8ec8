"""What tells a post's article from others, when nothing but the post is there: its front matter."""

from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from sinanews.items import Article
from sinanews.posts.front_matter import quoted
from sinanews.posts.paths import post_title
from sinanews.utils.times import rfc1123

LINES = 64  # of front matter; ours has a dozen, and one for each keyword
LINE_LIMIT = 1 << 16  # bytes


class Identity(NamedTuple):
    """Date and title as front matter has them: the list's first intime, to the second."""

    date: str
    title: str


def identity(article: Article) -> Identity:
    """What an article's post says. Raises ValueError for an article without any time."""
    title = quoted(post_title(article.title)).replace("{", "&#123;").replace("}", "&#125;")
    return Identity(rfc1123(post_date(article)), title)


def post_date(article: Article) -> datetime:
    """The moment that a post has as its date. Raises ValueError for an article without any time."""
    moment = article.first_seen or article.published
    if moment is None:
        raise ValueError(f"{article.url}: a post needs first_seen or published")
    return moment


def identity_of(post: Path) -> Identity | None:
    """What a file's front matter says; None for one that is no post of this form or cannot be
    read."""
    values: dict[str, str] = {}
    try:
        with post.open("rb") as file:
            lines = iter(lambda: file.readline(LINE_LIMIT), b"")
            if [next(lines, b""), next(lines, b"")] != [b"\n", b"---\n"]:
                return None
            for line in islice(lines, LINES):
                if line == b"---\n":
                    break
                name, _, value = line.decode(errors="replace").partition(": ")
                values.setdefault(name, value.rstrip("\n"))
    except OSError:
        return None
    named = (values.get(name) for name in Identity._fields)
    date, title = named
    return Identity(date, title) if date and title else None
