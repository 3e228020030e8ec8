"""README.md, in English and in Chinese: its examples match the output, its tables the code, and
everything that a document names exists."""

import json
import pkgutil
import re
import runpy
from dataclasses import dataclass
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
OURS = {path.stem for path in (ROOT / "sinanews" / "commands").glob("[a-z]*.py")}
CUT = "…"


@dataclass(frozen=True)
class Readme:
    """README in one language: its text, and the headings and words of its tables."""

    file: str
    command: str
    channel: str
    setting: str
    verdict: str
    in_all: str
    by_name: str

    @property
    def text(self) -> str:
        return (ROOT / self.file).read_text("utf-8")

    def rows(self, head: str) -> list[list[str]]:
        """The cells of the table with this heading, without backticks."""
        table = self.text.partition(f"\n| {head} |")[2].partition("\n\n")[0]
        return [line.replace("`", "").strip("| ").split(" | ") for line in table.splitlines()[2:]]

    def block(self, beginning: str) -> str:
        """The code block with this beginning."""
        blocks = re.findall(r"```\w*\n(.*?)\n```", self.text, re.DOTALL)
        return next(text for text in blocks if text.startswith(beginning))


READMES = (
    Readme("README.md", "command", "name", "setting", "code", "yes", "by name only"),
    Readme("README.zh-CN.md", "命令", "名称", "设置", "退出码", "是", "须指名"),
)
every_document = pytest.mark.parametrize("document", DOCS, ids=lambda path: path.name)
in_each_language = pytest.mark.parametrize("readme", READMES, ids=lambda readme: readme.file)


@in_each_language
def test_the_demo_ends_as_shown(demo, readme):
    assert demo.code == 0
    stdout = re.sub(r"[\d.]+ s$", "1.8 s", demo.stdout, flags=re.MULTILINE)
    assert readme.block("china: complete") in stdout.replace(str(demo.output), "output/demo")


@in_each_language
def test_the_example_post_is_written_by_the_demo(demo, readme):
    path = re.search(r"`output/demo/(_posts/\S+/[^`{]+\.md)`", readme.text)[1]
    post = (demo.output / path).read_text("utf-8")
    end = 0
    for excerpt in readme.block("\n---").split(f"{CUT}\n"):
        part = excerpt.rstrip(CUT)
        assert part in post[end:], part
        end = post.index(part, end) + len(part)


@in_each_language
def test_the_example_line_is_written_by_the_demo(demo, readme):
    example = json.loads(readme.block('{"docid"'))
    (line,) = [line for line in demo.lines() if line["docid"] == example["docid"]]
    assert tuple(example) == tuple(line)
    for field, value in example.items():
        if str(value).endswith(CUT):
            assert line[field].startswith(value.rstrip(CUT)), field
        elif field == "seen":  # when the example was made
            assert datetime.fromisoformat(value) < datetime.fromisoformat(line[field])
        else:
            assert line[field] == value, field


@in_each_language
def test_the_table_of_channels_matches_the_code(readme):
    domestic = {channel.name for channel in channels.DOMESTIC}
    assert readme.rows(readme.channel) == [
        [
            channel.name,
            channel.title,
            str(channel.pageid),
            str(channel.lid),
            readme.in_all if channel.name in domestic else readme.by_name,
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


@in_each_language
def test_the_table_of_settings_has_all_our_settings_and_their_defaults(readme):
    documented = {name: default for name, default, _ in readme.rows(readme.setting)}
    for name, default in documented.items():
        assert default == (str(settings()[name]) if settings()[name] not in ("", []) else "none")
    assert {name for name in settings() if not hasattr(default_settings, name)} <= documented.keys()


@in_each_language
def test_the_extra_keys_of_posts_match_the_code(readme):
    (description,) = (
        text for name, _, text in readme.rows(readme.setting) if name == "POST_EXTRA_KEYS"
    )
    assert re.split(": |：", description)[-1] == ", ".join(EXTRA_KEYS)


@in_each_language
def test_the_table_of_verdicts_matches_the_code(readme):
    documented = [(int(code), name.upper()) for code, name, _ in readme.rows(readme.verdict)]
    assert documented == [(verdict.value, verdict.name) for verdict in Verdict]


@in_each_language
def test_the_tables_have_all_our_commands_and_arguments(readme):
    commands = re.findall(r"^\| `scrapy (\w+)(.*?) \|", readme.text, re.MULTILINE)
    names = {
        word for name, rest in commands for word in (name, *re.findall(r"(?:, |、)`(\w+)`", rest))
    }
    assert names == OURS
    arguments = re.findall(r"`-a (\w+)=", readme.text.partition("`scrapy crawl china`")[2])
    assert tuple(arguments[: len(NAMES)]) == NAMES


def test_both_languages_have_the_same_commands_figures_and_code():
    english, chinese = (readme.text for readme in READMES)
    for thing in (r"```.*?```", r"(?<=`)--[a-z-]+(?=`)", r"\d[\d.,]* %", r"\]\(([^)]+)\)"):
        there = [set(re.findall(thing, text, re.DOTALL)) for text in (english, chinese)]
        there = [{_without_comments(found) for found in names} for names in there]
        assert there[0] - {"README.zh-CN.md"} == there[1] - {"README.md"}, thing
    for readme in READMES:
        assert readme.rows(readme.setting)
    settings_of = [[row[:2] for row in readme.rows(readme.setting)] for readme in READMES]
    assert settings_of[0] == settings_of[1]
    commands_of = [[row[0] for row in readme.rows(readme.command)] for readme in READMES]
    assert commands_of[0] == [row.replace("、", ", ") for row in commands_of[1]]


def _without_comments(code: str) -> str:
    """A block of code without comments, which are in the document's language."""
    return re.sub(r"(?m) +# .*$", "", code)


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
