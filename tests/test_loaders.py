"""ArticleLoader as a Scrapy item loader, and pages read with a loader of the user's."""

from dataclasses import dataclass, field
from typing import ClassVar

import pytest
import scrapy
from itemloaders.processors import Join, MapCompose, TakeFirst
from scrapy.http import HtmlResponse

from sinanews.exceptions import LayoutError
from sinanews.extraction import page
from sinanews.extraction.layouts.base import meta, text
from sinanews.extraction.loaders import ArticleLoader
from sinanews.items import FIELDS, Article, Image
from sinanews.roll.api import Story
from sinanews.utils.times import at
from support import DOCID, article_page, place

URL = f"https://{place()}"
STORY = Story(DOCID, URL, "列表的标题", 1, 2, 3, summary="摘要", channels=("guonei",))
TOPIC = '<meta name="topic" content=" rates ">'


@dataclass(slots=True)
class Topical(Article):
    topic: str | None = None
    labels: list[str] = field(default_factory=list)


class TopicalLoader(ArticleLoader):
    default_item_class = Topical
    rules: ClassVar = {"topic": (meta("nothing"), meta("topic")), "labels": (text("b.label"),)}
    topic_in = MapCompose(str.strip, str.upper)
    topic_out = TakeFirst()


def response(**parts):
    return HtmlResponse(URL, body=article_page(**parts))


def read(loader, story=None, **parts):
    return page.read(response(**parts), story, loader=loader)


def test_a_loader_begins_with_an_empty_article():
    assert ArticleLoader.default_item_class is Article
    assert ArticleLoader().load_item() == Article()


def test_a_loader_takes_its_values_from_a_response_as_scrapys_do():
    loader = ArticleLoader(response=response(title=" 一  标题 "))
    loader.add_css("title", "h1::text")
    loader.add_xpath("source", "//span[contains(@class, 'source')]/text()")
    loader.add_value("docid", DOCID)
    assert loader.load_item() == Article(docid=DOCID, title="一 标题", source="某报")


def test_a_nested_loader_fills_the_same_article():
    loader = ArticleLoader(response=response())
    loader.nested_css(".date-source").add_css("published", ".date::text")
    assert loader.load_item() == Article(published=at(1790613240))


def test_an_article_that_is_loaded_again_is_as_it_was():
    filled = {
        "channels": ["guonei", "jinrong"],
        "published": at(1),
        "updated": at(2),
        "first_seen": at(3),
        "revision": 4,
        "keywords": ["标题", "利率"],
        "tickers": ["stock_sz1", "stock_sz2"],
        "images": [Image("u"), Image("v")],
    }
    article = Article(**{name: name for name in FIELDS} | filled)
    again = Article(**{name: name for name in FIELDS} | filled)
    assert ArticleLoader(item=article).load_item() is article
    assert article == again


def test_values_given_to_load_item_are_not_processed():
    loader = ArticleLoader()
    loader.add_value("title", "标题")
    images = [Image("u")]
    article = loader.load_item(title="两  格", images=images, author=None)
    assert article == Article(title="两  格", images=images)
    assert article.images is images


def test_a_field_that_the_item_does_not_have_is_refused():
    with pytest.raises(KeyError, match="topic"):
        ArticleLoader().add_value("topic", "利率")
    with pytest.raises(KeyError, match="topic"):
        ArticleLoader().load_item(topic="利率")


def test_keywords_without_a_title_are_the_first_list():
    loader = ArticleLoader()
    loader.add_value("keywords", ["宏观,利率,宏观", "别的"])
    assert loader.get_output_value("keywords") == ["宏观", "利率"]


def test_keywords_leave_out_the_title_in_whatever_order_they_come():
    loader = ArticleLoader()
    loader.add_value("keywords", ["涨,跌", "涨,跌,利率"])
    loader.add_value("title", "涨,跌")
    assert loader.load_item().keywords == ["利率"]


def test_a_processor_of_a_subclass_takes_the_place_of_the_loaders_own():
    class Loud(ArticleLoader):
        title_in = MapCompose(str.upper)
        title_out = Join("|")

    assert read(Loud, title="gdp").title == "GDP"
    assert read(ArticleLoader, title="gdp").title == "gdp"
    loader = Loud()
    loader.add_value("title", ["a", "b"])
    assert loader.load_item().title == "A|B"


