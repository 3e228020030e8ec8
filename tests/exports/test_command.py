"""`scrapy export`, as a user runs it."""

import csv
import gzip
import json
import os
import subprocess
import sys
from io import StringIO
from pathlib import Path
from subprocess import CompletedProcess

import pytest
from pyarrow import parquet

from harvest.proofs import change, query
from sinanews.mirror.server import running
from sinanews.mirror.site import Site
from sinanews.utils.times import at
from support import ROOT, Scrapy, posts, scrapy_in


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An archive of forty stories."""
    output = tmp_path_factory.mktemp("archive") / "output"
    with running(Site(articles=40, tick=0)) as mirror:
        run = scrapy_in(output)("harvest", "china", mirror=mirror.url)
    assert run.returncode == 0, run.stderr
    return output


@pytest.fixture
def scrapy(archive: Path) -> Scrapy:
    return scrapy_in(archive)


def exported(run: CompletedProcess[str]) -> None:
    assert (run.returncode, run.stderr) == (0, "")


def test_each_format_has_every_article(archive, scrapy, tmp_path):
    count = len(posts(archive))
    for name in ("a.jsonl", "a.jsonl.gz", "a.csv", "a.csv.gz", "a.parquet", "a.xml"):
        run = scrapy("export", "-o", str(tmp_path / name))
        exported(run)
        assert run.stdout == f"{count} articles in {tmp_path / name}\n"
    lines = (tmp_path / "a.jsonl").read_bytes()
    assert gzip.decompress((tmp_path / "a.jsonl.gz").read_bytes()) == lines
    docids = [json.loads(line)["docid"] for line in lines.splitlines()]
    assert parquet.read_table(tmp_path / "a.parquet")["docid"].to_pylist() == docids
    text = (tmp_path / "a.csv").read_bytes().decode()
    assert [row["docid"] for row in csv.DictReader(StringIO(text, newline=""))] == docids
    assert gzip.decompress((tmp_path / "a.csv.gz").read_bytes()).decode() == text
    assert (tmp_path / "a.xml").read_text("utf-8").count("<entry") == count


def test_standard_output_has_lines_and_nothing_else(scrapy, tmp_path):
    to_file, run = tmp_path / "a.jsonl", scrapy("export", "-o", "-")
    exported(scrapy("export", "-o", str(to_file)))
    assert run.returncode == 0
    assert run.stdout == to_file.read_text("utf-8")
    count = len(run.stdout.split("\n")) - 1
    assert run.stderr == f"{count} articles on standard output\n"


def test_a_reader_that_goes_early_is_told_of_in_one_line(archive):
    command = f"{sys.executable} -m scrapy export -o - -s OUTPUT_DIR={archive} | true"
    run = subprocess.run(
        ["/bin/sh", "-c", command], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert "expected a file that can be written (Broken pipe)" in run.stderr
    assert "Traceback" not in run.stderr
    assert "Exception ignored" not in run.stderr


def test_what_a_reader_that_went_has_not_taken_is_not_written_again_at_the_end():
    code = """
import sys
from sinanews.exports.writing import standard_output
try:
    with standard_output() as file:
        file.write(b"a line")
except BrokenPipeError:
    sys.exit(2)
