"""Corporate actions, option events, busts and corrections (design rule 11)."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.domain.make import (
    activity,
    at,
    bought,
    execution,
    instrument,
    only,
    order,
    records,
    sold,
    trades_of,
)
from tradesync.domain.conclusions import TradeStatus
from tradesync.domain.ledger import conclude
from tradesync.domain.options import OptionLink, option_links
from tradesync.domain.times import parse_instant

CALL = "AAPL260320C00150000"
PUT = "AAPL260320P00140000"
DAY = 86_400


def _option(side: str, symbol: str, price: int = 2) -> list[object]:
    opens = f"{side}_to_open"
    return [
        order("o", side, 1, filled=1, avg=price, symbol=symbol, intent=opens),
        execution("e-o", "o", side, 1, price, symbol=symbol),
    ]


def _delivered(kind: str, symbol: str, contracts: int, shares: int, strike: int) -> list[Any]:
    net = -shares * strike
    return [
        activity("c1", kind, symbol=symbol, qty=contracts, net=0, day="2026-03-20"),
        activity("c2", "OPTRD", qty=shares, price=strike, net=net, day="2026-03-20"),
    ]


def test_shares_that_come_cover_a_short_before_they_open_anything() -> None:
    rows = [
        order("s", "sell", 4, filled=4, avg=50, intent="sell_to_open"),
        execution("e", "s", "sell", qty=4, price=50),
        activity("in", "ACATS", qty=10, price=60, day="2026-03-03"),
    ]
    concluded = conclude(records(*rows))
    short, kept = sorted(concluded.trades, key=lambda trade: trade.ordered_at)
    assert (short.side, short.status, short.close_reason, short.realized_pnl) == (
        "short", "closed", "covered by a transfer", None,
    )  # fmt: skip
    assert (kept.side, kept.open_qty, kept.cost) == ("long", 6, 360)


def test_shares_booked_after_a_purchase_that_covered_open_a_long() -> None:
    rows = [
        order("s", "sell", 4, filled=4, avg=50, intent="sell_to_open"),
        execution("e", "s", "sell", qty=4, price=50),
        order("c", "buy", 4, filled=4, avg=40, intent="buy_to_close", t=DAY),
        execution("x", "c", "buy", qty=4, price=40, t=DAY + 1),
        activity("in", "ACATS", qty=3, price=60, day="2026-03-03", created_at=at(DAY + 60)),
    ]
    concluded = conclude(records(*rows))
    held = {trade.side: trade.open_qty for trade in concluded.trades}
    assert held == {"short": 0, "long": 3}
    assert concluded.unmatched_exits == ()


def test_a_short_sold_before_shares_are_booked_is_covered_by_them() -> None:
    rows = [
        order("s", "sell", 4, filled=4, avg=50, intent="sell_to_open", t=DAY),
        execution("e", "s", "sell", qty=4, price=50, t=DAY + 1),
        activity("in", "ACATS", qty=4, price=60, day="2026-03-03", created_at=at(DAY + 60)),
    ]
    trade = only(conclude(records(*rows)).trades)
    assert (trade.side, trade.status, trade.open_qty) == ("short", "closed", 0)


def test_a_merger_covers_a_short_of_what_it_brings() -> None:
    rows = [
        order("b", filled=10, avg=30, qty=10, symbol="OLD"),
        execution("e-b", "b", qty=10, price=30, symbol="OLD"),
        order("s", "sell", 5, filled=5, avg=80, intent="sell_to_open"),
        execution("e", "s", "sell", qty=5, price=80),
        activity("m1", "MA", symbol="OLD", qty=-10, sub_type="SMA", day="2026-03-03"),
        activity("m2", "MA", qty=5, sub_type="SMA", day="2026-03-03"),
    ]
    concluded = conclude(records(*rows))
    assert {trade.close_reason for trade in concluded.trades} == {"exchanged"}
    assert all(lot.open_qty == 0 for lot in concluded.lots)


def test_p26_symbol_change_in_place_moves_nothing() -> None:
    key = instrument("META").key
    rows = records(
        instrument("META"),
        order(filled=100, avg=10, symbol="FB", instrument=key),
        execution("e1", symbol="FB"),
        activity("n1", "NC", symbol="FB", qty=-100, sub_type="SNC"),
        activity("n2", "NC", symbol="META", qty=100, sub_type="SNC"),
    )
    concluded = conclude(rows)
    assert only(concluded.trades).open_qty == 100
    assert concluded.reviews == ()


def test_cash_merger_closes_at_its_cash() -> None:
    rows = [
        *bought(),
        activity("m1", "MA", qty=-100, sub_type="CMA"),
        activity("m2", "MA", net=21000, sub_type="CMA"),
    ]
    trade = only(conclude(records(*rows)).trades)
    assert (trade.close_reason, trade.realized_pnl) == ("merger", 1000)


def test_a_tender_for_cash_closes_at_its_cash_another_offers_price_is_none() -> None:
    for sub_type, realized in (("VTND", 2000), ("VEXH", None)):
        offer = {"sub_type": sub_type, "group_id": "g"}
        rows = [*bought(), activity("o1", "VOF", qty=-100, **offer),
                activity("o2", "VOF", net=22000, **offer)]  # fmt: skip
        trade = only(conclude(records(*rows)).trades)
        assert (trade.status, trade.realized_pnl) == (TradeStatus.CLOSED, realized)


def test_cash_merger_whose_cash_is_not_known_has_no_realized_pnl() -> None:
    trade = only(conclude(records(*bought(), activity("m", "MA", qty=-100, sub_type="CMA"))).trades)
    assert (trade.status, trade.realized_pnl) == (TradeStatus.CLOSED, None)


def shorted(qty: int) -> list[object]:
    return [
        order("s", "sell", qty, filled=qty, avg=20, intent="sell_to_open"),
        execution("x", "s", "sell", qty, 20),
    ]


@pytest.mark.parametrize("kind", ["MA", "REO"])
@pytest.mark.parametrize("beside", [True, False])
def test_a_merger_that_brought_nothing_but_money_closes_at_it(kind: str, *, beside: bool) -> None:
    """Whether the money came in the row of the shares or in one beside; a short pays it."""
    for held, qty, paid, realized in ((bought(1, 3), -1, 1, -2), (shorted(1), 1, -1, 19)):
        own = None if beside else paid
        rows = [activity("m1", kind, qty=qty, net=own)]
        rows += [activity("m2", kind, net=paid)] if beside else []
        found = conclude(records(*held, *rows))
        trade = only(found.trades)
        assert (trade.close_reason, trade.realized_pnl) == ("merger", realized)
        assert found.reviews == ()


def test_money_in_several_rows_of_a_merger_is_added_up() -> None:
    rows = [activity("m1", "MA", qty=-100)]
    rows += [activity(f"m{number}", "MA", net=100 * number) for number in (2, 3)]
    assert only(conclude(records(*bought(), *rows)).trades).exit_value == 500


@pytest.mark.parametrize(
    "rows",
    [
        [activity("n", "NC", qty=-100, net=500)],
        [activity("n", "MA", qty=-100, net=-500)],
        [
            activity("n", "MA", qty=-100, net=500),
            activity("o", "MA", symbol="MSFT", qty=20), activity("p", "MA", symbol="GONE", qty=5),
        ],
    ],
)  # fmt: skip
def test_what_left_for_more_or_other_than_money_is_for_a_person(rows: list[object]) -> None:
    known = records(instrument("MSFT"), instrument("GONE"), *bought(), *rows)
    found = conclude(known)
    row = next(row for row in trades_of(found) if row.symbol == "AAPL")
    assert (row.status, row.realized_pnl) == (TradeStatus.CLOSED, None)
    assert "exchange" in {item.kind for item in found.reviews}


def test_worthless_removal_loses_the_cost() -> None:
    rows = [*bought(), activity("w", "REORG", qty=-100, sub_type="WRM")]
    trade = only(conclude(records(*rows)).trades)
    assert (trade.close_reason, trade.realized_pnl) == ("worthless", -20000)


def test_p33_cash_dividends_and_their_reversal_change_no_trade() -> None:
    paid = activity("d1", "DIV", qty=100, net="51", sub_type="CDIV")
    taken = activity("d2", "DIV", qty=100, net="-51", sub_type="CDIV")
    plain = conclude(records(*bought()))
    assert conclude(records(*bought(), paid, taken)) == plain


def test_stock_dividend_grows_what_is_held_at_no_cost() -> None:
    rows = [*bought(), activity("d1", "DIV", qty=5, sub_type="SDIV", net=0)]
    trade = only(conclude(records(*rows)).trades)
    assert (trade.open_qty, trade.cost) == (105, 20000)


def test_unknown_kind_of_row_is_listed_and_does_nothing() -> None:
    concluded = conclude(records(*bought(), activity("u", "WARP", qty=5)))
    assert only(concluded.trades).open_qty == 100
    assert only(concluded.reviews).kind == "unknown_activity"


def test_p30_assigned_put_opens_stock_at_the_strike() -> None:
    rows = _delivered("OPASN", PUT, 1, 100, 140)
    concluded = conclude(records(instrument(), *_option("sell", PUT), *rows))
    trades = {row.symbol: row for row in trades_of(concluded)}
    assert (trades[PUT].close_reason, trades[PUT].realized_pnl) == ("assigned", 200)
    assert (trades["AAPL"].open_qty, trades["AAPL"].entry_price) == (100, 140)
    assert option_links(rows) == (OptionLink("c1", "c2"),)


def test_p31_exercised_call_opens_stock_at_the_strike() -> None:
    rows = _delivered("OPEXC", CALL, -1, 100, 150)
    concluded = conclude(records(instrument(), *_option("buy", CALL), *rows))
    trades = {row.symbol: row for row in trades_of(concluded)}
    assert (trades[CALL].close_reason, trades[CALL].realized_pnl) == ("exercised", -200)
    assert trades["AAPL"].entry_price == 150


def test_assigned_covered_call_delivers_the_shares_held() -> None:
    rows = _delivered("OPASN", CALL, 1, -100, 150)
    concluded = conclude(records(*bought(), *_option("sell", CALL), *rows))
    trades = {row.symbol: row for row in trades_of(concluded)}
    assert trades["AAPL"].close_reason == "delivered for an option"
    assert trades["AAPL"].realized_pnl == -5000


def test_delivery_with_a_wrong_price_goes_by_its_money() -> None:
    delivered = activity("c2", "OPTRD", qty=200, price=90, net=-30000, day="2026-03-20")
    trade = only(conclude(records(instrument(), delivered)).trades)
    assert trade.entry_price == 150


def test_early_assignment_stands_when_it_was_booked() -> None:
    booked = parse_instant("2026-03-03T11:00:00Z")
    row = activity("c2", "OPTRD", qty=100, price=140, day="2026-03-03", created_at=booked)
    concluded = conclude(records(instrument(), row, *sold(100, 150, t=DAY)))
    assert only(concluded.trades).realized_pnl == 1000
    assert concluded.unmatched_exits == ()


def test_options_of_other_strikes_are_not_linked() -> None:
    rows = _delivered("OPASN", PUT, 1, 100, 141)
    assert option_links(rows) == ()


def test_f19_busted_fill_no_longer_counts_but_is_listed() -> None:
    bust = activity("tb", "TRADE_BUST", order_id="b", description="uuid-2", qty=-40, symbol="AAPL")
    rows = [
        order("b", filled=100, avg=10),
        execution("20260302::uuid-1", "b", qty=60, cum=60),
        execution("20260302::uuid-2", "b", qty=40, cum=100, t=2),
    ]
    concluded = conclude(records(*rows, bust))
    assert only(concluded.trades).open_qty == 60
    assert concluded.provisional == ()
    assert only(concluded.reviews).kind == "busted"


def test_f19_a_trade_busted_whole_is_cancelled() -> None:
    bust = activity("tb", "TRADE_BUST", order_id="b", description="e-b", qty=-100)
    trade = only(conclude(records(*bought(), bust)).trades)
    assert (trade.status, trade.close_reason, trade.qty) == (TradeStatus.CANCELLED, "busted", 0)


def test_f20_corrected_fill_shows_both_values() -> None:
    note = activity("tc", "TRADE_CORRECT", order_id="b", description="e-b", qty=100, price="10.5")
    concluded = conclude(records(*bought(price=10), note))
    assert only(concluded.trades).cost == 1050
    assert only(concluded.reviews).detail == "corrected from buy 100 at 10 to buy 100 at 10.5"


@pytest.mark.parametrize(
    ("symbol", "key"), [("AAPL", instrument().key), ("ODD", "ODD"), (None, "")]
)
def test_bust_of_an_order_never_read_is_told_of_its_symbols_instrument(
    symbol: str | None, key: str
) -> None:
    bust = activity("tb", "TRADE_BUST", order_id="gone", description="x", symbol=symbol, qty=-1)
    assert only(conclude(records(*bought(), bust)).reviews).instrument == key


def test_bust_that_names_nothing_known_is_for_a_person() -> None:
    bust = activity("tb", "TRADE_BUST", order_id="else", description="gone", qty=-100)
    concluded = conclude(records(*bought(), bust))
    assert only(concluded.trades).open_qty == 100
    assert only(concluded.reviews).kind == "unnamed_amendment"


def test_bust_without_an_id_fits_the_only_fill_of_its_order_and_quantity() -> None:
    bust = activity("tb", "TRADE_BUST", order_id="b", description="other", qty=-100)
    assert only(conclude(records(*bought(), bust)).trades).qty == 0


@pytest.mark.parametrize(("status", "held"), [("canceled", 100), ("correct", 130)])
def test_amended_row_gives_way_to_the_one_that_names_it(status: str, held: int) -> None:
    first = activity("20260303::u1", "ACATS", qty=50)
    raw = json.dumps({"previous_id": "u1"})
    later = activity("20260304::u2", "ACATS", qty=30, status=status, raw=raw)
    lots = conclude(records(*bought(), first, later)).lots
    assert sum(lot.open_qty for lot in lots) == held


def test_unit_that_falls_apart_leaves_and_its_parts_arrive() -> None:
    rows = [
        *bought(),
        instrument("PART"),
        activity("u1", "SPLIT", qty=-100, sub_type="USPLIT"),
        activity("u2", "SPLIT", symbol="PART", qty=100, sub_type="USPLIT"),
    ]
    trades = {row.symbol: row for row in trades_of(conclude(records(*rows)))}
    assert (trades["AAPL"].status, trades["PART"].open_qty) == (TradeStatus.CLOSED, 100)


def test_f20_correction_to_less_leaves_no_provisional_rest() -> None:
    note = activity("tc", "TRADE_CORRECT", order_id="b", description="e-b", qty=90, price=10)
    concluded = conclude(records(*bought(price=10), note))
    assert only(concluded.trades).open_qty == 90
    assert concluded.provisional == ()


def test_f20_correction_to_more_leaves_no_provisional_rest() -> None:
    note = activity("tc", "TRADE_CORRECT", order_id="b", description="e-b", qty=110, price=10)
    rows = [order("b", qty=110, filled=110, avg=10), execution("e-b", "b")]
    concluded = conclude(records(*rows, note))
    assert only(concluded.trades).open_qty == 110
    assert concluded.provisional == ()
