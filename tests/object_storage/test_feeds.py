"""A run's JSON lines in a bucket, by Scrapy's own feed storage, beside the archive's."""

import json

import pytest
from scrapy.settings import Settings

from object_storage.conftest import HARVEST, KEY, SECRET, SITE
from sinanews import config
from sinanews.exceptions import ArgumentError
from sinanews.mirror.server import running
from support import lines, scrapy_in

FEED = {"format": "article-lines", "encoding": "utf-8"}


@pytest.fixture
def harvest(output):
    """Runs a harvest whose FEEDS are these."""

    def run(feeds, **settings):
        with running(SITE) as mirror:
            settings |= {"FEEDS": json.dumps(feeds)}
            return scrapy_in(output)(*HARVEST, mirror=mirror.url, **settings)

    return run


def parsed(objects):
    return [json.loads(line) for data in objects.values() for line in data.splitlines()]


def by_docid(articles):
    return sorted(articles, key=lambda article: article["docid"])


def test_a_bucket_gets_what_the_archive_has_beside_it(s3, harvest, output):
    run = harvest({f"{s3.url}/lines/%(name)s-%(time)s.jsonl": FEED})

    assert run.returncode == 0, run.stderr
    [name] = s3.objects()
    [file] = (output / "articles").iterdir()
    assert name == f"lines/{file.name}"
    assert s3.objects()[name] == file.read_bytes()
    for secret in (KEY, SECRET):
        assert secret not in run.stdout + run.stderr


def test_workers_do_not_write_over_each_others_objects(s3, harvest, output):
    run = harvest({f"{s3.url}/%(name)s-%(time)s.jsonl": FEED}, WORKERS="2")

    assert run.returncode == 0, run.stderr
    assert by_docid(parsed(s3.objects())) == by_docid(lines(output))


def test_batches_are_objects_of_their_own(s3, harvest, output):
    run = harvest({f"{s3.url}/%(name)s-%(batch_id)03d.jsonl": FEED | {"batch_item_count": 10}})

    assert run.returncode == 0, run.stderr
    counts = [data.count(b"\n") for _, data in sorted(s3.objects().items())]
    assert counts[:-1] == [10] * (len(counts) - 1)
    assert by_docid(parsed(s3.objects())) == by_docid(lines(output))


def test_a_feed_without_what_writes_it_is_refused(monkeypatch):
    monkeypatch.setattr(config, "find_spec", lambda _: None)
    settings = Settings({"FEEDS": {"s3://bucket/a.jsonl": FEED}})

    with pytest.raises(ArgumentError, match=r"FEEDS: 's3://bucket/a.jsonl' .* 'sinanews\[s3\]'"):
        config.require_feeds(settings)
    config.require_feeds(Settings({"FEEDS": {"a.jsonl": FEED}}))


@pytest.mark.usefixtures("s3")
def test_a_bucket_that_is_not_there_costs_the_archive_nothing(harvest, output):
    run = harvest({"s3://no-such-bucket-here/a.jsonl": FEED})

    assert run.returncode == 0
    assert "NoSuchBucket" in run.stderr
    assert len(lines(output)) > 10
    for secret in (KEY, SECRET):
        assert secret not in run.stdout + run.stderr
