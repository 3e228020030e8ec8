"""The fixtures that the tests share."""

import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from hypothesis import settings

from support import QUICK, ROOT, Pages, Scrapy

# A machine may be busy: no example has to end within a time.
settings.register_profile("any machine", deadline=None)
settings.load_profile("any machine")


@pytest.fixture
def pages() -> Iterator[Pages]:
    served = Pages()
    yield served
    served.server.shutdown()
    served.server.server_close()


@pytest.fixture
def output(tmp_path: Path) -> Path:
    return tmp_path / "output"


@pytest.fixture
def scrapy(output: Path) -> Scrapy:
    """Runs `scrapy ARGUMENTS` as a user does, in the project's root, with quick settings; `prefix`
    is what the command line begins with."""

    def run(
        *arguments: str, mirror: str = "", prefix: Sequence[str] = (), **settings: str
    ) -> subprocess.CompletedProcess[str]:
        told = QUICK | {"OUTPUT_DIR": str(output), "MIRROR_URL": mirror} | settings
        options = [word for name, value in told.items() for word in ("-s", f"{name}={value}")]
        command = [*prefix, sys.executable, "-m", "scrapy", *arguments, *options]
        return subprocess.run(
            command, cwd=ROOT, capture_output=True, text=True, timeout=400, check=False
        )

    return run
