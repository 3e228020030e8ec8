"""Looking at an archive takes as long whatever the archive holds."""

from ledger.conftest import Watched, rejected, story, written

LARGE = {"stories", "revisions", "runs"}
# Short entries, or few of them.
SMALL = {
    "SCAN runs USING COVERING INDEX runs_joined",
    "SCAN runs USING COVERING INDEX runs_verdict",
    "SCAN runs USING INDEX runs_open",
}


def test_a_view_scans_no_large_table(ledger):
    ledger.upsert_listed([story(number) for number in range(9)], "guonei")
    one, two, *_ = ledger.claim(5)
    ledger.record_outcomes([written(one), rejected(two)])
    watched = Watched(ledger)

    assert ledger.view(10).waiting_since is not None
    ledger.failed()
    plans = watched.plans()

    assert len(plans) > 10
    for statement, plan in plans.items():
        steps = set(plan) - SMALL
        scanned = {step.split()[1] for step in steps if step.startswith("SCAN ")}
        scanned |= {name for step in steps for name in LARGE if f"Seq Scan on {name}" in step}
        assert "LIMIT" in statement or not scanned & LARGE, statement
