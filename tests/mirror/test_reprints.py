"""Stories that reprint another outlet's story: nearly the same text under another docid."""

from difflib import SequenceMatcher

import pytest
from scrapy.http import HtmlResponse

from sinanews.extraction import page
from sinanews.mirror.pages import render
from sinanews.mirror.site import Site


@pytest.fixture(scope="module")
def site():
    return Site(tick=0)


@pytest.fixture(scope="module")
def pairs(site):
    """Each reprint, behind the story that it reprints."""
    reprints = [story for story in site.stories if story.reprint_of]
    return [(site.story(story.reprint_of), story) for story in reprints]


def test_a_site_has_six_reprints(pairs):
    assert len(pairs) == 6


def test_a_reprint_is_later_and_from_another_outlet(pairs):
    for first, reprint in pairs:
        assert reprint.docid != first.docid
        assert reprint.source != first.source
        assert reprint.ctime > first.ctime
        assert first.title in reprint.title


def test_a_reprint_names_the_first_outlet(pairs):
    for first, reprint in pairs:
        assert reprint.paragraphs()[-1] == f"来源：{first.source}"
        assert reprint.author == first.author
        assert reprint.tickers == first.tickers


def test_one_to_five_of_a_hundred_characters_are_new(pairs):
    for first, reprint in pairs:
        text, copied = "".join(first.paragraphs()), "".join(reprint.paragraphs()[:-1])
        blocks = SequenceMatcher(None, text, copied, autojunk=False).get_matching_blocks()
        same = sum(block.size for block in blocks)
        assert 0.95 <= same / len(text) <= 0.99


def test_a_reprint_has_the_same_paragraphs_and_a_source_line(pairs):
    for first, reprint in pairs:
        assert len(reprint.paragraphs()) == len(first.paragraphs()) + 1


def test_both_are_in_a_domestic_list(site, pairs):
    listed = site.listed(1686)
    assert all(reprint in listed for _, reprint in pairs)


def test_an_edit_of_the_first_does_not_change_the_reprint():
    site = Site(tick=0)
    reprint = next(story for story in site.stories if story.reprint_of)
    before = reprint.paragraphs()
    site.edit(reprint.reprint_of)
    assert site.story(reprint.docid).paragraphs() == before


def test_a_page_shows_the_reprint(pairs):
    for first, reprint in pairs:
        article = page.read(HtmlResponse(reprint.url, body=render(reprint)))
        assert article.source == reprint.source
        assert f"来源：{first.source}" in article.text.split("\n")
