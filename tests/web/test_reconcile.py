"""Reconcile and Settings as a person uses them: explained, fixed, taken back, proved, switched."""

from __future__ import annotations

from dataclasses import replace

import pytest
from streamlit.testing.v1 import AppTest

from tests.waiting import eventually
from tests.web import seed
from tests.web.conftest import Live, Seeded, open_app, open_page, text_of
from tests.web.test_actions import bought, toasts, trades
from tests.web.test_pages import table
from tradesync.domain.conclusions import Review
from tradesync.domain.facts import UnreadableRow
from tradesync.store import conclusions, facts
from tradesync.sync.choices import INTERVAL
from tradesync.web.later import LATER


def settled(app: AppTest) -> AppTest:
    """The page once everything computed beside it is there."""
    eventually(lambda: not any(known.running for known in LATER._known.values()))
    return app.run()


def the_key(app: AppTest, part: str) -> str:
    """The key of the first button that has this in it."""
    return next(str(button.key) for button in app.button if part in str(button.key))


def test_a_drift_is_explained_fixed_and_taken_back(live: Live) -> None:
    bought(live)
    live.broker.add_position("AAPL", -4, 200)
    live.sync()
    overview = open_app().run()
    assert "AAPL: trades hold 10, broker 6" in text_of(overview)
    app = settled(open_page("reconcile"))
    words = text_of(app)
    assert "1. **Closed elsewhere** (possible): the broker holds 6 of our 10" in words
    app.button(key=the_key(app, "-close")).click().run()
    app.text_input(key="resolve_price").set_value("210").run()
    changes = table(app, "Before")
    after = dict(zip(changes["What"], changes["After"], strict=True))
    assert (after["open qty"], after["realized P&L"]) == ("6", "40")
    assert "Afterwards trades hold **6**, the broker **6**" in text_of(app)
    app.button(key="resolve_confirm").click().run()
    assert "It can be taken back" in toasts(app)
    (trade,) = trades(live, symbol="AAPL")
    assert (trade.open_qty, trade.realized_pnl) == (6, 40)
    live.sync()
    app.run()
    assert "No difference" in text_of(app)
    app.button(key=the_key(app, "undo-")).click().run()
    assert "realized P&L **−$40.00**" in text_of(app).replace("\\", "")
    app.button(key="undo_confirm").click().run()
    assert trades(live, symbol="AAPL")[0].open_qty == 10


def test_an_import_is_shown_and_taken_back(live: Live) -> None:
    live.broker.add_position("MSFT", 10, 400)
    live.sync()
    live.service.apply_import(live.account, live.service.plan_import(live.account))
    live.sync()
    app = settled(open_page("reconcile"))
    app.button(key=the_key(app, "undo-")).click().run()
    live.broker.set_price("MSFT", 410)
    live.broker.submit_market("MSFT", 4, "sell")
    live.broker.step()
    live.sync()
    app.button(key="undo_confirm").click().run()
    assert "changed since this was shown" in text_of(app)
    changes = table(app, "Before")
    assert list(zip(changes["What"], changes["Before"], strict=True)) == [("status", "open")]
    words = text_of(app)
    assert "any more: **sell 4 MSFT**" in words
    assert "Afterwards trades hold **0**, the broker **6**" in words
    app.button(key="undo_confirm").click().run()
    assert "MSFT: taken back." in toasts(app)
    assert trades(live, symbol="MSFT") == ()
    live.sync()
    assert "difference **+6**" in text_of(settled(app))


def test_a_difference_that_changed_meanwhile_is_not_settled(live: Live) -> None:
    bought(live)
    live.broker.add_position("AAPL", -4, 200)
    live.sync()
    app = settled(open_page("reconcile"))
    app.button(key=the_key(app, "-ignore")).click().run()
    live.broker.add_position("AAPL", -1, 200)
    live.sync()
    app.button(key="resolve_confirm").click().run()
    assert "changed since this was shown" in text_of(app)
    app.button(key="resolve_confirm").click().run()
    assert "Ignored for now" in text_of(app)
    assert "1 difference ignored for now." in text_of(open_app().run())


def test_the_books_of_the_paper_account_are_proved_by_day_and_verified(live: Live) -> None:
    bought(live)
    live.sync()
    app = settled(open_page("reconcile", show="Proof"))
    assert "Proved." in text_of(app)
    lines = table(app, "Broker states")
    assert dict(zip(lines["What"], lines["Broker states"], strict=True))["AAPL"] == 10
    day = str(table(app, "Cash after")["Day"].iloc[0])
    app = settled(open_page("reconcile", show="Proof", day=day))
    assert dict(table(app, "Held at the end")[["Symbol", "Held at the end"]].values) == {"AAPL": 10}
    app = open_page("reconcile", show="Verify")
    app.button(key="verify").click().run()
    (said,) = [str(each.value) for each in settled(app).success]
    assert "A rebuild gives the same" in said


def test_the_identity_is_on_the_overview_with_the_rows_of_a_term(live: Live) -> None:
    bought(live)
    live.broker.book("DIV", symbol="AAPL", net_amount="12.50")
    live.sync()
    app = open_app().run()
    labels = [str(button.label).replace("\\", "") for button in app.button]
    assert "Net deposits $100,000.00" in labels
    assert "+ income $12.50" in labels
    assert "+ unexplained $0.00" in labels
    app.button(key="term-income").click().run()
    assert list(table(app, "Broker's id")["Amount"]) == [12.5]
    assert "income :green[▲ +$12.50]" in text_of(app)


def test_records_are_listed_and_block_nothing(seeded: Seeded) -> None:
    with seeded.database.write() as tx:
        before = conclusions.load_conclusions(tx, seed.ACCOUNT)
        odd = Review("r", "unknown_status", "aapl", "order-9", "the broker calls it “paused”")
        after = replace(before, reviews=(odd,))
        conclusions.save_conclusions(tx, seed.ACCOUNT, before, after, seeded.now)
        unread = UnreadableRow("order", "x", "qty is no number", "{}")
        facts.set_aside(tx, seed.ACCOUNT, [unread], seeded.now)
    app = open_page("reconcile", show="Records")
    assert list(table(app, "Detail")["What"]) == ["unknown status"]
    assert list(table(app, "Why")["Why"]) == ["qty is no number"]


def test_settings_switch_test_and_choose(seeded: Seeded) -> None:
    app = open_page("settings")
    words = text_of(app)
    assert "number PA1" in words
    assert "first in, first out" in words
    assert "secret" not in words
    app.number_input(key="interval_choice").set_value(45.0)
    app.button(key="FormSubmitter:interval_form-Save").click().run()
    assert seeded.service.preferences()[INTERVAL] == "45"
    app.button(key=f"test-{seed.NAME}").click().run()
    (said,) = [str(each.value) for each in settled(app).error]
    assert "127.0.0.1" in said
    app.toggle(key=f"active-{seed.NAME}").set_value(False).run()
    assert "the only active account" in toasts(app)
    assert seeded.service.account_names() == (seed.NAME,)


@pytest.mark.parametrize("key", ["palette_choice", "privacy_choice"])
def test_palette_and_privacy_hold_for_every_page(seeded: Seeded, key: str) -> None:
    app = open_page("settings")
    if key == "palette_choice":
        app.radio(key=key).set_value("blue-orange").run()
        assert ":blue[" in text_of(open_app().run())
    else:
        app.toggle(key=key).set_value(True).run()
        assert "$101,250.50" not in text_of(open_app().run())
