"""The Orders page and its dialogs, against a real paper broker: nothing is pretended."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from tests.simulator.broker import PaperBroker
from tests.sync.world import settings_for
from tests.web import seed
from tests.web.conftest import Live, StartService, note, open_page, text_of
from tests.web.seed_orders import some_orders
from tests.web.test_actions import bought, toasts, trades
from tests.web.test_pages import table
from tradesync.config import Environment

NOW = 1_795_000_000 * 10**9


def choose(app: AppTest, key: str, option: str) -> None:
    """Choose one of some options."""
    control: Any = app.get_by_key(key)
    control.set_value(option).run()


def fill(app: AppTest, **fields: str) -> None:
    """Type into fields of the ticket."""
    for name, text in fields.items():
        app.text_input(key=f"order_{name}").set_value(text)
    app.run()


def press(app: AppTest, key: str) -> None:
    """Press a button."""
    app.button(key=key).click().run()
    assert not app.exception, app.exception


def summary(app: AppTest) -> str:
    """The short list of a dialog."""
    (shown,) = [each.value for each in app.table if "Account" in each.value.index]
    words = " ".join(f"{name}: {row.iloc[0]}" for name, row in shown.iterrows())
    return words.replace("\\", "")


def ticket(**begun: str) -> AppTest:
    """A ticket, open on the Orders page."""
    app = open_page("orders")
    press(app, "new_order")
    fill(app, **begun)
    return app


def test_a_bracket_from_the_ticket_stands_as_one_row_is_replaced_and_cancelled(live: Live) -> None:
    live.broker.pause()
    live.broker.set_price("AAPL", 200)
    app = ticket(symbol="aapl", quantity="10")
    assert "Apple" in text_of(app)
    assert "$200.00" in summary(app)
    choose(app, "order_class", "bracket")
    choose(app, "order_type", "limit")
    fill(app, limit="189.99", profit="220")
    assert app.button(key="order_review").disabled
    assert "needs a take profit and a stop loss" in text_of(app)
    fill(app, loss="180")
    press(app, "order_review")
    said = summary(app)
    for part in (
        "test · SIMULATED", "Side: Buy", "Quantity: 10", "Type: Bracket · limit",
        "limit $189.99, take profit $220.00, stop loss $180.00", "Time in force: Day",
        "$1,899.90 at $189.99 (limit)", "Position: 0 → 10",
    ):  # fmt: skip
        assert part in said
    assert live.broker.get("/orders", status="all") == []  # a look alone sends nothing
    press(app, "order_back")
    assert app.text_input(key="order_loss").value == "180"
    press(app, "order_review")
    assert app.button(key="order_confirm").label == "Buy 10 AAPL @ 189.99"
    press(app, "order_confirm")
    assert "Order sent: Buy 10 AAPL @ 189.99." in toasts(app)
    live.broker.step()
    live.sync()
    app.run()
    shown = table(app, "Filled / total")
    assert list(shown["Type"]) == ["Bracket · limit"]
    assert list(shown["Exits"]) == ["limit $220.00 · stop $180.00"] or list(shown["Exits"]) == [
        "stop $180.00 · limit $220.00"
    ]
    head = next(each for each in live.broker.get("/orders", status="open") if each["side"] == "buy")
    app = open_page("orders", order=head["id"])
    press(app, f"replace-{head['id']}")
    assert app.button(key="replace_confirm").disabled
    app.text_input(key="replace_limit_price").set_value("188.5").run()
    assert app.button(key="replace_confirm").label == "Replace: Buy 10 AAPL @ 188.50"
    press(app, "replace_confirm")
    assert "Replacement sent" in toasts(app)
    live.broker.step()
    live.sync()
    app.run()
    parts = table(app, "Part")
    assert "Entry, replacement 1" in list(parts["Part"])
    current = live.broker.order(live.broker.order(head["id"])["replaced_by"])
    assert current["limit_price"] == "188.5"
    press(app, f"cancel-{current['id']}")
    press(app, "cancel_confirm")
    live.broker.step()
    live.sync()
    assert live.broker.get("/orders", status="open") == []
    assert "No order is at work" in text_of(open_page("orders"))


def test_what_cannot_be_is_said_and_nothing_is_sent(live: Live) -> None:
    app = ticket(symbol="NOSUCH", quantity="1")
    assert "knows no symbol NOSUCH" in text_of(app)
    assert app.button(key="order_review").disabled
    live.broker.set_price("AAPL", 200)
    fill(app, symbol="AAPL", quantity="100000")
    assert "not enough" in summary(app)
    press(app, "order_review")
    press(app, "order_confirm")
    (error,) = app.error
    assert "Not enough buying power" in str(error.value)
    assert "Request id" in str(error.value)
    press(app, "order_back")
    assert not app.error
    assert app.text_input(key="order_symbol").value == "AAPL"
    fill(app, quantity="10")
    press(app, "order_review")
    live.broker.submit_market("AAPL", 3)  # behind the person's back
    press(app, "order_confirm")
    assert "The position has changed" in str(app.error[0].value).replace("\\", "")
    assert len(live.broker.get("/orders", status="all")) == 1
    assert "buying power" in " ".join(table(open_page("orders"), "Outcome")["Why"])


def test_an_estimate_that_moved_is_shown_again_before_anything_is_sent(live: Live) -> None:
    live.broker.set_price("AAPL", 200)
    app = ticket(symbol="AAPL", quantity="10")
    press(app, "order_review")
    live.broker.set_price("AAPL", 230)
    pricing = live.service.pricing(live.account)
    pricing._kept.clear()  # as if its second and a half had passed
    press(app, "order_confirm")
    assert "The estimated amount has moved" in text_of(app)
    assert live.broker.get("/orders", status="all") == []
    press(app, "order_confirm")
    assert len(live.broker.get("/orders", status="all")) == 1


def test_close_all_lists_asks_for_the_words_and_tells_each_result(live: Live) -> None:
    bought(live, "AAPL", 10)
    bought(live, "TSLA", 5, 300)
    app = open_page("orders")
    press(app, "close_all")
    assert list(table(app, "About")["What"]) == [
        "Sell 10 AAPL at market", "Sell 5 TSLA at market",
    ]  # fmt: skip
    assert app.button(key="close_all_confirm").disabled
    app.text_input(key="typed_word").set_value("close all").run()
    assert app.button(key="close_all_confirm").label == "Close 2 trades at market"
    press(app, "close_all_confirm")
    assert list(table(app, "Result")["Result"]) == ["✓ accepted", "✓ accepted"]
    live.broker.step()
    live.sync()
    assert {trade.status for trade in trades(live)} == {"closed"}
    press(app, "bulk_done")
    press(app, "cancel_all")
    assert "nothing to cancel" in text_of(app)


def test_a_live_account_asks_for_the_symbol(
    start_service: StartService, paper_broker: PaperBroker, tmp_path: Path
) -> None:
    settings = settings_for(paper_broker, tmp_path)
    (account,) = settings.accounts
    real = replace(account, environment=Environment.LIVE)
    service = start_service(replace(settings, accounts=(real,), allow_live_trading=True))
    Live(service, paper_broker, account.name).sync()
    paper_broker.set_price("AAPL", 200)
    app = ticket(symbol="AAPL", quantity="1")
    press(app, "order_review")
    assert "LIVE" in summary(app)
    assert app.button(key="order_confirm").disabled
    app.text_input(key="typed_word").set_value("aapl").run()
    assert not app.button(key="order_confirm").disabled


@pytest.mark.parametrize("read_only", [False, True])
def test_every_kind_of_order_is_listed_and_read_only_offers_nothing(
    start_service: StartService, tmp_path: Path, read_only: bool
) -> None:
    settings = replace(seed.settings_of(tmp_path / "record.duckdb"), read_only=read_only)
    service = start_service(settings)
    some_orders(service.database, NOW)
    note(service.database, NOW)
    app = open_page("orders")
    said = text_of(app)
    for title in ("Unknown at broker", "Unmatched exits", "3 working · 2 done · 1 rejected"):
        assert title in said
    assert list(table(app, "Filled / total")["Filled / total"]) == ["10 / 10", "5 / 10", "0 / 10"]
    keys = {str(button.key) for button in app.button}
    assert ("new_order" in keys) is not read_only
    choose(app, "orders", "Rejected")
    assert list(table(app, "Reason")["Status"]) == ["⚠ rejected"]
    app = open_page("orders", order="r-1")
    assert "5 / 10" in text_of(app)
    assert list(table(app, "Part")["Status"]) == ["↻ replaced", "◐ partly filled"]
    changing = [key for key in (str(button.key) for button in app.button)
                if key.startswith(("replace-", "cancel-"))]  # fmt: skip
    assert bool(changing) is not read_only
    assert "No such order" in text_of(open_page("orders", order="no-such"))
