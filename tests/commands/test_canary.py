"""`scrapy canary` reads one story per channel, prints the results, and writes nothing."""

import time

from sinanews.channels import DOMESTIC
from support import article_page, lines, place, row


def test_canary_prints_a_line_per_channel_and_writes_nothing(mirror, scrapy, output, subtests):
    names = {channel.name for channel in DOMESTIC}

    def run_canary(code, verdict, *arguments):
        mirror.forget()
        run = scrapy("canary", *arguments, mirror=mirror.url)
        mirror.faults.clear()
        assert run.returncode == code, run.stdout + run.stderr
        assert "Traceback" not in run.stderr
        rows = {line.split()[0]: line for line in run.stdout.splitlines()}
        assert any(f" {verdict} " in line for line in rows.values())
        return rows

    with subtests.test("all is well"):
        rows = run_canary(0, "complete")
        assert rows.keys() == names
        assert all("missing: " in line and "https://" in line for line in rows.values())
        assert len(mirror.lists()) == len(mirror.articles()) == len(names)

    with subtests.test("a list cannot be read"):
        mirror.faults.add("lid=1688", "code11")
        rows = run_canary(3, "incomplete")
        assert rows["difang"].split()[1] == "incomplete"
        assert "code 11" in rows["difang"]
        assert rows["guonei"].split()[1] == "complete"

    with subtests.test("a page has no body"):
        mirror.faults.add("/doc-i", "nobody")
        rows = run_canary(5, "drifted", "-a", "channel=guonei")
        assert rows.keys() == {"guonei"}
        assert rows["guonei"].endswith(": no layout")

    with subtests.test("the site refuses us"):
        mirror.faults.add("api/roll", "html")
        rows = run_canary(4, "blocked")
        assert "a captcha page (https://" in next(iter(rows.values()))
        assert len(mirror.lists()) == 1

    assert not output.exists()


def test_a_list_whose_newest_row_is_of_last_month_is_stalled(pages, scrapy, output):
    now = int(time.time())
    old = dict.fromkeys(("ctime", "mtime", "intime"), str(now - 20 * 86_400))
    pages.roll(row(**old), rtime=now)
    pages[place()] = article_page()

    canary = scrapy("canary", "-a", "channel=guonei", mirror=pages.url)
    runs = [scrapy("harvest", "china", mirror=pages.url) for _ in range(2)]

    assert canary.returncode == 6, canary.stderr
    assert "guonei     stalled    the newest row of its list is of " in canary.stdout
    assert [run.returncode for run in runs] == [6, 6]
    assert "stalled: no list has a row of the last 24 hours" in runs[1].stdout
    assert len(lines(output)) == 1, "what there is is taken"
