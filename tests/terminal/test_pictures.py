"""The pictures of terminals, and the terminal of which they are."""

import importlib
import re

import pytest
from lxml import etree

from support import ROOT
from tools.recording import Terminal, record


@pytest.fixture
def draw(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "tools"))
    return importlib.import_module("terminal_screens").draw


def test_a_picture_has_chinese_in_two_columns_and_asks_the_network_for_nothing(draw, tmp_path):
    shown = Terminal(40)
    shown.feed("\x1b[32mdone\x1b[0m 央行<b>&\r\nnext")
    draw(shown, 40, "a title", tmp_path / "shown.svg")
    svg = (tmp_path / "shown.svg").read_text("utf-8")
    texts = [
        (text.text.replace("\xa0", " "), text.get("x"), text.get("textLength"))
        for text in etree.fromstring(svg.encode()).iter("{http://www.w3.org/2000/svg}text")
        if text.get("textLength")
    ]
    assert ("done", "0", "48.8") in texts
    assert ("央行", "61", "48.8") in texts
    assert ("<b>&", "109.8", "48.8") in texts
    assert ("next", "0", "48.8") in texts
    assert not re.search(r"url\((?!#)|href", svg)


def test_a_terminal_shows_what_a_bar_left():
    shown = Terminal(8)
    shown.feed("a bar\r\nbelow\r\x1b[2K\x1b[1A\x1b[2Ka line\r\n央行今日开\r\n")
    assert shown.lines == ["a line", "央行今日", "开", ""]


@pytest.mark.parametrize("text", ["\x1b[2J", "\x1b]0;x\x07", "\x07", "\x1b[5;5H", "\x9b2J"])
def test_a_terminal_refuses_what_no_bar_needs(text):
    with pytest.raises(ValueError, match=r"would obey|no control sequence"):
        Terminal(80).feed(text)


def test_a_recorded_command_has_the_terminal_that_was_asked_for():
    text = "".join(record(["sh", "-c", "stty size; echo $TERM 央; test -t 2"], 60))
    assert text == "40 60\r\nxterm-256color 央\r\n"
