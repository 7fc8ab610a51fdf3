"""Several accounts as one: sums by kind of money, positions and trades named by account."""

from __future__ import annotations

import time
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.store.make import NOTHING, position, trade
from tests.web import seed
from tests.web.conftest import PAGES, StartService, note, open_app, open_page, text_of
from tests.web.test_pages import metric, table
from tradesync.config import AccountConfig, Environment
from tradesync.domain.times import SECOND
from tradesync.store import conclusions, facts, snapshots
from tradesync.store.database import Database
from tradesync.sync.service import SyncService
from tradesync.views.accounts import Member, read_together
from tradesync.web.places import ALL_ACCOUNTS

D = Decimal
NOW = time.time_ns()
OTHER_TRADE = "44444444-4444-4444-8444-444444444444"


def other_account(database: Database, name: str = "ira", account_id: str = "acc-2") -> None:
    """A second account: 1,000.00 of equity, five TSLA held since yesterday."""
    seed.bind(database, name, account_id)
    state = replace(
        seed.account_state(account_id), equity=D(1000), last_equity=D(900), cash=D(0),
        long_market_value=D(1000), short_market_value=D(0),
    )  # fmt: skip
    held = position("tsla", symbol="TSLA", qty=D(5), market_value=D(700), unrealized_pl=D("-10"))
    one = trade(
        OTHER_TRADE, instrument="tsla", symbol="TSLA", qty=D(5), open_qty=D(5), cost=D(710),
        open_cost=D(710), realized_pnl=D(0), broker_order_id=None, ordered_at=NOW, opened_at=NOW,
    )  # fmt: skip
    with database.write() as tx:
        facts.save_instruments(tx, account_id, [seed.TSLA])
        snapshots.save_account_state(tx, state, NOW)
        snapshots.save_positions(tx, account_id, [held], NOW)
        conclusions.save_conclusions(tx, account_id, NOTHING, replace(NOTHING, trades=(one,)), NOW)


@pytest.fixture
def record(tmp_path: Path) -> Database:
    """Two accounts."""
    database = seed.small_record(tmp_path / "record.duckdb", NOW)
    other_account(database)
    return database


def test_accounts_of_one_kind_are_summed_and_weighed_together(record: Database) -> None:
    members = (Member("main", "paper", seed.ACCOUNT), Member("ira", "paper", "acc-2"))
    with record.read() as tx:
        (group,) = read_together(tx, members)
    assert group.total(lambda view: view.standing.equity) == D("102250.50")
    assert group.total(lambda view: view.standing.day_change) == D("1350.50")
    assert group.day_ratio == D("0.013384539148")
    weights = [(each.account, each.line.symbol, each.line.weight) for each in group.positions]
    assert weights == [("main", "AAPL", D("0.75")), ("ira", "TSLA", D("0.25"))]


def test_paper_and_live_are_never_summed(record: Database) -> None:
    members = (Member("main", "paper", seed.ACCOUNT), Member("ira", "live", "acc-2"))
    with record.read() as tx:
        groups = read_together(tx, members)
    equities = {each.environment: each.total(lambda v: v.standing.equity) for each in groups}
    assert equities == {"paper": D("101250.50"), "live": D(1000)}


def test_an_account_that_is_not_read_is_named_and_an_unknown_figure_makes_the_sum_unknown(
    record: Database,
) -> None:
    members = (Member("main", "paper", seed.ACCOUNT), Member("new", "paper", None))
    with record.read() as tx:
        (group,) = read_together(tx, members)
    assert group.unread == ("new",)
    assert group.total(lambda view: view.standing.equity) == D("101250.50")
    assert group.total(lambda _view: None) is None


@pytest.fixture
def both(start_service: StartService, tmp_path: Path) -> SyncService:
    """A service of a paper and a live account."""
    settings = seed.settings_of(tmp_path / "two.duckdb", "main", "ira")
    live = AccountConfig("ira", "key", "secret", "http://127.0.0.1:9", Environment.LIVE)
    service = start_service(replace(settings, accounts=(settings.accounts[0], live)))
    seed.small_account(service.database, NOW)
    other_account(service.database)
    note(service.database, NOW)
    note(service.database, NOW - SECOND, "ira", account_id="acc-2")
    return service


def test_the_overview_of_all_accounts_keeps_kinds_apart(both: SyncService) -> None:
    app = open_app(account=ALL_ACCOUNTS).run()
    assert not app.exception
    words = text_of(app)
    assert "PAPER · 1 account" in words
    assert "LIVE · 1 account" in words
    assert [m.value.replace("\\", "") for m in app.metric if m.label == "Equity"] == [
        "$101,250.50", "$1,000.00",
    ]  # fmt: skip
    assert {button.key for button in app.button} == {"sync", "privacy_toggle"}


def test_trades_of_all_accounts_open_in_their_own(both: SyncService) -> None:
    app = open_app(account=ALL_ACCOUNTS).run()
    app.switch_page(str(PAGES / "trades.py")).run()
    assert list(table(app, "Account")["Account"]) == ["main"]
    money: Any = app.get_by_key("money")
    money.set_value("live").run()
    frame = table(app, "Account")
    assert list(frame["Account"]) == ["ira"]
    assert list(frame["Symbol"]) == ["TSLA"]


def test_pages_about_one_account_ask_for_it(both: SyncService) -> None:
    app = open_app(account=ALL_ACCOUNTS).run()
    app.switch_page(str(PAGES / "activity.py")).run()
    assert "Activity is about one account" in text_of(app)


def test_hidden_amounts_survive_a_reload_and_are_everywhere(both: SyncService) -> None:
    app = open_app(account="main").run()
    app.button(key="privacy_toggle").click().run()
    assert metric(app, "Equity") == "$•••"
    again = open_page("trades", account="main", status="All")
    assert set(table(again, "Realized")["Realized"].dropna()) <= {"▲ +$•••", "$•••"}
    assert "101,250" not in text_of(open_app(account="main").run())
    again.button(key="privacy_toggle").click().run()
    assert "$90.00" in text_of(again)
