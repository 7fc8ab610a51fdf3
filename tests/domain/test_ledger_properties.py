"""What holds for every history: the same rows in any order, exact sums, stable ids."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import fields, replace
from decimal import Decimal
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.domain.histories import CALL, COIN, OTHER, STOCK, History, heaps, histories
from tests.domain.make import at, balance, instrument, records
from tests.effort import examples
from tradesync.domain.conclusions import Conclusions, Records, TradeSide
from tradesync.domain.exchanges import exchange_partners
from tradesync.domain.facts import Execution, Order
from tradesync.domain.ledger import conclude

moderate = settings(
    max_examples=examples(60), deadline=None, suppress_health_check=[HealthCheck.too_slow]
)

_IDENTITIES = {
    "trades": "trade_id",
    "lots": "lot_id",
    "allocations": "allocation_id",
    "provisional": "execution_id",
    "unmatched_exits": "source_id",
    "working_exits": "order_id",
    "reviews": "review_id",
}


def signed_open(concluded: Conclusions, symbol: str) -> Decimal:
    """Σ signed open lots of an instrument."""
    side = {row.trade_id: 1 if row.side is TradeSide.LONG else -1 for row in concluded.trades}
    key = instrument(symbol).key
    return sum(
        (side[lot.trade_id] * lot.open_qty for lot in concluded.lots if lot.instrument == key),
        Decimal(0),
    )


def assert_costs_are_conserved(concluded: Conclusions) -> None:
    """Σ allocation.cost + open cost = cost, for each lot, exactly; quantities too."""
    cost: Counter[str] = Counter()
    qty: Counter[str] = Counter()
    for row in concluded.allocations:
        cost[row.lot_id] += row.cost  # type: ignore[assignment]
        qty[row.lot_id] += row.qty  # type: ignore[assignment]
    for lot in concluded.lots:
        assert lot.open_cost + cost[lot.lot_id] == lot.cost
        assert lot.open_qty + qty[lot.lot_id] == lot.qty
        assert lot.open_qty >= 0


@moderate
@given(histories())
def test_open_lots_add_up_to_what_the_fills_say(history: History) -> None:
    concluded = conclude(records(*history.rows))
    assert concluded.unmatched_exits == ()
    for symbol, held in history.held.items():
        assert signed_open(concluded, symbol) == held


@moderate
@given(histories(), st.integers(1, 500))
def test_realized_and_floating_are_what_the_cash_says(history: History, mark: int) -> None:
    concluded = conclude(records(*history.rows))
    for symbol, held in history.held.items():
        scale = 100 if symbol == CALL else 1
        rows = [row for row in concluded.trades if row.symbol == symbol]
        total = Decimal(0)
        for row in rows:
            assert row.realized_pnl is not None
            sign = 1 if row.side is TradeSide.LONG else -1
            total += row.realized_pnl + sign * (row.open_qty * mark * scale - row.open_cost)
        assert total == history.cash[symbol] + held * mark * scale


@moderate
@given(histories(), st.data())
def test_fills_not_read_yet_change_no_quantity(history: History, data: st.DataObject) -> None:
    kept = [
        row
        for row in history.rows
        if not (isinstance(row, Execution) and row.symbol != COIN and data.draw(st.booleans()))
    ]
    concluded = conclude(records(*(instrument(symbol) for symbol in history.held), *kept))
    for symbol, held in history.held.items():
        assert signed_open(concluded, symbol) == held


@moderate
@given(heaps() | histories().map(lambda history: history.rows), st.randoms())
def test_the_order_of_facts_does_not_matter(rows: list[Any], random: Any) -> None:
    shuffled = list(rows)
    random.shuffle(shuffled)
    assert conclude(records(*shuffled)) == conclude(records(*rows))


@moderate
@given(heaps() | histories().map(lambda history: history.rows))
def test_concluding_again_changes_nothing(rows: list[Any]) -> None:
    facts = records(*rows)
    assert conclude(facts) == conclude(facts)


@moderate
@given(heaps(), st.booleans())
def test_costs_are_conserved_whatever_the_facts(rows: list[Any], complete: bool) -> None:
    assert_costs_are_conserved(conclude(records(*rows, history_complete=complete)))


@moderate
@given(heaps(), st.booleans())
def test_every_row_has_an_identity_of_its_own(rows: list[Any], complete: bool) -> None:
    concluded = conclude(records(*rows, history_complete=complete))
    for name, identity in _IDENTITIES.items():
        ids = [getattr(row, identity) for row in getattr(concluded, name)]
        assert ids == sorted(set(ids))


@moderate
@given(heaps())
def test_every_provisional_execution_is_booked(rows: list[Any]) -> None:
    concluded = conclude(records(*rows))
    rows_booked: list[Any] = [
        *concluded.lots, *concluded.allocations, *concluded.unmatched_exits
    ]  # fmt: skip
    booked = {row.source_id for row in rows_booked}
    assert {row.execution_id for row in concluded.provisional} <= booked


@moderate
@given(heaps())
def test_amounts_are_at_twelve_places(rows: list[Any]) -> None:
    concluded = conclude(records(*rows))
    for name in _IDENTITIES:
        for row in getattr(concluded, name):
            for item in fields(row):
                value = getattr(row, item.name)
                if isinstance(value, Decimal):
                    assert value.as_tuple().exponent == -12, (name, item.name, value)


@moderate
@given(histories())
def test_trade_ids_stay_as_more_facts_arrive(history: History) -> None:
    whole = {row.trade_id for row in conclude(records(*history.rows)).trades}
    for moment in range(50, 900, 100):
        early = [row for row in history.rows if _time(row) <= at(moment)]
        known = conclude(records(*(instrument(symbol) for symbol in history.held), *early))
        explicit = {
            row.trade_id for row in known.trades if _is_explicit(row.broker_order_id, early)
        }
        assert explicit <= whole


@moderate
@given(heaps())
def test_one_instrument_and_its_partners_alone_give_the_same_rows(rows: list[Any]) -> None:
    facts = records(*rows)
    whole = conclude(facts)
    for symbol in (STOCK, OTHER, COIN, CALL):
        key = instrument(symbol).key
        partners = exchange_partners({symbol}, facts.activities, lambda name: {name})
        alone = conclude(_only_of(facts, whole, partners))
        for name in _IDENTITIES:
            expected = [row for row in getattr(whole, name) if _belongs(row, key, symbol)]
            found = [row for row in getattr(alone, name) if _belongs(row, key, symbol)]
            assert found == expected, name


@moderate
@given(histories(symbols=(STOCK,), silent=False), st.integers(1, 2000), st.integers(1, 100))
def test_import_makes_lots_match_what_was_observed(history: History, qty: int, price: int) -> None:
    concluded = conclude(records(*history.rows, balance("d", qty, price, t=2000)))
    held = signed_open(concluded, STOCK)
    assert held == max(history.held[STOCK], Decimal(qty))
    assert_costs_are_conserved(concluded)
    again = conclude(
        records(*history.rows, balance("d", qty, price, t=2000), balance("e", qty, price, t=3000))
    )
    assert again.lots == concluded.lots


def _time(row: Any) -> int:
    return row.at if isinstance(row, Execution) else int(row.created_at)


def _is_explicit(order_id: str | None, rows: list[Any]) -> bool:
    """Whether the order said what it meant: a silent one may turn out an exit when it fills."""
    return any(
        isinstance(row, Order) and row.order_id == order_id and row.position_intent for row in rows
    )


def _only_of(facts: Records, whole: Conclusions, symbols: Collection[str]) -> Records:
    """The records of some instruments, with what the rest of the account proves and sold."""
    return replace(
        facts,
        orders=tuple(row for row in facts.orders if row.symbol in symbols),
        executions=tuple(row for row in facts.executions if row.symbol in symbols),
        activities=tuple(
            row for row in facts.activities if row.symbol is None or row.symbol in symbols
        ),
        intents=tuple(row for row in facts.intents if row.symbol in symbols),
        opening_balances=tuple(row for row in facts.opening_balances if row.symbol in symbols),
        chain_reading=whole.chain_reading,
    )


def _belongs(row: Any, key: str, symbol: str) -> bool:
    if hasattr(row, "instrument"):
        return bool(row.instrument == key)
    return bool(row.symbol == symbol)
