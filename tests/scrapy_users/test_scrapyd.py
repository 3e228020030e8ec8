"""The project under scrapyd 1.6, deployed and scheduled as its documentation has it."""

import configparser
import json
import os
import shutil
import socket
import subprocess
import sysconfig
import time
import venv
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.error import URLError
from urllib.parse import urlencode
from urllib.request import urlopen

import pytest

from scrapy_users.users import User
from support import QUICK, ROOT

STUCK = 60  # seconds after which what is waited for will not come
CONFIGURATION = (ROOT / "deploy" / "scrapyd.conf").read_text("utf-8")


@pytest.fixture(scope="session")
def programs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where scrapyd and its client are installed, beside what the project needs."""
    folder = tmp_path_factory.mktemp("scrapyd") / "venv"
    venv.create(folder, symlinks=True)
    packages = next(folder.glob("lib/python*/site-packages"))
    theirs = dict.fromkeys(sysconfig.get_path(kind) for kind in ("purelib", "platlib"))
    (packages / "theirs.pth").write_text("\n".join(theirs), "utf-8")
    pip = next((ROOT / "tools").glob("pip-*.whl")) / "pip"
    patience = ("--quiet", "--no-input", "--timeout", "15", "--retries", "1")
    wanted = ("scrapyd==1.6.*", "scrapyd-client==2.*")
    run = execute(folder / "bin" / "python", pip, "install", *patience, *wanted, cwd=folder)
    if "(from versions: none)" in run.stderr:
        pytest.skip("no package index can be reached for scrapyd")
    assert run.returncode == 0, run.stdout + run.stderr
    return folder / "bin"


def execute(*command: object, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Runs a command without settings of whoever runs the tests."""
    return subprocess.run(
        [*map(str, command)],
        cwd=cwd,
        env=clean(),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def clean() -> dict[str, str]:
    """The environment variables, but for those that would change what is found or done."""
    ours = ("SINANEWS_", "SCRAPY_", "PYTHON")
    return {name: value for name, value in os.environ.items() if not name.startswith(ours)}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of the checkout: a deployment leaves files behind."""
    copy = tmp_path / "project"
    left_out = (".*", "__pycache__", "build", "*.egg-info", "benchmarks", "docs", "output", "tests")
    shutil.copytree(ROOT, copy, ignore=shutil.ignore_patterns(*left_out))
    return copy


@dataclass
class Scrapyd:
    """A scrapyd that runs: its address, and the folder that it works in."""

    url: str
    folder: Path

    def wait(self, process: subprocess.Popen[bytes]) -> None:
        """Returns when it answers."""
        began = time.monotonic()
        while True:
            try:
                self.ask("daemonstatus")
            except URLError:
                assert process.poll() is None, "scrapyd has ended"
                assert time.monotonic() - began < STUCK, "scrapyd does not answer"
                time.sleep(0.05)
            else:
                return

    def ask(self, service: str, **parameters: object) -> dict:
        """The answer of a service; those that change something are told by POST."""
        asked = urlencode(parameters, doseq=True)
        post = service in {"schedule", "cancel"}
        address = f"{self.url}/{service}.json" + ("" if post else f"?{asked}")
        with urlopen(address, asked.encode() if post else None) as response:  # noqa: S310 - loopback
            answer = json.load(response)
        assert answer["status"] == "ok", answer
        return answer

    def run(self, project: str, spider: str, user: User, **arguments: str) -> str:
        """Schedules a spider, and waits until it has finished; returns the job's log."""
        told = QUICK | {"MIRROR_URL": user.site.url, "OUTPUT_DIR": str(user.output)}
        settings = [f"{name}={value}" for name, value in told.items()]
        job = self.ask("schedule", project=project, spider=spider, setting=settings, **arguments)[
            "jobid"
        ]
        began = time.monotonic()
        while job not in [done["id"] for done in self.ask("listjobs")["finished"]]:
            assert time.monotonic() - began < STUCK, self.ask("listjobs")
            time.sleep(0.1)
        return (self.folder / "logs" / project / spider / f"{job}.log").read_text("utf-8")

    def items(self, project: str, spider: str) -> list[dict]:
        """What scrapyd kept of the spider's items."""
        (file,) = (self.folder / "items" / project / spider).iterdir()
        return [json.loads(line) for line in file.read_text("utf-8").splitlines()]


@contextmanager
def scrapyd(programs: Path, folder: Path, **options: object) -> Iterator[Scrapyd]:
    """Starts scrapyd in a folder, as deploy/scrapyd.conf has it but for some options, and ends
    it."""
    folder.mkdir(exist_ok=True)
    port = free_port()
    configuration = configparser.ConfigParser(interpolation=None)
    configuration.read_string(CONFIGURATION)
    told = {"http_port": port, "poll_interval": 0.1, **options}
    configuration["scrapyd"].update({name: str(value) for name, value in told.items()})
    with (folder / "scrapyd.conf").open("w", encoding="utf-8") as file:
        configuration.write(file)
    log = folder / "scrapyd.log"
    command = [programs / "scrapyd", "--logfile", log]
    with subprocess.Popen(command, cwd=folder, env=clean()) as process:
        try:
            server = Scrapyd(f"http://127.0.0.1:{port}", folder)
            server.wait(process)
            yield server
        finally:
            process.terminate()


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


def assert_crawled(user: User, log: str) -> None:
    """The archive is whole, and its run complete."""
    user.assert_archived("n1", "n2", "n3")
    assert user.report()["verdict"] == "complete"
    assert user.report()["account"]["written"] == 3
    assert "Traceback" not in log
    assert "ERROR" not in log


@pytest.mark.long
def test_a_deployed_project_is_crawled_on_schedule(programs, project, tmp_path, user, subtests):
    with scrapyd(programs, tmp_path / "server", items_dir="items") as server:
        with (project / "scrapy.cfg").open("a", encoding="utf-8") as file:
            file.write(f"\n[deploy]\nurl = {server.url}/\nproject = news\nversion = r1\n")
        deployed = execute(programs / "scrapyd-deploy", cwd=project)
        with subtests.test("it can be deployed"):
            assert deployed.returncode == 0, deployed.stdout + deployed.stderr
            answer = json.loads(deployed.stdout)
            assert (answer["status"], answer["project"]) == ("ok", "news"), answer
        with subtests.test("its spiders are listed"):
            assert {"china", "articles"} <= {*server.ask("listspiders", project="news")["spiders"]}
        with subtests.test("a scheduled crawl fills its archive"):
            assert_crawled(user, server.run("news", "china", user))
        with subtests.test("scrapyd's own feed has the articles"):
            docids = sorted(item["docid"] for item in server.items("news", "china"))
            assert docids == ["n1", "n2", "n3"]
        with subtests.test("arguments are those of the spider"):
            user.output = tmp_path / "limited"
            server.run("news", "china", user, limit="1")
            user.assert_archived("n1")


def test_a_scrapyd_within_the_project_crawls_on_schedule(programs, project, user):
    """As its documentation has it for one that is started where scrapy.cfg is."""
    with scrapyd(programs, project) as server:
        assert "default" in server.ask("listprojects")["projects"]
        assert_crawled(user, server.run("default", "china", user))
        assert not (project / "output").exists()
        assert not (project / "items").exists()  # the archive has its own lines


def test_the_configuration_has_no_name_that_scrapyd_does_not_know(programs):
    known, ours = (configparser.ConfigParser(interpolation=None) for _ in range(2))
    (defaults,) = programs.parent.glob("lib/python*/site-packages/scrapyd/default_scrapyd.conf")
    known.read(defaults)
    ours.read_string(CONFIGURATION)
    assert ours["scrapyd"].keys() <= known["scrapyd"].keys()
    assert ours["scrapyd"]["bind_address"] == "127.0.0.1"
