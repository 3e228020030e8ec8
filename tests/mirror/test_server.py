"""The mirror as a server: its record of requests, its end, and the command that starts it."""

import os
import re
import signal
import socket
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import pytest

from sinanews.mirror import files
from sinanews.mirror.faults import FAMILIES
from sinanews.mirror.roll import PATH as ROLL
from sinanews.mirror.server import running
from sinanews.mirror.site import Site

GUONEI = f"{ROLL}?pageid=155&lid=1686&k=&num=50"

ROOT = Path(__file__).parents[2]


def test_requests_are_recorded_in_order_until_forgotten(mirror, get):
    page = mirror.site.stories[0].address
    for target in (GUONEI, page, "finance.sina.com.cn/robots.txt"):
        get(target)
    assert mirror.requests == [GUONEI, page, "finance.sina.com.cn/robots.txt"]
    assert (mirror.lists(), mirror.articles()) == ([GUONEI], [page])
    mirror.forget()
    assert mirror.requests == []


def test_a_stopped_mirror_frees_its_port(ask):
    with running(Site(articles=1)) as first:
        port = int(first.url.rpartition(":")[2])
    with running(Site(articles=1), port=port) as second:
        assert ask(f"{second.url}/finance.sina.com.cn/robots.txt").status == 200


def test_a_taken_port_is_an_error(mirror):
    taken = int(mirror.url.rpartition(":")[2])
    with pytest.raises(OSError, match="in use"), running(Site(articles=1), port=taken):
        pass


def test_faults_may_be_given_as_rules(ask):
    with running(Site(articles=1), faults=["robots=418"]) as mirror:
        assert ask(f"{mirror.url}/finance.sina.com.cn/robots.txt").status == 418


def test_files_are_pages_and_lists_with_their_gzip(tmp_path, get, mirror):
    count = files.write(mirror.site, tmp_path)
    written = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert count == len(written)
    story = mirror.site.stories[0]
    assert (tmp_path / story.address).read_bytes() == get(story.address).body
    listed = (tmp_path / ROLL / "155-1686-1.json").read_bytes()
    assert listed == get(GUONEI).body
    assert (tmp_path / f"{story.address}.gz").read_bytes() == get(
        story.address, encoding="gzip"
    ).body


def test_files_of_a_list_end_with_an_empty_page(tmp_path, mirror):
    files.write(mirror.site, tmp_path)
    assert b'"data":[]' in (tmp_path / ROLL / "155-1686-2.json").read_bytes()


@pytest.fixture
def environment(tmp_path):
    """The environment of a project that has only our commands."""
    (tmp_path / "mirror_settings.py").write_text("COMMANDS_MODULE = 'sinanews.commands'\n")
    path = os.pathsep.join((str(tmp_path), str(ROOT)))
    return {**os.environ, "PYTHONPATH": path, "SCRAPY_SETTINGS_MODULE": "mirror_settings"}


@contextmanager
def command(environment, folder, *arguments):
    """Runs `scrapy mirror` while the block runs, and kills it afterwards."""
    process = subprocess.Popen(
        [sys.executable, "-m", "scrapy", "mirror", *arguments],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def usage_error(environment, folder, *arguments):
    """The message with which the command ends, with exit code 2."""
    with command(environment, folder, *arguments) as process:
        message = process.communicate(timeout=30)[1]
        assert process.returncode == 2
    return message


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM])
def test_the_command_prints_its_url_and_ends_on_a_signal(environment, tmp_path, ask, ending):
    with command(environment, tmp_path, "--port", "0", "--articles", "12") as process:
        line = process.stdout.readline()
        match = re.fullmatch(
            r"mirror of 12 articles at (http://127\.0\.0\.1:\d+) \(MIRROR_URL\)\n", line
        )
        assert match
        assert ask(f"{match[1]}/{GUONEI}").result["status"]["code"] == 0
        process.send_signal(ending)
        assert process.communicate(timeout=10) == ("", "")
        assert process.returncode == 0


@pytest.mark.parametrize("port", ["65536", "-1", "http"])
def test_the_command_refuses_an_invalid_port(environment, tmp_path, port):
    message = usage_error(environment, tmp_path, f"--port={port}")
    assert f"port: '{port}' is not accepted; expected a number from 0 to 65535" in message


def test_the_command_names_a_port_that_is_taken(environment, tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as holder:
        port = holder.getsockname()[1]
        message = usage_error(environment, tmp_path, "--port", str(port), "--articles", "2")
    assert f"port: {port} is not accepted" in message


def test_the_command_refuses_an_unknown_fault(environment, tmp_path):
    assert "fault: 'flood'" in usage_error(environment, tmp_path, "--fault", "china=flood")


@pytest.mark.parametrize(
    ("shares", "refused"), [("--faults=flood=5%", "'flood'"), ("--faults=hang=5", "'hang=5'")]
)
def test_the_command_refuses_shares_that_make_no_sense(environment, tmp_path, shares, refused):
    message = usage_error(environment, tmp_path, shares)
    assert f"faults: {refused} is not accepted; expected " in message


def test_the_help_has_every_kind_of_fault_on_a_line_of_its_own(environment, tmp_path):
    with command(environment, tmp_path, "--help") as process:
        text = process.communicate(timeout=30)[0]
    assert process.returncode == 0
    for family in FAMILIES:
        assert f"\n{family.name}: {family.summary}\n" in text
        for kind in family.kinds:
            assert re.search(rf"^  {kind.name} +{re.escape(kind.summary)}$", text, re.MULTILINE)


def test_the_same_seed_has_the_same_faults_at_the_same_addresses(environment, tmp_path, ask):
    answers = []
    for _ in range(2):
        options = ("--port=0", "--articles=30", "--seed=5", "--tick=0", "--faults=404=30%")
        with command(environment, tmp_path, *options) as process:
            url = re.search(r" at (\S+) ", process.stdout.readline())[1]
            pages = [story.address for story in Site(seed=5, articles=30).stories]
            answers.append([ask(f"{url}/{page}").status for page in pages])
    assert answers[0] == answers[1]
    assert {*answers[0]} == {200, 404}


def test_the_command_writes_the_site_and_ends(environment, tmp_path):
    target = tmp_path / "written"
    arguments = ("--write", str(target), "--articles", "5")
    with command(environment, tmp_path, *arguments) as process:
        output = process.communicate(timeout=60)[0]
    files_written = sum(path.is_file() for path in target.rglob("*"))
    assert output == f"{files_written} files written to {target}\n"


def test_the_command_names_a_folder_that_cannot_be_written(environment, tmp_path):
    (tmp_path / "file").touch()
    file = tmp_path / "file"
    message = usage_error(environment, tmp_path, "--articles", "1", "--write", str(file))
    assert f"write: '{file}' is not accepted" in message
