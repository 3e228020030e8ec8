"""docs/dataset.md: each snippet is run, with the library that it is for, on files of each format.

The libraries are in a venv of their own, which is made on first use and never a user's.
"""

import contextlib
import json
import os
import re
import subprocess
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock

from benchmarks.environment import READERS
from exports import snippets
from exports.samples import FIRST, Ledger, line, plain
from sinanews.exports import exporter_for
from sinanews.exports.months import export_months
from sinanews.exports.parquet import ParquetExporter
from sinanews.exports.places import LocalFolder
from sinanews.exports.reading import Query
from sinanews.exports.writing import write_file
from sinanews.items import Image
from sinanews.utils.times import at
from support import ROOT

DOC = (ROOT / "docs" / "dataset.md").read_text("utf-8")
HERE = Path(__file__).parent
LIBRARIES = ("pandas", "polars", "DuckDB", "Hugging Face datasets")
FORMATS = ("parquet", "jsonl", "csv")  # of each library's snippets, in this order
MONTH = timedelta(days=31)
# What is hard to bring through a text format.
LINES = [
    line("n01"),
    line("n02", title="=1+1", text="+8.2%：-3\n=x", summary="'=不是", author="'80s", source="@报"),
    line("n03", title="", text="", body_html="", summary=None, channels=[], images=[]),
    line("n04", title='"甲", "乙"\\n', text="一\r\n二\r三\n四\t五", keywords=["=1", '["x"]', "NA"]),
    line(
        "n05", title="NA", text="null", author="NaN", source="None", editor="-", editor_code="007"
    ),
    line("n06", published=None, first_seen=None, seen=None, updated=at(FIRST), revision=12),
    line(
        "n07",
        title="\ufeff📈 ＝全角",
        text="－",
        images=[Image("https://n.sinaimg.cn/a.png", "=图", path="images/0a/0a.png")],
    ),
    line("n08", title="123", source="2026-09-29", author="true", headimg=None, layout=None),
]


def blocks(library: str) -> list[str]:
    """A library's snippets, in Python, in their order."""
    section = re.split(r"\n##+ ", DOC.partition(f"\n### {library}\n")[2])[0]
    return re.findall(r"^```python\n(.*?)^```$", section, re.DOTALL | re.MULTILINE)


@pytest.fixture(scope="session")
def python() -> Path:
    """The interpreter that has the libraries."""
    with FileLock(READERS.folder.with_suffix(".lock")):
        try:
            with contextlib.redirect_stdout(None):
                READERS.set_up()
        except SystemExit:
            pytest.skip(f"{READERS.lock.name} cannot be installed: no package index can be reached")
    return READERS.python


