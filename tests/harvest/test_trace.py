"""Recorded days of Sina's list, harvested poll by poll: nothing missed or fetched twice."""

import gzip
import json
import os
import subprocess
import sys

import pytest

from bells.listener import listening
from harvest.proofs import assert_accounts_balance, reports
from support import ROOT, lines, needs_shared
from trace_server import Trace, recorded, serving

SOME_POLLS = 4
MAX_MEAN_LISTS = 2.6  # list requests that a run may make on average

pytestmark = needs_shared()
traces = pytest.mark.parametrize("path", recorded(), ids=lambda path: path.name)


@pytest.mark.long
@traces
def test_a_harvest_for_each_poll_misses_nothing_fetches_nothing_twice_and_rings_for_nothing(
    path, output
):
    script = [sys.executable, "tests/trace_server.py", str(path), "--json", f"--output={output}"]
    with listening() as listener:
        bells = {
            "SINANEWS_NOTIFY_URL": listener.notify_url(),
            "SINANEWS_HEARTBEAT_URL": listener.heartbeat_url,
        }
        environment = os.environ | bells
        played = subprocess.run(
            script, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
        )
    assert played.returncode == 0, played.stderr
    line, figures = played.stdout.splitlines()
    print(line)  # noqa: T201 - shown by pytest -rP
    figures, trace = json.loads(figures), json.loads(gzip.decompress(path.read_bytes()))

    assert len(figures["lists"]) == len(trace["polls"])
    assert figures["articles"] == len(trace["articles"])
    assert figures["missed"] == 0
    assert figures["fetched_again"] == 0
    assert figures["posts"] == figures["articles"] == len(lines(output))
    assert figures["verdicts"] == {"complete": len(figures["lists"])}
    assert listener.notices == []
    assert listener.beats == ["/start", ""] * len(figures["lists"])
    assert sum(figures["lists"]) / len(figures["lists"]) <= MAX_MEAN_LISTS
    assert_accounts_balance(output)
    assert sum(report["account"]["written"] for report in reports(output)) == figures["articles"]


@traces
def test_polls_can_be_harvested_by_separate_processes(path, scrapy, output):
    with serving(Trace.read(path)) as server:
        for server.trace.now in range(SOME_POLLS):
            run = scrapy("harvest", "china", mirror=server.url)
            assert run.returncode == 0, run.stderr
        shown = {article.docid for article in server.trace.shown().values()}

    assert {line["docid"] for line in lines(output)} == shown
    assert set(server.articles.values()) == {1}
    assert_accounts_balance(output)
