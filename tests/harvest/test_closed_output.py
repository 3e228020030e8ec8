"""A harvest whose reader has gone, as in `scrapy harvest china | head -1`, keeps its report."""

import subprocess
import sys

from harvest.proofs import reports
from support import QUICK, ROOT


def test_a_report_is_kept_though_nobody_reads_what_is_printed(site, scrapy, output):
    told = QUICK | {"OUTPUT_DIR": str(output), "MIRROR_URL": site.url}
    options = [f"-s{name}={value}" for name, value in told.items()]
    command = [sys.executable, "-u", "-m", "scrapy", "harvest", "china", "-alimit=1", *options]
    with subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as harvest:
        harvest.stdout.close()
        errors = harvest.stderr.read()

    assert "BrokenPipeError" in errors, "else this shows nothing"
    assert harvest.returncode == 0
    assert [report["verdict"] for report in reports(output)] == ["complete"]
    assert scrapy("status").stdout.splitlines()[-1].split()[4] == "complete"
