"""`scrapy report`, as a user runs it."""

import argparse
from pathlib import Path

import pytest
from scrapy.exceptions import UsageError
from scrapy.utils.project import get_project_settings

from sinanews.commands import report
from support import needs_mount, on_read_only_disk, scrapy_in


def contents(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@needs_mount
def test_a_page_is_made_of_an_archive_on_a_read_only_disk(archive, written, tmp_path):
    file, before = tmp_path / "report.html", contents(archive)
    run = scrapy_in(archive)("report", "-o", str(file), prefix=on_read_only_disk(archive))
    assert (run.returncode, run.stderr) == (0, "")
    size = file.stat().st_size
    assert run.stdout == f"a page of {written} articles, {size / 1e6:.2f} MB, in {file}\n"
    assert contents(archive) == before
    assert file.read_text("utf-8").count('lang="zh-CN"') == 1
    assert [*tmp_path.iterdir()] == [file]


def test_standard_output_has_the_page_and_nothing_else_in_the_language_asked_for(archive, written):
    before = contents(archive)
    run = scrapy_in(archive)("report", "-o", "-", "--since", "2000-01-01", "--language", "en")
    assert run.returncode == 0
    assert run.stdout.lstrip().startswith('<!DOCTYPE html>\n<html lang="en">')
    assert run.stdout.endswith("</html>\n")
    assert run.stderr.startswith(f"a page of {written} articles, ")
    assert contents(archive) == before


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
