"""What is kept of an article's text so that reprints of it can be found and told from others.

Outlets pass texts on: they put their own line above or below, change a few words, and Sina lists
each copy under a docid of its own. The words of a text become a MinHash (Broder 1997) over its
character 3-grams, in which the share of equal rows estimates how much two texts have in common;
its numbers are kept beside it, since the daily notices of one template differ in nothing else.
"""

import re
import sys
from array import array
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b
from struct import iter_unpack, pack
from typing import Self
from unicodedata import is_normalized, normalize
from zlib import crc32

from rensa import RMinHash  # type: ignore[import-untyped] # it has no stubs

# Changes with what is made of a text, and with how rensa makes it: signatures of two versions
# cannot be compared.
VERSION = 100 + int(RMinHash.ALGORITHM_VERSION)
ROWS = 128  # of a MinHash: the estimate's standard error is 0.04 at most
BANDS, BAND = 9, 3  # bands of so many rows; see `band_keys`
MOST_KEYS = 1 + BANDS  # of a text: that of all its words, and one a band
SEED = 20
SHORT = 100  # characters; a shorter text says too little for an estimate, and has to be the same
TINY = 20  # characters; a shorter text says little at all, and its title has to be the same too
LONGEST = 100_000  # characters that are looked at: no article has more, and hostile pages do
MOST_NUMBERS = 64  # that are kept: those with the smallest hashes, the same ones of two texts

# Two texts are one that was passed on when so much of the 3-grams of either is in both: of edits
# in one of twenty characters 0.75 is left, with an outlet's lines 0.7; of unrelated articles less
# than 0.2 is the same. benchmarks/reprints.py has the curve.
SIMILAR = 0.55
# Their numbers agree when so much of those of the text that has fewer is in the other one too: in
# notices of one template years, codes and round numbers come again, up to half of them. Texts that
# are the same to a letter have the same numbers, and an edit in twenty characters hits numbers too.
AGREEING = 0.65
SLACK = 0.2  # how much fewer of the numbers than of the 3-grams may be in both
UNEDITED = 0.85  # where less of the 3-grams is in both, an edit may have hit the only number

# Lines that name where a text is from and who worked on it, or say what nobody is liable for. They
# are an outlet's, and another one has others.
_OUTLETS_LINE = re.compile(
    r"""
    [（(【\[]? (?:
        原标题 [：:]
        | (?: (?:本文|文章|稿件|新闻|信息|图片)? (?:来源|出处) | 稿源 | 本?文?转(?:载?自|载)
            | 首发 | 原载 | 文 | 作者 | 撰[文稿] | 采写 | 编译 | 记者 | 通讯员
            | (?:责任|值班|本期|新媒体)?编辑 | 责编 | 主编 | 编审 | 审[核校读] | 校[对审]
            | 监制 | 统筹 | 策划 | 制图 | 摄影 | 出品 )
            [^：:／/｜|。]{0,2} [：:／/｜|] [^。？！]{0,40} $
        | [^：:，。]{0,6} (?:声明|免责条款|风险提示) [：:】\]]
        | (?:本文|文章|稿件|以上内容|投资者据此) [^。]{0,20}
            (?:转载|授权|来自|来源|首发|不代表|仅代表|不构成|仅供|风险自担)
        | (?:欢迎|请|长按|扫码) [^。]{0,20} (?:关注|公众号|二维码|客户端|APP|App)
        | [^，。：]{0,12} (?:记者|通讯员) [^，。：？]{2,24} $
        | [（(]? 完? [）)]? $
    )
    """,
    re.VERBOSE,
)
_LONGEST_LINE = 200  # characters that such a line has at most; a longer one is the story's
# The same in brackets: （记者 苏禾）, （来源：海港网）, (编辑 林知远)
_IN_BRACKETS = re.compile(
    r"[（(【\[](?=[^（(）)【】\[\]\n]{0,60}"
    r"(?:记者|来源|编辑|责编|作者|通讯员|校对|实习生|原标题|转自|审核|文[：/]))"
    r"[^（(）)【】\[\]\n]{0,60}[）)】\]]"
)
# Whose report it is, where the first line begins: 海港网讯 8月8日消息，
_DATELINE = re.compile(
    r"[^，。；：！？\n]{0,30}(?:讯|电|消息|获悉|报道)[）)]?(?:[，,：:\s]|$)[\s　]*"
    r"(?:\d{1,2}月\d{1,2}日[^，。\n]{0,6}[，,：:\s])?"
)
_WIDE = re.compile("[０-９Ａ-Ｚａ-ｚ．％]")
# Most characters are Chinese, and a range is tested faster than the category that \w stands for.
_WORDS = re.compile(r"[\u4e00-\u9fff\w]+")
# `re` skips ahead to a leading character class, but not to a leading repeat.
_NUMBER = re.compile(r"[0-9][0-9]*(?:\.[0-9]+)?")
_TIMES = [bytes((time,)) for time in range(MOST_NUMBERS)]  # behind a number, to hash each of it
_WEIGHT_BITS = 0b111  # of a number's hash, in which its weight stands instead
_BAND = f"<{1 + BAND}I"  # the number of a band, and its rows
_DIGEST = 16  # bytes


