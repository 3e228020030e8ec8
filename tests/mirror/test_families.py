"""The page families of other years: the form and encoding of each, and the story on its pages."""

import re
from datetime import datetime

import pytest
from scrapy.http import HtmlResponse
from selectolax.lexbor import LexborHTMLParser

from sinanews.extraction import page
from sinanews.mirror.pages import FAMILIES, render
from sinanews.mirror.roll import row
from sinanews.mirror.server import running
from sinanews.mirror.site import Site
from sinanews.mirror.story import CHINA
from sinanews.utils import urls

OLD = ("F2016", "F2014", "B2009", "T2005", "K", "CJ", "M", "M2017", "M2018", "BLOG")
FORMS = {
    "F2016": r"finance\.sina\.com\.cn/\w+(/\w+)*/2026-03-\d\d/doc-i\w{14}\.shtml",
    "F2014": r"finance\.sina\.com\.cn/\w+(/\w+)*/202603\d\d/\d{12}\.shtml",
    "B2009": r"finance\.sina\.com\.cn/\w+/202603\d\d/\d{11}\.shtml",
    "T2005": r"chanye\.finance\.sina\.com\.cn/\w+/2026-03-\d\d/\d{6}\.shtml",
    "K": r"k\.sina\.com\.cn/article_\d{10}_[0-9a-z]{16}\.html",
    "CJ": r"t\.cj\.sina\.com\.cn/articles/view/\d{10}/[0-9a-z]{19}",
    "M": r"finance\.sina\.cn/\w+(/\w+)*/2026-03-\d\d/detail-i\w{14}\.d\.html",
    "M2017": r"tech\.sina\.cn/\w+(/\w+)*/2026-03-\d\d/detail-i\w{14}\.d\.html",
    "M2018": r"finance\.sina\.cn/\w+(/\w+)*/2026-03-\d\d/detail-i\w{14}\.d\.html",
    "BLOG": r"blog\.sina\.com\.cn/s/blog_[0-9a-z]{16,20}\.html",
}


@pytest.fixture(scope="module")
def site():
    return Site(tick=0)


def stories_of(site, family):
    return [story for story in site.stories if story.family == family]


def read(story, body=None):
    """The article of a story's page, from its bytes and without the list's row."""
    return page.read(HtmlResponse(story.url, body=body or render(story)))


def other_lines(story):
    """The lines that a page may have besides the story's paragraphs."""
    original_title = f"原标题：{story.writer('original').write('original')}"
    return {original_title, story.writer("quote").write("sentence")}


@pytest.mark.parametrize("family", OLD)
def test_a_site_lists_a_few_stories_of_each(site, family):
    listed = [story for story in stories_of(site, family) if story in site.listed(2509)]
    assert 2 <= len(listed) <= 4


@pytest.mark.parametrize("family", OLD)
def test_an_address_has_the_form_of_its_host_and_era(site, family):
    for story in stories_of(site, family):
        assert re.fullmatch(FORMS[family], story.address)
        assert site.at(story.address) is story


def test_no_two_stories_have_one_docid_or_one_address(site):
    assert len({story.docid for story in site.stories}) == len(site.stories)
    assert len({story.address for story in site.stories}) == len(site.stories)
    assert len({urls.docid(story.url) for story in site.stories}) == len(site.stories)


@pytest.mark.parametrize("family", OLD)
def test_one_can_be_published_on_demand(family):
    site = Site(articles=12, tick=0)
    (story,) = site.publish(1, family=family)
    assert site.listed(1686)[0] is story
    assert read(story).layout == family


@pytest.mark.parametrize("family", OLD)
def test_a_page_has_a_realistic_size_and_no_placeholder_left(site, family):
    for story in stories_of(site, family):
        body = render(story)
        assert 15_000 <= len(body) <= 110_000
        assert not re.search("[⟦⟧]", body.decode(FAMILIES[family].encoding))


@pytest.mark.parametrize("family", ["F2014", "B2009", "T2005"])
def test_an_old_page_is_gb2312_and_says_so(site, family):
    for story in stories_of(site, family):
        body = render(story)
        assert b"charset=gb2312" in body
        assert story.source in body.decode("gb18030")
        with pytest.raises(UnicodeDecodeError):
            body.decode("utf-8")


def test_a_page_of_2009_has_crlf_line_ends(site):
    for story in stories_of(site, "B2009"):
        body = render(story)
        assert body.count(b"\n") == body.count(b"\r\n") > 100


def test_the_fields_of_every_page_are_those_of_its_story(site):
    for story in site.stories:
        article = read(story)
        assert article.layout == story.family
        assert article.title == " ".join(story.title.split()), story.url
        assert article.source == (story.source if story.family != "K" else article.source)
        assert article.published == minute(story), story.url
        assert (article.editor, article.editor_code) == (story.editor, story.code), story.url
        assert article.author == story.author, story.url
        assert sorted(article.tickers) == sorted(story.tickers), story.url
        assert article.keywords == list(story.keywords), story.url


