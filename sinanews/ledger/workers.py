"""Who works on an archive: processes, told apart across machines and restarts."""

import os
import secrets
import socket

# The workers of this process.
_own: set[str] = set()


def new_worker() -> str:
    """A name for a worker of this process: `host:pid:token`."""
    worker = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"
    _own.add(worker)
    return worker


def retire(worker: str) -> None:
    """Notes that a worker of this process works no more."""
    _own.discard(worker)


def is_running(worker: str) -> bool:
    """Whether a worker still runs, as far as can be known from here: one of another host may."""
    host, pid, _ = worker.rsplit(":", 2)
    if host != socket.gethostname():
        return True
    return worker in _own if int(pid) == os.getpid() else process_exists(int(pid))


def process_exists(pid: int) -> bool:
    """Whether this machine has a process of that number."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True  # somebody else's process has the number
    return True
