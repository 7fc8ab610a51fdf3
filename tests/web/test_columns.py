"""What tables say about trades, orders and changes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.web import seed
from tradesync.domain.why import Figure, Part
from tradesync.store.queries_activity import EventRow
from tradesync.store.queries_trades import TradeFilter
from tradesync.views.activity import grouped
from tradesync.views.trades import TradeLine, read_trade_page
from tradesync.web import (
    columns,
    order_columns,
    performance_extras,
    reconcile_differences,
    reconcile_proof,
    reconcile_records,
    sync_state,
    truth_lines,
)
from tradesync.web.columns import (
    change_words,
    exits_words,
    notice_words,
    positions_columns,
    trades_columns,
)
from tradesync.web.dialogs import changes, import_positions
from tradesync.web.tables import Column, Kind, fitting
from tradesync.web.trade import columns as trade_columns

NOW = 1_790_000_000_000_000_000


@pytest.fixture
def lines(tmp_path: Path) -> dict[str, TradeLine]:
    """The lines of a small account's trades, by symbol."""
    database = seed.small_record(tmp_path / "record.duckdb", NOW)
    with database.read() as tx:
        page = read_trade_page(tx, seed.ACCOUNT, TradeFilter())
    return {line.trade.symbol: line for line in page.lines}


@pytest.mark.parametrize("status", ["open", "pending", "closed", "cancelled", None])
def test_every_list_begins_with_the_symbol_and_reads_any_trade(
    lines: dict[str, TradeLine], status: str | None
) -> None:
    found = trades_columns(status, NOW)
    assert (found[0].label, found[0].pinned) == ("Symbol", True)
    for narrow in (False, True):
        fit = fitting(found, narrow=narrow)
        assert len({column.label for column in fit}) == len(fit)
        assert (len(fit) <= 4) == narrow
    for line in lines.values():
        for column in found:
            column.value(line)


@pytest.mark.parametrize("found", [
    changes.change_columns({}),
    columns.changes_columns(),
    columns.closings_columns(),
    columns.executions_columns(),
    columns.lots_columns(),
    columns.orders_columns(),
    columns.runs_columns(),
    import_positions.columns_of_plan(),
    order_columns.chain_columns(),
    order_columns.families_columns(with_reason=True),
    order_columns.fills_columns(),
    order_columns.intents_columns(),
    order_columns.unmatched_columns(),
    performance_extras.method_columns(),
    reconcile_differences.method_columns(),
    reconcile_proof.day_columns(),
    reconcile_proof.holding_columns(),
    reconcile_proof.line_columns(),
    reconcile_records.difference_columns(),
    reconcile_records.review_columns(),
    reconcile_records.set_aside_columns(),
    reconcile_records.unmatched_columns(),
    sync_state.account_columns(),
    trade_columns.chains_columns(),
    trade_columns.history_columns(),
    trade_columns.parts_columns(Figure.COST),
    truth_lines.coin_fee_columns(),
    truth_lines.money_columns(),
])  # fmt: skip
def test_every_table_has_four_columns_at_most_on_a_phone(found: tuple[Column[Any], ...]) -> None:
    for narrow in (False, True):
        labels = [column.label for column in fitting(found, narrow=narrow)]
        assert len(set(labels)) == len(labels)
    assert 2 <= len(labels) <= 4


@pytest.mark.parametrize(("what", "hidden"), [
    ("buy 5 at 101.25", "buy ••• at 101.25"),
    ("0.333 open of 1.5: sell_short 1.5 at 9", "••• open of •••: sell_short ••• at 9"),
    ("regular price 101.2 × 5 open × 100", "regular price 101.2 × ••• open × •••"),
    ("OPEXP of 2026-11-20, 2 AAPL261120C00200000", "OPEXP of 2026-11-20, ••• AAPL261120C00200000"),
    ("its part of: FEE 0.05 of 2026-11-20", "its part of: FEE ••• of 2026-11-20"),
])  # fmt: skip
def test_hidden_amounts_are_hidden_in_what_a_figure_came_from(
    monkeypatch: pytest.MonkeyPatch, what: str, hidden: str
) -> None:
    part = Part("execution", "fill-1", None, NOW, what, None)
    assert trade_columns.part_words(part) == what
    monkeypatch.setattr(trade_columns, "amounts_hidden", lambda: True)
    assert trade_columns.part_words(part) == hidden


def test_a_phone_shows_symbol_quantity_and_what_was_gained(lines: dict[str, TradeLine]) -> None:
    labels = [column.label for column in fitting(trades_columns("open", NOW), narrow=True)]
    assert labels == ["Symbol", "Qty", "Floating", "Floating %"]
    assert [column.label for column in fitting(positions_columns({}), narrow=True)] == labels
    quantity = fitting(trades_columns("open", NOW), narrow=True)[1].value
    line = lines["AAPL"]
    short = replace(line, trade=replace(line.trade, side="short"))
    assert (quantity(line), quantity(short)) == (line.trade.open_qty, -line.trade.open_qty)


def test_working_exits_are_told_on_their_trade(lines: dict[str, TradeLine]) -> None:
    assert exits_words(lines["AAPL"]) == "limit $250.00"
    assert exits_words(lines["TSLA"]) is None


def test_what_is_uncertain_is_noticed_and_what_is_settled_is_not(
    lines: dict[str, TradeLine],
) -> None:
    trade = lines["AAPL"].trade
    assert notice_words(trade) is None
    doubtful = replace(trade, flags=["provisional", "fee_allocated"], not_at_broker=True)
    assert notice_words(doubtful) == "not at broker · fill not confirmed by its own row yet"
    assert notice_words(replace(trade, flags=["brand_new"])) == "brand new"


def event(number: int, field: str, old: str | None, new: str | None, run: str = "r") -> EventRow:
    return EventRow(number, "t", "AAPL", NOW, field, old, new, run, "manual")


def test_changes_of_one_trade_in_one_run_are_one_line() -> None:
    changes = grouped((event(3, "qty", "5", "10", "later"), event(2, "realized_pnl", None, "-3"),
                       event(1, "status", "open", "closed")))  # fmt: skip
    assert [change.run_id for change in changes] == ["later", "r"]
    assert change_words(changes[1]) == "status open → closed · realized P&L — → −3"


def test_a_new_trade_is_told_by_its_figures() -> None:
    (change,) = grouped((event(2, "qty", None, "10"), event(1, "status", None, "open")))
    assert change.is_new
    assert change_words(change) == "status open · qty 10"


def test_a_long_fraction_is_told_in_short_and_a_quantity_in_full() -> None:
    (change,) = grouped((event(1, "exit_price", "1.5", "134.059454545455"),
                         event(2, "qty", "0.031871234", "-0.5")))  # fmt: skip
    assert change_words(change) == "qty 0.031871234 → −0.5 · exit price 1.5 → 134.0595"


def test_hidden_amounts_are_hidden_in_changes_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(columns, "amounts_hidden", lambda: True)
    events = (event(2, "realized_pnl", None, "-3"), event(1, "status", "open", "closed"))
    (change,) = grouped(events)
    assert change_words(change) == "status open → closed · realized P&L — → •••"


def test_numbers_are_columns_of_numbers() -> None:
    """No money or quantity of a trade is shown as text, where it would sort as text."""
    for status in ("open", "closed", None):
        kinds = {column.label: column.kind for column in trades_columns(status, NOW)}
        assert kinds["Realized"] is Kind.CHANGE
        assert kinds["Entry"] is Kind.PRICE
