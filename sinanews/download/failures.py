"""Why a download failed, in words that are the same for all pages of one fault."""

from collections.abc import Iterator
from urllib.parse import urlsplit

from scrapy import Request
from scrapy.exceptions import DownloadFailedError

from sinanews.download.hosts import NO_WEB

_BROKE = "the connection broke"
_NO_CONNECTION = "no connection can be made"
_NO_HTTP = "the answer is not HTTP"
_PROXY_REFUSALS = {"TunnelError", "ClientHttpProxyError"}  # Twisted's in Scrapy, aiohttp's
_UNSAFE = "the certificate or the encryption is not accepted"
_OTHER_NAME = "the certificate is for another name"
# By the number that OpenSSL gives the fault, X509_V_ERR_… in its x509_vfy.h.
_DISTRUST = {
    9: "the certificate is not valid yet: is this machine's clock right?",
    10: "the certificate has expired",
    18: "the certificate is self-signed",
    19: "the certificate is of an authority that is not trusted here",
    20: "the certificate is of an authority that is not trusted here",
    62: _OTHER_NAME,
    64: _OTHER_NAME,  # than the IP address that was asked
}
# By the names of classes, the first that fits, so that no client library has to be imported which
# is not in use: Scrapy's own errors, and behind its DownloadFailedError those of Twisted, OpenSSL
# and aiohttp.
_REASONS = {
    "DownloadTimeoutError": "no answer in {seconds:g} s",
    "CannotResolveHostError": "the address of {host} cannot be found: is this machine offline?",
    "DownloadConnectionRefusedError": "connection refused",
    "DownloadCancelledError": "the body is larger than DOWNLOAD_MAXSIZE",
    "ResponseDataLossError": "the body was cut off",
    "UnsupportedURLSchemeError": NO_WEB,
    "ProxyError": "the proxy refuses the connection",
    "ClientSSLError": _UNSAFE,
    "VerificationError": _OTHER_NAME,  # of service_identity, which looks at names only
    "SSLError": _UNSAFE,
    "OpenSSL.SSL.Error": _UNSAFE,
    "ClientResponseError": _NO_HTTP,
    "ParseError": _NO_HTTP,
    "ValueError": _NO_HTTP,  # Twisted's for a header, aiohttp's for bytes of one
    "KeyError": _NO_HTTP,  # Twisted's for a transfer encoding
    "InvalidHeaderName": _NO_HTTP,
    "ConnectionDone": _BROKE,
    "ConnectionLost": _BROKE,
    "ConnectionAborted": _BROKE,
    "ServerConnectionError": _BROKE,
    "ConnectionError": _BROKE,
    "ConnectError": _NO_CONNECTION,
    "OSError": _NO_CONNECTION,
    "DownloadFailedError": "the download failed",
}
_DOWNLOAD_ERRORS = {
    "CannotResolveHostError",
    "ConnectError",
    "ConnectionDone",
    "ConnectionLost",
    "DownloadCancelledError",
    "DownloadConnectionRefusedError",
    "DownloadFailedError",
    "DownloadTimeoutError",
    "OSError",
    "ResponseDataLossError",
    "UnsupportedURLSchemeError",
}
_DETAIL_SIZE = 300  # characters


class ProxyError(DownloadFailedError):
    """Raised by the download handler when a proxy refuses a request, without the proxy's words:
    they may have the password in them."""


def describe(error: BaseException, request: Request) -> str | None:
    """Why a request got no response; None for an error that is none of a download.

    Addresses, sizes and the server's words are no part of it, see `detail`.

    >>> request = Request("https://finance.sina.com.cn/a", meta={"download_timeout": 30.0})
    >>> describe(OSError(113, "No route to host"), request)
    'no connection can be made'
    """
    if not _names(error) & _DOWNLOAD_ERRORS:
        return None
    chain = list(_chain(error))
    for cause in chain:
        if "DecompressionError" in _names(cause):
            return str(cause)
        if code := getattr(cause, "verify_code", None):  # of Python's ssl, the one that says why
            return _DISTRUST.get(code, _UNSAFE)
    names = {name for cause in chain for name in _names(cause)}
    reason = next(reason for name, reason in _REASONS.items() if name in names)
    return reason.format(
        host=urlsplit(request.url).hostname, seconds=request.meta.get("download_timeout", 0)
    )


def detail(error: BaseException) -> str:
    """What the log tells of an error beside its reason, on one line."""
    return f" ({error!r:.{_DETAIL_SIZE}})"


def is_unexplained_distrust(error: BaseException) -> bool:
    """Whether a certificate is not trusted, and the client, Twisted's, cannot say why."""
    return any(
        "OpenSSL.SSL.Error" in _names(cause) and "certificate verify failed" in str(cause)
        for cause in _chain(error)
    )


def is_proxy_refusal(error: BaseException) -> bool:
    """Whether a proxy would not let a request through."""
    return any(_names(cause) & _PROXY_REFUSALS for cause in _chain(error))


def _names(error: BaseException) -> set[str]:
    """Of an error's classes; a bare `Error` says nothing without its module."""
    return {
        f"{cls.__module__}.{cls.__name__}" if cls.__name__ == "Error" else cls.__name__
        for cls in type(error).__mro__
    }


def _chain(error: BaseException) -> Iterator[BaseException]:
    """The error and what caused it; Twisted has the causes in a list of Failures."""
    yield error
    if error.__cause__:
        yield from _chain(error.__cause__)
    for failure in getattr(error, "reasons", ()):
        yield from _chain(failure.value)
