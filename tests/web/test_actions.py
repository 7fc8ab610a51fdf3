"""What a person does on the pages, against a real paper broker: nothing is pretended."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from tests.web.conftest import Live, open_app, open_page, text_of
from tests.web.test_pages import metric, table
from tradesync.store.queries_trades import TradeFilter, TradeRow, trade_rows


def trades(live: Live, **wanted: Any) -> tuple[TradeRow, ...]:
    """The recorded trades that match."""
    account_id = live.service.state(live.account).account_id
    assert account_id is not None
    with live.service.database.read() as tx:
        return trade_rows(tx, account_id, TradeFilter(**wanted))


def toasts(app: AppTest) -> str:
    """What the toasts say."""
    return "\n".join(str(each.value).replace("\\", "") for each in app.toast)


def bought(live: Live, symbol: str = "AAPL", qty: int = 10, price: int = 200) -> TradeRow:
    """A filled buy order made outside the app, synced."""
    live.broker.set_price(symbol, price)
    live.broker.submit_market(symbol, qty)
    live.sync()
    (trade,) = trades(live, symbol=symbol, status="open")
    return trade


def test_the_figures_are_the_brokers_to_the_cent(live: Live) -> None:
    bought(live)
    live.broker.set_price("AAPL", "203.37")
    live.sync()
    account = live.broker.get("/account")
    (position,) = live.broker.get("/positions")
    app = open_app().run()
    assert metric(app, "Equity") == f"${Decimal(account['equity']):,.2f}"
    assert metric(app, "Cash") == f"${Decimal(account['cash']):,.2f}"
    frame = table(app, "Avg entry")
    assert frame["Market value"].iloc[0] == float(position["market_value"])
    assert frame["Floating"].iloc[0] == float(position["unrealized_pl"])


def test_sync_button_reads_the_broker_and_says_how_it_went(live: Live) -> None:
    app = open_app().run()
    live.broker.set_price("AAPL", 200)
    live.broker.submit_market("AAPL", 10)
    app.button(key="sync").click().run()
    said = toasts(app)
    if "_ticket" in app.session_state:
        account, ticket = app.session_state["_ticket"]
        assert live.service.wait(account, ticket, 30.0) is not None
        said = toasts(app.run())
    assert "Synced in" in said
    assert list(table(app, "Avg entry")["Symbol"]) == ["AAPL"]


def test_p06_import_shows_the_plan_first_and_the_trade_after(live: Live) -> None:
    live.broker.add_position("COST", "12", "900.00")
    live.sync()
    app = open_app().run()
    app.button(key="import").click().run()
    plan = table(app, "Lot it would create")
    assert list(plan["Symbol"]) == ["COST"]
    assert list(plan["Lot it would create"]) == ["long 12 at $900.00"]
    assert trades(live) == ()  # the plan alone stores nothing
    price = next(each for each in app.text_input if str(each.key).startswith("import_price_"))
    price.set_value("910.5").run()
    app.button(key="import_confirm").click().run()
    assert "Imported 1" in toasts(app)
    (trade,) = trades(live)
    assert (trade.symbol, trade.qty, trade.entry_price) == ("COST", Decimal(12), Decimal("910.5"))
    assert trade.source == "import"
    assert live.service.plan_import(live.account).importable == ()


def test_import_refuses_a_price_that_is_none(live: Live) -> None:
    live.broker.add_position("COST", "12", "900.00")
    live.sync()
    app = open_app().run()
    app.button(key="import").click().run()
    price = next(each for each in app.text_input if str(each.key).startswith("import_price_"))
    price.set_value("cheap").run()
    assert app.button(key="import_confirm").disabled
    assert "Enter a price above zero" in text_of(app)


def test_cancel_ends_a_pending_trade(live: Live) -> None:
    live.broker.set_price("AAPL", 200)
    order = live.broker.submit_limit("AAPL", 5, 150)
    live.sync()
    (pending,) = trades(live, status="pending")
    app = open_page("trades", trade=pending.trade_id)
    app.button(key=f"cancel-{order['id']}").click().run()
    app.button(key="cancel_confirm").click().run()
    assert "Cancel requested" in toasts(app)
    live.sync()
    assert [trade.status for trade in trades(live)] == ["cancelled"]


@pytest.mark.parametrize(("typed", "sent"), [(None, "10"), ("4", "4")])
def test_close_names_what_it_does_and_does_it(live: Live, typed: str | None, sent: str) -> None:
    trade = bought(live)
    app = open_page("trades", trade=trade.trade_id)
    app.button(key="close_trade").click().run()
    if typed:
        app.text_input(key="close_qty").set_value(typed).run()
    assert app.button(key="close_confirm").label == f"Sell {sent} AAPL"
    (summary,) = [each.value for each in app.table if "Account" in each.value.index]
    words = " ".join(str(value) for value in summary.to_numpy().ravel()).replace("\\", "")
    assert "SIMULATED" in words
    assert f"${Decimal(sent) * 200:,.2f}" in words
    live.broker.set_price("AAPL", 205)
    app.button(key="close_confirm").click().run()
    assert f"Order sent: Sell {sent} AAPL." in toasts(app)
    (order,) = [each for each in live.broker.get("/orders", status="all") if each["side"] == "sell"]
    assert order["qty"] == sent
    live.sync()
    (after,) = trades(live)
    assert after.open_qty == 10 - Decimal(sent)
    assert after.realized_pnl == 5 * Decimal(sent)


def test_a_trade_that_changed_under_its_close_is_looked_at_again_before_anything_is_sent(
    live: Live,
) -> None:
    trade = bought(live)
    app = open_page("trades", trade=trade.trade_id)
    app.button(key="close_trade").click().run()
    app.text_input(key="close_qty").set_value("4").run()
    live.broker.submit_market("AAPL", 2, "sell")
    live.sync()
    app.button(key="close_confirm").click().run()
    assert "8 are open now" in text_of(app)
    sides = [each["side"] for each in live.broker.get("/orders", status="all")]
    assert sides.count("sell") == 1
    assert not app.button(key="close_confirm").disabled
    app.button(key="close_confirm").click().run()
    live.sync()
    (after,) = trades(live)
    assert after.open_qty == 4


def test_more_than_is_open_cannot_be_closed(live: Live) -> None:
    trade = bought(live)
    app = open_page("trades", trade=trade.trade_id)
    app.button(key="close_trade").click().run()
    app.text_input(key="close_qty").set_value("11").run()
    assert app.button(key="close_confirm").disabled


def test_update_price_reads_the_price_now(live: Live) -> None:
    trade = bought(live)
    live.broker.set_price("AAPL", "201.25")
    app = open_page("trades", trade=trade.trade_id)
    assert metric(app, "Last price") == "$200.00"
    app.button(key="update_price").click().run()
    assert "AAPL is at $201.25." in toasts(app)
    assert metric(app, "Last price") == "$201.25"


def test_a_broker_that_is_gone_leaves_the_last_figures_and_a_sentence(live: Live) -> None:
    trade = bought(live)
    live.broker.stop()
    app = open_page("trades", trade=trade.trade_id)
    app.button(key="update_price").click().run()
    assert "AAPL" in text_of(app)
    assert app.toast
