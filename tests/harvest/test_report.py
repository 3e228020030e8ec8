"""The run report: every number in it is one that can be counted at the site or in the archive."""

import json

import pytest

from harvest.proofs import assert_accounts_balance, reports
from sinanews.items import FIELDS
from sinanews.mirror.server import running
from sinanews.mirror.site import Site
from sinanews.utils.times import at
from support import lines

HARVEST = ("harvest", "china", "-a", "channel=guonei,buwei")
LIDS = {"guonei": 1686, "buwei": 1689}
DAY = 86_400


@pytest.fixture
def mirror():
    site = Site(articles=130, tick=0)
    site.now += 3600  # when all of them have arrived
    with running(site) as started:
        yield started


def test_a_report_tells_what_was_asked_what_was_found_and_what_it_cost(mirror, scrapy, output):
    site = mirror.site
    missing, gone, *_ = (story.docid for story in site.listed(1686))
    mirror.faults.add(missing, "500")
    site.remove(gone)

    run = scrapy(*HARVEST, mirror=mirror.url)

    (told,) = reports(output)
    (file,) = (output / "runs").glob("*.json")
    assert run.returncode == 3
    assert (told["spider"], told["verdict"], told["reason"]) == ("china", "incomplete", "finished")
    stories = {story.docid: story for lid in LIDS.values() for story in site.listed(lid)}
    assert told["account"] == {
        "listed": len(stories),
        "written": len(stories) - 2,
        "updated": 0,
        "unchanged": 0,
        "filtered": 0,
        "gone": 1,
        "failed": 1,
    }
    assert told["failures"] == {"HTTP 500": 1}
    for channel, lid in LIDS.items():
        walk = told["lists"][channel]
        assert walk["pages"] == sum(f"lid={lid}&" in asked for asked in mirror.lists())
        assert walk["oldest"] == min(story.ctime for story in site.listed(lid))
        assert (walk["complete"], walk["ended"], walk["gap"]) == (True, True, None)
    assert told["requests"] == len(mirror.requests)
    assert told["bytes"] > 100_000
    assert told["seconds"] > 0
    found = lines(output)
    assert told["pages"] == len(found) == told["account"]["written"]
    for field in FIELDS:
        share = sum(bool(line[field]) for line in found) / len(found)
        assert told["presence"][field] == pytest.approx(share, abs=0.0001), field
    assert told["presence_before"] == {}
    assert json.loads(file.read_bytes()) == told
    assert_accounts_balance(output)


def test_a_report_compares_with_the_runs_before_and_tells_the_gap_that_is_left(
    mirror, scrapy, output
):
    site = mirror.site
    scrapy(*HARVEST, mirror=mirror.url)
    (first,) = reports(output)
    site.now += DAY
    between = site.publish(60)
    site.now += DAY
    (latest,) = site.publish()

    since = f"since={at(latest.ctime).date()}"
    run = scrapy("harvest", "china", "-a", since, mirror=mirror.url)

    told = reports(output)[-1]
    assert run.returncode == 0, run.stderr
    assert told["account"]["written"] == 1
    assert told["account"]["filtered"] == 49, "the other rows of the page"
    assert told["lists"]["guonei"]["oldest"] == between[0].ctime
    assert told["lists"]["guonei"]["gap"] == DAY
    assert told["presence_before"] == first["presence"]

    run = scrapy("harvest", "china", mirror=mirror.url)

    told = reports(output)[-1]
    assert told["account"]["written"] == 60, "the gap was not forgotten"
    assert told["lists"]["guonei"]["gap"] == 0
    expected = first["presence"]["editor"] * first["pages"] + bool(lines(output)[-61]["editor"])
    assert told["presence_before"]["editor"] == pytest.approx(
        expected / (first["pages"] + 1), abs=0.0001
    )
    assert_accounts_balance(output)
    assert latest.docid in {line["docid"] for line in lines(output)}
