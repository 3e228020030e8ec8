"""The page templates and the lexicon, as package data.

In a template, `⟦name⟧` is a placeholder for a value, and a line `⟦include FILE⟧` stands for the
content of another template. Those that begin with an underscore are only included.
"""

import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

# Brackets that occur in no script, style or prose, so that templates may hold braces and dollars.
_PLACEHOLDER = re.compile(r"⟦(\w+)⟧")
_INCLUDE = re.compile(r"⟦include (\w+\.html)⟧\n")


@cache
def text(name: str) -> str:
    """The content of a file of this package."""
    return files(__name__).joinpath(name).read_text(encoding="utf-8")


def fill(name: str, values: Mapping[str, str]) -> str:
    """A template with its placeholders filled. Raises KeyError for one without a value."""
    return _PLACEHOLDER.sub(lambda match: values[match[1]], _template(name))


@cache
def _template(name: str) -> str:
    return _INCLUDE.sub(lambda match: _template(match[1]), text(name))
