"""Compares sinanews with general news extractors: right fields, text and time, in one run.

    python benchmarks/extraction.py [--shared DIR] [--out DIR] [--rounds N]
    python benchmarks/extraction.py --setup

The libraries are installed in `.venv-benchmarks`, made from requirements.lock on first use; none
of them is a dependency of the project. README.md says what is measured and how.
"""

import argparse
import os
import sys
from pathlib import Path

from environment import BENCHMARKS, HERE, ROOT, run


def main() -> int:
    """Makes `.venv-benchmarks` if need be, then measures in it."""
    options = arguments()
    BENCHMARKS.set_up()
    if options.setup:
        return 0
    script = HERE / "extraction_run.py"
    return run(
        BENCHMARKS.python, "-W", "ignore", script, options.shared, options.out, options.rounds
    )


def arguments() -> argparse.Namespace:
    """The options on the command line."""
    shared = os.environ.get("SINANEWS_SHARED") or ROOT.parent / "shared"
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--setup", action="store_true", help="only set the venv up")
    parser.add_argument(
        "--shared", type=Path, default=Path(shared), help="holds conformance/captures (%(default)s)"
    )
    parser.add_argument("--out", type=Path, default=HERE / "results", help="(%(default)s)")
    parser.add_argument("--rounds", type=int, default=7, help="the best counts (%(default)s)")
    options = parser.parse_args()
    if options.rounds < 1:
        parser.error(f"--rounds: {options.rounds} is not accepted; expected 1 or more")
    return options


if __name__ == "__main__":
    sys.exit(main())
