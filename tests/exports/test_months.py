"""A folder by months: written once, and then only where something came or changed."""

import json
from pathlib import Path

import pytest
from filelock import FileLock
from hypothesis import given
from hypothesis import strategies as st
from pyarrow import parquet

from exports.samples import DAY, Ledger
from sinanews.exceptions import ArgumentError
from sinanews.exports.months import MANIFEST, Outcome, export_months
from sinanews.exports.parquet import ParquetExporter
from sinanews.exports.places import LocalFolder
from sinanews.exports.reading import Query
from sinanews.utils.times import at

AUGUST, SEPTEMBER, OCTOBER = 1_787_000_000, 1_789_000_000, 1_791_500_000
END_OF_SEPTEMBER = 1_790_783_999  # 2026-09-30 23:59:59 in China
QUERY = Query()


def export(folder: Path, ledger: Ledger, query: Query = QUERY) -> Outcome:
    return export_months(LocalFolder(folder), ledger, query, ParquetExporter)


def docids(folder: Path) -> dict[str, list[str]]:
    """The docids in each file of a folder."""
    return {
        path.name: parquet.read_table(path)["docid"].to_pylist()
        for path in sorted(folder.glob("*.parquet"))
    }


def files(folder: Path) -> dict[str, tuple[int, bytes]]:
    """The inode and the bytes of all files: a file that is written again has another inode."""
    return {path.name: (path.stat().st_ino, path.read_bytes()) for path in folder.iterdir()}


@pytest.fixture
def ledger() -> Ledger:
    ledger = Ledger()
    for docid, ctime in (("n1", AUGUST), ("n2", SEPTEMBER), ("n3", END_OF_SEPTEMBER)):
        ledger.add(docid, ctime)
    ledger.add("n4", END_OF_SEPTEMBER + 1)
    return ledger


def test_each_article_is_in_the_file_of_its_month_in_china(ledger, tmp_path):
    assert export(tmp_path / "a", ledger) == Outcome(articles=4, changed=3)
    assert docids(tmp_path / "a") == {
        "2026-08.parquet": ["n1"],
        "2026-09.parquet": ["n2", "n3"],
        "2026-10.parquet": ["n4"],
    }


def test_with_nothing_new_nothing_is_read_or_written(ledger, tmp_path):
    export(tmp_path, ledger)
    before = files(tmp_path)
    ledger.queries.clear()
    assert export(tmp_path, ledger) == Outcome(articles=4, changed=0)
    assert files(tmp_path) == before
    assert ledger.queries == []


def test_what_is_new_is_added_and_no_other_month_is_touched(ledger, tmp_path):
    export(tmp_path, ledger)
    before = files(tmp_path)
    ledger.add("n5", OCTOBER + 40 * DAY)
    assert export(tmp_path, ledger) == Outcome(articles=5, changed=1)
    after = files(tmp_path)
    assert after.pop("2026-11.parquet")
    assert after.pop(MANIFEST) != before.pop(MANIFEST)
    assert after == before


def test_a_revision_has_its_month_written_again_and_no_other(ledger, tmp_path):
    export(tmp_path, ledger)
    before = files(tmp_path)
    ledger.add("n2", SEPTEMBER, seen=OCTOBER, revision=2)
    assert export(tmp_path, ledger) == Outcome(articles=4, changed=1)
    after = files(tmp_path)
    assert {name for name in before if before[name] != after[name]} == {"2026-09.parquet", MANIFEST}
    table = parquet.read_table(tmp_path / "2026-09.parquet")
    assert table["revision"].to_pylist() == [2, 1]


def test_a_month_that_an_article_leaves_is_written_again_or_goes(ledger, tmp_path):
    query = Query(by="seen")
    export(tmp_path, ledger, query)
    assert docids(tmp_path)["2026-08.parquet"] == ["n1"]
    ledger.add("n1", AUGUST, seen=SEPTEMBER + DAY, revision=2)
    assert export(tmp_path, ledger, query).changed == 2
    assert docids(tmp_path) == {
        "2026-09.parquet": ["n2", "n1"],
        "2026-10.parquet": ["n3", "n4"],
    }


def test_a_month_that_was_lost_or_cut_off_is_written_again(ledger, tmp_path):
    export(tmp_path, ledger)
    (tmp_path / "2026-08.parquet").unlink()
    (tmp_path / "2026-09.parquet").write_bytes(b"PAR1")
    assert export(tmp_path, ledger).changed == 2
    assert sum(map(len, docids(tmp_path).values())) == 4


