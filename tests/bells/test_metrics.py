"""METRICS_FILE is what Prometheus reads; the dashboard and the alerts ask for what it has."""

import json
import re
import shutil
import subprocess
from dataclasses import replace

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families

from ledger.conftest import rejected, story
from sinanews.ledger.database import engine
from sinanews.ledger.ledger import Ledger
from sinanews.ledger.views import List
from sinanews.posts.paths import post_path
from sinanews.reporting.ended import VERDICTS, Ended
from sinanews.reporting.metrics import LONGEST, MOST_REASONS, OTHER, render
from sinanews.reporting.report import Report, account
from support import ROOT

DASHBOARD = json.loads((ROOT / "deploy" / "grafana-dashboard.json").read_bytes())
ALERTS = yaml.safe_load((ROOT / "deploy" / "prometheus-alerts.yml").read_bytes())["groups"]
RULES = [rule for group in ALERTS for rule in group["rules"]]
DAY = 86_400
NOW = 1_790_000_000

needs_promtool = pytest.mark.skipif(
    not shutil.which("promtool"), reason="promtool is not installed: apt-get install prometheus"
)


def ended(code: int = 3, **fields: object) -> Ended:
    """A run with a report; `fields` are the report's."""
    walk = {"began": NOW, "newest": NOW - 600, "gaps": []}
    report = Report("china", NOW, account=account({}, 0), lists={"guonei": walk})
    report.presence = {"title": 0.5}
    whole = report.to_json() | {"failures": {"HTTP 503": 2}} | fields
    return Ended("/srv/news", "china", code, NOW, NOW + 90, report=whole)


@pytest.fixture(scope="module")
def view(tmp_path_factory):
    """An archive with all that a file of metrics can tell of one."""
    path = tmp_path_factory.mktemp("metrics") / "ledger.db"
    ledger = Ledger(engine(f"sqlite:///{path}"), post_path)
    ledger.begin("china")
    ledger.upsert_listed([story()], "guonei")
    ledger.record_outcomes([rejected(claim) for claim in ledger.claim(1)])
    ledger.runs.end(ledger.run, "complete", {})
    seen = ledger.view(10)
    ledger.close()
    return replace(seen, waiting_since=NOW, lists=[List("guonei", NOW, 50)])


def samples(content: bytes) -> dict[str, list]:
    """The samples by their names, as Prometheus' own parser reads them."""
    found: dict[str, list] = {}
    for family in text_string_to_metric_families(content.decode()):
        for sample in family.samples:
            found.setdefault(sample.name, []).append(sample)
    return found


def test_a_run_without_report_and_archive_has_its_verdict_and_times():
    content = samples(render(Ended("/srv", "china", 1, NOW, NOW + 5, "boom"), None, DAY))
    verdicts = {
        sample.labels["verdict"]: sample.value for sample in content["sinanews_run_verdict"]
    }
    assert verdicts == dict.fromkeys(VERDICTS, 0) | {"crashed": 1}
    (duration,) = content["sinanews_run_duration_seconds"]
    assert (duration.value, duration.labels) == (5, {"archive": "/srv"})
    assert len(content) == 5


def test_every_metric_has_the_archive_and_a_name_and_unit_by_the_conventions(view):
    for family in text_string_to_metric_families(render(ended(), view, DAY).decode()):
        assert re.fullmatch(r"sinanews_[a-z_]+[a-z]", family.name), family.name
        assert family.documentation.endswith("."), family.name
        for sample in family.samples:
            assert sample.labels["archive"] == "/srv/news"
            assert sample.name.endswith("_total") == (family.type == "counter"), sample
            assert not re.search(r"_(ms|minutes|hours|days|kb|mb|percent)\b", sample.name)


@given(st.dictionaries(st.text(max_size=300), st.integers(1, 9), max_size=2 * MOST_REASONS))
def test_reasons_of_any_text_are_labels_that_the_parser_gives_back(failures):
    content = render(ended(failures=failures), None, DAY)
    read = samples(content).get("sinanews_run_failures", [])
    reasons = [sample.labels["reason"] for sample in read]
    assert len(set(reasons)) == len(reasons) <= MOST_REASONS + 1
    assert sum(sample.value for sample in read) == sum(failures.values())
    assert max(map(len, reasons), default=0) <= LONGEST
    plain = {r for r in failures if r.isprintable() and len(r) <= LONGEST and r.isascii()}
    if len(failures) <= MOST_REASONS:
        assert plain <= {*reasons}
        assert OTHER not in {*reasons} - plain


def test_escapes_of_labels_are_the_format_s():
    content = render(ended(failures={'a "b" \\ c\nd 涨\ud83d\u202e': 1}), None, DAY).decode()
    assert 'reason="a \\"b\\" \\\\ c\\\\nd 涨\ufffd\\\\u202e"} 1.0\n' in content


def test_a_channel_is_silent_by_its_list_s_own_clock():
    content = samples(render(ended(), None, 600)), samples(render(ended(), None, 601))
    assert [found["sinanews_channel_silent"][0].value for found in content] == [1, 0]
    assert content[0]["sinanews_channel_newest_age_seconds"][0].value == 600


def expressions() -> list[str]:
    """Each expression and query of the dashboard and of the alerts."""
    targets = [target["expr"] for panel in DASHBOARD["panels"] for target in panel["targets"]]
    variables = [v["definition"] for v in DASHBOARD["templating"]["list"] if "definition" in v]
    return [*targets, *variables, *(rule["expr"] for rule in RULES)]