@dataclass(frozen=True, slots=True)
class Signature:
    """What is kept of a text: a hash of its words and numbers; the lowest byte of each row of the
    words' MinHash, none of a text that is too short for one; and the numbers, as hashes that hold
    their weights."""

    digest: bytes
    rows: bytes
    numbers: frozenset[int]

    def to_bytes(self) -> bytes:
        """The signature as the ledger keeps it: digest, how many rows, rows, numbers."""
        numbers = pack(f"<{len(self.numbers)}I", *sorted(self.numbers))
        return b"".join((self.digest, bytes((len(self.rows),)), self.rows, numbers))

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """The signature of `to_bytes`. Raises ValueError for bytes that are none."""
        end = _DIGEST + 1 + (data[_DIGEST] if len(data) > _DIGEST else 0)
        if len(data) < end or (len(data) - end) % 4:
            raise ValueError(f"{len(data)} bytes are no signature")
        numbers = frozenset(number for (number,) in iter_unpack("<I", data[end:]))
        return cls(data[:_DIGEST], data[_DIGEST + 1 : end], numbers)

    def similarity(self, other: Self) -> float:
        """How much of the 3-grams of either text is in both, estimated: 0 to 1. Of a text that is
        too short for an estimate only another one of the same words has anything."""
        if self.digest == other.digest:
            return 1.0
        if not self.rows or not other.rows:
            return 0.0
        return sum(map(int.__eq__, self.rows, other.rows)) / ROWS

    def numbers_agree(self, other: Self, similarity: float) -> bool:
        """Whether the numbers of the text that has fewer of them are the other's too, as far as can
        be expected of texts that are so similar. A number of more digits counts for more."""
        ours, theirs = self.numbers, other.numbers
        if MOST_NUMBERS in {len(ours), len(theirs)}:
            # Of a text with more only the smallest hashes are known: compared is up to there.
            last = min(max(n) for n in (ours, theirs) if len(n) == MOST_NUMBERS)
            ours, theirs = (frozenset(n for n in many if n <= last) for many in (ours, theirs))
        fewer = min(ours, theirs, key=len)
        common = ours & theirs
        if len(fewer) - len(common) <= (similarity < UNEDITED):
            return True
        return _weight(common) >= max(AGREEING, similarity - SLACK) * _weight(fewer)

    def is_reprint_of(self, other: Self) -> bool:
        """Whether the two texts are one that was passed on, whoever had it first."""
        similarity = self.similarity(other)
        return similarity >= SIMILAR and self.numbers_agree(other, similarity)


@dataclass(frozen=True, slots=True)
class SignedText:
    """A text's signature, and the keys under which texts that may be the same are found: 32 bits
    each, as many for all long texts."""

    signature: Signature
    keys: tuple[int, ...]

    def is_reprint_of(self, other: Self) -> bool:
        """Whether the two texts are one that was passed on; most that are not have no key in
        common, which is faster to tell."""
        may_be = not set(self.keys).isdisjoint(other.keys)
        return may_be and self.signature.is_reprint_of(other.signature)


