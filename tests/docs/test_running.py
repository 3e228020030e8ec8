"""What docs/running.md and deploy/ promise an operator."""

import configparser
import re
import runpy
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from filelock import FileLock
from scrapy.settings import default_settings
from sqlalchemy import insert

from harvest.proofs import reports
from ledger.conftest import rejected, story
from sinanews.ledger.database import engine
from sinanews.ledger.ledger import Ledger
from sinanews.ledger.tables import gaps, lists
from sinanews.mirror.server import RunningMirror, running
from sinanews.mirror.site import Site
from sinanews.posts.paths import post_path
from sinanews.reporting.report import Report
from sinanews.reporting.summary import failed as summary_of_failed
from sinanews.reporting.summary import summary
from sinanews.reporting.verdicts import Verdict
from support import QUICK, ROOT

DOC = (ROOT / "docs" / "running.md").read_text("utf-8")
DEPLOY = ROOT / "deploy"
FOLDER = "/srv/sinanews"  # the checkout in the examples
UNITS = ("sinanews.service", "sinanews.timer")
WORDS = {verdict.value: verdict.name.lower() for verdict in Verdict}
# Upper-case names that are not settings
NO_SETTINGS = {
    *("NAME", "MAILTO", "HOST", "SSL_CERT_FILE", "SSL_CERT_DIR"),
    *("TERM", "FORCE_COLOR"),
}
FIELD = r"[\d*/,-]+"  # one time field of a crontab


def section(heading: str) -> str:
    """The text under a heading, up to the next heading of its level."""
    return re.split(r"\n## ", DOC.partition(f"\n## {heading}\n")[2])[0]


def rows(text: str) -> list[list[str]]:
    """The cells of the first table of a text, without its head."""
    lines = re.findall(r"^\|(.*)\|$", text.partition("\n\n### ")[0], re.MULTILINE)
    return [[cell.strip() for cell in line.split("|")] for line in lines[2:]]


