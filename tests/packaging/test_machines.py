"""deploy/compose.yaml and deploy/kubernetes.yaml, as far as they can be held without Docker and
without a cluster."""

import re
import shutil
import subprocess

import pytest
import yaml
from scrapy.settings import default_settings

from sinanews import settings
from sinanews.reporting.verdicts import Verdict
from support import ROOT

DEPLOY = ROOT / "deploy"
COMPOSE = (DEPLOY / "compose.yaml").read_text("utf-8")
KUBERNETES = (DEPLOY / "kubernetes.yaml").read_text("utf-8")
DOCKERFILE = (DEPLOY / "Dockerfile").read_text("utf-8")
SERVICES = yaml.safe_load(COMPOSE)["services"]
OBJECTS = {one["metadata"]["name"]: one for one in yaml.safe_load_all(KUBERNETES)}
HARVEST = OBJECTS["sinanews"]["spec"]
JOB = HARVEST["jobTemplate"]["spec"]
VERSION = "1.37.0"  # of Kubernetes
CHECK_COMPOSE = """
import sys
from compose_spec import PyCompose
PyCompose.from_yaml(sys.stdin.read()).validate()
"""
CHECK_KUBERNETES = f"""
import sys, yaml, kubernetes_validate
for thing in yaml.safe_load_all(sys.stdin.read()):
    kubernetes_validate.validate(thing, "{VERSION}", strict=True)
"""


def templates() -> dict[str, dict]:
    """The pods of Kubernetes' jobs, by the names of these."""
    jobs = {name: one for name, one in OBJECTS.items() if one["kind"] == "CronJob"}
    return {
        name: one["spec"]["jobTemplate"]["spec"]["template"]["spec"] for name, one in jobs.items()
    }


def complaint(validators, check: str, text: str) -> str:
    """What a validator says of a text; nothing where it is as it should be."""
    run = subprocess.run(
        [validators.python, "-c", check], input=text, capture_output=True, text=True, check=False
    )
    assert (run.returncode == 0) == (run.stderr == ""), run.stderr
    return run.stderr


def test_the_compose_file_says_what_the_compose_specification_knows(validators):
    assert complaint(validators, CHECK_COMPOSE, COMPOSE) == ""
    assert "replica" in complaint(validators, CHECK_COMPOSE, COMPOSE.replace("replicas", "replica"))


def test_the_objects_are_as_kubernetes_has_them(validators):
    assert complaint(validators, CHECK_KUBERNETES, KUBERNETES) == ""
    wrong = KUBERNETES.replace("concurrencyPolicy", "concurrency")
    assert "concurrency" in complaint(validators, CHECK_KUBERNETES, wrong)


@pytest.fixture
def compose(tmp_path):
    """Runs Docker Compose, for which no server is needed; its first version does not know what
    names the project."""
    plugin = [shutil.which("docker") or "false", "compose"]
    if subprocess.run([*plugin, "version"], capture_output=True, check=False).returncode == 0:
        program, text = plugin, COMPOSE
    elif old := shutil.which("docker-compose"):
        program, text = [old], re.sub(r"^name: .*$", "", COMPOSE, flags=re.MULTILINE)
    else:
        pytest.skip("Docker Compose is not installed: apt-get install docker-compose")
    file, secrets = tmp_path / "compose.yaml", tmp_path / "secrets.env"
    file.write_text(text, "utf-8")
    secrets.write_text("POSTGRES_PASSWORD=told\n", "utf-8")

    def run(*arguments: str) -> str:
        told = ["--project-directory", str(DEPLOY), "--file", str(file), *arguments]
        environment = {"PATH": "/usr/local/bin:/usr/bin:/bin", "ENV_FILE": str(secrets)}
        return subprocess.run(
            [*program, *told], env=environment, capture_output=True, text=True, check=True
        ).stdout

    return run


def test_docker_compose_reads_the_file_and_the_secrets_beside_it(compose):
    read = yaml.safe_load(compose("--profile", "posts", "config"))["services"]
    assert read.keys() == SERVICES.keys()
    assert {one["environment"]["POSTGRES_PASSWORD"] for one in read.values()} == {"told"}
    assert read["worker"]["build"]["context"] == str(ROOT)


