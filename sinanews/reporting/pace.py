"""How fast a command works, and how long it will take."""

import time
from collections import deque
from collections.abc import Callable

SECONDS = 30.0  # over which a rate is taken: shorter jumps about, longer tells of what has passed


class Pace:
    """The rate at which a count grows. `clock` gives seconds that never go back."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._notes = deque([(clock(), 0)])

    @property
    def count(self) -> int:
        """How many are done."""
        return self._notes[-1][1]

    @property
    def rate(self) -> float:
        """How many are done a second; 0 while that is not known."""
        (began, before), (now, count) = self._notes[0], self._notes[-1]
        return (count - before) / (now - began) if now > began else 0.0

    def note(self, count: int) -> None:
        """Notes how many are done by now."""
        now = self._clock()
        self._notes.append((now, count))
        while now - self._notes[1][0] >= SECONDS:
            self._notes.popleft()

    def seconds_left(self, total: int) -> float | None:
        """In how many seconds all will be done; None when nobody can tell."""
        return max(0, total - self.count) / self.rate if self.rate > 0 else None


def progress(pace: Pace, total: int) -> list[str]:
    """How many are done of a total (0: it is not known), how fast, and how long the rest takes."""
    if not total:
        return [str(pace.count)] if pace.count else []
    left = pace.seconds_left(total) if pace.count < total else None
    return [
        f"{pace.count} of {total}",
        *([f"{pace.rate:.1f} a second"] if pace.rate > 0 else []),
        *([] if left is None else [f"{clock_time(left)} left"]),
    ]


def clock_time(seconds: float) -> str:
    """A length of time as a clock shows it.

    >>> clock_time(52.4), clock_time(3_723)
    ('0:52', '1:02:03')
    """
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
