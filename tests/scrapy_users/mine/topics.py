"""A spider of a user's own, with a field of his own, in a file that runs by itself."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

from itemloaders.processors import MapCompose, TakeFirst
from scrapy import Request
from scrapy.http import Response

from sinanews.extraction.layouts.base import meta
from sinanews.items import Article
from sinanews.spiders.china import ChinaSpider


@dataclass
class TopicArticle(Article):
    topic: str | None = None


class TopicLoader(ChinaSpider.loader):
    default_item_class = TopicArticle
    rules: ClassVar[dict[str, Any]] = {"topic": (meta("topic"),)}
    topic_in = MapCompose(str.strip)
    topic_out = TakeFirst()


class TopicSpider(ChinaSpider):
    """Has a field of its own, a header of its own, and a cookie of its own for each article."""

    name = "topics"
    loader = TopicLoader
    custom_settings: ClassVar[dict[str, Any]] = {
        "COOKIES_ENABLED": True,
        "DOWNLOADER_MIDDLEWARES": {"probes.Downloader": 543},
        "SPIDER_MIDDLEWARES": {"probes.Scraping": 543},
        "ITEM_PIPELINES": {"probes.Items150": 150},
        "EXTENSIONS": {"probes.Crawl": 0},
        "FEEDS": {"%(mine)s/topics.json": {"format": "json", "uri_params": "topics.own_folder"}},
    }

    def article_request(self, story: Any) -> Request:
        request = super().article_request(story)
        request.headers["X-Mine"] = story.docid
        request.cookies = {"visitor": story.docid}
        request.meta.update(cookiejar=story.docid, mine=story.docid)
        return request

    def parse(self, response: Response, *args: Any, **kwargs: Any) -> Iterator[Any]:
        for thing in super().parse(response, *args, **kwargs):
            if isinstance(thing, Article):
                assert response.meta["mine"] == thing.docid
                assert response.meta["cookiejar"] == thing.docid
            yield thing


def own_folder(parameters: dict[str, Any], spider: ChinaSpider) -> dict[str, Any]:
    return {**parameters, "mine": str(spider.config.output.parent)}
