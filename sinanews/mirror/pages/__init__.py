"""The page families, by name. To add one: a module with its `Family`, and its row here."""

from sinanews.mirror.pages.base import Family
from sinanews.mirror.pages.f2017 import F2017
from sinanews.mirror.pages.n2017 import N2017
from sinanews.mirror.story import Story

FAMILIES: dict[str, Family] = {family.name: family for family in (F2017, N2017)}


def render(story: Story) -> str:
    """The page of a story."""
    return FAMILIES[story.family].render(story)
