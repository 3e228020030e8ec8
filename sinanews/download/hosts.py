"""Where the spiders of an archive may go: the one place that says yes or no to a URL.

It is asked for each row of a list, and for each request: before its host's robots.txt is asked for,
and once more right before the network.
"""

import re
from collections.abc import Iterable

from scrapy import Request, Spider

from sinanews.exceptions import OffsiteError

# With all hosts below them: Sina's page families are on dozens of those, and old ones on hosts such
# as chanye.finance.sina.com.cn that nobody has a list of.
SINA = ("sina.com.cn", "sina.cn")
# Where Sina has its pictures since 2009; older ones are on hosts of the above. Pages are not asked
# for there.
PICTURES = ("sinaimg.cn",)
PICTURE = "picture"  # in a request's meta: that it is for a picture, wherever redirects lead it
LONGEST_URL = 2_000  # characters; Sina's have a hundred
PORTS = {"http": "80", "https": "443"}

NO_WEB = "its address is none of http or https"
FOREIGN = "its host is none of Sina's"
HAS_USER = "its address has a user or password"
HAS_PORT = "its address has a port"
UNREADABLE = "its address makes no sense"

# Of letters, digits, hyphens and underscores, in the lengths that the DNS has. So there is nothing
# that two clients could read as two hosts: no IP address in brackets, no backslash, no percent
# sign, no letter beyond ASCII, and no `xn--`, which stands for such letters and is none of Sina's.
_HOST = re.compile(r"(?:(?!xn--)[\w-]{1,63}\.){0,9}[\w-]{1,63}", re.ASCII | re.IGNORECASE)

_AFTER_AUTHORITY = re.compile(r"[/?#]")
_AFTER_PATH = re.compile(r"[?#]")


def refusal(url: str, domains: Iterable[str] = SINA) -> str | None:
    """Why a URL is not asked for, in words that are the same for all URLs of one fault; None for
    one that is: http or https on their own ports, at one of the domains or a host below it.

    Where clients differ in how they read a URL (https://url.spec.whatwg.org, RFC 3986, and those
    that follow neither), the answer is a reason.

    >>> refusal("https://finance.sina.com.cn/a.shtml"), refusal("http://sina.cn:80")
    (None, None)
    >>> refusal("https://sina.com.cn.example.com/a")
    "its host is none of Sina's"
    >>> refusal("https://news.example.org/a", domains=(*SINA, "example.org"))
    """
    scheme, _, rest = url.partition("://")
    if scheme not in PORTS:
        return NO_WEB
    authority, path = _split(rest)
    if "@" in authority:
        return HAS_USER
    host, colon, port = authority.partition(":")
    if not _HOST.fullmatch(host) or not _is_below(host.lower(), domains):
        return FOREIGN
    if colon and port != PORTS[scheme]:
        return HAS_PORT
    return None if _is_plain(url) and _is_plain_path(path) else UNREADABLE


def validate(request: Request, spider: Spider | None) -> None:
    """Raises OffsiteError for a request beyond the spider's `allowed_domains`, and beyond Sina's
    hosts for pictures where it is for one; a spider without any domains may ask for nothing."""
    domains = tuple(getattr(spider, "allowed_domains", None) or ())
    if domains and PICTURE in request.meta:
        domains += PICTURES
    if reason := refusal(request.url, domains):
        raise OffsiteError(reason)


def is_sinas(url: str) -> bool:
    """Whether a URL is one of Sina's own hosts."""
    return refusal(url) is None


def _split(rest: str) -> tuple[str, str]:
    """The authority, and the path without query and fragment."""
    authority = _AFTER_AUTHORITY.split(rest, maxsplit=1)[0]
    return authority, _AFTER_PATH.split(rest[len(authority) :], maxsplit=1)[0]


def _is_below(host: str, domains: Iterable[str]) -> bool:
    return any(host == domain or host.endswith(f".{domain}") for domain in domains)


def _is_plain(url: str) -> bool:
    """Whether there is nothing in it that one client drops and another one keeps."""
    return len(url) <= LONGEST_URL and url.isprintable() and not {" ", "\\"} & {*url}


def _is_plain_path(path: str) -> bool:
    """Whether it has no `..`, which would lead out of the folder that a mirror has for a host."""
    return not {".", ".."} & {*path.lower().replace("%2e", ".").split("/")}
