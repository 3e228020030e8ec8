"""An archive in numbers: when its articles came, from where, how late, what was read twice.

Each query is counted by the database and gives a bounded number of rows, however large the archive
is. Days and hours are China's.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import ColumnElement, Connection, Engine, case, func, select

from sinanews.ledger.tables import begins_harvest, history, revisions, runs, signatures, stories

CHINA_SECONDS = 8 * 3600  # that China is ahead of unix time
HOUR, DAY = 3600, 86_400  # seconds
RUNS_PAGE = 500  # runs read in one transaction
_HAS_ARTICLE = stories.c.revision > 0
_IS_LAST = (signatures.c.docid == stories.c.docid) & (signatures.c.revision == stories.c.revision)
_IS_REPRINT = signatures.c.duplicate_of.is_not(None)


@dataclass(frozen=True, slots=True)
class Period:
    """A time in unix seconds, its end not included; None is without end."""

    since: int | None = None
    until: int | None = None

    def of(self, moment: ColumnElement[int]) -> Iterator[ColumnElement[bool]]:
        """The conditions under which a moment is in it."""
        if self.since is not None:
            yield moment >= self.since
        if self.until is not None:
            yield moment < self.until


@dataclass(frozen=True, slots=True)
class ChannelCount:
    """How many articles name these channels, with commas between, and the ctime of the newest."""

    channels: str
    articles: int
    newest: int


@dataclass(frozen=True, slots=True)
class Sources:
    """The outlets that the list names most often, with their articles; how many outlets there are;
    and how many articles have none."""

    first: Sequence[tuple[str, int]]
    count: int
    without: int


@dataclass(frozen=True, slots=True)
class Family:
    """Articles of one text: the one that was recorded first, how many reprints of it there are, the
    ctimes of the earliest and the latest of these, and the outlets that have most of them."""

    docid: str
    title: str
    url: str
    source: str | None
    ctime: int
    reprints: int
    earliest: int
    latest: int
    sources: Sequence[tuple[str, int]]


@dataclass(frozen=True, slots=True)
class Families:
    """How many families have how many reprints, by that number; and the largest of them."""

    sizes: Mapping[int, int]
    largest: Sequence[Family]


@dataclass(frozen=True, slots=True)
class Statistics:
    """An archive, or what it has of a period by the articles' ctime, in numbers.

    `hours` has the articles by the hour of their ctime, counted from 1970 in China. `lateness` has,
    for each of the bounds that were asked for and for what is beyond the last, the stories that
    entered their list so many seconds after their ctime, the bound not included. `revised` has the
    articles by their number of revisions, those of one left out. `verdicts` has the runs that began
    in the period by day, counted from 1970 in China, and verdict; None is that of a run which has
    not ended.
    """

    hours: Mapping[int, int]
    channels: Sequence[ChannelCount]
    sources: Sources
    lateness: Sequence[int]
    families: Families
    revised: Mapping[int, int]
    verdicts: Mapping[tuple[int, str | None], int]

    @property
    def articles(self) -> int:
        """Stories that have an article."""
        return sum(self.hours.values())


@dataclass(frozen=True, slots=True)
class Presence:
    """On how many pages a run that began at this local unix second found each field: shares from 0
    to 1, by the field's name."""

    started: int
    pages: int
    shares: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Most:
    """The most that is wanted of what there may be any number of: sources, families, and the
    sources of each family."""

    sources: int
    families: int
    family_sources: int


def statistics(database: Engine, period: Period, bounds: Sequence[int], most: Most) -> Statistics:
    """The numbers of a period; `bounds` are those of `lateness`, in rising order.

    Each is counted in a transaction of its own, as in `history.pages`: what is written meanwhile
    may be in the later ones only.
    """
    with database.connect() as connection:
        hours = _hours(connection, period)
    with database.connect() as connection:
        channels = _channels(connection, period)
    with database.connect() as connection:
        sources = _sources(connection, period, most.sources)
    with database.connect() as connection:
        lateness = _lateness(connection, period, bounds)
    with database.connect() as connection:
        families = _families(connection, period, most)
    with database.connect() as connection:
        revised = _revised(connection, period)
    with database.connect() as connection:
        verdicts = _verdicts(connection, period)
    return Statistics(hours, channels, sources, lateness, families, revised, verdicts)


def _hours(connection: Connection, period: Period) -> dict[int, int]:
    hour = (stories.c.ctime + CHINA_SECONDS) // HOUR
    query = select(hour, func.count()).where(_HAS_ARTICLE, *period.of(stories.c.ctime))
    return dict(connection.execute(query.group_by(hour)).all())


def _channels(connection: Connection, period: Period) -> list[ChannelCount]:
    columns = (stories.c.channels, func.count(), func.max(stories.c.ctime))
    query = select(*columns).where(_HAS_ARTICLE, *period.of(stories.c.ctime))
    return [ChannelCount(*row) for row in connection.execute(query.group_by(stories.c.channels))]


def _sources(connection: Connection, period: Period, most: int) -> Sources:
    source, ours = stories.c.source, (_HAS_ARTICLE, *period.of(stories.c.ctime))
    numbers = select(func.count(source.distinct()), func.count() - func.count(source)).where(*ours)
    count, without = connection.execute(numbers).one()
    articles = func.count()
    first = select(source, articles).where(source.is_not(None), *ours).group_by(source)
    rows = connection.execute(first.order_by(articles.desc(), source).limit(most))
    return Sources([(name, number) for name, number in rows], count, without)


