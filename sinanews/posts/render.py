"""An article as a post: the bytes of the reference corpus.

The form and every departure from it stand in docs/format.md.
"""

import re
import zlib
from collections.abc import Iterable, Mapping
from hashlib import sha256
from types import MappingProxyType
from typing import Any

import frontmatter

from sinanews.config import HEXO, Config
from sinanews.extraction import body as bodies
from sinanews.extraction import html5, layouts
from sinanews.extraction.sanitize import attributes_of, is_inert
from sinanews.items import Article
from sinanews.posts import pictures
from sinanews.posts.blog import blog_post
from sinanews.posts.front_matter import PostHandler
from sinanews.posts.hexo import inert_in_hexo
from sinanews.posts.identity import post_date
from sinanews.posts.paths import AUTHOR, categories, post_title
from sinanews.utils.times import rfc1123
from sinanews.utils.urls import is_web_url

PROXY = "https://cors.zfour.workers.dev/?"
STAND_IN = (
    "https://picsum.photos/400/300?random="  # and a number; the picture of a post without any
)

NO_FILES: Mapping[str, str] = MappingProxyType({})

# What the first picture is looked for beside: each with where it ends.
_ENDS = {"<!--": "-->", "<style": "</style", "<img": ">"}
_LANDMARK = re.compile("|".join(_ENDS), re.IGNORECASE)


def post_bytes(
    article: Article,
    config: Config,
    adopted: bytes | None = None,
    files: Mapping[str, str] = NO_FILES,
) -> bytes:
    """The post of an article, its body and style as POST_BODY and POST_STYLE say. `adopted` are the
    bytes of the post that the article was adopted from, if its form cannot be made of the fields:
    it is what the settings of the reference's own form give. `files` are the pictures that are
    kept, by their addresses: the post shows those.

    Raises ValueError for an article without any time.
    """
    is_hexo = config.post_style == HEXO
    is_source = config.post_body == "source" and not is_hexo
    if adopted is not None and is_source and not config.post_extra_keys:
        return adopted
    html = article.body_html
    if not is_source:
        layout = layouts.BY_NAME.get(article.layout or "")
        html = bodies.clean(html, layout.boilerplate if layout else ())
    if is_hexo:
        html = pictures.with_files(inert(html), files)
        picture = _first_image(html)
        is_shown = picture is not None and (_is_file(picture, files) or is_web_url(picture))
        extras = _extras(article, config.post_extra_keys)
        return blog_post(article, html, picture if is_shown else None, extras)
    return render(article, html, config.post_extra_keys, files)


def post_hash(post: bytes) -> bytes:
    """What tells one post's bytes from another's."""
    return sha256(post).digest()[:16]


def render(
    article: Article,
    body: str,
    extra_keys: Iterable[str] = (),
    files: Mapping[str, str] = NO_FILES,
) -> bytes:
    """The post's bytes, with `body` (HTML) as its body, and `files` as in `post_bytes`.

    Raises ValueError for an article without any time, and KeyError for an unknown extra key.
    """
    moment = post_date(article)
    body, picture = _head_image(pictures.with_files(inert(body), files), article.docid, files)
    metadata: dict[str, Any] = {
        "title": post_title(article.title),
        "categories": categories(article.channels),
        "headimg": picture,
        "author": AUTHOR,
        "comments": False,
        "date": rfc1123(moment),
        "thumbnail": picture,
    }
    metadata |= _extras(article, extra_keys)
    content = inert_in_hexo(f"<div>   \n{body}  \n</div>")
    post = frontmatter.Post(content, PostHandler(), **metadata)
    return frontmatter.dumps(post).encode()


def inert(body: str) -> str:
    """A body as it is if nothing in it acts, as in all that are read today; else what is inert of
    it. Bodies come from a user's own code as well, and from archives of earlier versions."""
    return body if is_inert(body) else html5.inner(html5.parsed_body(body))


def _head_image(body: str, docid: str, files: Mapping[str, str]) -> tuple[str, str]:
    """The body and its picture: its first img, else the corpus' stand-in, drawn by docid.

    A first picture without https makes the reference send every http src through its proxy.
    """
    source = _first_image(body)
    if source and _is_file(source, files):
        return body, source
    if source is None or not is_web_url(source):
        return body, f"{STAND_IN}{zlib.crc32(docid.encode()) % 10001}"
    if "https://" in source:
        return body, source
    proxied = body.replace('src="http://', f'src="{PROXY}http://')
    return proxied, _first_image(proxied) or source


def _is_file(source: str, files: Mapping[str, str]) -> bool:
    return source.removeprefix("/") in files.values()


def _first_image(body: str) -> str | None:
    """The address of the first img, which may be empty. As the reference's parser, this reads every
    raw text but style as markup."""
    position = 0
    while landmark := _LANDMARK.search(body, position):
        end = _ENDS[landmark[0].lower()]
        position = body.find(end, landmark.end()) + len(end)
        if position < len(end):
            return None
        tag = body[landmark.start() : position]
        if end == ">" and (attributes := attributes_of(tag)) is not None:
            return attributes.get("src", "")
    return None


def _extras(article: Article, keys: Iterable[str]) -> dict[str, Any]:
    if not keys:
        return {}
    # Themes write a link as it is: as a URL parser writes it, it has no quotation mark.
    line = article.to_json() | {"link": html5.absolute(article.url, article.url)}
    return {key: line[key] for key in keys if line[key]}
