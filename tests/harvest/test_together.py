"""Harvests on machines of their own that share a PostgreSQL ledger are one harvest.

Each "machine" here is a `scrapy harvest` with an OUTPUT_DIR of its own. TOGETHER_ARTICLES is how
many articles they share.
"""

import json
import os
import signal
import time
from collections import Counter
from types import SimpleNamespace

import pytest

import postgres
from harvest.proofs import launch, slowly, wait_for_posts, whole
from sinanews.channels import DOMESTIC
from sinanews.mirror.server import running
from sinanews.mirror.site import Site
from support import lines, posts, scrapy_in

ARTICLES = int(os.environ.get("TOGETHER_ARTICLES", "400"))
HARVEST = ("harvest", "china", "-a", "channel=all")
pytestmark = postgres.MARK


@pytest.fixture(scope="module")
def site():
    with running(Site(articles=ARTICLES, tick=0)) as mirror:
        yield mirror


@pytest.fixture(scope="module")
def alone(site, tmp_path_factory):
    """What one worker with an SQLite ledger makes of the site: its export, and its posts."""
    output = tmp_path_factory.mktemp("alone") / "output"
    run = scrapy_in(output)(*HARVEST, mirror=site.url)
    assert run.returncode == 0, run.stderr
    return SimpleNamespace(lines=exported(output), posts=written_in(output))


def exported(output, **settings):
    """The lines of an export, without what depends on when and in which order pages were read."""
    export = scrapy_in(output)("export", "-o", "-", **settings)
    assert export.returncode == 0, export.stderr
    rows = map(json.loads, export.stdout.splitlines())
    return [{n: v for n, v in row.items() if n not in {"seen", "duplicate_of"}} for row in rows]


def written_in(*folders):
    """The posts of folders by their path in the archive."""
    return {
        str(post.relative_to(folder)): post.read_bytes()
        for folder in folders
        for post in posts(folder)
    }


class Machines:
    """Machines that share a ledger."""

    def __init__(self, site, database, folder):
        self.site, self.database, self.folder = site, database, folder
        self.settings = {"MIRROR_URL": site.url, "LEDGER_URL": database.url}
        self.processes = []

    def start(self, *arguments, **settings):
        output = self.folder / f"machine{len(self.processes)}"
        own = self.settings | settings | {"OUTPUT_DIR": str(output)}
        self.processes.append(launch([*(arguments or HARVEST)], **own))
        return self.processes[-1], output

    def wait(self):
        """The exit codes and what was printed."""
        said = [process.communicate(timeout=300) for process in self.processes]
        return [process.returncode for process in self.processes], said

    @property
    def outputs(self):
        return sorted(self.folder.glob("machine*"))


@pytest.fixture
def machines(site, postgres, tmp_path):
    site.forget()
    together = Machines(site, postgres, tmp_path)
    yield together
    for process in together.processes:
        process.kill()
        process.communicate()


def reports_of(output):
    return [json.loads(file.read_bytes()) for file in sorted((output / "runs").iterdir())]


@pytest.mark.parametrize("count", [2, 4])
def test_machines_write_each_article_once_and_have_one_report(count, machines, alone, site):
    for _ in range(count):
        machines.start()
    codes, said = machines.wait()

    assert codes == [0] * count, said
    outputs = machines.outputs
    assert written_in(*outputs) == alone.posts
    assert sum(len(posts(output)) for output in outputs) == len(alone.posts)
    assert exported(outputs[0], LEDGER_URL=machines.database.url) == alone.lines
    docids = Counter(line["docid"] for output in outputs for line in lines(output))
    assert docids == Counter(line["docid"] for line in alone.lines)
    assert set(Counter(site.articles()).values()) == {1}
    assert len(site.lists()) == len(set(site.lists())), "lists are walked once for all"
    reports = [reports_of(output) for output in outputs]
    assert all(report == reports[0] for report in reports)
    (report,) = reports[0]
    assert report["account"]["written"] == report["account"]["listed"] == len(alone.posts)
    assert report["requests"] >= len(alone.posts)
    for output, _ in said:
        assert f"listed {len(alone.posts)} = written {len(alone.posts)} + " in output


