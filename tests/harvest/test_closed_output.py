"""A harvest whose stdout is closed, as in `scrapy harvest china | head -1`, writes its report."""

import subprocess
import sys

from harvest.proofs import reports
from support import QUICK, ROOT


def test_the_report_is_written_when_stdout_is_closed(site, scrapy, output):
    settings = QUICK | {"OUTPUT_DIR": str(output), "MIRROR_URL": site.url}
    options = [f"-s{name}={value}" for name, value in settings.items()]
    command = [sys.executable, "-u", "-m", "scrapy", "harvest", "china", "-alimit=1", *options]
    with subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as harvest:
        harvest.stdout.close()
        stderr = harvest.stderr.read()

    assert "BrokenPipeError" in stderr, "else this shows nothing"
    assert harvest.returncode == 0
    assert [report["verdict"] for report in reports(output)] == ["complete"]
    assert scrapy("status").stdout.splitlines()[-1].split()[4] == "complete"
