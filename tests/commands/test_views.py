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

    done = query(output, "SELECT docid FROM stories WHERE revision > 0 ORDER BY docid")
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


def test_an_invalid_export_is_refused_and_writes_nothing(archive, scrapy, tmp_path, subtests):
    good = str(tmp_path / "all.jsonl")
    for arguments, message in (
        (["-o", "articles.csv"], "-o: 'articles.csv' is not accepted; expected a name that ends"),
        (["-o", f"{tmp_path}/none/all.jsonl"], "expected a file that can be written (No such file"),
        (
            ["-o", good, "--since", "2026-03-18", "--until", "2026-03-17"],
            "--since: '2026-03-18' is not accepted; expected a day not after --until 2026-03-17",
        ),
    ):
        with subtests.test(message):
            run = scrapy("export", *arguments)
            assert run.returncode == 2
            assert message in run.stderr
            assert "Traceback" not in run.stderr
    assert list(tmp_path.iterdir()) == [archive]


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
