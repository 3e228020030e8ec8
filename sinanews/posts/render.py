"""An article as a post: the bytes of the reference corpus.

The form and every departure from it stand in docs/format.md.
"""

import re
import zlib
from collections.abc import Iterable
from hashlib import sha256
from html import unescape
from typing import Any

import frontmatter

from sinanews.config import Config
from sinanews.extraction import body as bodies
from sinanews.extraction import layouts
from sinanews.items import Article
from sinanews.posts.front_matter import PostHandler
from sinanews.posts.identity import post_date
from sinanews.posts.paths import AUTHOR, categories, post_title
from sinanews.utils.times import rfc1123

PROXY = "https://cors.zfour.workers.dev/?"

# Bodies are written with every attribute value between double quotes.
_IMAGE = re.compile(
    r"""<!--.*?-->|<style\b.*?</style>|<img(?P<image>(?:\s+[^\s=">]+(?:="[^"]*")?)*)\s*/?>""",
    re.DOTALL,
)
_SOURCE = re.compile(r'\ssrc="([^"]*)"')


def post_bytes(article: Article, config: Config) -> bytes:
    """The post of an article, its body as POST_BODY says."""
    html = article.body_html
    if config.post_body == "clean":
        layout = layouts.BY_NAME.get(article.layout or "")
        html = bodies.clean(html, layout.boilerplate if layout else ())
    return render(article, html, config.post_extra_keys)


def post_hash(post: bytes) -> bytes:
    """What tells one post's bytes from another's."""
    return sha256(post).digest()[:16]


def render(article: Article, body: str, extra_keys: Iterable[str] = ()) -> bytes:
    """The post's bytes, with `body` (HTML) as its body.

    Raises ValueError for an article without any time, and KeyError for an unknown extra key.
    """
    moment = post_date(article)
    body, picture = _head_image(body, article.docid)
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
    post = frontmatter.Post(f"<div>   \n{body}  \n</div>", PostHandler(), **metadata)
    return frontmatter.dumps(post).encode()


def _head_image(body: str, docid: str) -> tuple[str, str]:
    """The body and its picture: its first img, else the corpus' stand-in, drawn by docid.

    A first picture without https makes the reference send every http src through its proxy.
    """
    source = _first_image(body)
    if source is None:
        return body, f"https://picsum.photos/400/300?random={zlib.crc32(docid.encode()) % 10001}"
    if "https://" in source:
        return body, source
    proxied = body.replace('src="http://', f'src="{PROXY}http://')
    return proxied, _first_image(proxied) or source


def _first_image(body: str) -> str | None:
    # The reference's parser reads every raw text but style as markup, and decodes attributes.
    tags = (match["image"] for match in _IMAGE.finditer(body))
    image = next((tag for tag in tags if tag is not None), None)
    if image is None:
        return None
    source = _SOURCE.search(image)
    return unescape(source[1]) if source else ""


def _extras(article: Article, keys: Iterable[str]) -> dict[str, Any]:
    line = article.to_json() | {"link": article.url}
    return {key: line[key] for key in keys if line[key]}
