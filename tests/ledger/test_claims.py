"""Claims: each story belongs to one worker at a time, and none is lost."""

from concurrent.futures import ThreadPoolExecutor
from itertools import chain

from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import update

from ledger.conftest import NOW, PAUSE, TRIES, next_run, rejected, story, written
from postgres import MARK
from sinanews.items import State
from sinanews.ledger.claims import DAY, LATE_TRIES, Retries
from sinanews.ledger.database import claiming, engine, writing
from sinanews.ledger.tables import stories
from sinanews.ledger.workers import LEASE

MANY = 200
FULL = 2  # what SQLite calls a transaction that waits for the disk


def numbers(claims):
    return [int(claim.story.docid[-3:]) for claim in claims]


def test_two_concurrent_workers_claim_every_story_exactly_once(open_ledger):
    workers = [open_ledger(), open_ledger()]
    workers[0].upsert_listed([story(n) for n in range(MANY)], "guonei")

    def work(worker):
        claimed = []
        while claims := worker.claim(7):
            claimed += numbers(claims)
        return claimed

    with ThreadPoolExecutor(2) as pool:
        claimed = list(chain(*pool.map(work, workers)))
    assert sorted(claimed) == list(range(MANY))


def test_stories_listed_earlier_are_claimed_first_and_then_the_oldest(ledger, clock):
    ledger.upsert_listed([story(1), story(2)], "guonei")
    clock.advance(60)
    ledger.upsert_listed([story(3, ctime=NOW - 5), story(4, ctime=NOW - 9)], "guonei")

    assert numbers(ledger.claim(9)) == [1, 2, 4, 3]


def test_another_worker_can_claim_a_story_once_its_lease_is_over(open_ledger, clock):
    first, second = open_ledger(), open_ledger()
    first.upsert_listed([story()], "guonei")
    assert numbers(first.claim(1)) == [1]

    clock.advance(LEASE - 1)
    assert second.claim(1) == []
    clock.advance(1)
    assert numbers(second.claim(1)) == [1]


def lose_claims(ledger):
    """What a server that crashed knows of claims that were not on its disk yet."""
    with writing(ledger._database).begin() as connection:  # noqa: SLF001 - a server's part
        connection.execute(update(stories).values(worker=None, due_at=NOW))


def test_work_goes_on_under_a_claim_that_the_server_lost(ledger):
    ledger.upsert_listed([story()], "guonei")
    (claim,) = ledger.claim(1)
    lose_claims(ledger)

    assert ledger.claim(1) == [], "it is in work"
    assert ledger.record_outcomes([written(claim)]) == {claim.story.docid}


def test_what_another_worker_has_settled_meanwhile_is_not_recorded_under_a_lost_claim(open_ledger):
    first, second = open_ledger(), open_ledger()
    first.upsert_listed([story()], "guonei")
    (lost,) = first.claim(1)
    lose_claims(first)
    (claim,) = second.claim(1)
    second.record_outcomes([written(claim)])
    second.requeue([claim.story.docid])

    assert first.claim(1) == [], "it is in work"
    assert first.record_outcomes([written(lost, "<p>旧</p>")]) == set()
    first.close()

    assert numbers(second.claim(1)) == [1]


def test_a_transaction_waits_for_the_disk_of_a_file_as_it_was_asked_to(tmp_path):
    database = engine(f"sqlite:///{tmp_path}/ledger.db")
    shown = []
    for durable in (True, False, False, True, True, False):
        with writing(database, durable=durable).begin() as connection:
            level = connection.exec_driver_sql("PRAGMA synchronous").scalar_one()
            shown.append(level == FULL)
    database.dispose()
    assert shown == [True, False, False, True, True, False]


@MARK
def test_claims_alone_do_not_wait_for_the_disk_of_a_server(postgres):
    database = engine(postgres.url)
    shown = []
    for pool in (claiming(database), writing(database)):
        with pool.connect() as connection:
            shown.append(connection.exec_driver_sql("SHOW synchronous_commit").scalar_one())
        pool.dispose()
    assert shown == ["off", "on"]


def test_closing_a_worker_releases_its_claims(open_ledger):
    first, second = open_ledger(), open_ledger()
    first.upsert_listed([story(1), story(2)], "guonei")
    done, _ = first.claim(2)
    first.record_outcomes([written(done)])

    first.close()

    assert numbers(second.claim(9)) == [2]


def fail(ledger):
    """Has every story that is due fail; returns how many did."""
    return len(ledger.record_outcomes([rejected(claim) for claim in ledger.claim(9)]))


