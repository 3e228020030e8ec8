"""Posts and exports are views of the ledger: they can be recreated in full at any time."""

import json

from harvest.proofs import (
    count_posts,
    launch,
    leftovers,
    query,
    slowly,
    wait_for_posts,
    whole,
    written,
)
from sinanews.utils.times import at
from support import posts


def exported(file):
    return [json.loads(line) for line in file.read_text("utf-8").splitlines()]


def test_an_export_has_every_article_of_the_ledger_even_after_a_kill(
    mirror, scrapy, output, tmp_path
):
    settings = {"OUTPUT_DIR": str(output), "MIRROR_URL": mirror.url}
    killed = launch(["harvest", "china"], **settings, **slowly(0.1))
    wait_for_posts(killed, output, 5)
    killed.kill()
    killed.communicate()
    file = tmp_path / "all.jsonl"

    run = scrapy("export", "-o", str(file))

    done = query(output, "SELECT docid FROM stories WHERE revision > 0 ORDER BY ctime, docid")
    assert run.returncode == 0, run.stderr
    assert run.stdout == f"{len(done)} articles in {file}\n"
    assert [article["docid"] for article in exported(file)] == [row["docid"] for row in done]

    assert scrapy("harvest", "china", mirror=mirror.url).returncode == 0
    day = at(mirror.site.listed(1686)[0].ctime).date().isoformat()
    of_day = {s.docid for s in mirror.site.listed(1686) if str(at(s.ctime).date()) == day}
    run = scrapy("export", "-o", str(file), "--since", day, "--until", day)
    assert run.returncode == 0, run.stderr
    assert {article["docid"] for article in exported(file)} == of_day
    assert 0 < len(of_day) < count_posts(output)
    assert scrapy("export", "-o", str(file)).returncode == 0
    assert len(exported(file)) == count_posts(output)
    files = (output / "articles").iterdir()
    harvested = {line["docid"]: line for file in files for line in whole(file)}
    assert {a["docid"]: a for a in exported(file)}.items() >= harvested.items()


def test_lost_or_damaged_posts_are_rebuilt_byte_for_byte(archive, scrapy):
    before = written(archive)
    lost, damaged, *_ = posts(archive)
    lost.unlink()
    damaged.write_bytes(b"damaged")

    run = scrapy("rebuild")

    assert run.returncode == 0, run.stderr
    assert run.stdout == f"{len(before)} posts in {archive}\n"
    assert written(archive) == before
    assert leftovers(archive) == []
