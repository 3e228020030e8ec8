"""A compressed body is unpacked as a whole or not at all."""

from collections.abc import Iterator

from isal import isal_zlib
from scrapy.http import Response
from scrapy.responsetypes import responsetypes

from sinanews.download.responses import rebuild_response
from sinanews.exceptions import DecompressionError, TooLargeError

PIECE = 1 << 20  # bytes; a few may become a thousand times as many, and somebody has to count them
_GZIP, _ZLIB, _DEFLATE = 31, 15, -15  # zlib's numbers for what a stream has around it
_MAGIC = b"\x1f\x8b"


def content_encoding(response: Response) -> str:
    """How a response's body is packed, such as `gzip`; empty when it is not.

    >>> content_encoding(Response("https://sina.com.cn", headers={"Content-Encoding": "X-GZip"}))
    'gzip'
    """
    header = response.headers.get("Content-Encoding") or b""
    encoding = header.decode("latin-1").strip().lower().removeprefix("x-")
    return "" if encoding == "identity" else encoding


def unpacked(response: Response, max_size: int = 0) -> Response:
    """A response with its body as it was before its encoding, of the class that then fits it; the
    header Content-Encoding is gone from both. Raises what `decompress` raises."""
    body = response.body
    if encoding := content_encoding(response):
        body = decompress(body, encoding, max_size)
    response.headers.pop("Content-Encoding", None)
    cls = responsetypes.from_args(headers=response.headers, url=response.url, body=body)
    return rebuild_response(response, cls, body=body)


def decompress(body: bytes, encoding: str, max_size: int = 0) -> bytes:
    """A body as it was before an encoding, `gzip` or `deflate` as Content-Encoding has it.

    Like browsers, it passes over what stands behind the end. Raises DecompressionError for a body
    that is damaged, cut off or packed in another way, and TooLargeError for one that unpacks to
    more than `max_size` bytes, 0 being no limit.
    """
    pieces: list[bytes] = []
    size = 0
    for piece in _pieces(body, encoding):
        size += len(piece)
        if max_size and size > max_size:
            raise TooLargeError(encoding, max_size)
        pieces.append(piece)
    return b"".join(pieces)


def _pieces(data: bytes, encoding: str) -> Iterator[bytes]:
    """A gzip body may have several members, one after the other."""
    while data:
        stream = _stream(data, encoding)
        while not stream.eof:
            try:
                piece = stream.decompress(data, PIECE)
            except isal_zlib.error as error:  # type: ignore[misc] # its stub makes an instance of the class
                raise DecompressionError(f"its {encoding} is damaged") from error
            yield piece
            data = stream.unconsumed_tail
            if not (data or piece or stream.eof):
                raise DecompressionError(f"its {encoding} is cut off")
        data = stream.unused_data
        if encoding != "gzip" or not data.startswith(_MAGIC):
            return


def _stream(data: bytes, encoding: str) -> isal_zlib.Decompress:
    if encoding == "gzip":
        return isal_zlib.decompressobj(_GZIP)
    if encoding == "deflate":  # of which some servers leave the header out
        return isal_zlib.decompressobj(_ZLIB if data[0] & 15 == 8 else _DEFLATE)  # noqa: PLR2004 - RFC 1950
    raise DecompressionError("its encoding was not asked for")
