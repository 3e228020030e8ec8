"""What a user may ask a spider for, read and refused before the first request."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Self

from sinanews import channels, times
from sinanews.channels import Channel
from sinanews.exceptions import ArgumentError

NAMES = ("channel", "since", "until", "limit")


@dataclass(frozen=True, slots=True)
class Harvest:
    """Which articles to harvest: those of the channels whose ctime falls on one of the days.

    The days are inclusive and China's; None sets no bound.
    """

    channels: tuple[Channel, ...]
    since: date | None = None
    until: date | None = None
    limit: int | None = None

    @classmethod
    def of(cls, arguments: dict[str, str]) -> Self:
        """From `-a` arguments. Raises ArgumentError for one that is unknown or makes no sense."""
        for name in set(arguments) - set(NAMES):
            raise ArgumentError(name, arguments[name], f"the arguments {', '.join(NAMES)} only")
        asked = cls(
            channels=channels.named(arguments.get("channel", "guonei")),
            since=times.day("since", arguments["since"]) if "since" in arguments else None,
            until=times.day("until", arguments["until"]) if "until" in arguments else None,
            limit=_count(arguments["limit"]) if "limit" in arguments else None,
        )
        if asked.since and asked.until and asked.since > asked.until:
            raise ArgumentError("since", f"{asked.since}", f"a day not after until={asked.until}")
        return asked

    @property
    def begin(self) -> int:
        """The first second asked for, in unix time; 0 without `since`."""
        return times.day_start(self.since) if self.since else 0

    @property
    def end(self) -> float:
        """The first second no longer asked for, in unix time; infinite without `until`."""
        return times.day_start(self.until + timedelta(days=1)) if self.until else float("inf")


def _count(value: str) -> int:
    if not value.isascii() or not value.isdigit() or not int(value):
        raise ArgumentError("limit", value, "a number of articles, 1 or more")
    return int(value)
