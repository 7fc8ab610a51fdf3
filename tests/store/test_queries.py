"""The questions the screens ask, against a real file."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from tests.store.make import NOTHING, order, trade
from tests.web import seed
from tradesync.domain.changes import Change
from tradesync.domain.conclusions import TradeStatus
from tradesync.domain.ours import Resolution, ResolutionKind
from tradesync.domain.reconcile import DriftKind, DriftRecord
from tradesync.domain.times import SECOND, Instant
from tradesync.store import conclusions, decisions, facts, journal, resolutions
from tradesync.store.database import Database
from tradesync.store.queries import (
    account_figures,
    data_version,
    equity_rows,
    equity_timeframes,
    holding_rows,
    instrument_quote,
    position_rows,
    profit_totals,
    realized_since,
)
from tradesync.store.queries_activity import (
    drift_rows,
    event_rows,
    run_count,
    run_rows,
    troubled_orders,
)
from tradesync.store.queries_trade_totals import trade_counts
from tradesync.store.queries_trades import (
    TradeFilter,
    TradeSort,
    executions_of_orders,
    listed_orders,
    orders_of_trade,
    trade_row,
    trade_rows,
)

D = Decimal
NOW: Instant = 1_790_000_000 * SECOND
OPEN_ID = seed.open_long(NOW).trade_id


@pytest.fixture
def record(tmp_path: Path) -> Database:
    """A small account: one open and one closed trade."""
    return seed.small_record(tmp_path / "record.duckdb", NOW)


def symbols(record: Database, **wanted: object) -> list[str]:
    """The symbols of the trades that match, in order."""
    with record.read() as tx:
        rows = trade_rows(tx, seed.ACCOUNT, TradeFilter(**wanted))  # type: ignore[arg-type]
    return [row.symbol for row in rows]


def test_figures_come_back_exact(record: Database) -> None:
    with record.read() as tx:
        figures = account_figures(tx, seed.ACCOUNT)
        assert account_figures(tx, "another") is None
    assert figures is not None
    assert (figures.equity, figures.cash) == (D("101250.50"), D("60000.25"))


def test_positions_have_their_mark_beside_them(record: Database) -> None:
    with record.read() as tx:
        (row,) = position_rows(tx, seed.ACCOUNT)
    assert (row.symbol, row.qty, row.unrealized_pl) == ("AAPL", D(10), D(90))
    assert (row.price_at, row.price_session) == (NOW, "regular")


def test_holdings_are_signed_and_of_open_trades_only(record: Database) -> None:
    with record.write() as tx:
        before = conclusions.load_conclusions(tx, seed.ACCOUNT)
        short = replace(
            seed.closed_short(NOW), trade_id="s", status=TradeStatus.OPEN, open_qty=D(5),
            open_cost=D(1500),
        )  # fmt: skip
        after = replace(before, trades=(*before.trades, short))
        conclusions.save_conclusions(tx, seed.ACCOUNT, before, after, NOW)
    with record.read() as tx:
        held = {row.symbol: (row.qty, row.cost) for row in holding_rows(tx, seed.ACCOUNT)}
    assert held == {"AAPL": (D(10), D(2000)), "TSLA": (D(-5), D(-1500))}


def test_totals_leave_the_unknown_out_and_count_it(record: Database) -> None:
    with record.write() as tx:
        before = conclusions.load_conclusions(tx, seed.ACCOUNT)
        lost = replace(seed.closed_short(NOW), trade_id="lost", realized_pnl=None)
        after = replace(before, trades=(*before.trades, lost))
        conclusions.save_conclusions(tx, seed.ACCOUNT, before, after, NOW)
    with record.read() as tx:
        totals = profit_totals(tx, seed.ACCOUNT)
    assert (totals.floating, totals.realized, totals.realized_unknown) == (D(100), D(90), 1)


def test_realized_since_looks_at_the_time_of_the_closing(record: Database) -> None:
    with record.read() as tx:
        assert realized_since(tx, seed.ACCOUNT, NOW - 2 * seed.DAY) == (D(90), 0)
        assert realized_since(tx, seed.ACCOUNT, NOW) == (D(0), 0)


def test_equity_comes_oldest_first(record: Database) -> None:
    with record.read() as tx:
        points = equity_rows(tx, seed.ACCOUNT, "1D")
        assert equity_timeframes(tx, seed.ACCOUNT) == ("1D",)
    assert len(points) == 120
    assert list(points) == sorted(points, key=lambda point: point.at)


def test_a_quote_is_found_by_any_spelling(record: Database) -> None:
    with record.read() as tx:
        quote = instrument_quote(tx, seed.ACCOUNT, ["AAPL", "AAPL"])
        assert instrument_quote(tx, seed.ACCOUNT, ["NOSUCH"]) is None
    assert quote is not None
    assert (quote.price, quote.qty, quote.multiplier) == (D(210), D(10), 1)


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({}, ["TSLA", "AAPL"]),
        ({"status": "open"}, ["AAPL"]),
        ({"side": "short"}, ["TSLA"]),
        ({"source": "broker"}, ["TSLA"]),
        ({"symbol": "AAPL"}, ["AAPL"]),
        ({"search": "tsl"}, ["TSLA"]),
        ({"search": "client-2"}, ["TSLA"]),
        ({"search": "50%"}, []),
        ({"search": "_"}, []),
        ({"sort": TradeSort.BEST}, ["AAPL", "TSLA"]),
        ({"sort": TradeSort.WORST}, ["TSLA", "AAPL"]),
        ({"sort": TradeSort.LARGEST}, ["AAPL", "TSLA"]),
        ({"sort": TradeSort.OLDEST}, ["TSLA", "AAPL"]),
        ({"limit": 1, "offset": 1}, ["AAPL"]),
    ],
)
def test_trades_are_filtered_sorted_and_paged(
    record: Database, wanted: dict[str, object], found: list[str]
) -> None:
    assert symbols(record, **wanted) == found


def test_a_tag_is_found_whole(record: Database) -> None:
    with record.write() as tx:
        note = decisions.TradeNote(OPEN_ID, "an earnings play", ("earnings",), NOW)
        decisions.save_trade_note(tx, seed.ACCOUNT, note)
    assert symbols(record, search="earnings") == ["AAPL"]
    assert symbols(record, search="play") == ["AAPL"]


def test_counts_follow_the_filter_but_not_its_status(record: Database) -> None:
    with record.read() as tx:
        counts = trade_counts(tx, seed.ACCOUNT, TradeFilter(status="open"))
        shorts = trade_counts(tx, seed.ACCOUNT, TradeFilter(status="open", side="short"))
    assert counts == {"open": 1, "closed": 1}
    assert shorts == {"closed": 1}


def test_a_trade_has_its_chain_its_exits_and_its_fills(record: Database) -> None:
    replaced = order(
        "order-0", status="replaced", replaced_by="order-1", submitted_at=NOW - 3 * seed.DAY
    )
    with record.write() as tx:
        facts.save_orders(tx, seed.ACCOUNT, [replaced])
    with record.read() as tx:
        found = trade_row(tx, seed.ACCOUNT, OPEN_ID)
        assert found is not None
        orders = orders_of_trade(tx, seed.ACCOUNT, found)
        fills = executions_of_orders(tx, seed.ACCOUNT, [each.order_id for each in orders])
    roles = [(each.order_id, each.role) for each in orders]
    assert roles == [("order-0", "entry"), ("order-1", "entry"), ("order-4", "exit")]
    assert {fill.execution_id: fill.provisional for fill in fills} == {
        "fill-1": False, "prov-1": True,
    }  # fmt: skip


def test_listed_trades_have_their_entry_and_their_working_exits(record: Database) -> None:
    with record.read() as tx:
        found = trade_row(tx, seed.ACCOUNT, OPEN_ID)
        assert found is not None
        orders = listed_orders(tx, seed.ACCOUNT, [found])
        assert listed_orders(tx, "another account", [found]) == ()
        assert listed_orders(tx, seed.ACCOUNT, []) == ()
    assert [(order.order_id, order.trade_id, order.role) for order in orders] == [
        ("order-1", OPEN_ID, "entry"), ("order-4", OPEN_ID, "exit"),
    ]  # fmt: skip


def test_changes_are_found_behind_any_number_of_other_accounts_changes(record: Database) -> None:
    with record.write() as tx:
        before = event_rows(tx, seed.ACCOUNT, limit=3)
        crowd = [Change(f"trade-{number}", "status", None, "open") for number in range(500)]
        journal.add_trade_events(tx, "another account", "run-9", NOW, crowd)
        journal.add_trade_events(tx, seed.ACCOUNT, "run-9", NOW, [Change(OPEN_ID, "qty", "1", "2")])
        after = event_rows(tx, seed.ACCOUNT, limit=3)
    assert len(before) == len(after) == 3
    assert [(event.trade_id, event.field, event.new) for event in after][:1] == [
        (OPEN_ID, "qty", "2")
    ]
    assert after[1:] == before[:2]
    assert after[0].symbol == "AAPL"


def test_runs_and_events_come_newest_first(record: Database) -> None:
    with record.read() as tx:
        runs = run_rows(tx, seed.ACCOUNT, only_failed=False, limit=10)
        failed = run_rows(tx, seed.ACCOUNT, only_failed=True, limit=10)
        events = event_rows(tx, seed.ACCOUNT, limit=10)
        of_trade = event_rows(tx, seed.ACCOUNT, trade_id=OPEN_ID, limit=10)
        assert run_count(tx, seed.ACCOUNT, only_failed=True) == 1
        assert event_rows(tx, seed.ACCOUNT, run_id="run-2", limit=10) == ()
    assert [run.run_id for run in runs] == ["run-2", "run-1"]
    assert [run.error for run in failed] == ["The broker is down."]
    assert [event.event_id for event in events] == sorted(
        (event.event_id for event in events), reverse=True
    )
    assert {(event.symbol, event.trigger) for event in of_trade} == {("AAPL", "manual")}


def test_troubled_orders_are_the_recently_rejected_and_the_unknown(record: Database) -> None:
    lost = trade("lost", broker_order_id="rejected", close_reason="no money", symbol="AAPL")
    with record.write() as tx:
        facts.save_orders(tx, seed.ACCOUNT, [
            order("rejected", status="rejected", updated_at=NOW),
            order("long-ago", status="rejected", updated_at=1),
            order("gone", updated_at=1),
        ])  # fmt: skip
        for _ in range(3):
            facts.bump_not_found(tx, seed.ACCOUNT, ["gone"])
        conclusions.save_conclusions(
            tx, seed.ACCOUNT, NOTHING, replace(NOTHING, trades=(lost,)), NOW
        )
    with record.read() as tx:
        rows = troubled_orders(tx, seed.ACCOUNT, NOW - 60 * SECOND, 10)
    assert {row.order_id: (row.not_found_count, row.reason) for row in rows} == {
        "rejected": (0, "no money"), "gone": (3, None),
    }  # fmt: skip


def test_an_ignored_difference_says_until_when_and_another_size_is_a_new_question(
    record: Database,
) -> None:
    ignored = Resolution(
        "d1", ResolutionKind.IGNORE, "aapl", "AAPL", "us_equity", NOW, D(10), D(7), None,
        date(2026, 10, 1), NOW,
    )  # fmt: skip
    rows = [
        DriftRecord("aapl", DriftKind.QUANTITY, "AAPL", D(10), D(7), NOW, NOW, None),
        DriftRecord("tsla", DriftKind.UNTRACKED, "TSLA", D(0), D(3), NOW, NOW, None),
    ]
    with record.write() as tx:
        journal.save_drift(tx, seed.ACCOUNT, rows)
        resolutions.add_resolution(tx, seed.ACCOUNT, ignored)

    def until(day: date) -> dict[str, date | None]:
        with record.read() as tx:
            return {row.symbol: row.ignored_until for row in drift_rows(tx, seed.ACCOUNT, day)}

    assert until(date(2026, 10, 1)) == {"AAPL": date(2026, 10, 1), "TSLA": None}
    assert until(date(2026, 10, 2)) == {"AAPL": None, "TSLA": None}
    with record.write() as tx:
        journal.save_drift(tx, seed.ACCOUNT, [replace(rows[0], broker_qty=D(6))])
    assert until(date(2026, 10, 1)) == {"AAPL": None, "TSLA": None}


def test_the_data_version_of_a_transaction_is_the_databases(record: Database) -> None:
    with record.read() as tx:
        version = data_version(tx)
    assert version == record.data_version()
