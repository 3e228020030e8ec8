"""Which time it is by a list: its own clock, if that agrees with anything."""

from collections.abc import Sequence

NEAR = 86_400  # seconds; lists have news each day, and a clock that is right is nearer than that
WITNESSES = 3  # rows; one or two may be dated wrongly


def agrees(clock: int | None, ctimes: Sequence[int], now: int) -> bool:
    """Whether a list's clock is near that of this machine, `now`, or near its own rows.

    >>> agrees(1_700_000_000, [1_699_990_000] * 3, now=0)
    True
    >>> agrees(1_731_536_000, [1_699_990_000] * 3, now=1_700_000_000)
    False
    """
    return clock is not None and (abs(clock - now) <= NEAR or _is_near_rows(clock, ctimes))


def time_of(clock: int | None, ctimes: Sequence[int], now: int) -> int:
    """The site's time in unix seconds: its clock if that agrees, else ours if its rows do, else
    that of its newest row which others are near. `ctimes` are those of its first page.

    >>> time_of(None, [10_000, 9_000, 8_000, 99_999_999], now=99_999_999)
    10000
    """
    if clock is not None and agrees(clock, ctimes, now):
        return clock
    return now if _is_near_rows(now, ctimes) else newest(ctimes, max(ctimes))


def newest(ctimes: Sequence[int], clock: int) -> int:
    """The newest row up to a time which others are near, so that it is not dated wrongly; where
    rows are days apart, the newest one up to that time.

    >>> newest([99_999_999, 10_000, 9_000, 8_000], clock=99_999_999)
    10000
    """
    past = sorted((ctime for ctime in ctimes if ctime <= clock), reverse=True)
    near = (ctime for ctime in past if _is_near_rows(ctime, ctimes))
    return next(near, past[0] if past else min(ctimes))


def _is_near_rows(moment: int, ctimes: Sequence[int]) -> bool:
    near = sum(abs(ctime - moment) <= NEAR for ctime in ctimes)
    return near >= min(WITNESSES, len(ctimes))
