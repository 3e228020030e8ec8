"""A list whose callback fails ends its own walk and nothing else."""

import json

from harvest.proofs import assert_accounts_balance, reports
from support import DOCID, article_page, lines, place, row


def test_a_list_that_fails_in_a_callback_settles_its_walk_and_the_others_go_on(
    pages, scrapy, output
):
    pages.roll(row(DOCID))
    pages[place(DOCID)] = article_page()
    middlewares = json.dumps({"tests.faulty.ListAnswers": 900})

    run = scrapy(
        *("crawl", "china", "-a", "channel=guonei,jinrong"),
        mirror=pages.url,
        SPIDER_MIDDLEWARES=middlewares,
    )

    report = reports(output)[-1]
    assert run.returncode == 3
    assert "something is wrong with this answer" in run.stderr
    assert report["reason"] == "crashed"
    assert report["lists_failed"] == 1
    assert (report["lists"]["guonei"]["complete"], report["lists"]["jinrong"]["complete"]) == (
        False,
        True,
    )
    assert [line["docid"] for line in lines(output)] == [DOCID], "through the other list"
    assert_accounts_balance(output)