@pytest.fixture(scope="module")
def settings() -> dict[str, object]:
    """The project's settings, without those from the environment."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setattr("os.environ", {})
        module = runpy.run_path(str(ROOT / "sinanews" / "settings.py"))
    return {name: value for name, value in module.items() if name.isupper() and name[0] != "_"}


def test_all_our_settings_are_documented_with_their_defaults(settings):
    documented = {cells[0].strip("`"): cells[1].strip("`") for cells in rows(section("Settings"))}
    ours = {name for name in settings if not hasattr(default_settings, name)}
    assert documented.keys() == ours | {"CLOSESPIDER_TIMEOUT", "DOWNLOAD_MAXSIZE"}
    for name, default in documented.items():
        assert default == ("" if settings[name] in ("", []) else str(settings[name])), name


def test_every_named_setting_exists(settings):
    existing = {*settings, *dir(default_settings)}
    named = {*re.findall(r"(?:-s |`|=)(?:SINANEWS_)?([A-Z]{3,}(?:_[A-Z]+)*)(?:=|`)", DOC)}
    assert {"DOWNLOAD_DELAY", "OUTPUT_DIR"} <= named - NO_SETTINGS <= existing


def test_exit_codes_are_documented_with_their_verdict_and_their_effect_in_cron_and_systemd():
    documented = {int(code): rest for code, *rest in rows(section("Exit codes"))}
    assert {code: cells[0] for code, cells in documented.items()} == WORDS
    silent = {code for code, cells in documented.items() if cells[3] == "silent"}
    success = {code for code, cells in documented.items() if cells[4] == "success"}
    quiet = re.search(r"case \$\? in ([\d|]+)\)", cron_lines()[0])[1]
    assert silent == {0, *map(int, quiet.split("|"))}
    assert success == {0, *map(int, unit("sinanews.service")["SuccessExitStatus"].split())}


def test_every_key_of_a_report_is_documented():
    keys = [name for cells in rows(section("The report")) for name in re.findall(r"\w+", cells[0])]
    assert sorted(keys) == sorted(Report.__dataclass_fields__)


def test_every_key_of_the_status_as_json_is_documented(tmp_path):
    database = engine(f"sqlite:///{tmp_path}/ledger.db")
    ledger = Ledger(database, post_path)
    ledger.begin("china")
    ledger.upsert_listed([story()], "guonei")
    ledger.record_outcomes([rejected(claim) for claim in ledger.claim(1)])
    ledger.runs.end(ledger.run, "complete", {})
    with database.begin() as connection:
        connection.execute(insert(gaps).values(channel="guonei", since=1, until=2, run=1))
        connection.execute(insert(lists).values(channel="guonei", newest=1, total=1))
    told, (failed,) = summary(ledger.view(10), 24), summary_of_failed(ledger.failed())
    ledger.close()

    documented = {
        name: cells[1]
        for cells in rows(section("Looking at an archive"))
        for name in re.findall(r"\w+", cells[0])
    }
    assert documented.keys() == told.keys()
    parts = {"account": told["account"]} | {
        name: told[name][0] for name in ("gaps", "lists", "runs")
    }
    for name, part in parts.items():
        assert part.keys() <= {*re.findall(r"`(\w+)`", documented[name])}, name
    of_failed = section("Looking at an archive").partition("`scrapy status --failed`")[2]
    assert failed.keys() <= {*re.findall(r"`(\w+)`", of_failed.partition("\n\n")[0])}


def cron_lines() -> list[str]:
    """The lines of the crontab that are neither comments nor variables."""
    text = (DEPLOY / "sinanews.cron").read_text("utf-8")
    return [line for line in text.splitlines() if line and not re.match(r"#|[A-Z]+=", line)]


def test_the_crontab_lines_are_documented_and_valid():
    assert "\n".join(cron_lines()) in DOC
    for line in cron_lines():
        assert re.match(rf"(?:{FIELD} ){{5}}cd {FOLDER} && ", line), line
        assert "%" not in line, "cron makes a line feed of it"


Cron = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def cron(output: Path) -> Cron:
    """Runs a line of the crontab as cron does: by sh, with a minimal environment."""

    def run(line: str, **settings: str) -> subprocess.CompletedProcess[str]:
        command = line.split(maxsplit=5)[5].replace(FOLDER, str(ROOT))
        script = command.replace(".venv/bin/", f"{Path(sys.executable).parent}/")
        values = {**QUICK, "OUTPUT_DIR": str(output), **settings}
        environment = {f"SINANEWS_{name}": value for name, value in values.items()}
        return subprocess.run(
            ["/bin/sh", "-c", script],
            env={"PATH": "/usr/bin:/bin", **environment},
            capture_output=True,
            text=True,
            check=False,
        )

    return run


@pytest.fixture
def site() -> Iterator[RunningMirror]:
    with running(Site(articles=20, tick=0)) as mirror:
        yield mirror


def test_the_cron_lines_harvest_silently_and_report_in_the_morning(cron, site, output):
    harvest, morning = cron_lines()

    done = cron(harvest, MIRROR_URL=site.url)

    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert [report["verdict"] for report in reports(output)] == ["complete"]
    status = cron(morning)
    assert (status.returncode, status.stderr) == (0, "")
    assert "the account balances, over all stories and 1 runs" in status.stdout


def test_the_cron_line_prints_nothing_while_another_harvest_runs(cron, site, output):
    output.mkdir()
    with FileLock(output / "harvest.lock"):
        done = cron(cron_lines()[0], MIRROR_URL=site.url)

    assert (done.stdout, done.stderr, site.requests) == ("", "", [])


def test_the_cron_line_prints_the_log_of_a_blocked_run(cron, site):
    site.faults.add("doc-i", "429")

    done = cron(cron_lines()[0], MIRROR_URL=site.url)

    assert "; the run ends here\n" in done.stdout
    assert "\nchina: blocked (blocked: HTTP 429: 3 of the last 3 article pages (" in done.stdout


def unit(name: str, part: str = "Service") -> configparser.SectionProxy:
    parsed = configparser.ConfigParser(strict=False, interpolation=None)
    parsed.optionxform = str
    parsed.read_string((DEPLOY / name).read_text("utf-8"))
    return parsed[part]


def test_the_systemd_units_have_the_required_options():
    service = unit("sinanews.service")
    assert service["Type"] == "oneshot"
    assert service["ExecStart"] == f"{FOLDER}/.venv/bin/scrapy harvest china"
    assert service["WorkingDirectory"] == FOLDER
    assert service["ProtectSystem"] == "strict"
    assert service["ReadWritePaths"] == f"{FOLDER}/output"
    assert "OnFailure=" in (DEPLOY / "sinanews.service").read_text("utf-8")
    assert unit("sinanews.timer", "Timer")["OnCalendar"]
    assert unit("sinanews.timer", "Timer")["Persistent"] == "true"
    assert unit("sinanews.timer", "Install")["WantedBy"] == "timers.target"
    for key, value in re.findall(r"`([A-Z]\w+)=([^`]+)`", section("From systemd")):
        assert key == "Environment" or service[key] == value


@pytest.mark.skipif(
    not shutil.which("systemd-analyze"), reason="systemd is not installed: apt-get install systemd"
)
def test_the_systemd_units_are_valid(tmp_path):
    for name in UNITS:
        text = (DEPLOY / name).read_text("utf-8").replace("#OnFailure=", "OnFailure=")
        (tmp_path / name).write_text(text.replace(f"{FOLDER}/.venv/bin/scrapy", "/bin/true"))
    failed = re.search(r"```\n(\[Unit\]\n.*?\n)```", section("From systemd"), re.DOTALL)[1]
    (tmp_path / "sinanews-failed.service").write_text(failed)
    files = [str(tmp_path / name) for name in (*UNITS, "sinanews-failed.service")]

    checked = subprocess.run(
        ["systemd-analyze", "verify", *files], capture_output=True, text=True, check=False
    )

    assert (checked.returncode, checked.stderr) == (0, "")


def test_the_documented_backfill_prints_where_the_list_ends(scrapy):
    command, expected = re.findall(r"^(?:scrapy|list) .*20.*$", section("Backfill"), re.MULTILINE)
    with running() as mirror:
        run = scrapy(*command.split()[1:], mirror=mirror.url)

    assert run.returncode == 0, run.stderr
    assert expected in run.stdout.splitlines()
