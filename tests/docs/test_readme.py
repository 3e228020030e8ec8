"""README.md: its examples match the output, and everything it names exists."""

import json
import pkgutil
import re
import runpy
from datetime import datetime
from functools import cache
from pathlib import Path

import pytest
from scrapy import commands as scrapy_commands
from scrapy.settings import default_settings

from sinanews import channels
from sinanews.arguments import NAMES
from sinanews.config import EXTRA_KEYS
from sinanews.reporting.verdicts import Verdict
from support import ROOT

DOCS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("deploy/*.md")])
README = (ROOT / "README.md").read_text("utf-8")
OURS = {path.stem for path in (ROOT / "sinanews" / "commands").glob("[a-z]*.py")}
CUT = "…"

every_document = pytest.mark.parametrize("document", DOCS, ids=lambda path: path.name)


def rows(head: str) -> list[list[str]]:
    """The cells of the table with this heading, without backticks."""
    table = README.partition(f"| {head} |")[2].partition("\n\n")[0]
    return [line.replace("`", "").strip("| ").split(" | ") for line in table.splitlines()[2:]]


def block(beginning: str) -> str:
    """The code block with this beginning."""
    blocks = re.findall(r"```\w*\n(.*?)\n```", README, re.DOTALL)
    return next(text for text in blocks if text.startswith(beginning))


def test_the_demo_ends_as_shown(demo):
    assert demo.code == 0
    stdout = re.sub(r"[\d.]+ s$", "1.8 s", demo.stdout, flags=re.MULTILINE)
    assert block("china: complete") in stdout.replace(str(demo.output), "output/demo")


def test_the_example_post_is_written_by_the_demo(demo):
    path = re.search(r"`output/demo/(_posts/\S+/[^`{]+\.md)`", README)[1]
    post = (demo.output / path).read_text("utf-8")
    end = 0
    for excerpt in block("\n---").split(f"{CUT}\n"):
        part = excerpt.rstrip(CUT)
        assert part in post[end:], part
        end = post.index(part, end) + len(part)


def test_the_example_line_is_written_by_the_demo(demo):
    example = json.loads(block('{"docid"'))
    (line,) = [line for line in demo.lines() if line["docid"] == example["docid"]]
    assert tuple(example) == tuple(line)
    for field, value in example.items():
        if str(value).endswith(CUT):
            assert line[field].startswith(value.rstrip(CUT)), field
        elif field == "seen":  # when the example was made
            assert datetime.fromisoformat(value) < datetime.fromisoformat(line[field])
        else:
            assert line[field] == value, field


def test_the_table_of_channels_matches_the_code():
    domestic = {channel.name for channel in channels.DOMESTIC}
    assert rows("name") == [
        [
            channel.name,
            channel.title,
            str(channel.pageid),
            str(channel.lid),
            "yes" if channel.name in domestic else "by name only",
        ]
        for channel in channels.BY_NAME.values()
    ]


@cache
def settings() -> dict[str, object]:
    """The project's settings, without those from the environment."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setattr("os.environ", {})
        module = runpy.run_path(str(ROOT / "sinanews" / "settings.py"))
    return {name: value for name, value in module.items() if name.isupper() and name[0] != "_"}


def test_the_table_of_settings_has_all_our_settings_and_their_defaults():
    documented = {name: default for name, default, _ in rows("setting")}
    for name, default in documented.items():
        assert default == (str(settings()[name]) if settings()[name] not in ("", []) else "none")
    assert {name for name in settings() if not hasattr(default_settings, name)} <= documented.keys()


def test_the_extra_keys_of_posts_match_the_code():
    (description,) = (text for name, _, text in rows("setting") if name == "POST_EXTRA_KEYS")
    assert description.endswith(": " + ", ".join(EXTRA_KEYS))


def test_the_table_of_verdicts_matches_the_code():
    documented = [(int(code), name.upper()) for code, name, _ in rows("code")]
    assert documented == [(verdict.value, verdict.name) for verdict in Verdict]


def test_the_tables_have_all_our_commands_and_arguments():
    commands = re.findall(r"^\| `scrapy (\w+)(.*?) \|", README, re.MULTILINE)
    names = {word for name, rest in commands for word in (name, *re.findall(r", `(\w+)`", rest))}
    assert names == OURS
    arguments = re.findall(r"`-a (\w+)=", README.partition("`scrapy crawl china`")[2])
    assert tuple(arguments[: len(NAMES)]) == NAMES


@every_document
def test_every_named_command_exists(document):
    existing = OURS | {module.name for module in pkgutil.iter_modules(scrapy_commands.__path__)}
    text = document.read_text("utf-8")
    code = "\n".join([*re.findall(r"```.*?```", text, re.DOTALL), *re.findall(r"`[^`\n]+`", text)])
    named = set(re.findall(r"(?:bin/|`)scrapy ([a-z]+)", code))
    assert named <= existing
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    assert set(re.findall(r"\bmake ([a-z]+)", code)) <= targets


@every_document
def test_every_link_within_the_project_leads_somewhere(document):
    for link in re.findall(r"\]\(([^)\s]+)\)", document.read_text("utf-8")):
        if "://" not in link:
            assert_leads_somewhere(document, link)


def assert_leads_somewhere(document: Path, link: str) -> None:
    path, _, heading = link.partition("#")
    target = document.parent / path if path else document
    assert target.exists(), link
    if heading:
        titles = re.findall(r"^#+ (.+)$", target.read_text("utf-8"), re.MULTILINE)
        assert heading in map(anchor, titles), link


def anchor(title: str) -> str:
    """A heading's anchor as GitHub makes it."""
    return re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-")
