"""The ledger's numbers are those that its lines give when they are counted one by one."""

from collections import Counter
from itertools import pairwise

import orjson
import pytest
from sqlalchemy import select, update

from harvest.proofs import change
from report.conftest import EDITED
from sinanews.ledger.database import engine
from sinanews.ledger.statistics import Most, Period, Presence, presence, statistics
from sinanews.ledger.tables import runs, stories
from sinanews.utils.times import at
from support import scrapy_in

MANY = Most(sources=1000, families=1000, family_sources=1000)
BOUNDS = (60, 300, 3600)


@pytest.fixture(scope="module")
def lines(archive):
    """What an export says of the archive."""
    run = scrapy_in(archive)("export", "-o", "-")
    return [orjson.loads(line) for line in run.stdout.split("\n") if line]


def counted(output, period=Period(), most=MANY):  # noqa: B008 - it cannot be changed
    database = engine(f"sqlite:///{output}/ledger.db")
    made = statistics(database, period, BOUNDS, most)
    database.dispose()
    return made


def rows_of(output):
    database = engine(f"sqlite:///{output}/ledger.db")
    with database.connect() as connection:
        rows = connection.execute(select(stories)).all()
    database.dispose()
    return rows


def test_articles_are_counted_by_hour_channel_and_source(copied, lines):
    made, rows = counted(copied), [row for row in rows_of(copied) if row.revision]
    assert made.articles == len(lines) == len(rows)
    hours = Counter()
    for row in rows:
        moment = at(row.ctime)
        hours[moment.date().isoformat(), moment.hour] += 1
    assert {
        (at(hour // 24 * 86_400).date().isoformat(), hour % 24): count
        for hour, count in made.hours.items()
    } == hours
    channels = Counter(name for line in lines for name in line["channels"])
    counts = Counter()
    for one in made.channels:
        for name in one.channels.split(","):
            counts[name] += one.articles
    assert counts == channels
    assert dict(made.sources.first) == Counter(row.source for row in rows if row.source)
    assert made.sources.count == len(made.sources.first)


def test_sources_are_bounded_and_those_without_one_are_counted(copied):
    docid = min(row.docid for row in rows_of(copied) if row.revision)
    change(copied, "UPDATE stories SET source = NULL WHERE docid = ?", docid)
    every, few = counted(copied), counted(copied, most=Most(2, 2, 2))
    assert len(few.sources.first) == 2
    assert few.sources.first == every.sources.first[:2]
    assert (few.sources.count, few.sources.without) == (every.sources.count, 1)


def test_lateness_has_each_story_of_a_list_in_its_class(copied):
    docid, other = sorted(row.docid for row in rows_of(copied))[:2]
    change(copied, "UPDATE stories SET intime = ctime + 3600 WHERE docid = ?", docid)
    change(copied, "UPDATE stories SET intime = 0, ctime = 0 WHERE docid = ?", other)
    late = [row.intime - row.ctime for row in rows_of(copied) if row.intime]
    edges = [float("-inf"), *BOUNDS, float("inf")]
    assert counted(copied).lateness == [
        sum(low <= seconds < high for seconds in late) for low, high in pairwise(edges)
    ]


def test_families_are_those_that_the_lines_name(copied, lines):
    by_docid = {line["docid"]: line for line in lines}
    reprints = Counter(line["duplicate_of"] for line in lines if line["duplicate_of"])
    made = counted(copied).families
    assert reprints, "the site has reprints"
    assert {one.docid: one.reprints for one in made.largest} == reprints
    assert made.sizes == Counter(reprints.values())
    rows = {row.docid: row for row in rows_of(copied)}
    for one in made.largest:
        assert (one.title, one.url) == (rows[one.docid].title, by_docid[one.docid]["url"])
        copies = [rows[line["docid"]] for line in lines if line["duplicate_of"] == one.docid]
        assert Counter(dict(one.sources)) == Counter(copy.source for copy in copies)
        assert one.earliest == min(copy.ctime for copy in copies)


def test_a_period_has_its_own_days_alone(copied):
    docid = min(row.docid for row in rows_of(copied) if row.revision)
    change(copied, "UPDATE stories SET ctime = ctime - 5 * 86400 WHERE docid = ?", docid)
    days = Counter()
    for hour, count in counted(copied).hours.items():
        days[hour // 24] += count
    first, *_, last = sorted(days)
    begin, end = (day * 86_400 - 8 * 3600 for day in (first + 1, last))
    inner = counted(copied, Period(begin, end))
    assert {hour // 24 for hour in inner.hours} == {*days} - {first, last}
    assert inner.articles == days.total() - days[first] - days[last] > 0
    assert counted(copied, Period(until=0)).articles == 0
    assert counted(copied, Period(until=0)).verdicts == {}


def test_revisions_and_verdicts_are_counted(copied):
    made = counted(copied)
    assert made.revised == {2: EDITED}
    assert Counter(verdict for _, verdict in made.verdicts) == {"incomplete": 1}
    assert sum(made.verdicts.values()) == 2


@pytest.mark.parametrize(
    "report",
    [
        *("", "{", "[]", "null", "{}", '{"pages": 0, "presence": {}}'),
        *('{"pages": "5", "presence": {}}', '{"pages": 5, "presence": {"title": "all"}}'),
    ],
)
def test_a_report_that_says_nothing_of_pages_is_passed_over(copied, report):
    database = engine(f"sqlite:///{copied}/ledger.db")
    with database.begin() as connection:
        connection.execute(update(runs).where(runs.c.id == 1).values(report=report))
    (left,) = presence(database, Period())
    database.dispose()
    assert isinstance(left, Presence)
    assert left.pages == EDITED  # those that failed are not due yet
