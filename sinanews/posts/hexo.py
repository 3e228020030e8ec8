"""Keeps Hexo from bringing to life what is inert in HTML.

A post is HTML, but Hexo reads it as Markdown: an HTML block ends at a blank line. Its filters look
for patterns in any text, and the scripts of its default theme take attributes for HTML. What they
would look for is written so that they do not find it and a browser shows the same. As read in
hexo 8.1.2, hexo-renderer-marked 7.0.1, marked 15.0.12 and hexo-theme-landscape 1.1.0.
"""

import html
import re

from sinanews.extraction.sanitize import ATTRIBUTE, TAG
from sinanews.utils.text import unescape

# What may stand before a Markdown block's own mark: quotes, bullets, numbers of lists.
_CONTAINERS = r"(?:[ \t]++|>|[-*+](?=[ \t>])|\d{1,9}[.)](?=[ \t>]))*+"
# Markdown of which marked makes an address or an attribute: links and their definitions, bare URLs
# with a quotation mark, text in elements where it is not escaped, headings. Each pattern begins
# with a character that is rare and has no case: so a body is searched fast.
_ACTIVE_MARKDOWN = (
    re.compile(r"\][(:]"),
    re.compile(r"://(?:[^\s<>\":]++|:(?!//))*+\"(?!/?>|\s)"),
    re.compile(r"\.(?<=www\.)(?:(?!www\.)[^\s<>\"])*+\"(?!/?>|\s)", re.IGNORECASE),
    re.compile(r"=(?<=[^ ]rel=)[\"']", re.IGNORECASE),  # in an address; see _LINK
    re.compile(r"<(?:code|kbd|pre)\b", re.IGNORECASE),
    re.compile(rf"\n{_CONTAINERS}(?:\#{{1,6}}[ \t\n]|(?:-++|=++)[ \t]*+\n)"),
)
_BLANK_LINE = re.compile(r"(?<=\n)([ \t]*)\n")
# A fence of code: hexo/dist/plugins/filter/before_post_render/backtick_code_block.js
_FENCE = re.compile(r"`{3,}|~{3,}")
_PLACEHOLDER = "\ufffc"  # what hexo/dist/hexo/post.js marks the places of code and comments with
# Where Hexo cuts an excerpt: hexo/dist/plugins/filter/after_post_render/excerpt.js
_EXCERPT_MARK = re.compile(r"(<!--+\s*+)m(?=ore\s*+--+>)", re.IGNORECASE)
# hexo/dist/plugins/filter/after_render/external_link.js replaces the first `href=` of a link, and
# the first `rel=`, in whatever attribute they are.
_LINK = re.compile(r"<a[ \t\n\f\r/][^<>]*+>", re.IGNORECASE)
_IN_LINKS = re.compile(r"(href|rel)=", re.IGNORECASE)
# The theme's script.js makes HTML of an image's alt, and its viewer of elements with these names.
_IMAGE = re.compile(r"<img[ \t\n\f\r/][^<>]*+>", re.IGNORECASE)
_LOOK_ALIKES = str.maketrans(
    {"<": "＜", ">": "＞", '"': "”", "&": "＆", "\n": " ", "\r": " ", "\t": " "}
)
_THEME_NAMES = {"fancybox": "fancy-box", "article-share-link": "article-share--link"}


def inert_in_hexo(content: str) -> str:
    """A post's content (HTML) of which Hexo makes nothing that acts, if it does not act by itself.

    >>> inert_in_hexo("<div>\\n\\n[a](javascript:x)</div>")
    '<div>\\n&#10;[a](javascript:x)</div>'
    >>> inert_in_hexo("```js\\n<!-- more -->")
    '&#96;&#96;&#96;js\\n<!-- &#109;ore -->'
    >>> inert_in_hexo('<a title="href=x" href="https://sina.cn">')
    '<a title="href&#61;x" href="https://sina.cn">'
    """
    if "`" in content or "~" in content:
        content = _FENCE.sub(lambda match: _references(match[0]), content)
    content = content.replace(_PLACEHOLDER, _references(_PLACEHOLDER))
    content = _EXCERPT_MARK.sub(lambda match: match[1] + _references("m"), content)
    content = _LINK.sub(_link, content)
    content = _IMAGE.sub(lambda match: ATTRIBUTE.sub(_image_attribute, match[0]), content)
    shown = unescape(content)
    if any(name in shown for name in _THEME_NAMES):
        content = TAG.sub(lambda match: ATTRIBUTE.sub(_theme_attribute, match[0]), content)
    if any(pattern.search(content) for pattern in _ACTIVE_MARKDOWN):
        content = _BLANK_LINE.sub(rf"\1{_references(chr(10))}", content)
    return content


def _references(characters: str) -> str:
    """Character references, which a browser reads as the characters."""
    return "".join(f"&#{ord(character)};" for character in characters)


def _link(match: re.Match[str]) -> str:
    tag: str = match[0]
    names = _IN_LINKS.findall(tag.lower())
    if len(names) > 1 or ("'" in tag and "rel" in names):
        return ATTRIBUTE.sub(_link_attribute, tag)
    return tag


def _link_attribute(match: re.Match[str]) -> str:
    """Without what the filter would take for an attribute, or for the end of one."""
    if not _value(match):
        return match[0]
    name, _, value = match[0].partition("=")
    value = _IN_LINKS.sub(rf"\1{_references('=')}", value)
    quote = value[:1] if value[:1] in {"'", '"'} else ""
    inside = value.removeprefix(quote).removesuffix(quote).replace("'", _references("'"))
    return f"{name}={quote}{inside}{quote}"


def _image_attribute(match: re.Match[str]) -> str:
    if not match[1] or match[1].lower() != "alt":
        return match[0]
    text = unescape(unescape(_value(match)))
    return f' {match[1]}="{text.translate(_LOOK_ALIKES)}"' if set(text) & set('<>"') else match[0]


def _theme_attribute(match: re.Match[str]) -> str:
    """Without names of the theme's, in the attribute's name or, decoded, in its value."""
    text = unescape(_value(match))
    if not any(name in text or name in match[0] for name in _THEME_NAMES):
        return match[0]
    written = html.escape(text).replace("\n", _references("\n"))
    attribute = f' {match[1]}="{written}"'
    for name, other in _THEME_NAMES.items():
        attribute = attribute.replace(name, other)
    return attribute


def _value(match: re.Match[str]) -> str:
    return match[2] or match[3] or match[4] or ""
