"""Files of kept pages: what is in them, and what kills and full disks leave of them."""

import multiprocessing
import random
import resource
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pages.readers import assert_accepted, with_fastwarc, with_warcio
from sinanews.archive import warc
from sinanews.archive.warc import (
    OPEN,
    PageFiles,
    ServedPage,
    close_left,
    index,
    page_files,
    read_page,
)
from sinanews.exceptions import DamagedPagesError

RUN = "china-2026-11-25T11-13-34-7"
KILLS = 50
LARGE = 1_000_000


def page(docid="nabc0000000001", body=b"<html></html>", **fields):
    url = f"https://finance.sina.com.cn/china/2026-09-29/doc-i{docid}.shtml"
    headers = [(b"Content-Type", b"text/html")]
    return ServedPage(
        **{"docid": docid, "url": url, "asked_url": url, "status": 200, "headers": headers}
        | {"body": body}
        | fields
    )


def noise(seed, size):
    """Bytes that cannot be packed."""
    return random.Random(seed).randbytes(size)  # noqa: S311 - no secrets


def written(folder, *pages, run=RUN, size=LARGE):
    files = PageFiles(folder, run, size, "sinanews/0")
    for one in pages:
        files.add(one)
    files.close()
    return page_files(folder)


def kept(folder):
    """All pages of a folder, in order."""
    found = (kept for path in page_files(folder) for kept in index(path))
    return [read_page(folder, one.place) for one in found]


bodies = st.binary(max_size=3000) | st.builds(bytes.__mul__, st.binary(max_size=9), st.just(9999))
tokens = st.from_regex(rb"[A-Za-z][A-Za-z0-9-]{0,20}", fullmatch=True)
values = st.from_regex(rb"([!-~]([ -~]{0,30}[!-~])?)?", fullmatch=True)
OTHER = {
    *(b"set-cookie", b"set-cookie2", b"proxy-authenticate", b"proxy-authorization"),
    *(b"connection", b"content-length", b"keep-alive", b"trailer", b"transfer-encoding"),
}
served = st.builds(
    page,
    body=bodies,
    headers=st.lists(st.tuples(tokens, values)),
    status=st.sampled_from([200, 203]),
    is_further=st.booleans(),
    asked_url=st.sampled_from(["https://finance.sina.com.cn/a", "https://sina.cn/b?c=d"]),
)


@settings(max_examples=60)
@given(st.lists(served, min_size=1, max_size=5), st.sampled_from([1, 5000, LARGE]))
def test_every_page_is_read_as_it_was_served(pages, size):
    with TemporaryDirectory() as folder:
        files = written(Path(folder), *pages, size=size)

        for before, after in zip(pages, kept(Path(folder)), strict=True):
            headers = [pair for pair in before.headers if pair[0].lower() not in OTHER]
            assert after.headers == [*headers, (b"Content-Length", b"%d" % len(before.body))]
            assert (after.body, after.status, after.url) == (before.body, before.status, before.url)
            assert (after.docid, after.asked_url) == (before.docid, before.asked_url)
            assert after.is_further == before.is_further
        assert_payloads_are_read_by_others(files)


def assert_payloads_are_read_by_others(files):
    for file in files:
        assert len(with_fastwarc(file)) == len(with_warcio(file))


def test_other_programs_accept_every_file(tmp_path):
    packed = page(body=b"\x1f\x8b" + noise(1, 40_000))
    packed.headers.append((b"Content-Encoding", b"gzip"))

    files = written(tmp_path, page(), packed, page(body=b""), page(body=b"x" * 500_000), size=1)

    assert len(files) == 4, "each began a new file"
    assert_accepted(files)


def test_a_body_that_was_served_packed_is_not_packed_again_and_another_is(tmp_path):
    body = b"a" * 100_000
    packed = page(body=body)
    packed.headers.append((b"Content-Encoding", b"gzip"))

    as_served, anew = written(tmp_path, packed, page(body=body), size=1)

    assert as_served.stat().st_size > len(body)
    assert anew.stat().st_size < len(body) / 10


