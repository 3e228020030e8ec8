"""What text of Sina's needs before it is a value, and before anybody is shown it."""

import html
import json
import re

# Characters that a terminal or a reader obeys instead of showing: C0, DEL and C1 (terminal escapes
# begin with one of them), the separators that end a line, and what turns the direction of writing,
# by which text can be made to look like another (https://trojansource.codes/).
_BIDI = "\u061c\u200e\u200f\u202a-\u202e\u2066-\u206f"
_CONTROL = re.compile(rf"[\x00-\x1f\x7f-\x9f\u2028\u2029{_BIDI}]")
_CONTROL_BUT_TAB = re.compile(rf"[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028\u2029{_BIDI}]")
_CONTROL_BUT_LINES = re.compile(rf"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029{_BIDI}]")
_LINE_BREAK = re.compile(r"\r\n|[\t-\r\x1c-\x1e\x85\u2028\u2029]")

_AT = r"(?:[@＠]|&\#0{0,5}64;?|&\#[xX]0{0,5}40;?|&commat;|%40|\\u0040|\\x40)"
_DOT = r"(?:\.|&\#0{0,5}46;?|&\#[xX]0{0,5}2[eE];?|&period;|%2[eE]|\\u002[eE])"
# An address with its @ and dots as text, markup, a URL or a script may have them; `logo@2x.png`
# is none. All parts are bounded, so that a search takes time in proportion to the text.
_MAIL = re.compile(
    rf"""
    [A-Za-z0-9._%+\-]{{1,64}} {_AT}
    (?! [0-9]x\.(?:png|jpe?g|gif|webp|svg)\b )
    (?P<host>
        (?: (?:[A-Za-z0-9_\-]{{1,63}}{_DOT}){{1,8}}  # it ends where Chinese text goes on
        | (?:[\w\-]{{1,63}}{_DOT}){{1,8}} )
        [A-Za-z][A-Za-z0-9\-]{{1,62}}
    )
    """,
    re.VERBOSE,
)
# What an address has somewhere: nearly all texts have none of these and need not be searched. They
# are looked for by their first characters, since one alone is found, or missed, many times faster.
_SIGNS_OF_MAIL = {
    "@": ("@",),
    "＠": ("＠",),
    "&": ("&#", "&commat;"),
    "%": ("%40",),
    "\\": ("\\u0040", "\\x40"),
}
_ANY_DOT = re.compile(_DOT)
# Where the people at Sina have their addresses: their staff's, and the mail services of its own.
_SINAS = re.compile(r"(?:.*\.)?(?:sina\.com|sina\.com\.cn|sina\.cn|sina-inc\.com|weibo\.com)")
LEFT_OUT = "…"  # stands in the place of an address

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


def plain_line(text: str) -> str:
    """The text as one line without control characters: a tab or line break of any kind becomes a
    space; other control characters go, and so does what turns the direction of writing. All other
    white space stays as it is.

    >>> plain_line("CPI\\x1b[31m 上涨  1%\\r\\n\\u202e涨\\x07")
    'CPI[31m 上涨  1% 涨'
    """
    if text.isprintable():  # as nearly all is, and faster to tell
        return text
    return _CONTROL.sub("", _LINE_BREAK.sub(" ", text))


def plain_text(text: str) -> str:
    """The text without control characters, as `plain_line`, but with its line feeds and tabs.

    >>> plain_text("a\\x1b[2J\\tb\\nc\\u2066")
    'a[2J\\tb\\nc'
    """
    if text.replace("\n", "").isprintable():  # as above
        return text
    return _CONTROL_BUT_LINES.sub("", text)


def printable(text: str) -> str:
    """The text as a line of a terminal or log: what `plain_line` would take away is shown by its
    number. A tab stays.

    >>> print(printable("a\\x1b[31m\\nb\\u202e"))
    a\\x1b[31m\\nb\\u202e
    """
    return _CONTROL_BUT_TAB.sub(lambda match: ascii(match[0])[1:-1], text)


def json_text(value: object) -> str:
    """The value as indented JSON of readable text: its control characters, DEL, C1 and those of
    `printable` too, are escaped.

    >>> print(json_text(["涨\\x1b\\x9b\\u202e"]))
    [
     "涨\\u001b\\u009b\\u202e"
    ]
    """
    lines = json.dumps(value, ensure_ascii=False, indent=1).split("\n")
    return "\n".join(_CONTROL.sub(lambda m: f"\\u{ord(m[0]):04x}", line) for line in lines)


def without_mail(text: str, left_out: str = LEFT_OUT) -> str:
    """The text with `left_out` in place of each e-mail address, however its @ and dots are written.

    >>> without_mail("联系zhang.san@example.com，图logo@2x.png")
    '联系…，图logo@2x.png'
    >>> without_mail('<a href="mailto:li%40mail.example.cn">li&#64;mail&#46;example.cn</a>')
    '<a href="mailto:…">…</a>'
    """
    return _MAIL.sub(left_out, text) if _may_have_mail(text) else text


def without_sinas_mail(text: str) -> str:
    """The same for addresses at Sina, which its staff have; others are the article's own.

    >>> without_sinas_mail("投稿：li@staff.sina.com.cn，公司：ir@example.com")
    '投稿：…，公司：ir@example.com'
    >>> without_sinas_mail("问li@staff.sina.com.cn或wang.li@vip.sina.com，见news.example.com")
    '问…或…，见news.example.com'
    """
    if not _may_have_mail(text):
        return text
    return _MAIL.sub(lambda match: LEFT_OUT if _is_sinas(match["host"]) else match[0], text)


def _may_have_mail(text: str) -> bool:
    return any(
        sign in text for first, signs in _SIGNS_OF_MAIL.items() if first in text for sign in signs
    )


def _is_sinas(host: str) -> bool:
    return bool(_SINAS.fullmatch(_ANY_DOT.sub(".", host).lower()))