def minute(story):
    return datetime.fromtimestamp(story.ctime // 60 * 60, CHINA)


def test_every_paragraph_is_read_and_nothing_else(site):
    for story in site.stories:
        lines = read(story).text.split("\n")
        paragraphs = list(story.paragraphs())
        assert [line for line in lines if line in paragraphs] == paragraphs, story.url
        others = [line for line in lines if line not in paragraphs and "\t" not in line]
        assert set(others) <= other_lines(story), story.url


def test_a_page_is_served_in_its_own_encoding(get, mirror):
    for family in FAMILIES:
        (story,) = mirror.site.publish(1, family=family)
        answer = get(story.address)
        assert answer.headers["Content-Type"] == "text/html"
        assert read(story, answer.body).text.split("\n")[-1] == story.paragraphs()[-1]


def test_an_edited_old_page_shows_the_new_paragraph(get, mirror):
    for family in OLD:
        (story,) = mirror.site.publish(1, family=family)
        edited = mirror.site.edit(story.docid)
        assert edited.address == story.address
        assert read(edited, get(story.address).body).text.endswith(edited.paragraphs()[-1])


@pytest.mark.parametrize("family", OLD)
def test_faults_take_body_or_title_from_old_pages_too(mirror, get, family):
    (story,) = mirror.site.publish(1, family=family)
    for kind, missing, present in (("nobody", "body", "title"), ("notitle", "title", "body")):
        mirror.faults.clear()
        mirror.faults.add(story.address, kind)
        text = get(story.address).body.decode(FAMILIES[family].encoding)
        tree = LexborHTMLParser(re.sub("(?s)<script.*?</script>", "", text))
        shown = {"body": story.paragraphs()[-1] in text, "title": heading(tree) == story.title}
        assert (shown[missing], shown[present]) == (False, True)


def heading(tree):
    node = tree.css_first("h1.main-title, #artibodyTitle, h1.art_tit_h1, th.f24, h2.titName")
    return node and node.text().strip()


@pytest.mark.parametrize("family", ["F2014", "B2009", "T2005"])
def test_an_old_page_can_claim_to_be_utf8_too(mirror, get, family):
    (story,) = mirror.site.publish(1, family=family)
    mirror.faults.add(story.address, "gbk-as-utf8")
    body = get(story.address).body
    assert b"charset=utf-8" in body
    assert story.source in body.decode("gb18030")


def test_a_story_has_a_mobile_page_with_the_same_docid(mirror, get):
    story = next(story for story in mirror.site.stories if story.family == "F2017")
    address = story.wapurl.partition("://")[2]
    article = page.read(HtmlResponse(story.wapurl, body=get(address).body))
    assert (article.layout, article.docid) == ("M", story.docid)
    assert (article.title, article.published) == (story.title, minute(story))
    assert article.text.split("\n") == list(story.paragraphs())


def test_a_mobile_page_names_the_pc_page(site):
    story = next(story for story in site.stories if story.family == "F2017")
    mobile = HtmlResponse(story.wapurl, body=render(story, "M"))
    assert page.pc_url(mobile) == story.url


def test_a_story_that_has_only_a_mobile_page_names_no_pc_page(site):
    for story in stories_of(site, "M"):
        assert page.pc_url(HtmlResponse(story.url, body=render(story))) is None


def test_one_story_is_listed_with_its_mobile_url_and_has_a_pc_page_too(ask):
    with running(Site(tick=0)) as mirror:
        story = mirror.site.redirect
        rows = [row(listed) for listed in mirror.site.listed(2509)]
        assert story.wapurl in [row["url"] for row in rows if row["docid"][6:] == story.docid]
        assert story.url not in [row["url"] for row in rows]
        for url in (story.url, story.wapurl):
            assert ask(f"{mirror.url}/{url.partition('://')[2]}").status == 200


def test_a_removed_story_has_no_mobile_page_either(mirror, get):
    story = mirror.site.stories[0]
    mirror.site.remove(story.docid)
    assert get(story.wapurl.partition("://")[2]).status == 404


def test_redirect_phone_leads_to_the_mobile_page(mirror, get, ask):
    story = next(story for story in mirror.site.stories if story.family == "F2017")
    mirror.faults.add(story.address, "redirect-phone")
    redirect = get(story.address)
    assert redirect.status == 302
    assert redirect.headers["Location"] == f"{mirror.url}/{story.wapurl.partition('://')[2]}"
    assert ask(redirect.headers["Location"]).status == 200
