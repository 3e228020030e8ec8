"""news-please: its crawler of given pages, with its extractors and its storages for files.

    python benchmarks/harvest_news_please.py NAME URL FOLDER ARTICLES

harvests so many articles of the site at URL, which has the layout that MIRROR_URL expects, into
FOLDER; in news-please's own venv. It is given their addresses, as the list has them.
"""

# mypy: disable-error-code="import-not-found"
# (news-please is in its own venv only)

import json
import sys
from collections.abc import Iterator
from configparser import RawConfigParser
from importlib.resources import as_file, files
from itertools import count, islice
from pathlib import Path
from urllib.request import urlopen

from newsplease.single_crawler import SingleCrawler

from harvest_peers import CONCURRENCY, ROWS_PER_PAGE, article_url, list_url

# What differs from the configuration that it comes with: as many requests at a time as the others
# make, no look at robots.txt, which they do not take either, and no wait for pictures, which it
# would download to choose one.
CHANGES = {
    "Files": {"working_path": "{folder}", "relative_to_start_processes_file": "False"},
    "Scrapy": {
        "CONCURRENT_REQUESTS": str(CONCURRENCY),
        "CONCURRENT_REQUESTS_PER_DOMAIN": str(CONCURRENCY),
        "ROBOTSTXT_OBEY": "False",
    },
    "ArticleMasterExtractor": {
        "extractors": "[('newspaper_extractor_no_images', 'NewspaperExtractorNoImages'),"
        " 'readability_extractor', 'date_extractor', 'lang_detect_extractor']"
    },
}


def main(root: str, folder: Path, articles: int) -> None:
    """Configures its crawler as its user would, and runs it."""
    sites, settings = folder / "sitelist.hjson", folder / "config.cfg"
    site = {"url": list(islice(addresses(root), articles)), "crawler": "Download"}
    sites.write_text(json.dumps({"base_urls": [site]}), "utf-8")
    config = RawConfigParser()
    config.optionxform = str  # type: ignore[assignment,method-assign] # names as they are
    with as_file(files("newsplease") / "config" / "config.cfg") as path:
        config.read(path, "utf-8")
    for section, changes in CHANGES.items():
        for name, value in changes.items():
            config.set(section, name, value.format(folder=folder))
    with settings.open("w", encoding="utf-8") as file:
        config.write(file)
    SingleCrawler(str(settings), str(sites), 0, shall_resume=False, daemonize=False)


def addresses(root: str) -> Iterator[str]:
    """The addresses of all articles, as the list has them."""
    for page in count(1):
        with urlopen(list_url(root, page)) as answer:  # noqa: S310 - our own site
            rows = json.load(answer)["result"]["data"]
        yield from (article_url(root, row) for row in rows)
        if len(rows) < ROWS_PER_PAGE:
            return


if __name__ == "__main__":
    main(sys.argv[2], Path(sys.argv[3]), int(sys.argv[4]))
