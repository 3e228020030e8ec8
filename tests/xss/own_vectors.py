"""Our own vectors: what the public collections lack, above all what wakes when HTML is read as
Markdown, by Hexo's filters, by the default theme's script, or by a browser that decodes once more.

Each is a piece of a page; `alert(1)` stands for whatever would run. Of own_vectors.json, `vectors`
are lists by kind, `combined` forms of which each takes each of the values in place of VECTOR:

| kind | what it tries |
|---|---|
| mutation | parsers that disagree on where an element, an attribute or raw text ends |
| comment | ends of comments, and text that closes up over what is taken out |
| markdown | Markdown in text and in attributes; blank lines, which end a block of HTML |
| hexo | code blocks, placeholders, tags, and filters over whole rendered pages |
| theme | what the default theme's script makes of attributes, decoded by then |
| style | imports, fonts, links and expressions |
| element | elements and attributes that run, load or send something; names that are none |
| encoding | bytes that other encodings read otherwise, and controls |
| front matter | ends of YAML's texts and of the front matter |
| scheme | URL schemes, in disguise |
"""

import json
from collections.abc import Iterator
from itertools import product
from pathlib import Path

FILE = Path(__file__).with_suffix(".json")


def own_vectors() -> Iterator[tuple[str, str]]:
    """Each vector after the name of its kind."""
    data = json.loads(FILE.read_bytes())
    for kind, vectors in data["vectors"].items():
        for vector in vectors:
            yield kind, vector
    for kind, parts in data["combined"].items():
        for form, value in product(parts["forms"], parts["values"]):
            yield kind, form.replace("VECTOR", value)