@pytest.fixture(scope="session")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the files that the snippets name, of each format two and one with all."""
    folder = tmp_path_factory.mktemp("files")
    (folder / "months").mkdir()
    (folder / "articles").mkdir()
    for ending in FORMATS:
        place = folder / ("months" if ending == "parquet" else "articles")
        for name, part in (("2026-08", LINES[:3]), ("2026-09", LINES[3:])):
            path = place / f"{name}.{ending}"
            write_file(path, part, exporter_for(path.name, {}), pytest.fail)
        write_file(folder / f"all.{ending}", LINES, exporter_for(f"a.{ending}", {}), pytest.fail)
    for ending in ("jsonl.gz", "csv.gz"):
        write_file(folder / f"all.{ending}", LINES, exporter_for(f"a.{ending}", {}), pytest.fail)
    (folder / "months" / "_manifest.json").write_text("{}", "utf-8")
    return folder


def read(python: Path, folder: Path, code: list[str]) -> list[dict[str, Any]]:
    """What the pieces of code read, with the files of a folder."""
    offline = {"HF_HOME": str(folder / "hf"), "HF_HUB_OFFLINE": "1", "HF_DATASETS_OFFLINE": "1"}
    run = subprocess.run(
        [python, HERE / "read_with.py"],
        cwd=folder,
        input=json.dumps(code),
        env={"PATH": os.defpath, "HOME": str(folder), "TZ": "America/New_York", **offline},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    return [json.loads(text) for text in run.stdout.splitlines() if text.startswith('{"rows"')]


@cache
def expected() -> list[dict[str, Any]]:
    """The rows that every reader is to have, sorted by docid."""
    return [
        {
            name: f"{value.isoformat()} Asia/Shanghai" if hasattr(value, "isoformat") else value
            for name, value in plain(text).items()
        }
        for text in LINES
    ]


def assert_same(found: dict[str, Any], kind_of_list: bool) -> None:  # noqa: FBT001 - of one test
    rows = sorted(found["rows"], key=lambda row: row["docid"])
    for row, right in zip(rows, expected(), strict=True):
        assert row == right
    kinds = snippets.kinds()
    if not kind_of_list:
        kinds = {name: kind.partition(" of ")[0] for name, kind in kinds.items()}
    assert found["types"] == kinds


@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize("how", ["many files", "one file", "packed"])
def test_every_library_reads_the_same_rows_types_and_zone(python, files, library, how):
    code = blocks(library)
    if how != "many files":
        code = [block.replace("months/*.parquet", "all.parquet") for block in code]
        code = [block.replace('"months"', '"all.parquet"') for block in code]
        packed = ".gz" if how == "packed" else ""
        code = [re.sub(r"articles/\*\.(\w+)", rf"all.\1{packed}", block) for block in code]
    made = read(python, files, code)
    assert len(made) == len(FORMATS)
    for found in made:
        assert_same(found, kind_of_list=library != "pandas")


@pytest.mark.parametrize("library", LIBRARIES)
def test_every_library_reads_a_folder_by_months(python, library, tmp_path):
    ledger = Ledger()
    for number in range(6):
        ledger.add(f"n{number}", FIRST + number * int(MONTH.total_seconds()))
    export_months(LocalFolder(tmp_path / "months"), ledger, Query(), ParquetExporter)
    (found,) = read(python, tmp_path, blocks(library)[:1])
    assert sorted(row["docid"] for row in found["rows"]) == [f"n{number}" for number in range(6)]
    assert {kind for kind in found["types"].values() if kind.startswith("unknown")} == set()


def test_what_was_known_at_a_moment_is_found_among_all_revisions(python, tmp_path):
    ledger, moment = Ledger(), 1_773_711_000  # 2026-03-17 09:30:00 in China
    ledger.add("n1", moment - 900, seen=moment - 600)
    ledger.add("n1", moment - 900, seen=moment, revision=2)
    ledger.add("n1", moment - 900, seen=moment + 1, revision=3)
    ledger.add("n2", moment - 900, seen=moment + 1)
    (tmp_path / "revisions").mkdir()
    lines = ledger.lines(Query(revisions=True))
    write_file(tmp_path / "revisions" / "a.parquet", lines, ParquetExporter, pytest.fail)
    (query,) = re.findall(r"^```sql\n(.*?)^```$", DOC, re.DOTALL | re.MULTILINE)
    code = f"import duckdb\narticles = duckdb.sql({query!r})"
    (found,) = read(python, tmp_path, [code])
    assert [(row["docid"], row["revision"]) for row in found["rows"]] == [("n1", 2)]


def test_a_feed_reader_has_no_complaint(python, tmp_path):
    write_file(tmp_path / "feed.xml", LINES, exporter_for("feed.xml", {}), pytest.fail)
    code = """
import feedparser
feed = feedparser.parse("feed.xml")
print({"bozo": feed.bozo, "entries": [[e.id, e.link, e.updated, e.title] for e in feed.entries]})
"""
    run = subprocess.run(
        [python, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert run.stdout.startswith("{'bozo': False, 'entries': [['tag:"), run.stdout[:200]
    assert run.stdout.count("tag:sina.com.cn,2026:article/n0") == len(LINES)


@pytest.mark.parametrize("library", ["POLARS", "DUCKDB", "DATASETS"])
def test_the_tables_of_columns_are_made_of_the_schema(library):
    assert snippets.columns(getattr(snippets, library)) in DOC


def test_every_library_has_a_snippet_of_every_format():
    assert {library: len(blocks(library)) for library in LIBRARIES} == dict.fromkeys(LIBRARIES, 3)
