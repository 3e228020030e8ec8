"""China time, and the forms in which Sina writes dates."""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta, timezone
from email.utils import format_datetime

from sinanews.exceptions import ArgumentError

CHINA = timezone(timedelta(hours=8))
# Of the web: a page's time of another year is none, and may not even be one in UTC.
FIRST_YEAR, LAST_YEAR = 1990, 2099

# 2026年09月29日 00:34 | 2014年03月01日&nbsp;02:42 | 2009年11月09日13:48 | 2018-09-28T19:37:53+08:00
# | 2005.08.26 05:39 | 2021年7月14日 下午3点05分 | 二〇二一年七月十四日 十时五分; full-width, too
_HANZI_DIGITS = "〇零○一二三四五六七八九"
_YEAR = rf"(?:\d{{4}}|[{_HANZI_DIGITS}]{{4}})"
_NUMBER = rf"(?:\d{{1,2}}|[{_HANZI_DIGITS}十]{{1,3}})"
_DATE = re.compile(
    rf"(?P<year>{_YEAR})\s?[年.．/／－-]\s?(?P<month>{_NUMBER})\s?[月.．/／－-]\s?"
    rf"(?P<day>{_NUMBER})日?[\sT,，]*+(?:[（(]?(?:星期|周).[）)]?[\s,，]*+)?"
    rf"(?P<half>凌晨|清晨|早上|早晨|早|上午|中午|下午|傍晚|晚上|晚|[AaPp][Mm])?\s?"
    rf"(?P<hour>{_NUMBER})\s?[:：时点]\s?(?P<minute>{_NUMBER}|整)?分?"
    rf"(?:(?:(?<=分)|[:：])\s?(?P<second>{_NUMBER})(?:\.\d{{1,9}})?秒?)?"
    r"(?P<zone>\s?(?:Z\b|(?:UTC|GMT)(?:\s?[+＋-]\d{1,2}(?::?\d{2})?(?!\d)|\b)"
    r"|(?(second)[+＋-](?:0\d|1[0-4]):?\d{2}(?!\d)|(?!))))?"  # 10:05-11:00 has none
)
_AFTERNOON = frozenset(("下午", "傍晚", "晚上", "晚", "PM"))
_HANZI = str.maketrans(_HANZI_DIGITS, "000123456789")
_NOON = 12
# 09月28日 07:56 | 9-28 7:56, which is no part of a date with a year
_DATE_WITHOUT_YEAR = re.compile(
    r"(?<![\d年./-])(?P<month>\d{1,2})[月./-](?P<day>\d{1,2})日?[\sT]*"
    r"(?P<hour>\d{1,2})[:：时点](?P<minute>\d{2})"
)
# 2017-09-28 | 2017/9/28, alone or in an address; 1506556560, seconds since 1970
_DAY = re.compile(
    r"(?<!\d)(?:(?P<year>\d{4})[./-](?P<month>\d{1,2})[./-](?P<day>\d{1,2})|(?P<seconds>1\d{9}))"
    r"(?!\d)",
    re.ASCII,
)


def at(seconds: int) -> datetime:
    """The aware datetime of a unix time in seconds, in China time."""
    return datetime.fromtimestamp(seconds, CHINA)


def parse_datetime(text: str) -> datetime | None:
    """The time that a text shows, in China time; None without one.

    A zone that is named counts: Z, UTC, GMT or hours from it. Without one, Sina means China's.

    >>> parse_datetime("2014年03月01日\\xa002:42").isoformat()
    '2014-03-01T02:42:00+08:00'
    >>> parse_datetime("２０２１年７月１４日　１０：０５").isoformat()
    '2021-07-14T10:05:00+08:00'
    >>> parse_datetime("二〇二一年七月十四日 下午三点零五分").isoformat()
    '2021-07-14T15:05:00+08:00'
    >>> parse_datetime("2021-07-14T02:05:00Z").isoformat()
    '2021-07-14T10:05:00+08:00'
    >>> parse_datetime("13月32日") is parse_datetime("2014年13月01日 02:42") is None
    True
    >>> parse_datetime("0001-01-01 00:00") is None
    True
    """
    match = _DATE.search(text)
    if not match:
        return None
    parts = ("year", "month", "day", "hour", "minute", "second")
    year, month, day, hour, minute, second = (_number(match[part] or "0") for part in parts)
    if (match["half"] or "").upper() in _AFTERNOON and hour < _NOON:
        hour += _NOON
    if not FIRST_YEAR <= year <= LAST_YEAR:
        return None
    try:
        moment = datetime(year, month, day, hour, minute, second, tzinfo=_zone(match["zone"] or ""))
    except ValueError:
        return None
    return moment.astimezone(CHINA)


