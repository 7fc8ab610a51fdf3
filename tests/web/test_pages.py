"""The pages on a seeded record: whole on every way in, exact, honest about what is unknown."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from tests.web import seed
from tests.web.conftest import (
    PAGES,
    SCRIPT,
    Seeded,
    StartService,
    finished,
    note,
    open_app,
    open_page,
    text_of,
)
from tradesync.config import Environment
from tradesync.domain.conclusions import Review, UnmatchedExit
from tradesync.domain.reconcile import DriftKind, DriftRecord
from tradesync.domain.times import SECOND
from tradesync.store import conclusions, journal, snapshots
from tradesync.web.session import DialogRequest

OPEN_ID = "11111111-1111-4111-8111-111111111111"
CLOSED_ID = "22222222-2222-4222-8222-222222222222"


def metric(app: AppTest, label: str) -> str:
    """A figure's text as people see it."""
    found = [each for each in app.metric if each.label == label]
    assert found, [each.label for each in app.metric]
    return str(found[0].value).replace("\\", "")


def table(app: AppTest, column: str) -> pd.DataFrame:
    """The table that has a column."""
    found = [each.value for each in app.dataframe if column in each.value.columns]
    assert found, [list(each.value.columns) for each in app.dataframe]
    frame = found[0]
    assert isinstance(frame, pd.DataFrame)
    return frame


@pytest.mark.parametrize(
    "page", ["overview", "trades", "orders", "reconcile", "activity", "settings"]
)
def test_every_page_is_whole_with_its_header(seeded: Seeded, page: str) -> None:
    app = open_page(page)
    words = text_of(app)
    assert "main" in words
    assert "PAPER" in words
    assert "Market open" in words
    assert "Last sync" in words
    assert {button.key for button in app.button} >= {"sync", "import"}


def test_overview_shows_the_brokers_figures_to_the_cent(seeded: Seeded) -> None:
    app = open_app().run()
    assert not app.exception
    assert metric(app, "Equity") == "$101,250.50"
    assert metric(app, "Cash") == "$60,000.25"
    assert metric(app, "Buying power") == "$200,000.00"
    assert metric(app, "Exposure 48.64%") == "$49,250.25"
    assert metric(app, "Floating P&L") == ":green[:small[▲] +$90.00]"
    equity = next(each for each in app.metric if each.label == "Equity")
    assert str(equity.delta).replace("\\", "") == "+$1,250.50 · +1.25%"


def test_overview_reconciles_the_lot_method(seeded: Seeded) -> None:
    """Broker: 10 at 201, floating 90. Trades: 10 at 200, floating 100."""
    words = text_of(open_app().run())
    assert "+$100.00 floating" in words
    assert "lot method: −$10.00 floating, +$10.00 realized" in words


def test_positions_carry_raw_numbers_and_the_unknown_stays_unknown(seeded: Seeded) -> None:
    frame = table(open_app().run(), "Avg entry")
    assert list(frame["Symbol"]) == ["AAPL"]
    assert frame["Market value"].iloc[0] == 2100.0
    assert frame["Weight"].iloc[0] == 100.0


def test_overview_has_an_equity_curve(seeded: Seeded) -> None:
    app = open_app().run()
    assert len(app.get("echarts_chart")) == 1


def test_trades_default_to_open_with_working_exits(seeded: Seeded) -> None:
    frame = table(open_page("trades"), "Open qty")
    assert list(frame["Symbol"]) == ["AAPL"]
    assert frame["Floating"].iloc[0] == 100.0
    assert frame["Working exits"].iloc[0] == "limit $250.00"


@pytest.mark.parametrize(
    ("query", "symbols"),
    [
        ({"status": "Closed"}, ["TSLA"]),
        ({"status": "All"}, ["AAPL", "TSLA"]),
        ({"status": "All", "side": "Short"}, ["TSLA"]),
        ({"status": "All", "source": "This app"}, ["AAPL"]),
        ({"status": "All", "symbol": "tsla"}, ["TSLA"]),
        ({"status": "All", "q": "client-1"}, ["AAPL"]),
        ({"status": "All", "sort": "By symbol"}, ["AAPL", "TSLA"]),
        ({"status": "All", "sort": "Worst first"}, ["TSLA", "AAPL"]),
    ],
)
def test_trades_are_filtered_by_what_the_address_says(
    seeded: Seeded, query: dict[str, str], symbols: list[str]
) -> None:
    frame = table(open_page("trades", **query), "Symbol")
    assert sorted(frame["Symbol"]) == sorted(symbols)
    if "sort" in query:
        assert list(frame["Symbol"]) == symbols


