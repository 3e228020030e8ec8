"""`scrapy status` shows the archive's contents, its runs, and whether the account balances."""

import json
import re

import pytest
from sqlalchemy import insert

from commands.conftest import on_file
from harvest.proofs import change, count_posts, launch, query, slowly, wait_for_posts
from ledger.conftest import NOW, Clock, rejected, story, written
from sinanews.items import State
from sinanews.ledger.claims import Retries
from sinanews.ledger.database import engine
from sinanews.ledger.ledger import Ledger
from sinanews.ledger.selection import Selection
from sinanews.ledger.tables import gaps, lists
from sinanews.posts.paths import post_path
from sinanews.reporting.report import account
from sinanews.utils.times import at

DAY = 86_400
# Of the archive that is troubled.
STORIES = {
    "written": 2,
    "updated": 0,
    "unchanged": 0,
    "filtered": 0,
    "gone": 1,
    "failed": 4,
    "waiting": 4,
}
M = re.MULTILINE


def test_status_shows_the_stories_the_runs_and_that_the_account_balances(archive, mirror, scrapy):
    mirror.faults.add("api/roll", "500")
    assert scrapy("harvest", "china", mirror=mirror.url).returncode == 3
    stories = count_posts(archive)

    run = scrapy("status")

    assert run.returncode == 0, run.stderr
    rows = run.stdout.splitlines()
    assert rows[0].split() == ["state", "stories"]
    assert ["written", str(stories)] in [line.split() for line in rows]
    assert f"listed {stories} = written {stories} + updated 0 + unchanged 0" in run.stdout
    assert "the account balances, over all stories and 2 runs" in rows
    assert "days without articles: none" in rows
    days = rows[rows.index("articles a day:") + 1 : rows.index("", 10)]
    chart = [re.fullmatch(r"  2026-03-1\d +(\d+)  (#{1,36})", line) for line in days]
    assert sum(int(match[1]) for match in chart) == stories
    assert max(len(match[2]) for match in chart) == 36
    head, *runs = [line.split() for line in rows[rows.index("", 10) + 1 :]]
    assert head[:1] == ["run"]
    assert [line[0] for line in runs] == ["2", "1"]
    assert [line[4] for line in runs] == ["incomplete", "complete"]
    assert runs[1][5:7] == [str(stories)] * 2


def test_status_shows_days_without_articles_and_an_account_that_does_not_balance(archive, scrapy):
    rows = query(archive, "SELECT docid, ctime FROM stories ORDER BY ctime")
    first, second, *_ = (row["docid"] for row in rows)
    oldest = rows[0]["ctime"]
    change(archive, "UPDATE stories SET ctime = ? WHERE docid = ?", oldest - 3 * DAY, first)
    change(archive, "DELETE FROM revisions WHERE docid = ?", second)
    (run,) = query(archive, "SELECT report FROM runs")
    report = json.loads(run["report"])
    report["account"]["listed"] = 1
    change(archive, "UPDATE runs SET report = ?", json.dumps(report))
    articles = count_posts(archive)

    rows = scrapy("status").stdout.splitlines()

    (empty,) = [line for line in rows if line.startswith("days without articles: ")]
    assert str(at(oldest - 2 * DAY).date()) in empty
    wrong = "the account does not balance: "
    assert [line for line in rows if line.startswith(wrong)] == [
        f"{wrong}the articles have {articles} revisions, the ledger keeps {articles - 1}",
        f"{wrong}run 1 listed 1 stories and accounts for {articles}",
    ]


def test_a_run_that_was_killed_is_told_from_one_at_work(mirror, scrapy, output):
    settings = {"OUTPUT_DIR": str(output), "MIRROR_URL": mirror.url}
    harvest = launch(["harvest", "china"], **settings, **slowly(2))
    wait_for_posts(harvest, output, 1)

    (run,) = json.loads(scrapy("status", "--json").stdout)["runs"]
    assert (run["verdict"], run["ended"]) == ("runs", None)

    harvest.kill()
    harvest.communicate()
    status = scrapy("status")
    assert status.stdout.splitlines()[-1].split()[3:5] == ["-", "killed"]
    assert "last complete run: never" in status.stdout


@pytest.fixture
def troubled(server, output):
    """An archive of eleven stories: written, gone, waiting, failed for two reasons, given up; with
    a gap, and a list that had been silent for two days when it was read last."""
    output.mkdir()
    database = engine(server or f"sqlite:///{output}/ledger.db")
    clock = Clock(NOW - DAY)
    ledger = Ledger(database, post_path, clock, Retries(pause=300, tries=2))
    ledger.begin("china")
    ledger.upsert_listed([story(number) for number in range(1, 11)], "guonei")
    one, two, three, four, five, six, seven = claim(ledger, 1, 2, 3, 4, 5, 6, 7)
    ledger.record_outcomes([written(one), written(two), rejected(three, State.GONE)])
    ledger.record_outcomes([rejected(four), rejected(five), rejected(six)])
    ledger.record_outcomes([rejected(seven, reason="no layout")])
    end(ledger, "complete")
    clock.now = NOW - 60
    ledger.begin("china")
    ledger.record_outcomes([rejected(again) for again in claim(ledger, 4)])
    ledger.upsert_listed([story(11)], "guonei")
    clock.now = NOW
    end(ledger, "incomplete")
    with database.begin() as connection:
        gap = {"channel": "guonei", "since": NOW - 9 * DAY, "until": NOW - 8 * DAY, "run": 1}
        connection.execute(insert(gaps).values(gap))
        silent = {"channel": "guonei", "newest": NOW - 60 - 2 * DAY, "total": 40, "lacking": 0}
        connection.execute(insert(lists).values(silent))
    ledger.close()
    return output


