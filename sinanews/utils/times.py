"""China time, and the forms in which Sina writes dates."""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta, timezone
from email.utils import format_datetime, parsedate_to_datetime

from sinanews.exceptions import ArgumentError

CHINA = timezone(timedelta(hours=8))
# Of the web: a page's time of another year is none, and may not even be one in UTC.
FIRST_YEAR, LAST_YEAR = 1990, 2099
EPOCH = date(1970, 1, 1)  # from which unix times count
_FILE_TIME = "%Y-%m-%dT%H-%M-%S"

# 2026年09月29日 00:34 | 2014年03月01日&nbsp;02:42 | 2009年11月09日13:48 | 2018-09-28T19:37:53+08:00
# | 2005.08.26 05:39 | 2021年7月14日 下午3点05分 | 二〇二一年七月十四日 十时五分; full-width, too
_HANZI_DIGITS = "〇零○一二三四五六七八九"
_YEAR = rf"(?:\d{{4}}|[{_HANZI_DIGITS}]{{4}})"
_NUMBER = rf"(?:\d{{1,2}}|[{_HANZI_DIGITS}十]{{1,3}})"
_DATE = re.compile(
    rf"(?P<year>{_YEAR})\s?[年.．/／－-]\s?(?P<month>{_NUMBER})\s?[月.．/／－-]\s?"
    rf"(?P<day>{_NUMBER})日?[\sT,，]*+(?:[（(]?(?:星期|周).[）)]?[\s,，]*+)?"
    rf"(?P<half>凌晨|清晨|早上|早晨|早间|早|上午|中午|午后|下午|傍晚|晚上|晚间|晚|深夜|夜间|[AaPp][Mm])?\s?"
    rf"(?P<hour>{_NUMBER})\s?[:：时点]\s?(?P<minute>{_NUMBER}|整)?分?"
    rf"(?:(?:(?<=分)|[:：])\s?(?P<second>{_NUMBER})(?:\.\d{{1,9}})?秒?)?"
    r"(?:\s?(?P<late>[AaPp][Mm])\b)?"
    r"(?P<zone>\s?(?:Z\b|(?:UTC|GMT)(?:\s?[+＋-]\d{1,2}(?::?\d{2})?(?!\d)|\b)"
    r"|(?(second)[+＋-](?:0\d|1[0-4]):?\d{2}(?!\d)|[+＋](?:0\d|1[0-4]):\d{2}(?!\d))))?"
    r"(?P<unknown>\s?(?:[ECMP][DS]T|CES?T|BST|[IJK]ST)\b(?<!CST))?"  # of no fixed hours
)
_MORNING = frozenset(("凌晨", "AM"))
_AFTERNOON = frozenset(("午后", "下午", "傍晚", "晚上", "晚间", "晚", "PM"))
_NIGHT = frozenset(("晚上", "晚间", "晚", "深夜", "夜间"))  # of 12 o'clock the day is not certain
_ELSEWHERE = re.compile(r"(?:美东|美国|美西|纽约|伦敦|欧洲|东京|格林尼治|当地)\S{0,4}时间")
_HANZI = str.maketrans(_HANZI_DIGITS, "000123456789")
_NOON, _EARLY = 12, 5  # hours; what is early at noon is after it, and what is late is not
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

    A zone that is named counts: Z, UTC, GMT or hours from it; of other names nothing is made up.
    Without one, Sina means China's.

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
        return _of_mail(text)
    if match["unknown"] or _ELSEWHERE.search(text):
        return None
    parts = ("year", "month", "day", "hour", "minute", "second")
    year, month, day, hour, minute, second = (_number(match[part] or "0") for part in parts)
    try:
        hour = _hour(hour, (match["half"] or match["late"] or "").upper())
    except ValueError:
        return None
    if not FIRST_YEAR <= year <= LAST_YEAR:
        return None
    try:
        moment = datetime(year, month, day, hour, minute, second, tzinfo=_zone(match["zone"] or ""))
    except ValueError:
        return None
    return moment.astimezone(CHINA)


def _of_mail(text: str) -> datetime | None:
    """A time as mails and HTTP have it: `Wed, 14 Jul 2021 02:05:00 GMT`."""
    try:
        moment = parsedate_to_datetime(text) if text.rstrip()[-3:] == "GMT" else None
    except ValueError:
        return None
    return moment.astimezone(CHINA) if moment and FIRST_YEAR <= moment.year <= LAST_YEAR else None


def _hour(hour: int, half: str) -> int:
    """The hour of the day. Raises ValueError for twelve at night, of which day nobody knows.

    >>> _hour(3, "下午"), _hour(12, "凌晨"), _hour(12, "中午"), _hour(1, "中午"), _hour(11, "深夜")
    (15, 0, 12, 13, 23)
    """
    if half in _NIGHT and hour == _NOON:
        raise ValueError(f"{half}{hour}点 may be of two days")
    if half in _MORNING and hour == _NOON:
        return 0
    is_after_noon = half in _AFTERNOON or (half == "中午" and hour < _EARLY)
    is_late = half in {"深夜", "夜间"} and hour > _EARLY
    return hour + _NOON if (is_after_noon or is_late) and hour < _NOON else hour


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
    return datetime.fromtimestamp(seconds, UTC).strftime(_FILE_TIME)


def parse_file_time(text: str) -> int | None:
    """The unix time in seconds that `file_time` made a name of; None for another text.

    >>> parse_file_time("2022-08-08T02-55-13"), parse_file_time("2022-13-08T02-55-13")
    (1659927313, None)
    """
    try:
        moment = datetime.strptime(text, _FILE_TIME).replace(tzinfo=UTC)
    except ValueError:
        return None
    return int(moment.timestamp())


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
        day = datetime.strptime(value, "%Y-%m-%d").replace(tzinfo=CHINA).date()
    except ValueError:
        raise ArgumentError(argument, value, "a day such as 2022-08-01") from None
    if not EPOCH.year <= day.year <= LAST_YEAR:
        accepted = f"a day of the years {EPOCH.year} to {LAST_YEAR}"
        raise ArgumentError(argument, value, accepted)
    return day


def day_start(day: date) -> int:
    """The unix time in seconds at which a day begins in China."""
    return int(datetime.combine(day, time(), CHINA).timestamp())
