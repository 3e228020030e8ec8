"""`scrapy status` says what the archive holds, how the runs went, and whether it all adds up."""

from harvest.proofs import change, count_posts, query


def test_status_tells_the_archive_its_runs_and_that_the_account_balances(archive, mirror, scrapy):
    mirror.faults.add("api/roll", "500")
    assert scrapy("harvest", "china", mirror=mirror.url).returncode == 3
    stories = count_posts(archive)

    run = scrapy("status")

    assert run.returncode == 0, run.stderr
    said = run.stdout.splitlines()
    assert said[0].split() == ["state", "stories"]
    assert ["written", str(stories)] in [line.split() for line in said]
    assert f"listed {stories} = written {stories} + updated 0 + unchanged 0" in run.stdout
    assert "the account balances, over all stories and 2 runs" in said
    assert "days without articles: none" in said
    head, *runs = [line.split() for line in said[said.index("", 10) + 1 :]]
    assert head[:1] == ["run"]
    assert [line[0] for line in runs] == ["2", "1"]
    assert [line[4] for line in runs] == ["incomplete", "complete"]
    assert runs[1][5:7] == [str(stories)] * 2


def test_status_tells_days_without_articles_and_by_how_much_the_account_does_not_balance(
    archive, scrapy
):
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

    said = scrapy("status").stdout.splitlines()

    (empty,) = [line for line in said if line.startswith("days without articles: ")]
    assert day[0]["d"] in empty
    wrong = "the account does not balance: "
    assert [line for line in said if line.startswith(wrong)] == [
        f"{wrong}of {articles} articles, 1 are not in the ledger",
        f"{wrong}run 1 listed 1 stories and accounts for {articles}",
    ]


def test_status_of_an_empty_archive_and_of_an_unknown_article(scrapy):
    run = scrapy("status")
    assert run.returncode == 0, run.stderr
    assert "no runs yet" in run.stdout
    run = scrapy("status", "nosuch")
    assert run.returncode == 2
    assert "docid: 'nosuch' is not in the archive" in run.stderr
