"""Pictures that are none, or that cost a reader time or memory out of all proportion."""

from collections.abc import Callable
from functools import cache

from sinanews.mirror.faults.kind import Family, Kind, Make, in_body, instead
from sinanews.mirror.images import GIF, ONE_BIT, png
from sinanews.mirror.replies import Reply

PNG_TYPE = "image/png"
SIDE = 30_000  # pixels: of one bit each, 900 million in 100 KB
FRAMES = 100_000
LARGE = 10 << 20  # bytes
HTML = b"<!DOCTYPE html><html><body><script>alert(1)</script></body></html>"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
GIF_HEAD = 19  # bytes before the first frame of GIF: header, screen and two colors


@cache
def _bomb() -> bytes:
    return png(SIDE, SIDE, bytes((1 + SIDE // 8) * SIDE), form=ONE_BIT)


@cache
def _film() -> bytes:
    return GIF[:GIF_HEAD] + GIF[GIF_HEAD:-1] * FRAMES + GIF[-1:]


@cache
def _large() -> bytes:
    """A PNG whose one chunk is stored as it is: noise would take long to make."""
    width = 1 << 10
    rows = bytes(1 + 3 * width) * (LARGE // (1 + 3 * width) + 1)
    return png(width, len(rows) // (1 + 3 * width), rows, level=0)


def _made(make_body: Callable[[], bytes], content_type: str) -> Callable[[str, Make], Reply]:
    return lambda target, make: Reply(make_body(), content_type)  # noqa: ARG005 - the arguments of any fault


FAMILY = Family(
    "pictures",
    "a picture is none, or costs time or memory; only by a rule",
    (
        Kind("picture-html", "a page in its place", instead(Reply(HTML, PNG_TYPE))),
        Kind("picture-svg", "a drawing with a script", instead(Reply(SVG, PNG_TYPE))),
        Kind("picture-cut", "half of its bytes", in_body(lambda body: body[: len(body) // 2])),
        Kind("picture-bomb", f"{SIDE * SIDE:,} pixels in 100 KB", _made(_bomb, PNG_TYPE)),
        Kind("picture-film", f"a film of {FRAMES:,} frames", _made(_film, "image/gif")),
        Kind("picture-large", f"{LARGE:,} bytes", _made(_large, PNG_TYPE)),
    ),
)
