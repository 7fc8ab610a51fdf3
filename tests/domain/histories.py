"""Hypothesis strategies: histories that add up, and heaps of facts that need not."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from tests.domain.make import ACCOUNT, activity, balance, execution, instrument, intent, order
from tradesync.domain.identity import trade_id
from tradesync.domain.ours import close_client_order_id, open_client_order_id

STOCK, OTHER, COIN, CALL = "AAPL", "MSFT", "BTC/USD", "AAPL260320C00150000"
SYMBOLS = (STOCK, OTHER, COIN, CALL)

quantities = st.integers(1, 5000).map(lambda n: Decimal(n) / 10)
prices = st.integers(1, 50_000).map(lambda n: Decimal(n) / 100)


@dataclass
class History:
    """Rows of one account and what they must add up to."""

    rows: list[Any] = field(default_factory=list)
    held: dict[str, Decimal] = field(default_factory=dict)
    cash: dict[str, Decimal] = field(default_factory=dict)
    """What selling brought less what buying cost, multiplier included, by symbol."""
    opened: list[tuple[str, str]] = field(default_factory=list)
    """(symbol, opening order id)."""


def uuid_of(number: int) -> str:
    """A readable UUID."""
    return f"{number:08d}-0000-4000-8000-000000000000"


@st.composite
def histories(
    draw: st.DrawFn, symbols: tuple[str, ...] = SYMBOLS, steps: int = 8, *, silent: bool = True
) -> History:
    """Orders that open and close within what is held, in one or more fills, some replaced.

    `silent`: some orders do not say whether they open or close.
    """
    history = History(
        held=dict.fromkeys(symbols, Decimal(0)), cash=dict.fromkeys(symbols, Decimal(0))
    )
    for number in range(draw(st.integers(1, steps))):
        says = not silent or draw(st.booleans())
        _add_order(draw, history, number, draw(st.sampled_from(symbols)), says=says)
    return history


def _add_order(draw: st.DrawFn, history: History, number: int, symbol: str, *, says: bool) -> None:
    held = history.held[symbol]
    buys = draw(st.booleans())
    if symbol == COIN and not buys and not held:
        buys = True
    closes = (held > 0 and not buys) or (held < 0 and buys)
    qty = draw(quantities)
    if closes:
        qty = min(qty, abs(held))
    side = "buy" if buys else "sell"
    meant = f"{side}_to_{'close' if closes else 'open'}" if says else ""
    fields: dict[str, Any] = {
        "symbol": symbol,
        "intent": meant,
        "client_order_id": _client_id(draw, history, number, closes=closes),
    }
    order_id = f"o{number:02d}"
    fills = _fills(draw, order_id, side, qty, symbol, number * 100)
    executed = sum((row.qty for row in fills), Decimal(0))
    history.rows += _orders(draw, order_id, side, qty, executed, fills, fields, number * 100)
    history.rows += fills
    sign = 1 if buys else -1
    scale = 100 if symbol == CALL else 1
    history.held[symbol] += sign * executed
    history.cash[symbol] -= sign * scale * sum((r.qty * r.price for r in fills), Decimal(0))
    if not closes:
        history.opened.append((symbol, order_id))


def _client_id(draw: st.DrawFn, history: History, number: int, *, closes: bool) -> str:
    """Ours or not; an exit of ours names a trade, perhaps of another symbol."""
    if not draw(st.booleans()):
        return f"client-{number}"
    if not closes:
        return open_client_order_id(uuid_of(number))
    named = draw(st.sampled_from([order_id for _, order_id in history.opened] or ["none"]))
    return close_client_order_id(uuid_of(number), trade_id(ACCOUNT, named))


def _fills(
    draw: st.DrawFn, order_id: str, side: str, qty: Decimal, symbol: str, t: int
) -> list[Any]:
    """Up to three fills of at most the quantity; times need not follow cum_qty."""
    fills = []
    cum = Decimal(0)
    for part in range(draw(st.integers(0, 3))):
        size = min(draw(quantities), qty - cum)
        if size > 0:
            cum += size
            moment = t + draw(st.integers(1, 50))
            price = str(draw(prices))
            name = f"x{order_id}-{part}"
            fills.append(
                execution(name, order_id, side, str(size), price, symbol=symbol, t=moment,
                          cum=str(cum))
            )  # fmt: skip
    return fills


def _orders(
    draw: st.DrawFn,
    order_id: str,
    side: str,
    qty: Decimal,
    executed: Decimal,
    fills: list[Any],
    fields: dict[str, Any],
    t: int,
) -> list[Any]:
    """The order, whole or as a replaced one and its successor (fills stay on the first)."""
    whole = executed == qty
    end = "filled" if whole else draw(st.sampled_from(["canceled", "partially_filled", "new"]))
    total: dict[str, Any] = {"filled": str(executed), "avg": None}
    if executed:
        total["avg"] = str(sum((r.qty * r.price for r in fills), Decimal(0)) / executed)
    if not whole and draw(st.booleans()):
        successor = f"{order_id}r"
        return [
            order(order_id, side, str(qty), status="replaced", replaced_by=successor, t=t,
                  **total, **fields),
            order(successor, side, str(qty), status="new", replaces=order_id, t=t + 60,
                  **(fields | {"client_order_id": f"client-{successor}"})),
        ]  # fmt: skip
    return [order(order_id, side, str(qty), status=end, t=t, **total, **fields)]


order_ids = st.integers(0, 5).map(lambda n: f"o{n}")
times = st.integers(0, 400_000)
maybe_order = st.none() | order_ids
some_symbol = st.sampled_from(SYMBOLS)
sides = st.sampled_from(["buy", "sell"])
meanings = st.sampled_from(["", "buy_to_open", "sell_to_close", "sell_to_open", "buy_to_close"])
statuses = st.sampled_from(
    ["new", "filled", "canceled", "replaced", "held", "rejected", "pending_cancel", "odd_word"]
)
kinds = st.sampled_from(
    ["ACATS", "SPLIT", "CFEE", "FEE", "OPEXP", "OPTRD", "MA", "SPIN", "NC", "DIV", "WHO", "CIL"]
)
days = st.integers(1, 9).map(lambda n: f"2026-03-{n:02d}")
any_order = st.builds(
    order,
    order_ids,
    sides,
    st.none() | quantities.map(str),
    symbol=some_symbol,
    status=statuses,
    filled=st.just("0") | quantities.map(str),
    avg=st.none() | prices.map(str),
    t=times,
    intent=meanings,
    replaces=maybe_order,
    replaced_by=maybe_order,
    parent_id=maybe_order,
    order_class=st.sampled_from(["", "bracket", "oco"]),
    order_type=st.sampled_from(["limit", "stop", "market"]),
)
any_execution = st.builds(
    execution,
    st.integers(0, 9).map(lambda n: f"e{n}"),
    order_ids,
    st.sampled_from(["buy", "sell", "sell_short"]),
    quantities.map(str),
    prices.map(str),
    symbol=some_symbol,
    t=times,
    cum=quantities.map(str),
)
any_activity = st.builds(
    activity,
    st.integers(0, 9).map(lambda n: f"a{n}"),
    kinds,
    symbol=st.none() | some_symbol,
    qty=st.none() | st.integers(-300, 300).map(str),
    price=st.none() | prices.map(str),
    net=st.none() | st.integers(-50, 50).map(str),
    day=days,
    sub_type=st.sampled_from(["", "", "SDIV", "CMA", "SCMA", "WRM"]),
)
any_balance = st.builds(
    balance,
    st.sampled_from(["d0", "d1"]),
    st.integers(-300, 300),
    prices.map(str),
    symbol=some_symbol,
    t=times,
    override=st.none() | prices.map(str),
)


@st.composite
def heaps(draw: st.DrawFn) -> list[Any]:
    """Facts that need not fit together: each identity once, all else as it comes."""
    orders = draw(st.lists(any_order, max_size=6, unique_by=lambda row: row.order_id))
    symbol_of = {row.order_id: row.symbol for row in orders}
    orders = [
        _named(draw, _within_its_instrument(row, symbol_of), number)
        for number, row in enumerate(orders)
    ]
    executions = draw(st.lists(any_execution, max_size=8, unique_by=lambda r: r.execution_id))
    executions = [
        row for row in executions if symbol_of.setdefault(row.order_id, row.symbol) == row.symbol
    ]
    activities = draw(st.lists(any_activity, max_size=6, unique_by=lambda row: row.activity_id))
    intents = [
        intent(open_client_order_id(uuid_of(number)), symbol=row.symbol, broker_order_id=known)
        for number, row in enumerate(orders)
        if (known := draw(st.sampled_from([None, row.order_id, "skip"]))) != "skip"
    ]
    balances = draw(st.lists(any_balance, max_size=2, unique_by=lambda row: row.decision_id))
    instruments = [instrument(symbol) for symbol in SYMBOLS]
    return [*instruments, *orders, *executions, *activities, *intents, *balances]


def _named(draw: st.DrawFn, row: Any, number: int) -> Any:
    """No two orders share a client order id; some are ours."""
    names = [
        f"client-{number}",
        open_client_order_id(uuid_of(number)),
        close_client_order_id(uuid_of(number), trade_id(ACCOUNT, "o0")),
    ]
    return replace(row, client_order_id=draw(st.sampled_from(names)))


def _within_its_instrument(row: Any, symbol_of: dict[str, str]) -> Any:
    """An order replaces, and hangs under, only orders of its own instrument."""
    links = ("replaces", "replaced_by", "parent_id")
    foreign = {
        name: None
        for name in links
        if symbol_of.setdefault(getattr(row, name) or row.order_id, row.symbol) != row.symbol
    }
    return replace(row, **foreign)
