"""Programs of others that tests start: servers, browsers, and what runs JavaScript.

A test that starts one says so, `@pytest.mark.servers("node", "npm")`: where one of them is not
installed it is skipped, and `-m "not servers"` leaves it out. A test that does not say so fails
when it starts one.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import pytest
from filelock import FileLock

# command -> Debian package that brings it
PROGRAMS = {
    "chromium": "chromium",
    "initdb": "postgresql",
    "nginx": "nginx-light",
    "node": "nodejs",
    "npm": "npm",
    "pg_ctl": "postgresql",
    "postgres": "postgresql",
    "redis-server": "redis-server",
}
# Where Debian has a folder for each version of PostgreSQL that is installed.
POSTGRESQL = Path("/usr/lib/postgresql")
MARK = "servers(*programs): starts servers or browsers, by the names of their commands"


class Servers:
    """The plug-in that skips tests and watches what they start."""

    def __init__(self) -> None:
        self._test = ""
        self._said: set[str] = set()
        sys.addaudithook(self._watch)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        self._test, self._said = item.nodeid, programs_of(item)
        return (yield)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        if missing := sorted(name for name in programs_of(item) if not found(name)):
            packages = sorted({PROGRAMS[name] for name in missing})
            pytest.skip(f"{', '.join(missing)} not installed: apt-get install {' '.join(packages)}")

    def _watch(self, event: str, arguments: tuple[object, ...]) -> None:
        """Is told of each process before it starts."""
        if event == "subprocess.Popen" and self._test:
            name = Path(os.fsdecode(arguments[0])).name
            if name in PROGRAMS and name not in self._said:
                pytest.fail(f"{self._test} starts {name}: mark it, servers({name!r})")


def programs_of(item: pytest.Item) -> set[str]:
    """What a test's marks say that it starts."""
    return {name for mark in item.iter_markers("servers") for name in mark.args}


def found(name: str) -> str | None:
    """Where a program is; Debian puts servers where not everybody's PATH leads."""
    folders = [os.environ["PATH"], "/usr/sbin", *map(str, POSTGRESQL.glob("*/bin"))]
    return shutil.which(name, path=os.pathsep.join(folders))


def install(packages: Path, shared: Path) -> Path:
    """The node_modules of a folder's package-lock.json, installed once in a shared folder,
    whoever asks, and however many ask at the same time."""
    lock = (packages / "package-lock.json").read_bytes()
    folder = shared / f"npm-{sha256(lock).hexdigest()}"
    with FileLock(f"{folder}.lock"):
        if not folder.exists():
            making = shared / f"{folder.name}.new"
            making.mkdir(exist_ok=True)
            for name in ("package.json", "package-lock.json"):
                shutil.copy(packages / name, making)
            command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
            subprocess.run(command, cwd=making, check=True, capture_output=True)
            making.rename(folder)
    return folder / "node_modules"
