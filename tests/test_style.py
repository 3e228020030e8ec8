"""The numbers and habits of CONTRIBUTING.md that no linter holds."""

import ast
import io
import re
import statistics
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
MEDIAN, P90, LONGEST_FUNCTION, LONGEST_MODULE = 6, 20, 40, 300

WRITTEN_BY_US = ("sinanews", "tests", "tools", "docs", "deploy", "benchmarks", ".ci")
TEXT = {"", ".cfg", ".md", ".py", ".service", ".sh", ".timer", ".toml", ".yaml", ".yml"}
NOT_OURS = {"__pycache__", "fixtures", "results"}

IGNORE = re.compile(r"\bnoqa\b|\btype:\s*ignore\b|\bpragma:\s*no\b")
DIRECTIVES = re.compile(
    r"\bnoqa(:\s*[A-Z]+\d+([,\s]+[A-Z]+\d+)*)?|\btype:\s*ignore(\[[^\]]*\])?|\bpragma:\s*no \w+"
)
# Where and by whom a line was written is no reader's business.
WORKPLACE = re.compile(
    r"\b(this|that|my|our|last|previous|earlier|next|later) session\b"
    r"|\bissue (#|\d|no\.)|(?<![\w.])/(work|root)/",
    re.IGNORECASE,
)


def functions(source: str) -> dict[str, int]:
    """Lines of each function's body, docstring not counted."""
    return {
        f"{node.name} (line {node.lineno})": body_length(node)
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }


def body_length(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    body = node.body[1:] if ast.get_docstring(node) is not None else node.body
    return (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0


def unexplained(source: str) -> Iterator[str]:
    """Comments that silence a tool and do not say why."""
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        comment = token.string if token.type == tokenize.COMMENT else ""
        reason = DIRECTIVES.sub("", comment)
        if IGNORE.search(comment) and not re.search(r"[^\W\d_]{2}", reason):
            yield f"line {token.start[0]}: {comment}"


def python_files(*folders: str) -> list[Path]:
    return [path for path in texts() if path.suffix == ".py" and within(path) in folders]


def within(path: Path) -> str:
    return path.relative_to(ROOT).parts[0]


def texts() -> Iterator[Path]:
    """Every text file of the project, whoever wrote it, but not what tests are fed with."""
    yield from (path for path in sorted(ROOT.iterdir()) if path.is_file() and path.suffix in TEXT)
    for folder in WRITTEN_BY_US:
        for path in sorted((ROOT / folder).rglob("*")):
            if path.is_file() and path.suffix in TEXT and not NOT_OURS & set(path.parts):
                yield path


@pytest.fixture(scope="module")
def lengths():
    return {
        f"{path.relative_to(ROOT)}: {name}": length
        for path in python_files("sinanews")
        for name, length in functions(path.read_text("utf-8")).items()
    }


def test_functions_are_short(lengths):
    longest = sorted(lengths.items(), key=lambda item: -item[1])
    median = statistics.median(lengths.values())
    p90 = statistics.quantiles(lengths.values(), n=10, method="inclusive")[-1]
    assert (median <= MEDIAN, p90 <= P90) == (True, True), f"{median=} {p90=} {longest[:20]}"


def test_no_function_is_too_long(lengths):
    assert {name: length for name, length in lengths.items() if length > LONGEST_FUNCTION} == {}


def test_no_module_is_too_long():
    sizes = {
        str(path.relative_to(ROOT)): len(path.read_text("utf-8").splitlines())
        for path in python_files("sinanews")
    }
    assert {name: size for name, size in sizes.items() if size > LONGEST_MODULE} == {}


def test_whatever_silences_a_tool_says_why():
    silent = {
        str(path.relative_to(ROOT)): found
        for path in python_files("sinanews", "tests", "tools", "benchmarks")
        if (found := list(unexplained(path.read_text("utf-8"))))
    }
    assert silent == {}


def test_no_line_speaks_of_the_workplace():
    found = [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()}"
        for path in texts()
        if path != Path(__file__)  # which says what is not to be said
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1)
        if WORKPLACE.search(line)
    ]
    assert not found, "\n".join(found)


def test_a_docstring_and_decorators_do_not_lengthen_a_function():
    source = (
        '@cache\ndef f(\n    x,\n):\n    """One.\n\n    Two.\n    """\n    y = x\n\n    return y'
    )
    assert functions(source) == {"f (line 2)": 3}
    assert functions('async def g():\n    """Nothing."""\n') == {"g (line 1)": 0}


def test_methods_and_inner_functions_count_each():
    source = "class A:\n    def f(self):\n        def g():\n            pass\n        return g\n"
    assert list(functions(source).values()) == [3, 1]


@pytest.mark.parametrize(
    "comment",
    [
        "noqa",
        "noqa: S101",
        "noqa: S101, ANN401 -",
        "type: ignore[misc, arg-type]",
        "type: ignore[misc]  # noqa: S101 -",
    ],
)
def test_a_bare_ignore_is_found(comment):
    assert list(unexplained(f"x = 1  # {comment}\n")) == [f"line 1: # {comment}"]


@pytest.mark.parametrize(
    "comment",
    [
        "noqa: S101 - narrows the type",
        "type: ignore[misc] # the star is taken for tzinfo",
        "an ordinary remark",
    ],
)
def test_an_ignore_that_says_why_is_fine(comment):
    assert list(unexplained(f"x = 1  # {comment}\n")) == []


@pytest.mark.parametrize(
    "line", ["see issue #12", "fixed in an earlier session", "cd /work/main", "/root/x"]
)
def test_a_line_of_the_workplace_is_found(line):
    assert WORKPLACE.search(line)


@pytest.mark.parametrize(
    "line",
    [
        "async with aiohttp.ClientSession() as session:",
        "with Session(engine) as session:",
        "the trading session closed",
        "every issue of the paper",
        "https://example.com/work/1",
    ],
)
def test_an_ordinary_line_is_left_alone(line):
    assert not WORKPLACE.search(line)
