"""Tests say which servers they start, and begin with the long ones."""

import subprocess
from types import SimpleNamespace

import pytest

from conftest import pytest_collection_modifyitems


def test_a_program_that_a_test_does_not_say_it_starts_is_not_started():
    with pytest.raises(pytest.fail.Exception, match=r"starts nginx: mark it, servers\('nginx'\)"):
        subprocess.run(["/usr/sbin/nginx", "-v"], check=False)


def test_a_test_of_a_program_that_is_not_installed_is_skipped(request, monkeypatch):
    monkeypatch.setenv("PATH", "")
    request.node.add_marker(pytest.mark.servers("npm"))
    plugin = request.config.pluginmanager.get_plugin("servers")
    with pytest.raises(pytest.skip.Exception, match=r"^npm not installed: apt-get install npm$"):
        plugin.pytest_runtest_setup(request.node)


@pytest.mark.parametrize("workers", [1, 2, 3, 7])
@pytest.mark.parametrize("long", [{0}, {99, 100}, {5, 50, 51, 60, 99}, set(range(0, 100, 9))])
def test_each_worker_begins_with_its_share_of_the_long_tests(monkeypatch, workers, long):
    monkeypatch.setenv("PYTEST_XDIST_WORKER_COUNT", str(workers))
    tests = [
        SimpleNamespace(number=n, get_closest_marker=lambda _, n=n: n in long) for n in range(101)
    ]
    pytest_collection_modifyitems(tests)
    assert sorted(test.number for test in tests) == list(range(101))
    others = [test.number for test in tests if test.number not in long]
    assert others == sorted(others)
    for share in shares_of(tests, workers):
        own = [test.number in long for test in share]
        assert len(long) // workers <= sum(own) <= -(-len(long) // workers)
        assert own == sorted(own, reverse=True)


def shares_of(tests, workers):
    """What `--dist worksteal` hands out at first."""
    for left in range(workers, 0, -1):
        count = len(tests) // left
        yield tests[:count]
        tests = tests[count:]
