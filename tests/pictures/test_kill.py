"""Many pictures, some of which are faulty, and a kill: posts whole, faults counted, nothing twice.

HARVEST_PICTURES=500 has that many.
"""

import json
import os
import time
from collections import Counter
from hashlib import sha256
from types import SimpleNamespace

import pytest

from harvest.proofs import (
    assert_accounts_balance,
    assert_posts_are_whole,
    count_posts,
    launch,
    leftovers,
    query,
    reports,
)
from pictures.gallery import HOST, article, fault, image, list_all, pictures_asked
from support import Pages, posts, scrapy_in

PICTURES = int(os.environ.get("HARVEST_PICTURES", "100"))
EACH = 5  # pictures of an article
FAULTY_EVERY = 10  # numbers of pictures, of which as many have a fault as there are kinds
STUCK = 120  # seconds
KINDS = {
    1: ("404", "HTTP 404"),
    3: ("hang", "no answer in 2 s"),
    5: ("picture-html", "it is no JPEG, PNG, GIF or WebP"),
    7: ("picture-bomb", "it has more than 25000000 pixels (IMAGES_MAX_PIXELS)"),
    9: ("picture-large", "it has more than 10000000 bytes (DOWNLOAD_MAXSIZE)"),
}
FAULTS = {n: KINDS[n // 10 % 10] for n in range(PICTURES) if n % 10 == 5 and n // 10 % 10 in KINDS}
SETTINGS = {
    "IMAGES": "download",
    "DOWNLOAD_TIMEOUT": "2",
    "RETRY_TIMES": "0",
}


class Gallery(Pages):
    """A server of articles and pictures, some of which never come."""

    def __init__(self) -> None:
        super().__init__()
        for number in range(PICTURES):
            if number not in FAULTS:
                self[f"{HOST}/{number}.png"] = image(number=number)
            elif FAULTS[number][0].startswith("picture"):
                self[f"{HOST}/{number}.png"] = fault(FAULTS[number][0])
        for first in range(0, PICTURES, EACH):
            urls = (f"https://{HOST}/{number}.png" for number in range(first, first + EACH))
            article(self, first // EACH, urls)
        list_all(self, PICTURES // EACH)

    def reply(self, target: str) -> tuple[int, bytes, dict[str, str]]:
        name = target.rpartition("/")[2].removesuffix(".png")
        if name.isdigit() and FAULTS.get(int(name), ("",))[0] == "hang":
            time.sleep(2.5)  # longer than DOWNLOAD_TIMEOUT
        return super().reply(target)


@pytest.fixture(scope="module")
def archive(tmp_path_factory):
    """An archive whose first harvest was killed in the middle of its pictures, and what the second
    one made of it."""
    pages, output = Gallery(), tmp_path_factory.mktemp("many") / "output"
    settings = SETTINGS | {"OUTPUT_DIR": str(output), "MIRROR_URL": pages.url}
    killed = launch(["crawl", "china"], **settings)
    began = time.monotonic()
    while len([*output.glob("images/??/*.png")]) < PICTURES // 3 and killed.poll() is None:
        assert time.monotonic() - began < STUCK
        time.sleep(0.01)
    killed.kill()
    killed.communicate()
    assert killed.returncode == -9, "it was at work"
    time.sleep(0.1)  # for what is on its way to the server
    before = pictures_asked(pages)
    known = {row["url"] for row in query(output, "SELECT url FROM pictures WHERE path IS NOT NULL")}
    posts_before = count_posts(output)
    pages.requests.clear()
    scrapy = scrapy_in(output)
    run = scrapy("crawl", "china", mirror=pages.url, **SETTINGS)
    assert run.returncode == 0, run.stderr
    yield SimpleNamespace(
        output=output,
        before=before,
        after=pictures_asked(pages),
        known=known,
        posts_before=posts_before,
        report=reports(output)[-1],
        check=scrapy("rebuild", "--check", mirror=pages.url, **SETTINGS),
    )
    pages.server.shutdown()
    pages.server.server_close()


def test_every_post_is_whole_and_shows_what_is_kept(archive):
    assert_posts_are_whole(archive.output)
    assert_accounts_balance(archive.output)
    assert len(posts(archive.output)) == PICTURES // EACH
    text = "".join(
        path.read_text("utf-8").partition("\n---\n\n")[2] for path in posts(archive.output)
    )
    for number in range(PICTURES):
        name = sha256(image(number=number)).hexdigest()
        assert (f'"https://{HOST}/{number}.png"' in text) == (number in FAULTS)
        assert (f'"/images/{name[:2]}/{name}.png"' in text) == (number not in FAULTS)
    assert archive.check.returncode == 0, archive.check.stdout


def test_each_fault_is_counted_with_its_reason(archive):
    rows = query(archive.output, "SELECT reason FROM pictures WHERE path IS NULL")
    assert Counter(row["reason"] for row in rows) == Counter(why for _, why in FAULTS.values())
    told = archive.report["pictures"]["failed"]
    assert told.keys() <= {why for _, why in FAULTS.values()}
    assert sum(told.values()) <= len(FAULTS)


def test_nothing_is_twice_after_a_kill(archive):
    assert 0 < archive.posts_before < PICTURES // EACH
    known = {url.removeprefix("https://") for url in archive.known}
    assert known
    assert not known & {*archive.after}, "what the ledger has is not asked for again"
    assert max(Counter(archive.before).values()) == max(Counter(archive.after).values()) == 1
    assert query(archive.output, "SELECT docid FROM stories WHERE revision != 1") == []
    files = [path for path in archive.output.glob("images/*/*") if path.is_file()]
    assert len(files) == PICTURES - len(FAULTS)
    assert all(sha256(path.read_bytes()).hexdigest() == path.stem for path in files)


def test_no_temporary_file_is_left(archive):
    assert [path for path in leftovers(archive.output) if path.suffix != ".png"] == []


def test_a_run_that_is_ended_early_leaves_its_pictures_to_the_next_one(pages, scrapy, output):
    """Articles in hand are written without them, and show them once a later run has them."""
    count = 12
    for number in range(count):
        pages[f"{HOST}/{number}.png"] = image(number=number)
        article(pages, number, [f"https://{HOST}/{number}.png"])
    list_all(pages, count)
    options = {"mirror": pages.url, "IMAGES": "download"}
    slow = {
        "DOWNLOAD_SLOTS": json.dumps({HOST: {"delay": 0.5}}),
        "CONCURRENT_REQUESTS_PER_DOMAIN": "1",
        "CLOSESPIDER_TIMEOUT": "2",
    }

    ended = scrapy("crawl", "china", **options, **slow)
    fetched = len(pictures_asked(pages))
    check = scrapy("rebuild", "--check", **options)
    later = scrapy("crawl", "china", **options)

    assert "Traceback" not in ended.stderr + later.stderr
    assert fetched < count
    assert check.returncode == 0, check.stdout
    assert later.returncode == 0, later.stderr
    assert set(Counter(pictures_asked(pages)).values()) == {1}
    assert len(posts(output)) == count
    assert all("headimg: '/images/" in path.read_text("utf-8") for path in posts(output))
    assert scrapy("rebuild", "--check", **options).returncode == 0
