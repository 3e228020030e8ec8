"""Between Scrapy and the network: where a request goes, and what its answer is unpacked to."""
