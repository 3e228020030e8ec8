"""Reads an answer of the roll API: bytes in, stories out. Field meanings: docs/fields.md."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sinanews.channels import BY_LID
from sinanews.config import Bounds
from sinanews.download.hosts import refusal
from sinanews.exceptions import BoundError, RollError, RowError
from sinanews.utils.text import plain_line, unescape, well_formed, without_sinas_mail
from sinanews.utils.urls import bare_docid, canonical, docid

# What stands before the JSON of try{feedCardJsonpCallback({...});}catch(e){};
_CALLBACK = re.compile(r"(?:try\{)?\s{0,9}[\w.$]{1,99}\(")
_DOCID = re.compile(r"[\w-]+", re.ASCII)
DEFAULT = Bounds()
_CHANNELS = {str(lid): channel.name for lid, channel in BY_LID.items()}
LAST_SECOND = 4_102_444_800  # of 2099; a time beyond is in milliseconds, or none
DIGITS = 20  # more than any number of Sina's has
MOST_ROWS = 1_000_000_000  # that a list may say it has
SHOWN = 60  # characters of what was answered that a message shows


@dataclass(frozen=True, slots=True)
class Story:
    """One row of the list. Times are unix seconds of the site's clock.

    `ctime` is the article's own time, by which the list is ordered; `intime` when it entered
    the list; `mtime` its last change.
    """

    docid: str
    url: str
    title: str
    ctime: int
    intime: int
    mtime: int
    summary: str | None = None
    source: str | None = None
    channels: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Roll:
    """One answer: its rows in list order, and the unusable ones.

    `size` counts all rows as served. `rtime` is the site's clock in unix seconds when it made the
    answer, `total` how many rows the whole list has; each is None when it makes no sense.
    """

    stories: list[Story]
    broken: list[RowError]
    size: int
    rtime: int | None = None
    total: int | None = None


def read(body: str, url: str, bounds: Bounds = DEFAULT) -> Roll:
    """The stories of an answer.

    Raises RollError when it is none: HTML, empty, cut off, refused, or larger than the bounds.
    """
    if len(body) > bounds.list_text:
        longer = BoundError("LIST_TEXT", bounds.list_text, "characters")
        raise RollError(f"{url}: the answer has {longer}")
    result = _result(_document(body, url), url)
    rows = result.get("data")
    if not isinstance(rows, list):
        raise RollError(f"{url}: the answer has no list of rows in result.data")
    if len(rows) > bounds.list_rows:
        longer = BoundError("LIST_ROWS", bounds.list_rows, "rows")
        raise RollError(f"{url}: the answer has {longer}")
    stories, broken = _sorted_out(rows, url, bounds)
    total = _whole(result.get("total")) or 0
    clock = _time(result.get("rtime"))
    return Roll(stories, broken, len(rows), clock, total if 0 < total < MOST_ROWS else None)


def _document(body: str, url: str) -> Any:  # noqa: ANN401 - whatever JSON holds
    text = body.strip()
    try:
        if wrapped := _CALLBACK.match(text):
            return _JSON.raw_decode(text, wrapped.end())[0]
        return _JSON.decode(text)
    except (ValueError, RecursionError) as error:
        raise RollError(f"{url}: the answer is not JSON ({error}): {text[:SHOWN]!r}") from error


def _integer(digits: str) -> float:
    """Python refuses whole numbers of thousands of digits; one of them is no reason to do so."""
    return int(digits) if len(digits) < DIGITS else float(digits)


_JSON = json.JSONDecoder(parse_int=_integer)


def _result(document: Any, url: str) -> dict[str, Any]:  # noqa: ANN401 - whatever JSON holds
    result = document.get("result") if isinstance(document, dict) else None
    status = result.get("status") if isinstance(result, dict) else None
    if not isinstance(result, dict) or not isinstance(status, dict):
        raise RollError(f"{url}: the answer has no result.status: {_short(document)}")
    if _whole(status.get("code")) != 0:
        code, message = _short(status.get("code")), _short(status.get("msg"))
        raise RollError(f"{url}: Sina answers code {code}: {message}")
    return result


def _sorted_out(rows: list[Any], url: str, bounds: Bounds) -> tuple[list[Story], list[RowError]]:
    stories: list[Story] = []
    broken: list[RowError] = []
    for row in rows:
        try:
            stories.append(story(row, url, bounds))
        except RowError as error:
            broken.append(error)
    return stories, broken


def story(row: Any, url: str, bounds: Bounds = DEFAULT) -> Story:  # noqa: ANN401 - whatever JSON holds
    """One row as a story.

    Raises RowError when it lacks an article's URL or a time, or has an id longer than the bounds.
    """
    if not isinstance(row, dict):
        raise RowError(f"{url}: a row is no object: {_short(row)}")
    address = _address(row, url)
    intime = _time(row.get("intime"))
    if intime is None:
        value = _short(row.get("intime"))
        raise RowError(f"{url}: row {address} has intime {value}, not unix seconds")
    ctime, mtime = (_time(row.get(name)) or intime for name in ("ctime", "mtime"))
    listed = _listed_docid(row)
    if len(listed) > bounds.id_length:
        longer = BoundError("ID_LENGTH", bounds.id_length, "characters of an id")
        raise RowError(f"{url}: row {address} has {longer}")
    return _story(row, address, {"intime": intime, "ctime": ctime, "mtime": mtime})


def _address(row: dict[str, Any], url: str) -> str:
    address = row.get("url")
    name = _short(row.get("docid"))
    if not isinstance(address, str) or "/" not in address:
        raise RowError(f"{url}: row {name} has no url")
    page = canonical(address)
    if reason := refusal(page):
        raise RowError(f"{url}: row {name} has the url {_short(address)}: {reason}")
    return page


def _story(row: dict[str, Any], address: str, times: dict[str, int]) -> Story:
    return Story(
        docid=_docid(row) or docid(address),
        url=address,
        title=_text(row, "title") or "",
        summary=_text(row, "intro"),
        source=_text(row, "media_name"),
        channels=_channels(_text(row, "lids") or ""),
        **times,
    )


def _docid(row: dict[str, Any]) -> str | None:
    """The row's docid, unless it could not name a file."""
    listed = _listed_docid(row)
    return listed if _DOCID.fullmatch(listed) else None


