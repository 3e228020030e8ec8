"""The heartbeat reaches the address that is set and no other, and waits for nobody."""

import socket
import time
from threading import Thread

import pytest

from bells.listener import SECRET
from sinanews.config import Bells
from sinanews.reporting import heartbeat, metrics
from sinanews.reporting.bell import Bell
from sinanews.reporting.heartbeat import Heartbeat


@pytest.mark.parametrize(("code", "ends"), [(0, ""), (3, "/3"), (1, "/1")])
def test_a_run_sends_its_start_and_its_end(listener, code, ends, caplog):
    beat = Heartbeat(listener.heartbeat_url)
    beat.begin()
    beat.end(code)
    assert listener.beats == ["/start", ends]
    assert caplog.records == []


def test_what_never_began_sends_its_end_alone(listener):
    Heartbeat(f"{listener.heartbeat_url}/?create=1").end(2)
    assert listener.beats == ["/2?create=1"]


@pytest.mark.parametrize("location", ["file:///etc/passwd", "ftp://127.0.0.1/x", "{}/elsewhere"])
def test_a_redirect_is_followed_nowhere(listener, location, caplog):
    listener.status, listener.location = 302, location.format(listener.heartbeat_url)
    Heartbeat(listener.heartbeat_url).end(0)
    assert listener.beats == [""]
    assert told(caplog) == ["HEARTBEAT_URL could not be reached: HTTP 302"]


def told(caplog) -> list[str]:
    assert SECRET not in caplog.text
    return [record.getMessage() for record in caplog.records]


def test_a_failure_is_told_once_without_the_address(listener, caplog):
    listener.status = 500
    beat = Heartbeat(listener.heartbeat_url)
    beat.begin()
    beat.end(0)
    assert told(caplog) == ["HEARTBEAT_URL could not be reached: HTTP 500"]


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("http://127.0.0.1:9/" + SECRET, "Connection refused"),
        ("http://nowhere.invalid/" + SECRET, ""),
        ("https://127.0.0.1:{port}/" + SECRET, ""),
        ("http://127.0.0.1:{port}/" + SECRET + "\x7f", "InvalidURL"),
    ],
)
def test_what_cannot_be_reached_is_told_and_raises_nothing(listener, url, why, caplog):
    Heartbeat(url.format(port=listener.port)).end(0)
    (line,) = told(caplog)
    assert line.startswith(f"HEARTBEAT_URL could not be reached: {why}")


def test_a_proxy_that_is_none_of_http_is_told(monkeypatch, caplog):
    monkeypatch.setenv("https_proxy", "socks5://me:PASSWORT@127.0.0.1:9")
    Heartbeat(f"https://example.invalid/{SECRET}").end(0)
    (line,) = told(caplog)
    assert "proxy" in line
    assert "PASSWORT" not in line


def test_a_server_that_never_ends_its_answer_holds_nobody_up(monkeypatch, caplog):
    monkeypatch.setattr(heartbeat, "ALL_SECONDS", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as server:  # takes the call and says nothing
        began = time.monotonic()
        beat = Heartbeat(f"http://127.0.0.1:{server.getsockname()[1]}/{SECRET}")
        beat.begin()
        assert time.monotonic() - began < heartbeat.SOCKET_SECONDS, "nobody waits for the start"
        beat.end(0)
    assert told(caplog) == ["HEARTBEAT_URL could not be reached: no answer in time"]


def test_a_run_waits_for_both_calls_together_no_longer_than_the_limit(monkeypatch):
    """By the seconds for which it waits for each, of a server that answers neither."""
    clock = [1000.0]

    class Silent(Thread):
        def join(self, timeout: float | None = None) -> None:
            clock[0] += timeout or float("inf")

    monkeypatch.setattr(heartbeat, "Thread", Silent)
    monkeypatch.setattr(heartbeat.time, "monotonic", lambda: clock[0])
    monkeypatch.setattr(heartbeat, "_failure", lambda _: None)
    beat = Heartbeat("http://127.0.0.1:9")
    beat.begin()
    beat.end(0)
    assert clock[0] == 1000.0 + heartbeat.ALL_SECONDS


def test_an_error_of_ours_in_one_bell_spares_the_run_and_the_other_bells(
    monkeypatch, listener, tmp_path, caplog
):
    def fail(*_: object) -> bytes:
        raise ValueError(SECRET)

    monkeypatch.setattr(metrics, "render", fail)
    file = tmp_path / "sinanews.prom"
    addresses = {"notify": (listener.notify_url(),), "heartbeat": listener.heartbeat_url}
    bell = Bell(Bells(**addresses, metrics=file, output=tmp_path), "china")
    bell.begin()
    bell.end(4, "blocked: HTTP 403")
    assert listener.beats == ["/start", "/4"]
    assert listener.titles == ["新浪财经存档 china：被网站拒绝（此前：完整）"]
    (line,) = told(caplog)
    assert line.startswith("a bell failed: ValueError in ")
