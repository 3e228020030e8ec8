"""Whatever way a body is packed and cut into chunks, it comes out whole or not at all."""

import asyncio
import gzip
import itertools
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sinanews.exceptions import PackedError
from sinanews.unpacking import PIECE, unpacked

BODY = bytes(range(256)) * 40 + bytes(3 * PIECE)


def bare(body):
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(body) + packer.flush()


WAYS = {"gzip": gzip.compress, "deflate": zlib.compress, "deflate, bare": bare}


def pieces(chunks, encoding):
    async def arriving():
        for chunk in chunks:
            yield chunk

    async def collected():
        return [piece async for piece in unpacked(arriving(), encoding.partition(",")[0])]

    return asyncio.run(collected())


def cut(body, places):
    edges = [0, *sorted(place % (len(body) + 1) for place in places), len(body)]
    return [body[begin:end] for begin, end in itertools.pairwise(edges)]


@pytest.mark.parametrize("way", WAYS)
@given(places=st.lists(st.integers(min_value=0, max_value=1 << 20), max_size=9))
def test_a_body_is_the_same_wherever_it_is_cut_into_chunks(way, places):
    found = pieces(cut(WAYS[way](BODY), places), way)
    assert b"".join(found) == BODY
    assert max(map(len, found)) <= PIECE


@pytest.mark.parametrize("way", WAYS)
def test_a_body_that_ends_early_is_none(way):
    packed = WAYS[way](BODY)
    for end in (1, 3, len(packed) // 2, len(packed) - 1):
        with pytest.raises(PackedError, match=r"is cut off|is damaged"):
            pieces([packed[:end]], way)


def test_what_follows_the_end_is_passed_over_unless_it_is_a_further_stream():
    packed = gzip.compress(BODY)
    assert b"".join(pieces([packed + b"\0\0", b"more"], "gzip")) == BODY
    assert b"".join(pieces([packed + packed], "gzip")) == BODY * 2


def test_nothing_unpacks_to_nothing():
    assert pieces([], "gzip") == pieces([b""], "deflate") == []


def test_an_encoding_that_nobody_asked_for_is_refused_by_name():
    with pytest.raises(PackedError, match="'br', was not asked for"):
        pieces([b"body"], "br")