def test_the_dashboard_and_the_alerts_name_only_metrics_and_labels_that_the_file_has(view):
    content = samples(render(ended(), view, DAY))
    labels = {name for read in content.values() for sample in read for name in sample.labels}
    for expression in expressions():
        named = {*re.findall(r"sinanews_\w+", expression)}
        assert named, expression
        assert named <= content.keys(), expression
        assert {*re.findall(r"(\w+)=~?\"", expression)} <= labels, expression
    for verdict in re.findall(r'verdict=~?"([\w|]+)"', " ".join(expressions())):
        assert {*verdict.split("|")} <= {*VERDICTS}


def test_the_dashboard_s_panels_have_a_title_a_place_and_an_id_of_their_own():
    taken = set()
    panels = DASHBOARD["panels"]
    assert (
        len({panel["id"] for panel in panels}) == len({p["title"] for p in panels}) == len(panels)
    )
    for panel in panels:
        place = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert not cells & taken, panel["title"]
        assert place["x"] + place["w"] <= 24
        taken |= cells


def test_each_alert_says_what_is_wrong_and_what_to_do():
    for rule in RULES:
        assert rule["labels"]["severity"] in {"warning", "critical"}
        assert rule["annotations"].keys() == {"summary", "description"}, rule["alert"]


@needs_promtool
def test_promtool_accepts_the_metrics(view):
    content = render(ended(), view, DAY)
    checked = subprocess.run(
        ["promtool", "check", "metrics"], input=content, capture_output=True, check=False
    )
    assert (checked.returncode, checked.stdout, checked.stderr) == (0, b"", b"")


@needs_promtool
def test_promtool_accepts_the_alerts_and_the_dashboard_s_expressions(tmp_path):
    shown = [target["expr"] for panel in DASHBOARD["panels"] for target in panel["targets"]]
    recorded = [{"record": f"panel:{n}", "expr": expr} for n, expr in enumerate(shown)]
    rules = tmp_path / "dashboard.yml"
    rules.write_text(yaml.safe_dump({"groups": [{"name": "dashboard", "rules": recorded}]}))
    command = ["promtool", "check", "rules", ROOT / "deploy" / "prometheus-alerts.yml", rules]
    checked = subprocess.run(command, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stderr
    assert f"{len(RULES)} rules found" in checked.stdout


ALARMS = {
    "complete": (),
    "incomplete": (),
    "blocked": ("SinanewsBlocked",),
    "drifted": ("SinanewsDrifted",),
    "stalled": ("SinanewsStalled",),
    "refused": ("SinanewsCannotRun",),
    "crashed": ("SinanewsCannotRun",),
}


@needs_promtool
def test_the_alerts_fire_when_they_should_and_not_else(tmp_path):
    """By promtool's own test of rules: series at each minute of three hours, since a run that has
    just ended, and what fires then."""
    cases = [
        _case(verdict, {"sinanews_run_end_timestamp_seconds": 10_000}, *alerts)
        for verdict, alerts in ALARMS.items()
    ]
    stale = {"sinanews_run_end_timestamp_seconds": 1}
    never = {"sinanews_last_complete_run_timestamp_seconds": None}
    cases += [
        _case("complete", stale, "SinanewsNotRunning"),
        _case("incomplete", never, "SinanewsNeverComplete"),
        _case("complete", {"sinanews_unbalanced_accounts": 1}, "SinanewsUnbalanced"),
        _case("complete", {"sinanews_channel_silent": 1}, "SinanewsChannelSilent"),
        _case("complete", {"sinanews_run_end_timestamp_seconds": None}, "SinanewsMissing"),
    ]
    assert {name for case in cases for name in case[1]} == {rule["alert"] for rule in RULES}
    tests = tmp_path / "tests.yml"
    rules = [str(ROOT / "deploy" / "prometheus-alerts.yml")]
    tests.write_text(yaml.safe_dump({"rule_files": rules, "tests": [case[0] for case in cases]}))
    checked = subprocess.run(
        ["promtool", "test", "rules", tests], capture_output=True, text=True, check=False
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr


def _case(verdict: str, others: dict, *alerts: str) -> tuple[dict, tuple[str, ...]]:
    """A test of promtool's, and the alerts that it has fire: all others do not."""
    usual = {
        "sinanews_run_end_timestamp_seconds": 10_000,
        "sinanews_last_complete_run_timestamp_seconds": 10_000,
        "sinanews_unbalanced_accounts": 0,
        "sinanews_channel_silent": 0,
    }
    series = {f'{name}{{archive="a"}}': value for name, value in {**usual, **others}.items()}
    for name in VERDICTS:
        labels = f'{{archive="a",verdict="{name}"}}'
        series[f"sinanews_run_verdict{labels}"] = int(name == verdict)
    steady = [
        {"series": name, "values": f"{value}+0x180"}
        for name, value in series.items()
        if value is not None
    ]
    # promtool compares labels and texts too; how many fire is what is asked here.
    fires = [
        {
            "expr": f'count(ALERTS{{alertstate="firing",alertname="{rule["alert"]}"}})',
            "eval_time": "3h",
            "exp_samples": [{"value": 1, "labels": "{}"}] if rule["alert"] in alerts else [],
        }
        for rule in RULES
    ]
    return {"interval": "1m", "input_series": steady, "promql_expr_test": fires}, alerts