def test_an_export_that_ended_early_is_taken_up(ledger, tmp_path, monkeypatch):
    real = Ledger.lines

    def failing(self, query):
        if len(self.queries) == 1:
            raise OSError("the disk is full")
        return real(self, query)

    monkeypatch.setattr(Ledger, "lines", failing)
    with pytest.raises(OSError, match="full"):
        export(tmp_path, ledger)
    (tmp_path / ".sinanews-1-0a.tmp").write_bytes(b"killed")
    monkeypatch.setattr(Ledger, "lines", real)
    assert export(tmp_path, ledger).articles == 4
    assert sum(map(len, docids(tmp_path).values())) == 4
    assert sorted(path.name for path in tmp_path.iterdir() if path.suffix != ".parquet") == [
        ".lock",
        MANIFEST,
    ]


def test_a_ledger_that_was_put_back_has_every_month_written_that_differs(ledger, tmp_path):
    export(tmp_path, ledger)
    older = Ledger(ledger.rows[:2])
    assert export(tmp_path, older).articles == 2
    assert docids(tmp_path) == {"2026-08.parquet": ["n1"], "2026-09.parquet": ["n2"]}


def test_a_ledger_that_was_put_back_has_its_older_revisions_written(ledger, tmp_path):
    ledger.add("n2", SEPTEMBER, seen=OCTOBER, revision=2)
    export(tmp_path, ledger)
    export(tmp_path, Ledger(ledger.rows[:-1]))
    table = parquet.read_table(tmp_path / "2026-09.parquet")
    assert table["revision"].to_pylist() == [1, 1]


def test_other_columns_have_all_months_written_again(ledger, tmp_path):
    export(tmp_path, ledger)
    manifest = json.loads((tmp_path / MANIFEST).read_text("utf-8"))
    del manifest["columns"]["seen"]  # as an earlier version wrote it
    (tmp_path / MANIFEST).write_text(json.dumps(manifest), "utf-8")
    assert export(tmp_path, ledger).changed == 3


def test_other_options_are_refused_and_name_those_of_the_folder(ledger, tmp_path):
    export(tmp_path, ledger)
    before = files(tmp_path)
    with pytest.raises(ArgumentError, match=r"the options with which .*'by': 'ctime'"):
        export(tmp_path, ledger, Query(by="seen"))
    assert files(tmp_path) == before


@pytest.mark.parametrize(
    ("name", "text", "accepted"),
    [
        ("mine.txt", "mine", "an empty folder, or one that `scrapy export` made"),
        (MANIFEST, "{", "_manifest.json can be read"),
        (MANIFEST, "{}", "_manifest.json can be read"),
        (MANIFEST, "[]", "_manifest.json can be read"),
    ],
)
def test_a_folder_of_something_else_is_left_alone(ledger, tmp_path, name, text, accepted):
    (tmp_path / name).write_text(text, "utf-8")
    with pytest.raises(ArgumentError, match=accepted):
        export(tmp_path, ledger)
    assert {path.name: path.read_text("utf-8") for path in tmp_path.iterdir()} == {name: text}


def test_a_folder_that_another_export_writes_is_left_to_it(ledger, tmp_path):
    export(tmp_path, ledger)
    with (
        FileLock(tmp_path / ".lock"),
        pytest.raises(ArgumentError, match="no other export is writing"),
    ):
        export(tmp_path, ledger)


def test_days_that_are_asked_for_bound_the_months(ledger, tmp_path):
    query = Query(since=SEPTEMBER, until=END_OF_SEPTEMBER)
    assert export(tmp_path, ledger, query).articles == 1
    assert docids(tmp_path) == {"2026-09.parquet": ["n2"]}


def test_an_empty_stretch_of_years_is_asked_for_once(tmp_path):
    asked = []

    class Counting(Ledger):
        def count(self, query):
            asked.append(query)
            return super().count(query)

    ledger = Counting()
    ledger.add("n0", 0)
    ledger.add("n1", AUGUST)
    export(tmp_path, ledger)
    assert list(docids(tmp_path)) == ["1970-01.parquet", "2026-08.parquet"]
    assert len(asked) < 60


changes = st.lists(
    st.tuples(st.integers(0, 5), st.integers(0, 4), st.booleans()), min_size=1, max_size=12
)


@given(changes)
def test_after_any_history_the_folder_is_what_a_new_one_would_be(tmp_path_factory, history):
    folder, ledger = tmp_path_factory.mktemp("by-months"), Ledger()
    query = Query(by="seen")
    revisions: dict[str, int] = {}
    for number, month, export_now in history:
        docid = f"n{number}"
        revisions[docid] = revisions.get(docid, 0) + 1
        ledger.add(docid, AUGUST, AUGUST + month * 31 * DAY, revisions[docid])
        if export_now:
            export(folder, ledger, query)
    export(folder, ledger, query)
    anew = tmp_path_factory.mktemp("anew")
    export(anew, ledger, query)
    tables = [
        {path.name: path.read_bytes() for path in place.glob("*.parquet")}
        for place in (folder, anew)
    ]
    assert tables[0] == tables[1]
    assert at(AUGUST).month == 8
