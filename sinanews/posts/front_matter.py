"""Front matter as the reference corpus has it, written and read back by python-frontmatter.

The form and every departure from it stand in docs/format.md.
"""

import json
import re

import frontmatter
from frontmatter.default_handlers import YAMLHandler

from sinanews.utils.text import plain_line, well_formed

# What a YAML reader refuses, and what would be markup for a browser that opens the post.
_ESCAPED = re.compile(r"[^\x20-;=?-\x7e\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]")


class PostHandler(YAMLHandler):
    """python-frontmatter's handler for these posts: `dumps` of a loaded post gives its bytes."""

    def detect(self, text: str) -> bool:
        """Only posts of this form: the blank first line tells them from other YAML."""
        return text.startswith("\n---\ntitle: ")

    def export(self, metadata: dict[str, object], **_: object) -> str:
        """The front matter's lines, keys in the order of the metadata."""
        return "\n".join(entry(key, value) for key, value in metadata.items())

    def format(self, post: frontmatter.Post, **_: object) -> str:
        """The whole post; braces are escaped so that no template engine reads them."""
        text = f"\n---\n{self.export(post.metadata)}\n---\n\n{post.content}\n{' ' * 12}"
        return text.replace("{", "&#123;").replace("}", "&#125;")


def entry(key: str, value: object) -> str:
    if isinstance(value, bool):
        return f"{key}: {str(value).lower()}"
    if isinstance(value, list):
        form = str if key == "categories" else quoted
        return f"{key}: " + "".join(f"\n - {form(str(item))}" for item in value)
    return f"{key}: {value if key in {'author', 'date'} else quoted(str(value))}"


def quoted(text: str) -> str:
    """The text as one plain line, in the reference's quotes where YAML reads them back as they are,
    else in quotes that it does.

    >>> print(quoted('绿色"股票"'), quoted("it's"), quoted('it\\'s "x"'), quoted("it's\\n\\\\q"))
    '绿色"股票"' "it's" 'it''s "x"' 'it''s \\q'
    >>> print(quoted("<b>'"))
    "\\u003cb\\u003e'"
    """
    text = plain_line(well_formed(text))
    if _ESCAPED.search(text):
        escaped = json.dumps(text, ensure_ascii=False)  # which is YAML
        return _ESCAPED.sub(lambda match: f"\\u{ord(match[0]):04x}", escaped)
    if "'" not in text:
        return f"'{text}'"
    if '"' not in text and "\\" not in text:  # which begins an escape between these
        return f'"{text}"'
    return "'" + text.replace("'", "''") + "'"


# frontmatter.load(path) asks the handlers in turn; the YAML one would read these posts as well,
# but could not write them again.
frontmatter.handlers.insert(0, PostHandler())