@pytest.mark.parametrize("piece", [1, 10, 100, 1000])
def test_a_file_is_read_in_pieces_wherever_these_end(piece, tmp_path, monkeypatch):
    pages = [page(docid=f"n{n}", body=noise(n, 3000)) for n in range(9)]
    (path,) = written(tmp_path, *pages)
    whole = list(index(path))
    monkeypatch.setattr(warc, "PIECE", piece)

    assert list(index(path)) == whole


def test_secrets_and_what_concerns_the_connection_are_left_out(tmp_path):
    secret = [(b"Set-Cookie", b"a=b"), (b"PROXY-Authenticate", b"Basic"), (b"X-Kept", b"yes")]
    chunked = [(b"Transfer-Encoding", b"chunked"), (b"Content-Length", b"99")]

    written(tmp_path, page(body=b"body", headers=[*secret, *chunked]))

    (found,) = kept(tmp_path)
    assert found.headers == [(b"X-Kept", b"yes"), (b"Content-Length", b"4")]


def test_a_header_that_is_no_ascii_or_has_line_breaks_harms_nothing(tmp_path):
    odd = [(b"X-Odd", "新浪".encode("gbk")), (b"X-Broken", b"a\r\n\r\nHTTP/1.1 404")]

    assert_accepted(written(tmp_path, page(headers=odd, body=b"body")))

    (found,) = kept(tmp_path)
    assert (found.status, found.body) == (200, b"body")
    assert (b"X-Broken", b"a HTTP/1.1 404") in found.headers


def test_a_file_is_closed_when_it_is_large_enough(tmp_path):
    files = written(tmp_path, *(page(body=bytes(3000), docid=f"n{n}") for n in range(5)), size=200)

    assert [path.name for path in files] == [f"{RUN}-{n:05}.warc.gz" for n in range(1, 6)]
    assert [one.docid for one in kept(tmp_path)] == [f"n{n}" for n in range(5)]


def test_no_file_is_made_before_the_first_page(tmp_path):
    PageFiles(tmp_path, RUN, LARGE, "sinanews/0").close()

    assert list(tmp_path.iterdir()) == []


# What kills leave


def left_open(folder, *pages, run=RUN):
    """A file as a killed run leaves it."""
    (path,) = written(folder, *pages, run=run)
    return path.rename(path.with_name(path.name + OPEN))


PAGES = [page(docid=f"n{n}", body=bytes([n]) * n * 2000) for n in range(1, 5)]


@settings(max_examples=100)
@given(st.data())
def test_a_file_that_was_cut_off_anywhere_keeps_its_whole_records(data):
    with TemporaryDirectory() as name:
        folder = Path(name)
        path = left_open(folder, *PAGES)
        ends = [one.place.offset + one.place.length for one in index(path)]
        # Where exactly a record ends is another each time: it has a name of its own.
        near = data.draw(st.none() | st.tuples(st.sampled_from(range(4)), st.integers(-9, 9)))
        share = data.draw(st.integers(0, 999))
        size = min(ends[near[0]] + near[1], ends[-1]) if near else ends[-1] * share // 1000
        rest = data.draw(st.binary(max_size=50) | st.just(bytes(5000)))
        before = path.read_bytes()
        damaged = before[:size] + rest * (size < ends[-1])
        path.write_bytes(damaged)

        close_left(folder, at_work=())

        assert [one.docid for one in kept(folder)] == [
            one.docid for one, end in zip(PAGES, ends, strict=True) if damaged[:end] == before[:end]
        ]
        assert list(folder.glob(f"*{OPEN}")) == []
        after = {path: path.read_bytes() for path in folder.iterdir()}
        for file in after:
            assert with_warcio(file)[0] == ("warcinfo", None)
            assert len(with_fastwarc(file)) == len(with_warcio(file))
        assert close_left(folder, at_work=()) == []
        assert {path: path.read_bytes() for path in folder.iterdir()} == after


