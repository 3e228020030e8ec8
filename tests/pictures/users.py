"""A user's own pipeline, by name, for `-s ITEM_PIPELINES`."""

from scrapy.exceptions import DropItem


class Drop:
    """Drops every article."""

    def process_item(self, item: dict) -> None:
        raise DropItem(f"not wanted: {item}")
