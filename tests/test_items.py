"""Articles as users have them: an Article, a subclass, or any item that itemadapter knows."""

import json
from dataclasses import dataclass, field, fields
from datetime import date, datetime, timedelta, timezone

import attrs
import orjson
import pytest
import scrapy
from itemadapter import ItemAdapter

from sinanews.items import (
    FIELDS,
    Article,
    Image,
    Pictures,
    Rejection,
    State,
    article_line,
    get_field,
    is_article,
    missing_fields,
    set_field,
    to_article,
)

CHINA = timezone(timedelta(hours=8))
SHOWN = datetime(2022, 8, 8, 10, 55, 13, tzinfo=CHINA)
URL = "https://finance.sina.com.cn/china/doc-iabc.shtml"
ARTICLE = Article(
    docid="nabc",
    url=URL,
    channels=["guonei"],
    title="标题",
    published=SHOWN,
    keywords=["宏观", "利率"],
    images=[Image("https://n.sinaimg.cn/a.png", "图"), Image("https://n.sinaimg.cn/b.png")],
    body_html="<p>正文。</p>",
    text="正文。",
    layout="F2017",
)
LINE = (
    '{"docid":"nabc","url":"https://finance.sina.com.cn/china/doc-iabc.shtml",'
    '"channels":["guonei"],"title":"标题","summary":null,"author":null,"source":null,'
    '"editor":null,"editor_code":null,"published":"2022-08-08T10:55:13+08:00","updated":null,'
    '"first_seen":null,"seen":null,"revision":1,"keywords":["宏观","利率"],"tickers":[],'
    '"images":[{"url":"https://n.sinaimg.cn/a.png","caption":"图"},'
    '{"url":"https://n.sinaimg.cn/b.png","caption":""}],"headimg":null,'
    '"body_html":"<p>正文。</p>","text":"正文。","duplicate_of":null,"layout":"F2017"}'
).encode()


@dataclass(slots=True)
class Topical(Article):
    topic: str | None = None
    day: date | None = None


@dataclass
class Loose(Article):
    """Without slots, and with a field of Article's in another form."""

    published: datetime | None = field(
        default=None, metadata={"serializer": lambda moment: moment and moment.year}
    )
    topic: str | None = field(default=None, metadata={"serializer": str.upper})


class ScrapyItem(scrapy.Item):
    topic = scrapy.Field(serializer=str.upper)
    published = scrapy.Field()
    body_html = scrapy.Field()
    images = scrapy.Field()
    url = scrapy.Field()
    docid = scrapy.Field()
    title = scrapy.Field()


@attrs.define
class AttrsItem:
    topic: str
    docid: str
    url: str
    body_html: str
    published: datetime | str | None = None
    images: list[Image] | None = None
    title: str | None = None
    keywords: list[str] | None = None


@dataclass
class DataItem:
    topic: str
    docid: str
    url: str
    body_html: str
    published: datetime | str | None = None
    images: list[Image] | None = None
    title: str | None = None
    keywords: list[str] | None = None


every_type = pytest.mark.parametrize(
    "cls", [dict, ScrapyItem, AttrsItem, DataItem], ids=lambda cls: cls.__name__
)


def made(cls, **more):
    return cls(topic="rates", docid="nabc", url=URL, body_html="<p>正文。</p>", **more)


@every_type
def test_any_item_with_docid_url_and_body_is_an_article(cls):
    assert is_article(made(cls)) is True


@pytest.mark.parametrize("item", [ARTICLE, Topical(), Loose()])
def test_an_article_of_any_class_is_one_even_empty(item):
    assert is_article(item) is True


def test_a_scrapy_item_whose_body_is_declared_and_not_set_is_an_article_that_lacks_it():
    item = ScrapyItem(docid="nabc", url=URL, title="标题", published=SHOWN)
    assert is_article(item)
    assert missing_fields(item) == ["body_html"]


@dataclass
class RejectionWithBody(Rejection):
    body_html: str = ""


