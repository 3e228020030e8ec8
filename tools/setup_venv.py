"""Makes `.venv` hold exactly what `requirements.lock` names; does nothing when it already does.

Needs Python and nothing else. Debian's bare python3 has `venv` but no `ensurepip`, so pip comes
from the wheel beside this file, on every machine alike. pip is then the only program that reaches
for the network: every PIP_* variable, proxy and certificate setting works as it does for pip.
"""

import fcntl
import hashlib
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOCK = ROOT / "requirements.lock"
VENV = ROOT / ".venv"
STAMP = VENV / "complete"  # written last, so that a set-up cut short is never taken for one
OLDEST = (3, 11)
PIP = ROOT / "tools" / "pip-26.3-py3-none-any.whl"
PIP_SHA256 = "f3b60b20ffaadd4415ed7957212a38ac63fa4c5fa375bd0f4a797777940fad13"  # as on PyPI


def main() -> int:
    """Set `.venv` up if need be, one at a time; the exit code is pip's."""
    refuse_old_python()
    with LOCK.open(encoding="utf-8") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        wanted = fingerprint()
        if STAMP.exists() and STAMP.read_text(encoding="utf-8") == wanted:
            return 0
        return set_up(wanted, turn.fileno())


def set_up(wanted: str, turn: int) -> int:
    """Make `.venv` anew, whatever is in its place, and stamp it."""
    print(f"setting up .venv with Python {running()} (once, about a minute) ...", flush=True)
    STAMP.unlink(missing_ok=True)
    venv.create(VENV, clear=True, symlinks=True)
    code = install(turn)
    if code == 0:
        STAMP.write_text(wanted, encoding="utf-8")
    return code


def refuse_old_python() -> None:
    """Stop with a sentence rather than with a syntax error somewhere later."""
    if sys.version_info < OLDEST:
        oldest = ".".join(map(str, OLDEST))
        sys.exit(
            f"sinanews needs Python {oldest} or newer; {sys.executable} is {running()}. "
            f"Name another with: make PYTHON=/path/to/python{oldest}"
        )


def running() -> str:
    """The version of the Python at work, such as 3.11.2."""
    return ".".join(map(str, sys.version_info[:3]))


def fingerprint() -> str:
    """What a `.venv` depends on: the lock, this recipe, Python's minor version, and its place."""
    recipe = digest(LOCK) + digest(Path(__file__))
    return f"{recipe} {sys.version_info[:2]} {sys.base_prefix} {VENV}\n"


def digest(path: Path) -> str:
    """The SHA-256 of a file, in hexadecimal."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def install(turn: int) -> int:
    """Install the lock, every file checked against its hash, wheels only: nothing is compiled.

    pip holds `turn` open, so that it is not given on while an orphaned pip still writes.
    """
    if digest(PIP) != PIP_SHA256:
        sys.exit(f"{PIP} is not the file it should be: its SHA-256 is not {PIP_SHA256}")
    safety = ("--require-hashes", "--no-deps", "--only-binary=:all:")
    quiet = ("--quiet", "--no-input", "--disable-pip-version-check")
    pip = (VENV / "bin" / "python", PIP / "pip", "install", *quiet, *safety)
    command = (*pip, "--requirement", LOCK)
    return subprocess.run(command, check=False, pass_fds=[turn]).returncode


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit("interrupted: the next make starts the set-up anew")
