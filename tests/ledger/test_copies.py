"""Copies that one worker reads at once: the second waits for what becomes of the first."""

import asyncio

import pytest

from benchmarks.reprints_texts import article
from ledger.conftest import rejected
from ledger.test_reprints import OTHER, TEXT, claimed, docid, outcome
from sinanews.archive import reprints
from sinanews.archive.reprints import Reprints
from sinanews.mirror.prose import seeded_random


async def beside(ledger, work, before=TEXT):
    """What is said of a copy of TEXT that comes while another text is not recorded yet, of whose
    story `work` then makes something."""
    known = Reprints(ledger)
    first, second = outcome(claimed(ledger, 1), before), outcome(claimed(ledger, 2), TEXT)
    assert await known.first_of(first.item) is None
    asking = asyncio.ensure_future(known.first_of(second.item))
    await asyncio.sleep(0.05)
    waited = not asking.done()
    work(first)
    return waited, await asking


def test_a_copy_waits_for_the_first_to_be_recorded_and_is_its_reprint(ledger):
    answer = asyncio.run(beside(ledger, lambda first: ledger.record_outcomes([first])))
    assert answer == (True, docid(1))


def test_a_copy_of_what_comes_to_nothing_is_a_first(ledger):
    def fail(first):
        claim = ledger.claimed(first.item.docid)
        ledger.record_outcomes([rejected(claim)])

    assert asyncio.run(beside(ledger, fail)) == (True, None)


def test_another_text_waits_for_nobody(ledger):
    assert asyncio.run(beside(ledger, lambda _: None, before=OTHER)) == (False, None)


def test_a_copy_waits_no_longer_than_is_reasonable(ledger, monkeypatch):
    monkeypatch.setattr(reprints, "PATIENCE", 0.1)
    assert asyncio.run(beside(ledger, lambda _: None)) == (True, None)


@pytest.mark.parametrize("text", ["", "（完）"])
def test_articles_without_words_wait_for_nobody(ledger, text):
    known = Reprints(ledger)
    items = [outcome(claimed(ledger, number), text).item for number in (1, 2)]
    assert [asyncio.run(known.first_of(item)) for item in items] == [None, None]


def test_articles_that_come_together_are_asked_about_at_once(ledger, monkeypatch):
    asked = []
    families_of = ledger.families_of
    monkeypatch.setattr(
        ledger, "families_of", lambda articles: asked.append(len(articles)) or families_of(articles)
    )
    items = [outcome(claimed(ledger, n), article(seeded_random(n), 3)).item for n in (1, 2, 3)]

    async def together():
        known = Reprints(ledger)
        await asyncio.gather(*map(known.first_of, items))
        return await asyncio.gather(*map(known.first_of, items[1:]))

    assert asyncio.run(together()) == [None] * 2
    assert asked == [3, 2]


def test_a_look_that_fails_is_an_error_for_each_that_asked(ledger, monkeypatch):
    def fail(_):
        raise MemoryError

    monkeypatch.setattr(ledger, "families_of", fail)
    items = [outcome(claimed(ledger, n), article(seeded_random(n), 3)).item for n in (1, 2)]

    async def together():
        known = Reprints(ledger)
        given_up, *others = (asyncio.ensure_future(known.first_of(item)) for item in items)
        await asyncio.sleep(0)
        given_up.cancel()
        async with asyncio.timeout(30):
            return await asyncio.gather(given_up, *others, return_exceptions=True)

    first, second = asyncio.run(together())
    assert (type(first), type(second)) == (asyncio.CancelledError, MemoryError)


def test_what_is_recorded_is_not_kept_in_memory(ledger):
    known = Reprints(ledger)
    for number in range(1, 6):
        made = outcome(claimed(ledger, number), article(seeded_random(number), 3))
        asyncio.run(known.first_of(made.item))
        ledger.record_outcomes([made])
    assert len(known._in_work) == 1  # noqa: SLF001 - what nobody else sees
