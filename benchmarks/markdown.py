"""A run's figures as the tables of docs/budgets.md.

python -m benchmarks.markdown RESULTS.json [RESULTS.json ...]
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from benchmarks.figures import Figure


def main() -> None:
    """Print the figures with a budget, then all others."""
    outcomes: dict[str, Any] = {}
    for name in sys.argv[1:]:
        found = json.loads(Path(name).read_text("utf-8"))
        outcomes |= found["benchmarks"]
        print(json.dumps(found["machine"]))
    figures = [Figure(**each) for outcome in outcomes.values() for each in outcome["figures"]]
    print("\n| figure | value | at most | ratio | spread | |\n|---|--:|--:|--:|--:|---|")
    for one in figures:
        if one.budget is not None:
            ratio = f"{one.value / one.budget:.2f}" if one.budget else "—"
            word = "met" if one.met else "**missed**"
            value = f"{one.value:,.10g} {one.unit}"
            print(f"| {one.name} | {value} | {one.budget:g} | {ratio} | {_spread(one)} | {word} |")
    print("\n| figure | value | spread |\n|---|--:|--:|")
    for one in figures:
        if one.budget is None and not one.series:
            print(f"| {one.name} | {one.value:,.10g} {one.unit} | {_spread(one)} |")
    for name, outcome in outcomes.items():
        print(f"\n{name}: {outcome['seconds']} s, load before {outcome['load_before']}")
        if outcome["problem"]:
            print(f"{name} failed: {outcome['problem']}")


def _spread(one: Figure) -> str:
    return "" if one.spread is None else f"{one.spread[0]:,g} … {one.spread[1]:,g}"


if __name__ == "__main__":
    main()
