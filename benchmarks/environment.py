"""The benchmarks' own venv: the libraries that sinanews is compared with, and what draws plots."""
# ruff: noqa: T201 -- a script's module, in no package, that talks to the terminal

import hashlib
import subprocess
import sys
import venv
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
LOCK = HERE / "requirements.lock"
VENV = ROOT / ".venv-benchmarks"
PYTHON = VENV / "bin" / "python"
STAMP = VENV / "complete"  # written last, so that a set-up cut short is never taken for one


def set_up() -> None:
    """Make `.venv-benchmarks` hold what the lock names, unless it does already."""
    wanted = f"{hashlib.sha256(LOCK.read_bytes()).hexdigest()} {sys.version_info[:2]}\n"
    if STAMP.exists() and STAMP.read_text(encoding="utf-8") == wanted:
        return
    print(f"setting up {VENV.name} (once, about a minute) ...", flush=True)
    venv.create(VENV, clear=True, symlinks=True)
    (VENV / ".gitignore").write_text("*\n", encoding="utf-8")
    if code := install():
        sys.exit(code)
    (packages(VENV) / "sinanews.pth").write_text(f"{ROOT}\n", encoding="utf-8")
    STAMP.write_text(wanted, encoding="utf-8")


def packages(where: Path) -> Path:
    """The folder that a venv installs into."""
    return next(where.glob("lib/python*/site-packages"))


def install() -> int:
    """Install the lock, every file checked against its hash; the exit code is pip's.

    Some of the libraries need packages that exist as source only; all of those are pure Python.
    """
    pip = next((ROOT / "tools").glob("pip-*.whl")) / "pip"
    quiet = ("-qq", "--no-input", "--disable-pip-version-check")
    return run(PYTHON, pip, "install", *quiet, "--require-hashes", "--no-deps", "-r", LOCK)


def run(*command: object) -> int:
    """Run a command of ours and give its exit code."""
    words = [str(word) for word in command]
    return subprocess.run(words, check=False).returncode  # noqa: S603 -- words of our own
