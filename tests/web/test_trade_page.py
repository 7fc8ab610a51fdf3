"""One trade's page: chains, marks, causes, notes, why a number, and a close that looks again."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from tests.store.make import order
from tests.waiting import eventually
from tests.web import seed
from tests.web.conftest import Live, Seeded, open_page, text_of
from tests.web.test_actions import bought, toasts
from tests.web.test_pages import CLOSED_ID, OPEN_ID, table
from tradesync.broker.port import Bar
from tradesync.store import decisions, facts
from tradesync.store.decisions import TradeNote
from tradesync.store.queries_activity import EventRow
from tradesync.views.activity import grouped
from tradesync.views.estimates import part_of
from tradesync.views.order_chains import order_chains
from tradesync.views.trade_history import change_cause
from tradesync.views.trade_marks import Level, Mark, exit_levels, trade_marks
from tradesync.views.trades import TradeDetail, read_trade_detail
from tradesync.web.trade.books import fees_words
from tradesync.web.trade_charts import price_option

D = Decimal


def detail_of(seeded: Seeded, trade_id: str = OPEN_ID) -> TradeDetail:
    """All that is known of a trade."""
    with seeded.database.read() as tx:
        found = read_trade_detail(tx, seed.ACCOUNT, trade_id, seeded.now)
    assert found is not None
    return found


def test_an_order_and_its_replacements_are_one_chain(seeded: Seeded) -> None:
    head = order("order-0", status="replaced", replaced_by="order-1",
                 submitted_at=seeded.now - 3 * seed.DAY)  # fmt: skip
    tail = order("order-1", replaces="order-0", status="filled", qty=D(10), filled_qty=D(10),
                 submitted_at=seeded.now - 2 * seed.DAY, updated_at=seeded.now)  # fmt: skip
    with seeded.database.write() as tx:
        facts.save_orders(tx, seed.ACCOUNT, [head, tail])
    chains = order_chains(detail_of(seeded).orders)
    assert [(c.role, c.current.order_id, [e.order_id for e in c.earlier]) for c in chains] == [
        ("entry", "order-1", ["order-0"]),
        ("exit", "order-4", []),
    ]
    assert [chain.works for chain in chains] == [False, True]
    frame = table(open_page("trades", trade=OPEN_ID), "Replaced")
    assert frame["Replaced"].iloc[0] == "1 ×"


def test_a_failed_replacement_is_no_part_of_the_chain(seeded: Seeded) -> None:
    rows = detail_of(seeded).orders
    stays = replace(rows[0], order_id="a", status="new", replaced_by="b", replaces=None)
    failed = replace(rows[0], order_id="b", status="rejected", replaces="a", replaced_by=None)
    assert {chain.current.order_id for chain in order_chains([stays, failed])} == {"a", "b"}


def test_marks_stand_at_the_prices_of_lots_and_closings(seeded: Seeded) -> None:
    assert trade_marks(detail_of(seeded)) == (Mark(seeded.now - 2 * seed.DAY, D(200), D(10), True),)
    closed = detail_of(seeded, CLOSED_ID)
    exit_only = Mark(seeded.now - seed.DAY, D(282), D(5), False)
    assert trade_marks(closed) == (exit_only,)
    contract = replace(closed, trade=replace(closed.trade, asset_class="us_option"))
    assert trade_marks(contract)[0].price == D("2.82")
    unknown = replace(closed.allocations[0], value=None)
    assert trade_marks(replace(closed, allocations=(unknown,))) == ()


def test_the_chart_has_line_entries_exits_and_working_exits(seeded: Seeded) -> None:
    detail = detail_of(seeded)
    levels = exit_levels(detail.working_orders)
    assert levels == (Level("limit", D(250)),)
    bars = [Bar(seeded.now - seed.DAY, D(1), D(3), D(1), D(2))]
    last = (seeded.now, 210.0)
    option = price_option(bars, trade_marks(detail), levels, last, dark=True)
    price, entries, exits = option["series"]
    assert [value for _at, value in price["data"]] == [2.0, 210.0]
    assert price["markLine"]["data"] == [{"yAxis": 250.0, "name": "limit $250.00"}]
    assert [point["name"] for point in entries["data"]] == ["Entry 10"]
    assert exits["data"] == []


def event(field: str, old: str | None, new: str | None) -> EventRow:
    """A changed field."""
    return EventRow(1, "t", "AAPL", 1, field, old, new, "run", "manual")


@pytest.mark.parametrize(
    ("events", "cause"),
    [
        ([event("status", None, "open")], "first seen"),
        ([event("status", "open", "closed"), event("close_reason", None, "stop_loss")],
         "stop loss"),
        ([event("status", "pending", "open"), event("qty", "0", "5")], "filled"),
        ([event("open_qty", "5", "3"), event("realized_pnl", "0", "9")], "fills or activities"),
        ([event("fees", "0", "0.1")], "a fee row"),
        ([event("order_status", "new", "held")], "its order"),
        ([event("something", "a", "b")], "its records"),
    ],
)  # fmt: skip
def test_every_change_says_its_cause(events: list[EventRow], cause: str) -> None:
    (change,) = grouped(events)
    assert change_cause(change) == cause


def test_allocated_fees_are_marked(seeded: Seeded) -> None:
    detail = detail_of(seeded)
    assert fees_words(detail) == "none booked"
    charged = replace(detail.trade, fees=D("0.12"), flags=["fee_allocated"])
    assert "allocated" in fees_words(replace(detail, trade=charged))


def test_previous_and_next_leaf_through_the_trades(seeded: Seeded) -> None:
    app = open_page("trades", trade=OPEN_ID)
    assert app.button(key="next_trade").disabled
    app.button(key="previous_trade").click().run()
    assert app.query_params["trade"] == CLOSED_ID
    assert app.button(key="previous_trade").disabled


@pytest.mark.parametrize(
    ("share", "qty", "part"),
    [("0.5", "10", "5"), ("0.25", "10", "2"), ("0.5", "1", "0.5"), ("1", "0.1234567891", None),
     ("0.75", "0.333333333", "0.249999999")],
)  # fmt: skip
def test_parts_are_whole_where_the_whole_is(share: str, qty: str, part: str | None) -> None:
    assert part_of(D(qty), D(share)) == D(part or qty)


def test_a_note_is_written_and_anothers_is_not_overwritten(live: Live) -> None:
    trade = bought(live)
    app = open_page("trades", trade=trade.trade_id)
    app.button(key="edit_note").click().run()
    app.text_area(key="note_text").set_value("a *good* one").run()
    app.button(key="note_confirm").click().run()
    assert "Note saved." in toasts(app)
    assert "a *good* one" in text_of(app)

    app.button(key="edit_note").click().run()
    app.text_area(key="note_text").set_value("mine").run()
    account_id = live.service.state(live.account).account_id or ""
    with live.service.database.write() as tx:
        theirs = TradeNote(trade.trade_id, "theirs", ("swing",), 7)
        decisions.save_trade_note(tx, account_id, theirs)
    app.button(key="note_confirm").click().run()
    assert "changed elsewhere" in text_of(app)
    assert "theirs [swing]" in text_of(app)
    assert app.text_area(key="note_text").value == "mine"
    app.button(key="note_confirm").click().run()
    assert "Note saved." in toasts(app)


def test_why_a_number_adds_up(live: Live) -> None:
    trade = bought(live)
    live.broker.submit_market("AAPL", 4, side="sell")
    live.sync()
    app = open_page("trades", trade=trade.trade_id, why="Open quantity")
    parts = table(app, "Adds")
    assert list(parts["Adds"]) == [10.0, -4.0]
    assert "2 records add up to 6." in text_of(app)


def test_a_close_looks_again_and_sends_nothing_when_the_trade_changed(live: Live) -> None:
    trade = bought(live)
    app = open_page("trades", trade=trade.trade_id)
    app.button(key="close_trade").click().run()
    live.broker.submit_market("AAPL", 4, side="sell")  # elsewhere, not seen here yet
    app.button(key="close_confirm").click().run()
    words = text_of(app)
    assert "6 open now. Nothing was sent" in words
    sells = [each for each in live.broker.get("/orders", status="all") if each["side"] == "sell"]
    assert [each["qty"] for each in sells] == ["4"]


def test_a_close_carries_its_limit_and_takes_a_share(live: Live) -> None:
    trade = bought(live)
    app = open_page("trades", trade=trade.trade_id)
    app.button(key="close_trade").click().run()
    share: Any = app.get_by_key("close_share")
    share.set_value("50 %").run()
    app.text_input(key="close_limit").set_value("250.5").run()
    assert app.button(key="close_confirm").label == "Sell 5 AAPL @ \\$250.50"


def test_the_chart_comes_when_its_bars_are_read(live: Live) -> None:
    trade = bought(live)
    app = open_page("trades", trade=trade.trade_id)
    eventually(lambda: app.run().get("echarts_chart") or "No price history" in text_of(app))
    assert app.get("echarts_chart")
