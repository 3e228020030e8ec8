"""fundus: its crawler, with a parser for Sina's pages as its own publishers have them.

    python benchmarks/harvest_fundus.py NAME URL FOLDER

harvests the site at URL, which has a sitemap, into FOLDER; in fundus's own venv.
"""

# mypy: disable-error-code="import-not-found,misc,untyped-decorator"
# (fundus is in its own venv only)

import json
import sys
from datetime import datetime
from pathlib import Path

from fundus import Crawler
from fundus.parser import ArticleBody, BaseParser, Image, ParserProxy, attribute
from fundus.parser.utility import (
    extract_article_body_with_selector,
    generic_date_parsing,
    generic_topic_parsing,
    image_extraction,
)
from fundus.publishers.base_objects import Publisher
from fundus.scraping.url import Sitemap
from lxml.cssselect import CSSSelector
from lxml.etree import XPath

from harvest_peers import SITEMAP


class SinaParser(ParserProxy):
    """Reads the fields that the naive spider reads."""

    class V1(BaseParser):
        """Today's pages."""

        _paragraphs = XPath("//*[@id='artibody' or @id='article']//p")
        _title = CSSSelector("h1.main-title")
        _names = CSSSelector(".date-source .source, .article-editor, .show_author")

        @attribute
        def body(self) -> ArticleBody | None:
            """The paragraphs."""
            return extract_article_body_with_selector(
                self.precomputed.doc, paragraph_selector=self._paragraphs
            )

        @attribute
        def title(self) -> str | None:
            """The heading."""
            found = self._title(self.precomputed.doc)
            return found[0].text_content().strip() if found else None

        @attribute
        def authors(self) -> list[str]:
            """The source and the editor."""
            return [name.text_content().strip() for name in self._names(self.precomputed.doc)]

        @attribute
        def publishing_date(self) -> datetime | None:
            """When the page says that it was published."""
            return generic_date_parsing(self.precomputed.meta.get("article:published_time"))

        @attribute
        def topics(self) -> list[str]:
            """The keywords."""
            return generic_topic_parsing(self.precomputed.meta.get("keywords"))

        @attribute
        def images(self) -> list[Image]:
            """The pictures of the body."""
            return image_extraction(
                doc=self.precomputed.doc,
                paragraph_selector=self._paragraphs,
                image_selector=XPath("//*[@id='artibody' or @id='article']//img"),
            )


def main(root: str, folder: Path) -> None:
    """Crawls the sitemap's pages and writes an article into a file each."""
    sina = Publisher(
        name="Sina", domain=root, parser=SinaParser, sources=[Sitemap(f"{root}/{SITEMAP}")]
    )
    crawler = Crawler(sina, delay=0.0, ignore_robots=True)
    for article in crawler.crawl():
        name = article.html.requested_url.rpartition("/")[2]
        text = json.dumps(article.to_json(), ensure_ascii=False)
        (folder / f"{name}.json").write_text(text, "utf-8")


if __name__ == "__main__":
    main(sys.argv[2], Path(sys.argv[3]))
