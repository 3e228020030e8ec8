"""The pre-commit hooks and the workflow: each runs what there is, and no version of its own."""

import os
import re
import shlex
import tomllib

import pytest
import yaml

from support import ROOT

TARGETS = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
HOOKS = [
    hook
    for repository in yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_bytes())["repos"]
    for hook in repository["hooks"]
    if repository["repo"] == "local"
]
WORKFLOW = yaml.safe_load((ROOT / ".github" / "workflows" / "ci.yml").read_bytes())
JOB = WORKFLOW["jobs"]["test"]
STEPS = JOB["steps"]


def there(command: str) -> bool:
    """Whether a command is a target of the Makefile, or a script of ours that can be run."""
    program, *arguments = shlex.split(command)
    if program == "make":
        return bool(arguments) and set(arguments) <= TARGETS
    script = ROOT / program
    return "/" in program and script.is_file() and os.access(script, os.X_OK)


@pytest.mark.parametrize(
    ("command", "found"),
    [
        ("make lint", True),
        ("make lint format", True),
        ("make", False),
        ("make nothing", False),
        (".ci/run", True),
        ("Makefile", False),
        ("tools/nothing", False),
        ("tools/demo.py", False),  # not executable
    ],
)
def test_a_command_is_known_by_its_target_or_script(command, found):
    assert there(command) == found


def test_every_hook_is_ours_and_runs_a_target_of_the_makefile():
    configured = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_bytes())["repos"]
    assert [repository["repo"] for repository in configured] == ["local"]
    assert [hook["entry"] for hook in HOOKS] == ["make lint"]
    for hook in HOOKS:
        assert there(hook["entry"]), hook
        assert (hook["language"], hook["pass_filenames"]) == ("system", False)


@pytest.mark.parametrize(
    ("path", "linted"),
    [
        ("sinanews/page.py", True),
        ("pyproject.toml", True),
        ("requirements.lock", True),
        ("Makefile", True),
        ("README.md", False),
        ("docs/fields.md", False),
    ],
)
def test_the_hook_runs_when_its_outcome_may_change(path, linted):
    assert bool(re.search(HOOKS[0]["files"], path)) == linted


def test_the_workflow_runs_our_script_and_nothing_else():
    assert [step["run"] for step in STEPS if "run" in step] == [".ci/run"]
    assert there(".ci/run")


def test_the_workflow_runs_on_push_and_pull_request_and_may_only_read():
    assert WORKFLOW[True].keys() == {"push", "pull_request"}  # YAML reads `on` as true
    assert WORKFLOW["permissions"] == {"contents": "read"}
    assert "permissions" not in JOB


def test_the_workflow_pins_its_actions_by_major_version():
    used = [step["uses"] for step in STEPS if "uses" in step]
    assert [re.sub(r"\d+$", "N", action) for action in used] == [
        "actions/checkout@vN",
        "actions/setup-python@vN",
    ]


def test_the_workflow_tries_the_oldest_python_that_is_promised_and_a_newer_one():
    oldest, newest = JOB["strategy"]["matrix"]["python"]
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert project["requires-python"] == f">={oldest}"
    assert int(newest.split(".")[1]) > int(oldest.split(".")[1])


def test_the_workflow_keeps_what_pip_fetched_until_the_lock_changes():
    (setup,) = [step["with"] for step in STEPS if "setup-python" in step.get("uses", "")]
    assert setup["cache"] == "pip"
    assert (ROOT / setup["cache-dependency-path"]).is_file()
