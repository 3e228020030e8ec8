"""A compressed body is unpacked completely or not at all."""

import gzip
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scrapy import Request
from scrapy.http import HtmlResponse, Response

from sinanews.download import decompression
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
def test_a_body_round_trips(way, body, times):
    assert unpacked(WAYS[way](body * times), way) == body * times


@pytest.mark.parametrize("way", WAYS)
def test_a_body_of_several_pieces_round_trips(way):
    assert unpacked(WAYS[way](BODY), way) == BODY


@pytest.mark.parametrize("way", WAYS)
def test_a_truncated_body_is_refused(way):
    packed = WAYS[way](BODY)
    for end in (1, 3, len(packed) // 2, len(packed) - 1):
        with pytest.raises(DecompressionError, match=r"is cut off|is damaged"):
            unpacked(packed[:end], way)


def test_trailing_bytes_are_ignored_unless_they_are_another_gzip_member():
    packed = gzip.compress(BODY)
    assert unpacked(packed + b"\0\0more", "gzip") == BODY
    assert unpacked(packed + packed, "gzip") == BODY * 2
    with pytest.raises(DecompressionError, match="is cut off"):
        unpacked(packed + packed[:-1], "gzip")


@pytest.mark.parametrize("way", WAYS)
def test_a_body_over_max_size_is_refused_with_the_limit(way):
    assert len(unpacked(WAYS[way](BODY), way, len(BODY))) == len(BODY)
    with pytest.raises(DecompressionError, match=f"more than {len(BODY) - 1} bytes"):
        unpacked(WAYS[way](BODY), way, len(BODY) - 1)


def test_an_empty_body_unpacks_to_an_empty_body():
    assert unpacked(b"", "gzip") == unpacked(b"", "deflate") == b""


def test_an_unrequested_encoding_is_refused():
    with pytest.raises(DecompressionError, match="its encoding was not asked for"):
        decompress(b"body", "br")


def test_the_response_of_an_unpacked_body_is_the_same_but_for_that():
    request = Request("https://finance.sina.com.cn/a.shtml", meta={"retry_times": 1})
    headers = [
        ("Content-Type", "text/html; charset=gb2312"),
        ("Content-Encoding", "gzip"),
        ("X-Via", "a"),
        ("X-Via", "b"),
    ]
    packed = Response(
        request.url, 203, headers, gzip.compress("正文".encode("gbk")), ["cached"], request
    )
    response = decompression.unpacked(packed)
    assert type(response) is HtmlResponse
    assert (response.url, response.status, response.flags) == (request.url, 203, ["cached"])
    assert response.request is request
    assert response.headers.getlist("X-Via") == [b"a", b"b"]
    assert "Content-Encoding" not in response.headers
    assert (response.encoding, response.text) == ("gb18030", "正文")
