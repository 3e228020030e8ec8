"""How the ledger finds the first of those articles that have one text."""

from dataclasses import replace

import pytest
from sqlalchemy import delete, func, select, update

from benchmarks.reprints_texts import article, market_table, reprint
from ledger.conftest import NOW, Watched, story
from sinanews.extraction.signatures import MOST_KEYS, VERSION
from sinanews.items import Article, State
from sinanews.ledger.records import Outcome
from sinanews.ledger.recovery import LostArticle, LostRevision
from sinanews.ledger.reprints import CANDIDATES
from sinanews.ledger.selection import Selection
from sinanews.ledger.tables import BUCKET, bands, revisions, signatures, signing
from sinanews.mirror.prose import seeded_random
from sinanews.utils.times import at

TEXT = article(seeded_random(1), 4)
OTHER = article(seeded_random(2), 4)


def docid(number):
    return story(number).docid


def claimed(ledger, number):
    """The claim on the story of a number, listed or made due again."""
    ledger.upsert_listed([story(number)], "guonei")
    ledger.requeue([docid(number)])
    (claim,) = ledger.claim(1, Selection(docids=(docid(number),)))
    return claim


def outcome(claim, text):
    made = Article(
        claim.story.docid,
        claim.story.url,
        ["guonei"],
        claim.story.title,
        published=at(NOW),
        revision=claim.revision + 1,
        body_html=f"<p>{text}</p>",
        text=text,
    )
    return Outcome(made, State.UPDATED if claim.revision else State.WRITTEN, claim.post_path)


def record(ledger, number, text):
    """Records a new revision of the story of a number; returns whose reprint it is."""
    made = outcome(claimed(ledger, number), text)
    [made.item.duplicate_of] = ledger.families_of([made.item])
    assert ledger.record_outcomes([made]) == {docid(number)}
    return made.item.duplicate_of


def family(ledger, number):
    """The numbers' docids that are one with a story's, in order."""
    return [one.article.docid for one in ledger.family(ledger.revisions(docid(number))[-1])]


def count(ledger, table):
    with ledger._database.connect() as connection:  # noqa: SLF001 - nobody else counts these
        return connection.execute(select(func.count()).select_from(table)).scalar_one()


def execute(ledger, statement):
    with ledger._database.begin() as connection:  # noqa: SLF001 - what no ledger does
        connection.execute(statement)


def test_the_same_text_under_another_docid_is_a_reprint_of_the_first(ledger):
    assert record(ledger, 1, TEXT) is None
    assert record(ledger, 2, TEXT) == docid(1)


def test_a_reprint_of_a_reprint_names_the_first_of_all(ledger):
    random = seeded_random(3)
    texts = [TEXT]
    for _ in range(4):
        texts.append(reprint(texts[-1], 0.03, random))
    assert [record(ledger, number, text) for number, text in enumerate(texts, 1)] == [
        None,
        *[docid(1)] * 4,
    ]


def test_another_text_is_no_reprint(ledger):
    record(ledger, 1, TEXT)
    assert record(ledger, 2, OTHER) is None
    assert family(ledger, 2) == []


def test_an_article_without_a_text_is_no_reprint(ledger):
    assert record(ledger, 1, "") is None
    assert record(ledger, 2, "") is None
    assert count(ledger, signatures) == 0


def test_daily_tables_are_not_joined(ledger):
    random = seeded_random(4)
    assert {record(ledger, number, market_table(random)) for number in range(1, 31)} == {None}


def test_a_later_revision_of_the_first_is_no_reprint(ledger, clock):
    record(ledger, 1, TEXT)
    clock.advance(60)
    record(ledger, 2, TEXT)
    clock.advance(60)
    assert record(ledger, 1, reprint(TEXT, 0.02, seeded_random(5))) is None
    assert record(ledger, 3, TEXT) == docid(1)


def test_a_later_revision_of_a_reprint_says_the_same(ledger):
    # Both in one second: only what its line said tells which is the first.
    record(ledger, 2, TEXT)
    assert record(ledger, 1, TEXT) == docid(2)
    assert record(ledger, 1, reprint(TEXT, 0.02, seeded_random(6))) == docid(2)


def test_a_reprint_that_becomes_another_text_is_a_reprint_no_more(ledger):
    record(ledger, 1, TEXT)
    record(ledger, 2, TEXT)
    assert record(ledger, 2, OTHER) is None


