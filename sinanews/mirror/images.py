"""The pictures of a site: small, and the same for the same address."""

import zlib
from base64 import b64decode

from sinanews.mirror.prose import seeded_random

HOST = "sinaimg.cn"  # with all hosts below it
WIDTH, HEIGHT = 64, 48  # pixels
ENDINGS = {"png": "image/png", "jpg": "image/jpeg", "gif": "image/gif"}
JPEG = b64decode(  # 16 by 12 pixels, of gray
    "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAFA3PEY8MlBGQUZaVVBfeMiCeG5uePWvuZHI////////////////////"
    "////////////////////////////////wAALCAAMABABAREA/8QAFAABAAAAAAAAAAAAAAAAAAAAA//EABYQAQEB"
    "AAAAAAAAAAAAAAAAAAEAA//aAAgBAQAAPwATOQzkAkAv/9k="
)
GIF = b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7")
RGB, ONE_BIT = bytes((8, 2, 0, 0, 0)), bytes((1, 0, 0, 0, 0))  # forms of PNG, the latter gray
START_OF_IMAGE, COMMENT = 2, b"\xff\xfe"  # of JPEG: the bytes of the one, the mark of the other


def is_picture(address: str) -> bool:
    """Whether HOST/PATH is a picture's.

    >>> is_picture("n.sinaimg.cn/finance/a.png"), is_picture("finance.sina.com.cn/a.png")
    (True, False)
    """
    host = address.partition("/")[0]
    return host.endswith(f".{HOST}") and _ending(address) in ENDINGS


def picture(address: str) -> tuple[bytes, str]:
    """The bytes of the picture at HOST/PATH, and their type. Raises KeyError for no picture."""
    ending = _ending(address)
    made = {"png": _png, "jpg": _jpeg, "gif": _gif}[ending](address)
    return made, ENDINGS[ending]


def _ending(address: str) -> str:
    return address.rpartition(".")[2].lower()


def _png(address: str) -> bytes:
    """A PNG of one color."""
    color = seeded_random("picture", address).randbytes(3)
    return png(WIDTH, HEIGHT, (b"\0" + color * WIDTH) * HEIGHT)


def png(width: int, height: int, rows: bytes, *, form: bytes = RGB, level: int = 9) -> bytes:
    """A PNG of these rows, each with its filter's byte before it; `form` is what its header has
    behind the size: https://www.w3.org/TR/png-3/#11IHDR"""
    header = width.to_bytes(4) + height.to_bytes(4) + form
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(rows, level)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(name, data) for name, data in chunks)


def _chunk(name: bytes, data: bytes) -> bytes:
    return len(data).to_bytes(4) + name + data + zlib.crc32(name + data).to_bytes(4)


def _jpeg(address: str) -> bytes:
    """One JPEG, with a comment that makes its bytes this address' own."""
    text = address.encode()[:1000]
    comment = COMMENT + (len(text) + 2).to_bytes(2) + text
    return JPEG[:START_OF_IMAGE] + comment + JPEG[START_OF_IMAGE:]


def _gif(address: str) -> bytes:
    """The spacer that a page of any address would have."""
    del address
    return GIF
