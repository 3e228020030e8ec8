"""One run of `make demo`, for the tests of the documentation that quotes its output."""

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from support import ROOT, lines


@dataclass(frozen=True)
class Demo:
    """One run of the demo: its exit code, its stdout, and the archive it wrote."""

    code: int
    stdout: str
    output: Path

    def lines(self) -> list[dict]:
        return lines(self.output)


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Demo:
    output = tmp_path_factory.mktemp("demo") / "output"
    command = [sys.executable, "tools/demo.py", "-s", f"OUTPUT_DIR={output}"]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    return Demo(run.returncode, run.stdout, output)
