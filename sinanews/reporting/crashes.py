"""Errors of somebody's code that ended a callback or a pipeline: what and where, counted."""

import sysconfig
import traceback
from collections.abc import Mapping
from types import FrameType

CRASHES_STAT = "sinanews/crashes"  # the stat that holds {what and where: count}

_LIBRARIES = tuple({*map(sysconfig.get_path, ("stdlib", "platstdlib", "purelib", "platlib"))})


def with_crash(crashes: Mapping[str, int], error: BaseException) -> dict[str, int]:
    """The counts with one more of this error."""
    place = crash_place(error)
    return {**crashes, place: crashes.get(place, 0) + 1}


def crash_place(error: BaseException) -> str:
    """An error's type, and where the last code was that is of no library:
    `ValueError in parse_list (sinanews.spiders.china:133)`.

    >>> try:
    ...     int("ten")
    ... except ValueError as error:
    ...     crash_place(error).startswith("ValueError in <module> (")
    True
    """
    name = type(error).__name__
    frames = list(traceback.walk_tb(error.__traceback__))
    if not frames:
        return name
    own = [(frame, line) for frame, line in frames if not _is_library(frame)]
    frame, line = (own or frames)[-1]
    return f"{name} in {frame.f_code.co_name} ({_module(frame.f_globals)}:{line})"


def _module(variables: Mapping[str, object]) -> str:
    return str(variables.get("__name__", "?"))


def _is_library(frame: FrameType) -> bool:
    ours = _module(frame.f_globals).startswith("sinanews.")
    return not ours and frame.f_code.co_filename.startswith(_LIBRARIES)
