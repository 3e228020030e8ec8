"""Addresses: an article's docid and canonical URL, the roll API's URL, the mirror's."""

import re
import zlib
from urllib.parse import urlsplit

import ada_url
from w3lib.url import add_or_replace_parameters

from sinanews.channels import Channel

ROLL = "https://feed.mix.sina.com.cn/api/roll/get"
FRONT_PAGE = "https://finance.sina.com.cn/"  # the Referer that Sina's own pages send
ROWS_PER_PAGE = 50  # the roll API silently clamps num to it
ID_LIMIT = 150  # bytes of an id that is made of a path

_WEB_URL = re.compile(r"https?://[^\s<>\"\x00-\x20\x7f-\x9f]+", re.IGNORECASE)

_ABSOLUTE = re.compile(r"(?:https?:)?//", re.IGNORECASE)

# Since 2014; .d.html is mobile. Longer ids than these could not name files.
_DATED = re.compile(r"/(?:doc|detail)-i([a-z0-9]{1,64})(?:_\d{1,3})?\.(?:d\.)?s?html")
_DOCIDS = (
    _DATED,
    re.compile(r"/article_(\w{1,32}?_\w{1,32})\.html", re.ASCII),  # k.sina.com.cn
    re.compile(r"/articles/view/(\d{1,32}/\w{1,32})(?!\w)", re.ASCII),  # t.cj.sina.com.cn
    re.compile(r"/(blog_\w{1,32})\.html", re.ASCII),  # blog.sina.com.cn, blog.sina.cn
)
# The page of an article behind the first one, by its number: …/doc-iktzscza0009001_2.shtml, and
# …/164119339416_3.shtml of 2009. Only behind such ids, for other names may end so by themselves.
_PART = re.compile(
    r"(?<=/)(?P<id>(?:doc|detail)-i[a-z0-9]{1,64}|\d{6,20})_(?P<number>[1-9]\d{0,2})"
    r"(?P<ending>(?:\.d)?\.s?html?)\Z",
    re.ASCII,
)
_SUFFIX = re.compile(r"\.\w+$")
_NOT_IN_IDS = re.compile(r"[^\w.]+")


def docid(url: str) -> str:
    """The identity that a URL carries; for the old pages without one, the path itself.

    >>> docid("https://finance.sina.com.cn/china/gncj/2022-08-08/doc-imcwi0009927313.shtml")
    'mcwi0009927313'
    >>> docid("https://finance.sina.cn/sa/2005-08-26/detail-ikknscsi2623250.d.html")
    'kknscsi2623250'
    >>> docid("http://t.cj.sina.com.cn/articles/view/6479293414/182322be600100i6z0")
    '6479293414-182322be600100i6z0'
    >>> docid("http://blog.sina.com.cn/s/blog_4c1000170102vkds.html?tj=fina")
    'blog-4c1000170102vkds'
    >>> docid("http://chanye.finance.sina.com.cn/sm/2005-03-21/244339.shtml")
    'chanye.finance.sina.com.cn-sm-2005-03-21-244339'
    >>> docid("https://finance.sina.com.cn/blog/7043123")
    'finance.sina.com.cn-blog-7043123'

    An article's further pages have that of the first.

    >>> docid("https://news.sina.com.cn/c/sd/2009-12-25/164119339416_3.shtml")
    'news.sina.com.cn-c-sd-2009-12-25-164119339416'
    """
    for pattern in _DOCIDS:
        if match := pattern.search(url):
            return match[1].replace("/", "-").replace("_", "-")
    return _path_id(url)


def _path_id(url: str) -> str:
    """Short enough for the name of a file."""
    parts = urlsplit(url)
    path = _SUFFIX.sub("", without_part(parts.path)[0])
    name = _NOT_IN_IDS.sub("-", parts.netloc + path).strip("-")
    if len(name.encode()) <= ID_LIMIT:
        return name
    return f"{name.encode()[:ID_LIMIT].decode(errors='ignore')}-{zlib.crc32(name.encode()):08x}"


