"""What a user may ask a spider for, read and refused before the first request."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Self

from sinanews import channels
from sinanews.channels import Channel
from sinanews.exceptions import ArgumentError
from sinanews.utils import times

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
    def from_arguments(cls, arguments: Mapping[str, object]) -> Self:
        """From a spider's arguments: text, as `-a` gives it, or a script's numbers and dates.

        Those whose name begins with `_` are other tools' (scrapyd's `_job`) and are ignored, like
        those that are None. Raises ArgumentError for one that is unknown or makes no sense.
        """
        given = {k: str(v) for k, v in arguments.items() if v is not None and not k.startswith("_")}
        for name in set(given) - set(NAMES):
            raise ArgumentError(name, given[name], f"the arguments {', '.join(NAMES)} only")
        harvest = cls(
            channels=channels.named(given.get("channel", "guonei")),
            since=times.day("since", given["since"]) if "since" in given else None,
            until=times.day("until", given["until"]) if "until" in given else None,
            limit=_limit(given["limit"]) if "limit" in given else None,
        )
        if harvest.since and harvest.until and harvest.since > harvest.until:
            accepted = f"a day not after until={harvest.until}"
            raise ArgumentError("since", str(harvest.since), accepted)
        return harvest

    @property
    def begin(self) -> int:
        """The first second asked for, in unix time; 0 without `since`."""
        return times.day_start(self.since) if self.since else 0

    @property
    def end(self) -> float:
        """The first second no longer asked for, in unix time; infinite without `until`."""
        return times.day_start(self.until + timedelta(days=1)) if self.until else float("inf")


def _limit(value: str) -> int:
    if not value.isascii() or not value.isdigit() or not int(value):
        raise ArgumentError("limit", value, "a number of articles, 1 or more")
    return int(value)
