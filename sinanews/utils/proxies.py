"""Which proxy the environment names for an address."""

import ipaddress
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from sinanews.exceptions import ArgumentError


def proxy_for(url: str) -> str | None:
    """The proxy for a URL, by `https_proxy` or `http_proxy`, or else by `all_proxy`; None for what
    `no_proxy` names, and for this machine itself.

    Raises ArgumentError, without a password, for a proxy that is none of HTTP.
    """
    parts = urlsplit(url)
    if _is_loopback(parts.hostname or "") or proxy_bypass(parts.netloc):
        return None
    proxies = getproxies()
    for kind in (parts.scheme, "all"):
        if kind in proxies:
            return _http_proxy(f"{kind}_proxy", proxies[kind])
    return None


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _http_proxy(name: str, value: str) -> str:
    url = value if "://" in value else f"http://{value}"
    try:
        parts = urlsplit(url)
        rest = parts.path.strip("/") or parts.query or parts.fragment
        usable = parts.scheme == "http" and parts.hostname and parts.port != 0 and not rest
    except ValueError:
        usable = False
    if not usable:
        accepted = "the address of an HTTP proxy, such as http://127.0.0.1:3128"
        # Where the password is in an address that makes no sense, nobody knows.
        raise ArgumentError(name, f"{url.partition('://')[0]}://…", accepted)
    return url
