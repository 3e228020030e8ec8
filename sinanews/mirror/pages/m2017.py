"""M2017: tech.sina.cn, for phones, in 2017. The time is shown without its year."""

from html import escape

from sinanews.mirror.pages import base
from sinanews.mirror.pages.mobile import MISSING, PATH
from sinanews.mirror.story import Story, at

FOLDERS = ("roll", "it", "i/gn")


def _render(story: Story) -> str:
    return base.fill_page(
        "m2017.html",
        story,
        pc_url="",
        month_day=at(story.ctime).strftime("%m月%d日"),
        content=content(story),
    )


def content(story: Story) -> str:
    """The paragraphs, the picture after the first one."""
    first, *rest = (_paragraph(text) for text in story.paragraphs())
    return "".join([first, _picture(story), *rest])


def _paragraph(text: str) -> str:
    return f'<p class="art_p">{escape(text, quote=False)}</p>'


def _picture(story: Story) -> str:
    if "picture" not in story.features:
        return ""
    css = "art_img_mini_img j_fullppt_cover finpic"
    image = f'<img class="{css}" src="{story.picture}" width="100%">'
    caption = f'<h2 class="art_img_tit">{story.caption}</h2>'
    figure = f'<figure class="art_img_mini j_p_gallery motu_cont">{image}{caption}</figure>'
    return f'<a href="">{figure}</a>'


M2017 = base.Family("M2017", "tech.sina.cn", FOLDERS, _render, PATH, missing=MISSING)
