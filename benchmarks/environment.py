"""The benchmarks' own venv: the libraries that sinanews is compared with, and what draws plots."""
# ruff: noqa: T201 - a script's module, in no package, that prints to the terminal

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
STAMP = VENV / "complete"  # written last, so an interrupted set-up is never taken for a whole one


def set_up() -> None:
    """Installs the lock into `.venv-benchmarks`, unless that is done already."""
    stamp = f"{hashlib.sha256(LOCK.read_bytes()).hexdigest()} {sys.version_info[:2]}\n"
    if STAMP.exists() and STAMP.read_text(encoding="utf-8") == stamp:
        return
    print(f"setting up {VENV.name} (once, about a minute) ...", flush=True)
    venv.create(VENV, clear=True, symlinks=True)
    (VENV / ".gitignore").write_text("*\n", encoding="utf-8")
    # Some of the libraries need packages that exist as source only, so pip may build; all of those
    # are pure Python. Each file is checked against its hash.
    pip = next((ROOT / "tools").glob("pip-*.whl")) / "pip"
    quiet = ("-qq", "--no-input", "--disable-pip-version-check")
    if code := run(PYTHON, pip, "install", *quiet, "--require-hashes", "--no-deps", "-r", LOCK):
        sys.exit(code)
    packages = next(VENV.glob("lib/python*/site-packages"))
    (packages / "sinanews.pth").write_text(f"{ROOT}\n", encoding="utf-8")
    STAMP.write_text(stamp, encoding="utf-8")


def run(*command: object) -> int:
    """Runs one of our commands; returns its exit code."""
    args = [str(arg) for arg in command]
    return subprocess.run(args, check=False).returncode  # noqa: S603 - our own arguments
