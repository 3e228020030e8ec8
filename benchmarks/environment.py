"""The benchmarks' own venvs: the libraries that sinanews is compared with and what draws plots,
those that read exports, and another queue of requests. Nothing in them is a dependency of
sinanews."""
# ruff: noqa: T201 - a script's module, in no package, that prints to the terminal

import hashlib
import subprocess
import sys
import venv
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent


@dataclass(frozen=True)
class Environment:
    """A venv in the project's root with what a lock beside this file has."""

    folder: Path
    lock: Path

    @property
    def python(self) -> Path:
        """Its interpreter."""
        return self.folder / "bin" / "python"

    def set_up(self) -> None:
        """Installs the lock, unless that is done already. Raises SystemExit when it fails."""
        stamp = self.folder / "complete"  # written last: what was interrupted is begun again
        state = f"{hashlib.sha256(self.lock.read_bytes()).hexdigest()} {sys.version_info[:2]}\n"
        if stamp.exists() and stamp.read_text(encoding="utf-8") == state:
            return
        print(f"setting up {self.folder.name} (once, about a minute) ...", flush=True)
        venv.create(self.folder, clear=True, symlinks=True)
        (self.folder / ".gitignore").write_text("*\n", encoding="utf-8")
        # Some of the libraries need packages that exist as source only, so pip may build; all of
        # those are pure Python. Each file is checked against its hash.
        pip = next((ROOT / "tools").glob("pip-*.whl")) / "pip"
        options = ("-qq", "--no-input", "--disable-pip-version-check", "--require-hashes")
        if code := run(self.python, pip, "install", *options, "--no-deps", "-r", self.lock):
            sys.exit(code)
        packages = next(self.folder.glob("lib/python*/site-packages"))
        (packages / "sinanews.pth").write_text(f"{ROOT}\n", encoding="utf-8")
        stamp.write_text(state, encoding="utf-8")


BENCHMARKS = Environment(ROOT / ".venv-benchmarks", HERE / "requirements.lock")
# Those of docs/dataset.md, which the tests use too.
READERS = Environment(ROOT / ".venv-readers", HERE / "readers.lock")
QUEUES = Environment(ROOT / ".venv-queues", HERE / "queues.lock")


def run(*command: object) -> int:
    """Runs one of our commands; returns its exit code."""
    args = [str(arg) for arg in command]
    return subprocess.run(args, check=False).returncode  # noqa: S603 - our own arguments