def test_an_empty_list_says_why_and_what_next(seeded: Seeded) -> None:
    assert "Nothing matches" in text_of(open_page("trades", symbol="NONE"))
    assert "No pending trades" in text_of(open_page("trades", status="Pending"))


def test_a_deep_link_opens_one_trade_with_all_it_rests_on(seeded: Seeded) -> None:
    app = open_page("trades", trade=OPEN_ID)
    assert metric(app, "Open quantity") == "10"
    assert metric(app, "Entry price") == "$200.00"
    assert metric(app, "Floating P&L") == ":green[:small[▲] +$100.00]"
    states = dict(
        zip(table(app, "State")["Execution id"], table(app, "State")["State"], strict=True)
    )
    assert states == {"prov-1": "⚠ provisional", "fill-1": "confirmed"}
    assert set(table(app, "Role")["Role"]) == {"Entry", "Exit"}
    assert list(table(app, "Still open")["Cost"]) == [2000.0]
    history = table(app, "Because of")
    assert list(history["What changed"]) == ["status open · qty 10"]
    assert list(history["Because of"]) == ["first seen"]
    assert {"update_price", "close_trade", "cancel-order-4"} <= {each.key for each in app.button}


def test_a_closed_trade_shows_its_realized_profit_and_no_close_button(seeded: Seeded) -> None:
    app = open_page("trades", trade=CLOSED_ID)
    assert metric(app, "Realized P&L") == ":green[:small[▲] +$90.00]"
    assert list(table(app, "Realized")["Realized"]) == [90.0]
    assert "close_trade" not in {each.key for each in app.button}


def test_a_trade_that_is_not_there_is_said_so(seeded: Seeded) -> None:
    assert "No such trade" in text_of(open_page("trades", trade="unheard-of"))


def test_activity_lists_runs_and_groups_their_changes(seeded: Seeded) -> None:
    app = open_page("activity")
    runs = table(app, "Asked by")
    assert runs["Error"].iloc[0] == "The broker is down."
    assert pd.isna(runs["Error"].iloc[1])
    changes = table(app, "Changes").set_index("Symbol")
    assert changes.loc["AAPL", "What"] == "New trade"
    assert changes.loc["AAPL", "Changes"] == "status open · qty 10"
    assert changes.loc["TSLA", "Changes"] == "status open → closed · exit price — → 282"


def test_activity_shows_one_run_when_asked(seeded: Seeded) -> None:
    assert "This run changed no trade." in text_of(open_page("activity", run="run-2"))


def test_what_needs_attention_has_its_next_step(seeded: Seeded) -> None:
    with seeded.database.write() as tx:
        drift = DriftRecord("tsla", DriftKind.UNTRACKED, "TSLA", seed.D(0), seed.D(25), 1, 1, None)
        journal.save_drift(tx, seed.ACCOUNT, [drift])
        before = conclusions.load_conclusions(tx, seed.ACCOUNT)
        after = replace(
            before,
            unmatched_exits=(
                UnmatchedExit("x", None, "tsla", "TSLA", "sell", seed.D(3), None, 5, "silent"),
            ),
            reviews=(Review("r", "split", "aapl", "AAPL", "Quantity does not fit 4:1."),),
        )
        conclusions.save_conclusions(tx, seed.ACCOUNT, before, after, seeded.now)
    app = open_app().run()
    words = text_of(app)
    assert "TSLA: broker holds 25, trades explain 0" in words
    assert "TSLA: unmatched exit, sell 3 at —" in words
    assert "AAPL: split" in words
    app.button(key="attention-unmatched-x").click().run()
    assert app.session_state["_dialog"].kind == "import"


def test_a_failing_sync_turns_the_line_amber_with_its_reason(seeded: Seeded) -> None:
    failed = finished(seeded.now, "The broker cannot be reached.")
    note(
        seeded.database, seeded.now, last_result=failed, failing_since=seeded.now,
        last_success_at=seeded.now - 300 * SECOND, next_attempt_at=seeded.now + 3600 * SECOND,
    )  # fmt: skip
    app = open_app().run()
    (line,) = [str(each.value) for each in app.warning]
    assert "Sync fails" in line
    assert "5 min ago" in line
    assert "The broker cannot be reached." in line
    assert metric(app, "Equity") == "$101,250.50"  # the last good figures stay


@pytest.mark.parametrize("page", ["overview", "trades", "reconcile", "activity"])
def test_before_the_first_read_every_page_says_what_to_do(
    start_service: StartService, tmp_path: Path, page: str
) -> None:
    service = start_service(seed.settings_of(tmp_path / "fresh.duckdb"))
    nothing: dict[str, Any] = {"account_id": None, "history_progress": 0, "last_success_at": None}
    note(service.database, time.time_ns(), **nothing, last_result=None)
    assert "Nothing read yet" in text_of(open_page(page))


