"""`scrapy status` shows the archive's contents, its runs, and whether the account balances."""

from harvest.proofs import change, count_posts, query


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
    head, *runs = [line.split() for line in rows[rows.index("", 10) + 1 :]]
    assert head[:1] == ["run"]
    assert [line[0] for line in runs] == ["2", "1"]
    assert [line[4] for line in runs] == ["incomplete", "complete"]
    assert runs[1][5:7] == [str(stories)] * 2


def test_status_shows_days_without_articles_and_an_account_that_does_not_balance(archive, scrapy):
    first, second, *_ = (row["docid"] for row in query(archive, "SELECT docid FROM stories"))
    day = query(
        archive, "SELECT date(min(ctime) - 2 * 86400, 'unixepoch', '8 hours') AS d FROM stories"
    )
    change(
        archive,
        "UPDATE stories SET ctime = (SELECT min(ctime) - 3 * 86400 FROM stories) WHERE docid = ?",
        first,
    )
    change(archive, "DELETE FROM revisions WHERE docid = ?", second)
    change(archive, "UPDATE runs SET report = json_set(report, '$.account.listed', 1)")
    articles = count_posts(archive)

    rows = scrapy("status").stdout.splitlines()

    (empty,) = [line for line in rows if line.startswith("days without articles: ")]
    assert day[0]["d"] in empty
    wrong = "the account does not balance: "
    assert [line for line in rows if line.startswith(wrong)] == [
        f"{wrong}the articles have {articles} revisions, the ledger keeps {articles - 1}",
        f"{wrong}run 1 listed 1 stories and accounts for {articles}",
    ]


def test_status_of_an_empty_archive_and_of_an_unknown_article(scrapy):
    run = scrapy("status")
    assert run.returncode == 0, run.stderr
    assert "no runs yet" in run.stdout
    run = scrapy("status", "nosuch")
    assert run.returncode == 2
    assert "docid: 'nosuch' is not in the archive" in run.stderr