def test_the_text_of_an_earlier_revision_is_found_too(ledger):
    record(ledger, 1, TEXT)
    record(ledger, 1, OTHER)
    assert record(ledger, 2, TEXT) == docid(1)


def test_two_that_are_recorded_at_the_same_moment_are_both_firsts_and_one_family(
    open_ledger, clock
):
    ours, theirs = open_ledger(), open_ledger()
    first, second = outcome(claimed(ours, 1), TEXT), outcome(claimed(theirs, 2), TEXT)
    [first.item.duplicate_of] = ours.families_of([first.item])
    [second.item.duplicate_of] = theirs.families_of([second.item])
    theirs.record_outcomes([second])
    clock.advance(1)
    ours.record_outcomes([first])

    assert first.item.duplicate_of is second.item.duplicate_of is None
    assert count(ours, revisions) == count(ours, signatures) == 2
    assert family(ours, 1) == family(ours, 2) == [docid(2), docid(1)]
    # The one that was read first is the first of those that come later.
    assert record(ours, 3, TEXT) == docid(2)
    assert family(theirs, 3) == family(ours, 1) == [docid(2), docid(1), docid(3)]


def test_a_family_has_the_last_revision_of_each_and_when_its_first_was_read(ledger, clock):
    record(ledger, 1, TEXT)
    clock.advance(3600)
    record(ledger, 2, TEXT)
    clock.advance(3600)
    record(ledger, 1, TEXT + "\n（完）\n更正。")

    first, second = ledger.family(ledger.revisions(docid(2))[-1])

    assert (first.article.revision, first.seen) == (2, at(NOW))
    assert (second.article.duplicate_of, second.seen) == (docid(1), at(NOW + 3600))


def test_articles_that_are_asked_about_together_have_the_answers_of_each_alone(ledger):
    for number, text in enumerate((TEXT, OTHER, "快讯", TEXT), 1):
        record(ledger, number, text)
    random, answers = seeded_random(3), set()
    texts = [TEXT, reprint(TEXT, 0.03, random), OTHER, "快讯", "别的", "", article(random, 4)]
    claim = claimed(ledger, 9)
    for _ in range(20):
        numbers = random.choices((1, 2, 3, 4, 9), k=5)
        articles = [
            replace(outcome(claim, text).item, docid=docid(number))
            for number, text in zip(numbers, random.choices(texts, k=5), strict=True)
        ]
        alone = [ledger.families_of([one])[0] for one in articles]
        assert ledger.families_of(articles) == alone
        answers.update(alone)
    assert {None, docid(1), docid(2)} <= answers
    assert ledger.families_of([]) == []


@pytest.mark.parametrize("damaged", [b"", b"other", bytes(17) + b"odd", bytes(16) + b"\xff"])
def test_a_signature_that_is_damaged_is_that_of_no_text(ledger, damaged):
    record(ledger, 1, TEXT)
    execute(ledger, update(signatures).values(signature=damaged))
    record(ledger, 2, TEXT)
    assert record(ledger, 3, TEXT) == docid(2)


# How each database says that it finds what has a key, and what has a first one.
BY_INDEX = {
    ("SEARCH bands USING PRIMARY KEY (key=?)", "bands_pkey"),
    ("USING INDEX signatures_reprints", "signatures_reprints"),
}


def test_a_look_asks_indexes_and_scans_nothing(ledger):
    record(ledger, 1, TEXT)
    made = outcome(claimed(ledger, 2), TEXT)
    watched = Watched(ledger)
    assert ledger.families_of([made.item]) == [docid(1)]
    ledger.family(made.item)
    steps = [step for plan in watched.plans().values() for step in plan]
    for either in BY_INDEX:
        assert any(name in step for step in steps for name in either), steps
    scans = [step for step in steps if step.startswith("SCAN ") or "Seq Scan" in step]
    assert not [step for step in scans if "CONSTANT" not in step]


def test_a_look_reads_no_more_rows_however_many_have_the_text(ledger):
    random = seeded_random(7)
    for number in range(1, 5 * BUCKET):
        first = record(ledger, number, reprint(TEXT, 0, random))
        assert first == (docid(1) if number > 1 else None)
    with ledger._database.connect() as connection:  # noqa: SLF001 - nobody else counts these
        by_key = select(func.count(bands.c.slot)).group_by(bands.c.key)
        assert max(connection.execute(by_key).scalars()) == BUCKET
    assert count(ledger, signatures) == 5 * BUCKET - 1
    assert len(family(ledger, 1)) == 5 * BUCKET - 1
    assert MOST_KEYS * BUCKET < 100
    assert "LIMIT" not in str(CANDIDATES)  # it needs none


