"""The questions a list of trades is filtered by, and what the filtered list comes to."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from tests.store.make import NOTHING, trade
from tests.web import seed
from tests.web.conftest import Seeded, open_page, text_of
from tests.web.test_pages import table
from tradesync.domain.conclusions import TradeStatus
from tradesync.domain.times import new_york_midnight
from tradesync.store import conclusions, decisions
from tradesync.store.database import Database
from tradesync.store.decisions import TradeNote
from tradesync.store.queries_trade_totals import known_tags, neighbours
from tradesync.store.queries_trades import DayOf, Outcome, TradeFilter, trade_row, trade_rows
from tradesync.views.trades import ListTotals, read_trade_page
from tradesync.web.trade_filter import Answers, amount, filter_from, is_narrowed
from tradesync.web.trade_list import totals_words

D = Decimal
NOW = 1_790_000_000_000_000_000
OPEN_ID, CLOSED_ID = seed.open_long(NOW).trade_id, seed.closed_short(NOW).trade_id
UNKNOWN_ID = "33333333-3333-4333-8333-333333333333"


@pytest.fixture
def record(tmp_path: Path) -> Database:
    """AAPL open (+100 floating), TSLA closed (+90), and one closed whose exit nobody knows."""
    database = seed.small_record(tmp_path / "record.duckdb", NOW)
    lost = trade(
        UNKNOWN_ID, instrument="tsla", symbol="TSLA", status=TradeStatus.CLOSED, qty=D(1),
        open_qty=D(0), open_cost=D(0), realized_pnl=None, fees=D("0.5"),
        broker_order_id="order-9", client_order_id="client-9", ordered_at=NOW - 9 * seed.DAY,
        opened_at=NOW - 9 * seed.DAY, closed_at=NOW - 8 * seed.DAY,
    )  # fmt: skip
    with database.write() as tx:
        conclusions.save_conclusions(
            tx, seed.ACCOUNT, NOTHING, replace(NOTHING, trades=(lost,)), NOW
        )
        note = TradeNote(CLOSED_ID, "held too long", ("lesson", "short"), NOW)
        decisions.save_trade_note(tx, seed.ACCOUNT, note)
    return database


def found(record: Database, wanted: TradeFilter) -> set[str]:
    """The ids of the trades that match."""
    with record.read() as tx:
        return {row.trade_id for row in trade_rows(tx, seed.ACCOUNT, wanted)}


@pytest.mark.parametrize(
    ("wanted", "ids"),
    [
        (TradeFilter(tag="lesson"), {CLOSED_ID}),
        (TradeFilter(tag="less"), set()),
        (TradeFilter(outcome=Outcome.WINNERS), {OPEN_ID, CLOSED_ID}),
        (TradeFilter(outcome=Outcome.LOSERS), set()),
        (TradeFilter(outcome=Outcome.UNKNOWN), {UNKNOWN_ID}),
        (TradeFilter(least=D(90)), {OPEN_ID, CLOSED_ID}),
        (TradeFilter(least=D("90.01")), {OPEN_ID}),
        (TradeFilter(most=D(99)), {CLOSED_ID}),
        (TradeFilter(since=NOW - 2 * seed.DAY), {OPEN_ID}),
        (TradeFilter(until=NOW - 2 * seed.DAY), {CLOSED_ID, UNKNOWN_ID}),
        (TradeFilter(day_of=DayOf.CLOSED, since=NOW - 2 * seed.DAY), {CLOSED_ID}),
    ],
)
def test_each_question_keeps_what_it_asks_for(
    record: Database, wanted: TradeFilter, ids: set[str]
) -> None:
    assert found(record, wanted) == ids


def test_totals_are_of_the_whole_list_and_count_the_unknown(record: Database) -> None:
    with record.read() as tx:
        page = read_trade_page(tx, seed.ACCOUNT, TradeFilter(limit=1))
    assert len(page.lines) == 1
    assert page.totals(None) == ListTotals(
        trades=3, realized=D(90), realized_unknown=1, fees=D("0.5"), floating=D(100),
        open_value=D(2100), open_unknown=0,
    )  # fmt: skip
    assert page.totals("open").trades == 1
    assert page.totals("cancelled") == ListTotals()
    assert totals_words(page.totals("closed"), "closed") == (
        "Together: 2 trades · realized ▲ +$90.00 (1 unknown) · fees $0.50"
    )


def test_several_accounts_are_listed_as_one_and_named(record: Database) -> None:
    wanted = TradeFilter(sort=TradeFilter().sort)
    with record.read() as tx:
        page = read_trade_page(tx, (seed.ACCOUNT, "another"), wanted)
        none = read_trade_page(tx, ("another",), wanted)
    assert {line.account_id for line in page.lines} == {seed.ACCOUNT}
    (line,) = [line for line in page.lines if line.trade.trade_id == OPEN_ID]
    assert [order.order_id for order in line.exits] == ["order-4"]
    assert none.lines == ()


def test_tags_are_offered_once_each(record: Database) -> None:
    with record.read() as tx:
        assert known_tags(tx, seed.ACCOUNT) == ("lesson", "short")
        assert known_tags(tx, ("another",)) == ()


def test_neighbours_are_by_time_of_order(record: Database) -> None:
    with record.read() as tx:
        around = {}
        for trade_id in (UNKNOWN_ID, CLOSED_ID, OPEN_ID):
            row = trade_row(tx, seed.ACCOUNT, trade_id)
            assert row is not None
            around[trade_id] = neighbours(tx, seed.ACCOUNT, row)
    assert around == {
        UNKNOWN_ID: (None, CLOSED_ID),
        CLOSED_ID: (UNKNOWN_ID, OPEN_ID),
        OPEN_ID: (CLOSED_ID, None),
    }


def test_neighbours_of_one_time_are_by_id_and_the_cancelled_are_left_out(record: Database) -> None:
    with record.write() as tx:
        before = conclusions.load_conclusions(tx, seed.ACCOUNT)
        (closed,) = [each for each in before.trades if each.trade_id == CLOSED_ID]
        twin, gone = replace(closed, trade_id=f"{CLOSED_ID}-twin"), replace(
            closed, trade_id=f"{CLOSED_ID}-gone", status=TradeStatus.CANCELLED
        )
        after = replace(before, trades=(*before.trades, twin, gone))
        conclusions.save_conclusions(tx, seed.ACCOUNT, before, after, NOW)
        one, other = (trade_row(tx, seed.ACCOUNT, each.trade_id) for each in (closed, twin))
        assert one is not None
        assert other is not None
        assert neighbours(tx, seed.ACCOUNT, one) == (UNKNOWN_ID, twin.trade_id)
        assert neighbours(tx, seed.ACCOUNT, other) == (CLOSED_ID, OPEN_ID)


def test_days_are_new_yorks_and_the_last_one_counts() -> None:
    day = date(2026, 3, 9)
    wanted = filter_from("closed", Answers(first=day, last=day, day_of="Closed", page=2))
    assert wanted.since == new_york_midnight(day)
    assert wanted.until == new_york_midnight(date(2026, 3, 10))
    assert (wanted.day_of, wanted.offset) == (DayOf.CLOSED, 30)
    assert is_narrowed(wanted)
    assert not is_narrowed(filter_from("closed", Answers(sort="Best first")))
    assert is_narrowed(filter_from(None, Answers(least="0")))


@pytest.mark.parametrize(
    ("typed", "value"),
    [("-50", D(-50)), ("−50", D(-50)), ("$1,200.50", D("1200.5")), ("", None), ("x", None)],
)
def test_amounts_are_read_as_typed(typed: str, value: Decimal | None) -> None:
    assert amount(typed) == value


def test_the_address_filters_and_clear_all_asks_for_everything(seeded: Seeded) -> None:
    app = open_page("trades", status="All", outcome="Losers", symbol="TSLA")
    assert "Nothing matches" in text_of(app)
    app.button(key="clear_filter").click().run()
    assert sorted(table(app, "Symbol")["Symbol"]) == ["AAPL", "TSLA"]
    assert "Together: 2 trades" in text_of(app)
    assert app.button(key="clear_filter").disabled
