"""Faults of the connection: the answer does not come, not as a whole, or is no HTTP."""

from collections.abc import Callable
from dataclasses import replace

from sinanews.mirror.faults.kind import Family, Kind, Make, instead
from sinanews.mirror.replies import Delivery, Reply


def _sent(delivery: Delivery) -> Callable[[str, Make], Reply]:
    return lambda target, make: replace(make(target), delivery=delivery)


def _with_two_lengths(target: str, make: Make) -> Reply:
    body = make(target).body
    lengths = f"Content-Length: {len(body)}\r\nContent-Length: {len(body) + 7}\r\n"
    head = f"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n{lengths}\r\n"
    return Reply(head.encode() + body, delivery=Delivery.RAW)


FAMILY = Family(
    "connection",
    "the answer does not come, not as a whole, or is no HTTP",
    (
        Kind("hang", "nothing is sent", _sent(Delivery.NEVER), 1, 1),
        Kind("reset", "the connection breaks before the answer", _sent(Delivery.RESET), 1, 1),
        Kind("partial", "the connection breaks in the middle", _sent(Delivery.HALF), 1, 1),
        Kind("drip", "a byte a second", _sent(Delivery.DRIPPING), 1, 1),
        Kind("two-lengths", "two lengths that contradict each other", _with_two_lengths, 1, 1),
        Kind(
            "no-http",
            "bytes without status and headers",
            instead(Reply(b"SSH-2.0-mirror\r\n", delivery=Delivery.RAW)),
            1,
            1,
        ),
    ),
)
