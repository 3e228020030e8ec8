"""Imports point one way: from what Scrapy calls, through what knows articles, to plain values.

LAYERS is the law, for packages and modules of sinanews alike: each imports from the layers below
its own, or from its own package; two of one layer are strangers. Within a package, modules import
each other without a circle. A new package gets its name written into the layer that fits.
"""

import ast
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "sinanews"
LAYERS = (
    ("commands",),
    ("addon",),
    ("extensions",),
    ("middlewares", "picture_pipeline", "pipelines", "scheduler"),
    ("spiders",),
    ("reporting",),
    ("exports",),
    ("archive",),
    ("ledger", "posts"),
    ("extraction",),
    ("roll",),
    ("download",),
    ("arguments", "config"),
    ("utils",),
    ("channels",),
    ("exceptions", "items", "logformatter"),
    ("__init__",),
)
# Outside the layers: what each may import, and which files may import it.
APART = {"mirror": ("channels", "exceptions"), "settings": ()}
GUESTS = {"mirror": ("commands/mirror.py",), "settings": ("spiders/base.py",)}

DEPTH = {name: depth for depth, layer in enumerate(LAYERS) for name in layer}


def complaints(package: Path) -> list[str]:
    """What is wrong with the imports of a package, one sentence each."""
    return [
        sentence
        for path in sorted(package.rglob("*.py"))
        for sentence in complaints_about(path.relative_to(package), path.read_text("utf-8"))
    ]


def complaints_about(file: Path, source: str) -> Iterator[str]:
    own = room(file)
    if own not in DEPTH and own not in APART:
        yield f"{file}: add {own!r} to the layer where it belongs, LAYERS in tests/test_imports.py"
        return
    for line, module in imports(file, source):
        imported = module.partition(".")[0]
        if imported != own and not allowed(file, imported):
            yield f"{file}:{line}: {own} may not import {imported}: {rule(own, imported)}"


def room(file: Path) -> str:
    """What the table calls a file: the first part of its path in the package."""
    return file.parts[0].removesuffix(".py")


def imports(file: Path, source: str) -> Iterator[tuple[int, str]]:
    """Line and module, without the root's name, of each import of ours in a file."""
    for node in ast.walk(ast.parse(source)):
        for name in dotted_names(node, file):
            root, _, inside = name.partition(".")
            if root == PACKAGE.name:
                yield node.lineno, module_of(inside) or "__init__"


def module_of(dotted: str) -> str:
    """The module that a dotted name is, or is in."""
    while dotted and not is_module(PACKAGE, dotted):
        dotted = dotted.rpartition(".")[0]
    return dotted


def is_module(package: Path, dotted: str) -> bool:
    path = package.joinpath(*dotted.split("."))
    return path.with_suffix(".py").is_file() or (path / "__init__.py").is_file()


def dotted_names(node: ast.AST, file: Path) -> list[str]:
    """All that an import statement names, from the root; nothing for other statements."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        here = (PACKAGE.name, *file.parts)
        above = here[: len(here) - node.level] if node.level else ()
        base = ".".join((*above, *filter(None, [node.module])))
        return [f"{base}.{alias.name}" for alias in node.names]
    return []


def allowed(file: Path, imported: str) -> bool:
    own = room(file)
    if own in APART:
        return imported in APART[own]
    if imported in APART:
        return str(file) in GUESTS[imported]
    return DEPTH.get(imported, -1) > DEPTH[own]


def rule(own: str, imported: str) -> str:
    if own in APART:
        return f"it may import {' and '.join(APART[own]) or 'nothing of ours'}"
    if imported in APART:
        return f"only {' and '.join(GUESTS[imported]) or 'nobody'} may"
    return "a layer imports from the layers below it"


def graph(package: Path) -> dict[str, set[str]]:
    """Which modules each module imports."""
    return {
        ".".join(path.relative_to(package).with_suffix("").parts).removesuffix(".__init__"): {
            module for _, module in imports(path.relative_to(package), path.read_text("utf-8"))
        }
        for path in package.rglob("*.py")
    }


def test_imports_of_sinanews_point_one_way():
    assert complaints(PACKAGE) == []


def test_no_module_of_sinanews_imports_itself_through_others():
    modules = graph(PACKAGE)
    assert len(modules) > 100
    tuple(TopologicalSorter(modules).static_order())


def test_a_circle_would_be_found():
    with pytest.raises(CycleError):
        tuple(TopologicalSorter({"a": {"b"}, "b": {"c"}, "c": {"a"}}).static_order())


def test_every_layer_is_there():
    rooms = {room(path.relative_to(PACKAGE)) for path in PACKAGE.rglob("*.py")}
    assert rooms == {*DEPTH, *APART}


@pytest.mark.parametrize(
    ("file", "source", "complaint"),
    [
        ("roll/api.py", "from sinanews.ledger import tables", "roll may not import ledger"),
        ("roll/api.py", "import sinanews.spiders.base", "roll may not import spiders"),
        ("ledger/runs.py", "from ..posts.paths import post_path", "ledger may not import posts"),
        ("posts/paths.py", "from sinanews.mirror.site import Site", "only commands/mirror.py may"),
        ("mirror/site.py", "from sinanews.roll.api import read", "may import channels and"),
        ("items.py", "def f():\n    from sinanews.config import Config", "items.py:2: items may"),
        ("new.py", "", "add 'new' to the layer where it belongs"),
    ],
)
def test_an_import_that_points_another_way_is_named(file, source, complaint):
    (sentence,) = complaints_about(Path(file), source)
    assert complaint in sentence


@pytest.mark.parametrize(
    ("file", "source"),
    [
        ("spiders/china.py", "from sinanews.roll.walk import Walk"),
        ("spiders/china.py", "from . import base"),
        ("commands/mirror.py", "from sinanews.mirror.start import start"),
        ("ledger/ledger.py", "from scrapy import Spider"),
    ],
)
def test_an_import_that_points_down_is_allowed(file, source):
    assert list(complaints_about(Path(file), source)) == []


def test_each_room_uses_only_the_foreign_packages_that_are_its_business():
    glue = {"commands", "extensions", "logformatter", "scheduler", "spiders"}
    glue |= {"picture_pipeline", "pipelines"}
    reads = {"addon", "arguments", "config", "download", "exceptions", "exports", "extraction"}
    walls = {
        "sqlalchemy": {"archive", "ledger"} | glue,
        "scrapy": {"middlewares", "settings"} | glue | reads,
    }
    for path in sorted(PACKAGE.rglob("*.py")):
        file = path.relative_to(PACKAGE)
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            for name in dotted_names(node, file):
                root = name.partition(".")[0]
                assert room(file) in walls.get(root, (room(file),)), f"{file}: {name}"
                sql = root == "sqlalchemy" and room(file) != "ledger"
                assert not sql or name.startswith("sqlalchemy.exc"), f"{file}: {name}"


def test_only_public_names_of_dependencies_are_used():
    root = PACKAGE.parent
    for folder in ("sinanews", "benchmarks", "tools"):
        for path in sorted((root / folder).rglob("*.py")):
            source = path.read_text("utf-8")
            assert "SLF001" not in source, f"{path} uses a private attribute of something"
            for node in ast.walk(ast.parse(source)):
                for name in dotted_names(node, path.relative_to(root / folder)):
                    private = [p for p in name.split(".") if p[0] == "_" and p[:2] != "__"]
                    assert not private, f"{path} imports {name}"