def _lateness(connection: Connection, period: Period, bounds: Sequence[int]) -> list[int]:
    late = stories.c.intime - stories.c.ctime
    number = case(*((late < bound, place) for place, bound in enumerate(bounds)), else_=len(bounds))
    # What entered no list, such as an article that was asked for by address, is not late.
    listed = (stories.c.intime > 0, stories.c.ctime > 0)
    query = select(number, func.count()).where(*listed, *period.of(stories.c.ctime))
    counted: dict[int, int] = dict(connection.execute(query.group_by(number)).all())
    return [counted.get(place, 0) for place in range(len(bounds) + 1)]


def _families(connection: Connection, period: Period, most: Most) -> Families:
    first, reprints = signatures.c.duplicate_of, func.count()
    ctime = stories.c.ctime
    families = (
        select(
            first.label("docid"),
            reprints.label("reprints"),
            func.min(ctime).label("earliest"),
            func.max(ctime).label("latest"),
        )
        .join(stories, _IS_LAST)
        .where(_IS_REPRINT, *period.of(ctime))
        .group_by(first)
        .subquery()
    )
    sizes = select(families.c.reprints, func.count()).group_by(families.c.reprints)
    columns = (stories.c.title, stories.c.url, stories.c.source, stories.c.ctime)
    largest = (
        select(families, *columns)
        .join(stories, stories.c.docid == families.c.docid)
        .order_by(families.c.reprints.desc(), families.c.latest.desc(), families.c.docid)
        .limit(most.families)
    )
    rows = connection.execute(largest).mappings().all()
    return Families(
        dict(connection.execute(sizes).all()),
        [
            Family(
                **row,
                sources=_reprinting(connection, row["docid"], period, most.family_sources),
            )
            for row in rows
        ],
    )


def _reprinting(
    connection: Connection, docid: str, period: Period, most: int
) -> list[tuple[str, int]]:
    """The outlets that have most reprints of an article."""
    source, reprints = func.coalesce(stories.c.source, ""), func.count()
    query = (
        select(source, reprints)
        .join(signatures, _IS_LAST)
        .where(signatures.c.duplicate_of == docid, *period.of(stories.c.ctime))
        .group_by(source)
        .order_by(reprints.desc(), source)
        .limit(most)
    )
    return [(name, number) for name, number in connection.execute(query)]


def _revised(connection: Connection, period: Period) -> dict[int, int]:
    number = stories.c.revision
    query = select(number, func.count()).where(number > 1, *period.of(stories.c.ctime))
    return dict(connection.execute(query.group_by(number)).all())


def _verdicts(connection: Connection, period: Period) -> dict[tuple[int, str | None], int]:
    day = (runs.c.started + CHINA_SECONDS) // DAY
    query = select(day, runs.c.verdict, func.count()).where(
        begins_harvest, *period.of(runs.c.started)
    )
    rows = connection.execute(query.group_by(day, runs.c.verdict))
    return {(number, verdict): count for number, verdict, count in rows}


def presence(database: Engine, period: Period) -> Iterator[Presence]:
    """What the runs of a period that read pages found on them, oldest first; a report that cannot
    be read is passed over. Read a page of runs at a time, as `history.pages`."""
    columns = (runs.c.id, runs.c.started, runs.c.report)
    query = select(*columns).where(runs.c.report.is_not(None), *period.of(runs.c.started))
    page, after = query.order_by(runs.c.id).limit(RUNS_PAGE), 0
    while True:
        with database.connect() as connection:
            rows = connection.execute(page.where(runs.c.id > after)).all()
        for row in rows:
            shares = _shares(row.report)
            if shares is not None:
                yield Presence(row.started, *shares)
        if len(rows) < RUNS_PAGE:
            return
        after = rows[-1].id


def _shares(text: str) -> tuple[int, dict[str, float]] | None:
    """The pages and the presence of a run's report; None where it has read none, or nobody can
    tell."""
    try:
        report: Any = orjson.loads(text)
        pages, shares = report["pages"], dict(report["presence"])
    except (KeyError, TypeError, ValueError):
        return None
    numbers = (pages, *shares.values())
    if not all(isinstance(number, int | float) for number in numbers) or pages < 1:
        return None
    return int(pages), shares


def last_changes(connection: Connection, period: Period, count: int) -> list[tuple[str, int]]:
    """The docids of the articles that changed last, newest first, and the revision that each
    changed to."""
    is_last = (history.c.docid == stories.c.docid) & (history.c.revision == stories.c.revision)
    query = (
        select(history.c.docid, history.c.revision)
        .join(stories, is_last)
        .where(history.c.revision > 1, *period.of(stories.c.ctime))
        .order_by(history.c.seen.desc(), history.c.docid)
        .limit(count)
    )
    return [(docid, revision) for docid, revision in connection.execute(query)]


def packed_pair(
    connection: Connection, docid: str, revision: int
) -> Iterable[tuple[str, int, bytes]]:
    """The docid, time of reading and packed article of a revision and of the one before it, that
    one first."""
    query = (
        select(revisions.c.docid, revisions.c.seen, revisions.c.article)
        .where(revisions.c.docid == docid, revisions.c.revision <= revision)
        .order_by(revisions.c.revision.desc())
        .limit(2)
    )
    return [
        (docid, seen, article) for _, seen, article in reversed(connection.execute(query).all())
    ]
