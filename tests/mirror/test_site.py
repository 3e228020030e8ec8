"""The stories of a site: enough of them, in the right lists, the same ones each time."""

import pytest

from sinanews.channels import DOMESTIC
from sinanews.mirror.pages import render
from sinanews.mirror.site import START, TICK, Site

LIDS = [channel.lid for channel in DOMESTIC]


@pytest.fixture(scope="module")
def site():
    return Site()


def docids(stories):
    return [story.docid for story in stories]


def test_two_sites_of_one_seed_are_equal_to_the_byte():
    first, second = Site(seed=7, articles=30), Site(seed=7, articles=30)
    assert first.stories == second.stories
    assert [render(story) for story in first.stories] == [render(s) for s in second.stories]


def test_another_seed_gives_other_stories(site):
    assert not set(docids(site.stories)) & set(docids(Site(seed=1).stories))


def test_the_domestic_lists_hold_four_hundred_stories_and_guonei_three_hundred(site):
    union = {story.docid for lid in LIDS for story in site.listed(lid)}
    assert len(union) >= 400
    assert len(site.listed(1686)) >= 300
    assert all(site.listed(lid) for lid in LIDS)


def test_some_stories_are_in_no_domestic_list_but_in_those_of_page_384(site):
    foreign = [story for story in site.stories if not set(story.lids) & set(LIDS)]
    assert 5 <= len(foreign) <= 20
    assert {lid for story in foreign for lid in story.lids} >= {2519, 2671, 2674, 2487}


def test_a_docid_has_fourteen_characters_and_belongs_to_one_story(site):
    assert all(len(docid) == 14 and docid.isalnum() for docid in docids(site.stories))
    assert len(set(docids(site.stories))) == len(site.stories)
    modern = [story for story in site.stories if story.family in {"F2017", "N2017"}]
    assert all(f"/doc-i{story.docid}.shtml" in story.url for story in modern)


def test_times_are_in_order_and_a_few_stories_come_hours_late(site):
    assert all(story.ctime <= story.mtime <= story.intime for story in site.stories)
    late = [story for story in site.stories if story.intime - story.ctime > 3600]
    assert 10 < len(late) < 60


def test_a_list_is_ordered_by_ctime_and_not_by_arrival(site):
    listed = site.listed(1686)
    assert [story.ctime for story in listed] == sorted((s.ctime for s in listed), reverse=True)
    assert [s.intime for s in listed] != sorted((s.intime for s in listed), reverse=True)


def test_eight_stories_arrive_with_the_first_answers():
    site = Site()
    before = len(site.listed(1686))
    sizes = []
    for _ in range(20):
        site.advance()
        sizes.append(len(site.listed(1686)) - before)
    assert sizes[:8] == [1, 2, 3, 4, 5, 6, 7, 8]
    assert sizes[-1] == 8
    assert site.now == START + 20 * TICK


def test_a_clock_without_tick_stands_still():
    site = Site(articles=60, tick=0)
    before = docids(site.listed(1686))
    site.advance()
    assert (site.now, docids(site.listed(1686))) == (START, before)


def test_published_stories_lead_the_list_and_late_ones_do_not():
    site = Site(articles=60, tick=0)
    fresh = site.publish(2)
    (late,) = site.publish(late=7200)
    listed = docids(site.listed(1686))
    assert set(listed[:2]) == set(docids(fresh))
    assert listed.index(late.docid) > 2


def test_an_edit_adds_a_paragraph_and_moves_the_change_to_now():
    site = Site(articles=60, tick=0)
    before = site.listed(1686)[10]
    after = site.edit(before.docid, title="改过的标题")
    assert after.paragraphs()[: len(before.paragraphs())] == before.paragraphs()
    assert len(after.paragraphs()) == len(before.paragraphs()) + 1
    assert (after.mtime, after.url, after.title) == (site.now, before.url, "改过的标题")


def test_a_removed_story_stays_in_the_list_unless_it_is_unlisted():
    site = Site(articles=60, tick=0)
    listed, unlisted = site.listed(1686)[:2]
    site.remove(listed.docid)
    site.remove(unlisted.docid, listed=False)
    assert site.at(listed.address) is site.at(unlisted.address) is None
    assert listed in site.listed(1686)
    assert unlisted not in site.listed(1686)


def test_some_titles_are_hard_to_write_as_front_matter_and_paths(site):
    titles = [story.title for story in site.stories]
    assert max(map(len, titles)) > 75
    assert len(titles) - len(set(titles)) == 1
    assert len(set(titles)) - len({title.replace(".", "") for title in titles}) == 1
    signs = ("“", '"', "：", "%", "2.5亿", "《", "[图]", "&", "{", "#", "/")
    assert all(any(sign in title for title in titles) for sign in signs)
    assert any("&quot;" in story.listed_title for story in site.stories)


def test_two_stories_with_one_title_have_different_texts(site):
    same = [story for story in site.stories if story.title == "今日粮价早报"]
    assert len({story.paragraphs() for story in same}) == 2


def trigrams(story):
    text = "".join(story.paragraphs())
    return {text[at : at + 3] for at in range(len(text) - 2)}


def test_unrelated_stories_share_little(site):
    grams = [trigrams(story) for story in site.stories[:60] if not story.reprint_of]
    pairs = [(one, other) for at, one in enumerate(grams) for other in grams[:at]]
    assert max(len(one & other) / len(one | other) for one, other in pairs) < 0.1


def test_articles_are_of_a_realistic_length(site):
    bodies = [
        [text for text in story.paragraphs() if not text.startswith("文/")]
        for story in site.stories[:60]
        if not story.reprint_of  # whose last line is its source's name
    ]
    assert {4 <= len(body) <= 14 for body in bodies} == {True}
    assert all(80 <= len(text) <= 330 for body in bodies for text in body)
