"""What is old is removed or packed, what is young stays, and nothing else is touched."""

import gzip
import itertools
import json
import os
import shutil
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harvest.small import HOUR, NOW, edited, export, harvest, listed, opened
from harvest.test_recovery import (
    LEFT,
    OLDER,
    assert_accounts_balance,
    delete_ledger,
    in_ledger,
    warnings,
    written,
)
from sinanews.archive import housekeeping
from sinanews.archive.housekeeping import APART, DAY, Kept, keep_house
from sinanews.archive.packing import pack
from sinanews.archive.writer import clear_failure
from sinanews.config import Housekeeping
from sinanews.utils.times import file_time

HISTORIES = int(os.environ.get("HOUSE_HISTORIES", "40"))
KILLED = 77  # exit code of a process that ended in the middle
NAMES = {
    "runs": ("{}.json", "{}-7.json"),
    "articles": ("china-{}.jsonl", "china-{}+00-00.jsonl", "articles-12-{}+00-00.jsonl"),
    "failed": ("nabc{}.json", "nabc{}.html.txt", "nabc{}.html"),
}
FOREIGN = (
    *("runs/notes.json", "runs/2026-13-01T00-00-00.json", "runs/2020-01-01T00-00-00.txt"),
    *("articles/export.jsonl", "articles/mine-2020.jsonl", "articles/old.csv.gz"),
    *("failed/page.pdf", "failed/.hidden.json", "failed/notes.json", "failed/my-layout.html"),
    *("failed/nabc9990000001.html", "failed/nabc9990000001.html.txt", "failed/todo.json.gz"),
    *("failed/todo.html.txt.gz", "_posts/2020-01-01T00-00-00.json", "ledger.db"),
)
OLD = file_time(NOW - 400 * DAY)


@dataclass(frozen=True)
class Made:
    """A file of an archive: what it is called, how many days ago its run began and it was written
    last, by their clocks, and whether it is packed."""

    folder: str
    name: str
    began: float
    changed: float
    is_packed: bool

    @property
    def age(self) -> float:
        """Days since anything was done to it."""
        return self.changed if self.folder == "failed" else min(self.began, self.changed)


ages = st.floats(-3, 40).map(lambda days: round(days, 2) + 0.001)  # never to the second
FILES = st.lists(
    st.sampled_from([(folder, name) for folder, names in NAMES.items() for name in names]).flatmap(
        lambda kind: st.builds(Made, *map(st.just, kind), ages, ages, st.booleans())
    ),
    max_size=8,
)
days = st.integers(0, 30)
HOUSE = st.builds(Housekeeping, days, days, days, days)


@given(FILES, HOUSE, st.lists(st.tuples(st.integers(0, 20), st.integers(1, 40)), max_size=3))
@settings(max_examples=HISTORIES)
def test_whatever_days_and_kills_what_is_old_goes_and_the_rest_stays_whole(files, house, kills):
    """Each day another attempt, which is killed; at last one that is not."""
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder)
        made = {place(output, file, n): file for n, file in enumerate(files)}
        made |= {reason: file for path, file in made.items() if (reason := reason_of(path))}
        for path, file in made.items():
            put(path, file, content(path))
        for name in FOREIGN:
            put(output / name, Made("", "", 0, 40, is_packed=False), b"mine")
        (output / "runs" / f"{OLD}.json").mkdir()
        (output / "failed" / "nlink.json").symlink_to(output / "ledger.db")
        day = 0
        for pause, step in kills:
            day += pause
            run_and_kill(output, house, NOW + day * DAY, step)
            for path, file in made.items():
                if day + file.age < kept_days(house, file):
                    assert content(path) in contents(path), "one of them is whole"

        keep_house(output, house, NOW + day * DAY)

        for path, file in made.items():
            age = day + file.age
            if age > kept_days(house, file):
                assert contents(path) == []
            else:
                assert contents(path) == [content(path)]
                was_packed = packed(path).exists()
                assert was_packed == (file.is_packed or age > (house.compress or 1e9))
        assert all((output / name).read_bytes() == b"mine" for name in FOREIGN)
        assert (output / "runs" / f"{OLD}.json").is_dir()
        assert (output / "failed" / "nlink.json").is_symlink()
        known = {*made, *map(packed, made)}
        others = {p for p in output.rglob("*.*") if p not in known and ".sinanews-" not in p.name}
        assert len(others) == len(FOREIGN) + 2


def place(output: Path, file: Made, number: int) -> Path:
    """The path of a file that is not packed. Names of files are different."""
    start = file_time(NOW - file.began * DAY) if file.folder != "failed" else number
    name = file.name.format(start)
    return output / file.folder / (f"{number}-{name}" if file.folder == "articles" else name)


def reason_of(path: Path) -> Path | None:
    """The reason that lies beside the page of what failed."""
    is_page = path.parent.name == "failed" and ".html" in path.name
    return path.with_name(f"{path.name.partition('.')[0]}.json") if is_page else None


def packed(path: Path) -> Path:
    return path.with_name(f"{path.name}.gz")


