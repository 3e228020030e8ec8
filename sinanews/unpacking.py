"""A compressed body, unpacked while it arrives: as a whole or not at all."""

from collections.abc import AsyncIterable, AsyncIterator, Iterator

from isal import isal_zlib

from sinanews.exceptions import PackedError

PIECE = 1 << 20  # bytes; a few may become a thousand times as many, and somebody has to count them
_GZIP, _ZLIB, _DEFLATE = 31, 15, -15  # zlib's numbers for what a stream has around it
_MAGIC = b"\x1f\x8b"


async def unpacked(chunks: AsyncIterable[bytes], encoding: str) -> AsyncIterator[bytes]:
    """The body in pieces of at most PIECE bytes; `encoding` as Content-Encoding has it.

    Raises PackedError for a body that is damaged, cut off, or packed in another way.
    """
    body = _Body(encoding)
    async for chunk in chunks:
        for piece in body.more(chunk):
            yield piece
    if not body.whole:
        raise PackedError(f"its {encoding} is cut off")


class _Body:
    """What unpacks a body. Like browsers, it passes over what stands behind the end."""

    def __init__(self, encoding: str) -> None:
        self._encoding = encoding
        self._stream: isal_zlib.Decompress | None = None
        self._ended = False

    @property
    def whole(self) -> bool:
        """Whether all that began has come to its end."""
        return self._stream is None

    def more(self, data: bytes) -> Iterator[bytes]:
        """What a next chunk unpacks to."""
        while data and not self._ended:
            stream = self._stream = self._stream or self._begun(data)
            yield from self._pieces(stream, data)
            data = stream.unused_data
            if stream.eof:
                self._stream, self._ended = None, not data.startswith(_MAGIC)

    def _begun(self, data: bytes) -> isal_zlib.Decompress:
        """For gzip, and for deflate, of which some servers leave the header out."""
        if self._encoding == "gzip":
            return isal_zlib.decompressobj(_GZIP)
        if self._encoding == "deflate":
            return isal_zlib.decompressobj(_ZLIB if data[0] & 15 == 8 else _DEFLATE)  # noqa: PLR2004 - RFC 1950
        raise PackedError(f"its encoding, {self._encoding!r}, was not asked for")

    def _pieces(self, stream: isal_zlib.Decompress, data: bytes) -> Iterator[bytes]:
        full = True
        while full or (data and not stream.eof):
            try:
                piece = stream.decompress(data, PIECE)
            except isal_zlib.error as error:  # type: ignore[misc] # its stub makes an instance of the class
                raise PackedError(f"its {self._encoding} is damaged: {error}") from error
            data, full = stream.unconsumed_tail, len(piece) == PIECE
            yield piece