def test_a_processor_may_be_a_method_of_the_loader():
    class Marked(ArticleLoader):
        mark = "!"

        def title_in(self, values):
            return [value + self.mark for value in values]

    first, second = Marked(), Marked()
    second.mark = "?"
    for loader in (first, second):
        loader.add_value("title", "标题")
    assert [loader.load_item().title for loader in (first, second)] == ["标题!", "标题?"]


def test_a_processor_may_go_on_from_the_loaders_own():
    class Shouting(ArticleLoader):
        title_in = MapCompose(ArticleLoader.title_in, str.upper)

        def summary_in(self, values):
            return super().summary_in(values)

    loader = Shouting()
    loader.add_value("title", " hello  world ")
    loader.add_value("summary", [" a  b "])
    article = loader.load_item()
    assert (article.title, article.summary) == ("HELLO WORLD", "a b")


def test_a_subclass_of_a_subclass_has_the_processors_of_both():
    class Listing(TopicalLoader):
        labels_out = Join("/")

    article = read(Listing, head=TOPIC, body="<p>文<b class=label>甲</b><b class=label>乙</b></p>")
    assert (article.topic, article.labels) == ("RATES", "甲/乙")


def test_a_processor_may_stand_in_the_fields_metadata():
    @dataclass
    class Described(Article):
        topic: str | None = field(
            default=None,
            metadata={"input_processor": MapCompose(str.strip), "output_processor": TakeFirst()},
        )

    class Loader(ArticleLoader):
        default_item_class = Described
        rules: ClassVar = TopicalLoader.rules | {"labels": ()}

    assert read(Loader, head=TOPIC).topic == "rates"


def test_the_default_processors_of_a_subclass_hold_for_fields_without_their_own():
    class Defaulted(ArticleLoader):
        default_item_class = Topical
        default_input_processor = MapCompose(str.strip)
        default_output_processor = TakeFirst()

    loader = Defaulted()
    loader.add_value("topic", [" rates ", "more"])
    assert loader.load_item().topic == "rates"


def test_loaders_do_not_share_processors():
    class One(ArticleLoader):
        default_item_class = Topical
        topic_out = Join("+")

    class Other(ArticleLoader):
        default_item_class = Topical
        topic_out = TakeFirst()

    topics = []
    for cls in (One, Other, One):
        loader = cls()
        loader.add_value("topic", ["a", "b"])
        topics.append(loader.load_item().topic)
    assert topics == ["a+b", "a", "a+b"]


def test_a_page_gives_the_item_of_the_loader():
    plain = read(ArticleLoader, STORY)
    article = read(TopicalLoader, STORY, head=TOPIC)
    assert type(plain) is Article
    assert type(article) is Topical
    assert article.topic == "RATES"
    assert {name: getattr(article, name) for name in FIELDS} == {
        name: getattr(plain, name) for name in FIELDS
    }
    assert article.title == "列表的标题"


def test_a_page_without_a_further_field_is_an_article_still():
    article = read(TopicalLoader)
    assert (article.topic, article.labels) == (None, [])


def test_a_loaders_own_rule_comes_before_the_familys_and_does_not_replace_it():
    class Headed(ArticleLoader):
        rules: ClassVar = {"title": (meta("headline"),)}

    assert read(Headed, head='<meta name="headline" content="另题">').title == "另题"
    assert read(Headed).title == "标题"


def test_processors_see_the_response_whose_page_is_read():
    def of_page(topic, loader_context):
        return f"{topic} of {loader_context['response'].url}"

    class Loader(TopicalLoader):
        topic_in = MapCompose(of_page)

    assert read(Loader, head=TOPIC).topic == f" rates  of {URL}"


@pytest.mark.parametrize("base", [dict, scrapy.Item])
def test_a_page_can_be_read_into_items_of_another_type(base):
    class Loader(ArticleLoader):
        default_item_class = (
            dict
            if base is dict
            else type("Fields", (scrapy.Item,), {name: scrapy.Field() for name in FIELDS})
        )

    item = read(Loader, STORY)
    article = read(ArticleLoader, STORY)
    assert isinstance(item, base)
    assert {name: item[name] for name in ("docid", "title", "published", "body_html")} == {
        "docid": DOCID,
        "title": "列表的标题",
        "published": article.published,
        "body_html": article.body_html,
    }


def test_a_layout_error_includes_the_loaders_own_rules():
    class Headed(ArticleLoader):
        rules: ClassVar = {"title": (meta("headline"),)}

    with pytest.raises(LayoutError) as raised:
        read(Headed, title=" ")
    assert raised.value.missing == ["title"]
    assert raised.value.tried["F2017"][0] == "title: meta headline"
    assert len(raised.value.tried["F2017"]) > 1