def content(path: Path) -> bytes:
    if path.match("failed/*.json"):
        return json.dumps({"docid": path.name.partition(".")[0], "reason": "涨" * 1000}).encode()
    return f"{path.name}涨".encode() * 1000


def put(path: Path, file: Made, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    if file.is_packed:
        path, data = packed(path), gzip.compress(data)
    path.write_bytes(data)
    changed = NOW - file.changed * DAY
    os.utime(path, (changed, changed))


def contents(path: Path) -> list[bytes]:
    """What the file holds, plain and packed, where it is there."""
    plain = [path.read_bytes()] if path.exists() else []
    return plain + ([gzip.decompress(packed(path).read_bytes())] if packed(path).exists() else [])


def kept_days(house: Housekeeping, file: Made) -> float:
    days = {"runs": house.runs, "failed": house.failed, "articles": house.lines}[file.folder]
    return days or float("inf")


def run_and_kill(output: Path, house: Housekeeping, now: float, step: int) -> None:
    """Keeps the house in a process of its own, which ends before its n-th look at the disk."""
    child = os.fork()
    if child:
        _, status = os.waitpid(child, 0)
        assert os.waitstatus_to_exitcode(status) in {0, KILLED}
        return
    steps = itertools.count(1)

    def end(event: str, _: object) -> None:
        if event in {"open", "os.rename", "os.remove", "os.utime"} and next(steps) == step:
            os._exit(KILLED)

    sys.addaudithook(end)
    try:
        keep_house(output, house, now)
    finally:
        os._exit(0 if sys.exc_info()[0] is None else 1)


def test_what_a_run_at_work_may_still_write_to_is_left_alone(tmp_path):
    began = NOW - 20 * DAY
    times = {"before": began - APART - 60, "its own": began - 60, "after": began + DAY}
    paths = {
        name: tmp_path / "articles" / f"china-{file_time(t)}.jsonl" for name, t in times.items()
    }
    for name, path in paths.items():
        put(path, Made("articles", "", 0, (NOW - times[name]) / DAY, is_packed=False), b"{}\n")

    kept = keep_house(tmp_path, Housekeeping(lines=2), NOW, oldest_run=began)

    assert (kept, [name for name, path in paths.items() if path.exists()]) == (
        Kept(removed=1),
        ["its own", "after"],
    )


def test_many_files_are_packed_a_part_at_a_time_the_oldest_first(tmp_path, monkeypatch):
    monkeypatch.setattr(housekeeping, "PACKED_AT_ONCE", 2)
    paths = [tmp_path / "failed" / f"n{number}.json" for number in range(3)]
    for age, path in enumerate(paths, 5):
        put(path, Made("failed", "", 0, age, is_packed=False), content(path))

    counts = [keep_house(tmp_path, Housekeeping(compress=1), NOW).packed for _ in range(3)]

    assert counts == [2, 1, 0]
    oldest = packed(paths[2]).stat().st_ctime_ns
    assert oldest <= packed(paths[1]).stat().st_ctime_ns <= packed(paths[0]).stat().st_ctime_ns


def test_a_file_that_was_replaced_while_it_was_packed_stays(tmp_path, monkeypatch):
    path = tmp_path / "n1.json"
    path.write_bytes(b"old")

    def copy(plain, target, length):
        target.write(plain.read(length))
        path.with_name("new").write_bytes(b"new")
        path.with_name("new").replace(path)

    monkeypatch.setattr(shutil, "copyfileobj", copy)
    pack(path)

    assert [(file.name, file.read_bytes()) for file in tmp_path.iterdir()] == [("n1.json", b"new")]


def test_of_a_story_that_failed_again_the_packed_failure_goes(tmp_path):
    """As a kill leaves them, between the new one and the removal of the old one."""
    path = tmp_path / "failed" / "n1.json"
    put(path, Made("failed", "", 0, 9, is_packed=True), b"old")
    put(path, Made("failed", "", 0, 0, is_packed=False), content(path))

    keep_house(tmp_path, Housekeeping(runs=1), NOW)

    assert contents(path) == [content(path)]


def test_a_file_that_cannot_be_removed_keeps_no_other_from_it(tmp_path, caplog):
    """A folder is in the way of the packed one's name."""
    for path in (tmp_path / "failed" / name for name in ("n1.json", "n2.json")):
        put(path, Made("failed", "", 0, 9, is_packed=False), content(path))
    (tmp_path / "failed" / "n1.json.gz").mkdir()

    kept = keep_house(tmp_path, Housekeeping(compress=1), NOW)

    assert kept == Kept(packed=1)
    assert warnings(caplog)[0].endswith("n1.json could not be removed or packed: Is a directory")


def test_a_packed_failure_goes_with_its_article(tmp_path):
    for name in ("n1.json", "n1.html.txt", "n2.json"):
        put(tmp_path / "failed" / name, Made("failed", "", 0, 9, is_packed=True), b"{}")

    clear_failure(tmp_path, "n1")

    assert [path.name for path in (tmp_path / "failed").iterdir()] == ["n2.json.gz"]


# The ledger from packed lines

NAMESAKES = [listed(n, "同一个标题", f"第{n}篇") for n in range(4)]
SITE = [*NAMESAKES, *(listed(n) for n in range(4, 12))]
CHANGED = [edited(page, "改了") if n % 3 else page for n, page in enumerate(SITE)]


@pytest.fixture
def packed_archive(output):
    """An archive of two runs, its lines packed."""
    harvest(output, SITE)
    harvest(output, CHANGED, NOW + HOUR)
    for path in (output / "articles").iterdir():
        pack(path)
    return output


def test_a_deleted_ledger_is_completed_from_packed_lines(packed_archive, caplog):
    output = packed_archive
    before, exported, known = written(output), export(output), in_ledger(output)
    delete_ledger(output)

    counts = harvest(output, CHANGED, NOW + 2 * HOUR)

    assert warnings(caplog) == [OLDER.format(len(SITE))]
    assert counts["listed"] == counts["unchanged"] == len(SITE), "nothing is fetched again"
    assert (written(output), export(output), in_ledger(output)) == (before, exported, known)
    assert_accounts_balance(output)
    assert {path.suffix for path in (output / "articles").iterdir()} == {".gz"}, "nothing is left"


def test_lines_that_are_there_plain_and_packed_are_one(packed_archive, caplog):
    for path in (packed_archive / "articles").iterdir():
        path.with_name(path.name.removesuffix(".gz")).write_bytes(
            gzip.decompress(path.read_bytes())
        )
    exported = export(packed_archive)
    delete_ledger(packed_archive)

    harvest(packed_archive, [], NOW + 2 * HOUR)

    assert warnings(caplog) == [OLDER.format(len(SITE))]
    assert export(packed_archive) == exported


def test_a_packed_file_that_is_damaged_gives_what_stands_before(packed_archive, caplog):
    first, _ = sorted((packed_archive / "articles").iterdir())
    first.write_bytes(first.read_bytes()[: first.stat().st_size // 2])
    delete_ledger(packed_archive)

    harvest(packed_archive, [], NOW + 2 * HOUR)

    told = warnings(caplog)
    assert any(text.startswith(f"{first} is damaged, what stands behind") for text in told)
    assert [text for text in told if "were entered again" in text], "the other file is whole"


def test_what_lines_were_removed_the_ledger_still_has(packed_archive, caplog):
    exported = export(packed_archive)
    keep_house(packed_archive, Housekeeping(runs=1, lines=1), NOW + 400 * DAY)
    assert list((packed_archive / "articles").iterdir()) == []
    assert list((packed_archive / "runs").iterdir()) == []

    harvest(packed_archive, [], NOW + 2 * HOUR)

    assert (warnings(caplog), export(packed_archive)) == ([], exported)
    with opened(packed_archive) as ledger:
        counts = ledger.audit()
    assert (counts.runs_without_report, list(counts.complaints())) == (0, [])


def test_without_lines_a_lost_ledger_leaves_posts_of_no_article(packed_archive, caplog):
    keep_house(packed_archive, Housekeeping(lines=1), NOW + 400 * DAY)
    delete_ledger(packed_archive)

    harvest(packed_archive, [], NOW + 2 * HOUR)

    assert warnings(caplog) == [LEFT.format(len(SITE))]


# As the last thing of a harvest


def test_a_harvest_keeps_house_by_its_settings(site, scrapy, output):
    assert scrapy("harvest", "china", "-alimit=5", mirror=site.url).returncode == 0
    (report,) = (output / "runs").iterdir()
    (lines,) = (output / "articles").iterdir()
    text = lines.read_bytes()
    age(report, OLD)
    old_lines = age(lines, OLD)
    (output / "failed").mkdir(exist_ok=True)
    reason = output / "failed" / "n1.json"
    put(reason, Made("failed", "", 0, 900, is_packed=False), content(reason))
    house = {"KEEP_RUNS_DAYS": "300", "KEEP_FAILED_DAYS": "300", "COMPRESS_AFTER_DAYS": "7"}

    run = scrapy("harvest", "china", "-alimit=5", mirror=site.url, **house)

    assert run.returncode == 0, run.stderr
    assert "of old files 2 were removed, 1 packed" in run.stderr
    assert [path.suffix for path in (output / "runs").iterdir()] == [".json"]
    assert list((output / "failed").iterdir()) == []
    assert gzip.decompress(packed(old_lines).read_bytes()) == text
    assert len(list((output / "articles").iterdir())) == 2
    told = json.loads(scrapy("status", "--json").stdout)
    assert (told["unbalanced"], [run["verdict"] for run in told["runs"]]) == ([], ["complete"] * 2)


def age(path: Path, start: str) -> Path:
    """Makes a file of a run that began then."""
    name = path.name.replace(path.name.split("china-")[-1][: len(OLD)], start)
    aged = path.rename(path.with_name(name))
    os.utime(aged, (NOW - 400 * DAY, NOW - 400 * DAY))
    return aged
