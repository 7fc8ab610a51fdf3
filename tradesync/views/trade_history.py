"""Why a trade's row changed: the cause, read from which of its fields a run moved together."""

from __future__ import annotations

from collections.abc import Collection

from tradesync.views.activity import TradeChange

_CAUSES: tuple[tuple[Collection[str], str], ...] = (
    ({"qty", "open_qty"}, "fills or activities"),
    ({"cost", "open_cost", "entry_price", "exit_price", "exit_value"}, "a price or cost known now"),
    ({"realized_pnl"}, "a closing's value known now"),
    ({"fees"}, "a fee row"),
    ({"order_status", "ordered_qty", "client_order_id", "broker_order_id"}, "its order"),
    ({"symbol", "instrument", "asset_id"}, "a symbol change"),
    ({"flags"}, "what is certain about it"),
)


def change_cause(change: TradeChange) -> str:
    """What lay behind a change, in a few words."""
    if change.is_new:
        return "first seen"
    moved = {event.field: event.new for event in change.fields}
    if reason := moved.get("close_reason"):
        return reason.replace("_", " ")
    if moved.get("status") == "open":
        return "filled"
    return next((words for names, words in _CAUSES if moved.keys() & names), "its records")