def test_what_is_built_is_there():
    build = SERVICES["worker"]["build"]
    assert (DEPLOY / build["context"] / build["dockerfile"]).samefile(DEPLOY / "Dockerfile")
    images = {service["image"] for service in SERVICES.values()} - {"postgres:17"}
    pods = {pod["containers"][0]["image"] for pod in templates().values()}
    assert images == pods == {"sinanews"}


def test_no_setting_is_unknown_and_no_secret_is_told():
    variables = {**SERVICES["worker"]["environment"]}
    for pod in templates().values():
        variables |= {one["name"]: one["value"] for one in pod["containers"][0].get("env", ())}
    for name in variables:
        setting = name.removeprefix("SINANEWS_")
        assert hasattr(settings, setting) or hasattr(default_settings, setting), name
    for text in (COMPOSE, KUBERNETES):
        told = "\n".join(line for line in text.splitlines() if not line.lstrip().startswith("#"))
        assert not re.search(r"PASSWORD|LEDGER_URL|://", told)


def test_workers_wait_for_a_healthy_database_whose_files_stay():
    assert SERVICES["worker"]["depends_on"] == {"postgres": {"condition": "service_healthy"}}
    volume, _, place = SERVICES["postgres"]["volumes"][0].partition(":")
    assert volume in yaml.safe_load(COMPOSE)["volumes"]
    assert place == "/var/lib/postgresql/data"  # where the image has its data
    assert SERVICES["postgres"]["healthcheck"]["test"][1].startswith("pg_isready")


def test_each_worker_has_a_folder_of_its_own():
    assert "volumes" not in SERVICES["worker"]  # but the anonymous one of the image
    assert "VOLUME /archive" in DOCKERFILE
    (archive,) = [one for one in templates()["sinanews"]["volumes"] if one["name"] == "archive"]
    assert archive.keys() == {"name", "emptyDir"}


def test_all_workers_begin_at_once():
    assert JOB["completionMode"] == "Indexed"
    assert JOB["completions"] == JOB["parallelism"] > 1
    assert HARVEST["concurrencyPolicy"] == "Forbid"


def test_a_harvest_that_has_a_verdict_is_not_begun_again_at_once():
    failing = [rule for rule in JOB["podFailurePolicy"]["rules"] if rule["action"] == "FailJob"]
    (rule,) = [one["onExitCodes"] for one in failing]
    verdicts = {int(verdict) for verdict in Verdict} - {Verdict.COMPLETE, Verdict.LOCKED}
    assert rule["operator"] == "In"
    assert {*rule["values"]} == verdicts
    assert rule["containerName"] == templates()["sinanews"]["containers"][0]["name"]
    assert templates()["sinanews"]["restartPolicy"] == "Never"  # the policy applies to no other


def test_pods_run_as_the_image_does_and_may_do_nothing_else():
    (user,) = re.findall(r"^USER (\d+)$", DOCKERFILE, re.MULTILINE)
    for pod in templates().values():
        own = pod["securityContext"]
        assert (own["runAsUser"], own["runAsNonRoot"]) == (int(user), True)
        (container,) = pod["containers"]
        assert container["securityContext"]["readOnlyRootFilesystem"]
        assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}
        places = {one["mountPath"] for one in container["volumeMounts"]}
        assert places == {"/archive", "/tmp"}  # noqa: S108 - all that can be written to
        assert {one["name"] for one in container["volumeMounts"]} == {
            one["name"] for one in pod["volumes"]
        }


def test_who_is_told_to_end_has_the_time_that_the_unit_gives():
    unit = (DEPLOY / "sinanews.service").read_text("utf-8")
    assert "TimeoutStopSec=2min" in unit
    assert SERVICES["worker"]["stop_grace_period"] == "2m"
    assert templates()["sinanews"]["terminationGracePeriodSeconds"] == 120