def test_an_account_that_cannot_be_read_says_so_and_why(
    start_service: StartService, tmp_path: Path
) -> None:
    service, now = start_service(seed.settings_of(tmp_path / "fresh.duckdb")), time.time_ns()
    nothing: dict[str, Any] = {"account_id": None, "history_progress": 0, "last_success_at": None}
    failed = finished(now, "The key is not accepted.")
    note(service.database, now, **nothing, last_result=failed, failing_since=now)
    words = text_of(open_app().run())
    assert "The account could not be read" in words
    assert "The key is not accepted." in words


def test_while_history_is_read_its_progress_shows(seeded: Seeded) -> None:
    note(seeded.database, seeded.now, history_progress=43)
    app = open_app().run()
    assert "reading history 43 %" in text_of(app).lower()
    assert app.button(key="import").disabled


def test_a_live_account_is_marked_and_read_only(
    start_service: StartService, tmp_path: Path
) -> None:
    settings = seed.settings_of(tmp_path / "live.duckdb", environment=Environment.LIVE)
    service = start_service(settings)
    seed.small_account(service.database)
    note(service.database, time.time_ns())
    app = open_page("trades")
    words = text_of(app)
    assert "LIVE" in words
    assert "real money" in words
    assert "ALLOW_LIVE_TRADING=true" in words
    assert app.button(key="new_order").disabled


def test_several_accounts_are_selected_by_the_address(
    start_service: StartService, tmp_path: Path
) -> None:
    service = start_service(seed.settings_of(tmp_path / "two.duckdb", "main", "ira"))
    seed.small_account(service.database)
    now = time.time_ns()
    note(service.database, now)
    note(service.database, now, "ira", account_id=None, last_result=None, last_success_at=None)
    app = open_app(account="ira").run()
    assert app.selectbox(key="account").value == "ira"
    assert "Nothing read yet" in text_of(app)
    app.selectbox(key="account").select("main").run()
    assert metric(app, "Equity") == "$101,250.50"


def test_an_unchanged_page_opens_no_database(seeded: Seeded) -> None:
    app = open_app().run()
    (lock,) = seeded.database.path.parent.glob("*.duckdb.lock")
    before = lock.stat().st_mtime_ns
    app.run()
    assert lock.stat().st_mtime_ns == before


def test_a_change_of_the_record_is_on_the_page_of_the_next_run(seeded: Seeded) -> None:
    app = open_app().run()
    with seeded.database.write() as tx:
        changed = replace(seed.account_state(), equity=seed.D("99999.99"))
        snapshots.save_account_state(tx, changed, seeded.now + SECOND)
    app.run()
    assert metric(app, "Equity") == "$99,999.99"


def test_an_open_dialog_stops_the_autorefresh(seeded: Seeded) -> None:
    app = open_page("trades")
    assert len(app.get("component_instance")) == 1
    app.button(key="new_order").click().run()
    assert len(app.get("component_instance")) == 0
    assert app.text_input(key="order_symbol").label == "Symbol"


def test_a_dialog_that_cannot_read_says_so_in_a_sentence(seeded: Seeded) -> None:
    app = open_page("trades")
    note(seeded.database, seeded.now, question="Another account answers here; reset?")
    app.session_state["_dialog"] = DialogRequest("protect", {"trade_id": OPEN_ID})
    app.run()
    assert not app.exception
    assert "Another account answers here" in " ".join(each.value for each in app.error)


def test_a_click_on_an_account_switched_off_meanwhile_is_answered_in_a_sentence(
    start_service: StartService, tmp_path: Path
) -> None:
    settings = seed.settings_of(tmp_path / "record.duckdb")
    (main,) = settings.accounts
    service = start_service(
        replace(settings, accounts=(main, replace(main, name="other")))
    )
    seed.small_account(service.database)
    note(service.database, time.time_ns())
    app = open_page("trades", account=main.name)
    service.set_active(main.name, False)
    app.button(key="sync").click().run()
    assert not app.exception
    assert "switched off" in " ".join(str(toast.value) for toast in app.toast)


def test_unusable_settings_are_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SYNC_INTERVAL", "soon")
    app = AppTest.from_file(str(SCRIPT), default_timeout=30).run()
    assert not app.exception
    assert "SYNC_INTERVAL" in text_of(app)


def test_pages_hold_no_sql_http_or_arithmetic_on_money() -> None:
    for page in PAGES.glob("*.py"):
        source = page.read_text("utf-8")
        for word in ("SELECT", "duckdb", "httpx", "requests", "Decimal("):
            assert word not in source, (page.name, word)
