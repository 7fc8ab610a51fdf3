"""What each kind of dated row does to one instrument, event by event (design rule 11)."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from tests.domain.make import ACCOUNT, activity, at, instrument, only
from tradesync.domain.activities import Happenings, read_activities
from tradesync.domain.conclusions import Review
from tradesync.domain.events import LONG, SHORT, Arrival, Departure, Event, Fill, Grow, Kind
from tradesync.domain.facts import Activity
from tradesync.domain.identity import trade_id
from tradesync.domain.money import ZERO
from tradesync.domain.roles import FIFO, Role
from tradesync.domain.sequence import SortKey
from tradesync.domain.symbols import SymbolIndex
from tradesync.domain.times import day_end, new_york_midnight

AAPL = instrument()
CALL = "AAPL260320C00150000"
DAY = activity("x", "DIV").day
MIDNIGHT = new_york_midnight(DAY)
EVENING = day_end(DAY)


def happen(*rows: Activity, symbol: str = "AAPL") -> Happenings:
    """What rows do to one instrument."""
    known = instrument(symbol)
    return read_activities(ACCOUNT, rows, SymbolIndex([known], []))[known.key]


def event(*rows: Activity, symbol: str = "AAPL") -> Event:
    (found,) = happen(*rows, symbol=symbol).events
    return found


def told(*rows: Activity) -> Review:
    (found,) = happen(*rows).reviews
    return found


def standing(moment: int, name: str = "a1") -> SortKey:
    return (moment, "", ZERO, name)


def left(kind: Kind, qty: int | str, value: int | str | None, moment: int) -> Departure:
    """What the row a1 took from long lots."""
    return Departure(
        standing(moment), "a1", kind, SHORT, Decimal(qty),
        None if value is None else Decimal(value),
    )  # fmt: skip


def came(kind: Kind, qty: int | str, value: int | str | None, **fields: Any) -> Arrival:
    """The lot the row a1 made."""
    return Arrival(
        standing(MIDNIGHT), "a1", kind, trade_id(ACCOUNT, "a1"), LONG, Decimal(qty),
        None if value is None else Decimal(value),
        **{"known_basis": False, "booked": standing(EVENING), **fields},
    )  # fmt: skip


def test_a_transfer_in_is_a_lot_of_unknown_basis_valued_at_its_price() -> None:
    row = activity("a1", "JNLS", qty="0.5", price=30)
    assert event(row) == came(Kind.TRANSFER, "0.5", 15)
    assert told(row) == Review(
        review_id=f"transfer_basis:{AAPL.key}:a1", kind="transfer_basis", instrument=AAPL.key,
        subject="a1",
        detail="0.5 AAPL were transferred in on 2026-03-03; their cost is not known here",
    )  # fmt: skip
    assert event(activity("a1", "ACATS", qty=3)) == came(Kind.TRANSFER, 3, None)


def test_a_transferred_contract_is_valued_with_its_multiplier() -> None:
    row = activity("a1", "FOPT", symbol=CALL, qty=2, price="1.5")
    assert event(row, symbol=CALL) == came(Kind.TRANSFER, 2, 300)


@pytest.mark.parametrize("kind", ["ACATC", "ACATS", "JNL", "JNLS", "TRANS", "FOPT", "OCT"])
def test_a_transfer_out_goes_after_the_days_trading(kind: str) -> None:
    found = happen(activity("a1", kind, qty="-0.5", price=30))
    assert found.events == [left(Kind.TRANSFER, "0.5", None, EVENING)]
    assert found.reviews == []


def test_what_follows_a_days_trading_stands_when_it_was_booked_that_day() -> None:
    booked = at(24 * 3600)
    row = activity("a1", "JNLS", qty=-5, created_at=booked)
    assert event(row) == left(Kind.TRANSFER, 5, None, booked)
    later = activity("a1", "JNLS", qty=-5, created_at=at(72 * 3600))
    assert event(later) == left(Kind.TRANSFER, 5, None, EVENING)


@pytest.mark.parametrize(
    ("kind", "meaning"),
    [
        ("OPEXP", Kind.EXPIRY), ("OPEXC", Kind.EXERCISE), ("OPXRC", Kind.EXERCISE),
        ("OPASN", Kind.ASSIGNMENT),
    ],
)  # fmt: skip
def test_a_contract_ends_at_nothing_after_the_days_trading(kind: str, meaning: Kind) -> None:
    row = activity("a1", kind, symbol=CALL, qty=-2)
    assert event(row, symbol=CALL) == left(meaning, 2, 0, EVENING)


@pytest.mark.parametrize(
    ("qty", "price", "net", "direction", "value"),
    [
        (200, 150, -30000, LONG, 30000),
        (200, 15, -30000, LONG, 30000),
        (-200, 150, None, SHORT, 30000),
    ],
)
def test_delivered_shares_are_a_fill_of_no_order(
    qty: int, price: int, net: int | None, direction: int, value: int
) -> None:
    assert event(activity("a1", "OPTRD", qty=qty, price=price, net=net)) == Fill(
        key=standing(EVENING), source_id="a1", kind=Kind.OPTION_TRADE, order_id=None,
        trade_id=trade_id(ACCOUNT, "a1"), direction=direction, role=Role.NET, may_short=True,
        target=FIFO, qty=Decimal(200), value=Decimal(value),
    )  # fmt: skip


def test_a_stock_dividend_may_begin_a_trade_of_its_own() -> None:
    row = activity("a1", "DIV", sub_type="SDIV", qty="0.5")
    assert event(row) == Grow(standing(MIDNIGHT), "a1", trade_id(ACCOUNT, "a1"), Decimal("0.5"))


def test_a_dividend_in_money_moves_no_quantity() -> None:
    symbols = SymbolIndex([AAPL], [])
    rows = [activity("a1", "DIV", qty=10, net=5), activity("a2", "DIV", sub_type="SDIV", net=5)]
    assert read_activities(ACCOUNT, rows, symbols) == {}


@pytest.mark.parametrize(("net", "value"), [("7.25", "7.25"), ("-7.25", "7.25"), (None, None)])
def test_cash_in_lieu_closes_a_fraction_at_what_was_paid(
    net: str | None, value: str | None
) -> None:
    row = activity("a1", "CIL", qty="-0.25", net=net)
    assert event(row) == left(Kind.CASH_IN_LIEU, "0.25", value, MIDNIGHT)


def test_a_coin_fee_is_kept_for_the_buys_it_covers() -> None:
    row = activity("a1", "CFEE", symbol="BTCUSD", qty="-0.001")
    found = happen(row, symbol="BTC/USD")
    assert (found.coin_fees, found.events) == ([row], [])


def test_a_row_of_unknown_kind_is_told_of_and_does_nothing() -> None:
    row = activity("a1", "NEW", qty=5)
    assert happen(row).events == []
    assert told(row) == Review(
        review_id=f"unknown_activity:{AAPL.key}:a1", kind="unknown_activity",
        instrument=AAPL.key, subject="a1",
        detail="NEW of 5 AAPL on 2026-03-03: this kind of row is not known here; "
        "it changes no trade",
    )  # fmt: skip


def test_a_worthless_removal_closes_at_nothing() -> None:
    row = activity("a1", "REORG", sub_type="WRM", qty=-5)
    assert event(row) == left(Kind.WORTHLESS, 5, 0, MIDNIGHT)


def test_a_merger_for_cash_closes_at_its_cash_wherever_that_stands() -> None:
    row = activity("a1", "MA", sub_type="CMA", qty=-5, group_id="g")
    money = [activity(name, "MA", net=net, group_id="g") for name, net in (("m1", 60), ("m2", 40))]
    assert event(row, *money) == left(Kind.CASH_MERGER, 5, 100, MIDNIGHT)
    of_another_day = activity("m3", "MA", net=70, day="2026-03-04")
    ungrouped = activity("a1", "MA", sub_type="CMA", qty=-5)
    of_the_day = activity("m4", "MA", net=50)
    of_another = activity("m5", "MA", net=30, symbol="MSFT")
    assert event(ungrouped, of_another_day, of_the_day, of_another) == left(
        Kind.CASH_MERGER, 5, 50, MIDNIGHT
    )
    for sub_type in ("CMA", "REOC"):
        own_cash = activity("a1", "REO", sub_type=sub_type, qty=-5, net=45)
        assert event(own_cash) == left(Kind.CASH_MERGER, 5, 45, MIDNIGHT)


def test_what_leaves_with_nothing_in_its_place_takes_its_cost_with_it() -> None:
    row = activity("a1", "MA", sub_type="SMA", qty=-5)
    assert event(row) == left(Kind.REORGANISATION, 5, None, MIDNIGHT)
    assert (told(row).kind, told(row).subject, told(row).detail) == (
        "exchange", "a1", "5 AAPL left by MA SMA on 2026-03-03; their cost did not move along",
    )  # fmt: skip


def test_a_row_without_sub_type_is_told_of_without_one() -> None:
    assert "left by MA on 2026-03-03" in told(activity("a1", "MA", qty=-5)).detail


def swapped(*money: Activity) -> tuple[Departure, Arrival, Review]:
    """5 AAPL become half a BUYER: what leaves, what comes, what is told of it."""
    buyer = instrument("BUYER")
    rows = [
        activity("a1", "MA", qty=-5, group_id="g"),
        activity("a2", "MA", symbol="BUYER", qty="0.5", group_id="g"),
    ]
    found = read_activities(ACCOUNT, [*rows, *money], SymbolIndex([AAPL, buyer], []))
    (out,), (into,) = found[AAPL.key].events, found[buyer.key].events
    assert isinstance(out, Departure)
    assert isinstance(into, Arrival)
    assert found[AAPL.key].reviews == []
    return out, into, only(found[buyer.key].reviews)


def test_one_instrument_for_another_is_an_exchange_of_its_own_name() -> None:
    out, into, said = swapped()
    assert out == replace(
        left(Kind.REORGANISATION, 5, None, MIDNIGHT), exchange="MA:g",
        trade_id=trade_id(ACCOUNT, "a1"),
    )  # fmt: skip
    assert into == replace(
        came(Kind.REORGANISATION, "0.5", None, exchange="MA:g", booked=standing(EVENING, "a2")),
        key=standing(MIDNIGHT, "a2"), source_id="a2", trade_id=trade_id(ACCOUNT, "a2"),
    )  # fmt: skip
    assert said.detail == (
        "0.5 BUYER came by MA on 2026-03-03; "
        "the cost of what they replace moved along, as far as it is known"
    )


def test_cash_beside_an_exchange_is_known_to_both_its_halves() -> None:
    out, into, _ = swapped(
        activity("m1", "MA", net=30, group_id="g"),
        activity("m2", "REO", symbol="BUYER", net=10, group_id="g"),
        activity("d1", "DIV", net=99, group_id="g"),
        activity("m3", "MA", net=77, group_id="h"),
    )
    assert (out.kind, out.cash, into.kind, into.cash) == (
        Kind.STOCK_AND_CASH, 40, Kind.REORGANISATION, 40,
    )  # fmt: skip


def test_what_comes_from_nowhere_known_has_no_basis() -> None:
    row = activity("a1", "MA", sub_type="SMA", qty="0.5")
    assert event(row) == came(Kind.REORGANISATION, "0.5", None)
    assert (told(row).kind, told(row).detail) == (
        "exchange_basis", "0.5 AAPL came by MA SMA on 2026-03-03; their cost is not known here",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("price", "value", "cost"),
    [(None, None, "their cost is not known here"), (20, 100, "their cost is the row's")],
)
def test_a_spin_off_has_the_basis_of_its_row(
    price: int | None, value: int | None, cost: str
) -> None:
    row = activity("a1", "SPIN", qty=5, price=price)
    assert event(row) == came(Kind.SPIN_OFF, 5, value, known_basis=price is not None)
    assert told(row).detail == (
        f"5 AAPL came by SPIN on 2026-03-03; {cost}: "
        "all cost stays with the shares they were spun off from"
    )


def test_a_split_row_alone_is_told_of() -> None:
    found = happen(activity("a1", "SPLIT", qty=-5, group_id="g"))
    assert (found.events, found.splits) == ([], [])
    assert only(found.reviews).detail == (
        "a split row of -5 AAPL on 2026-03-03 came without its other half; "
        "quantities are unchanged until it comes"
    )


def test_splits_are_paired_by_group_else_by_day_in_the_order_of_their_days() -> None:
    found = happen(
        activity("a1", "SPLIT", qty="-0.5", day="2026-03-05"),
        activity("a2", "SPLIT", qty="0.75", day="2026-03-05"),
        activity("a3", "SPLIT", qty=-10, group_id="g"),
        activity("a4", "SPLIT", qty=-30, group_id="h"),
        activity("a5", "SPLIT", qty=90, group_id="h"),
        activity("a6", "SPLIT", qty=20, group_id="g"),
        activity("a7", "NEW", qty=1),
    )
    assert [(split.source_id, split.taken, split.given) for split in found.splits] == [
        ("a3", 10, 20), ("a4", 30, 90), ("a1", Decimal("0.5"), Decimal("0.75")),
    ]  # fmt: skip
    assert found.splits[0].at == MIDNIGHT
    assert [row.kind for row in found.reviews] == ["unknown_activity"]
