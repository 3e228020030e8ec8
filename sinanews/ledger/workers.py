"""Who works on an archive: processes, told apart across machines, containers and restarts.

A worker's name is `host:boot:pid:start:token`. A process number alone says little: it is given
again, and each container has its own number 1. So `boot` names the boot of the machine and the
process namespace in it, and `start` is when the process began, in ticks since that boot. Both are
empty on a system without /proc.
"""

import os
import secrets
import socket
from enum import Enum, auto
from pathlib import Path

LEASE = 600  # seconds for which a claim is its worker's, and a silent worker is taken to be there
# The workers of this process.
_own: set[str] = set()


class Liveness(Enum):
    """Whether a worker is at work, as far as can be known from here: nothing is known of another
    host, boot or namespace. A process that is stopped may go on or not."""

    RUNNING = auto()
    STOPPED = auto()
    DEAD = auto()
    UNKNOWN = auto()


def new_worker() -> str:
    """A name for a worker of this process."""
    pid, token = os.getpid(), secrets.token_hex(4)
    _, start = _state_and_start(pid)
    worker = f"{socket.gethostname()}:{_boot()}:{pid}:{start}:{token}"
    _own.add(worker)
    return worker


def retire(worker: str) -> None:
    """Notes that a worker of this process works no more."""
    _own.discard(worker)


def liveness(worker: str) -> Liveness:
    """Whether a worker is at work; of a name in another form nothing is known."""
    _, *process = worker.rsplit(":", 3)
    if not is_of_this_boot(worker) or len(process) < 3 or not process[0].isdigit():  # noqa: PLR2004 - pid, start, token
        return Liveness.UNKNOWN
    pid, start = int(process[0]), process[1]
    if pid == os.getpid():
        return Liveness.RUNNING if worker in _own else Liveness.DEAD
    return _liveness_of_process(pid, start)


def is_of_this_boot(worker: str) -> bool:
    """Whether a worker ran on this machine, which has not begun again since."""
    return worker.rsplit(":", 3)[0] == f"{socket.gethostname()}:{_boot()}"


def _liveness_of_process(pid: int, start: str) -> Liveness:
    """Whether the process that began then still runs; where the start is not known, whether there
    is one of its number."""
    if not process_exists(pid):
        return Liveness.DEAD
    state, began = _state_and_start(pid)
    if state in {"Z", "X"} or ("" not in {start, began} and start != began):
        return Liveness.DEAD
    return Liveness.STOPPED if state in {"T", "t"} else Liveness.RUNNING


def process_exists(pid: int) -> bool:
    """Whether this machine has a process of that number."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True  # somebody else's process has the number
    return True


def _boot() -> str:
    """The machine's boot and the namespace of its process numbers; "" where nothing tells."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text("ascii")[:8]
        namespace = Path("/proc/self/ns/pid").stat().st_ino
    except OSError:
        return ""
    return f"{boot}-{namespace}"


def _state_and_start(pid: int) -> tuple[str, str]:
    """A process' state, a letter, and when it began, in ticks since the boot; both empty where
    /proc does not tell, or tells of another namespace's processes."""
    try:
        if Path("/proc/self").readlink().name != str(os.getpid()):
            return "", ""
        text = Path(f"/proc/{pid}/stat").read_text("utf-8", errors="replace")
    except OSError:
        return "", ""
    # The second field is the program's name in brackets, and may hold any character.
    fields = text.rpartition(")")[2].split()
    return fields[0], fields[19]