def test_a_failed_story_is_retried_after_pauses_that_double_up_to_a_day(ledger, clock):
    ledger.upsert_listed([story()], "guonei")
    for pause in (PAUSE, 2 * PAUSE, 4 * PAUSE, 8 * PAUSE):
        assert fail(ledger) == 1
        clock.advance(pause - 1)
        assert fail(ledger) == 0
        clock.advance(1)
    for _ in range(TRIES + LATE_TRIES - 5):
        assert fail(ledger) == 1
        clock.advance(DAY)
    assert fail(ledger) == 1, "the last try"
    clock.advance(1000 * DAY)
    assert fail(ledger) == 0

    next_run(ledger)
    ledger.upsert_listed([story()], "guonei")
    assert ledger.runs.account(ledger.run) == {State.FAILED: 1}
    assert ledger.runs.failures(ledger.run) == {"HTTP 500": 1}


@given(
    retries=st.builds(
        Retries,
        st.integers(0, 10**9),
        st.integers(1, 10**9),
        st.lists(st.integers(1, 10**9), max_size=5).map(tuple),
    ),
    now=st.integers(0, 2**40),
    tries=st.integers(1, 10**9),
    listed=st.integers(0, 2**40),
)
def test_whatever_waits_is_due_within_the_longest_pause(retries, now, tries, listed):
    again = retries.after_failure(now, tries)
    assert again is None or now <= again <= now + DAY
    assert (again is None) == (tries >= retries.tries + LATE_TRIES)
    look = retries.after_reading(now, listed)
    assert look is None or now < look <= now + retries.longest


def test_a_success_resets_the_tries(ledger, clock):
    ledger.upsert_listed([story()], "guonei")
    ledger.record_outcomes([rejected(claim) for claim in ledger.claim(1)])
    clock.advance(PAUSE)
    (claim,) = ledger.claim(1)
    assert (claim.state, claim.tries) == (State.FAILED, 1)
    ledger.record_outcomes([written(claim)])
    ledger.requeue([claim.story.docid])

    (claim,) = ledger.claim(1)

    assert (claim.state, claim.tries, claim.revision) == (State.WRITTEN, 0, 1)


def test_failures_of_a_blocked_run_do_not_count_as_tries(ledger):
    ledger.upsert_listed([story(1), story(2)], "guonei")
    ledger.record_outcomes([rejected(ledger.claim(1)[0], reason="HTTP 429")])
    next_run(ledger)
    ledger.upsert_listed([story(1), story(2)], "guonei")
    ledger.record_outcomes([rejected(ledger.claim(1)[0], reason="HTTP 403")])

    ledger.reset_failures()

    assert [(claim.story.docid[-1], claim.tries) for claim in ledger.claim(9)] == [("2", 0)]
    assert ledger.runs.account(ledger.run) == {State.FAILED: 2}, "for this run they have failed"


def test_a_gone_story_is_not_claimed_again(ledger, clock):
    ledger.upsert_listed([story()], "guonei")
    ledger.record_outcomes([rejected(claim, State.GONE) for claim in ledger.claim(1)])
    clock.advance(10 * 86_400)
    assert ledger.claim(1) == []


def test_an_article_is_rechecked_once_at_each_age(ledger, clock):
    ledger.upsert_listed([story()], "guonei")
    ledger.record_outcomes([written(claim) for claim in ledger.claim(1)])
    rechecked = []
    for hour in range(1, 50):
        clock.now = NOW + hour * 3600
        for claim in ledger.claim(1):
            rechecked.append(hour)
            ledger.record_outcomes([written(claim, f"<p>{hour}</p>")])
    assert rechecked == [1, 24]


def test_an_article_listed_late_is_rechecked_at_the_remaining_ages(ledger, clock):
    clock.now = NOW + 2 * 3600
    ledger.upsert_listed([story()], "guonei")
    ledger.record_outcomes([written(claim) for claim in ledger.claim(1)])
    clock.now = NOW + 86_400 - 1
    assert ledger.claim(1) == []
    clock.advance(1)
    assert numbers(ledger.claim(1)) == [1]


def test_earlier_revisions_stay_even_if_the_article_is_gone(ledger):
    ledger.upsert_listed([story()], "guonei")
    for body in ("<p>一</p>", "<p>二</p>"):
        (claim,) = ledger.claim(1)
        ledger.record_outcomes([written(claim, body)])
        ledger.requeue([claim.story.docid])
    (claim,) = ledger.claim(1)
    ledger.record_outcomes([rejected(claim, State.GONE)])

    assert [article.body_html for article in ledger.revisions(claim.story.docid)] == [
        "<p>一</p>",
        "<p>二</p>",
    ]
    assert [article.revision for _, article in ledger.articles()] == [2], "gone, and still exported"