def test_what_was_cut_off_is_told(tmp_path):
    path = left_open(tmp_path, *PAGES)
    with path.open("ab") as file:
        file.write(b"\x1f\x8bhalf a record")

    assert close_left(tmp_path, at_work=()) == [(f"{RUN}-00001.warc.gz", 15)]


def test_files_of_runs_at_work_and_of_others_are_left_alone(tmp_path):
    mine = left_open(tmp_path, *PAGES)
    mine.write_bytes(mine.read_bytes()[:-1])
    foreign = tmp_path / f"somebody-elses.warc.gz{OPEN}"
    foreign.write_bytes(b"half")
    closed = written(tmp_path, *PAGES, run="china-2026-11-25T11-13-35-8")
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}

    assert close_left(tmp_path, at_work={7}) == []

    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before
    assert page_files(tmp_path) == closed


def test_a_damaged_file_is_read_up_to_the_damage(tmp_path):
    (path,) = written(tmp_path, *PAGES)
    third = list(index(path))[2].place
    data = bytearray(path.read_bytes())
    data[third.offset + third.length // 2] ^= 1
    path.write_bytes(data)

    found = []
    with pytest.raises(DamagedPagesError, match=f"{path.name} is damaged at byte {third.offset}"):
        found.extend(index(path))
    with pytest.raises(DamagedPagesError):
        read_page(tmp_path, third)


def write_for_ever(folder, number, told):
    """Closes what was left, then keeps pages, and tells of each that is there."""
    close_left(folder, at_work=())
    files = PageFiles(folder, f"china-2026-11-25T11-13-34-{number}", 100_000, "sinanews/0")
    for n in count():
        docid = f"n{number}x{n}"
        files.add(page(docid=docid, body=noise(n, n % 40_000)))
        told.send(docid)


def test_after_fifty_kills_every_page_that_was_kept_is_there(tmp_path):
    """The kills come while pages are written, files closed and begun, and what an earlier kill left
    is cut away."""
    rng = random.Random(6)  # noqa: S311 - picks moments to kill at, no secrets
    fork = multiprocessing.get_context("fork")
    told, cut_off = [], 0
    for number in range(KILLS):
        listening, telling = fork.Pipe(duplex=False)
        process = fork.Process(target=write_for_ever, args=(tmp_path, number, telling))
        process.start()
        telling.close()
        if number % 3:  # else it may be killed while it cuts
            listening.poll(30)
        time.sleep(rng.uniform(0, 0.02))
        process.kill()
        process.join()
        while listening.poll():
            try:
                told.append(listening.recv())
            except EOFError:
                break
        listening.close()
        cut_off += len(list(tmp_path.glob(f"*{OPEN}")))

    close_left(tmp_path, at_work=())

    assert len(told) > KILLS, "the processes were killed before they had begun"
    assert cut_off > KILLS / 2
    assert {*told} <= {one.docid for one in kept(tmp_path)}
    assert list(tmp_path.glob(f"*{OPEN}")) == []
    assert_accepted(page_files(tmp_path))


# A full disk


@contextmanager
def largest_file(size: int) -> Iterator[None]:
    """No file of this process gets larger than `size` bytes, as on a disk that is full."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_page_for_which_the_disk_has_no_room_leaves_nothing(tmp_path):
    files = PageFiles(tmp_path, RUN, LARGE, "sinanews/0")
    files.add(page(docid="n1"))
    with largest_file(20_000), pytest.raises(OSError, match="File too large"):
        files.add(page(docid="n2", body=noise(1, 50_000)))
    files.add(page(docid="n3"))
    files.close()

    assert [one.docid for one in kept(tmp_path)] == ["n1", "n3"]
    assert_accepted(page_files(tmp_path))


def test_a_file_for_which_the_disk_has_no_room_is_not_begun(tmp_path):
    files = PageFiles(tmp_path, RUN, LARGE, "sinanews/0")
    with largest_file(10), pytest.raises(OSError, match="File too large"):
        files.add(page(docid="n1"))
    assert list(tmp_path.iterdir()) == []

    files.add(page(docid="n1"))
    files.close()

    assert [one.docid for one in kept(tmp_path)] == ["n1"]
