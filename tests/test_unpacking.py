"""Whatever way a body is packed, it comes out whole or not at all."""

import gzip
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sinanews.download.decompression import PIECE, decompress
from sinanews.exceptions import DecompressionError

BODY = bytes(range(256)) * 40 + bytes(3 * PIECE)


def bare(body):
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(body) + packer.flush()


WAYS = {"gzip": gzip.compress, "deflate": zlib.compress, "deflate, bare": bare}


def unpacked(body, way, max_size=0):
    return decompress(body, way.partition(",")[0], max_size)


@pytest.mark.parametrize("way", WAYS)
@given(body=st.binary(max_size=2000), times=st.integers(min_value=1, max_value=2000))
def test_a_body_comes_out_as_it_was_packed(way, body, times):
    assert unpacked(WAYS[way](body * times), way) == body * times


@pytest.mark.parametrize("way", WAYS)
def test_a_body_of_several_pieces_comes_out_as_it_was_packed(way):
    assert unpacked(WAYS[way](BODY), way) == BODY


@pytest.mark.parametrize("way", WAYS)
def test_a_body_that_ends_early_is_none(way):
    packed = WAYS[way](BODY)
    for end in (1, 3, len(packed) // 2, len(packed) - 1):
        with pytest.raises(DecompressionError, match=r"is cut off|is damaged"):
            unpacked(packed[:end], way)


def test_what_follows_the_end_is_passed_over_unless_it_is_a_further_member():
    packed = gzip.compress(BODY)
    assert unpacked(packed + b"\0\0more", "gzip") == BODY
    assert unpacked(packed + packed, "gzip") == BODY * 2
    with pytest.raises(DecompressionError, match="is cut off"):
        unpacked(packed + packed[:-1], "gzip")


@pytest.mark.parametrize("way", WAYS)
def test_more_than_the_largest_size_is_refused_with_it(way):
    assert len(unpacked(WAYS[way](BODY), way, len(BODY))) == len(BODY)
    with pytest.raises(DecompressionError, match=f"more than {len(BODY) - 1} bytes"):
        unpacked(WAYS[way](BODY), way, len(BODY) - 1)


def test_nothing_unpacks_to_nothing():
    assert unpacked(b"", "gzip") == unpacked(b"", "deflate") == b""


def test_an_encoding_that_nobody_asked_for_is_refused_by_name():
    with pytest.raises(DecompressionError, match="'br', was not asked for"):
        decompress(b"body", "br")
