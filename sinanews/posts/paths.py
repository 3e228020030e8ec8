"""Where a post lies: its title made a file name, below the categories of its channel.

The form and every departure from the reference corpus stand in docs/format.md.
"""

import re
from collections.abc import Sequence
from functools import cache

from sinanews.channels import BY_NAME
from sinanews.utils.text import plain_line

ROOT = "_posts"
PARENTS = ("金融", "新浪财经")
AUTHOR = "新浪财经"
TITLE_LIMIT = 150
NAME_LIMIT = 255  # bytes in a file name: ext4, and nearly every other file system

_UNSAFE = re.compile(r"[:/\\?*“”<>|\[\]]")
_NOT_IN_NAMES = re.compile(r"[#.]")
# What is in names that Hexo and every file system take: of ASCII these, and all other characters
# but white space, which is a space each, and a few of no width or meaning.
_NOT_IN_HEXOS = re.compile(r"[^\w \-(),.\u0080-\U0010ffff]|[\ufeff\ufff9-\uffff]", re.ASCII)
# Between full stops, spaces and underscores: Windows drops those at the end, and Hexo passes over
# names that begin so (isHiddenFile in hexo/dist/plugins/processor/common.js).
_EDGES = "._ "
_HAS_ASCII = re.compile(r"[A-Za-z0-9]")  # as every docid
_NUMBER_BEHIND = re.compile(r" \d+\Z", re.ASCII)
# Names of Windows' own devices, whatever stands behind the first dot:
# https://learn.microsoft.com/windows/win32/fileio/naming-a-file
_DEVICE = re.compile(r"(?:con|prn|aux|nul|conin\$|conout\$|(?:com|lpt)[0-9¹²³]) *", re.IGNORECASE)


def post_path(title: str, channels: Sequence[str], docid: str, *, taken: int = 0) -> str:
    """A post's path below the output folder, by its title as listed; `taken` says how many of the
    paths that it could have are other articles'.

    >>> post_path("CPI同比上涨1.4%", ["guonei"], "mcwi0009927313")
    '_posts/金融/新浪财经/新浪财经－国內/CPI同比上涨14%.md'
    >>> post_path("标题", [], "mcwi0009927313", taken=True)
    '_posts/金融/新浪财经/标题 mcwi0009927313.md'
    >>> post_path("Con", [], "mcwi0009927313"), post_path("标题", [], "mcwi0009927313", taken=2)
    ('_posts/金融/新浪财经/Con mcwi0009927313.md', '_posts/金融/新浪财经/标题 mcwi0009927313 2.md')
    """
    stem = _NOT_IN_NAMES.sub("", post_title(title))
    stem = stem if stem.strip() else docid
    if taken or _DEVICE.fullmatch(stem):
        stem = _with_docid(stem, docid, taken)
    return f"{_folder(*channels[:1])}/{stem}.md"


def path_beside(path: str, docid: str, *, taken: int = 0) -> str:
    """The path of a post that lies in a folder already, by its path there, as `post_path` is by
    its title.

    >>> path_beside("_posts/a/标题.md", "mcwi0009927313")
    '_posts/a/标题.md'
    >>> path_beside("_posts/a/标题.md", "mcwi0009927313", taken=1)
    '_posts/a/标题 mcwi0009927313.md'
    """
    if not taken:
        return path
    folder, _, name = path.rpartition("/")
    return f"{folder}/{_with_docid(name.removesuffix('.md'), docid, taken)}.md"


def hexo_path(path: str, docid: str) -> str:
    """The path in `POST_STYLE=hexo` of the post that has a path in the other style: the same, if
    every file system and Hexo take it and no other article's could come to be it; else with what
    is not taken replaced or left out, and the docid behind it.

    So two articles have two paths, and the path of a path is itself.

    >>> hexo_path("_posts/金融/粮价早报.md", "mcwi0009927313")
    '_posts/金融/粮价早报.md'
    >>> hexo_path("_posts/金融/_图_增长14%.md", "mcwi0009927313")
    '_posts/金融/图_增长14％ mcwi0009927313.md'
    >>> hexo_path("_posts/金融/图_增长14％ mcwi0009927313.md", "mcwi0009927313")
    '_posts/金融/图_增长14％ mcwi0009927313.md'
    """
    root, *folders, name = path.split("/")
    stem, own = name.removesuffix(".md"), _in_hexo(docid)
    parts = [_in_hexo(part) for part in (*folders, stem)]
    last = _NUMBER_BEHIND.sub("", stem).rpartition(" ")[2]
    may_be_others = _HAS_ASCII.search(last) and (" " in stem or last.isascii()) and last != own
    if parts != [*folders, stem] or may_be_others or _DEVICE.fullmatch(stem):
        begin, _, number = parts[-1].rpartition(own) if last == own else (parts[-1], "", "")
        room = NAME_LIMIT - len(f" {own}{number}.md".encode())
        begin = begin.encode()[:room].decode(errors="ignore").rstrip(_EDGES)
        parts[-1] = f"{begin} {own}{number}".lstrip()
    return "/".join((root, *parts)) + ".md"


def _in_hexo(name: str) -> str:
    """A name without what Hexo or a file system does not take. What is ASCII becomes what looks
    like it, of full width."""
    taken = _NOT_IN_HEXOS.sub(_of_full_width, " ".join(plain_line(name).split()))
    return " ".join(taken.split()).strip(_EDGES)  # some stood between spaces


def _of_full_width(match: re.Match[str]) -> str:
    return chr(ord(match[0]) + 0xFEE0) if match[0].isascii() else ""


def _with_docid(stem: str, docid: str, taken: int) -> str:
    tail = f" {docid} {taken}" if taken > 1 else f" {docid}"
    room = NAME_LIMIT - len(f"{tail}.md".encode())
    return stem.encode()[:room].decode(errors="ignore") + tail


@cache
def _folder(*channel: str) -> str:
    return "/".join((ROOT, *categories(channel)))


def categories(channels: Sequence[str]) -> list[str]:
    """A post's categories, of which the last is its first channel's."""
    return [*PARENTS, *(f"{AUTHOR}－{BY_NAME[name].title}" for name in channels[:1])]


def post_title(title: str) -> str:
    """The title as front matter has it: one line without control characters, limited in length,
    twelve characters made `_`.

    >>> post_title("“A”：[图]?")
    '_A_：_图__'
    """
    return _UNSAFE.sub("_", _limited(plain_line(title).strip()))


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
