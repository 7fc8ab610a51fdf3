"""Splits, and opening balances beside them (design rule 11)."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tests.domain.make import (
    activity,
    at,
    balance,
    bought,
    execution,
    only,
    order,
    records,
    sold,
    trades_by_order,
    trades_of,
)
from tradesync.domain.conclusions import TradeSide, TradeStatus
from tradesync.domain.ledger import conclude

DAY = 86_400


def _split(removed: str, added: str, day: str = "2026-03-03", symbol: str = "AAPL") -> list[object]:
    return [
        activity("sp-1", "SPLIT", qty=removed, day=day, symbol=symbol, sub_type="FSPLIT"),
        activity("sp-2", "SPLIT", qty=added, day=day, symbol=symbol, sub_type="FSPLIT"),
    ]


def test_p23_split_multiplies_lots_and_keeps_cost() -> None:
    trade = only(conclude(records(*bought(), *_split("-100", "400"))).trades)
    assert (trade.qty, trade.open_qty, trade.cost) == (400, 400, 20000)
    assert (trade.entry_price, trade.broker_fill_price, trade.ordered_qty) == (50, 200, 400)


def test_p23_realized_pnl_is_unchanged_and_closed_parts_are_restated() -> None:
    rows = [*bought(), *sold(40, 210), *_split("-60", "240")]
    concluded = conclude(records(*rows))
    trade = only(concluded.trades)
    assert (trade.qty, trade.open_qty, trade.realized_pnl) == (400, 240, 400)
    assert only(concluded.allocations).qty == 160
    assert trade.exit_price == Decimal("52.5")


def test_p24_a_split_row_without_its_other_half_changes_nothing() -> None:
    concluded = conclude(records(*bought(), _split("-100", "400")[0]))
    assert only(concluded.trades).open_qty == 100
    assert only(concluded.reviews).kind == "split_incomplete"


def test_reverse_split_spreads_the_remainder_to_the_last_lot() -> None:
    rows = [*bought(10, name="a"), *bought(10, name="b", t=5), *bought(13, name="c", t=9)]
    concluded = conclude(records(*rows, *_split("-33", "1.65")))
    lots = {lot.source_id: lot.open_qty for lot in concluded.lots}
    assert sum(lots.values()) == Decimal("1.65")
    assert lots == {"e-a": Decimal("0.5"), "e-b": Decimal("0.5"), "e-c": Decimal("0.65")}


def test_split_takes_effect_where_the_quantity_fits_not_at_its_date() -> None:
    rows = [*bought(100), *bought(400, 50, name="n", t=2 * DAY)]
    late_row = conclude(records(*rows, *_split("-100", "400", day="2026-03-06")))
    assert {row.open_qty for row in trades_of(late_row)} == {400}
    early_row = conclude(records(*rows, *_split("-500", "2000", day="2026-03-03")))
    assert sum(lot.open_qty for lot in early_row.lots) == 2000


def test_split_that_fits_nowhere_is_for_a_person() -> None:
    concluded = conclude(records(*bought(), *_split("-90", "360")))
    assert only(concluded.trades).open_qty == 100
    assert only(concluded.reviews).kind == "split_unplaced"


def test_split_far_from_its_date_is_not_believed() -> None:
    concluded = conclude(records(*bought(), *sold(100, 210), *_split("-100", "400", "2026-04-20")))
    assert only(concluded.reviews).kind == "split_unplaced"


def test_split_of_a_short() -> None:
    rows = [
        order("s", "sell", filled=100, avg=200, intent="sell_to_open"),
        execution("x", "s", "sell", price=200),
    ]
    trade = only(conclude(records(*rows, *_split("100", "-400"))).trades)
    assert (trade.side, trade.open_qty, trade.cost) == (TradeSide.SHORT, 400, 20000)


def test_two_splits_one_after_the_other() -> None:
    second = [
        activity("sq-1", "SPLIT", qty=-200, day="2026-03-20"),
        activity("sq-2", "SPLIT", qty=600, day="2026-03-20"),
    ]
    rows = [*bought(), *_split("-100", "200"), *second]
    assert only(conclude(records(*rows)).trades).open_qty == 600


def test_two_splits_of_the_same_quantities_stand_where_both_fit() -> None:
    again = [
        activity("sq-1", "SPLIT", qty=-10, group_id="g"),
        activity("sq-2", "SPLIT", qty=20, group_id="g"),
    ]
    rows = [*bought(10, t=DAY), *_split("-10", "20"), *sold(10, 110, t=DAY + 100), *again]
    concluded = conclude(records(*rows))
    assert concluded.reviews == ()
    assert only(concluded.trades).open_qty == 20


@pytest.mark.parametrize("names", ["xyz", "zyx"])
def test_a_split_taken_back_and_booked_anew_whatever_its_rows_are_called(names: str) -> None:
    wrong, back, right = (
        [activity(f"{name}-{sign}", "SPLIT", qty=qty, group_id=name, day=day)
         for sign, qty in (("1", taken), ("2", given))]
        for name, taken, given, day in zip(
            names, (-100, -300, -100), (300, 100, 200),
            ("2026-03-10", "2026-03-11", "2026-03-11"), strict=True,
        )
    )  # fmt: skip
    concluded = conclude(records(*bought(), *wrong, *back, *right))
    assert (only(concluded.trades).open_qty, concluded.reviews) == (200, ())


def test_sales_after_a_split_close_in_new_units() -> None:
    rows = [*bought(), *_split("-100", "400"), *sold(400, 60, t=5 * DAY)]
    trade = only(conclude(records(*rows)).trades)
    assert (trade.status, trade.realized_pnl) == (TradeStatus.CLOSED, 4000)


def test_opening_balance_is_derived_in_units_of_its_time() -> None:
    seen = balance("d", 440, 50, t=4 * DAY)
    rows = [*bought(100), *_split("-110", "440"), seen]
    concluded = conclude(records(*rows))
    assert concluded.reviews == ()
    opening = only(lot for lot in concluded.lots if lot.source_kind == "opening_balance")
    assert (opening.open_qty, opening.opened_at) == (40, at(1) - 1)
    assert sum(lot.open_cost for lot in concluded.lots) == 440 * 50


def test_opening_balance_seen_before_a_split_scales_with_it() -> None:
    seen = balance("d", 110, 200, t=100)
    concluded = conclude(records(*bought(100), *_split("-110", "440"), seen))
    opening = only(lot for lot in concluded.lots if lot.source_kind == "opening_balance")
    assert (opening.open_qty, opening.cost) == (40, 2000)


def test_opening_balance_and_a_split_that_cannot_be_told_apart_still_match_the_broker() -> None:
    seen = balance("d", 460, 50, t=4 * DAY)
    rows = [*bought(100), *bought(20, 50, name="n", t=2 * DAY), seen]
    concluded = conclude(records(*rows, *_split("-110", "440", day="2026-03-06")))
    assert sum(lot.open_qty for lot in concluded.lots) == 460
    assert only(concluded.reviews).kind == "split_unplaced"


def test_of_two_places_a_split_takes_the_one_nearest_its_date() -> None:
    rows = [
        *bought(100, 10, "a"),
        *bought(50, 10, "c", t=2 * DAY),
        *sold(50, 12, t=3 * DAY),
        *_split("-100", "400"),
    ]
    trades = trades_by_order(conclude(records(*rows)))
    assert (trades["a"].open_qty, trades["c"].open_qty) == (350, 50)


def test_second_import_after_a_split_is_in_units_of_where_its_lot_stands() -> None:
    rows = [
        *bought(100),
        *_split("-100", "200"),
        balance("d", 200, 100, t=2 * DAY),
        balance("e", 230, 100, t=4 * DAY),
    ]
    lots = conclude(records(*rows)).lots
    assert sorted(lot.open_qty for lot in lots) == [30, 200]
