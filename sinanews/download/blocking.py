"""How to tell that a site refuses us."""

import re

BLOCKED = "blocked: "  # how the reason begins with which a spider was closed
BLOCKED_STAT = "sinanews/blocked"  # the stat that holds why the site refuses us, once it does
REFUSALS = (403, 418, 429)
IN_A_ROW = 3  # one refusal may be a page's own; three in a row are meant for us
_SMALL = 30_000  # bytes; a captcha page is a form, an article page is several times this

# 验证码 and 访问过于频繁 in UTF-8 and GBK.
_WORDS = [word.encode(code) for word in ("验证码", "访问过于频繁") for code in ("utf-8", "gbk")]
_CAPTCHA = re.compile(b"|".join([rb"captcha", *map(re.escape, _WORDS)]), re.IGNORECASE)
_ARTICLE = re.compile(rb"id=[\"']?arti(?:body|cle)\b|art_content", re.IGNORECASE)


def is_captcha(body: bytes) -> bool:
    """Whether a page asks us to prove that we are no machine.

    >>> is_captcha("<form>请输入验证码</form>".encode("gbk"))
    True
    >>> is_captcha("<div id=artibody>短信验证码诈骗</div>".encode())
    False
    """
    return len(body) < _SMALL and bool(_CAPTCHA.search(body)) and not _ARTICLE.search(body)


def is_html(body: bytes) -> bool:
    """Whether a page of HTML stands where something else belongs.

    >>> is_html(b" <!DOCTYPE html>"), is_html(b'{"result": {}}')
    (True, False)
    """
    return body.lstrip()[:1] == b"<"


class Refusals:
    """Counts refusals in a row."""

    def __init__(self) -> None:
        self._count = 0

    def block_reason(self, status: int, body: bytes) -> str | None:
        """What a response says of us, once it is certain: the reason to stop, else None."""
        captcha = is_captcha(body)
        self._count = self._count + 1 if status in REFUSALS or captcha else 0
        if captcha:
            return "a captcha page"
        return f"HTTP {status}, {IN_A_ROW} times in a row" if self._count == IN_A_ROW else None
