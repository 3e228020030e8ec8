"""M2018: finance.sina.cn, for phones, in 2018. The source stands in the time's element."""

from sinanews.mirror.pages import base
from sinanews.mirror.pages.m2017 import content
from sinanews.mirror.pages.mobile import FOLDERS, MISSING, PATH
from sinanews.mirror.story import Story


def _render(story: Story) -> str:
    return base.fill_page("m2018.html", story, pc_url="", content=content(story))


M2018 = base.Family("M2018", "finance.sina.cn", FOLDERS, _render, PATH, missing=MISSING)
