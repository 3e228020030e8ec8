"""The package as its users have it: built, installed, and run where there is no checkout."""

import os
import re
import shutil
import subprocess
import sys
import sysconfig
import venv
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from support import QUICK, ROOT

PIP = next((ROOT / "tools").glob("pip-*.whl")) / "pip"
# Without a network, pip shall say so soon.
PATIENCE = ("--timeout", "15", "--retries", "1")
NOT_COPIED = shutil.ignore_patterns(
    ".*", "__pycache__", "build", "dist", "*.egg-info", "node_modules", "output", "results"
)
LISTENING = re.compile(r" at (http://\S+) \(MIRROR_URL\)")


class Environment:
    """A virtual environment that has what the one at work has, its own packages first.

    The checkout is no part of it: the project is run from its root, never installed.
    """

    def __init__(self, folder: Path) -> None:
        venv.create(folder, symlinks=True)
        self.python = folder / "bin" / "python"
        self.packages = next(folder.glob("lib/python*/site-packages"))
        theirs = dict.fromkeys(sysconfig.get_path(kind) for kind in ("purelib", "platlib"))
        (self.packages / "theirs.pth").write_text("\n".join(theirs), "utf-8")

    def run(
        self, *command: object, cwd: Path, **variables: str
    ) -> subprocess.CompletedProcess[str]:
        """Runs `python COMMAND` in a folder, without settings of whoever runs the tests."""
        return subprocess.run(
            [self.python, *map(str, command)],
            cwd=cwd,
            env=clean() | variables,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    def pip(self, *command: object, cwd: Path) -> subprocess.CompletedProcess[str]:
        told = (PIP, *command, "--disable-pip-version-check", "--no-input")
        return self.run(*told, cwd=cwd)

    def scrapy(
        self, *command: str, cwd: Path, **variables: str
    ) -> subprocess.CompletedProcess[str]:
        return self.run("-m", "scrapy", *command, cwd=cwd, **variables)

    def harvest(
        self, *command: str, cwd: Path, mirror: str, **variables: str
    ) -> subprocess.CompletedProcess[str]:
        """Runs a crawl of a mirror, which needs no politeness."""
        settings = {f"SINANEWS_{name}": value for name, value in QUICK.items()}
        told = {"SINANEWS_MIRROR_URL": mirror, **settings, **variables}
        return self.scrapy(*command, cwd=cwd, **told)

    @contextmanager
    def mirror(self, cwd: Path) -> Iterator[str]:
        """The address that `scrapy mirror` prints; it serves until the block ends."""
        command = [self.python, "-m", "scrapy", "mirror", "--port", "0"]
        with subprocess.Popen(
            command, cwd=cwd, env=clean(), stdout=subprocess.PIPE, text=True
        ) as server:
            try:
                said = server.stdout.readline()
                found = LISTENING.search(said)
                assert found, f"the mirror said: {said!r}"
                yield found[1]
            finally:
                server.terminate()


def clean() -> dict[str, str]:
    """The environment variables, but for those that would change what is found or done."""
    ours = ("SINANEWS_", "SCRAPY_", "PYTHON")
    return {name: value for name, value in os.environ.items() if not name.startswith(ours)}


def fetch(requirement: str, folder: Path) -> Path:
    """The file that the package index has for a requirement; skips where there is no index."""
    quiet = ("--quiet", "--disable-pip-version-check", "--no-input", *PATIENCE)
    command = [sys.executable, PIP, "download", *quiet, "--no-deps", "--only-binary=:all:"]
    fetched = subprocess.run(
        [*command, "--dest", folder, requirement],
        env=clean(),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    if "(from versions: none)" in fetched.stderr:
        pytest.skip(f"no package index can be reached for {requirement}")
    assert fetched.returncode == 0, fetched.stderr
    (file,) = folder.iterdir()
    return file


@pytest.fixture(scope="session")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the checkout, with one package and some data more than it has today.

    A build leaves folders behind, which are not to lie in the checkout.
    """
    copy = tmp_path_factory.mktemp("source") / "sinanews"
    shutil.copytree(ROOT, copy, ignore=NOT_COPIED)
    novel = copy / "sinanews" / "novel"
    (novel / "deeper" / "data").mkdir(parents=True)
    (novel / "__init__.py").write_text("", "utf-8")
    (novel / "deeper" / "__init__.py").write_text("", "utf-8")
    (novel / "deeper" / "data" / "table.json").write_text("{}", "utf-8")
    return copy


@pytest.fixture(scope="session")
def wheel(source: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The package, built with nothing but what pyproject.toml asks for."""
    tools, built = tmp_path_factory.mktemp("tools"), tmp_path_factory.mktemp("wheel")
    fetch(build_requirement(source), tools)
    offline = ("--no-index", "--find-links", tools)
    command = [sys.executable, PIP, "wheel", "--no-deps", *offline, "--wheel-dir", built, source]
    run = subprocess.run(command, env=clean(), capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout + run.stderr
    (file,) = built.iterdir()
    return file


def build_requirement(source: Path) -> str:
    """What pyproject.toml says is needed to build; one thing."""
    text = (source / "pyproject.toml").read_text("utf-8")
    return re.search(r'^requires = \["([^"]+)"\]$', text, re.MULTILINE)[1]


@pytest.fixture(scope="session")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Environment:
    """An environment with the package installed."""
    environment = Environment(tmp_path_factory.mktemp("installed") / "venv")
    run = environment.pip("install", "--no-index", wheel, cwd=wheel.parent)
    assert run.returncode == 0, run.stdout + run.stderr
    return environment


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """What a user makes: a folder that has a scrapy.cfg of two lines, and nothing else."""
    folder = tmp_path / "news"
    folder.mkdir()
    (folder / "scrapy.cfg").write_text("[settings]\ndefault = sinanews.settings\n", "utf-8")
    return folder


@pytest.fixture
def newest(tmp_path: Path) -> tuple[Environment, str]:
    """An environment with the newest Scrapy of the index, and what it may need newer; its version.

    Where the newest is the locked one, nothing is installed.
    """
    (tmp_path / "fetched").mkdir()
    file = fetch("scrapy", tmp_path / "fetched")
    environment = Environment(tmp_path / "venv")
    run = environment.pip("install", *PATIENCE, "--upgrade", file, cwd=tmp_path)
    assert run.returncode == 0, run.stdout + run.stderr
    return environment, file.name.split("-")[1]


@pytest.fixture(scope="session")
def validators(tmp_path_factory: pytest.TempPathFactory) -> Environment:
    """An environment that knows what Compose files and objects of Kubernetes may say."""
    folder = tmp_path_factory.mktemp("validators")
    environment = Environment(folder / "venv")
    wanted = ("compose-spec==0.2.*", "kubernetes-validate==1.37.*")
    run = environment.pip("install", "--quiet", *PATIENCE, *wanted, cwd=folder)
    if "(from versions: none)" in run.stderr:
        pytest.skip(f"no package index can be reached for {' and '.join(wanted)}")
    assert run.returncode == 0, run.stdout + run.stderr
    return environment
