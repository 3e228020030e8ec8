"""docs/logs.md: it lists every message of the code, and no others."""

import ast
import re
from collections.abc import Iterator

import pytest

from sinanews.download.blocking import BLOCKED
from sinanews.mirror.start import LAST_PORT
from support import ROOT

PACKAGE = ROOT / "sinanews"
DOC = (ROOT / "docs" / "logs.md").read_text("utf-8")
OURS = DOC.partition("\n## Scrapy's own")[0]
ANY = "…"  # stands for the variable part of a message

LOGGING = {"debug", "info", "warning", "error", "exception", "log"}
# Calls that raise, record or print a message, which is among their arguments.
TELLING = {
    *(
        "ArgumentError",
        "LedgerError",
        "PartError",
        "RefusedError",
        "RobotsTxtError",
        "RobotsTxtUnavailableError",
        "RollError",
        "RowError",
        "UnadoptableError",
        "UsageError",
    ),
    *(
        "PictureError",
        "CloseSpider",
        "DecompressionError",
        "Rejection",
        "fail",
        "_note",
        "refuse",
        "reject",
        "_print",
        "close",
        "print",
        "say",
        "write",
    ),
}
# Variables that hold messages.
NAMES = {"accepted", "failure", "reason", "said", "text", "CAPTCHA_PAGE", "LOGIN_PAGE"} | {
    *("_REASONS", "_BROKE", "_NO_CONNECTION", "_NO_HTTP", "_UNSAFE", "_OTHER_NAME", "_DISTRUST"),
    *("LATE", "ENDING", "ASKS_NOBODY", "NO_THUMBNAIL"),
    *("NO_WEB", "FOREIGN", "HAS_USER", "HAS_PORT", "UNREADABLE", "LINKED_FOLDER"),
}
# Functions whose strings are all messages.
SPEAKING = {
    "commands/export.py": {"_write"},
    "commands/ledger.py": {"_tell"},
    "ledger/copying.py": {"_note_differences", "_check_about", "_require_no_new_run", "_fit"},
    "ledger/counts.py": {"complaints"},
    "download/blocking.py": {"block_reason", "list_refusal"},
    "reporting/health.py": {"_incomplete", "_failing", "silent_lists", "unbalanced"},
    "exceptions.py": {"__init__"},
    "archive/picture_bytes.py": {"too_many_pixels", "too_many_frames"},
    "picture_pipeline.py": {"_too_large", "_too_small"},
    "archive/repair.py": {"cannot_write"},
    "reporting/report.py": {"lines", "_pictures", "_by_kind", "_walked", "_gap", "trouble"},
    "reporting/pace.py": {"progress"},
    "reporting/silence.py": {"stalled"},
    "roll/walk.py": {"_why_unfit", "_why_old"},
    "reporting/terminal.py": {
        *(
            "overview",
            "remarks",
            "_chart",
            "_balance",
            "_failures",
            "_waiting",
            "_last_complete",
            "_runs",
            "_run",
        ),
        *("failed", "_failed", "_heading", "relatives", "_relative"),
    },
}
# Constants that the document gives by value.
CONSTANTS = {"BLOCKED": BLOCKED, "LAST_PORT": str(LAST_PORT)}
SILENT = {"get", "rpartition", "strftime"}  # calls whose arguments are not messages


def form(node: ast.AST) -> str:
    """A string as the document writes it."""
    if isinstance(node, ast.JoinedStr):
        return re.sub(f"{ANY}+", ANY, "".join(map(form, node.values)))
    if isinstance(node, ast.FormattedValue):
        return CONSTANTS.get(ast.unparse(node.value), ANY)
    if not isinstance(node, ast.Constant):
        return ANY
    return re.sub(r"%[-\d.]*[sdrf]|\{\w+(?::\w)?\}", ANY, str(node.value))


def strings(node: ast.AST) -> Iterator[str]:
    """All strings in a piece of code, without subscripts and arguments of SILENT calls."""
    if isinstance(node, ast.JoinedStr) or (
        isinstance(node, ast.Constant) and isinstance(node.value, str)
    ):
        yield form(node)
    elif not (isinstance(node, ast.Subscript) or called(node) in SILENT):
        for child in ast.iter_child_nodes(node):
            yield from strings(child)


def called(node: ast.AST) -> str:
    """The last name of the called function."""
    return ast.unparse(node.func).rpartition(".")[2] if isinstance(node, ast.Call) else ""


def last_name(node: ast.AST) -> str:
    """The variable or attribute that is set."""
    return ast.unparse(node).rpartition(".")[2]


def messages_of(node: ast.AST, speaking: set[str]) -> Iterator[str]:
    """The messages that a single node makes."""
    name = called(node)
    if isinstance(node, ast.Call):
        logs = name in LOGGING and "logger" in ast.unparse(node.func)
        if logs or name in TELLING:
            arguments = (
                node.args[: 2 if name == "log" else 1] if logs else [*node.args, *node.keywords]
            )
            for argument in arguments:
                yield from strings(argument)
    elif isinstance(node, ast.Assign) and {*map(last_name, node.targets)} & NAMES:
        yield from strings(node.value)
    elif isinstance(node, ast.FunctionDef) and node.name in speaking:
        for statement in node.body[bool(ast.get_docstring(node)) :]:
            yield from strings(statement)


def messages() -> Iterator[tuple[str, str]]:
    """The place and the text of each message."""
    for path in sorted(PACKAGE.rglob("*.py")):
        place = str(path.relative_to(PACKAGE))
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            for text in messages_of(node, SPEAKING.get(place, set())):
                yield f"{place}:{node.lineno}", text.strip(f"{ANY} :;,.\n")


def has_words(text: str) -> bool:
    """Whether the text is prose, rather than a name, format or separator."""
    return " " in text and len(re.findall(r"[^\W\d]", text)) >= 4


FOUND = [(where, text) for where, text in messages() if has_words(text)]
SPANS = [a or b for a, b in re.findall(r"``\s?(.+?)\s?``|`([^`\n]+)`", OURS)]
# The first column of each table has messages only.
SHOWN = {
    a or b
    for row in re.findall(r"^\| ([^|]+) \|", OURS, re.MULTILINE)
    for a, b in re.findall(r"``\s?(.+?)\s?``|`([^`\n]+)`", row)
}


def test_messages_are_found_in_every_module_that_has_some():
    """Without this, the other tests would pass if no messages were found."""
    places = {where.partition(":")[0] for where, _ in FOUND}
    assert places >= {
        *SPEAKING,
        "extensions/run_report.py",
        "ledger/ledger.py",
        "roll/api.py",
        "spiders/walks.py",
    }
    assert len(FOUND) > 80
    for place, names in SPEAKING.items():
        nodes = ast.walk(ast.parse((PACKAGE / place).read_text("utf-8")))
        assert names <= {node.name for node in nodes if isinstance(node, ast.FunctionDef)}, place


@pytest.mark.parametrize(("where", "text"), FOUND, ids=[where for where, _ in FOUND])
def test_every_message_of_the_code_is_documented(where, text):
    assert any(text in span for span in SPANS), f"{where}: {text}"


@pytest.mark.parametrize("message", sorted(SHOWN))
def test_every_documented_message_is_in_the_code(message):
    code_messages = "\n".join(text for _, text in FOUND)
    for part in message.split(ANY):
        words = part.removeprefix(BLOCKED).strip(" :;,.(")
        assert not has_words(words) or words in code_messages, words
