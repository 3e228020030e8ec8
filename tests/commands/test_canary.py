"""`scrapy canary` reads one story a channel, says what it found, and leaves nothing behind."""

from sinanews.channels import DOMESTIC


def test_a_canary_tells_of_each_channel_and_keeps_nothing(mirror, scrapy, output, subtests):
    names = {channel.name for channel in DOMESTIC}

    def sings(code, verdict, *arguments):
        mirror.forget()
        run = scrapy("canary", *arguments, mirror=mirror.url)
        mirror.faults.clear()
        assert run.returncode == code, run.stdout + run.stderr
        assert "Traceback" not in run.stderr
        told = {line.split()[0]: line for line in run.stdout.splitlines()}
        assert any(f" {verdict} " in line for line in told.values())
        return told

    with subtests.test("all is well"):
        told = sings(0, "complete")
        assert told.keys() == names
        assert all("missing: " in line and "https://" in line for line in told.values())
        assert len(mirror.lists()) == len(mirror.articles()) == len(names)

    with subtests.test("a list cannot be read"):
        mirror.faults.add("lid=1688", "code11")
        told = sings(3, "incomplete")
        assert told["difang"].split()[1] == "incomplete"
        assert "code 11" in told["difang"]
        assert told["guonei"].split()[1] == "complete"

    with subtests.test("a page has no body"):
        mirror.faults.add("/doc-i", "nobody")
        told = sings(5, "drifted", "-a", "channel=guonei")
        assert told.keys() == {"guonei"}
        assert told["guonei"].endswith(": no layout")

    with subtests.test("the site refuses us"):
        mirror.faults.add("api/roll", "html")
        told = sings(4, "blocked")
        assert "HTML where the list's JSON belongs" in next(iter(told.values()))
        assert len(mirror.lists()) == 1

    assert not output.exists()
