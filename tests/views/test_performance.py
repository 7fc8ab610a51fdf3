"""Performance: what closings realized adds up every way, unknown is counted, golden figures."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.views.closings import DAY, NOW, at, closed, short_tsla, still_open, store
from tests.web import seed
from tradesync.domain.conclusions import TradeStatus
from tradesync.domain.facts import Activity
from tradesync.domain.times import SECOND, new_york_midnight
from tradesync.store.database import Database
from tradesync.store.queries import EquityRow
from tradesync.store.queries_exports import Period
from tradesync.store.queries_performance import (
    ClosedTrades,
    DayRow,
    Grouping,
    closed_trades,
    realized_by,
    realized_by_day,
    results_in_order,
)
from tradesync.views.equity import EquityRange
from tradesync.views.performance import (
    By,
    Group,
    groups_of,
    held_words,
    read_days,
    read_performance,
    realized_from,
    statistics_of,
)
from tradesync.views.performance_equity import Flows, equity_performance, flows_of
from tradesync.views.returns import Flow, Gap, Streaks

D = Decimal
NONE = frozenset[date]()


@pytest.fixture(scope="module")
def account(tmp_path_factory: pytest.TempPathFactory) -> Database:
    """Closings of two days and two months, one unknown, one transfer, one fee in the coin."""
    return store(
        tmp_path_factory.mktemp("record"),
        [
            closed(1, at(10, 30, 10), "100"),
            closed(2, at(11, 2, 10), "-40.25", held=8),
            short_tsla(3, at(11, 2, 15), "60.25"),
            closed(4, at(11, 3, 9), None),
            closed(5, at(11, 3, 10), None, kind="transfer", close_reason="transferred out"),
            closed(6, at(11, 3, 11), "0", opened_by="opening_balance"),
            still_open(closed(7, at(11, 4, 11), None, is_fee=True, status=TradeStatus.OPEN)),
        ],
    )


def test_days_are_new_yorks_and_hold_what_was_sold(account: Database) -> None:
    with account.read() as tx:
        days = realized_by_day(tx, seed.ACCOUNT, 0)
    assert days == (
        DayRow(date(2026, 10, 30), D(100), 1, 0),
        DayRow(date(2026, 11, 2), D(20), 2, 0),
        DayRow(date(2026, 11, 3), D(0), 2, 1),
    )


def test_the_same_closings_by_symbol_side_and_time_held(account: Database) -> None:
    with account.read() as tx:
        found = {
            grouping: {
                row.name: (row.realized, row.closings, row.unknown)
                for row in realized_by(tx, seed.ACCOUNT, at(11, 1), grouping)
            }
            for grouping in Grouping
        }
    assert found[Grouping.SYMBOL] == {"AAPL": (D("-40.25"), 3, 1), "TSLA": (D("60.25"), 1, 0)}
    assert found[Grouping.SIDE] == {"long": (D("-40.25"), 3, 1), "short": (D("60.25"), 1, 0)}
    assert found[Grouping.HELD] == {
        "-1": (D(0), 1, 0),
        "1": (D("60.25"), 2, 1),
        "8": (D("-40.25"), 1, 0),
    }


def test_trades_that_were_never_sold_are_no_results(account: Database) -> None:
    with account.read() as tx:
        totals = closed_trades(tx, seed.ACCOUNT, at(11, 1))
        results = results_in_order(tx, seed.ACCOUNT, at(11, 1))
    assert (totals.trades, totals.unknown, totals.won, totals.lost) == (4, 1, 1, 1)
    assert (totals.gains, totals.losses, totals.fees) == (D("60.25"), D("-40.25"), D(2))
    assert (totals.best, totals.best_trade, totals.best_symbol) == (D("60.25"), "trade-3", "TSLA")
    assert (totals.worst, totals.worst_trade) == (D("-40.25"), "trade-2")
    assert totals.held == (8 + 1 + 1 + 1) * DAY
    assert results == [-1, 1, 0]


def test_a_day_of_which_nothing_is_known_is_empty_in_the_export(tmp_path: Path) -> None:
    database = store(tmp_path, [closed(1, at(11, 2), None), closed(2, at(11, 3), "5")])
    with database.read() as tx:
        everything = read_days(tx, seed.ACCOUNT, Period(0, at(12, 1))).table.to_pylist()
        one = read_days(tx, seed.ACCOUNT, Period(at(11, 1), new_york_midnight(date(2026, 11, 3))))
    assert [(row["realized_pnl"], row["unknown"]) for row in everything] == [(None, 1), (D(5), 0)]
    assert one.table.column("day").to_pylist() == [date(2026, 11, 2)]


def test_every_breakdown_of_a_record_adds_up_to_the_total_of_its_range(tmp_path: Path) -> None:
    dice = Random(20261120)
    rows, known = [], []
    for number in range(80):
        closed_at = NOW - dice.randrange(40 * 24) * 3600 * SECOND
        pnl = None if dice.random() < 0.2 else D(dice.randrange(-100_000, 100_000)) / 100
        make = dice.choice((closed, short_tsla))
        rows.append(make(number, closed_at, None if pnl is None else str(pnl)))
        known.append((closed_at, pnl))
    database = store(tmp_path, rows)
    for wanted, since in ((EquityRange.ALL, 0), (EquityRange.WEEK, at(11, 13, 0))):
        mine = [pnl for closed_at, pnl in known if closed_at >= since]
        with database.read() as tx:
            found = [read_performance(tx, seed.ACCOUNT, wanted, by, NOW).realized for by in By]
        for model in found:
            assert model.total == sum((pnl for pnl in mine if pnl is not None), D(0))
            assert model.total == sum((group.realized for group in model.groups), D(0))
            assert model.closings == len(mine) == sum(group.closings for group in model.groups)
            assert model.unknown == mine.count(None) == sum(g.unknown for g in model.groups)


@given(
    st.dictionaries(
        st.dates(date(2020, 1, 1), date(2030, 1, 1)),
        st.tuples(st.decimals(-1000, 1000, places=12), st.integers(1, 9), st.integers(0, 9)),
    )
)
def test_days_months_and_weekdays_add_up_to_the_same(
    days: dict[date, tuple[Decimal, int, int]],
) -> None:
    rows = [DayRow(day, *values) for day, values in sorted(days.items())]
    for by in (By.DAY, By.MONTH, By.WEEKDAY):
        groups = groups_of(by, rows, ())
        assert realized_from(rows, groups).total == sum((g.realized for g in groups), D(0))
        assert sum(g.closings for g in groups) == sum(row.closings for row in rows)
        assert sum(g.unknown for g in groups) == sum(row.unknown for row in rows)
        assert len({group.name for group in groups}) == len(groups)


def test_groups_stand_in_the_order_they_are_read() -> None:
    days = [
        DayRow(date(2026, 10, 30), D(5), 1, 0),  # a Friday
        DayRow(date(2026, 11, 2), D(7), 2, 1),  # Mondays
        DayRow(date(2026, 11, 9), D(-1), 1, 0),
    ]
    names = {by: [group.name for group in groups_of(by, days, ())] for by in By}
    assert names[By.DAY] == ["2026-10-30", "2026-11-02", "2026-11-09"]
    assert names[By.MONTH] == ["2026-10", "2026-11"]
    weekdays = groups_of(By.WEEKDAY, days, ())
    assert weekdays == (
        Group("Monday", D(6), 3, 1), Group("Friday", D(5), 1, 0),
    )  # fmt: skip
    assert Group("x", D(0), 2, 2).all_unknown


@pytest.mark.parametrize(
    ("days", "words"),
    [(0, "under a day"), (1, "1–6 days"), (6, "1–6 days"), (7, "7–29 days"),
     (89, "30–89 days"), (364, "90–364 days"), (365, "a year or more"), (-1, "not known")],
)  # fmt: skip
def test_holding_times_have_names(days: int, words: str) -> None:
    assert held_words(days) == words


TOTALS = ClosedTrades(
    trades=11, unknown=1, won=6, lost=3, gains=D(900), losses=D(-300), fees=D(11), held=D(22 * DAY),
    best=D(400), best_trade="b", best_symbol="AAPL", worst=D(-200), worst_trade="w",
    worst_symbol="TSLA",
)  # fmt: skip


def test_golden_statistics_of_ten_known_trades() -> None:
    found = statistics_of(TOTALS, [1, 1, -1, 1, 1, 1, -1, 0, -1, 1])
    assert (found.even, found.win_rate) == (1, D("0.6"))
    assert (found.average_win, found.average_loss) == (D(150), D(-100))
    assert (found.profit_factor, found.expectancy) == (D(3), D(60))
    assert found.streaks == Streaks(won=3, lost=1, now=1)
    assert found.held_seconds == 2 * 86_400
    assert found.best is not None
    assert (found.best.trade_id, found.best.realized) == ("b", D(400))


def test_no_trades_and_no_losses_have_no_ratios() -> None:
    nothing = replace(
        TOTALS, trades=0, unknown=0, won=0, lost=0, gains=D(0), losses=D(0), held=D(0),
        best=None, best_trade=None, worst=None, worst_trade=None,
    )  # fmt: skip
    found = statistics_of(nothing, [])
    unknown = (found.win_rate, found.average_win, found.average_loss, found.profit_factor,
               found.expectancy, found.best, found.worst, found.held_seconds)  # fmt: skip
    assert unknown == (None,) * 8
    won = statistics_of(replace(nothing, trades=1, won=1, gains=D(5), held=D(DAY)), [1])
    assert won.profit_factor is None
    assert won.win_rate == 1


def row(kind: str, day: date, **changes: Any) -> Activity:
    plain = Activity(
        f"{kind}-{day}", kind, "", day, None, None, None, None, None, None, None, "executed", "",
        None, "{}",
    )  # fmt: skip
    return replace(plain, **changes)


def test_flows_are_money_or_the_value_of_what_moved_when_it_was_booked() -> None:
    day = date(2026, 11, 2)
    found = flows_of(
        [
            row("CSD", day, net_amount=D(1000), created_at=at(11, 2, 11)),
            row("CSW", day, net_amount=D(-300), created_at=at(11, 5, 9)),  # booked later
            row("JNLS", day, symbol="AAPL", qty=D(-3), price=D(100), net_amount=D(0)),
            row("ACATS", day, symbol="AAPL261218C00250000", qty=D(2), price=D("1.5")),
            row("ACATS", day, symbol="TSLA", qty=D(5)),
        ]
    )
    midnight = new_york_midnight(day)
    assert found.known == (
        Flow(at(11, 2, 11), D(1000)),
        Flow(midnight, D(-300)),
        Flow(midnight, D(-300)),
        Flow(midnight, D(300)),
    )
    assert found.unknown == (midnight,)


def close(month: int, day: int, equity: int) -> EquityRow:
    return EquityRow(at(month, day, 16), D(equity))


def test_equity_returns_and_deposits_of_a_range_begin_at_the_close_before_it() -> None:
    histories = {"1D": [close(10, 14, 900), close(10, 15, 1000), close(10, 30, 1100)]}
    flows = Flows((Flow(at(10, 1), D(800)), Flow(at(10, 30, 11), D(100))), (at(10, 20), at(1, 1)))
    found = equity_performance(
        histories, flows, EquityRow(NOW, D(1210)), wanted=EquityRange.MONTH, now=NOW, open_days=NONE
    )
    assert [point.equity for point in found.points] == [1000, 1100, 1210]
    assert list(found.deposits or ()) == [800, 900, 900]
    assert found.risk.time_weighted == pytest.approx(0.1)  # 0 % with the deposit, then 10 %
    assert [ratio for _, ratio in found.drawdown] == [0, 0, 0]
    assert found.since == date(2026, 10, 15)
    assert found.unvalued == 1
    assert found.gaps == (
        Gap(date(2026, 10, 16), date(2026, 10, 29), 10),
        Gap(date(2026, 11, 2), date(2026, 11, 19), 14),
    )


def test_without_history_or_deposits_nothing_is_made_up() -> None:
    found = equity_performance(
        {}, Flows(()), None, wanted=EquityRange.ALL, now=NOW, open_days=NONE
    )
    assert (found.points, found.deposits, found.drawdown, found.since) == ((), None, (), None)
    assert (found.risk.time_weighted, found.risk.drawdown, found.risk.days) == (None, None, 0)
    assert found.gaps == ()


def test_a_weekend_reading_does_not_make_a_year_of_365_days() -> None:
    fridays = [close(11, day, 1000 + day) for day in (12, 13, 16, 17, 18, 19, 20)]
    saturday = EquityRow(at(11, 21), D(1030))
    found = equity_performance(
        {"1D": fridays}, Flows(()), saturday, wanted=EquityRange.ALL, now=saturday.at,
        open_days=NONE,
    )  # fmt: skip
    assert found.risk.a_year == 252
    crypto = [*fridays, close(11, 21, 1029)]
    sunday = EquityRow(saturday.at + DAY, D(1))
    every_day = equity_performance(
        {"1D": crypto}, Flows(()), sunday, wanted=EquityRange.ALL, now=sunday.at, open_days=NONE
    )
    assert every_day.risk.a_year == 365
