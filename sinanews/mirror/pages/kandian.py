"""K: k.sina.com.cn, 看点, as of 2025. The shown source is the platform, the author an account."""

from html import escape

from sinanews.mirror.pages import base, body
from sinanews.mirror.story import Story

PATH = "article_16457{number}_62177{number}01{letters}.html"
MISSING = frozenset({"editor", "code", "stocks"})


def _render(story: Story) -> str:
    return base.fill_page(
        "kandian.html",
        story,
        newsid=f"16457{story.number}-62177{story.number}01{story.letters}",
        account=escape(story.writer("account").write("outlet")),
        content="".join(_paragraph(text) for text in story.paragraphs()) + _picture(story),
        wbkey=body.wbkey(story),
        keyword_links=body.keyword_links(story, "news"),
    )


def _paragraph(text: str) -> str:
    return f'<p cms-style="font-L">　　{escape(text, quote=False)}</p>'


def _picture(story: Story) -> str:
    if "picture" not in story.features:
        return ""
    resized = f"{story.picture.replace('//n.sinaimg.cn', '//k.sinaimg.cn/n')}/w700d1q75cms.jpg"
    caption = '<span class="img_descr">△资料图</span>'
    image = f'<img src="{resized}?by=cms_fixed_width" w="600" h="400" wh="1.50">'
    return f'<div class="img_wrapper">{image}{caption}</div>'


K = base.Family("K", "k.sina.com.cn", ("article",), _render, PATH, missing=MISSING)