def test_a_second_harvest_of_one_folder_is_refused_and_one_of_another_joins(machines, alone):
    first, output = machines.start(**slowly(0.02))
    wait_for_posts(first, output, 5)
    second = scrapy_in(output)(*HARVEST, **machines.settings)
    assert (second.returncode, first.poll()) == (75, None), second.stdout
    machines.start()

    codes, said = machines.wait()

    assert codes == [0, 0], said
    assert len(posts(machines.outputs[1])) > 0
    assert written_in(*machines.outputs) == alone.posts
    assert machines.database.execute("SELECT count(*) FROM harvests") == [(1,)]


def test_a_harvest_of_other_days_is_another_one(machines):
    first, output = machines.start(**slowly(0.02))
    wait_for_posts(first, output, 5)
    machines.start(*HARVEST, "-a", "since=2026-03-18")

    codes, said = machines.wait()

    assert codes == [0, 0], said
    assert machines.database.execute("SELECT count(*) FROM harvests") == [(2,)]


def test_who_walks_the_lists_may_die_and_another_walks_them(machines, alone, site):
    first, _ = machines.start(DOWNLOAD_DELAY="0.3")
    while not site.lists():
        assert first.poll() is None
    second, _ = machines.start()
    while machines.database.execute("SELECT count(*) FROM runs") != [(2,)]:
        assert second.poll() is None
        time.sleep(0.02)
    assert machines.database.execute("SELECT walked FROM harvests") == [(None,)]
    first.kill()

    codes, said = machines.wait()

    assert codes == [-signal.SIGKILL, 0], said
    assert written_in(machines.outputs[1]) == alone.posts
    (report,) = reports_of(machines.outputs[1])
    assert set(report["lists"]) == {channel.name for channel in DOMESTIC}
    assert report["lists_failed"] == 0


def test_the_lines_of_a_killed_machine_are_completed_in_its_folder_whoever_noticed(machines, alone):
    first, folder = machines.start(**slowly(0.02), LEASE_SECONDS="2")
    wait_for_posts(first, folder, 20)
    first.kill()
    first.communicate()
    # As a power cut may leave them; another run ends meanwhile, in another folder.
    (file,) = (folder / "articles").iterdir()
    os.truncate(file, file.stat().st_size // 2)
    second, other = machines.start(LEASE_SECONDS="2")
    _, stderr = second.communicate()
    assert second.returncode == 0, stderr
    assert "left unwritten" not in stderr

    again = scrapy_in(folder)(*HARVEST, **machines.settings)

    assert again.returncode == 0, again.stderr
    assert "lines that run 1 left unwritten are in articles/rest-1-" in again.stderr
    assert not [*other.glob("articles/rest*")]
    files = [*folder.glob("articles/*"), *other.glob("articles/*")]
    docids = Counter(line["docid"] for file in files for line in whole(file))
    assert docids == Counter(line["docid"] for line in alone.lines)


def test_a_machine_that_is_told_to_end_leaves_its_stories_to_the_others(machines, alone):
    first, output = machines.start(**slowly(0.02))
    wait_for_posts(first, output, 5)
    _, other = machines.start(**slowly(0.02))
    wait_for_posts(machines.processes[1], other, 1)
    first.terminate()

    codes, said = machines.wait()

    assert codes == [3, 0], said
    assert "other workers go on with this harvest" in said[0][0]
    assert written_in(*machines.outputs) == alone.posts
    (report,) = reports_of(other)
    assert (report["verdict"], report["account"]["failed"]) == ("complete", 0)


def test_status_shows_one_harvest_of_several_workers(machines):
    machines.start()
    machines.start()
    codes, said = machines.wait()
    assert codes == [0, 0], said

    status = scrapy_in(machines.outputs[0])("status", "--json", **machines.settings)

    found = json.loads(status.stdout)
    (run,) = found["runs"]
    assert (run["verdict"], run["account"]["listed"]) == ("complete", found["account"]["listed"])
