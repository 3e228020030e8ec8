"""Scrapy's HTTP cache keeps whole pages only."""

from scrapy import Request
from scrapy.extensions.httpcache import DummyPolicy
from scrapy.http import Response

from sinanews.download.decompression import content_encoding, decompress
from sinanews.exceptions import DecompressionError


class WholeBodyPolicy(DummyPolicy):
    """Scrapy's default policy, but for bodies that cannot be unpacked: HTTPCACHE_POLICY."""

    def should_cache_response(self, response: Response, request: Request) -> bool:
        """Whether a response is kept."""
        encoding = content_encoding(response)
        try:
            if encoding:
                decompress(response.body, encoding)
        except DecompressionError:
            return False
        return bool(super().should_cache_response(response, request))
