"""The settings of a project of a user's own: the archive's, and his."""

from sinanews.settings import *  # noqa: F403 - so that all of them are there

BOT_NAME = "mine"
SPIDER_MODULES = ["sinanews.spiders", "topics"]
OUTPUT_DIR = "kept"
DOWNLOADER_MIDDLEWARES = {"probes.Nearest": 950}
ITEM_PIPELINES = {"probes.Items350": 350}
EXTENSIONS = {"probes.Crawl": 0}
FEEDS = {"mine.jsonl": {"format": "jsonlines"}}
