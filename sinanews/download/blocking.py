"""How to tell that a site refuses us."""

import re
from collections import Counter, deque
from urllib.parse import urlsplit

BLOCKED = "blocked: "  # how the reason begins with which a spider was closed
BLOCKED_STAT = "sinanews/blocked"  # the stat that holds why the site refuses us, once it does
FAILED_BEFORE = "failed_before"  # in a request's meta: why its page could not be had last time
REFUSALS = (403, 418, 429)
LAST_ANSWERS = 20  # article pages by whose answers we judge
LEAST_REFUSALS = 3  # among them: one refusal may be a page's own
CAPTCHA_PAGE = "a captcha page"
LOGIN_PAGE = "a login page"
_SMALL = 30_000  # bytes; a captcha page is a form, an article page is several times this

# 验证码 and 访问过于频繁 in UTF-8 and GBK.
_WORDS = [word.encode(code) for word in ("验证码", "访问过于频繁") for code in ("utf-8", "gbk")]
_CAPTCHA = re.compile(b"|".join([rb"captcha", *map(re.escape, _WORDS)]), re.IGNORECASE)
_ARTICLE = re.compile(rb"id=[\"']?arti(?:body|cle)\b|art_content", re.IGNORECASE)
_LOGIN = re.compile(rb"<title>\s*Sina Visitor System", re.IGNORECASE)
_LOGIN_HOST = re.compile(r"(?:passport|login)\.(?:sina|weibo)\.(?:com\.cn|com|cn)")


def is_captcha(body: bytes) -> bool:
    """Whether a page that is no article asks us to prove that we are no machine.

    >>> is_captcha("<form>请输入验证码</form>".encode("gbk"))
    True
    >>> is_captcha("<div id=artibody>短信验证码诈骗</div>".encode())
    False
    """
    return len(body) < _SMALL and bool(_CAPTCHA.search(body)) and not _ARTICLE.search(body)


def is_login_page(body: bytes) -> bool:
    """Whether a page wants to know who we are.

    >>> is_login_page(b"<html><title>Sina Visitor System</title>")
    True
    """
    return len(body) < _SMALL and bool(_LOGIN.search(body)) and not _ARTICLE.search(body)


def is_login_url(url: str) -> bool:
    """Whether one logs in there.

    >>> is_login_url("https://passport.weibo.com/visitor/visitor?entry=sinanews")
    True
    """
    return _LOGIN_HOST.fullmatch(urlsplit(url).hostname or "") is not None


def list_refusal(status: int, body: bytes) -> str | None:
    """How an answer of the list refuses us; None for one that does not, read or not.

    A row's title may have any word in it, so what has a `result` is no captcha page.

    >>> list_refusal(200, b'{"result": {"data": [{"title": "Google reCAPTCHA"}]}}')
    >>> list_refusal(200, b"<html><h1>Welcome")
    "HTML where the list's JSON belongs"
    """
    if status in REFUSALS:
        return f"HTTP {status}"
    if b'"result"' in body or status != 200:  # noqa: PLR2004 - errors come with pages of any kind
        return None
    if is_captcha(body):
        return CAPTCHA_PAGE
    if is_login_page(body):
        return LOGIN_PAGE
    return "HTML where the list's JSON belongs" if body.lstrip()[:1] == b"<" else None


class Refusals:
    """Counts how many of the last article pages were refused."""

    def __init__(self) -> None:
        self._answers: deque[str | None] = deque(maxlen=LAST_ANSWERS)

    def block_reason(self, refusal: str | None) -> str | None:
        """Adds what a page's answer was, a kind of refusal or none. Returns the reason to stop once
        it is certain that the site means us: when half of the last pages are refused.

        >>> refusals = Refusals()
        >>> [refusals.block_reason(refusal) for refusal in ("HTTP 403", None, "HTTP 403")]
        [None, None, None]
        >>> refusals.block_reason("a captcha page")
        'HTTP 403 (2), a captcha page (1): 3 of the last 4 article pages'
        """
        self._answers.append(refusal)
        kinds = Counter(filter(None, self._answers))
        count, answers = kinds.total(), len(self._answers)
        if count < LEAST_REFUSALS or count * 2 < answers:
            return None
        named = [f"{kind} ({n})" if len(kinds) > 1 else kind for kind, n in kinds.most_common()]
        return f"{', '.join(named)}: {count} of the last {answers} article pages"
