"""A small site on loopback, and a client that follows no redirect and decompresses nothing."""

import gzip
import json
from dataclasses import dataclass
from urllib.error import HTTPError
from urllib.request import HTTPRedirectHandler, Request, build_opener

import pytest

from sinanews.mirror.server import running
from sinanews.mirror.site import Site


class _NoRedirects(HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None


@dataclass
class Answer:
    status: int
    headers: object
    body: bytes

    @property
    def text(self):
        body = self.body
        return (gzip.decompress(body) if self.headers["Content-Encoding"] else body).decode()

    @property
    def result(self):
        return json.loads(self.text)["result"]


@pytest.fixture(scope="session")
def ask():
    """Requests a URL and returns the answer, whatever its status."""
    opener = build_opener(_NoRedirects)

    def request_url(url, *, encoding="identity", timeout=5):
        request = Request(url, headers={"Accept-Encoding": encoding})  # noqa: S310 - loopback
        try:
            response = opener.open(request, timeout=timeout)
        except HTTPError as error:
            response = error
        with response:
            return Answer(response.status, response.headers, response.read())

    return request_url


@pytest.fixture
def mirror():
    """A running mirror of sixty stories whose clock stands still."""
    with running(Site(articles=60, tick=0)) as mirror:
        yield mirror


@pytest.fixture
def get(mirror, ask):
    """Requests HOST/PATH?QUERY from the mirror."""

    def get_target(target, **options):
        return ask(f"{mirror.url}/{target}", **options)

    return get_target
