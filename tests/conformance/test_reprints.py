"""Real pages: each text is its own, and is found however another outlet passes it on."""

from itertools import combinations

import pytest

from benchmarks.reprints_texts import reprint
from conformance.test_captures import CAPTURES, article
from sinanews.extraction.signatures import SHORT, sign, text_words
from sinanews.mirror.prose import seeded_random
from support import needs_shared

pytestmark = needs_shared()
COPIES = 20  # of each text


@pytest.fixture(scope="module")
def texts():
    """The texts of the captures that are long enough to be edited."""
    texts = [article(folder).text for folder in CAPTURES]
    return [text for text in texts if len(text_words(text)) >= SHORT]


@pytest.mark.parametrize("share", [0, 0.02, 0.05])
def test_copies_of_real_texts_are_found(texts, share):
    random = seeded_random(share)
    found = [
        sign(text).is_reprint_of(sign(reprint(text, share, random)))
        for text in texts
        for _ in range(COPIES)
    ]
    assert len(texts) > 10
    assert sum(found) >= 0.95 * len(found)


def test_no_two_captures_have_one_text(texts):
    joined = [
        (one, other)
        for one, other in combinations(set(texts), 2)
        if sign(one).signature.is_reprint_of(sign(other).signature)
    ]
    assert joined == []
