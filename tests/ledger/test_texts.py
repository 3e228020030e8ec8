"""Whatever text or number comes from outside, the ledger can keep it, on either database."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import update

from ledger.conftest import NOW, on_each_kind, rejected, story, written
from sinanews.ledger.claims import Retries
from sinanews.ledger.database import engine, storable
from sinanews.ledger.history import Query
from sinanews.ledger.ledger import Ledger
from sinanews.ledger.pictures import Picture
from sinanews.ledger.tables import runs
from sinanews.posts.paths import post_path
from sinanews.utils.text import well_formed

# What neither database takes as it is, or one of them does not, among other text.
TEXTS = st.text(
    st.one_of(st.sampled_from("\0\ud83d\udcc8\\u0'\"%{};"), st.characters()), min_size=1, max_size=9
)


def assert_is_kept(ledger, number, text):
    """Enters a text wherever one comes from outside, and finds it again."""
    row = replace(story(number), url=f"https://finance.sina.com.cn/{number}/{text}", title=text)
    row = replace(row, docid=f"{number}{text}", summary=text, source=text)
    ledger.upsert_listed([row], "guonei")
    ledger.upsert_listed([replace(row, mtime=row.mtime + 1, url=row.url + text)], "")
    (claim,) = ledger.claim(1)
    kept = storable(text)
    assert (claim.story.docid, claim.story.title) == (f"{number}{kept}", kept)
    assert (claim.story.summary, claim.story.source) == (kept, kept)
    ledger.record_outcomes([rejected(claim, reason=text)])
    assert kept in ledger.view(1).failures
    ledger.requeue([row.docid])
    (claim,) = ledger.claim(1)
    assert claim.reason == kept
    made = written(claim)
    made.item.channels = [well_formed(text)]  # what JSON cannot have, no article has
    ledger.pictures.record(claim.story.docid, [Picture(text, reason=text, tries=1)])
    ledger.pictures.note_failure(text, text)
    assert ledger.pictures.find(text).reason == kept
    ledger.record_outcomes([made], lambda ours: ours)
    assert ledger.count_lines(Query(channel=text)) == ledger.count_lines(Query(channel=kept))
    report = {"account": {"listed": 1, "written": 1}, "failures": {text: 1}, f"x{text}": text}
    ledger.runs.end(ledger.run, text, report)
    ledger.begin(text)
    assert ledger.counts() == ledger.audit()
    assert ledger.counts().runs_without_report == 1


@on_each_kind
def test_whatever_text_comes_is_kept_and_found_again(kind):
    with kind.new() as url:
        ledger = Ledger(engine(url), post_path, lambda: NOW, Retries(pause=0))
        ledger.begin("china")
        numbers = iter(range(10**6))

        @given(TEXTS)
        @settings(max_examples=kind.examples(80))
        def law(text):
            assert_is_kept(ledger, next(numbers), text)

        law()
        ledger.close()


@pytest.mark.parametrize("account", ['{"listed": 1, "written": 1}', '{"\\u0000": 0, "listed": 0}'])
def test_a_report_in_which_a_text_has_the_character_0_has_its_account(ledger, account):
    texts = r'"a": "\u0000", "b": "\\u0000", "c": "\\\u0000\u0000\u0000"'
    with ledger._database.begin() as connection:  # noqa: SLF001 - as any version may have written it
        report = f'{{"account": {account}, {texts}}}'
        connection.execute(update(runs).filter_by(id=ledger.run).values(report=report))
    assert ledger.counts().runs_without_report == 0
