"""BLOG: blog.sina.com.cn, in its usual look and, since 2014, with a large headline (`.BNE_title`).
The source is the blog's owner. A blog's own rubric (`.blog_class`) is no keyword."""

from collections.abc import Iterator

from sinanews.extraction.layouts.base import Layout, Page, Rule, joined, meta, shown_time, text

_SITE = "_新浪博客"  # how the titles of its pages end


def owner_in_title() -> Rule:
    """The owner in the title of the page: `港口的一天_海港人_新浪博客`."""

    def find(page: Page) -> Iterator[str]:
        for title in map(str.strip, map(page.text, page.all("title"))):
            if title.endswith(_SITE):
                yield title.removesuffix(_SITE).rpartition("_")[2]

    return Rule("owner of the blog in title", find)


BLOG = Layout(
    name="BLOG",
    seen=(2012, 2013),
    required_selectors=("h2.titName, .BNE_title h1",),
    body=".articalContent, #sina_keyword_ad_area2, .BNE_cont",
    fields={
        "title": (text("h2.titName"), text(".BNE_title h1"), meta("og:title")),
        "source": (text("#ownernick"), owner_in_title()),
        "published": (shown_time(".articalTitle .time, span.time.SG_txtc, #pub_time"),),
        "keywords": (joined(text(".blog_tag h3, .tagbox a")),),
    },
    # Buttons to share and to reward, tags, counts, and links to the posts before and after. A
    # span.IL_AD is a word of the text that an advertisement hangs on.
    boilerplate=(
        ".shareUp, .dashang, .turnBoxzz, .articalTag, .tagbox, .articalInfo, .articalfrontback",
        "div.IL_AD, .IL_AD_ICON",
    ),
)
