"""What docs/running.md and deploy/ promise an operator."""

import configparser
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from harvest.proofs import reports
from sinanews import settings
from sinanews.mirror.server import running
from sinanews.mirror.site import Site
from sinanews.report import Report, Verdict
from support import QUICK

ROOT = Path(__file__).parents[2]
DOCUMENT = (ROOT / "docs" / "running.md").read_text("utf-8")
DEPLOY = ROOT / "deploy"
FOLDER = "/srv/sinanews"  # where the examples have the project
# What Scrapy has too, and what is no business of an operator's.
SCRAPYS = {"BOT_NAME", "SPIDER_MODULES", "COMMANDS_MODULE"}


def table(heading: str) -> dict[str, str]:
    """First and second column of the first table below a heading."""
    below = DOCUMENT.partition(f"\n{heading}\n")[2]
    rows = re.findall(r"^\| `([^|]*)` \| ?`?([^|`]*)`? \|", below, re.MULTILINE)
    return {name: value.strip() for name, value in rows}


def own_settings() -> dict[str, str]:
    """Those above the first that is about politeness, as a user would write them."""
    source = Path(settings.__file__).read_text("utf-8").partition("# Politeness")[0]
    names = re.findall(r"^([A-Z_]+)(?:: [^=]+)? = ", source, re.MULTILINE)
    values = {name: getattr(settings, name) for name in names if name not in SCRAPYS}
    return {name: "" if value in ("", []) else str(value) for name, value in values.items()}


def test_every_setting_of_ours_is_told_with_its_default():
    assert table("## Settings") == own_settings()


def test_every_exit_code_is_told_with_its_verdict():
    codes = re.findall(r"^\| (\d+) \| (\w+) \|", DOCUMENT, re.MULTILINE)
    assert {int(code): verdict for code, verdict in codes} == {
        verdict.value: verdict.name.lower() for verdict in Verdict
    }


def test_every_key_of_a_report_is_told():
    told = DOCUMENT.partition("## The report")[2].partition("## Getting")[0]
    keys = {
        name for cell in re.findall(r"^\| (.*?) \|", told, re.MULTILINE) for name in words(cell)
    }
    assert keys == set(Report.__dataclass_fields__)


def words(cell: str) -> list[str]:
    return re.findall(r"`(\w+)`", cell)


def test_the_cron_line_is_the_same_in_the_document_and_harvests(tmp_path):
    (line,) = re.findall(r"^\*/15 .*", (DEPLOY / "sinanews.cron").read_text(), re.MULTILINE)
    assert f"\n{line}\n" in DOCUMENT
    command = (
        line.split(maxsplit=5)[5].replace(FOLDER, str(ROOT)).replace("output/", f"{tmp_path}/")
    )
    with running(Site(articles=20, tick=0)) as mirror:
        told = {**QUICK, "MIRROR_URL": mirror.url, "OUTPUT_DIR": str(tmp_path / "output")}
        environment = {f"SINANEWS_{name}": value for name, value in told.items()}
        done = subprocess.run(["/bin/sh", "-c", command], env=environment, check=False)

    assert done.returncode == 0, (tmp_path / "harvest.log").read_text()
    assert "china: complete (finished)" in (tmp_path / "harvest.log").read_text()
    assert [report["verdict"] for report in reports(tmp_path / "output")] == ["complete"]


def unit(name: str) -> configparser.ConfigParser:
    parsed = configparser.ConfigParser(strict=False, interpolation=None)
    parsed.optionxform = str
    parsed.read_string((DEPLOY / name).read_text())
    return parsed


def test_the_service_runs_the_harvest_and_takes_no_offence_at_another_one():
    service = unit("sinanews.service")["Service"]
    assert service["ExecStart"] == f"{FOLDER}/.venv/bin/scrapy harvest china"
    assert service["WorkingDirectory"] == FOLDER
    assert service["SuccessExitStatus"] == str(Verdict.LOCKED.value)
    assert service["ReadWritePaths"] == f"{FOLDER}/output"


@pytest.mark.skipif(
    not shutil.which("systemd-analyze"), reason="systemd is not installed: apt-get install systemd"
)
def test_systemd_finds_nothing_wrong_with_the_units(tmp_path):
    for name in ("sinanews.service", "sinanews.timer"):
        text = (DEPLOY / name).read_text().replace(f"{FOLDER}/.venv/bin/scrapy", "/bin/true")
        (tmp_path / name).write_text(text.replace("User=sinanews\n", ""))
    units = [str(tmp_path / name) for name in ("sinanews.service", "sinanews.timer")]
    checked = subprocess.run(
        ["systemd-analyze", "verify", *units], capture_output=True, text=True, check=False
    )
    assert (checked.returncode, checked.stderr) == (0, "")
