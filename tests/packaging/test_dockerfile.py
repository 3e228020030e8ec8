"""deploy/Dockerfile and .dockerignore, as far as they can be held without Docker."""

import json
import re
import shlex
import tomllib
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path, PurePosixPath

import pytest

from support import ROOT, posts

TEXT = (ROOT / "deploy" / "Dockerfile").read_text("utf-8")
IGNORE = (ROOT / ".dockerignore").read_text("utf-8").splitlines()
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]

Instruction = tuple[str, str]


def instructions(text: str) -> Iterator[Instruction]:
    """Name and arguments of each instruction: comments left out, continued lines joined."""
    kept = [line for line in text.splitlines() if line.strip() and line.lstrip()[0] != "#"]
    for line in "\n".join(kept).replace("\\\n", " ").splitlines():
        name, _, arguments = line.partition(" ")
        yield name, arguments.strip()


def stages() -> list[list[Instruction]]:
    found: list[list[Instruction]] = []
    for instruction in instructions(TEXT):
        if instruction[0] == "FROM":
            found.append([])
        found[-1].append(instruction)
    return found


def told(name: str) -> list[str]:
    """The arguments of the final stage's instructions of that name."""
    return [arguments for instruction, arguments in stages()[-1] if instruction == name]


def environment() -> dict[str, str]:
    return dict(pair.split("=", 1) for line in told("ENV") for pair in shlex.split(line))


def copied() -> list[str]:
    """What COPY takes out of the checkout."""
    copies = [shlex.split(rest) for name, rest in instructions(TEXT) if name == "COPY"]
    return [part for parts in copies if parts[0][:2] != "--" for part in parts[:-1]]


def ignored(path: PurePosixPath) -> bool:
    """Whether .dockerignore keeps a file out: the last line that fits it or its folder decides."""
    verdict = False
    for line in IGNORE:
        pattern = line.removeprefix("!")
        if line[:1] not in ("", "#") and any(
            fnmatch(str(part), pattern) for part in (path, *path.parents[:-1])
        ):
            verdict = line[0] != "!"
    return verdict


def inside(path: Path) -> PurePosixPath:
    return PurePosixPath(path.relative_to(ROOT))


def test_everything_that_is_copied_is_there_and_not_ignored():
    sources = copied()
    assert sources
    for source in sources:
        assert (ROOT / source).exists(), source
        for file in [ROOT / source, *(ROOT / source).rglob("*")]:
            assert ignored(inside(file)) == ("__pycache__" in file.parts), file


def test_nothing_else_goes_into_the_build():
    others = {path.name for path in ROOT.iterdir()} - {source.split("/")[0] for source in copied()}
    assert {"tests", "output"} <= others
    assert {name for name in others if not ignored(PurePosixPath(name))} == set()


def test_what_the_build_reads_is_copied():
    read = {"pyproject.toml", "sinanews", PROJECT["readme"], *PROJECT["license-files"]}
    assert read <= set(copied())


def test_the_lock_is_installed_with_its_hashes_and_before_the_package_is_copied():
    build = stages()[0]
    (lock,) = [n for n, (_, rest) in enumerate(build) if "--requirement requirements.lock" in rest]
    assert "--require-hashes" in build[lock][1]
    assert lock < build.index(("COPY", "sinanews ./sinanews"))


def test_the_image_has_what_workers_on_several_machines_need():
    (extras,) = re.findall(r"sinanews\[(.*?)\]", " ".join(rest for _, rest in stages()[0]))
    names = {*extras.split(",")}
    assert {"postgres", "s3"} <= names <= PROJECT["optional-dependencies"].keys()


def test_all_stages_have_the_same_slim_python_that_the_package_accepts():
    bases = {rest.split()[0] for name, rest in instructions(TEXT) if name == "FROM"}
    (base,) = bases
    major, minor = map(int, re.fullmatch(r"python:(\d+)\.(\d+)-slim", base).groups())
    assert PROJECT["requires-python"] == ">=3.11"
    assert (major, minor) >= (3, 11)
    assert len(stages()) == 2


def test_it_runs_as_a_user_that_was_made_and_that_owns_the_archive():
    (number,) = told("USER")
    (made,) = told("RUN")
    name = re.search(rf"useradd --uid {number} .*?(\w+) +&&", made)[1]
    assert int(number) > 0
    assert f"--owner {name} --group {name} /archive" in made


def test_the_volume_is_where_the_archive_goes():
    assert told("VOLUME") == [environment()["SINANEWS_OUTPUT_DIR"]] == ["/archive"]


@pytest.fixture
def container(installed, tmp_path):
    """Runs what a container does, with arguments in place of its command if there are any."""

    def run(*arguments: str, mirror: str, output: Path):
        (entry,), command = (json.loads(told(name)[0]) for name in ("ENTRYPOINT", "CMD"))
        assert entry == "scrapy"
        variables = {name: value for name, value in environment().items() if name != "PATH"}
        variables["SINANEWS_OUTPUT_DIR"] = str(output)
        return installed.harvest(*(arguments or command), cwd=tmp_path, mirror=mirror, **variables)

    return run


def test_its_command_harvests_and_needs_no_scrapy_cfg(container, installed, project, output):
    with installed.mirror(project) as url:
        harvest = container(mirror=url, output=output)
        status = container("status", mirror=url, output=output)

    assert harvest.returncode == 0, harvest.stderr
    assert len(posts(output)) > 300
    assert "the account balances" in status.stdout
