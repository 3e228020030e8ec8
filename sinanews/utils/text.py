"""What any text of Sina's needs before it is a value."""

import html
import re

# Leading zeros count for nothing, and with eight digits a number is beyond Unicode.
_LONG_REFERENCE = re.compile(r"&#0*+([0-9]{1,8})[0-9]*")
_LONG = 4_000  # characters; Python refuses numbers of a few more digits


def line(text: str) -> str | None:
    """The text as one line: white space of all kinds, U+3000 and nbsp too, as single spaces.

    >>> line(" 　2026年\\xa0 国内\\n ")
    '2026年 国内'
    >>> line(" 　 ") is None
    True
    """
    return " ".join(text.split()) or None


def well_formed(text: str) -> str:
    """Half a surrogate pair, which JSON can carry and UTF-8 cannot, becomes U+FFFD.

    >>> well_formed("a\\ud83db")
    'a\\ufffdb'
    """
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def unescape(text: str) -> str:
    """The text with its character references decoded, those with thousands of digits too.

    >>> unescape("AT&amp;T &#65;"), unescape("&#" + 5_000 * "9" + ";x")
    ('AT&T A', '\ufffdx')
    """
    if len(text) > _LONG:
        text = _LONG_REFERENCE.sub(r"&#\1", text)
    return html.unescape(text)
