"""Pages that are nothing but a redirect, by a meta element or a script."""

import itertools
import re
from collections.abc import Iterator
from urllib.parse import urljoin

from scrapy.http import HtmlResponse, Response
from scrapy.utils.response import get_base_url

from sinanews.exceptions import BoundError
from sinanews.extraction import layouts, page
from sinanews.extraction.html5 import TEXT, children
from sinanews.extraction.layouts.base import Page
from sinanews.utils.text import well_formed

_LARGEST = 30_000  # bytes; pages with an article are several times as large
_MOST_TEXT = 200  # characters: 正在跳转, and a link for those who wait in vain
_MAY_LEAD = re.compile(
    rb"refresh|location(?:\.href)?\s{0,9}=|location\.(?:replace|assign)", re.IGNORECASE
)
_NO_TEXT = frozenset(("noscript", "script", "style", "template"))

# A refresh's seconds and address, by section "shared declarative refresh steps" of
# https://html.spec.whatwg.org/multipage/document-lifecycle.html.
_REFRESH = re.compile(
    r"""\s*+(?P<seconds>\d{1,9}|(?=\.))[\d.]*+(?:\s*+[;,]|\s)\s*+(?:url\s*+=\s*+)?+"""
    r"""(?P<quote>["']?)(?P<url>[^\s"'][^"']{0,2000})""",
    re.IGNORECASE,
)

# What a script has beside code: strings, and comments, which are no code though they may look so.
_STRING_OR_COMMENT = re.compile(
    r"""(?P<string>"(?:[^"\\\n]|\\.)*+"?+|'(?:[^'\\\n]|\\.)*+'?+|`(?:[^`\\]|\\.)*+`?+)"""
    r"""|//[^\n]*+|/\*(?:[^*]|\*(?!/))*+(?:\*/)?+""",
    re.DOTALL,
)
# The place that a browser is at, set to a string or to a variable; the string may stand in one, as
# in setTimeout("location.href='…'", 0).
_VALUE = (
    r"""\s*+(?:\\?+["'`](?P<url>[^"'`\s<>]{1,2000}?)\\?["'`]|(?P<name>[a-zA-Z_$][\w$]{0,60}+))"""
    r"""(?![\w$])(?:(?!\s*+[+.?(\[])|(?=\s*+\+\s*+(?:window\.|document\.)?location\.(?:search|hash)\b))"""
)
_TARGET = re.compile(
    r"""(?<![\w$.])(?:(?:window|self|top|parent|document)\.){0,3}"""
    r"""location(?:\.href)?(?:\s*+=(?!=)|\.(?:replace|assign)\s*+\()""" + _VALUE
)
_VARIABLE = re.compile(r"""(?<![\w$.])(?P<variable>[a-zA-Z_$][\w$]{0,60}+)\s*+=(?!=)""" + _VALUE)
_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|(.))", re.DOTALL)


def target(response: Response, most_seconds: int = 100) -> str | None:
    """Where a page leads that is nothing but a redirect; None for any other page.

    That is one without an article and with next to no text. One that has an article is never left,
    whatever its scripts do: those of real pages lead telephones to another page. A meta element
    that waits for `most_seconds` or longer does not count, by default as Scrapy has it.

    >>> page = b'<meta http-equiv=refresh content="0;url=/b.shtml">'
    >>> target(HtmlResponse("https://finance.sina.com.cn/a.shtml", body=page))
    'https://finance.sina.com.cn/b.shtml'
    """
    if not _may_lead(response):
        return None
    assert isinstance(response, HtmlResponse), "any other does not lead on"
    try:
        parsed = Page(response.text)
    except BoundError:
        return None
    if layouts.of(parsed) or page.is_soft_404(response) or not _is_next_to_empty(parsed):
        return None
    addresses = itertools.chain(_refreshes(parsed, most_seconds), _targets(_script(parsed)))
    address = next(addresses, None)
    return well_formed(_joined(get_base_url(response), address)) if address else None


def _may_lead(response: Response) -> bool:
    is_page = isinstance(response, HtmlResponse) and response.status == 200  # noqa: PLR2004 - HTTP's OK
    return is_page and len(response.body) < _LARGEST and bool(_MAY_LEAD.search(response.body))


def _is_next_to_empty(parsed: Page) -> bool:
    """Whether a page has hardly any text, its scripts aside. Ends where that is certain."""
    body = parsed.tree.body
    waiting = [body] if body else []
    characters = 0
    while waiting:
        for node in children(waiting.pop()):
            if node.tag == TEXT:
                characters += len((node.text_content or "").strip())
            elif node.tag not in _NO_TEXT:
                waiting.append(node)
            if characters > _MOST_TEXT:
                return False
    return True


def _refreshes(parsed: Page, most_seconds: int) -> Iterator[str]:
    """The addresses of meta elements that refresh the page soon, in its order."""
    for node in parsed.all("meta[http-equiv]"):
        attributes = node.attributes
        if (attributes.get("http-equiv") or "").strip().lower() == "refresh":
            match = _REFRESH.match(attributes.get("content") or "")
            if match and int(match["seconds"] or 0) < most_seconds:
                yield match["url"].strip()


def _script(parsed: Page) -> str:
    """The page's scripts and what is done when it is loaded, without comments."""
    scripts = [node.text() for node in parsed.all("script")]
    loaded = [node.attributes.get("onload") or "" for node in parsed.all("body[onload]")]
    return "\n".join(
        _STRING_OR_COMMENT.sub(lambda match: match["string"] or " ", script)
        for script in (*scripts, *loaded)
        if "userAgent" not in script  # sends phones elsewhere, or computers
    )


def _targets(script: str) -> Iterator[str]:
    """The addresses to which a script leads, in its order."""
    variables = {
        match["variable"]: match["url"] for match in _VARIABLE.finditer(script) if match["url"]
    }
    for match in _TARGET.finditer(script):
        if address := match["url"] or variables.get(match["name"]):
            yield _ESCAPE.sub(_unescaped, address)


def _unescaped(match: re.Match[str]) -> str:
    code = match[1] or match[2]
    return chr(int(code, 16)) if code else match[3]


def _joined(base: str, address: str) -> str:
    try:
        return urljoin(base, address)
    except ValueError:  # for brackets in the host, and the like
        return address
