"""A full disk ends a run cleanly and damages no existing file."""

import os
import subprocess
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from harvest.proofs import count_posts, leftovers, query, reports, whole
from pictures.gallery import HOST, article, image, list_all, pictures_asked
from sinanews.mirror.server import running
from sinanews.mirror.site import Site

HARVEST = ("harvest", "china")
ROOMY = "20m"
# Enough for the tables and some of the articles.
SMALL = {"archive": "720k", "ledger": "520k"}


@pytest.fixture
def disk(tmp_path) -> Iterator[Callable[[str], Path]]:
    """Mounts a disk of the given size, or resizes it if it is mounted already."""
    folder = tmp_path / "disk"
    folder.mkdir()

    def mount(size: str) -> Path:
        options = ["-o", f"remount,size={size}"] if folder.is_mount() else ["-o", f"size={size}"]
        command = ["mount", "-t", "tmpfs", *options, "tmpfs", str(folder)]
        result = subprocess.run(command, capture_output=True, text=True, check=False)
        if result.returncode:
            pytest.skip(f"a small disk can be mounted by root alone: {result.stderr.strip()}")
        return folder

    yield mount
    if folder.is_mount():
        subprocess.run(["umount", str(folder)], check=True)


@pytest.fixture
def mirror():
    with running(Site(articles=130, tick=0)) as started:
        yield started


@pytest.mark.parametrize("full", SMALL)
def test_a_full_disk_ends_the_run_and_the_next_run_with_more_room_completes_it(
    full, disk, mirror, scrapy, tmp_path
):
    small = disk(SMALL[full])
    output = (small if full == "archive" else tmp_path) / "output"
    ledger = f"sqlite:///{output if full == 'archive' else small}/ledger.db"
    settings = {"OUTPUT_DIR": str(output), "LEDGER_URL": ledger}
    stories = {story.docid for story in mirror.site.listed(1686)}

    run = scrapy(*HARVEST, mirror=mirror.url, **settings)

    assert run.returncode == 3, run.stderr
    reasons = [f"the ledger {ledger} cannot be written: database or disk is full"]
    if full == "archive":  # the ledger is on the same disk, and either may run out of room first
        reasons.append(f"{output} cannot be written: [Errno 28] No space left on device")
    assert any(f"china: incomplete ({reason})" in run.stdout for reason in reasons), run.stdout
    assert "Traceback" not in run.stderr
    assert len(mirror.articles()) < len(stories), "the run went on although it could keep nothing"
    posts = {path: path.read_bytes() for path in output.rglob("*.md")}
    assert 0 < len(posts) < len(stories)
    assert all(post.endswith(b"</div>\n" + b" " * 12) for post in posts.values())
    assert leftovers(output) == []
    status = scrapy("status", **settings)
    assert "the account balances" in status.stdout, status.stderr

    disk(ROOMY)
    run = scrapy(*HARVEST, mirror=mirror.url, **settings)

    assert run.returncode == 0, run.stdout + run.stderr
    assert count_posts(output) == len(stories)
    assert leftovers(output) == []
    assert posts.items() <= {path: path.read_bytes() for path in output.rglob("*.md")}.items()
    assert reports(output)[-1]["verdict"] == "complete"
    rows = query(output if full == "archive" else small, "SELECT docid, revision FROM stories")
    assert {row["docid"]: row["revision"] for row in rows} == dict.fromkeys(stories, 1)


def test_json_lines_for_which_there_is_no_room_are_written_by_the_next_run(
    disk, mirror, scrapy, output
):
    output.mkdir()
    (output / "articles").symlink_to(disk("64k"))

    run = scrapy(*HARVEST, mirror=mirror.url)

    assert run.returncode == 0, "the ledger has every article"
    assert run.stderr.count("JSON Lines end here: [Errno 28] No space left on device") == 1
    docids = {row["docid"] for row in query(output, "SELECT docid FROM revisions")}
    assert 0 < len(docids_in_lines(output)) < len(docids)

    disk(ROOMY)
    run = scrapy(*HARVEST, mirror=mirror.url)

    assert run.returncode == 0, run.stderr
    assert "lines that run 1 left unwritten are in articles/rest-1-" in run.stderr
    assert docids_in_lines(output) == Counter(docids)
    assert "left unwritten" not in scrapy(*HARVEST, mirror=mirror.url).stderr


