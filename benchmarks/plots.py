"""Draws growth: every series of a run's JSON as a small plot, one picture a subject.

    python benchmarks/plots.py RESULTS.json FOLDER

Runs in an environment with matplotlib; needs nothing else of this program.
"""

from __future__ import annotations

import json
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any

import matplotlib as mpl

mpl.use("svg")

from matplotlib import pyplot as plt
from matplotlib.axes import Axes

mpl.rcParams["svg.hashsalt"] = "growth"
mpl.rcParams["font.size"] = 9


def main() -> None:
    """Write one SVG a subject."""
    results, folder = Path(sys.argv[1]), Path(sys.argv[2])
    folder.mkdir(parents=True, exist_ok=True)
    for subject, lines in subjects(json.loads(results.read_text("utf-8"))).items():
        figure, axes = plt.subplots(1, len(lines), figsize=(3.6 * len(lines), 2.8), squeeze=False)
        for axis, (what, points) in zip(axes[0], lines.items(), strict=True):
            _draw(axis, subject, what, sorted(dict(points).items()))
        figure.tight_layout()
        name = subject.replace(" ", "-")
        figure.savefig(folder / f"{name}.svg", metadata={"Date": None})
        plt.close(figure)


def subjects(found: dict[str, Any]) -> dict[str, dict[str, list[tuple[float, float]]]]:
    """Points by subject and by what was measured, from series called "subject: what"."""
    grouped: dict[str, dict[str, list[tuple[float, float]]]] = defaultdict(dict)
    for outcome in found["benchmarks"].values():
        for figure in outcome["figures"]:
            if figure["series"]:
                subject, _, what = figure["series"].partition(": ")
                grouped[subject].setdefault(what, []).append((figure["at"], figure["value"]))
    return grouped


def _draw(axis: Axes, subject: str, what: str, points: list[tuple[float, float]]) -> None:
    axis.plot(*zip(*points, strict=True), marker="o", color="#1f6feb")
    axis.set_xscale("log")
    axis.set_ylim(0, 1.1 * max(value for _, value in points))
    axis.set_xticks([at for at, _ in points], [f"{at:,.0f}" for at, _ in points])
    axis.minorticks_off()
    axis.set_title(what, loc="left", fontsize=9)
    axis.set_xlabel(subject)
    axis.grid(visible=True, alpha=0.3)
    axis.spines[["top", "right"]].set_visible(False)


if __name__ == "__main__":
    main()
