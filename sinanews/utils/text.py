"""What any text of Sina's needs before it is a value."""


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
