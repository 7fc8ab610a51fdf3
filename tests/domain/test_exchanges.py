"""Mergers, spin-offs and other exchanges: what moves, what it cost, what is realized."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.domain.make import (
    ACCOUNT,
    activity,
    at,
    execution,
    instrument,
    only,
    order,
    records,
    trades_of,
)
from tradesync.domain.conclusions import Conclusions, TradeSide, TradeStatus
from tradesync.domain.exchanges import exchange_partners
from tradesync.domain.identity import trade_id
from tradesync.domain.ledger import conclude

DAY = 86_400


def bought(qty: int = 100, price: int = 200, name: str = "b", **fields: Any) -> list[object]:
    """A filled purchase."""
    t = fields.pop("t", 0)
    return [
        order(name, qty=qty, filled=qty, avg=price, t=t, **fields),
        execution(f"e-{name}", name, qty=qty, price=price, t=t + 1, **fields),
    ]


def merger(out: str, came: str, sub_type: str = "SMA", **fields: Any) -> list[object]:
    """The rows of AAPL becoming BUYER."""
    return [
        instrument("BUYER"),
        activity("m1", "MA", qty=out, sub_type=sub_type, **fields),
        activity("m2", "MA", symbol="BUYER", qty=came, sub_type=sub_type, **fields),
    ]


def by_symbol(concluded: Conclusions) -> dict[str, Any]:
    """Trades by symbol, one of each."""
    return {row.symbol: row for row in trades_of(concluded)}


def test_p27_a_stock_merger_moves_the_cost_and_realizes_nothing() -> None:
    concluded = conclude(records(*bought(), *merger("-100", "50")))
    old, new = (by_symbol(concluded)[name] for name in ("AAPL", "BUYER"))
    assert (old.status, old.close_reason, old.realized_pnl) == ("closed", "exchanged", None)
    assert (new.open_qty, new.cost, new.entry_price) == (50, 20000, 400)
    assert "unknown_basis" not in new.flags
    item = only(concluded.reviews)
    assert (item.kind, item.instrument) == ("exchange_basis", instrument("BUYER").key)
    assert "cost of what they replace moved along" in item.detail


def test_the_cost_moves_whichever_row_is_named_first() -> None:
    rows = [*bought(), *merger("-100", "50")]
    swapped = [*bought(), instrument("BUYER"), activity("m2", "MA", qty=-100, sub_type="SMA"),
               activity("m1", "MA", symbol="BUYER", qty=50, sub_type="SMA")]  # fmt: skip
    for each in (rows, swapped):
        assert by_symbol(conclude(records(*each)))["BUYER"].cost == 20000


def test_a_later_sale_realizes_against_the_cost_carried_on() -> None:
    rows = [
        *bought(),
        *merger("-100", "50"),
        order("s", "sell", 50, symbol="BUYER", filled=50, avg=450, t=3 * DAY),
        execution("x", "s", "sell", 50, 450, symbol="BUYER", t=3 * DAY),
    ]
    assert by_symbol(conclude(records(*rows)))["BUYER"].realized_pnl == 50 * 450 - 20000


@pytest.mark.parametrize(
    ("cash", "realized", "carried"), [("6000", 0, 14000), ("26000", 6000, 0), ("20000", 0, 0)]
)
def test_cash_beside_the_stock_counts_against_the_cost_first(
    cash: str, realized: int, carried: int
) -> None:
    rows = [
        *bought(),
        *merger("-100", "50", "SCMA", group_id="g"),
        activity("m3", "MA", net=cash, sub_type="SCMA", group_id="g"),
    ]
    trades = by_symbol(conclude(records(*rows)))
    assert (trades["AAPL"].realized_pnl, trades["BUYER"].cost) == (realized, carried)
    assert trades["AAPL"].exit_value == Decimal(cash) + carried
    assert trades["AAPL"].close_reason == "exchanged"


def test_cash_named_by_the_new_symbol_counts_too() -> None:
    rows = [
        *bought(),
        *merger("-100", "50", "SCMA", group_id="g"),
        activity("m3", "MA", symbol="BUYER", net=6000, sub_type="SCMA", group_id="g"),
    ]
    assert by_symbol(conclude(records(*rows)))["BUYER"].cost == 14000


def test_cash_is_shared_by_lots_by_quantity() -> None:
    rows = [
        *bought(100, 10, "a"),
        *bought(100, 90, "b", t=10),
        *merger("-200", "100", "SCMA", group_id="g"),
        activity("m3", "MA", net=4000, sub_type="SCMA", group_id="g"),
    ]
    concluded = conclude(records(*rows))
    realized = sorted(row.realized_pnl for row in concluded.allocations if row.realized_pnl)
    assert realized == [1000]  # 2,000 of cash for what cost 1,000; the other lot got 2,000 of 9,000
    assert by_symbol_cost(concluded, "BUYER") == 7000


def by_symbol_cost(concluded: Conclusions, symbol: str) -> Decimal:
    """What the trades of a symbol cost."""
    return sum((row.cost for row in concluded.trades if row.symbol == symbol), Decimal(0))


def test_a_short_that_is_exchanged_stays_short_at_what_it_brought() -> None:
    rows = [
        order("o", "sell", filled=100, avg=200, intent="sell_to_open"),
        execution("e", "o", "sell", price=200),
        *merger("100", "-50"),
    ]
    trades = by_symbol(conclude(records(*rows)))
    assert (trades["AAPL"].status, trades["AAPL"].side) == (TradeStatus.CLOSED, TradeSide.SHORT)
    new = trades["BUYER"]
    assert (new.side, new.open_qty, new.cost) == (TradeSide.SHORT, 50, 20000)


@pytest.mark.parametrize(("cash", "kind"), [(None, "reorganisation"), ("-10", "stock_and_cash")])
def test_both_sides_of_a_shorts_exchange_name_their_rows(cash: str | None, kind: str) -> None:
    paid = [] if cash is None else [activity("m3", "MA", net=cash, group_id="g")]
    concluded = conclude(records(*short_of_aapl(), *merger("100", "-50", group_id="g"), *paid))
    (closed,) = concluded.allocations
    assert (closed.source_id, closed.source_kind) == ("m1", kind)
    opened = only(lot for lot in concluded.lots if lot.source_id != "e")
    assert (opened.source_id, opened.source_kind) == ("m2", "reorganisation")
    assert opened.trade_id == trade_id(ACCOUNT, "m2")


@pytest.mark.parametrize(("cash", "carried"), [(None, 25000), (3000, 22000)])
def test_all_lots_left_after_a_sale_carry_their_cost_on(cash: int | None, carried: int) -> None:
    rows = [
        *bought(100, 100, "a"), *bought(100, 200, "b", t=10),
        order("s", "sell", 50, filled=50, avg=150, t=20),
        execution("x", "s", "sell", 50, 150, t=21),
        *merger("-150", "75", group_id="g"),
    ]  # fmt: skip
    rows += [] if cash is None else [activity("m3", "MA", net=cash, group_id="g")]
    concluded = conclude(records(*rows))
    assert by_symbol_cost(concluded, "BUYER") == carried
    sold = only(row for row in concluded.allocations if row.source_id == "x")
    assert (sold.value, sold.realized_pnl) == (7500, 2500)


def test_a_fraction_held_long_is_no_short() -> None:
    """Nothing of BUYER is sold short beside it, so its arrival opens."""
    concluded = conclude(records(*fraction(), *merger("-0.5", "0.25")))
    new = by_symbol(concluded)["BUYER"]
    assert (new.side, new.open_qty, new.cost) == (TradeSide.LONG, Decimal("0.25"), 100)


def fraction() -> list[object]:
    return [
        order("b", qty="0.5", filled="0.5", avg=200), execution("e-b", "b", qty="0.5", price=200)
    ]  # fmt: skip


def test_what_is_given_up_of_nothing_held_is_no_short() -> None:
    concluded = conclude(records(instrument(), *merger("-100", "50")))
    assert only(concluded.unmatched_exits).side == "sell"
    assert by_symbol(concluded)["BUYER"].side is TradeSide.LONG


def test_a_basis_nobody_knows_is_not_known_after_the_exchange_either() -> None:
    rows = [
        instrument("AAPL"),
        activity("t", "ACATS", qty=100, day="2026-03-02"),
        *merger("-100", "50", day="2026-03-04"),
    ]
    new = by_symbol(conclude(records(*rows)))["BUYER"]
    assert (new.open_qty, new.entry_price, "unknown_basis" in new.flags) == (50, None, True)


def test_the_known_part_of_a_cost_moves_along_marked_as_not_all_of_it() -> None:
    spun = activity("s", "SPIN", qty=20, day="2026-03-02")
    rows = [*bought(), spun, *merger("-120", "60", day="2026-03-04")]
    new = by_symbol_cost(conclude(records(*rows)), "BUYER")
    flags = [row.flags for row in conclude(records(*rows)).trades if row.symbol == "BUYER"]
    assert (new, flags) == (20000, [("unknown_basis",)])


def test_more_given_up_than_held_leaves_the_basis_unknown() -> None:
    concluded = conclude(records(*bought(60), *merger("-100", "50")))
    assert "unknown_basis" in by_symbol(concluded)["BUYER"].flags
    assert only(concluded.unmatched_exits).qty == 40


def test_what_falls_apart_into_several_leaves_them_of_unknown_basis() -> None:
    rows = [
        *bought(),
        *merger("-100", "50", group_id="g"),
        instrument("OTHER"),
        activity("m4", "MA", symbol="OTHER", qty=10, sub_type="SMA", group_id="g"),
    ]
    concluded = conclude(records(*rows))
    trades = by_symbol(concluded)
    for name in ("BUYER", "OTHER"):
        assert "unknown_basis" in trades[name].flags
    assert [row.kind for row in concluded.reviews].count("exchange") == 1


def test_a_new_cusip_carries_the_cost_on() -> None:
    rows = [
        *bought(),
        instrument("NEW"),
        activity("n1", "NC", qty=-100, sub_type="SCNC"),
        activity("n2", "NC", symbol="NEW", qty=100, sub_type="SCNC"),
    ]
    assert by_symbol(conclude(records(*rows)))["NEW"].entry_price == 200


def test_two_exchanges_in_a_row_carry_the_cost_through() -> None:
    rows = [
        *bought(),
        *merger("-100", "50"),
        instrument("LAST"),
        activity("n1", "MA", symbol="BUYER", qty=-50, sub_type="SMA", day="2026-03-09"),
        activity("n2", "MA", symbol="LAST", qty=25, sub_type="SMA", day="2026-03-09"),
    ]
    assert by_symbol(conclude(records(*rows)))["LAST"].cost == 20000


def test_p27_a_spin_off_leaves_all_cost_with_the_parent() -> None:
    rows = [*bought(), instrument("NEWCO"), activity("s", "SPIN", symbol="NEWCO", qty=20)]
    concluded = conclude(records(*rows))
    trades = by_symbol(concluded)
    assert (trades["AAPL"].cost, trades["AAPL"].open_qty) == (20000, 100)
    assert (trades["NEWCO"].open_qty, trades["NEWCO"].entry_price) == (20, None)
    item = only(concluded.reviews)
    assert (item.kind, "not known here" in item.detail) == ("exchange_basis", True)


def test_p27_a_spin_off_whose_row_has_a_price_has_that_basis() -> None:
    spun = activity("s", "SPIN", symbol="NEWCO", qty=20, price="3")
    trade = by_symbol(conclude(records(*bought(), instrument("NEWCO"), spun)))["NEWCO"]
    assert (trade.cost, trade.entry_price, trade.flags) == (60, 3, ())


def test_p27_who_is_short_of_the_parent_owes_what_is_spun_off() -> None:
    short = (order("s", "sell", 100, filled=100, avg=200, position_intent="sell_to_open"),
             execution("s1", "s", "sell", 100, 200))  # fmt: skip
    spun = activity("s", "SPIN", symbol="NEWCO", qty=-20)
    concluded = conclude(records(instrument(), *short, instrument("NEWCO"), spun))
    trade = by_symbol(concluded)["NEWCO"]
    assert (trade.side, trade.open_qty, trade.entry_price) == ("short", 20, None)
    assert concluded.unmatched_exits == ()


def test_an_adjusted_contract_is_the_same_holding_in_another_name() -> None:
    call, adjusted = "AAPL260320C00150000", "AAPL1260320C00150000"
    rows = [
        *bought(2, 3, symbol=call),
        instrument(adjusted),
        activity("p1", "OPCA", symbol=call, qty=-2, group_id="g"),
        activity("p2", "OPCA", symbol=adjusted, qty=2, group_id="g"),
    ]
    trades = by_symbol(conclude(records(*rows)))
    assert (trades[call].status, trades[adjusted].cost) == (TradeStatus.CLOSED, 600)


def test_partners_are_all_that_exchanges_tie_together() -> None:
    rows = [
        activity("a", "MA", symbol="A", qty=-1, group_id="g"),
        activity("b", "MA", symbol="B", qty=1, group_id="g"),
        activity("c", "NC", symbol="C", qty=1, group_id="h"),
        activity("d", "NC", symbol="B", qty=-1, group_id="h"),
        activity("e", "MA", symbol="X", qty=-1, group_id="i"),
        activity("f", "SPLIT", symbol="A", qty=-1, day="2026-03-05"),
        activity("g", "SPLIT", symbol="Y", qty=-1, day="2026-03-05"),
    ]

    def keys(symbol: str) -> set[str]:
        return {symbol}

    assert exchange_partners({"A"}, rows, keys) == {"A", "B", "C"}
    assert exchange_partners({"Y"}, rows, keys) == {"Y"}


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.integers(1, 90), st.integers(1, 90)), min_size=1, max_size=5),
    st.integers(1, 500),
    st.integers(0, 9000),
)
def test_what_is_carried_and_realized_adds_up(
    purchases: list[tuple[int, int]], came: int, cash: int
) -> None:
    rows: list[object] = []
    for number, (qty, price) in enumerate(purchases):
        rows += bought(qty, price, f"b{number}", t=number * 10)
    held = sum(qty for qty, _ in purchases)
    rows += merger(f"-{held}", str(came), "SCMA", group_id="g")
    if cash:
        rows.append(activity("m3", "MA", net=cash, sub_type="SCMA", group_id="g"))
    concluded = conclude(records(*rows))
    cost = sum(qty * price for qty, price in purchases)
    realized = sum((row.realized_pnl or Decimal(0) for row in concluded.allocations), Decimal(0))
    assert by_symbol_cost(concluded, "BUYER") == cost - cash + realized
    assert sum(lot.open_qty for lot in concluded.lots) == came
    assert all(row.at >= at(0) for row in concluded.allocations)


def short_of_aapl() -> list[object]:
    """100 sold short at 200."""
    return [
        order("o", "sell", filled=100, avg=200, intent="sell_to_open"),
        execution("e", "o", "sell", price=200),
    ]


@pytest.mark.parametrize(
    ("cash", "realized", "carried"), [("-6000", 0, 14000), ("-26000", -6000, 0)]
)
def test_cash_a_short_pays_counts_against_what_it_brought(
    cash: str, realized: int, carried: int
) -> None:
    rows = [
        *short_of_aapl(),
        *merger("100", "-50", "SCMA", group_id="g"),
        activity("m3", "MA", net=cash, sub_type="SCMA", group_id="g"),
    ]
    trades = by_symbol(conclude(records(*rows)))
    assert (trades["AAPL"].realized_pnl, trades["BUYER"].cost) == (realized, carried)
    assert trades["BUYER"].trade_id


def test_cash_for_a_basis_nobody_knows_realizes_the_unknown() -> None:
    rows = [
        instrument("AAPL"),
        activity("t", "ACATS", qty=100, price=10, day="2026-03-02"),
        *merger("-100", "50", "SCMA", group_id="g"),
        activity("m3", "MA", net=2000, sub_type="SCMA", group_id="g"),
    ]
    assert by_symbol(conclude(records(*rows)))["AAPL"].realized_pnl is None


def test_rows_of_one_instrument_share_the_cost_by_quantity() -> None:
    more = activity("m4", "MA", symbol="BUYER", qty=30, sub_type="SMA")
    lots = conclude(records(*bought(), *merger("-100", "20"), more)).lots
    assert sorted(lot.cost for lot in lots if lot.source_id != "e-b") == [8000, 12000]


def test_one_row_of_two_given_up_that_nothing_covers_leaves_the_basis_unknown() -> None:
    more = activity("m0", "MA", qty=-40, sub_type="SMA")
    concluded = conclude(records(*bought(60), *merger("-60", "50"), more))
    assert "unknown_basis" in by_symbol(concluded)["BUYER"].flags


def test_a_long_that_is_exchanged_into_a_shorted_stock_stays_a_long() -> None:
    rows = [
        *bought(),
        order("o", "sell", symbol="BUYER", qty=30, filled=30, avg=400, intent="sell_to_open"),
        execution("e", "o", "sell", 30, 400, symbol="BUYER"),
        *merger("-100", "50"),
    ]
    trades = trades_of(conclude(records(*rows)))
    held = {(row.symbol, row.side): row.open_qty for row in trades if row.open_qty}
    assert held == {("BUYER", "long"): 20}  # the others cover the short