def claim(ledger, *numbers):
    docids = tuple(story(number).docid for number in numbers)
    claims = ledger.claim(len(numbers), Selection(docids=docids))
    return sorted(claims, key=lambda claim: claim.story.docid)


def end(ledger, verdict):
    report = {
        "reason": "finished",
        "account": account(ledger.runs.account(ledger.run), filtered=0),
        "failures": {"HTTP 500": 3},
        "lists": {"guonei": {"began": NOW - 60}},
    }
    ledger.runs.end(ledger.run, verdict, report)


@pytest.mark.usefixtures("troubled")
def test_status_tells_what_failed_what_waits_and_what_was_never_seen(scrapy):
    run = scrapy("status", FAILED_TRIES="2")

    assert run.returncode == 0, run.stderr
    lines = run.stdout.splitlines()
    assert [line.split() for line in lines[1:8]] == [[s, str(n)] for s, n in STORIES.items()]
    expected = [
        f"listed 11 = {' + '.join(f'{state} {count}' for state, count in STORIES.items())}",
        "failed, HTTP 500: 3",
        "failed, no layout: 1",
        "of the failed, 3 to be tried again, 1 given up: `scrapy status --failed` names them",
        "list guonei: rows between 2023-11-06 06:13 and 2023-11-07 06:13 were never seen (run 1)",
        "list guonei: its newest row was 2 days 0 h old in run 2",
    ]
    assert [line for line in lines if line in expected] == expected
    assert re.search(r"^8 stories wait to be fetched, the first for \d+ days \d+ h$", run.stdout, M)
    assert re.search(r"^last complete run: \d+ days \d+ h ago \(run 1\)$", run.stdout, M)


@pytest.mark.usefixtures("troubled")
def test_status_says_it_all_as_json(scrapy):
    run = scrapy("status", "--json", FAILED_TRIES="2")

    assert run.returncode == 0, run.stderr
    told = json.loads(run.stdout)
    assert told["account"] == {"listed": 11, **STORIES}
    assert told["failures"] == {"HTTP 500": 3, "no layout": 1}
    assert (told["articles"], told["revisions"], told["given_up"]) == (2, 2, 1)
    assert told["unbalanced"] == []
    assert told["waiting_since"] == "2023-11-14T06:13:20+08:00"
    (gap,) = told["gaps"]
    assert gap["until"] == "2023-11-07T06:13:20+08:00"
    assert [run["verdict"] for run in told["runs"]] == ["incomplete", "complete"]
    assert told["last_complete"] == told["runs"][1]
    last = told["runs"][0]
    assert (last["started"], last["seconds"]) == ("2023-11-15T06:12:20+08:00", 60)
    assert (last["account"]["listed"], last["failures"]) == (2, {"HTTP 500": 3})


@pytest.mark.usefixtures("troubled")
def test_status_names_each_story_that_failed(scrapy):
    told = json.loads(scrapy("status", "--failed", "--json", FAILED_TRIES="2").stdout)
    assert [line["docid"][-1] for line in told] == ["4", "5", "6", "7"]
    assert told[0] == {
        "docid": story(4).docid,
        "url": story(4).url,
        "reason": "HTTP 500",
        "tries": 2,
        "given_up": True,
        "next_try": "2023-11-15T06:22:20+08:00",
    }
    assert told[3]["next_try"] == "2023-11-14T06:18:20+08:00"

    run = scrapy("status", "--failed", FAILED_TRIES="2")
    assert run.returncode == 0, run.stderr
    rows = run.stdout.splitlines()
    assert len(rows) == 7
    given_up = ["2", "given", "up", "2023-11-15", "06:22", "HTTP", "500"]
    assert rows[1].split() == [story(4).docid, *given_up, story(4).url]
    assert "2023-11-14 06:18" in rows[4]
    assert rows[-1].startswith("`scrapy crawl articles -a urls=")


@pytest.mark.usefixtures("troubled")
def test_status_checks_an_archive_by_its_exit_code(scrapy):
    run = scrapy("status", "--check")
    assert run.returncode == 6, run.stderr
    told = run.stdout.splitlines()
    assert re.fullmatch(r"no run was complete for \d+ days \d+ h, since run 1", told[0])
    assert told[1:] == ["list guonei: its newest row was 2 days 0 h old in run 2"]


@pytest.mark.usefixtures("archive")
def test_a_healthy_archive_is_healthy(scrapy):
    run = scrapy("status", "--check")
    assert (run.returncode, run.stdout) == (0, "healthy\n"), run.stderr


@on_file
@pytest.mark.parametrize(
    "command", [["status"], ["status", "--check"], ["export", "-o", "a.jsonl"]]
)
def test_where_there_is_no_archive_none_is_made(command, scrapy, output):
    run = scrapy(*command)
    assert run.returncode == 2
    assert f"there is no archive in {output} (no ledger in ledger.db): run a harvest" in run.stderr
    assert "Traceback" not in run.stderr
    assert not output.exists()


@pytest.mark.usefixtures("troubled")
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nosuch"], "docid: 'nosuch' is not in the archive"),
        (["nosuch", "--json"], "status takes one docid and no option, or options alone"),
        (["--check", "--json"], "status --check takes no other option"),
    ],
)
def test_what_status_cannot_show_is_refused(arguments, message, scrapy):
    run = scrapy("status", *arguments)
    assert run.returncode == 2
    assert message in run.stderr