def forget(ledger):
    """Makes the ledger one that another version has filled."""
    for table in (signatures, bands, signing):
        execute(ledger, delete(table))


def test_articles_of_an_older_ledger_are_found_once_they_are_signed(ledger, open_ledger):
    for number in range(1, 8):
        record(ledger, number, article(seeded_random(number), 3))
    before = b"".join(ledger.lines())
    forget(ledger)
    claim = claimed(ledger, 9)
    copies = [outcome(claim, article(seeded_random(n), 3)).item for n in range(1, 8)]
    assert ledger.families_of(copies) == [None] * 7

    worker = open_ledger()
    assert [ledger.sign_older(3), worker.sign_older(3), ledger.sign_older(3)] == [3, 3, 1]

    assert ledger.sign_older(3) == worker.sign_older(3) == 0
    assert ledger.families_of(copies) == [docid(n) for n in range(1, 8)]
    assert count(ledger, signatures) == 7
    assert b"".join(ledger.lines()) == before  # nothing is said anew of what was said


def test_what_is_recorded_while_older_articles_are_signed_is_signed_once(ledger):
    record(ledger, 1, TEXT)
    record(ledger, 3, OTHER)
    forget(ledger)
    assert ledger.sign_older(1) == 1
    assert record(ledger, 2, TEXT) == docid(1)
    assert [ledger.sign_older(1) for _ in range(3)] == [1, 1, 0]
    assert count(ledger, signatures) == 3


def test_an_older_article_stays_the_first_of_one_that_was_signed_before_it(ledger, clock):
    record(ledger, 1, TEXT)
    forget(ledger)
    clock.advance(60)
    assert record(ledger, 2, TEXT) is None  # nobody knows yet
    while ledger.sign_older(5):
        pass
    assert record(ledger, 3, TEXT) == docid(1)
    assert record(ledger, 1, TEXT + "\n更正。") is None
    assert family(ledger, 2) == [docid(1), docid(2), docid(3)]


def test_signatures_of_another_version_are_made_anew(ledger):
    record(ledger, 1, TEXT)
    execute(ledger, update(signatures).values(version=VERSION - 1, signature=b"other"))
    execute(ledger, update(signing).values(version=VERSION - 1))
    copy = outcome(claimed(ledger, 2), TEXT).item
    assert ledger.families_of([copy]) == [None]
    assert [ledger.sign_older(5), ledger.sign_older(5)] == [1, 0]
    assert ledger.families_of([copy]) == [docid(1)]
    assert count(ledger, signatures) == 1


def test_a_damaged_article_is_passed_over(ledger):
    record(ledger, 1, TEXT)
    record(ledger, 2, OTHER)
    forget(ledger)
    execute(ledger, update(revisions).filter_by(docid=docid(1)).values(article=b"damaged"))
    assert [ledger.sign_older(5), ledger.sign_older(5)] == [2, 0]
    assert count(ledger, signatures) == 1


def test_a_new_ledger_has_nothing_to_sign(ledger):
    record(ledger, 1, TEXT)
    assert ledger.sign_older(5) == 0


def test_what_is_recovered_from_json_lines_is_found(ledger):
    made = outcome(claimed(ledger, 1), TEXT).item
    lost = LostArticle([LostRevision(made, b"", NOW)], "_posts/a.md", None)
    other = outcome(claimed(ledger, 2), TEXT).item
    other.duplicate_of = made.docid
    again = LostArticle([LostRevision(other, b"", NOW)], "_posts/b.md", None)
    ledger.recovery.enter([lost, again], ledger.worker)
    assert record(ledger, 3, TEXT) == docid(1)
    assert family(ledger, 2) == [docid(1), docid(2), docid(3)]


@pytest.mark.parametrize("text", ["短讯：青河港务集团今日恢复通航。", TEXT])
def test_a_record_that_comes_to_nothing_leaves_no_signature(ledger, text):
    made = outcome(claimed(ledger, 1), text)
    assert ledger.record_outcomes([made], lambda _: set()) == set()
    assert count(ledger, signatures) == count(ledger, bands) == 0
