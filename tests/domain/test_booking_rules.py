"""The booking fold, event by event: what each leaves of lots, allocations and unmatched exits."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

from tests.domain.make import at, instrument, only
from tradesync.domain.booking import Book, new_book, step
from tradesync.domain.conclusions import Allocation, UnmatchedExit
from tradesync.domain.events import (
    LONG,
    SHORT,
    Arrival,
    CoinFee,
    Departure,
    Event,
    Fill,
    Grow,
    Kind,
    Look,
    Rescale,
)
from tradesync.domain.money import ZERO
from tradesync.domain.roles import FIFO, Naming, Role, Target
from tradesync.domain.sequence import SortKey

AAPL = instrument()


def key(t: float) -> SortKey:
    return (at(t), f"o{t}", ZERO, f"e{t}")


def fill(direction: int, qty: int | str, value: int | str | None, t: float, **fields: Any) -> Fill:
    """A fill of an old order, for which the running quantity decides; its trade is named by t."""
    made = Fill(
        key=key(t),
        source_id=f"e{t}",
        kind=Kind.EXECUTION,
        order_id=f"o{t}",
        trade_id=f"t{t}",
        direction=direction,
        role=Role.NET,
        may_short=False,
        target=FIFO,
        qty=Decimal(qty),
        value=None if value is None else Decimal(value),
    )
    return replace(made, **fields)


def buy(qty: int | str, value: int | str | None, t: float, **fields: Any) -> Fill:
    return fill(LONG, qty, value, t, **fields)


def sell(qty: int | str, value: int | str | None, t: float, **fields: Any) -> Fill:
    return fill(SHORT, qty, value, t, **fields)


def short(qty: int | str, value: int | str, t: float) -> Fill:
    return sell(qty, value, t, role=Role.OPEN)


def grow(qty: int | str, t: float = 9) -> Grow:
    return Grow(key(t), "dividend", "t-dividend", Decimal(qty))


def booked(*events: Event, symbol: str = "AAPL") -> Book:
    book = new_book(instrument(symbol))
    for event in events:
        assert step(book, event) is book
    return book


def open_parts(book: Book) -> list[tuple[str, int, Decimal, Decimal]]:
    """(trade, side, open quantity, its cost) of what is open."""
    return [(lot.trade_id, lot.side, lot.open_qty, lot.open_cost) for lot in book.lots
            if lot.open_qty]  # fmt: skip


def test_an_exit_takes_its_share_of_cost_and_tells_where_it_came_from() -> None:
    book = booked(buy(10, 100, 1), sell(4, 60, 2))
    assert book.allocations == [
        Allocation(
            allocation_id="t1:e1<e2", lot_id="t1:e1", trade_id="t1", instrument=AAPL.key,
            source_kind="execution", source_id="e2", order_id="o2", at=at(2), qty=Decimal(4),
            cost=Decimal(40), value=Decimal(60), realized_pnl=Decimal(20), is_fee=False,
            overflow=False,
        )
    ]  # fmt: skip
    assert open_parts(book) == [("t1", LONG, Decimal(6), Decimal(60))]
    assert book.running == 6


def test_an_exit_over_two_lots_goes_first_in_first_out() -> None:
    book = booked(buy(10, 100, 1), buy(10, 200, 2), sell(15, 450, 3))
    assert [(row.trade_id, row.qty, row.value) for row in book.allocations] == [
        ("t1", 10, 300), ("t2", 5, 150),
    ]  # fmt: skip
    assert open_parts(book) == [("t2", LONG, Decimal(5), Decimal(100))]


def test_a_named_trade_is_closed_first_and_what_it_cannot_take_overflows() -> None:
    target = Target("t2", Naming.NAMED)
    book = booked(buy(10, 100, 1), buy(10, 200, 2), sell(12, 360, 3, target=target))
    assert [(row.trade_id, row.qty, row.overflow) for row in book.allocations] == [
        ("t2", 10, False), ("t1", 2, True),
    ]  # fmt: skip


def test_a_named_trade_that_is_closed_already_takes_nothing_more() -> None:
    target = Target("t1", Naming.NAMED)
    book = booked(
        buy(10, 100, 1), sell(10, 90, 2), buy(5, 50, 3), sell(5, 60, 4, target=target)
    )  # fmt: skip
    assert [row.trade_id for row in book.allocations] == ["t1", "t3"]


def test_a_named_trade_that_has_no_lot_of_this_instrument_leaves_all_to_the_others() -> None:
    target = Target("elsewhere", Naming.NAMED)
    book = booked(buy(10, 100, 1), sell(4, 60, 2, target=target))
    assert [(row.trade_id, row.qty, row.overflow) for row in book.allocations] == [("t1", 4, True)]


def test_what_was_bought_without_price_realizes_nothing_known() -> None:
    book = booked(buy(10, None, 1), sell(10, 120, 2))
    assert not book.lots[0].basis_known
    assert only(book.allocations).realized_pnl is None
    assert only(book.allocations).value == 120


def test_a_sell_may_open_a_short_only_where_something_says_so() -> None:
    assert open_parts(booked(sell(5, 50, 1, may_short=True))) == [("t1", SHORT, 5, 50)]
    book = booked(sell(5, 50, 1))
    assert book.lots == []
    assert only(book.unmatched).reason == (
        "nothing says whether it closed something or went short"
    )


def test_the_rest_of_a_buy_beyond_the_short_it_covers_opens_a_long() -> None:
    book = booked(short(4, 40, 1), buy(10, 90, 2))
    assert open_parts(book) == [("t2", LONG, 6, 54)]
    assert only(book.allocations).realized_pnl == 4
    assert book.running == 6


def test_a_closing_buy_without_short_is_listed_with_its_price_a_unit() -> None:
    book = booked(buy(2, 500, 1, role=Role.CLOSE), symbol="AAPL260320C00150000")
    option = instrument("AAPL260320C00150000")
    assert book.unmatched == [
        UnmatchedExit(
            source_id="e1", order_id="o1", instrument=option.key, symbol=option.symbol,
            side="buy", qty=Decimal(2), price=Decimal("2.5"), at=at(1),
            reason="no lot is left that it could close",
        )
    ]  # fmt: skip


def test_a_closing_sell_beyond_what_is_held_is_listed_without_price_where_it_has_none() -> None:
    row = only(booked(buy(3, 30, 1), sell(5, None, 2, role=Role.CLOSE)).unmatched)
    assert (row.side, row.qty, row.price) == ("sell", 2, None)


def leave(direction: int, qty: int, value: int | None, t: float) -> Departure:
    return Departure(
        key(t), f"a{t}", Kind.TRANSFER, direction, Decimal(qty),
        None if value is None else Decimal(value),
    )  # fmt: skip


def test_a_departure_belongs_to_no_order_and_the_excess_is_listed() -> None:
    book = booked(buy(3, 30, 1), leave(SHORT, 5, None, 2))
    row = only(book.allocations)
    assert (row.source_kind, row.source_id, row.order_id, row.at) == ("transfer", "a2", None, at(2))
    assert (row.qty, row.value, row.realized_pnl, row.overflow) == (3, None, None, False)
    left = only(book.unmatched)
    assert (left.qty, left.side) == (2, "sell")
    assert left.reason == "more left the account than our lots explain"


def coin_fee(qty: str, fill_id: str, t: float = 9) -> CoinFee:
    return CoinFee(key(t), "fee", Kind.CRYPTO_FEE, fill_id, Decimal(qty))


def test_a_coin_fee_leaves_the_lot_of_its_buy_at_cost_and_realizes_nothing() -> None:
    book = booked(buy(10, 100, 1), buy(10, 200, 2), coin_fee("0.5", "e2"))
    assert book.allocations == [
        Allocation(
            allocation_id="t2:e2<fee@e2", lot_id="t2:e2", trade_id="t2", instrument=AAPL.key,
            source_kind="crypto_fee", source_id="fee@e2", order_id=None, at=at(9),
            qty=Decimal("0.5"), cost=Decimal(10), value=ZERO, realized_pnl=ZERO, is_fee=True,
            overflow=False,
        )
    ]  # fmt: skip


def test_a_coin_fee_of_a_buy_that_is_sold_takes_the_oldest_and_the_excess_is_listed() -> None:
    book = booked(buy(1, 10, 1), buy(1, 20, 2), sell(1, 30, 3), coin_fee("1.5", "e1"))
    assert book.allocations[-1].trade_id == "t2"
    left = only(book.unmatched)
    assert (left.qty, left.reason) == (Decimal("0.5"), "the coin fee is larger than the coin held")


def test_a_stock_dividend_spreads_over_what_is_held_and_costs_nothing() -> None:
    book = booked(buy("0.1", 10, 1), buy("0.3", 20, 2), grow("0.2"))
    assert open_parts(book) == [
        ("t1", LONG, Decimal("0.15"), 10), ("t2", LONG, Decimal("0.45"), 20),
    ]  # fmt: skip
    assert book.running == Decimal("0.6")
    assert book.allocations == []


def test_a_stock_dividend_grows_a_short_as_well() -> None:
    assert open_parts(booked(short(10, 100, 1), grow(-5))) == [("t1", SHORT, 15, 100)]


def test_a_stock_dividend_with_nothing_held_is_a_lot_of_unknown_basis() -> None:
    book = booked(grow("0.5"))
    lot = only(book.lots)
    assert (lot.lot_id, lot.trade_id) == ("t-dividend:dividend", "t-dividend")
    assert (lot.kind, lot.source_id, lot.opened_at) == (Kind.STOCK_DIVIDEND, "dividend", at(9))
    assert (lot.side, lot.qty, lot.cost, lot.basis_known) == (LONG, Decimal("0.5"), 0, False)
    assert book.running == Decimal("0.5")


def test_a_dividend_taken_back_whole_leaves_like_a_departure() -> None:
    row = only(booked(buy(10, 100, 1), grow(-10)).allocations)
    assert (row.source_kind, row.source_id, row.at) == ("stock_dividend", "dividend", at(9))
    assert (row.qty, row.value, row.realized_pnl) == (10, None, None)
    row = only(booked(short("0.5", 100, 1), grow("0.5")).allocations)
    assert (row.trade_id, row.qty) == ("t1", Decimal("0.5"))


def test_a_dividend_taken_back_beyond_what_is_held_is_listed() -> None:
    book = booked(buy(10, 100, 1), grow(-15))
    assert only(book.allocations).qty == 10
    assert (only(book.unmatched).qty, only(book.unmatched).side) == (5, "sell")
    nothing_held = booked(grow(-5))
    assert nothing_held.lots == []
    assert only(nothing_held.unmatched).qty == 5


def test_a_split_restates_what_was_closed_before_as_well() -> None:
    split = Rescale(key(9), "split", Decimal(6), Decimal(12))
    book = booked(buy(10, 100, 1), sell(1, 15, 2), sell(3, 45, 3), split)
    assert [row.qty for row in book.allocations] == [2, 6]
    assert (book.lots[0].qty, book.lots[0].open_qty, book.running) == (20, 12, 12)
    assert book.lots[0].cost == 100


def test_a_split_gives_the_last_lot_what_rounding_leaves() -> None:
    split = Rescale(key(9), "split", Decimal(3), Decimal(1))
    book = booked(buy(1, 10, 1), buy(1, 10, 2), buy(1, 10, 3), split)
    assert sum(lot.open_qty for lot in book.lots) == 1
    assert book.lots[0].open_qty == Decimal("0.333333333333")
    assert book.running == 1


def test_an_arrival_is_a_lot_of_its_own() -> None:
    arrival = Arrival(key(1), "a1", Kind.TRANSFER, "t1", SHORT, Decimal(5), Decimal(40), False)
    lot = only(booked(arrival).lots)
    assert (lot.side, lot.cost, lot.basis_known, lot.kind) == (SHORT, 40, False, Kind.TRANSFER)


def ending(qty: int | str, *, kind: Kind = Kind.EXPIRY) -> Departure:
    """A row whose sign says that it takes from what is held long."""
    return Departure(key(2), "end", kind, SHORT, Decimal(qty), ZERO)


def test_an_options_end_closes_what_runs_whatever_the_sign_of_its_row() -> None:
    assert open_parts(booked(short(10, 100, 1), ending(4))) == [("t1", SHORT, 6, 60)]
    assert open_parts(booked(buy("0.5", 100, 1), ending("0.2"))) == [
        ("t1", LONG, Decimal("0.3"), 60)
    ]  # fmt: skip
    assert only(booked(ending(4)).unmatched).side == "sell"


def test_a_transfer_out_never_closes_a_short() -> None:
    book = booked(short(10, 100, 1), ending(4, kind=Kind.TRANSFER))
    assert open_parts(book) == [("t1", SHORT, 10, 100)]
    assert only(book.unmatched).side == "sell"


def test_an_arrival_covers_a_short_at_a_profit_nobody_knows_before_it_opens_anything() -> None:
    came = Arrival(key(2), "in", Kind.TRANSFER, "t2", LONG, Decimal(14), Decimal(70), True)
    book = booked(short(10, 100, 1), came)
    assert only(book.allocations) == Allocation(
        allocation_id="t1:e1<in", lot_id="t1:e1", trade_id="t1", instrument=AAPL.key,
        source_kind="transfer", source_id="in", order_id=None, at=at(2), qty=Decimal(10),
        cost=Decimal(100), value=Decimal(50), realized_pnl=None, is_fee=False, overflow=False,
    )  # fmt: skip
    assert open_parts(book) == [("t2", LONG, Decimal(4), Decimal(20))]


def test_a_look_notes_what_runs_when_an_order_is_created() -> None:
    book = booked(buy(10, 100, 1), Look(key(2), "o5"), sell(4, 40, 3))
    assert book.seen_running == {"o5": 10}
