"""Invented Chinese finance prose: a lexicon's slots, filled at random from a seed."""

import re
from collections.abc import Iterator, Sequence
from functools import cache
from random import Random

from sinanews.mirror.templates import text

_SLOT = re.compile(r"<(\w+)>")
REWORDED = (0.015, 0.035)  # the share of its characters that a reprint changes
PARAGRAPH = (80, 215)  # characters: a paragraph gets sentences until it has as many


def seeded_random(*seed: object) -> Random:
    """A generator that returns the same numbers for the same seed, on every machine."""
    return Random(" ".join(map(str, seed)))  # noqa: S311 - invented prose, no secret


@cache
def lexicon() -> dict[str, tuple[str, ...]]:
    """The choices for each slot."""
    choices: dict[str, tuple[str, ...]] = {}
    for line in text("lexicon.txt").splitlines():
        slot, equals, values = line.partition(" = ")
        if equals and not line.startswith("#"):
            choices[slot] = choices.get(slot, ()) + tuple(values.split("|"))
    return choices


def reword(paragraphs: Sequence[str], random: Random) -> list[str]:
    """The paragraphs with some adverbs replaced: one to five in a hundred characters are new."""
    text = "\n".join(paragraphs)
    matches = list(_any_adverb().finditer(text))
    count = max(1, round(len(text) * random.uniform(*REWORDED) / 2))
    chosen = {match.start() for match in random.sample(matches, min(count, len(matches)))}

    def replacement(match: re.Match[str]) -> str:
        adverb = match[0]
        if match.start() not in chosen:
            return adverb
        return random.choice([word for word in lexicon()["adv"] if not set(word) & set(adverb)])

    return _any_adverb().sub(replacement, text).split("\n")


@cache
def _any_adverb() -> re.Pattern[str]:
    return re.compile("|".join(lexicon()["adv"]))


class Writer:
    """Writes the texts of one part of a story or page."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._choices = dict(lexicon())

    def write(self, slot: str) -> str:
        """One of the slot's choices, with the slots inside it filled."""
        choice = self._random.choice(self._choices[slot])
        return _SLOT.sub(lambda match: self.write(match[1]), choice)

    def paragraph(self, first: str = "sentence") -> str:
        """A paragraph of several sentences, the first one from the given slot."""
        length = self._random.randint(*PARAGRAPH)
        paragraph = self.write(first)
        while len(paragraph) < length:
            paragraph += self.write("sentence")
        return paragraph

    def paragraphs(self, count: int, stocks: Sequence[tuple[str, str]]) -> Iterator[str]:
        """A lead, one paragraph for each stock, given as name and digits, then others."""
        yield self.paragraph("lead")
        for name, digits in stocks:
            self._choices |= {"stock": (name,), "code": (digits,)}
            yield self.paragraph("stocksentence")
        for _ in range(count - 1 - len(stocks)):
            yield self.paragraph()
