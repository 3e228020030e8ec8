"""Reads an answer of the roll API: bytes in, stories out. Field meanings: docs/fields.md."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from html import unescape
from typing import Any

from sinanews.channels import BY_LID
from sinanews.exceptions import RollError, RowError
from sinanews.utils.text import well_formed
from sinanews.utils.urls import bare_docid, canonical, docid

# try{feedCardJsonpCallback({...});}catch(e){};
_JSONP = re.compile(r"\s*(?:try\s*\{)?\s*[\w.$]+\s*\((.*)\)\s*;?\s*(?:\}\s*catch.*)?", re.DOTALL)
_DOCID = re.compile(r"[\w-]{1,64}", re.ASCII)


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
    """One answer: its rows in list order, the unusable ones, and the site's clock in seconds.

    `size` counts all rows as served: fewer than asked for means the list ends here.
    """

    stories: list[Story]
    broken: list[RowError]
    rtime: int
    size: int
    total: int = field(default=0)


def read(body: str, url: str) -> Roll:
    """The stories of an answer. Raises RollError when it is none: HTML, empty, cut off, refused."""
    result = _result(_document(body, url), url)
    rows = result.get("data")
    if not isinstance(rows, list):
        raise RollError(f"{url}: the answer has no list of rows in result.data")
    stories, broken = _sorted_out(rows, url)
    clock = _whole(result.get("rtime")) or max((story.intime for story in stories), default=0)
    return Roll(stories, broken, clock, len(rows), _whole(result.get("total")) or 0)


def _document(body: str, url: str) -> Any:  # noqa: ANN401 - whatever JSON holds
    wrapped = _JSONP.fullmatch(body)
    try:
        return json.loads(wrapped[1] if wrapped else body)
    except ValueError as error:
        raise RollError(f"{url}: the answer is not JSON ({error}): {body[:60]!r}") from error


def _result(document: Any, url: str) -> dict[str, Any]:  # noqa: ANN401 - whatever JSON holds
    result = document.get("result") if isinstance(document, dict) else None
    status = result.get("status") if isinstance(result, dict) else None
    if not isinstance(result, dict) or not isinstance(status, dict):
        raise RollError(f"{url}: the answer has no result.status: {str(document)[:60]!r}")
    if _whole(status.get("code")) != 0:
        raise RollError(f"{url}: Sina answers code {status.get('code')}: {status.get('msg')}")
    return result


def _sorted_out(rows: list[Any], url: str) -> tuple[list[Story], list[RowError]]:
    stories: list[Story] = []
    broken: list[RowError] = []
    for row in rows:
        try:
            stories.append(story(row, url))
        except RowError as error:
            broken.append(error)
    return stories, broken


def story(row: Any, url: str) -> Story:  # noqa: ANN401 - whatever JSON holds
    """One row as a story. Raises RowError when it lacks url or a time."""
    if not isinstance(row, dict):
        raise RowError(f"{url}: a row is no object: {str(row)[:60]!r}")
    times = {name: _whole(row.get(name)) for name in ("intime", "ctime", "mtime")}
    address = row.get("url")
    if not isinstance(address, str) or "/" not in address:
        raise RowError(f"{url}: row {row.get('docid')!r} has no url")
    if times["intime"] is None:
        raise RowError(f"{url}: row {address} has intime {row.get('intime')!r}, not unix seconds")
    return _story(row, canonical(address), {k: v or times["intime"] for k, v in times.items()})


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
    listed = bare_docid(_text(row, "docid") or "")
    return listed if _DOCID.fullmatch(listed) else None


def _channels(lids: str) -> tuple[str, ...]:
    channels = (BY_LID.get(int(lid)) for lid in lids.split(",") if lid.strip().isdecimal())
    return tuple(channel.name for channel in channels if channel)


def _text(row: dict[str, Any], name: str) -> str | None:
    """A string field with its entities decoded and its ends stripped; None when empty."""
    value = row.get(name)
    return well_formed(unescape(value)).strip() or None if isinstance(value, str) else None


def _whole(value: Any) -> int | None:  # noqa: ANN401 - whatever JSON holds
    """Sina writes numbers now as ints, now as strings."""
    read: Callable[[Any], int] = int
    try:
        return None if isinstance(value, bool) else read(value)
    except (TypeError, ValueError):
        return None
