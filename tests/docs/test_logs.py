"""Every message of ours is in docs/logs.md, found by what does not differ from one to the next."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "sinanews"
DOCUMENT = (ROOT / "docs" / "logs.md").read_text("utf-8")
LOGGING = {"debug", "info", "warning", "error", "exception", "log"}
ERRORS = {"RollError", "RowError", "LedgerError", "UsageError", "CloseSpider"}
LEAST = 6  # characters that tell one message from another


def messages() -> Iterator[tuple[str, ast.expr]]:
    """Where a message is made, and its expression: logged, printed, or raised to be shown."""
    for path in sorted(PACKAGE.rglob("*.py")):
        if "mirror" not in path.parts:
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                if isinstance(node, ast.Call) and node.args and tells(node):
                    yield f"{path.relative_to(PACKAGE)}:{node.lineno}", node


def tells(call: ast.Call) -> bool:
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    logs = name in LOGGING and "logger" in ast.unparse(call.func)
    return logs or name in ERRORS | {"print", "because"}


def constant_parts(call: ast.Call) -> list[str]:
    """The parts of a call's text that stand in every message that it makes."""
    texts = (node.value for node in ast.walk(call) if isinstance(node, ast.Constant))
    parts = (re.split(r"%[sd.\d]*|…", text) for text in texts if isinstance(text, str))
    return [part.strip(" :;,.(") for found in parts for part in found]


FOUND = [(where, part) for where, call in messages() for part in constant_parts(call)]
TOLD = [(where, part) for where, part in FOUND if len(part) >= LEAST and " " in part]


def test_messages_are_found():
    assert len(TOLD) > 30


@pytest.mark.parametrize(("where", "part"), TOLD, ids=[where for where, _ in TOLD])
def test_a_message_is_in_the_document(where, part):
    assert part in re.sub(r"\\`", "`", DOCUMENT), where
