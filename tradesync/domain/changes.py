"""What changed about trades between two conclusions, in words a person can read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from decimal import Decimal

from tradesync.domain.conclusions import Trade
from tradesync.domain.money import plain
from tradesync.domain.times import format_instant

_INSTANTS = frozenset({"ordered_at", "opened_at", "closed_at"})
_SILENT = frozenset({"trade_id"})
_OF_A_NEW_TRADE = (
    "symbol", "side", "source", "ordered_qty", "qty", "open_qty", "entry_price", "exit_price",
    "realized_pnl", "close_reason", "order_status", "flags",
)  # fmt: skip
"""What a person wants to know of a trade that was not there before, besides its status."""


@dataclass(frozen=True, slots=True)
class Change:
    """One field of one trade. `old` and `new` as exact readable text; None: no value."""

    trade_id: str
    field: str
    old: str | None
    new: str | None


def trade_changes(before: Mapping[str, Trade], after: Mapping[str, Trade]) -> tuple[Change, ...]:
    """One change for each field that differs, by trade id; nothing for what stayed the same.

    A new trade tells its status and its main figures; one that is gone, only that it is.
    """
    found: list[Change] = []
    for trade_id in sorted(before.keys() | after.keys()):
        old, new = before.get(trade_id), after.get(trade_id)
        if old is None and new is not None:
            found += _of_a_new_trade(new)
        elif new is None and old is not None:
            found.append(Change(trade_id, "status", old.status, None))
        elif old is not None and new is not None and old != new:
            found += _differences(old, new)
    return tuple(found)


def _of_a_new_trade(trade: Trade) -> Iterator[Change]:
    yield Change(trade.trade_id, "status", None, trade.status)
    for name in _OF_A_NEW_TRADE:
        value = _text(name, getattr(trade, name))
        if value not in {None, "", "0"}:
            yield Change(trade.trade_id, name, None, value)


def _differences(old: Trade, new: Trade) -> Iterator[Change]:
    for item in fields(Trade):
        was, now = getattr(old, item.name), getattr(new, item.name)
        if was != now and item.name not in _SILENT:
            yield Change(new.trade_id, item.name, _text(item.name, was), _text(item.name, now))


def _text(name: str, value: object) -> str | None:
    """Exact text: decimals without trailing zeros, instants as RFC 3339, flags with commas."""
    if value is None:
        return None
    if isinstance(value, Decimal):
        return plain(value)
    if isinstance(value, tuple):
        return ", ".join(str(part) for part in value)
    if isinstance(value, int) and name in _INSTANTS:
        return format_instant(value)
    return str(value)
