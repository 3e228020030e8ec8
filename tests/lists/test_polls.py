"""Days of polls of a list whose articles come late, change and vanish, and whose pages fail."""

import random

from lists.world import DAY, HOUR, MINUTE, Archive, Site, is_complete
from sinanews.ledger.database import engine

POLLS = 376
FAILING = 0.1  # of the article pages, at each poll


def test_days_of_polls_miss_nothing_and_keep_nothing_twice_or_stale(tmp_path):
    site, chance = Site(), random.Random(12)  # noqa: S311 - no secret
    archive = Archive(site, engine(f"sqlite:///{tmp_path}/ledger.db"), FAILED_PAUSE_SECONDS=300)
    site.publish(200)
    for _ in range(POLLS):
        for _ in range(chance.randrange(12)):
            site.publish(1, apart=chance.randrange(1, 2 * MINUTE))
        if chance.random() < 0.3:
            late = site.add(site.now - chance.randrange(1, 7 * HOUR))
            late.mtime = site.now
        edited = chance.choice(site.rows[:40])
        edited.mtime = site.now
        if chance.random() < 0.1:
            site.rows.pop(chance.randrange(1, 60))
        listed = [row.docid for row in site.rows[:200]]
        site.statuses = {docid: 500 for docid in listed if chance.random() < FAILING}
        archive.run()
    site.statuses = {}
    for _ in range(3):  # and what had failed or came late last is fetched
        site.publish(1, apart=13 * HOUR)
        last = archive.run()

    assert is_complete(last)
    shown = [row for row in site.rows if row.entered > site.now - 9 * DAY]
    assert len(shown) > 2_000
    assert [row.docid for row in shown if row.docid not in archive.settled] == [], "missed"
    assert [key for key, count in archive.written.items() if count > 1] == [], "doubled"
    stale = [
        row.docid
        for row in site.rows[:200]
        if row.mtime and archive.articles[row.docid].body_html < str(row.mtime)
    ]
    assert stale == []
