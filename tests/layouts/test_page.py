"""What of a page a selector finds."""

import pytest

from sinanews.extraction.layouts.base import Page

PAGE = """<div class="top"><a class="keywords">甲</a></div>
<div id="bottom">
  <p class="keywords"><a href="/a">乙</a><i><a class="b">丙</a></i></p>
  <a class="keywords"><b>丁</b></a>
</div>
<div id="twice"><a>戊</a></div><div id="twice"><a>己</a></div>
<ul class="list"><li class="list"><a title="庚 辛">庚</a></li></ul>"""
SELECTORS = (
    "a",
    "#bottom a",
    "#bottom > .keywords a",
    "#bottom > p.keywords a.b",
    "#bottom > p > a",
    "a.keywords a",
    "a.keywords b, #twice a",
    "#twice a",
    "ul.list .list",
    '.list a[title="庚 辛"]',
    "#bottom p:not(.b) a",
    "#none a",
    "#bottom >\n a",
    "#a\\ b a",
)


@pytest.mark.parametrize("selector", SELECTORS)
def test_a_selector_finds_on_a_page_what_it_finds_in_its_tree(selector):
    page = Page(PAGE)
    found = [node.html for node in page.all(selector)]
    assert found == [node.html for node in page.tree.css(selector)]
