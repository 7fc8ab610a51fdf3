"""The books balance after any sequence of orders, prices, bookings and nights."""

from __future__ import annotations

import tempfile
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.effort import examples
from tradesync.simulator.bookings import book, book_unexplained, split
from tradesync.simulator.broker import Broker
from tradesync.simulator.dump import floating
from tradesync.simulator.engine import (
    DEPOSIT,
    KEY,
    SECRET,
    Options,
    advance,
    deposit,
    new_account,
    open_broker,
)
from tradesync.simulator.errors import ApiError
from tradesync.simulator.ledger import Ledger
from tradesync.simulator.lifecycle import cancel, resume, submit
from tradesync.simulator.margin import reserve, reserved
from tradesync.simulator.order_request import read_request
from tradesync.simulator.replacement import replace_order
from tradesync.simulator.rest.account import account_json
from tradesync.simulator.rest.positions import position_json
from tradesync.simulator.wire import SECOND, multiplier

SYMBOLS = ("AAPL", "OCGN", "BTC/USD", "XOM")
CENT = Decimal("0.01")
UNEXPLAINED = Decimal(3)

ORDER = st.tuples(
    st.just("order"),
    st.sampled_from(SYMBOLS),
    st.sampled_from(("buy", "sell")),
    st.sampled_from(("1", "7", "100", "0.25", "3.141592653")),
    st.sampled_from((None, "0.97", "1.03")),
)
PRICE = st.tuples(st.just("price"), st.sampled_from(SYMBOLS), st.sampled_from(("0.9", "1.07")))
BOOKING = st.tuples(
    st.just("book"),
    st.sampled_from(("CSD", "CSW", "DIV", "FEE", "ACATS", "JNLS", "SPIN", "INT", "CFEE")),
    st.sampled_from(SYMBOLS),
)
OTHER = st.tuples(
    st.sampled_from(("cancel", "replace", "night", "minute", "split", "unexplained")),
    st.sampled_from(SYMBOLS),
)
START = (
    ("order", "BTC/USD", "buy", "3.141592653", None),
    ("order", "BTC/USD", "sell", "1", None),
    ("order", "AAPL", "buy", "50.25", None),
    ("order", "XOM", "sell", "7", None),
)
STEPS = st.lists(st.one_of(ORDER, ORDER, PRICE, BOOKING, OTHER), min_size=3, max_size=30)


@contextmanager
def books(directory: Path) -> Iterator[tuple[Broker, Ledger]]:
    """An empty account of 100,000 on a stepped clock."""
    broker, fresh = open_broker(directory, Options(as_of=date(2026, 11, 18), stepped=True))
    try:
        if fresh:
            with broker.change():
                deposit(broker, new_account(broker, "paper", KEY, SECRET), DEPOSIT)
        yield broker, next(iter(broker.ledgers.values()))
    finally:
        broker.database.close()


def act(broker: Broker, ledger: Ledger, step: tuple[Any, ...]) -> None:
    """One step; refusals change nothing."""
    kind, rest = step[0], step[1:]
    try:
        with broker.change():
            ACTIONS[kind](broker, ledger, *rest)
    except ApiError:
        return


def order(
    broker: Broker, ledger: Ledger, symbol: str, side: str, qty: str, part: str | None
) -> None:
    body = {"symbol": symbol, "qty": qty, "side": side, "type": "market", "time_in_force": "day"}
    if symbol == "BTC/USD":
        body |= {"time_in_force": "gtc", "qty": str(Decimal(qty) / 10)}
    if part is not None:
        limit = (broker.market.last(symbol) * Decimal(part)).quantize(CENT)
        body |= {"type": "limit", "limit_price": str(limit)}
    submit(broker, ledger, read_request(body))


def price(broker: Broker, ledger: Ledger, symbol: str, part: str) -> None:
    moved = (broker.market.last(symbol) * Decimal(part)).quantize(Decimal("0.0001"))
    broker.market.set_price(symbol, moved, broker.now(), pinned=True)
    resume(broker, ledger)


def booking(broker: Broker, ledger: Ledger, kind: str, symbol: str) -> None:
    entry: dict[str, Any] = {"activity_type": kind}
    if kind in {"CSD", "CSW", "FEE", "INT", "DIV"}:
        entry["net_amount"] = "-12.34" if kind in {"CSW", "FEE"} else "55.5"
    if kind in {"ACATS", "JNLS", "SPIN", "DIV", "CFEE"}:
        entry |= {"symbol": symbol, "qty": "-0.001" if kind == "CFEE" else "4"}
    if kind in {"ACATS", "CFEE"}:
        entry["price"] = "10"
    book(broker, ledger, entry)


def first_open(ledger: Ledger) -> Any:
    alive = ledger.alive_orders()
    if not alive:
        raise ApiError(404, 0, "no open order")
    return alive[0]


def replaced(broker: Broker, ledger: Ledger, _: str) -> None:
    found = first_open(ledger)
    replace_order(broker, ledger, found, {"qty": (found.qty or 0) + 1})


def night(broker: Broker, ledger: Ledger, _: str) -> None:
    advance(broker, broker.now() + 20 * 3600 * SECOND)


def split_held(broker: Broker, ledger: Ledger, symbol: str) -> None:
    if ledger.position(symbol).qty:
        split(broker, ledger, symbol, Decimal(2))