"""
    env = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    reader, writer = os.pipe()
    os.close(reader)
    run = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env=env,
        stdout=writer,
        stderr=subprocess.PIPE,
        check=False,
    )
    os.close(writer)
    assert (run.returncode, run.stderr) == (2, b"")


def test_a_folder_is_brought_up_to_date(archive, scrapy, tmp_path):
    folder = f"{tmp_path}/months/"
    run = scrapy("export", "-o", folder)
    exported(run)
    months = list(Path(folder).glob("*.parquet"))
    assert (
        run.stdout == f"{len(posts(archive))} articles in {folder}, {len(months)} months written\n"
    )
    run = scrapy("export", "-o", folder.rstrip("/"))  # it is there now
    exported(run)
    assert run.stdout.endswith(", 0 months written\n")


def test_the_cursor_is_the_last_line_on_standard_error(archive, scrapy, tmp_path):
    file = tmp_path / "changes.jsonl"
    run = scrapy("export", "-o", str(file), "--changes-since", "0")
    count = len(posts(archive))
    assert (run.returncode, run.stdout) == (0, f"{count} articles in {file}\n")
    name, value = run.stderr.splitlines()[-1].split()
    assert name == "cursor"
    run = scrapy("export", "-o", "-", "--changes-since", value)
    assert (run.returncode, run.stdout) == (0, "")
    assert run.stderr == f"0 articles on standard output\ncursor {value}\n"


def test_a_line_says_when_its_revision_was_read(archive, scrapy):
    run = scrapy("export", "-o", "-")
    seen = {row["docid"]: row["seen"] for row in query(archive, "SELECT * FROM revisions")}
    for text in run.stdout.splitlines():
        line = json.loads(text)
        assert list(line)[list(line).index("first_seen") + 1] == "seen"
        assert line["seen"].endswith("+08:00")
    assert len(seen) == len(run.stdout.splitlines())


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["-o", "a.txt"], "-o: 'a.txt' is not accepted; expected a name that ends in .jsonl, .csv"),
        (["-o", "a.parquet.gz"], "-o: 'a.parquet.gz' is not accepted; expected a.parquet: "),
        (["-o", "none/a.jsonl"], "expected a file that can be written (No such file"),
        (["-o", "none/a/"], "expected a file that can be written (No such file"),
        (["-o", "sinanews/"], "expected an empty folder, or one that `scrapy export` made"),
        (["--since", "gestern"], "--since: 'gestern' is not accepted; expected a day such as"),
        (["--until", "2026-02-30"], "--until: '2026-02-30' is not accepted; expected a day such"),
        (
            ["--since", "2026-03-18", "--until", "2026-03-17"],
            "--since: '2026-03-18' is not accepted; expected a day not after --until 2026-03-17",
        ),
        (["--by", "mtime"], "--by: 'mtime' is not accepted; expected ctime or first_seen or seen"),
        (["--channel", "sport"], "--channel: 'sport' is not accepted; expected one of guonei, "),
        (["--as-of", "now"], "--as-of: 'now' is not accepted; expected a time such as 2022-08-08T"),
        (["--as-of", "2022-08-08"], "--as-of: '2022-08-08' is not accepted; expected a time such"),
        (["--as-of", "2199-08-08T10:00:00"], "expected a time that has passed"),
        (["--changes-since", "-1"], "--changes-since: '-1' is not accepted; expected 0, or the"),
        (["--changes-since", "x"], "--changes-since: 'x' is not accepted; expected 0, or the"),
        (["--changes-since", "999999"], "--changes-since: 999999 is not accepted; expected a cur"),
        (
            ["--changes-since", "0", "--as-of", "2022-08-08T10:00:00"],
            "--changes-since: '0' is not accepted; expected no --as-of beside it",
        ),
        (
            ["-o", "months/", "--changes-since", "0"],
            "-o: 'months/' is not accepted; expected a file: a folder keeps a cursor of its own",
        ),
        (["more"], "export needs -o FILE and options, and nothing else"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_what_makes_no_sense_is_refused_and_nothing_written(scrapy, tmp_path, arguments, message):
    good = tmp_path / "a.jsonl"
    if "-o" not in arguments:
        arguments = ["-o", str(good), *arguments]
    run = scrapy("export", *arguments)
    assert run.returncode == 2, run.stderr
    assert message in run.stderr
    assert "Traceback" not in run.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_time_without_a_zone_is_chinas(archive, scrapy):
    seen = max(row["seen"] for row in query(archive, "SELECT seen FROM revisions"))
    moment = at(seen).replace(tzinfo=None).isoformat()
    run = scrapy("export", "-o", "-", "--as-of", moment)
    assert run.returncode == 0
    assert len(run.stdout.splitlines()) == len(posts(archive))
    run = scrapy("export", "-o", "-", "--as-of", f"{moment}Z")
    assert "expected a time that has passed" in run.stderr, "eight hours later"


def test_a_users_own_format_is_written(scrapy, tmp_path):
    file = tmp_path / "a.all.xml"
    formats = json.dumps({".all.xml": "scrapy.exporters.XmlItemExporter"})
    run = scrapy("export", "-o", str(file), EXPORT_FORMATS=formats)
    exported(run)
    assert "<items>" in file.read_text("utf-8")


def test_a_damaged_article_is_named_and_left_out_of_every_format(archive, tmp_path):
    copy = tmp_path / "copy"
    copy.mkdir()
    (copy / "ledger.db").write_bytes((archive / "ledger.db").read_bytes())
    (docid,) = (row["docid"] for row in query(copy, "SELECT docid FROM revisions LIMIT 1"))
    change(copy, "UPDATE revisions SET article = ? WHERE docid = ?", b"damaged", docid)
    count = len(posts(archive)) - 1
    for name in ("a.csv", "a.parquet", "months/"):
        run = scrapy_in(copy)("export", "-o", f"{tmp_path}/{name}")
        assert run.returncode == 3
        assert run.stdout.startswith(f"{count} articles in ")
        assert run.stderr.startswith(f"article {docid} is damaged: ")