@pytest.mark.parametrize(
    "item",
    [
        Rejection("nabc", URL, State.FAILED, "HTTP 500"),
        RejectionWithBody("nabc", URL, State.FAILED, "HTTP 500"),
        {"docid": "nabc", "url": URL},
        {"url": URL, "body_html": ""},
        {"docid": "nabc", "body_html": ""},
        Image(URL),
        Article,
        DataItem,
        "docid url body_html",
        ["docid", "url", "body_html"],
        None,
    ],
    ids=repr,
)
def test_other_objects_are_no_articles(item):
    assert is_article(item) is False


@pytest.mark.parametrize("item", [ARTICLE, Topical(), Loose()])
def test_an_article_becomes_itself(item):
    assert to_article(item) is item


@every_type
def test_an_item_becomes_an_article_of_the_fields_it_shares(cls):
    item = made(cls, title="标题", published=SHOWN, images=[Image("https://n.sinaimg.cn/a.png")])
    article = to_article(item)
    assert type(article) is Article
    assert article == Article(
        docid="nabc",
        url=URL,
        title="标题",
        published=SHOWN,
        images=[Image("https://n.sinaimg.cn/a.png")],
        body_html="<p>正文。</p>",
    )


def test_times_and_images_are_read_from_their_json_form():
    image = {"url": "https://n.sinaimg.cn/a.png", "path": "full/a.png", "caption": None}
    article = to_article(made(dict, published="2022-08-08T10:55:13+08:00", images=[image]))
    assert article.published == SHOWN
    assert article.images == [Image("https://n.sinaimg.cn/a.png", path="full/a.png")]


@pytest.mark.parametrize("cls", [AttrsItem, DataItem])
def test_a_field_that_is_none_has_an_articles_default(cls):
    article = to_article(made(cls))
    assert (article.title, article.keywords, article.images) == ("", [], [])


def test_an_invalid_time_is_refused():
    with pytest.raises(ValueError, match="yesterday"):
        to_article(made(dict, published="yesterday"))


@pytest.mark.parametrize("function", [to_article, article_line, missing_fields])
def test_a_string_is_refused_as_an_item(function):
    with pytest.raises(TypeError, match="str"):
        function("docid url body_html")


def test_the_line_of_an_article_is_these_bytes():
    assert orjson.dumps(article_line(ARTICLE)) == LINE
    assert orjson.dumps(ARTICLE.to_json()) == LINE


def test_the_line_of_a_subclass_has_its_own_fields_last():
    values = {column.name: getattr(ARTICLE, column.name) for column in fields(Article)}
    line = article_line(Topical(**values, topic="利率", day=date(2022, 8, 8)))
    assert line["day"] == "2022-08-08"
    assert orjson.dumps(line) == LINE[:-1] + ',"topic":"利率","day":"2022-08-08"}'.encode()


def test_serializers_in_field_metadata_of_a_subclass_are_used():
    line = article_line(Loose(docid="nabc", url=URL, published=SHOWN, topic="rates"))
    assert tuple(line) == (*FIELDS, "topic")
    assert line["published"] == 2022
    assert line["topic"] == "RATES"


@every_type
def test_the_line_of_an_item_has_its_fields_with_those_of_article_first(cls):
    line = article_line(made(cls, published=SHOWN, images=[Image("https://n.sinaimg.cn/a.png")]))
    empty = {} if cls in {dict, ScrapyItem} else {"title": None, "keywords": None}
    assert line == empty | {
        "docid": "nabc",
        "url": URL,
        "published": "2022-08-08T10:55:13+08:00",
        "images": [{"url": "https://n.sinaimg.cn/a.png", "caption": ""}],
        "body_html": "<p>正文。</p>",
        "topic": "RATES" if cls is ScrapyItem else "rates",
    }
    assert list(line) == [*(name for name in FIELDS if name in line), "topic"]


def test_values_of_further_fields_are_written_as_json_has_them():
    item = made(dict, at=SHOWN, seen={SHOWN}, of={"image": Image("u"), "times": (SHOWN, None)})
    line = article_line(item)
    assert line["at"] == "2022-08-08T10:55:13+08:00"
    assert line["seen"] == ["2022-08-08T10:55:13+08:00"]
    assert line["of"] == {
        "image": {"url": "u", "caption": ""},
        "times": ["2022-08-08T10:55:13+08:00", None],
    }
    json.dumps(line)


