"""`scrapy report`, as a user runs it."""

import argparse
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from scrapy.exceptions import UsageError
from scrapy.utils.project import get_project_settings

from sinanews.commands import report
from sinanews.exports import exporter_for
from sinanews.exports.writing import write_file
from sinanews.utils.atomic import writing_through
from support import ROOT, needs_mount, on_read_only_disk, scrapy_in


def contents(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@needs_mount
def test_a_page_is_made_of_an_archive_on_a_read_only_disk(archive, written, tmp_path):
    file, target, before = tmp_path / "report.html", tmp_path / "page.html", contents(archive)
    file.symlink_to(target)
    run = scrapy_in(archive)("report", "-o", str(file), prefix=on_read_only_disk(archive))
    assert (run.returncode, run.stderr) == (0, "")
    size = file.stat().st_size
    assert run.stdout == f"a page of {written} articles, {size / 1e6:.2f} MB, in {file}\n"
    assert contents(archive) == before
    assert file.read_text("utf-8").count('lang="zh-CN"') == 1
    assert {*tmp_path.iterdir()} == {file, target}
    assert file.is_symlink(), "it is written through"


def test_standard_output_has_the_page_and_nothing_else_in_the_language_asked_for(archive, written):
    before = contents(archive)
    run = scrapy_in(archive)("report", "-o", "-", "--since", "2000-01-01", "--language", "en")
    assert run.returncode == 0
    assert run.stdout.lstrip().startswith('<!DOCTYPE html>\n<html lang="en">')
    assert run.stdout.endswith("</html>\n")
    assert run.stderr.startswith(f"a page of {written} articles, ")
    assert contents(archive) == before


def test_a_page_goes_into_a_pipe_and_articles_through_a_link(tmp_path):
    """As with any program that writes where it is told; a folder of that name is refused."""
    file, link, pipe = (tmp_path / name for name in ("file.jsonl", "link.jsonl", "pipe"))
    file.write_bytes(b"old")
    link.symlink_to(file.name)
    os.mkfifo(pipe)
    line = b'{"docid":"nabc0000000001"}\n'
    write_file(link, [line], exporter_for(link.name, {}), pytest.fail)
    with ThreadPoolExecutor() as threads:
        read = threads.submit(pipe.read_bytes)
        with writing_through(pipe) as page:
            page.write(b"piped")
    with pytest.raises(IsADirectoryError), writing_through(tmp_path) as page:
        page.write(b"lost")
    assert (file.read_bytes(), read.result()) == (line, b"piped")
    assert link.is_symlink()
    assert {path.name for path in tmp_path.iterdir()} == {"file.jsonl", "link.jsonl", "pipe"}


def test_ctrl_c_is_one_line_and_an_exit_code_and_an_error_has_its_traceback():
    def ended(error: str) -> tuple[int, str]:
        code = f"import sinanews.commands; raise {error}"
        run = subprocess.run(
            [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
        )
        return run.returncode, run.stderr

    assert ended("KeyboardInterrupt") == (130, "interrupted\n")
    code, text = ended("ValueError('x')")
    assert (code, text.splitlines()[-1]) == (1, "ValueError: x")
    assert text.startswith("Traceback")


@pytest.fixture
def command():
    """Runs the command in this process."""
    made = report.Command()
    made.settings = get_project_settings()

    def run(*arguments: str, **settings: str) -> None:
        for name, value in settings.items():
            made.settings.set(name, value, priority="cmdline")
        parser = argparse.ArgumentParser()
        made.add_options(parser)
        options, others = parser.parse_known_args(arguments)
        made.run(others, options)

    return run


@pytest.mark.parametrize(
    ("arguments", "refused"),
    [
        ([], "report needs -o FILE"),
        (["-o", "a.html", "more"], "report needs -o FILE"),
        (["-o", "a.pdf"], "-o: 'a.pdf' is not accepted; expected a name that ends in .html, or -"),
        (["-o", ".html"], "-o: '.html' is not accepted"),
        (["-o", "a.html", "--since", "today"], "--since: 'today' is not accepted"),
        (
            ["-o", "-", "--since", "2022-08-02", "--until", "2022-08-01"],
            "--since: '2022-08-02' is not accepted; expected a day not after --until 2022-08-01",
        ),
        (["-o", "-", "--language", "fr"], "--language: 'fr' is not accepted; expected zh or en"),
    ],
)
def test_what_makes_no_sense_is_refused_before_anything_is_read(command, arguments, refused):
    with pytest.raises(UsageError) as error:
        command(*arguments)
    assert str(error.value).startswith(refused)


def test_the_setting_is_the_language_where_none_is_given(command):
    with pytest.raises(UsageError, match="REPORT_LANGUAGE: 'fr' is not accepted; expected zh or"):
        command("-o", "a.html", REPORT_LANGUAGE="fr")


def test_what_is_not_installed_is_named_with_what_to_do(command, monkeypatch):
    monkeypatch.setattr(report, "NEEDED", ("altair", "sinanews_absent"))
    with pytest.raises(UsageError) as error:
        command("-o", "a.html")
    assert str(error.value) == (
        "report needs sinanews_absent, not installed here: pip install 'sinanews[report]'"
    )


def test_a_folder_that_cannot_be_written_is_named_and_nothing_is_left(command, archive, tmp_path):
    file = tmp_path / "none" / "report.html"
    with pytest.raises(UsageError, match=r"a file that can be written \(No such file") as error:
        command("-o", str(file), OUTPUT_DIR=str(archive))
    assert str(error.value).startswith(f"-o: '{file}' is not accepted")
    assert [*tmp_path.iterdir()] == []


def test_where_there_is_no_archive_none_is_made(command, tmp_path):
    with pytest.raises(UsageError, match="there is no archive"):
        command("-o", str(tmp_path / "report.html"), OUTPUT_DIR=str(tmp_path / "output"))
    assert [*tmp_path.iterdir()] == []
