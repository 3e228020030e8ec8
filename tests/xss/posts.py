"""Pages that hold a vector wherever a page has text, read and written as a harvest does it."""

from collections.abc import Collection
from contextlib import suppress
from html import escape
from typing import NamedTuple

from scrapy.http import HtmlResponse
from scrapy.settings import Settings

from sinanews.config import Config
from sinanews.exceptions import LayoutError, RowError
from sinanews.extraction.page import read
from sinanews.posts.render import post_bytes
from sinanews.roll.api import Story, story
from support import row
from xss.corpora import Vector

# The settings of the posts: a body of POST_BODY, or POST_STYLE=hexo.
BODIES = ("source", "clean", "hexo")
KEYS = "link,source,editor,docid,updated,keywords,tickers"
# Where a vector stands: everywhere in one page for a public one; for one of our own in three pages,
# since a vector may hide what stands behind it.
FIELDS, TEXT, MARKUP, EVERYWHERE = "fields", "text", "markup", "everywhere"
PLAIN_URL = row()["url"]


class Sample(NamedTuple):
    """A post that was made of a vector: the file's stem, where the vector stood, which body."""

    name: str
    vector: Vector
    place: str
    body: str


def page(vector: str, place: str) -> bytes:
    """A page of the family F2017 with the vector as title, outlet, caption, keywords and URLs; or
    in its body as text, as Markdown and HTML would both read it; or as markup."""
    text = escape(vector)
    pieces = {
        FIELDS: f"""
<div class="img_wrapper"><img src="https://n.sinaimg.cn/{text}" alt="{text}" title="{text}">
<span class="img_descr">{text}</span></div>
<p><img src="{text}"><img data-src="{text}"></p>
<p><a href="{text}" title="{text}">甲</a> <a href="https://finance.sina.com.cn/{text}">乙</a>
<a href="https://{text}" class="{text}">丙</a></p>""",
        TEXT: f"<p>甲{text}</p>\n\n{text}\n\n<p>\n{text}</p>",
        MARKUP: f"<p>甲</p>\n{vector}\n",
    }
    body = "".join(pieces.values()) if place == EVERYWHERE else pieces[place]
    shown = "某报" if place in {TEXT, MARKUP} else text
    return f"""<!DOCTYPE html><html><head><meta charset="utf-8">
<meta name="keywords" content="{shown},甲"></head><body><h1 class="main-title">{shown}</h1>
<div class="date-source"><span class="date">2026年09月29日 00:34</span>
<span class="source ent-source">{shown}</span></div>
<div class="article" id="artibody"><p>　　正文。</p>{body}</div></body></html>""".encode(
        "utf-8", "replace"
    )


def posts_of(vector: Vector, number: int, bodies: Collection[str] = BODIES) -> dict[Sample, bytes]:
    """The posts of a vector. A page that is refused has none: what is not written cannot act."""
    made: dict[Sample, bytes] = {}
    places = (FIELDS, TEXT, MARKUP) if vector.corpus.startswith("own/") else (EVERYWHERE,)
    for place in places:
        listed = _listed("标题" if place in {TEXT, MARKUP} else vector.text)
        response = HtmlResponse(listed.url, body=page(vector.text, place), encoding="utf-8")
        with suppress(LayoutError):
            article = read(response, listed)
            for body in bodies:
                name = f"{number:05}-{place}-{body}"
                sample = Sample(name, vector, place, body)
                made[sample] = post_bytes(article, CONFIGS[body])
    return made


def _listed(text: str) -> Story:
    """The page's row in the list, with a text as its title and, where that goes, in its address."""
    url = f"{PLAIN_URL.removesuffix('.shtml')}/{text}"
    try:
        return story(row(title=text, url=url), "https://feed.mix.sina.com.cn/")
    except RowError:
        return story(row(title=text), "https://feed.mix.sina.com.cn/")


def _config(body: str) -> Config:
    settings = Settings()
    settings.setmodule("sinanews.settings")
    settings.set("POST_STYLE" if body == "hexo" else "POST_BODY", body)
    settings.set("POST_EXTRA_KEYS", KEYS)
    return Config.from_settings(settings)


CONFIGS = {body: _config(body) for body in BODIES}
