"""Articles that are stored at the same time share a group, and none of them waits for ever."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

import pytest

from sinanews.archive.writer import ENOUGH, Archive
from sinanews.exceptions import ClaimLostError
from sinanews.items import Rejection, State
from sinanews.ledger.records import Outcome

PATIENCE = 30  # seconds; nothing here takes one
places = pytest.mark.parametrize("is_on_server", [False, True], ids=["file", "server"])


class RecordingLedger:
    """Notes the docids of each group; has `errors` to raise, one for a group, and `lost` docids."""

    def __init__(self, errors=(), lost=(), *, is_on_server=False):
        self.is_on_server = is_on_server
        self.groups = []
        self._errors = list(errors)
        self._lost = set(lost)

    def record_outcomes(self, outcomes, publish):
        docids = {outcome.item.docid for outcome in outcomes}
        self.groups.append(docids)
        if self._errors:
            raise self._errors.pop(0)
        return publish(docids - self._lost)


def outcome(number):
    url = f"https://finance.sina.com.cn/{number}"
    return Outcome(Rejection(f"n{number}", url, State.FAILED, "no title"), State.FAILED)


async def store(archive, numbers):
    """What became of each: None, or its error."""
    every = (archive.store(outcome(number), {f"{number}.txt": b"x"}) for number in numbers)
    async with asyncio.timeout(PATIENCE):
        return await asyncio.gather(*every, return_exceptions=True)


@places
def test_each_of_many_is_written_once_with_what_waits_and_what_comes_later_is_the_next_group(
    tmp_path, is_on_server
):
    ledger = RecordingLedger(is_on_server=is_on_server)
    archive = Archive(tmp_path, ledger)
    count = 3 * ENOUGH

    async def in_two_halves():
        first = asyncio.ensure_future(store(archive, range(count)))
        while not ledger.groups:  # noqa: ASYNC110 - a thread may note it, and sets no event
            await asyncio.sleep(0)
        return await store(archive, range(count, 2 * count)), await first

    assert asyncio.run(in_two_halves()) == ([None] * count, [None] * count)

    assert [len(group) for group in ledger.groups] == [count, count]
    assert set.union(*ledger.groups) == {f"n{number}" for number in range(2 * count)}
    assert len([*tmp_path.glob("*.txt")]) == 2 * count


def test_fewer_than_make_a_group_are_written_all_the_same(tmp_path):
    ledger = RecordingLedger()
    archive = Archive(tmp_path, ledger)

    async def one_after_the_other():
        return [await store(archive, [number]) for number in range(3)]

    assert asyncio.run(one_after_the_other()) == [[None]] * 3
    assert ledger.groups == [{"n0"}, {"n1"}, {"n2"}]


@places
def test_an_error_is_that_of_all_in_its_group_and_of_no_other(tmp_path, is_on_server):
    full = OSError(28, "No space left on device")
    ledger = RecordingLedger(errors=[full], is_on_server=is_on_server)
    archive = Archive(tmp_path, ledger)

    async def one_group_after_the_other():
        return await store(archive, range(ENOUGH)), await store(archive, [ENOUGH])

    assert asyncio.run(one_group_after_the_other()) == ([full] * ENOUGH, [None])
    assert [path.name for path in tmp_path.iterdir()] == [f"{ENOUGH}.txt"]


@places
def test_what_somebody_else_holds_is_its_own_error_alone(tmp_path, is_on_server):
    ledger = RecordingLedger(lost=["n1"], is_on_server=is_on_server)
    first, second, third = asyncio.run(store(Archive(tmp_path, ledger), range(3)))

    assert (first, third) == (None, None)
    assert isinstance(second, ClaimLostError)


def test_nobody_waits_for_a_thread_that_cannot_be_started(tmp_path):
    ledger = RecordingLedger(is_on_server=True)
    threads = ThreadPoolExecutor()

    async def without_threads():
        asyncio.get_running_loop().set_default_executor(threads)
        threads.shutdown()
        return await store(Archive(tmp_path, ledger), range(ENOUGH + 1))

    for error in asyncio.run(without_threads()):
        with pytest.raises(RuntimeError, match="after shutdown"):
            raise error
    assert ledger.groups == []