ACTIONS: dict[str, Any] = {
    "order": order,
    "price": price,
    "book": booking,
    "cancel": lambda broker, ledger, _: cancel(broker, ledger, first_open(ledger)),
    "replace": replaced,
    "night": night,
    "minute": lambda broker, ledger, _: advance(broker, broker.now() + 60 * SECOND),
    "split": split_held,
    "unexplained": lambda broker, ledger, symbol: book_unexplained(
        ledger, symbol, UNEXPLAINED, Decimal("8.5")
    ),
}


def check(ledger: Ledger) -> None:
    """Every identity of the books at one instant."""
    kept = ledger.account
    shown = account_json(ledger)
    values = [position_json(ledger, *held) for held in ledger.held_positions()]
    total = Decimal(shown["cash"]) + sum(Decimal(str(row["market_value"])) for row in values)
    assert abs(total - Decimal(shown["equity"])) <= CENT / 2
    sources = kept.net_deposits + kept.realized + floating(ledger) + kept.income - kept.fees
    assert abs(sources + kept.unexplained - ledger.equity()) < Decimal("0.000001") * 10
    alive = (reserve(ledger, found) for found in ledger.alive_orders())
    assert reserved(ledger) == sum(alive, Decimal(0))
    for row in values:
        assert 0 <= abs(Decimal(str(row["qty_available"]))) <= abs(Decimal(str(row["qty"])))


def check_against_rows(ledger: Ledger) -> None:
    """Orders equal their executions, and cash equals what rows and fees moved."""
    filled: dict[str, Decimal] = defaultdict(Decimal)
    cash = -ledger_fees_of_sales(ledger)
    for row in ledger.activities.values():
        body = row.body
        if row.type != "FILL":
            cash += Decimal(body["net_amount"]) if not is_sale_fee(body) else 0
            continue
        qty = Decimal(body["qty"])
        factor = multiplier(ledger.orders[body["order_id"]].asset_class)
        cash += qty * Decimal(body["price"]) * factor * (-1 if body["side"] == "buy" else 1)
        filled[body["order_id"]] += qty
    assert cash == ledger.account.cash
    for found in ledger.orders.values():
        before = ledger.orders[found.replaces].filled_qty if found.replaces else 0
        assert filled[found.id] == found.filled_qty - before
        if found.status == "filled" and found.qty is not None:
            assert found.filled_qty == found.qty


def check_replayed(ledger: Ledger, unexplained: list[str]) -> None:
    """Rows added up from the first, fees still to be booked and the unexplained: the holdings."""
    held: dict[str, Decimal] = defaultdict(Decimal)
    for row in ledger.activities.values():
        if row.type == "DIV" or "qty" not in row.body:
            continue
        sold = row.type == "FILL" and row.body["side"] != "buy"
        qty = Decimal(row.body["qty"]) * (-1 if sold else 1)
        held[row.body["symbol"].replace("/", "")] += qty
    for fee in ledger.account.crypto_fees:
        held[fee.symbol.replace("/", "")] -= fee.qty
    for symbol in unexplained:
        held[symbol.replace("/", "")] += UNEXPLAINED
    shown = {asset.position_symbol: place.qty for place, asset in ledger.held_positions()}
    assert {symbol: qty for symbol, qty in held.items() if qty} == shown


def is_sale_fee(body: dict[str, str]) -> bool:
    return body.get("description") == "Coin Pair Transaction Fee (USD)"


def ledger_fees_of_sales(ledger: Ledger) -> Decimal:
    """Dollars taken at coin sales: booked rows, and what waits for the end of the day."""
    rows = [row.body for row in ledger.activities.values() if row.type == "CFEE"]
    booked = sum((-Decimal(body["net_amount"]) for body in rows if is_sale_fee(body)), Decimal(0))
    return booked + sum((fee.usd for fee in ledger.account.crypto_fees), Decimal(0))


@settings(max_examples=examples(40), deadline=None)
@given(STEPS)
def test_books_balance_and_survive_a_restart(steps: list[tuple[Any, ...]]) -> None:
    with tempfile.TemporaryDirectory() as directory:
        with books(Path(directory)) as (broker, ledger):
            for step in (*START, *steps):
                act(broker, ledger, step)
                check(ledger)
            check_against_rows(ledger)
            check_replayed(ledger, [step[1] for step in steps if step[0] == "unexplained"])
            before = (ledger.account, ledger.orders.values(), ledger.positions.values())
            rows = ledger.by_activity_id
        with books(Path(directory)) as (_, again):
            assert again.account == before[0]
            assert sorted(again.orders.values(), key=str) == sorted(before[1], key=str)
            assert sorted(again.positions.values(), key=str) == sorted(before[2], key=str)
            assert again.by_activity_id == rows


def test_a_change_that_fails_half_way_leaves_nothing_behind(tmp_path: Path) -> None:
    with books(tmp_path) as (broker, ledger):
        body = {"symbol": "AAPL", "qty": "5", "side": "buy", "type": "market"}
        before = ledger.account

        def half_done() -> None:
            with broker.change():
                submit(broker, ledger, read_request({**body, "time_in_force": "day"}))
                assert ledger.position("AAPL").qty == 5
                raise ApiError(500, 0, "the power went out")

        with pytest.raises(ApiError):
            half_done()
        assert ledger.account == before
        assert ledger.orders.values() == []
        assert ledger.by_submission == []
        assert ledger.open_ids == set()
        assert ledger.position("AAPL").qty == 0
        assert len(ledger.by_activity_id) == 1
