"""pyproject.toml sets Scrapy no upper bound, so its newest release has to do.

With `-rP` pytest shows which one was tried.
"""

from support import ROOT, posts


def test_a_harvest_of_the_mirror_works_with_the_newest_scrapy(newest, output):
    environment, version = newest
    print(f"tried with Scrapy {version}")  # noqa: T201 - for whoever asks pytest with -rP
    assert environment.scrapy("version", cwd=ROOT).stdout.strip() == f"Scrapy {version}"

    with environment.mirror(ROOT) as url:
        command = ("crawl", "china", "-a", "limit=20", "-s", f"OUTPUT_DIR={output}")
        run = environment.harvest(*command, cwd=ROOT, mirror=url)

    assert run.returncode == 0, run.stderr
    assert len(posts(output)) == 20
