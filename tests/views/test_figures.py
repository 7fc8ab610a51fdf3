"""The account's figures, its equity curve and what an order would come to."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from tradesync.domain.times import (
    SECOND,
    day_end,
    from_datetime,
    new_york_date,
    new_york_midnight,
)
from tradesync.store.queries import (
    AccountFigures,
    EquityRow,
    HoldingRow,
    InstrumentQuote,
    PositionRow,
    ProfitRow,
)
from tradesync.views.account import (
    day_before_today,
    lot_method_difference,
    profit_from,
    standing_from,
)
from tradesync.views.activity import grouped
from tradesync.views.equity import (
    EquityRange,
    daily_points,
    equity_curve,
    range_change,
    range_start,
)
from tradesync.views.estimates import estimate
from tradesync.views.positions import position_lines

D = Decimal
DAY = 86_400 * SECOND
NOW = from_datetime(datetime(2026, 11, 20, 15, 0, tzinfo=ZoneInfo("America/New_York")))
FIGURES = AccountFigures(
    status="ACTIVE", currency="USD", cash=D(400), equity=D(1100), last_equity=D(1000),
    buying_power=D(800), long_market_value=D(900), short_market_value=D(-200),
    trading_blocked=False, balance_asof=None, read_at=NOW,
)  # fmt: skip


def held(symbol: str, qty: str, cost: str, value: str, floating: str | None) -> PositionRow:
    return PositionRow(
        instrument=symbol, symbol=symbol, asset_class="us_equity", qty=D(qty), qty_available=None,
        avg_entry_price=D(1), cost_basis=D(cost), market_value=D(value), current_price=D(1),
        change_today=None, unrealized_pl=None if floating is None else D(floating),
        unrealized_plpc=None, unrealized_intraday_pl=None, price_at=None, price_session=None,
    )  # fmt: skip


def test_day_change_leaves_deposits_out() -> None:
    standing = standing_from(FIGURES, moved_today=D(60))
    assert standing.day_change == 40
    assert standing.day_ratio == D("0.037735849057")  # 40 / 1060


def test_exposure_counts_both_sides() -> None:
    standing = standing_from(FIGURES, moved_today=D(0))
    assert standing.gross_value == 1100
    assert standing.exposure_ratio == 1


def test_an_empty_account_has_no_ratios() -> None:
    empty = replace(FIGURES, equity=D(0), last_equity=D(0))
    standing = standing_from(empty, moved_today=D(0))
    assert (standing.day_ratio, standing.exposure_ratio, standing.cash_ratio) == (None,) * 3


def test_last_equity_is_of_the_day_it_names_else_of_yesterday() -> None:
    assert day_before_today(FIGURES) == date(2026, 11, 19)
    named = replace(FIGURES, balance_asof=date(2026, 11, 18))
    assert day_before_today(named) == date(2026, 11, 18)


def test_p17_the_lot_method_line_reconciles_two_ways_of_counting() -> None:
    """Broker: 10 at an average of 201. First in, first out: the 10 left cost 2,110."""
    positions = [held("AAPL", "10", "2010", "2100", "90")]
    holdings = {"AAPL": HoldingRow("AAPL", "AAPL", D(10), D(2110))}
    difference, unlike = lot_method_difference(positions, holdings)
    assert (difference, unlike) == (D(100), ())  # trades: −10 floating; the broker 100 more


def test_the_lot_method_compares_only_what_both_hold() -> None:
    positions = [held("AAPL", "10", "2010", "2100", "90"), held("COST", "1", "5", "6", "1")]
    holdings = {
        "AAPL": HoldingRow("AAPL", "AAPL", D(9), D(1800)),
        "TSLA": HoldingRow("TSLA", "TSLA", D(-5), D(-1500)),
    }
    assert lot_method_difference(positions, holdings) == (D(0), ("AAPL", "COST", "TSLA"))


def test_shorts_compare_by_their_proceeds() -> None:
    positions = [held("XOM", "-40", "-4150", "-4000", "150")]
    holdings = {"XOM": HoldingRow("XOM", "XOM", D(-40), D(-4100))}
    assert lot_method_difference(positions, holdings) == (D(50), ())


def test_a_floating_figure_left_out_by_the_broker_makes_the_sum_unknown() -> None:
    totals = ProfitRow(D(0), 0, D(0), 0, D(0), 0)
    known, unknown = held("A", "1", "1", "2", "1"), held("B", "1", "1", "2", None)
    assert profit_from(totals, (D(0), 0), [known], []).broker_floating == 1
    assert profit_from(totals, (D(0), 0), [known, unknown], []).broker_floating is None


def test_weights_are_shares_of_the_gross_value() -> None:
    lines = position_lines([held("A", "1", "1", "75", None), held("B", "-1", "1", "-25", None)], {})
    assert [(line.side, line.weight) for line in lines] == [
        ("long", D("0.75")),
        ("short", D("0.25")),
    ]
    assert not lines[0].explained


@pytest.mark.parametrize(
    ("wanted", "first"),
    [
        (EquityRange.DAY, date(2026, 11, 20)),
        (EquityRange.WEEK, date(2026, 11, 13)),
        (EquityRange.YEAR_TO_DATE, date(2026, 1, 1)),
    ],
)
def test_ranges_begin_at_midnight_in_new_york(wanted: EquityRange, first: date) -> None:
    assert range_start(wanted, date(2026, 11, 20)) == new_york_midnight(first)


def test_short_ranges_use_the_finest_history_and_long_ones_the_daily() -> None:
    daily = [EquityRow(NOW - day * DAY, D(1000 + day)) for day in range(200, 0, -1)]
    fine = [EquityRow(NOW - minute * 60 * SECOND, D(1)) for minute in range(90, 0, -15)]
    histories = {"1D": daily, "15Min": fine}
    yesterday = EquityRow(day_end(date(2026, 11, 19)), D(1001))
    assert list(equity_curve(histories, EquityRange.DAY, NOW, None)) == [yesterday, *fine]
    week = list(equity_curve(histories, EquityRange.WEEK, NOW, None))
    assert [point.equity for point in week[:8]] == [*range(1008, 1000, -1)]
    assert week[8:] == fine
    ends = [EquityRow(day_end(new_york_date(point.at)), point.equity) for point in daily]
    month = list(equity_curve(histories, EquityRange.MONTH, NOW, None))
    assert month == ends[-32:]  # begun by the close before it
    assert list(equity_curve(histories, EquityRange.ALL, NOW, None)) == ends


def test_the_latest_equity_ends_the_curve_and_unfunded_days_are_left_out() -> None:
    points = [EquityRow(NOW - 3 * DAY, D(0)), EquityRow(NOW - 2 * DAY, D(100))]
    latest = EquityRow(NOW, D(120))
    curve = equity_curve({"1D": points}, EquityRange.WEEK, NOW, latest)
    assert list(curve) == [EquityRow(day_end(date(2026, 11, 18)), D(100)), latest]
    assert equity_curve({}, EquityRange.WEEK, NOW, None) == ()


def test_the_days_own_point_gives_way_to_the_latest_equity_unless_that_is_older() -> None:
    close = from_datetime(datetime(2026, 11, 20, 16, 0, tzinfo=ZoneInfo("America/New_York")))
    today = EquityRow(close, D(110))  # stamped with the close that is still to come
    latest = EquityRow(NOW, D(120))
    assert daily_points([today], latest) == [latest]
    stale = EquityRow(NOW - DAY, D(90))
    assert daily_points([today], stale) == [EquityRow(day_end(date(2026, 11, 20)), D(110))]


def test_a_range_gained_what_was_not_deposited() -> None:
    points = [EquityRow(NOW - DAY, D(100)), EquityRow(NOW, D(180))]
    assert range_change(points, [D(100), D(150)]) == (30, 50)
    assert range_change(points, None) == (80, 0)


QUOTE = InstrumentQuote("AAPL", "us_equity", D(200), NOW, "regular", D(10))


def test_an_order_is_estimated_at_its_limit_else_at_the_last_price() -> None:
    market = estimate("buy", qty=D(3), notional=None, limit_price=None, quote=QUOTE)
    assert (market.amount, market.position_after) == (D(600), D(13))
    limit = estimate("sell", qty=D(3), notional=None, limit_price=D(190), quote=QUOTE)
    assert (limit.amount, limit.position_after) == (D(570), D(7))


def test_an_amount_is_turned_into_a_quantity() -> None:
    wanted = estimate("buy", qty=None, notional=D(500), limit_price=None, quote=QUOTE)
    assert (wanted.qty, wanted.amount, wanted.position_after) == (D("2.5"), D(500), D("12.5"))


def test_an_option_counts_a_hundred_and_an_unknown_price_stays_unknown() -> None:
    option = InstrumentQuote("AAPL261120C00200000", "us_option", D("1.5"), NOW, "regular", D(0))
    assert estimate("buy", qty=D(2), notional=None, limit_price=None, quote=option).amount == 300
    unknown = estimate("buy", qty=D(2), notional=None, limit_price=None, quote=None)
    assert (unknown.amount, unknown.price, unknown.position_after) == (None, None, D(2))


def test_nothing_happened_is_no_change() -> None:
    assert grouped(()) == ()
