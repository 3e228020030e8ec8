"""What lists have answered, or may: every row that an answer has shown is archived, or the runs
are not complete until it is."""

import random

import pytest

from lists.world import APART, DAY, HOUR, MINUTE, Archive, Site, is_complete
from sinanews.ledger.database import engine
from sinanews.reporting.verdicts import Verdict, verdict
from sinanews.utils.times import at


@pytest.fixture
def site():
    return Site()


@pytest.fixture
def database(tmp_path):
    return engine(f"sqlite:///{tmp_path}/ledger.db")


@pytest.fixture
def archive(site, database):
    return Archive(site, database)


def drop(index):
    """One row less than there is."""
    return lambda result, _: (
        result | {"data": [*result["data"][:index], *result["data"][index + 1 :]]}
    )


def empty(result, _):
    return result | {"data": []}


def with_clock(rtime):
    return lambda result, _: result | {"rtime": rtime}


def shuffle(rows, seed):
    random.Random(seed).shuffle(rows)  # noqa: S311 - no secret


def missing(archive):
    """The rows of the list that are not in the archive."""
    return [row.docid for row in archive.site.rows if row.docid not in archive.settled]


# Where a list ends


def test_a_short_page_is_followed_by_the_next_and_asked_for_again(site, archive):
    site.publish(130)
    site.faults.append((1, 1, drop(7)))
    assert is_complete(archive.run())
    assert missing(archive) == []


def test_a_page_that_stays_short_makes_the_run_incomplete_once_it_is_confirmed_and_told(
    site, archive
):
    site.publish(120)
    archive.run()
    site.publish(100)
    site.faults.append((1, 99, drop(20)))
    first, second = archive.run(), archive.run()
    assert [verdict(first), verdict(second)] == [Verdict.INCOMPLETE] * 2
    assert len(missing(archive)) == 1
    assert archive.gaps(), "it is told for ever"


def test_a_short_page_does_not_end_the_walk_behind_the_horizon(site, archive):
    site.publish(120)
    archive.run()
    site.publish(5)
    site.faults.append((1, 1, drop(2)))
    assert is_complete(archive.run())
    assert missing(archive) == []


def test_rows_behind_a_short_page_are_found_after_an_outage(site, archive):
    site.publish(170)
    archive.run()
    site.publish(430)
    site.faults.append((1, 1, drop(0)))
    archive.run()
    for _ in range(4):
        site.publish(36)
        assert is_complete(archive.run())
    assert missing(archive) == []


def test_an_empty_page_is_asked_for_again(site, archive):
    site.publish(130)
    site.faults.append((2, 1, empty))
    assert is_complete(archive.run())
    assert missing(archive) == []


def test_an_empty_page_with_rows_behind_it_is_a_gap(site, archive):
    site.publish(130)
    site.faults.append((2, 9, empty))
    assert not is_complete(archive.run())


def test_a_last_page_that_stays_empty_is_a_gap_down_to_the_horizon(site, archive):
    site.publish(120)
    site.faults.append((3, 6, empty))
    assert [verdict(archive.run()) for _ in range(2)] == [Verdict.INCOMPLETE] * 2
    ((since, until),) = archive.gaps()
    lost = [row for row in site.rows if row.docid not in archive.settled]
    assert len(lost) == 20
    assert all(since <= row.ctime <= until for row in lost)


def test_a_list_that_is_empty_for_a_day_is_told_and_walked_back_afterwards(site, archive):
    for _ in range(5):
        site.publish(80, apart=3 * MINUTE)
        assert is_complete(archive.run())
    site.faults.append((0, 10_000, empty))
    codes = []
    for _ in range(8):
        site.publish(80, apart=3 * MINUTE)
        codes.append(verdict(archive.run()))
    assert codes == [Verdict.INCOMPLETE] * 5 + [Verdict.STALLED] * 3
    site.faults.clear()
    for _ in range(2):
        site.publish(80, apart=3 * MINUTE)
        assert is_complete(archive.run())
    assert missing(archive) == []


