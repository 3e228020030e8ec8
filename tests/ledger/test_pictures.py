"""What the ledger says of pictures is what posts show, whoever reads the article meanwhile."""

from dataclasses import replace

import pytest

from ledger.conftest import PAUSE, TRIES, next_run, story, written
from sinanews.items import Image
from sinanews.ledger.pictures import Mended, Picture

A, B = "https://n.sinaimg.cn/a.png", "https://n.sinaimg.cn/b.png"
PATH = "images/0a/0a.png"


def write(ledger, number=1):
    """Records a story's article, which shows two pictures; returns its docid."""
    ledger.upsert_listed([story(number)], "guonei")
    (claim,) = ledger.claim(1)
    outcome = written(claim)
    outcome.item.images = [Image(A), Image(B)]
    outcome = replace(outcome, post_path=f"_posts/{number}.md", post_hash=b"old")
    assert ledger.record_outcomes([outcome])
    return claim.story.docid


def mended(docid, revision=1):
    return Mended(docid, revision, b"new", {A: PATH})


def test_an_address_has_the_file_that_any_article_has_for_it(ledger):
    ledger.pictures.record("n1", [ledger.pictures.note_failure(A, "HTTP 500")])
    assert ledger.pictures.find(A).reason == "HTTP 500"
    ledger.pictures.record("n2", [Picture(A, PATH)])
    assert ledger.pictures.find(A).path == PATH
    assert ledger.pictures.find(B) is None
    assert ledger.pictures.files(["n1", "n2"]) == {"n2": {A: PATH}}


def test_a_picture_is_tried_again_after_pauses_that_double_and_then_no_more(ledger, clock):
    pauses = []
    for _ in range(TRIES):
        picture = ledger.pictures.note_failure(A, "HTTP 500")
        ledger.pictures.record("n1", [picture])
        pauses.append(picture.due_at and picture.due_at - clock.now)
        clock.advance(100_000)
    assert pauses == [PAUSE, 2 * PAUSE, 4 * PAUSE, None]


def test_what_is_no_picture_is_not_tried_again_and_what_was_not_tried_is_due(ledger, clock):
    refused = ledger.pictures.note_failure(A, "it is no picture", may_pass=False)
    waiting = ledger.pictures.note_failure(B, "not asked for", was_tried=False)
    assert (refused.tries, refused.due_at) == (1, None)
    assert (waiting.tries, waiting.due_at) == (0, clock.now)
    assert ledger.pictures.is_due(waiting)


def test_what_is_due_is_one_worker_s_for_a_lease_and_only_what_was_due_before(ledger, clock):
    docid = write(ledger)
    failed = ledger.pictures.note_failure(A, "not asked for", was_tried=False)
    ledger.pictures.record(docid, [failed])
    now = int(clock.now)
    assert ledger.pictures.take_due(9, now, 600) == {}
    assert ledger.pictures.take_due(9, now + 1, 600) == {docid: [A]}
    assert ledger.pictures.take_due(9, now + 1, 600) == {}
    clock.advance(700)
    assert ledger.pictures.take_due(9, int(clock.now), 600) == {docid: [A]}


def test_pictures_of_an_article_that_is_being_read_wait(ledger, clock):
    docid = write(ledger)
    ledger.pictures.record(docid, [ledger.pictures.note_failure(A, "late", was_tried=False)])
    clock.advance(10)
    ledger.requeue([docid])
    next_run(ledger)
    ledger.claim(1)
    assert ledger.pictures.take_due(9, int(clock.now), 600) == {}


def test_a_post_that_shows_a_picture_now_has_it_in_its_line_without_a_new_revision(ledger):
    docid = write(ledger)
    ledger.pictures.record(docid, [ledger.pictures.note_failure(A, "late", was_tried=False)])

    assert ledger.pictures.mend(mended(docid), set)

    assert ledger.pictures.files([docid]) == {docid: {A: PATH}}
    (article,) = ledger.revisions(docid)
    assert article.images == [Image(A, path=PATH), Image(B)]
    ledger.requeue([docid])
    (claim,) = ledger.claim(1)
    assert (claim.revision, claim.post_hash) == (1, b"new")


@pytest.mark.parametrize("publish", [set, lambda _: set()], ids=["read anew", "not written"])
def test_nothing_is_noted_of_a_post_that_was_not_put_in_place(ledger, publish):
    docid = write(ledger)
    ledger.pictures.record(docid, [ledger.pictures.note_failure(A, "late", was_tried=False)])
    revision = 2 if publish is set else 1

    assert not ledger.pictures.mend(mended(docid, revision), publish)

    assert ledger.pictures.files([docid]) == {}
    assert ledger.revisions(docid)[0].images == [Image(A), Image(B)]


def test_an_article_that_is_claimed_is_left_to_whoever_reads_it(ledger):
    docid = write(ledger)
    ledger.requeue([docid])
    ledger.claim(1)
    published = []
    assert not ledger.pictures.mend(mended(docid), published.append)
    assert published == []
