"""Chinese finance prose from a seed: the lexicon's slots filled until no slot is left."""

import re
from collections.abc import Iterator, Sequence
from functools import cache
from random import Random

from sinanews.mirror.templates import text

_SLOT = re.compile(r"<(\w+)>")
REWORDED = (0.015, 0.035)  # the share of a text's characters that a reprint writes anew
PARAGRAPH = (80, 215)  # characters a paragraph is written up to, before its last sentence ends


def dice(*seed: object) -> Random:
    """A generator that gives the same for the same seed, on every machine."""
    return Random(" ".join(map(str, seed)))  # noqa: S311 - invented prose, no secret


@cache
def lexicon() -> dict[str, tuple[str, ...]]:
    """The choices for each slot."""
    found: dict[str, tuple[str, ...]] = {}
    for line in text("lexicon.txt").splitlines():
        slot, equals, choices = line.partition(" = ")
        if equals and not line.startswith("#"):
            found[slot] = found.get(slot, ()) + tuple(choices.split("|"))
    return found


def reworded(paragraphs: Sequence[str], random: Random) -> list[str]:
    """The same paragraphs with another adverb here and there: one to five of a hundred characters
    are new."""
    text = "\n".join(paragraphs)
    places = list(_any_adverb().finditer(text))
    wanted = max(1, round(len(text) * random.uniform(*REWORDED) / 2))
    chosen = {place.start() for place in random.sample(places, min(wanted, len(places)))}

    def other(place: re.Match[str]) -> str:
        return _other(place[0], random) if place.start() in chosen else place[0]

    return _any_adverb().sub(other, text).split("\n")


def _other(adverb: str, random: Random) -> str:
    return random.choice([word for word in lexicon()["adv"] if not set(word) & set(adverb)])


@cache
def _any_adverb() -> re.Pattern[str]:
    return re.compile("|".join(lexicon()["adv"]))


class Writer:
    """Writes for one story, or one part of the shell."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._choices = dict(lexicon())

    def write(self, slot: str) -> str:
        """One of the slot's choices, with the slots inside it written too."""
        choice = self._random.choice(self._choices[slot])
        return _SLOT.sub(lambda inner: self.write(inner[1]), choice)

    def paragraph(self, first: str = "sentence") -> str:
        """A paragraph of several sentences, the first from the slot given."""
        length = self._random.randint(*PARAGRAPH)
        written = self.write(first)
        while len(written) < length:
            written += self.write("sentence")
        return written

    def paragraphs(self, count: int, stocks: Sequence[tuple[str, str]]) -> Iterator[str]:
        """A lead, then one paragraph for each stock, given as name and digits, then others."""
        yield self.paragraph("lead")
        for name, digits in stocks:
            self._choices |= {"stock": (name,), "code": (digits,)}
            yield self.paragraph("stocksentence")
        for _ in range(count - 1 - len(stocks)):
            yield self.paragraph()