def test_a_picture_that_is_kept_has_its_path_in_the_line_and_is_read_back():
    article = Article(images=[Image("u", "图", path="images/0a/0a.png"), Image("v")])
    line = article.to_json()
    assert line["images"] == [
        {"url": "u", "caption": "图", "path": "images/0a/0a.png"},
        {"url": "v", "caption": ""},
    ]
    assert Article.from_json(line) == article


def test_images_of_another_class_keep_their_fields():
    @dataclass
    class Sized(Image):
        width: int = 0

    article = Article(images=[Sized("u", "图", 550), {"url": "v", "path": "full/v.png"}])
    assert article_line(article)["images"] == [
        {"url": "u", "caption": "图", "width": 550},
        {"url": "v", "path": "full/v.png"},
    ]


def test_an_article_is_left_as_it_was():
    article = to_article(made(dict, published=SHOWN, images=[Image("u")]))
    article_line(article)
    assert article.published is SHOWN
    assert article.images == [Image("u")]


def test_itemadapter_finds_the_serializers_that_the_line_is_written_with():
    adapter = ItemAdapter(ARTICLE)
    line = article_line(ARTICLE)
    serialized = {
        name: adapter.get_field_meta(name)["serializer"](value)
        for name, value in adapter.items()
        if "serializer" in adapter.get_field_meta(name)
    }
    assert serialized.keys() == {"published", "updated", "first_seen", "seen", "images"}
    assert serialized == {name: line[name] for name in serialized}


def test_pictures_are_json_as_text():
    assert json.loads(str(Pictures([{"url": "u", "caption": '图,"'}]))) == [
        {"url": "u", "caption": '图,"'}
    ]
    assert str(Pictures()) == "[]"


@pytest.mark.parametrize("cls", [Article, Topical])
def test_a_line_is_read_back_as_it_was_written(cls):
    values = {column.name: getattr(ARTICLE, column.name) for column in fields(Article)}
    article = cls(**values)
    read = cls.from_json(orjson.loads(orjson.dumps(article.to_json())))
    assert type(read) is cls
    assert read == article


def test_a_further_field_of_a_line_is_kept_by_the_class_that_has_it_and_ignored_by_others():
    line = orjson.loads(LINE) | {"topic": "利率", "unheard": 1}
    assert Article.from_json(line) == ARTICLE
    assert Topical.from_json(line).topic == "利率"


def test_fields_that_a_line_lacks_get_their_default():
    assert Article.from_json({"docid": "nabc", "images": None}) == Article("nabc")


def test_an_article_lacks_what_every_article_needs():
    assert missing_fields(ARTICLE) == []
    assert missing_fields(Article()) == ["title", "published", "body_html"]
    assert Article(title="标题", body_html=" \n").missing() == ["published", "body_html"]


@every_type
def test_an_item_lacks_what_an_article_lacks(cls):
    assert missing_fields(made(cls)) == ["title", "published"]
    assert missing_fields(made(cls, title="标题", published=SHOWN)) == []


def test_first_seen_stands_in_for_published():
    assert missing_fields({"title": "标题", "first_seen": SHOWN, "body_html": "正文"}) == []
    assert missing_fields({"title": "标题", "first_seen": None, "body_html": None}) == [
        "published",
        "body_html",
    ]


@pytest.mark.parametrize("cls", [dict, ScrapyItem, AttrsItem, DataItem, Topical])
def test_a_field_is_set_and_had_whatever_an_article_is(cls):
    item = made(cls)
    set_field(item, "url", "https://finance.sina.com.cn/b")
    set_field(item, "topic", "利率")
    assert get_field(item, "url") == "https://finance.sina.com.cn/b"
    assert get_field(item, "topic") == "利率"
    assert get_field(item, "unheard") is None


@pytest.mark.parametrize("cls", [ScrapyItem, AttrsItem, DataItem, Topical])
def test_a_field_that_an_item_cannot_have_is_refused(cls):
    with pytest.raises(KeyError, match="unheard"):
        set_field(made(cls), "unheard", 1)
