"""Why a number: its parts as rows to show, print or export."""

from __future__ import annotations

from tradesync.domain.times import format_instant
from tradesync.domain.why import Why
from tradesync.views.export import Json, exact


def part_records(found: Why) -> list[dict[str, Json]]:
    """The parts as plain records; amounts as exact text, empty where nobody knows."""
    return [
        {
            "at": format_instant(part.at),
            "kind": part.kind,
            "what": part.what,
            "amount": "" if part.amount is None else exact(part.amount),
            "order_id": part.order_id or "",
            "source_id": part.source_id,
        }
        for part in found.parts
    ]
