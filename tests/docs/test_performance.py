"""The settings of docs/performance.md do as they are written, and are those that were measured."""

import ast
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from sinanews.mirror.server import RunningMirror, running
from sinanews.mirror.site import Site
from support import ENVIRONMENT, PATIENCE, ROOT, lines, posts

DOC = (ROOT / "docs" / "performance.md").read_text("utf-8")
SECTION = DOC.partition("\n## Settings for a server of one's own\n")[2].partition("\n## ")[0]
ARTICLES = 40


@pytest.fixture(scope="module")
def command() -> list[str]:
    """The words of the command, as a shell has them."""
    block = re.findall(r"^```\n(.*?)^```$", SECTION, re.MULTILINE | re.DOTALL)
    assert len(block) == 1
    return shlex.split(block[0])


@pytest.fixture(scope="module")
def settings(command: list[str]) -> dict[str, str]:
    """What the command sets, by name."""
    pairs = [after for word, after in pairwise(command) if word == "-s"]
    assert len(pairs) == command.count("-s")
    return dict(pair.split("=", 1) for pair in pairs)


@pytest.fixture
def mirror() -> Iterator[RunningMirror]:
    with running(Site(articles=ARTICLES, tick=0)) as mirror:
        yield mirror


def test_the_settings_for_a_server_of_one_s_own_are_those_that_the_benchmark_measures(settings):
    source = (ROOT / "benchmarks" / "harvest.py").read_text("utf-8")
    assigned = {
        target.id: node.value
        for node in ast.parse(source).body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    fast = assigned["FAST"]
    assert isinstance(fast, ast.Dict)
    measured = {key.value for key in fast.keys if isinstance(key, ast.Constant)}
    assert settings.keys() == measured | {"MIRROR_URL", "OUTPUT_DIR", "WORKERS"}
    for key, value in zip(fast.keys, fast.values, strict=True):
        if isinstance(key, ast.Constant) and isinstance(value, ast.Constant):
            assert settings[key.value] == value.value, key.value


def test_the_command_harvests_a_server_of_one_s_own_as_it_is_written(command, mirror, tmp_path):
    there = {"MIRROR_URL": mirror.url, "OUTPUT_DIR": str(tmp_path / "output")}
    words = [
        f"{name}={there[name]}" if (name := word.partition("=")[0]) in there else word
        for word in command
    ]
    assert words[:3] == ["scrapy", "harvest", "china"]
    run = subprocess.run(
        [sys.executable, "-m", *words],
        cwd=ROOT,
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    output = Path(there["OUTPUT_DIR"])
    assert len(posts(output)) == len(lines(output)) > 0
    assert f"listed {len(posts(output))} = written {len(posts(output))} " in run.stdout
