"""Why a figure of a trade is what it is: the executions, rows and decisions it came from."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum

from tradesync.domain.conclusions import (
    Allocation,
    Conclusions,
    Lot,
    Records,
    Trade,
    TradeSide,
    TradeStatus,
)
from tradesync.domain.day_fees import fee_day
from tradesync.domain.money import ZERO, plain, times
from tradesync.domain.times import Instant, new_york_date, new_york_midnight


class Figure(StrEnum):
    """The figures of a trade that are sums; prices are quotients of two of them."""

    QTY = "qty"
    OPEN_QTY = "open_qty"
    COST = "cost"
    OPEN_COST = "open_cost"
    EXIT_VALUE = "exit_value"
    REALIZED_PNL = "realized_pnl"
    FLOATING_PNL = "floating_pnl"
    FEES = "fees"
    ENTRY_PRICE = "entry_price"
    EXIT_PRICE = "exit_price"


@dataclass(frozen=True, slots=True)
class Price:
    """What a unit of the instrument is worth: the latest price, when it was read and in which
    session."""

    amount: Decimal
    at: Instant
    session: str


@dataclass(frozen=True, slots=True)
class Part:
    """One fact or decision and what it adds to a figure; None where nobody knows."""

    kind: str
    """execution, provisional, transfer, opening_balance, decision, crypto_fee, day fee, price …"""
    source_id: str
    order_id: str | None
    at: Instant
    what: str
    amount: Decimal | None


@dataclass(frozen=True, slots=True)
class Why:
    """A figure, its value, the rule in words, and the parts that add up to it."""

    figure: Figure
    value: Decimal | None
    rule: str
    parts: tuple[Part, ...]

    @property
    def total(self) -> Decimal | None:
        """What the parts add up to; None when one of them is unknown."""
        amounts = [part.amount for part in self.parts]
        known = [amount for amount in amounts if amount is not None]
        return sum(known, ZERO) if len(known) == len(amounts) else None


@dataclass(frozen=True, slots=True)
class _Sources:
    """What a trade was booked from, with every source in words."""

    trade: Trade
    lots: tuple[Lot, ...]
    exits: tuple[Allocation, ...]
    coin_fees: tuple[Allocation, ...]
    words: Mapping[str, tuple[str, str | None]]
    """Source id → what it is, and its order."""
    day_fees: tuple[Part, ...]
    price: Price | None


_RULES: Mapping[Figure, str] = {
    Figure.QTY: "what was opened, in today's units",
    Figure.OPEN_QTY: "what was opened, less what was closed, in today's units",
    Figure.COST: "quantity × price × multiplier of everything that opened it",
    Figure.OPEN_COST: "its cost, less the cost of what was closed, first in, first out",
    Figure.EXIT_VALUE: "what everything that closed it brought (or cost, for a short)",
    Figure.REALIZED_PNL: "value of each closing less the cost of what it closed, before fees",
    Figure.FLOATING_PNL: "latest price × open quantity × multiplier, less what the open lots cost "
    "(for a short the other way)",
    Figure.FEES: "coin taken as a fee at its cost, and this trade's part of the days' fees",
    Figure.ENTRY_PRICE: "cost ÷ quantity ÷ multiplier; the parts are the cost",
    Figure.EXIT_PRICE: "exit value ÷ closed quantity ÷ multiplier; the parts are the exit value",
}


def why(
    figure: Figure, trade: Trade, records: Records, found: Conclusions, price: Price | None = None
) -> Why:
    """Where a figure of a trade comes from; `records` and `found` hold its whole instrument.

    `price`: the latest one, for what floats; None where it counts in no floating total.
    """
    sources = _sources(trade, records, found, price)
    parts = tuple(sorted(_PARTS[figure](sources), key=lambda part: (part.at, part.source_id)))
    if figure is Figure.FLOATING_PNL:
        value = sum((part.amount or ZERO for part in parts), ZERO) if parts else None
    else:
        value = getattr(trade, figure.value)
    return Why(figure, value, _RULES[figure], parts)


def _sources(
    trade: Trade, records: Records, found: Conclusions, price: Price | None
) -> _Sources:
    booked = [row for row in found.allocations if row.trade_id == trade.trade_id]
    return _Sources(
        trade=trade,
        lots=tuple(lot for lot in found.lots if lot.trade_id == trade.trade_id),
        exits=tuple(row for row in booked if not row.is_fee),
        coin_fees=tuple(row for row in booked if row.is_fee),
        words=_words(records, found),
        day_fees=tuple(_day_fees(trade, booked, records, found)),
        price=price,
    )


def _words(records: Records, found: Conclusions) -> dict[str, tuple[str, str | None]]:
    words: dict[str, tuple[str, str | None]] = {}
    for row in (*records.executions, *found.provisional):
        text = f"{row.side} {plain(row.qty)} at {plain(row.price)}"
        words[row.execution_id] = (text, row.order_id)
    for item in records.activities:
        if item.symbol and item.qty:
            text = f"{item.activity_type} of {item.day}, {plain(item.qty)} {item.symbol}"
            words[item.activity_id] = (text, item.order_id)
    for balance in records.opening_balances:
        text = f"imported: the broker held {plain(balance.qty)} at {plain(balance.avg_price)}"
        words[balance.decision_id] = (text, None)
    for one in records.resolutions:
        price = "an unknown price" if one.price is None else plain(one.price)
        words[one.decision_id] = (f"decided: {one.kind} at {price}", None)
    return words


def _part(
    sources: _Sources, kind: str, source_id: str, at: Instant, amount: Decimal | None
) -> Part:
    row_id = source_id.partition("@")[0]  # a fee in the coin names its buy after it
    what, order_id = sources.words.get(row_id, (kind.replace("_", " "), None))
    return Part(kind, source_id, order_id, at, what, amount)


def _of_lots(amount: Callable[[Lot], Decimal]) -> Callable[[_Sources], list[Part]]:
    return lambda sources: [
        _part(sources, lot.source_kind, lot.source_id, lot.opened_at, amount(lot))
        for lot in sources.lots
    ]


def _of_exits(
    amount: Callable[[Allocation], Decimal | None], *, with_fees: bool
) -> Callable[[_Sources], list[Part]]:
    return lambda sources: [
        _part(sources, row.source_kind, row.source_id, row.at, amount(row))
        for row in (*sources.exits, *(sources.coin_fees if with_fees else ()))
    ]


def _both(*groups: Callable[[_Sources], list[Part]]) -> Callable[[_Sources], list[Part]]:
    return lambda sources: [part for group in groups for part in group(sources)]


def _floating(sources: _Sources) -> list[Part]:
    """What the open quantity is worth, and less it what each lot still cost; none unless open."""
    trade, price = sources.trade, sources.price
    if price is None or trade.status is not TradeStatus.OPEN:
        return []
    sign = -1 if trade.side is TradeSide.SHORT else 1
    worth = sign * times(price.amount, trade.open_qty) * trade.multiplier
    units = f" × {trade.multiplier}" if trade.multiplier != 1 else ""
    what = f"{price.session} price {plain(price.amount)} × {plain(trade.open_qty)} open{units}"
    return [
        Part("price", trade.instrument, None, price.at, what, worth),
        *(_open_lot(sources, lot, sign) for lot in sources.lots if lot.open_qty),
    ]


def _open_lot(sources: _Sources, lot: Lot, sign: int) -> Part:
    part = _part(sources, lot.source_kind, lot.source_id, lot.opened_at, -sign * lot.open_cost)
    return replace(part, what=f"{plain(lot.open_qty)} open of {plain(lot.qty)}: {part.what}")


def _fees(sources: _Sources) -> list[Part]:
    taken = [
        _part(sources, row.source_kind, row.source_id, row.at, row.cost)
        for row in sources.coin_fees
    ]
    return [*taken, *sources.day_fees]


def _day_fees(
    trade: Trade, booked: Iterable[Allocation], records: Records, found: Conclusions
) -> Iterable[Part]:
    """This trade's part of the days' fees, beside the rows it is a part of."""
    rows = list(booked)
    share = trade.fees - sum((row.cost for row in rows if row.is_fee), ZERO)
    if not share:
        return
    days = {new_york_date(row.at) for row in rows}
    days |= {new_york_date(lot.opened_at) for lot in found.lots if lot.trade_id == trade.trade_id}
    names = [
        f"{row.activity_type} {plain(-(row.net_amount or ZERO))} of {row.day}"
        for row in records.activities
        if (fee_day(row) in days) or (row.symbol == trade.symbol and row.activity_type == "CFEE")
    ]
    day = max(days)
    what = f"its part of: {', '.join(names)}"
    yield Part("day_fee", f"{trade.trade_id}:{day}", None, new_york_midnight(day), what, share)


_PARTS: Mapping[Figure, Callable[[_Sources], list[Part]]] = {
    Figure.QTY: _of_lots(lambda lot: lot.qty),
    Figure.OPEN_QTY: _both(
        _of_lots(lambda lot: lot.qty), _of_exits(lambda row: -row.qty, with_fees=True)
    ),
    Figure.COST: _of_lots(lambda lot: lot.cost),
    Figure.OPEN_COST: _both(
        _of_lots(lambda lot: lot.cost), _of_exits(lambda row: -row.cost, with_fees=True)
    ),
    Figure.EXIT_VALUE: _of_exits(lambda row: row.value, with_fees=False),
    Figure.REALIZED_PNL: _of_exits(lambda row: row.realized_pnl, with_fees=False),
    Figure.FLOATING_PNL: _floating,
    Figure.FEES: _fees,
    Figure.ENTRY_PRICE: _of_lots(lambda lot: lot.cost),
    Figure.EXIT_PRICE: _of_exits(lambda row: row.value, with_fees=False),
}
