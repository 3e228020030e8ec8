"""Workers are told apart by host, boot, namespace, process and its start."""

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from ledger.conftest import NEW_WORKER, elsewhere
from sinanews.ledger.workers import Liveness, liveness, new_worker, retire
from support import ROOT

ASK = "import sys; from sinanews.ledger.workers import liveness; print(liveness(sys.argv[1]).name)"

needs_proc = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="there is no /proc")


def python(program, *arguments, within=()):
    """What a Python program prints that runs within other commands."""
    command = [*within, sys.executable, "-c", program, *arguments]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if run.returncode and within:
        pytest.skip(f"{within[0]} needs rights: {run.stderr.strip()}")
    assert run.returncode == 0, run.stderr
    return run.stdout.strip()


def unshare(*options):
    """A command that runs another one in namespaces of its own."""
    if not shutil.which("unshare"):
        pytest.skip("there is no unshare")
    return ["unshare", *options]


@pytest.fixture
def worker():
    name = new_worker()
    yield name
    retire(name)


def test_a_worker_of_this_process_runs_until_it_is_retired(worker):
    assert liveness(worker) is Liveness.RUNNING
    retire(worker)
    assert liveness(worker) is Liveness.DEAD


def test_a_worker_of_another_process_runs_as_long_as_that_is_there(process):
    name = process.stdout.readline().strip()
    assert liveness(name) is Liveness.RUNNING
    process.kill()
    process.wait()
    assert liveness(name) is Liveness.DEAD


@needs_proc
def test_of_a_worker_that_was_stopped_nothing_is_known_until_it_goes_on(process):
    name = process.stdout.readline().strip()
    process.send_signal(signal.SIGSTOP)
    os.waitid(os.P_PID, process.pid, os.WSTOPPED | os.WNOWAIT)
    assert liveness(name) is Liveness.STOPPED
    process.send_signal(signal.SIGCONT)
    os.waitid(os.P_PID, process.pid, os.WCONTINUED | os.WNOWAIT)
    assert liveness(name) is Liveness.RUNNING


@needs_proc
def test_a_worker_is_dead_before_its_parent_has_noticed(process):
    name = process.stdout.readline().strip()
    process.kill()
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    assert liveness(name) is Liveness.DEAD


@needs_proc
def test_a_worker_whose_process_number_was_given_again_is_dead(process):
    host, boot, pid, start, token = process.stdout.readline().strip().split(":")
    assert liveness(f"{host}:{boot}:{pid}:{start}:{token}") is Liveness.RUNNING
    assert liveness(f"{host}:{boot}:{pid}:{int(start) - 1}:{token}") is Liveness.DEAD


@pytest.mark.parametrize("name", ["", "host", "host:1:abcd", "host:boot:x:y:z", "h:b:1:2:3:4"])
def test_nothing_is_known_of_a_worker_with_another_form_of_name(name):
    assert liveness(name) is Liveness.UNKNOWN


def test_nothing_is_known_of_the_same_process_of_this_host_by_its_name_of_old(worker):
    host, _, pid, _, token = worker.split(":")
    assert liveness(f"{host}:{pid}:{token}") is Liveness.UNKNOWN


@needs_proc
def test_nothing_is_known_of_a_worker_of_another_host_or_boot(worker):
    assert liveness(elsewhere(worker)) is Liveness.UNKNOWN
    host, _, boot_and_process = worker.partition(":")
    assert liveness(f"{host}:0{boot_and_process}") is Liveness.UNKNOWN


@needs_proc
def test_nothing_is_known_in_a_container_with_another_host_name(worker):
    rename = ["sh", "-c", 'hostname container-2 && exec "$@"', "sh"]
    assert python(ASK, worker, within=[*unshare("--uts"), *rename]) == "UNKNOWN"


@needs_proc
@pytest.mark.parametrize("own_proc", [["--mount-proc"], []])
def test_nothing_is_known_from_within_another_namespace_of_processes(own_proc, worker):
    within = unshare("--pid", "--fork", *own_proc)
    assert python(ASK, worker, within=within) == "UNKNOWN"
    inside = python(NEW_WORKER, within=within)
    assert inside.split(":")[2] == "1", "as in every container"
    assert liveness(inside) is Liveness.UNKNOWN


@needs_proc
@pytest.mark.parametrize("own_proc", [["--mount-proc"], []])
def test_processes_of_one_namespace_know_each_other(own_proc):
    """Also where /proc is that of another namespace, so that it tells nothing."""
    program = f"""
import subprocess, sys
from sinanews.ledger.workers import liveness, new_worker
own = new_worker()
ask = [sys.executable, "-c", {ASK!r}, own]
child = subprocess.run([sys.executable, "-c", {NEW_WORKER!r}], capture_output=True, text=True)
print(subprocess.run(ask, capture_output=True, text=True).stdout.strip(),
      liveness(child.stdout.strip()).name)
"""
    assert python(program, within=unshare("--pid", "--fork", *own_proc)) == "RUNNING DEAD"