def test_a_list_whose_newest_row_is_of_last_month_is_stalled(site, archive):
    site.publish(60)
    site.now += 20 * DAY
    assert [verdict(archive.run()) for _ in range(2)] == [Verdict.STALLED] * 2


def test_a_list_that_gives_fewer_pages_than_it_has_is_complete_as_far_as_it_goes(site, archive):
    site.publish(200)
    site.depth = 2
    assert is_complete(archive.run())
    assert len(archive.settled) == 100
    requests = site.requests
    site.publish(3)
    assert is_complete(archive.run())
    assert site.requests - requests == 1, "and is not walked to its end again"


def test_rows_that_a_list_no_longer_reaches_are_a_gap_that_two_runs_tell(site, archive):
    site.publish(100)
    site.depth = 2
    archive.run()
    site.publish(200)
    codes = []
    for _ in range(4):
        site.publish(1)
        codes.append(verdict(archive.run()))
    assert codes == [Verdict.INCOMPLETE] * 2 + [Verdict.COMPLETE] * 2
    ((since, until),) = archive.gaps()
    lost = [row for row in site.rows if row.docid not in archive.settled]
    assert lost
    assert all(since <= row.ctime <= until for row in lost)


def test_a_list_of_one_page_has_no_gap(site, archive):
    site.publish(10)
    archive.run()
    site.publish(10)
    del site.rows[10:]
    assert is_complete(archive.run())


# Order


@pytest.mark.parametrize("days", [2, 200])
@pytest.mark.parametrize("pinned", [1, 3])
def test_rows_that_are_pinned_end_no_walk(site, archive, days, pinned):
    site.publish(130)
    for _ in range(pinned):
        site.add(site.now - days * DAY, place=0)
    assert is_complete(archive.run())
    assert missing(archive) == []
    site.publish(60)
    site.rows.sort(key=lambda row: row.ctime > site.now - days * DAY)  # they stay on top
    assert is_complete(archive.run())
    assert missing(archive) == []


@pytest.mark.parametrize("place", [0, 10, 49])
@pytest.mark.parametrize("count", [1, 6, 20])
def test_rows_dated_1970_end_no_walk(site, archive, place, count):
    site.publish(300)
    for _ in range(count):
        site.add(1, place=place)
    assert is_complete(archive.run())
    assert missing(archive) == []


def test_rows_that_leave_the_list_while_it_is_walked_hide_no_other(site, archive):
    site.publish(160)
    site.between = [lambda: None, lambda: None, lambda: site.rows.pop(10)]
    gone = site.rows[10]
    assert is_complete(archive.run())
    assert missing(archive) == []
    assert gone.docid in archive.settled


def test_rows_that_move_up_from_a_page_that_was_empty_are_found(site, archive):
    site.publish(101)
    site.faults.append((3, 2, empty))
    site.between = [*[lambda: None] * 3, lambda: site.rows.pop(77)]
    assert is_complete(archive.run())
    assert missing(archive) == []


def test_many_rows_that_leave_at_once_hide_no_other(site, archive):
    def withdraw():
        del site.rows[5:75]

    site.publish(260)
    site.between = [lambda: None, lambda: None, withdraw]
    assert is_complete(archive.run())
    assert missing(archive) == []


@pytest.mark.parametrize("unsaid", [1, 2])
def test_rows_that_leave_while_the_list_does_not_say_how_many_it_has_hide_no_other(
    site, archive, unsaid
):
    site.publish(160)
    site.faults.append((0, unsaid, lambda result, _: result | {"total": None}))
    site.between = [lambda: None, lambda: site.rows.pop(10)]
    assert is_complete(archive.run())
    assert missing(archive) == []


