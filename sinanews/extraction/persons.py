"""What a page says of persons who are none of its article's: addresses, and readers' comments."""

import re

from scrapy.http import HtmlResponse
from w3lib.encoding import read_bom

from sinanews.extraction.encodings import decode
from sinanews.utils.text import LEFT_OUT, without_mail

# Where Sina's pages have their readers' comments, such as `<div class="sina-comment-list">`.
_COMMENTS = re.compile(
    r"""
    < (?P<tag> div|section|ul|ol|dl|aside ) \b
    (?= [^<>]{0,500}? \b (?:class|id|comment-type) \s?=\s?
        (?: ["'] [^"'<>]{0,200}? | [^\s"'<>]{0,200}? ) (?:omment|cmnt) )  # Sina has `_omment` too
    [^<>]{0,2000} >
    """,
    re.VERBOSE | re.IGNORECASE,
)
_BOUNDARIES = {
    tag: re.compile(rf"<(?P<end>/?){tag}\b", re.IGNORECASE)
    for tag in ("div", "section", "ul", "ol", "dl", "aside")
}
# A reader's name or words in a script, or in an address or attribute of a comment's buttons.
_READER = re.compile(
    r"""
    (?P<name> \b (?: nick(?:_?name)? | screen_?name | user_?name | userlnk )
        \\?["']? \s{0,9} [:=] \s{0,9} )
    (?P<value> \\?"[^"\\<>\n]{0,200} | \\?'[^'\\<>\n]{0,200} | [^\s"'&<>;,(){}\[\]]{1,200} )
    """,
    re.VERBOSE | re.IGNORECASE,
)

_QUOTE = re.compile(r"""\\?["']?""")


def without_persons(page: bytes, content_type: str) -> bytes:
    """A page without e-mail addresses and readers' comments. One that has none is as it was; any
    other is decoded as it is to be read, and written again in the same encoding."""
    response = HtmlResponse("", body=page, headers={"Content-Type": content_type})
    text, encoding, *_ = decode(response)
    kept = without_mail(without_readers(text))
    if kept != text:
        _, bom = read_bom(page)
        page = (bom or b"") + kept.encode(encoding, "xmlcharrefreplace")
    # Once more byte by byte: under a wrong label a Chinese character may take part of an address.
    return without_mail(page.decode("latin-1"), "...").encode("latin-1")


def without_readers(html: str) -> str:
    """A page without its readers' comments and names: elements whose class or id says that they
    hold comments become empty, and names in scripts and attributes …

    >>> without_readers('<p>a</p><div class="cmnt-list"><div>张三</div>b</div><p>"nick":"张三"</p>')
    '<p>a</p><div class="cmnt-list"></div><p>"nick":"…"</p>'
    """
    pieces: list[str] = []
    position = 0
    while start := _COMMENTS.search(html, position):
        pieces.append(html[position : start.end()])
        position = _end_of_element(html, start.end(), start["tag"])
    return _READER.sub(_nameless, "".join([*pieces, html[position:]]))


def _end_of_element(html: str, position: int, tag: str) -> int:
    """Where the end tag stands that belongs to a start tag of which `position` is the end; the end
    of the page where there is none."""
    depth = 1
    for boundary in _BOUNDARIES[tag.lower()].finditer(html, position):
        depth += -1 if boundary["end"] else 1
        if depth == 0:
            return boundary.start()
    return len(html)


def _nameless(match: re.Match[str]) -> str:
    quote = _QUOTE.match(match["value"])
    assert quote, "it may be empty"
    return f"{match['name']}{quote[0]}{LEFT_OUT}"
