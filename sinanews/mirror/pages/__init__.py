"""The page families, by name. To add one, write a module with its `Family` and list it here."""

from sinanews.mirror.pages.b2009 import B2009
from sinanews.mirror.pages.base import Family
from sinanews.mirror.pages.blog import BLOG
from sinanews.mirror.pages.f2014 import F2014
from sinanews.mirror.pages.f2016 import F2016
from sinanews.mirror.pages.f2017 import F2017
from sinanews.mirror.pages.kandian import K
from sinanews.mirror.pages.m2017 import M2017
from sinanews.mirror.pages.m2018 import M2018
from sinanews.mirror.pages.mobile import M
from sinanews.mirror.pages.n2017 import N2017
from sinanews.mirror.pages.t2005 import T2005
from sinanews.mirror.pages.toutiao import CJ
from sinanews.mirror.story import Story

FAMILIES: dict[str, Family] = {
    family.name: family
    for family in (F2017, N2017, F2016, F2014, B2009, T2005, K, CJ, M, M2017, M2018, BLOG)
}


def render(story: Story, family: str = "") -> bytes:
    """The page of a story as it is served, of its own family or of another."""
    chosen = FAMILIES[family or story.family]
    return chosen.render(story).encode(chosen.encoding)
