"""What changed from one revision of an article to the next, in so few words that a page can show
it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import takewhile, zip_longest
from operator import eq

from sinanews.items import Article, article_line

MOST_PARAGRAPHS = 8  # of one change that are shown
# Paragraphs between the first and the last difference that are compared: the comparison takes up
# to the cube of them.
COMPARED = 60
MOST_CHARACTERS = 240  # that are shown of what was taken out or put in at one place
CONTEXT = 24  # characters shown around it
LEFT_OUT = "…"
# What a reader sees of an article in one line; beside these a change has the text.
_FIELDS = ("title", "author", "source", "editor", "published", "summary", "keywords")


@dataclass(frozen=True, slots=True)
class Difference:
    """A place that changed: what stands `before` and `after` it, what was `taken` out there and
    what was `put` in. `field` is where it is, "text" for the article's words."""

    field: str
    before: str
    taken: str
    put: str
    after: str


@dataclass(frozen=True, slots=True)
class Change:
    """An article's last change. `has_more` tells that not all differences are here; without any,
    its words are the same."""

    article: Article
    differences: Sequence[Difference]
    has_more: bool


def change(older: Article, newer: Article) -> Change:
    """What the newer revision has changed."""
    lines = article_line(older), article_line(newer)
    differences = [
        difference(name, *(_shown(line.get(name)) for line in lines))
        for name in _FIELDS
        if lines[0].get(name) != lines[1].get(name)
    ]
    pairs = list(_paragraphs(older.text.split("\n"), newer.text.split("\n")))
    differences += [difference("text", *pair) for pair in pairs[:MOST_PARAGRAPHS]]
    return Change(newer, differences, has_more=len(pairs) > MOST_PARAGRAPHS)


def _shown(value: object) -> str:
    if isinstance(value, list):
        return "、".join(map(str, value))
    return "" if value is None else str(value)


def _paragraphs(older: Sequence[str], newer: Sequence[str]) -> Iterator[tuple[str, str]]:
    """The paragraphs that differ, before and after; empty where there is none."""
    begin = _same(older, newer)
    older, newer = older[begin:], newer[begin:]
    end = _same(older[::-1], newer[::-1])
    older, newer = older[: len(older) - end], newer[: len(newer) - end]
    if max(len(older), len(newer)) > COMPARED:
        yield from zip_longest(older, newer, fillvalue="")
        return
    matcher = SequenceMatcher(None, older, newer, autojunk=False)
    for tag, i1, i2, j1, j2 in matcher.get_opcodes():
        if tag != "equal":
            yield from zip_longest(older[i1:i2], newer[j1:j2], fillvalue="")


def difference(field: str, older: str, newer: str) -> Difference:
    """Where two texts differ: from the first character that does to the last.

    >>> difference("title", "央行降息", "央行昨日降息")
    Difference(field='title', before='央行', taken='', put='昨日', after='降息')
    """
    begin = _same(older, newer)
    before, older, newer = newer[:begin], older[begin:], newer[begin:]
    end = _same(older[::-1], newer[::-1])
    after = newer[len(newer) - end :]
    taken, put = older[: len(older) - end], newer[: len(newer) - end]
    return Difference(field, _end(before), _cut(taken), _cut(put), _beginning(after))


def _same(one: Sequence[object], other: Sequence[object]) -> int:
    """How many elements the two begin with in common."""
    return sum(takewhile(bool, map(eq, one, other)))


def _end(text: str) -> str:
    return text if len(text) <= CONTEXT else LEFT_OUT + text[-CONTEXT:]


def _beginning(text: str) -> str:
    return text if len(text) <= CONTEXT else text[:CONTEXT] + LEFT_OUT


def _cut(text: str) -> str:
    return text if len(text) <= MOST_CHARACTERS else text[:MOST_CHARACTERS] + LEFT_OUT
