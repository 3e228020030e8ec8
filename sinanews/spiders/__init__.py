"""The spiders: they find stories and request pages; what a page says is not their business."""
