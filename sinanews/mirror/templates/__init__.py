"""The page templates and the lexicon, as package data; a template's holes are `⟦name⟧`."""

import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

# Brackets that occur in no script, style or prose, so that templates may hold braces and dollars.
_HOLE = re.compile(r"⟦(\w+)⟧")


@cache
def text(name: str) -> str:
    """A file of this package."""
    return files(__name__).joinpath(name).read_text(encoding="utf-8")


def fill(name: str, values: Mapping[str, str]) -> str:
    """A template with its holes filled. Raises KeyError for a hole without a value."""
    return _HOLE.sub(lambda hole: values[hole[1]], text(name))
