"""The proof of the books as rows to show, print or export."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from tradesync.domain.money import ZERO
from tradesync.domain.proof import Day, Line, Proof
from tradesync.views.export import Json, exact


def shown_days(proof: Proof, day: date | None = None) -> tuple[Day, ...]:
    """The days of a proof, or the one asked for (none when nothing happened on it)."""
    return proof.days if day is None else tuple(item for item in proof.days if item.day == day)


def difference_text(line: Line) -> str:
    """What makes up the difference of a line, in words: *rounding 0.004, unexplained 5*."""
    return ", ".join(f"{why} {exact(amount)}" for why, amount in line.parts.items()) or "none"


def line_records(proof: Proof) -> list[dict[str, Json]]:
    """The lines as plain records; amounts as exact text."""
    return [
        {
            "subject": line.subject,
            "ours": exact(line.ours),
            "broker": exact(line.theirs),
            "difference": exact(line.difference),
            "parts": difference_text(line),
            "proved": line.is_proved,
        }
        for line in proof.lines
    ]


def day_records(days: tuple[Day, ...]) -> list[dict[str, Json]]:
    """The days as plain records; amounts as exact text, empty where no snapshot is stored."""
    return [
        {
            "day": day.day.isoformat(),
            "flows": "; ".join(f"{kind} {exact(usd)}" for kind, usd in sorted(day.flows.items())),
            "cash": exact(day.cash),
            "holdings": len(day.held),
            "equity": "" if day.equity is None else exact(day.equity),
            "market_value": "" if day.market_value is None else exact(day.market_value),
        }
        for day in days
    ]


@dataclass(frozen=True, slots=True)
class HoldingLine:
    """One instrument on one day: what moved (signed units) and what was held at its end."""

    symbol: str
    moved: Decimal
    held: Decimal


def day_of(proof: Proof, day: date) -> Day:
    """A day of the proof; one without movements holds what the day before it left."""
    earlier = [item for item in proof.days if item.day <= day]
    if not earlier:
        return Day(day, {}, {}, ZERO, {}, None, None)
    last = earlier[-1]
    if last.day == day:
        return last
    return Day(day, {}, {}, last.cash, last.held, None, None)


def holding_lines(day: Day, symbols: Mapping[str, str]) -> tuple[HoldingLine, ...]:
    """What a day moved and left, by symbol; `symbols`: instrument → symbol."""
    lines = (
        HoldingLine(symbols.get(key, key), day.moved.get(key, ZERO), day.held.get(key, ZERO))
        for key in day.moved.keys() | day.held.keys()
    )
    return tuple(sorted(lines, key=lambda line: line.symbol))


def other_flows(day: Day, named: Collection[str]) -> Decimal | None:
    """The money of a day that is of none of these kinds; None when there is none."""
    others = [usd for kind, usd in day.flows.items() if kind not in named]
    return sum(others, ZERO) if others else None