def test_rows_that_leave_at_each_answer_end_the_walk_as_incomplete(site, archive):
    site.publish(400)
    site.between = [lambda: site.rows.pop(3)] * 30
    assert not is_complete(archive.run())
    site.between.clear()
    assert is_complete(archive.run())
    assert missing(archive) == []


def test_a_list_in_no_order_is_walked_to_its_end(site, archive):
    site.publish(130)
    shuffle(site.rows, 1)
    assert is_complete(archive.run())
    site.publish(40)
    shuffle(site.rows, 2)
    assert is_complete(archive.run())
    assert missing(archive) == []


def test_a_long_list_in_no_order_is_not_walked_without_end(site, archive):
    site.publish(4000, apart=MINUTE)
    shuffle(site.rows, 1)
    assert verdict(archive.run()) is Verdict.INCOMPLETE
    assert site.requests < 60


def test_a_first_page_of_yesterday_is_asked_for_again_and_fails_the_list(site, archive):
    site.publish(60)
    archive.run()
    site.publish(30)
    archive.run()
    site.publish(10)
    site.faults.append((1, 3, lambda result, _: result | {"data": site.rows[30:80]}))
    assert verdict(archive.run()) is Verdict.INCOMPLETE
    assert is_complete(archive.run())
    assert missing(archive) == []


def test_a_newest_row_that_is_taken_off_the_list_alarms_nobody(site, archive):
    site.publish(60)
    archive.run()
    site.rows.pop(0)
    assert is_complete(archive.run())


# The site's clock


@pytest.mark.parametrize("rtime", [99_999_999_999, "year ahead", "year back", 0, None, "x", 1e30])
def test_a_clock_that_is_wrong_once_hides_nothing(site, archive, rtime):
    site.publish(300)
    assert is_complete(archive.run())
    site.publish(150)
    site.now += 15 * MINUTE
    wrong = {"year ahead": site.now + 365 * DAY, "year back": site.now - 365 * DAY}
    site.faults.append((1, 1, with_clock(wrong.get(rtime, rtime))))
    assert is_complete(archive.run())
    mark = archive.run().lists["guonei"]["newest"]
    assert mark <= site.newest
    site.publish(150)
    assert is_complete(archive.run())
    assert missing(archive) == []


@pytest.mark.parametrize("ahead", [700, -700, 365 * DAY, -365 * DAY])
def test_a_clock_of_ours_that_is_wrong_hides_nothing(site, archive, ahead):
    site.publish(300)
    archive.clock = ahead
    archive.run()
    site.publish(30)
    archive.run()
    archive.clock = 0
    site.publish(30)
    assert is_complete(archive.run())
    assert missing(archive) == []


def test_clocks_that_are_wrong_together_hide_nothing_from_the_first_walk(site, archive):
    site.publish(120)
    archive.clock = 365 * DAY
    site.faults.append((1, 1, with_clock(site.now + 365 * DAY)))
    archive.run()
    assert missing(archive) == []


def test_a_row_and_both_clocks_of_next_year_hide_nothing(site, archive):
    site.publish(120)
    site.add(site.now + 365 * DAY, place=0)
    archive.clock = 365 * DAY
    site.faults.append((0, 9, with_clock(site.now + 365 * DAY)))
    archive.run()
    assert missing(archive) == []


def test_marks_of_a_clock_that_was_ahead_are_forgotten(site, archive):
    site.publish(60)
    for _ in range(3):
        site.add(site.now + 365 * DAY, place=0)
    archive.clock = 365 * DAY
    archive.run()
    archive.clock = 0
    site.publish(130)
    assert is_complete(archive.run())
    assert missing(archive) == []


def test_a_row_of_next_year_does_not_move_the_mark(site, archive):
    site.publish(60)
    site.add(site.now + 365 * DAY, place=0)
    assert is_complete(archive.run())
    site.publish(130)
    assert is_complete(archive.run())
    assert missing(archive) == []


# Failures and first sights


def fail(*_):
    return None


