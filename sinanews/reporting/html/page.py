"""Puts a page together: one file that asks for nothing, and in which nothing from outside acts.

All text goes through the template, which escapes it; numbers for charts are data in the page; and
the page's own policy lets no script run but ours, and nothing be fetched.
"""

import base64
import json
from functools import lru_cache
from hashlib import sha256
from pathlib import Path

import vl_convert
from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from markupsafe import Markup

from sinanews.reporting.html.charts import FONTS
from sinanews.reporting.html.facts import Facts
from sinanews.reporting.html.sections import advice, cards, cut, period_of, sections
from sinanews.reporting.html.words import Words, moment
from sinanews.utils.text import plain_text, well_formed

_HERE = Path(__file__).parent
# What ends a script or begins a comment in it, and two characters at which some readers of
# JavaScript end a line (ECMA-404 has them in texts as they are).
_IN_SCRIPT = {ord(character): f"\\u{ord(character):04x}" for character in "<>&\u2028\u2029"}


def page(facts: Facts, language: str) -> str:
    """The page of an archive, in one of `words.LANGUAGES`."""
    words = Words(language)
    has_articles = bool(facts.statistics.articles)
    parts = sections(facts, words) if has_articles else []
    script = bundle() if any(part.chart for part in parts) else ""
    return _template().render(
        words=words,
        facts=facts,
        made=moment(facts.now),
        period=period_of(facts, words),
        is_whole=facts.period.since is None and facts.period.until is None,
        cards=cards(facts, words),
        advice=advice(facts, words),
        sections=parts,
        policy=policy(script),
        style=Markup((_HERE / "page.css").read_text("utf-8")),  # noqa: S704 - ours, and no text in it
        fonts=Markup(FONTS),  # noqa: S704 - the same
        script=Markup(script),  # noqa: S704 - the same
    )


@lru_cache(maxsize=1)
def bundle() -> str:
    """The page's script with all that it needs to draw, 0.9 MB, made in three seconds.

    `</script` within it would end its element; a backslash before the slash is nothing in a
    JavaScript text. https://html.spec.whatwg.org/multipage/scripting.html#restrictions-for-contents-of-script-elements
    """
    made = vl_convert.javascript_bundle((_HERE / "page.js").read_text("utf-8"))
    # A browser reads line breaks of any kind as line feeds, and compares the hash of what it reads.
    plain = made.replace("\r\n", "\n").replace("\r", "\n")
    return plain.replace("</script", "<\\/script").replace("<!--", "\\x3c!--")


def policy(script: str) -> str:
    """The Content Security Policy of a page with this script."""
    digest = base64.b64encode(sha256(script.encode()).digest()).decode()
    scripts = f"script-src 'sha256-{digest}'; " if script else ""
    # Vega-Embed puts styles of its own into the page.
    styles = "style-src 'unsafe-inline'; img-src data:"
    return f"default-src 'none'; {scripts}{styles}; base-uri 'none'; form-action 'none'"


def in_script(value: object) -> Markup:
    """A value as JSON that can stand in a script element.

    >>> print(in_script({"title": "</script><!--"}))
    {"title":"\\u003c/script\\u003e\\u003c!--"}
    """
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return Markup(well_formed(text).translate(_IN_SCRIPT))  # noqa: S704 - nothing in it is markup


def web_address(url: str | None) -> str | None:
    """The address if it is one of the web, so that no link acts; None for all else.

    >>> web_address("https://finance.sina.com.cn/a"), web_address("javascript:alert(1)")
    ('https://finance.sina.com.cn/a', None)
    """
    return url if url and url.startswith(("https://", "http://")) else None


@lru_cache(maxsize=1)
def _template() -> Template:
    environment = Environment(
        loader=FileSystemLoader(_HERE),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        finalize=_plain,
    )
    environment.filters |= {"in_script": in_script, "web": web_address, "cut": cut}
    environment.globals |= {"moment": moment}
    return environment.get_template("page.html.jinja")


def _plain(value: object) -> object:
    """What comes from outside, without what turns the direction of writing and other control
    characters."""
    if isinstance(value, str) and not isinstance(value, Markup):
        return well_formed(plain_text(value))
    return value
