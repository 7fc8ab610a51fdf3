"""One measured thing, and how several runs of it become one figure."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Figure:
    """The median of some runs in `unit`, what it may be at most, and how far the runs spread."""

    name: str
    value: float
    unit: str
    budget: float | None = None
    spread: tuple[float, float] | None = None
    """Least and most over the runs; None for a single run."""
    series: str = ""
    """The line of a growth plot it is a point of."""
    at: float | None = None
    """Where on that line."""

    @property
    def met(self) -> bool:
        """Whether the value is within its budget."""
        return self.budget is None or self.value <= self.budget


def figure(
    name: str, runs: Sequence[float], unit: str, budget: float | None = None
) -> Figure:  # fmt: skip
    """The figure of several runs."""
    spread = (round(min(runs), 3), round(max(runs), 3)) if len(runs) > 1 else None
    return Figure(name, round(statistics.median(runs), 3), unit, budget, spread)


def told(figures: Sequence[Figure]) -> str:
    """The figures as text, a line each."""
    lines = []
    for found in figures:
        budget = "" if found.budget is None else f"  (at most {found.budget:g})"
        spread = "" if found.spread is None else f"  [{found.spread[0]:g} … {found.spread[1]:g}]"
        mark = "" if found.met else "  MISSED"
        lines.append(f"{found.name}: {found.value:g} {found.unit}{budget}{spread}{mark}")
    return "\n".join(lines)