@lru_cache(maxsize=32)  # an article is looked up, and recorded when its group is written
def sign(text: str, title: str = "") -> SignedText | None:
    """What is kept of an article's text; None for one without words. The title counts where the
    text says little."""
    story = _story(text[:LONGEST])
    words = _words(story)
    if not words:
        return None
    numbers = _numbers(story)
    more = _words(title) if len(words) < TINY else ""
    hashed = "\n".join((words, *map(str, sorted(numbers)), more))
    digest = blake2b(hashed.encode("utf-8", "surrogatepass"), digest_size=_DIGEST).digest()
    if len(words) < SHORT:
        return SignedText(Signature(digest, b"", numbers), (_key(digest),))
    rows = min_hash(words)
    signature = Signature(digest, pack(f"<{ROWS}I", *rows)[::4], numbers)
    keys = (_key(pack(_BAND, at, *rows[at * BAND : (at + 1) * BAND])) for at in range(BANDS))
    return SignedText(signature, (_key(digest), *keys))


def text_words(text: str) -> str:
    """The words of a text in one row: without white space and punctuation, in small letters, and
    without what outlets put around them.

    >>> text_words("海港网讯 8月8日消息，货到了。\\n（记者 苏禾）\\n来源：海港网")
    '货到了'
    """
    return _words(_story(text))


def min_hash(words: str) -> list[int]:
    """The MinHash of the 3-grams of words, as ROWS numbers of 32 bits."""
    grams = _grams(words)
    matrix = RMinHash.digest_matrix_from_flat_token_hashes(grams, [0, len(grams)], ROWS, SEED)
    rows: list[int] = matrix.to_rows()[0]
    return rows


def _story(text: str) -> str:
    """The text without what outlets put around it."""
    return "\n".join(_story_lines(text))


def _story_lines(text: str) -> Iterator[str]:
    is_first = True
    for raw in text.split("\n"):
        line = raw.strip()
        if len(line) <= _LONGEST_LINE and _OUTLETS_LINE.match(line):
            continue
        line = _IN_BRACKETS.sub("", line)
        if is_first and (dateline := _DATELINE.match(line)):
            line = line[dateline.end() :]
        is_first = False
        yield line


def _words(text: str) -> str:
    words = "".join(_WORDS.findall(text)).replace("_", "")
    return (words if is_normalized("NFKC", words) else normalize("NFKC", words)).lower()


def _grams(words: str) -> "array[int]":
    """Each three UTF-16 units in a row as one number. Five times as fast as cutting the text into
    strings: an article has a thousand."""
    units = array("H", words.encode("utf-16-le", "surrogatepass"))
    count = max(0, len(units) - 2)
    threes = array("H", bytes(8 * count))  # four units for each number, of which the last is 0
    for at in range(3):
        threes[at::4] = units[at : at + count]
    grams = array("Q", threes.tobytes())
    if sys.byteorder == "big":
        grams.byteswap()
    return grams


def _numbers(text: str) -> frozenset[int]:
    """The numbers of a text as hashes; a number that is there twice is two."""
    text = normalize("NFKC", text) if _WIDE.search(text) else text
    hashes = [
        crc32(number.encode() + time) & ~_WEIGHT_BITS | min(len(number), _WEIGHT_BITS)
        for number, times in Counter(_NUMBER.findall(text.replace(",", ""))).items()
        for time in _TIMES[:times]
    ]
    return frozenset(sorted(hashes)[:MOST_NUMBERS])


def _weight(numbers: frozenset[int]) -> int:
    return sum(number & _WEIGHT_BITS for number in numbers)


def _key(data: bytes) -> int:
    """What a text is found by: 32 bits, for an index of a million texts has thirteen million. Two
    of one key are told apart by their signatures."""
    return int.from_bytes(blake2b(data, digest_size=4, salt=bytes((VERSION,))).digest(), "big")
