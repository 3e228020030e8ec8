"""The lines of a body as they are shown, found from a place on or from the end back, with what of
them is links: for rules about where a line stands."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from selectolax.lexbor import LexborNode

from sinanews.utils.text import line

# Elements that begin a new line of text.
BLOCKS = frozenset((
    "address", "article", "aside", "blockquote", "body", "br", "caption", "center", "dd", "div",
    "dl", "dt", "figcaption", "figure", "footer", "h1", "h2", "h3", "h4", "h5", "h6", "header",
    "hr", "li", "main", "ol", "p", "pre", "section", "table", "tbody", "tfoot", "thead", "tr", "ul",
))  # fmt: skip # one tag a line would hide the list
SENTENCE_ENDS = ("。", "！”", "。”", "？”", "；")
PICTURES = frozenset(("img", "picture", "svg", "canvas", "audio"))  # and other things to look at


@dataclass(slots=True)
class Line:
    """What stands on one line: its text nodes, in order, and whether there is a picture among them.

    `words` are those of its text that are in no link.
    """

    nodes: list[LexborNode] = field(default_factory=list)
    links: list[LexborNode] = field(default_factory=list)
    words: list[str] = field(default_factory=list)
    has_picture: bool = False

    @property
    def text(self) -> str:
        """The text, on one line."""
        return line("".join(node.text_content or "" for node in self.nodes)) or ""

    @property
    def label(self) -> str:
        """The words that are in no link, on one line."""
        return line("".join(self.words)) or ""

    @property
    def is_links(self) -> bool:
        """Whether it has text, all of it in links, and is no sentence: those of a link that was
        left open are in it, too."""
        return bool(self.links) and not self.words and not self.text.endswith(SENTENCE_ENDS)

    def remove(self, body: LexborNode) -> None:
        """Takes the line out of the body, with the elements that hold nothing else."""
        for node in self.nodes:
            parent = node.parent
            node.decompose()
            while parent is not None and parent.mem_id != body.mem_id and _is_hollow(parent):
                hollow, parent = parent, parent.parent
                hollow.decompose()


def line_after(body: LexborNode, picture: LexborNode, longest: int) -> Line | None:
    """What stands right after a picture: the rest of its line, or else the next; None where there
    is another picture, nothing, or more characters than `longest`."""
    found, characters = Line(), 0
    for node, link, begins in _leaves(body, picture, backward=False):
        if begins and found.nodes:
            break
        characters += len(node.text_content or "")
        if node.tag in PICTURES or characters > 2 * longest:
            return None
        found.nodes.append(node)
        if link is None:
            found.words.append(node.text_content or "")
    return found if found.nodes else None


def lines(body: LexborNode) -> Iterator[Line]:
    """The lines of a body that have text or a picture."""
    return _lines(body, backward=False)


def lines_from_end(body: LexborNode) -> Iterator[Line]:
    """The same from the last line to the first."""
    return _lines(body, backward=True)


def begins_with_link(body: LexborNode) -> bool:
    """Whether a link is the first thing in a body but pictures and what is blank."""
    leaves = _leaves(body, None, backward=False)
    return next((link is not None for node, link, _ in leaves if node.tag not in PICTURES), False)


def ends_with_link(body: LexborNode) -> bool:
    """Whether a link is the last thing in a body that is not blank."""
    _, link, _ = next(_leaves(body, None, backward=True), (None, None, None))
    return link is not None


def _lines(body: LexborNode, *, backward: bool) -> Iterator[Line]:
    current = Line()
    for node, link, begins in _leaves(body, None, backward=backward):
        if begins and (current.nodes or current.has_picture):
            yield _in_order(current, backward=backward)
            current = Line()
        if node.tag in PICTURES:
            current.has_picture = True
            continue
        current.nodes.append(node)
        if link is None:
            current.words.append(node.text_content or "")
        elif not current.links or current.links[-1].mem_id != link.mem_id:
            current.links.append(link)
    if current.nodes or current.has_picture:
        yield _in_order(current, backward=backward)


def _in_order(found: Line, *, backward: bool) -> Line:
    if backward:
        for items in (found.nodes, found.links, found.words):
            items.reverse()
    return found


def _leaves(
    body: LexborNode, after: LexborNode | None, *, backward: bool
) -> Iterator[tuple[LexborNode, LexborNode | None, bool]]:
    """The pictures and the texts that are not blank, each with the link that it is in, and whether
    a line begins with it. Of a link around `after` nothing is known."""
    inward, onward = ("last_child", "prev") if backward else ("first_child", "next")
    node: LexborNode = body if after is None else after
    link: LexborNode | None = None
    goes_in = after is None
    begins = False
    while True:
        following: LexborNode | None = getattr(node, inward) if goes_in else None
        if following is None:
            while following is None:
                if node.mem_id == body.mem_id:
                    return
                begins = begins or node.tag in BLOCKS
                link = None if link is not None and link.mem_id == node.mem_id else link
                following = getattr(node, onward)
                if following is None:
                    parent = node.parent
                    assert parent is not None, "the body is around its nodes"
                    node = parent
        node = following
        tag = node.tag or ""
        begins = begins or tag in BLOCKS
        goes_in = tag not in PICTURES
        if tag == "a":
            link = node
        if tag in PICTURES or (node.is_text_node and (node.text_content or "").strip()):
            yield node, link, begins
            begins = False


def _is_hollow(node: LexborNode) -> bool:
    """Whether an element has nothing in it but blank text. Ends at the first other thing."""
    child = node.first_child
    while child is not None:
        if not child.is_text_node or (child.text_content or "").strip():
            return False
        child = child.next
    return True