def without_part(path: str) -> tuple[str, int | None]:
    """The path of an article's first page, and the number that a path has as one of its pages; None
    where it has none.

    >>> without_part("/c/sd/2009-12-25/164119339416_3.shtml")
    ('/c/sd/2009-12-25/164119339416.shtml', 3)
    >>> without_part("/article_6479293414_182322be600100i6z0.html")
    ('/article_6479293414_182322be600100i6z0.html', None)
    """
    match = _PART.search(path)
    if not match:
        return path, None
    return f"{path[: match.start()]}{match['id']}{match['ending']}", int(match["number"])


def bare_docid(listed: str) -> str:
    """The docid without the prefix that the list gives it.

    >>> bare_docid("comos:mcwi0009927313")
    'mcwi0009927313'
    """
    return listed.rpartition(":")[2]


def canonical(url: str) -> str:
    """https, without its own port, query and fragment: what a listed URL is requested as. A scheme
    that is none of the web's stays, and so does what cannot be read as a URL.

    >>> canonical("//finance.sina.com.cn/a.shtml?from=wap#top")
    'https://finance.sina.com.cn/a.shtml'
    >>> canonical("http://Finance.Sina.com.cn:80/a.shtml")
    'https://finance.sina.com.cn/a.shtml'
    >>> canonical("https://[finance.sina.com.cn/a.shtml")
    'https://[finance.sina.com.cn/a.shtml'
    """
    try:
        parts = urlsplit(url.strip())
    except ValueError:  # for brackets in the host, and the like
        return url
    host = parts.netloc.lower().removesuffix(":80" if parts.scheme == "http" else ":443")
    scheme = "https" if parts.scheme in {"http", ""} else parts.scheme
    return parts._replace(scheme=scheme, netloc=host, query="", fragment="").geturl()


def is_web_url(url: str) -> bool:
    """Whether a URL is one of the web, written so that it can stand in any text.

    >>> is_web_url("https://n.sinaimg.cn/a.png"), is_web_url("javascript:x"), is_web_url("/a.png")
    (True, False, False)
    """
    return bool(_WEB_URL.fullmatch(url)) and ada_url.check_url(url)


def picture_address(source: str) -> str | None:
    """The address that a picture's `src` leads to, as it is asked for and known here: absolute,
    https, as browsers read it, without fragment. None where that is none of the web.

    >>> picture_address("//n.sinaimg.cn/a b.png#top"), picture_address("data:image/png;base64,x")
    ('https://n.sinaimg.cn/a%20b.png', None)
    >>> picture_address("http://n.sinaimg.cn:80/a.png"), picture_address("a.png")
    ('https://n.sinaimg.cn/a.png', None)
    """
    if not _ABSOLUTE.match(source.strip()):
        return None
    try:
        parsed = ada_url.URL(source, FRONT_PAGE)
    except ValueError:
        return None
    parsed.hash = ""
    return f"https://{parsed.href.partition('://')[2]}"


def roll_url(channel: Channel, page: int) -> str:
    """The roll API's URL for a page, from 1, of a channel."""
    query = {
        "pageid": channel.pageid,
        "lid": channel.lid,
        "k": "",
        "num": ROWS_PER_PAGE,
        "page": page,
    }
    return add_or_replace_parameters(ROLL, {name: str(value) for name, value in query.items()})


def is_roll_url(url: str) -> bool:
    """Whether a URL is one of the roll API's, of whatever page and channel."""
    return url.partition("?")[0] == ROLL


def mirrored(url: str, mirror: str) -> str:
    """Where a mirror keeps `https://HOST/PATH?QUERY`: at `MIRROR/HOST/PATH?QUERY`.

    >>> mirrored("https://finance.sina.com.cn/a?b=1", "http://127.0.0.1:8000/")
    'http://127.0.0.1:8000/finance.sina.com.cn/a?b=1'
    """
    return f"{mirror.rstrip('/')}/{url.partition('://')[2]}"


def original(url: str, mirror: str) -> str:
    """The URL that a mirror's own address stands for; any other URL as it is.

    >>> original("http://127.0.0.1:8000/finance.sina.com.cn/a", "http://127.0.0.1:8000")
    'https://finance.sina.com.cn/a'
    """
    root = mirror.rstrip("/") + "/"
    return f"https://{url.removeprefix(root)}" if url.startswith(root) else url
