"""An add-on of a user's own."""

from scrapy.settings import BaseSettings


class Mine:
    def update_settings(self, settings: BaseSettings) -> None:
        settings.setdefault_in_component_priority_dict("ITEM_PIPELINES", "probes.Items350", 350)