def _listed_docid(row: dict[str, Any]) -> str:
    """As it is: with characters taken out it would be another article's."""
    value = row.get("docid")
    return bare_docid(value.strip()) if isinstance(value, str) else ""


def _channels(lids: str) -> tuple[str, ...]:
    names = (_CHANNELS.get(lid.strip()) for lid in lids.split(","))
    return tuple(name for name in names if name)


def _text(row: dict[str, Any], name: str) -> str | None:
    """A string field with its entities decoded, as a plain line without the addresses of Sina's
    staff, its ends stripped; None when empty."""
    value = row.get(name)
    if not isinstance(value, str):
        return None
    return without_sinas_mail(plain_line(well_formed(unescape(value)))).strip() or None


def _time(value: Any) -> int | None:  # noqa: ANN401 - whatever JSON holds
    """Unix seconds; None for what is no time, or one that no clock of Sina's has shown."""
    seconds = _whole(value)
    return seconds if seconds is not None and 0 < seconds < LAST_SECOND else None


def _whole(value: Any) -> int | None:  # noqa: ANN401 - whatever JSON holds
    """Sina writes numbers now as ints, now as strings."""
    read: Callable[[Any], int] = int
    try:
        return None if isinstance(value, bool) else read(value)
    except (TypeError, ValueError, OverflowError):
        return None


def _short(value: Any) -> str:  # noqa: ANN401 - whatever JSON holds
    """A value for a message; of what holds others, which may be deep, no more than its type."""
    if isinstance(value, str):
        return repr(value[:SHOWN])
    return repr(value) if isinstance(value, int | float | None) else type(value).__name__
