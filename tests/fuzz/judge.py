"""What in an article's body could act in a browser: two opinions that know nothing of how bodies
are written. One walks the tree of HTML that is read again, with scripts on and off; the other is
nh3's, whose parser is html5ever."""

import re
from collections.abc import Iterator

import nh3
from selectolax.lexbor import LexborHTMLParser, LexborNode

# Elements that run, load, navigate, are filled in, or change how the rest is read.
ACTIVE = frozenset((
    "script", "base", "meta", "link", "object", "embed", "template", "frame", "frameset", "form",
    "input", "button", "textarea", "select", "animate", "animatetransform", "animatemotion", "set",
))  # fmt: skip # one tag a line would hide the list
PLAYERS = frozenset(("iframe", "video", "audio", "source", "track"))  # which load what they name
ADDRESSES = frozenset((
    "href", "xlink:href", "src", "action", "formaction", "poster", "background", "cite",
    "longdesc", "srcset", "lowsrc", "dynsrc", "imagesrcset",
))  # fmt: skip # one a line would hide the list
PICTURES = frozenset(("src", "poster", "background", "srcset"))
# What acts by its name, on the elements where it does.
FORBIDDEN = {"srcdoc": "iframe", "ping": "a", "formaction": "button", "shadowrootmode": "template"}

_IGNORED_IN_URLS = re.compile(r"[\x00-\x20]")  # by browsers, at their beginning or anywhere
_SCRIPTED = re.compile(r"(?:feed:|view-source:)*(?:javascript|vbscript|livescript|mocha|data):")
# A picture runs nothing, not even one in svg, unless it is opened for itself.
_PICTURE = re.compile(r"data:image/")
_STYLE = re.compile(r"expression\(|-moz-binding|behavior:|@import", re.IGNORECASE)


def alive(html: str) -> list[str]:
    """What could act in a body, each in a few words; none in one that is inert."""
    found = [*_in_tree(html, scripting=True), *_in_tree(html, scripting=False), *_by_nh3(html)]
    return list(dict.fromkeys(found))


def _in_tree(html: str, *, scripting: bool) -> Iterator[str]:
    root = LexborHTMLParser(f"<div>{html}</div>", scripting=scripting).root
    nodes = [root] if root else []
    while nodes:
        node = nodes.pop()
        if node.is_element_node:
            yield from _in_element(node)
        child = node.first_child
        while child is not None:
            nodes.append(child)
            child = child.next


def _in_element(node: LexborNode) -> Iterator[str]:
    tag = (node.tag or "").lower()
    if tag in ACTIVE:
        yield f"<{tag}>"
    if tag == "style" and _STYLE.search(node.text()):
        yield f"<style>{node.text()}"
    for name, value in node.attributes.items():
        if fault := _in_attribute(tag, name.lower(), value or ""):
            yield f"<{tag} {fault}"


def _in_attribute(tag: str, name: str, value: str) -> str | None:
    address = _IGNORED_IN_URLS.sub("", value).lower()
    is_picture = name in PICTURES and _PICTURE.match(address)
    acts = (
        name.startswith("on")
        or FORBIDDEN.get(name) == tag
        or (name in ADDRESSES and _SCRIPTED.match(address) and not is_picture)
        or (name == "style" and _STYLE.search(value))
        or (name == "src" and tag in PLAYERS and address not in {"", "about:blank"})
    )
    return f"{name}={value[:60]!r}" if acts else None


def _by_nh3(html: str) -> list[str]:
    found: list[str] = []

    def note(tag: str, name: str, value: str) -> str:
        if fault := _in_attribute(tag, name, value):
            found.append(f"nh3: <{tag} {fault}")
        return value

    cleaned = nh3.clean(
        html,
        tags=nh3.ALLOWED_TAGS | ACTIVE,
        clean_content_tags=set(),
        attributes={"*": {*ADDRESSES, *FORBIDDEN, "style"}},
        generic_attribute_prefixes={"on"},
        attribute_filter=note,
        url_schemes={"javascript", "vbscript", "data", "http", "https"},
        link_rel=None,
    )
    # In what nh3 has written a `<` begins a tag and nothing else.
    tags = set(re.findall(r"<([a-z-]+)", cleaned))
    return [*found, *(f"nh3: <{tag}>" for tag in sorted(tags & ACTIVE))]