def docids_in_lines(output: Path) -> Counter[str]:
    files = (output / "articles").iterdir()
    return Counter(line["docid"] for file in files for line in whole(file))


def test_a_ledger_without_room_to_start_is_reported(disk, mirror, scrapy):
    ledger = f"sqlite:///{disk('228k')}/ledger.db"

    run = scrapy(*HARVEST, mirror=mirror.url, LEDGER_URL=ledger)

    assert run.returncode == 3, run.stderr
    assert f"incomplete (the ledger {ledger} cannot be written: database or disk" in run.stdout
    assert "Traceback" not in run.stderr
    assert mirror.articles() == []


def fill(folder: Path) -> Path:
    """Fills a disk to the last byte; returns the file to delete to make room again."""
    filler = folder / "filler"
    with suppress(OSError), filler.open("wb", buffering=0) as file:
        while file.write(bytes(os.sysconf("SC_PAGE_SIZE"))):
            pass
    return filler


def test_a_harvest_on_a_full_disk_does_not_start_and_changes_nothing(disk, mirror, scrapy):
    folder = disk("6m")
    output = folder / "output"
    settings = {"OUTPUT_DIR": str(output)}
    assert scrapy(*HARVEST, mirror=mirror.url, **settings).returncode == 0
    mirror.site.now += 3600
    mirror.site.publish(5)
    mirror.forget()
    before = {path: path.read_bytes() for path in output.rglob("*") if path.is_file()}
    filler = fill(folder)

    run = scrapy(*HARVEST, mirror=mirror.url, **settings)

    assert run.returncode == 2
    assert f"OUTPUT_DIR: '{output}' is not accepted; expected a folder that" in run.stderr
    assert "(No space left on device)" in run.stderr
    assert "Traceback" not in run.stderr
    assert mirror.requests == []
    assert {path: path.read_bytes() for path in output.rglob("*") if path.is_file()} == before

    filler.unlink()
    run = scrapy(*HARVEST, mirror=mirror.url, **settings)

    assert run.returncode == 0, run.stdout + run.stderr
    assert " written 13 + " in run.stdout, "the five, and the eight that had arrived by now"


def test_pictures_for_which_there_is_no_room_end_the_run_once(disk, pages, scrapy, output):
    """Each article has several, and many are on their way; the next run has room for them."""
    for number in range(4):
        sources = [f"https://{HOST}/{number}-{place}.png" for place in range(12)]
        article(pages, number, sources)
        for place, source in enumerate(sources):
            picture = image(number=12 * number + place) + bytes(9_000)
            pages[source.removeprefix("https://")] = picture
    list_all(pages, 4)
    output.mkdir()
    (output / "images").symlink_to(disk("4k"))
    options = {"mirror": pages.url, "IMAGES": "download", "CONCURRENT_REQUESTS_PER_DOMAIN": "2"}

    run = scrapy("crawl", "china", **options)

    assert run.returncode == 3
    assert run.stderr.count("No space left on device; the run ends here") == 1
    assert "Traceback" not in run.stderr
    (report,) = reports(output)
    assert report["errors"] == 1
    assert report["account"]["listed"] == report["account"]["failed"] == 4
    assert len(pictures_asked(pages)) < 24, "once it is to end it asks for no more"

    disk(ROOMY)
    assert scrapy("crawl", "china", **options).returncode == 0
    assert len(list((output / "images").rglob("*.png"))) == 48
