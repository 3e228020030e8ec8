"""Imports point one way: from what Scrapy calls, through what knows articles, to plain values.

LAYERS is the law. A module imports from the layers below its own, or from its own package; two
modules of one layer are strangers. A new module gets its name written into the layer that fits.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "sinanews"
LAYERS = (
    ("commands", "spiders", "pipelines", "extensions", "middlewares"),  # the glue
    ("exporters",),
    ("archive", "publish", "tables"),
    ("ledger",),
    ("audit", "listing", "runs"),
    ("rows",),
    ("page", "post", "revisions", "schema", "walk"),
    ("arguments", "body", "loaders", "options", "report", "reprints"),
    ("layouts",),
    ("blocks", "html5", "processors", "roll", "stops", "unpacking"),
    ("urls", "times"),
    ("channels", "files", "frontier", "owners", "text"),
    ("exceptions",),
    ("items", "__init__"),
)
# Outside the layers: what each may import, and which files may import it.
APART = {"mirror": ("channels", "exceptions"), "settings": ()}
GUESTS = {"mirror": ("commands/mirror.py", "commands/demo.py"), "settings": ()}

DEPTH = {module: depth for depth, layer in enumerate(LAYERS) for module in layer}


def complaints(package: Path) -> list[str]:
    """What is wrong with the imports of a package, one sentence each."""
    return [
        sentence
        for path in sorted(package.rglob("*.py"))
        for sentence in complaints_about(path.relative_to(package), path.read_text("utf-8"))
    ]


def complaints_about(file: Path, source: str) -> Iterator[str]:
    own = module(file)
    if own not in DEPTH and own not in APART:
        yield f"{file}: add {own!r} to the layer where it belongs, LAYERS in tests/test_imports.py"
        return
    for line, imported in imports(file, source):
        if imported != own and not allowed(file, imported):
            yield f"{file}:{line}: {own} may not import {imported}: {rule(own, imported)}"


def module(file: Path) -> str:
    """What the table calls a file: the first part of its path in the package."""
    return file.parts[0].removesuffix(".py")


def imports(file: Path, source: str) -> Iterator[tuple[int, str]]:
    """Line and module of each import of ours, wherever in the file it stands."""
    for node in ast.walk(ast.parse(source)):
        for name in dotted_names(node, file):
            root, _, inside = f"{name}.".partition(".")
            if root == PACKAGE.name:
                yield node.lineno, inside.partition(".")[0] or "__init__"


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
    own = module(file)
    if own in APART:
        return imported in APART[own]
    if imported in APART:
        return file.as_posix() in GUESTS[imported]
    # What is no module of ours is a name in the package's own __init__.
    return DEPTH.get(imported, DEPTH["__init__"]) > DEPTH[own]


def rule(own: str, imported: str) -> str:
    if own in APART:
        return f"it may import {' and '.join(APART[own]) or 'nothing of ours'}"
    if imported in APART:
        return f"only {' and '.join(GUESTS[imported]) or 'Scrapy'} may"
    return "imports go down the layers, or stay within one package"


def test_imports_of_sinanews_point_one_way():
    found = complaints(PACKAGE)
    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    ("file", "source"),
    [
        ("spiders/china.py", "from sinanews import page, roll"),
        ("spiders/china.py", "from sinanews.spiders.base import Base"),
        ("spiders/china.py", "from . import base"),
        ("urls.py", "from sinanews.channels import Channel\nimport re"),
        ("commands/mirror.py", "from sinanews.mirror.server import serve"),
        ("mirror/server.py", "from sinanews.channels import DOMESTIC\nfrom .pages import page"),
        ("commands/status.py", "from sinanews import __doc__"),
        ("settings.py", "from pathlib import Path"),
    ],
)
def test_an_import_downwards_or_at_home_is_fine(file, source):
    assert list(complaints_about(Path(file), source)) == []


@pytest.mark.parametrize(
    ("file", "source", "imported"),
    [
        ("urls.py", "from sinanews.roll.api import Story", "roll"),  # upwards
        ("urls.py", "from sinanews import times", "times"),  # sideways
        ("urls.py", "import sinanews.utils.times as clock", "times"),
        ("urls.py", "from . import times", "times"),  # relative
        ("layouts/base.py", "from ..page import read", "page"),
        ("layouts/base.py", "from .. import page", "page"),
        (
            "urls.py",
            "def f():\n    from sinanews.extraction.page import read",
            "page",
        ),  # hidden in a function
        ("pipelines.py", "from sinanews.extensions import Report", "extensions"),  # glue to glue
        ("commands/harvest.py", "from sinanews.spiders.china import China", "spiders"),
        ("commands/status.py", "from sinanews.mirror import server", "mirror"),
        ("middlewares.py", "from sinanews.mirror import server", "mirror"),
        ("mirror/server.py", "from sinanews.utils.urls import canonical", "urls"),
        ("settings.py", "from sinanews.items import Article", "items"),
        ("page.py", "from sinanews import settings", "settings"),
        ("__init__.py", "from sinanews.items import Article", "items"),
    ],
)
def test_an_import_against_the_layers_is_named(file, source, imported):
    (sentence,) = complaints_about(Path(file), source)
    assert sentence.startswith(f"{file}:{1 + source.count(chr(10))}: ")
    assert f" may not import {imported}: " in sentence


def test_a_module_that_the_table_lacks_is_told_where_to_go():
    assert list(complaints_about(Path("novel.py"), "import re")) == [
        "novel.py: add 'novel' to the layer where it belongs, LAYERS in tests/test_imports.py"
    ]


def test_every_file_of_a_package_is_read(tmp_path):
    (tmp_path / "commands").mkdir()
    (tmp_path / "commands" / "status.py").write_text("from sinanews import pipelines", "utf-8")
    (tmp_path / "items.py").write_text("from sinanews import page", "utf-8")
    (tmp_path / "roll.py").write_text("from sinanews import urls", "utf-8")
    assert [sentence.split(":")[0] for sentence in complaints(tmp_path)] == [
        "commands/status.py",
        "items.py",
    ]
