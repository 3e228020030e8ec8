"""Articles as posts: the bytes and the path of the reference corpus, and reading them back.

The form and every departure from it stand in docs/format.md.
"""

import json
import re
import zlib
from collections.abc import Iterable, Sequence
from html import unescape
from pathlib import PurePosixPath
from typing import Any

import frontmatter
from frontmatter.default_handlers import YAMLHandler

from sinanews.channels import BY_NAME
from sinanews.items import Article
from sinanews.utils.times import rfc1123

ROOT = PurePosixPath("_posts")
PARENTS = ("金融", "新浪财经")
AUTHOR = "新浪财经"
TITLE_LIMIT = 150
NAME_LIMIT = 255  # bytes in a file name: ext4, and nearly every other file system
PROXY = "https://cors.zfour.workers.dev/?"

_UNSAFE = re.compile(r"[:/\\?*“”<>|\[\]]")
_NOT_IN_NAMES = re.compile(r"[#.\x00-\x1f\x7f]")
# What a YAML reader refuses, or reads as a line break of its own.
_NOT_IN_YAML = re.compile(
    r"[^\t\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]"
)

# Bodies are written with every attribute value between double quotes.
_IMAGE = re.compile(
    r"""<!--.*?-->|<style\b.*?</style>|<img(?P<image>(?:\s+[^\s=">]+(?:="[^"]*")?)*)\s*/?>""",
    re.DOTALL,
)
_SOURCE = re.compile(r'\ssrc="([^"]*)"')


class PostHandler(YAMLHandler):
    """python-frontmatter's handler for these posts: `dumps` of a loaded post gives its bytes."""

    def detect(self, text: str) -> bool:
        """Only posts of this form: the blank first line tells them from other YAML."""
        return text.startswith("\n---\ntitle: ")

    def export(self, metadata: dict[str, object], **_: object) -> str:
        """The front matter's lines, keys in the order of the metadata."""
        return "\n".join(_entry(key, value) for key, value in metadata.items())

    def format(self, post: frontmatter.Post, **_: object) -> str:
        """The whole post; braces are escaped so that no template engine reads them."""
        text = f"\n---\n{self.export(post.metadata)}\n---\n\n{post.content}\n{' ' * 12}"
        return text.replace("{", "&#123;").replace("}", "&#125;")


# frontmatter.load(path) asks the handlers in turn; the YAML one would read these posts as well,
# but could not write them again.
frontmatter.handlers.insert(0, PostHandler())


def render(article: Article, body: str, extra_keys: Iterable[str] = ()) -> bytes:
    """The post's bytes, with `body` (HTML) as its body.

    Raises ValueError for an article without any time, and KeyError for an unknown extra key.
    """
    moment = article.first_seen or article.published
    if moment is None:
        raise ValueError(f"{article.url}: a post needs first_seen or published")
    body, picture = _head_image(body, article.docid)
    metadata: dict[str, Any] = {
        "title": title(article.title),
        "categories": _categories(article.channels),
        "headimg": picture,
        "author": AUTHOR,
        "comments": False,
        "date": rfc1123(moment),
        "thumbnail": picture,
    }
    metadata |= _extras(article, extra_keys)
    post = frontmatter.Post(f"<div>   \n{body}  \n</div>", PostHandler(), **metadata)
    return frontmatter.dumps(post).encode()


def path(raw_title: str, channels: Sequence[str], docid: str) -> PurePosixPath:
    """The post's path below the output folder: the title's own, whoever else may have it.

    >>> print(path("CPI同比上涨1.4%", ["guonei"], "mcwi0009927313").name)
    CPI同比上涨14%.md
    """
    return folder(channels) / name(raw_title, docid)


def folder(channels: Sequence[str]) -> PurePosixPath:
    """Where the posts of articles first listed by a channel lie, below the output folder."""
    return ROOT.joinpath(*_categories(channels))


def name(raw_title: str, docid: str) -> str:
    """A post's file name."""
    stem = _NOT_IN_NAMES.sub("", title(raw_title))
    return f"{stem if stem.strip() else docid}.md"


def taken_path(own: PurePosixPath, docid: str) -> PurePosixPath:
    """The path of a post whose own path belongs to another docid.

    >>> print(taken_path(PurePosixPath("a/标题.md"), "mcwi0009927313"))
    a/标题 mcwi0009927313.md
    """
    tail = f" {docid}.md"
    room = NAME_LIMIT - len(tail.encode())
    return own.with_name(own.stem.encode()[:room].decode(errors="ignore") + tail)


def title(raw: str) -> str:
    """The title as front matter has it: limited in length, twelve characters made `_`.

    >>> title("“A”：[图]?")
    '_A_：_图__'
    """
    return _UNSAFE.sub("_", _limited(raw.strip()))


def _limited(text: str) -> str:
    """Cut before the character that passes the limit: ASCII weighs 1, each other UTF-16 unit 2."""
    if len(text.encode("utf-16-le")) <= TITLE_LIMIT:  # nothing weighs more than its UTF-16
        return text
    weight = 0
    for position, character in enumerate(text):
        weight += 1 if character.isascii() else len(character.encode("utf-16-le"))
        if weight > TITLE_LIMIT:
            return text[:position] + "..."
    return text


def _categories(channels: Sequence[str]) -> list[str]:
    return [*PARENTS, *(f"{AUTHOR}－{BY_NAME[name].title}" for name in channels[:1])]


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
    tags = (found["image"] for found in _IMAGE.finditer(body))
    image = next((tag for tag in tags if tag is not None), None)
    if image is None:
        return None
    source = _SOURCE.search(image)
    return unescape(source[1]) if source else ""


def _extras(article: Article, keys: Iterable[str]) -> dict[str, Any]:
    line = article.to_json() | {"link": article.url}
    return {key: line[key] for key in keys if line[key]}


def _entry(key: str, value: object) -> str:
    if isinstance(value, bool):
        return f"{key}: {str(value).lower()}"
    if isinstance(value, list):
        form = str if key == "categories" else quoted
        return f"{key}: " + "".join(f"\n - {form(str(item))}" for item in value)
    return f"{key}: {value if key in {'author', 'date'} else quoted(str(value))}"


def quoted(text: str) -> str:
    """The text in the reference's quotes where YAML reads them back, else in quotes that it does.

    >>> print(quoted('绿色"股票"'), quoted("it's"), quoted('it\\'s "x"'), quoted("a\\nb"))
    '绿色"股票"' "it's" 'it''s "x"' "a\\nb"
    """
    if _NOT_IN_YAML.search(text):
        escaped = json.dumps(text, ensure_ascii=False)
        return _NOT_IN_YAML.sub(lambda found: f"\\u{ord(found[0]):04x}", escaped)
    if "'" not in text:
        return f"'{text}'"
    if '"' not in text:
        return f'"{text}"'
    return "'" + text.replace("'", "''") + "'"
