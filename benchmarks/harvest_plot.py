"""Draws the figures of benchmarks/harvest.py.

    python benchmarks/harvest_plot.py FIGURES PLOT

runs in the benchmarks' own venv.
"""

# mypy: disable-error-code="import-not-found"
# (matplotlib is in the benchmarks' own venv only)

import json
import sys
from pathlib import Path
from statistics import median

import matplotlib as mpl

from harvest_table import LABELS

mpl.use("svg")
from matplotlib import pyplot as plt

OURS, THEIRS = "#c0392b", "#7f8c8d"


def main(figures: Path, plot: Path) -> None:
    """Draws a bar for each contestant, with the spread of its rounds."""
    results = json.loads(figures.read_text("utf-8"))
    names = [name for name in LABELS if name in results["rounds"]][::-1]
    seconds = [[round_["seconds"] for round_ in results["rounds"][name]] for name in names]
    rates = [[results["articles"] / value for value in values] for values in seconds]
    medians = [median(values) for values in rates]
    spread = [
        [middle - min(values) for middle, values in zip(medians, rates, strict=True)],
        [max(values) - middle for middle, values in zip(medians, rates, strict=True)],
    ]
    figure, axes = plt.subplots(figsize=(9, 0.5 * len(names) + 1.2), layout="constrained")
    colours = [OURS if name.startswith("sinanews") else THEIRS for name in names]
    labels = [LABELS[name].strip("*").replace("`", "") for name in names]
    axes.barh(labels, medians, xerr=spread, color=colours, capsize=3)
    axes.set_xlabel("articles per second (median; the line spans the rounds)")
    axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(plot, metadata={"Date": None})


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
