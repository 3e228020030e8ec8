"""nginx in place of the site, serving what the mirror wrote to disk."""

import pytest

from benchmarks.harvest_server import serving
from harvest.proofs import assert_accounts_balance, written
from sinanews.mirror.server import running
from sinanews.mirror.site import Site

pytestmark = pytest.mark.servers("nginx")


def test_a_harvest_from_nginx_equals_one_from_the_mirror(scrapy, output, tmp_path):
    own, site, folder = tmp_path / "own", tmp_path / "site", tmp_path / "nginx"
    folder.mkdir()
    scrapy("mirror", "--write", str(site), "--articles", "60", "--tick", "0")

    with serving(site, folder) as url:
        run = scrapy("harvest", "china", mirror=url, OUTPUT_DIR=str(own))
        again = scrapy("harvest", "china", mirror=url, OUTPUT_DIR=str(own))
    with running(Site(articles=60, tick=0)) as mirror:
        scrapy("harvest", "china", mirror=mirror.url)

    assert (run.returncode, again.returncode) == (0, 0), run.stderr
    assert "written 0 + updated 0 +" in again.stdout
    assert written(own) == written(output)
    assert len(written(own)) > 40
    assert_accounts_balance(own)