@pytest.mark.parametrize("page", [1, 2])
def test_a_page_that_fails_is_asked_for_again(site, archive, page):
    site.publish(130)
    site.faults.append((page, 2, fail))
    assert is_complete(archive.run())
    assert missing(archive) == []


@pytest.mark.parametrize("page", [1, 2])
def test_a_page_that_fails_three_times_fails_the_list(site, archive, page):
    site.publish(130)
    site.faults.append((page, 3, fail))
    assert verdict(archive.run()) is Verdict.INCOMPLETE
    assert is_complete(archive.run())
    assert missing(archive) == []


def test_a_first_walk_with_since_hides_nothing_from_the_next(site, archive):
    site.publish(300)
    yesterday = site.now - DAY
    assert is_complete(archive.run(since=str(at(yesterday).date())))
    assert is_complete(archive.run())
    assert missing(archive) == []


def test_an_article_whose_url_moves_is_fetched_from_the_new_one(site, archive):
    site.publish(3)
    row = site.rows[1]
    site.statuses[row.docid] = 410
    archive.run()
    row.url, site.statuses = "https://finance.sina.com.cn/new/doc-i1.shtml", {}
    archive.settled.clear()
    archive.run()
    assert archive.articles[row.docid].url == row.url
    row.mtime = site.now + 5
    archive.run()
    assert archive.written[row.docid, 2] == 1


def test_one_url_under_two_docids_is_one_article(site, archive):
    site.publish(3)
    first, second = site.rows[2], site.rows[0]
    second.url = first.to_json()["url"]
    report = archive.run()
    assert is_complete(report)
    assert (report.account["written"], report.account["filtered"]) == (2, 1)
    second.mtime = site.now + 5
    report = archive.run()
    assert report.account["updated"] == 0


def test_an_article_that_fails_waits_and_every_run_until_then_is_incomplete(site, archive):
    site.publish(130)
    row = site.rows[100]
    site.statuses[row.docid] = 500
    codes = []
    for _ in range(4):
        codes.append(verdict(archive.run()))
        site.publish(1)
    assert codes == [Verdict.INCOMPLETE] * 4, "also when no walk meets its row"
    site.statuses.clear()
    site.publish(12)
    assert is_complete(archive.run())


def test_an_article_that_is_given_up_is_told_and_tried_now_and_then(site, database):
    archive = Archive(site, database, FAILED_TRIES=2)
    site.publish(5)
    row = site.rows[0]
    site.statuses[row.docid] = 500
    codes = []
    for _ in range(5):
        codes.append(verdict(archive.run()))
        site.publish(1, apart=APART)
    assert codes == [3, 3, 3, 0, 3], "0 where it was not tried: each pause is twice the last"
    site.statuses.clear()
    site.publish(144)
    assert is_complete(archive.run())
    assert row.docid in archive.settled


def test_waiting_in_vain_for_a_day_is_stalled(site, archive):
    site.publish(5)
    archive.run()
    codes = []
    for _ in range(8):
        site.publish(3, apart=HOUR)
        site.statuses.update({row.docid: 500 for row in site.rows[:3]})
        site.now += HOUR
        codes.append(verdict(archive.run()))
    assert codes == [Verdict.INCOMPLETE] * 6 + [Verdict.STALLED] * 2


def test_a_short_list_that_counts_more_rows_than_it_ever_gives_has_no_gap(site, archive):
    site.faults.append((0, 10_000, lambda result, _: result | {"total": 5000}))
    for _ in range(4):
        site.publish(10, apart=HOUR)
        del site.rows[10:]
        assert is_complete(archive.run())
    assert archive.gaps() == []


def test_a_list_that_shows_the_newest_of_many_rows_has_a_gap(site, archive):
    site.publish(50)
    archive.run()
    site.publish(60)
    site.faults.append((0, 99, lambda result, _: result | {"data": site.rows[:6], "total": 1000}))
    assert verdict(archive.run()) is Verdict.INCOMPLETE
