"""Who works on an archive: processes, told apart across machines and restarts."""

import os
import secrets
import socket

# Ledgers that are open in this process.
ours: set[str] = set()


def new_owner() -> str:
    """A name for a worker of this process: `host:pid:token`."""
    owner = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"
    ours.add(owner)
    return owner


def runs(owner: str) -> bool:
    """Whether a worker still runs, as far as can be told from here: one elsewhere may."""
    host, pid, _ = owner.rsplit(":", 2)
    if host != socket.gethostname():
        return True
    return owner in ours if int(pid) == os.getpid() else process_runs(int(pid))


def process_runs(pid: int) -> bool:
    """Whether this machine has a process of that number."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True  # somebody else's process has the number
    return True
