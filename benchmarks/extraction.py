"""Compares sinanews with general news extractors: right fields, text and time, in one run.

    python benchmarks/extraction.py [--shared DIR] [--out DIR] [--rounds N]
    python benchmarks/extraction.py --setup

The libraries live in `.venv-benchmarks`, made on first use from requirements-extraction.lock;
nothing of it is a dependency of the project. README.md says what is measured and how.
"""
# ruff: noqa: INP001, T201 -- a script, in no package, that talks to the terminal

import argparse
import hashlib
import os
import subprocess
import sys
import venv
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
LOCK = HERE / "requirements-extraction.lock"
VENV = ROOT / ".venv-benchmarks"
PYTHON = VENV / "bin" / "python"
STAMP = VENV / "complete"  # written last, so that a set-up cut short is never taken for one


def main() -> int:
    """Set `.venv-benchmarks` up if need be, then measure in it."""
    options = arguments()
    set_up()
    if options.setup:
        return 0
    script = HERE / "extraction_run.py"
    return run(PYTHON, "-W", "ignore", script, options.shared, options.out, options.rounds)


def arguments() -> argparse.Namespace:
    """What the command line says."""
    shared = os.environ.get("SINANEWS_SHARED") or ROOT.parent / "shared"
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--setup", action="store_true", help="set the venv up and do no more")
    parser.add_argument(
        "--shared", type=Path, default=Path(shared), help="holds conformance/captures (%(default)s)"
    )
    parser.add_argument("--out", type=Path, default=HERE / "results", help="(%(default)s)")
    parser.add_argument("--rounds", type=int, default=7, help="the best counts (%(default)s)")
    options = parser.parse_args()
    if options.rounds < 1:
        parser.error(f"--rounds: {options.rounds} is not accepted; expected 1 or more")
    return options


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


if __name__ == "__main__":
    sys.exit(main())