def _number(text: str) -> int:
    """The number that digits of any width say, or Chinese numerals to 99; 整, for no minutes, is 0.

    >>> [_number(text) for text in ("０５", "二〇二一", "十四", "三十", "二十三", "零五", "整")]
    [5, 2021, 14, 30, 23, 5, 0]
    """
    tens, ten, ones = text.translate(_HANZI).replace("整", "0").rpartition("十")
    return int(tens or "1") * 10 + int(ones or "0") if ten else int(ones)


def _zone(text: str) -> timezone:
    """The zone of `Z`, `GMT`, `+08:00`, `+0800` or `UTC+8`; China's for no text. Raises ValueError
    for more than a day."""
    if not text:
        return CHINA
    _, sign, offset = text.replace("＋", "+").replace("-", "+-").partition("+")
    hours, minutes = offset.strip("+-").replace(":", ""), "0"
    if len(hours) > 2:  # noqa: PLR2004 - two digits are hours alone
        hours, minutes = hours[:-2], hours[-2:]
    behind = -1 if offset.startswith("-") else 1
    delta = timedelta(hours=int(hours), minutes=int(minutes)) if sign else timedelta()
    return timezone(behind * delta)


def parse_without_year(text: str, near: date) -> datetime | None:
    """The time that a text shows without its year, in the year that brings it nearest to a day;
    None without one.

    >>> parse_without_year("09月28日07:56", date(2017, 9, 28)).isoformat()
    '2017-09-28T07:56:00+08:00'
    >>> parse_without_year("12月31日 23：58", date(2018, 1, 1)).isoformat()
    '2017-12-31T23:58:00+08:00'
    >>> parse_without_year("2016年09月28日 07:56", date(2017, 9, 28)) is None
    True
    """
    match = _DATE_WITHOUT_YEAR.search(text)
    if not match:
        return None
    parts = [int(part) for part in match.groups()]
    moments = []
    for year in (near.year, near.year - 1, near.year + 1):
        try:
            moments.append(datetime(year, *parts, tzinfo=CHINA))  # type: ignore[misc, arg-type] # as in parse_datetime
        except ValueError:  # also for 29 February of most years
            continue
    return min(moments, key=lambda moment: abs(moment.date() - near), default=None)


def days(text: str) -> Iterator[date]:
    """The days that machines wrote into a text, in metas, addresses and scripts.

    >>> [day.isoformat() for day in days('{"ctime": 1506556560, "docUrl": "/2017-9-29/a.html"}')]
    ['2017-09-28', '2017-09-29']
    """
    for match in _DAY.finditer(text):
        try:
            day = (
                at(int(match["seconds"])).date()
                if match["seconds"]
                else date(int(match["year"]), int(match["month"]), int(match["day"]))
            )
        except ValueError:
            continue
        if FIRST_YEAR <= day.year <= LAST_YEAR:
            yield day


def without_date(text: str) -> str:
    """The text with its date cut out: some pages write date and source into one element.

    >>> without_date("2016年05月25日10:10 新浪财经")
    ' 新浪财经'
    """
    return _DATE.sub("", text)


def rfc1123(moment: datetime) -> str:
    """The form of a post's date, as JavaScript's toUTCString writes it.

    >>> rfc1123(at(1659927313))
    'Mon, 08 Aug 2022 02:55:13 GMT'
    """
    return format_datetime(moment.astimezone(UTC), usegmt=True)


def minute(seconds: int) -> str:
    """A unix time in seconds for a reader, in China time.

    >>> minute(1659927313)
    '2022-08-08 10:55'
    """
    return at(seconds).strftime("%Y-%m-%d %H:%M")


def file_time(seconds: float) -> str:
    """A unix time in seconds, in UTC, as the names of a run's files have it.

    >>> file_time(1659927313)
    '2022-08-08T02-55-13'
    """
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H-%M-%S")


def span(seconds: float) -> str:
    """A length of time for a reader; one that is less than nothing is nothing.

    >>> span(59), span(11_520), span(266_400)
    ('0 min', '3 h 12 min', '3 days 2 h')
    """
    hours, minutes = divmod(max(0, int(seconds)) // 60, 60)
    days, rest = divmod(hours, 24)
    if days > 1:
        return f"{days} days {rest} h"
    return f"{hours} h {minutes} min" if hours else f"{minutes} min"


def day(argument: str, value: str) -> date:
    """A day given as YYYY-MM-DD. Raises ArgumentError, naming the argument, for anything else."""
    try:
        return datetime.strptime(value, "%Y-%m-%d").replace(tzinfo=CHINA).date()
    except ValueError:
        raise ArgumentError(argument, value, "a day such as 2022-08-01") from None


def day_start(day: date) -> int:
    """The unix time in seconds at which a day begins in China."""
    return int(datetime.combine(day, time(), CHINA).timestamp())
