"""Replies that lead to where no article is: to other hosts, and into the network of the client."""

import re

from sinanews.mirror.faults.answers import mobile_address
from sinanews.mirror.faults.kind import FOR_GOOD, Family, Kind, Make, in_page, instead
from sinanews.mirror.replies import Reply

INSIDE = "http://127.0.0.1:18080/latest/meta-data"
CREDENTIALS = "http://reader:secret@127.0.0.1:18080/private"
OUTSIDE = "https://news.hostile.example/verify"
PC_URL = "https:\\/\\/127.0.0.1:18080\\/pc.sina.com.cn\\/a.shtml"  # as JavaScript writes it
HOSTILE_HOSTS = ("127.0.0.1", "hostile.example")  # of all addresses that faults name

_PC_URL = re.compile(r'"__webURL":"[^"]*')


def redirect_to(url: str) -> Reply:
    """A redirect to a URL."""
    return Reply(b"", status=302, location=url)


def mobile_page(target: str, make: Make, pc_url: str) -> Reply:
    """The mobile page of the story at a target, which names another PC page than its own."""
    named = f'"__webURL":"{pc_url}'
    faulty = in_page(lambda text: _PC_URL.sub(lambda _: named, text))
    return faulty(mobile_address(target), make)


def _naming_another(target: str, make: Make) -> Reply:
    return mobile_page(target, make, PC_URL)


FAMILY = Family(
    "elsewhere",
    "the reply leads to another host, or into the client's own network",
    (
        Kind("redirect-inside", f"to {INSIDE}", instead(redirect_to(INSIDE)), FOR_GOOD),
        Kind(
            "redirect-login",
            "to a loopback address with a user and a password",
            instead(redirect_to(CREDENTIALS)),
            FOR_GOOD,
        ),
        Kind("redirect-outside", f"to {OUTSIDE}", instead(redirect_to(OUTSIDE)), FOR_GOOD),
        Kind(
            "mobile-inside",
            "the mobile page, which names a PC page on a loopback address",
            _naming_another,
            FOR_GOOD,
        ),
    ),
)
