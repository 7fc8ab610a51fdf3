"""Several accounts in one service: none waits for another (S12, S14, S15, P20)."""

from __future__ import annotations

import re
import threading
from dataclasses import replace
from pathlib import Path

from tests.held import hold
from tests.simulator.broker import PaperBroker
from tests.sync.world import settings_for
from tests.waiting import PATIENCE, eventually
from tradesync.config import Settings
from tradesync.store.accounts import account_by_name
from tradesync.store.conclusions import TRADES
from tradesync.store.database import Database
from tradesync.sync.outcomes import SyncState, Trigger
from tradesync.sync.service import SyncService

MOST_BETWEEN_ATTEMPTS = 60.0
"""Seconds: the longer an account has ailed, the later it is tried again."""


def settings_of(brokers: dict[str, PaperBroker], path: Path) -> Settings:
    """Settings of several accounts, each at its broker; their database is kept loaded."""
    accounts = tuple(
        replace(settings_for(broker, path).accounts[0], name=name)
        for name, broker in brokers.items()
    )
    first = next(iter(brokers.values()))
    settings = replace(settings_for(first, path), accounts=accounts, sync_interval=1.0)
    hold(settings.database)
    return settings


def open_symbols(database: Database, name: str) -> list[str]:
    with database.read() as tx:
        account = account_by_name(tx, name)
        assert account is not None
        rows = TRADES.load(tx, "WHERE account_id = ? AND open_qty > 0", [account.account_id])
    return [row.symbol for row in rows]


def test_s14_s15_ailing_accounts_delay_no_other_and_are_taken_up_again(
    broker: PaperBroker, tmp_path: Path
) -> None:
    before = set(threading.enumerate())
    good, failing, limited, shut, locked = (broker.add_account(name) for name in "bcdef")
    hanging = broker
    broker.fault("latency", path="/v2/.*", account=hanging.key, seconds=8)
    broker.fault("status", path="/v2/.*", account=failing.key, status=500)
    broker.fault("status", path="/v2/.*", account=limited.key, status=429)
    broker.fault("status", path="/v2/.*", account=locked.key, status=401)
    right, shut.secret = shut.secret, "wrong"
    brokers = {
        "hanging": hanging, "good": good, "failing": failing, "limited": limited, "shut": shut,
        "locked": locked,
    }  # fmt: skip
    settings = settings_of(brokers, tmp_path)
    database = Database(settings.database, program="test")
    service = SyncService(settings, database, program="service", patience=0.2)
    service.open()

    def state(name: str) -> SyncState:
        return service.state(name)

    eventually(lambda: state("good").last_success_at, "the first sync of the good one")
    good.submit_market("AAPL", 3)
    broker.step()
    eventually(lambda: open_symbols(database, "good") == ["AAPL"], "its fill")
    assert state("hanging").last_result is None, "it still waits for its first answer"
    reasons = {"failing": "HTTP 500", "limited": "too many|calls per minute", "shut": "keys"}
    reasons["locked"] = "does not accept the keys"
    for name, words in reasons.items():
        eventually(lambda name=name: state(name).error, f"{name}'s reason")  # type: ignore[misc]
        assert re.search(words, state(name).error or "")
        assert state(name).next_attempt_at is not None
    assert right not in str([state(name) for name in brokers])

    broker.clear_faults()
    for name in ("failing", "limited", "locked"):
        eventually(
            lambda name=name: state(name).last_success_at, f"{name} again",  # type: ignore[misc]
            patience=MOST_BETWEEN_ATTEMPTS + PATIENCE,
        )  # fmt: skip
    service.close()
    broker.kill()  # which ends the call that hangs
    assert not _still_alive(before)


def test_p20_accounts_are_never_netted(broker: PaperBroker, tmp_path: Path) -> None:
    other = broker.add_account("other")
    broker.submit_market("AAPL", 10)
    other.submit_market("AAPL", 5, "sell")
    broker.step()
    settings = settings_of({"one": broker, "two": other}, tmp_path)
    database = Database(settings.database, program="test")
    service = SyncService(settings, database, program="cli", settle_seconds=0.05)
    service.open()
    for name in ("one", "two"):
        result = service.sync_now(name, trigger=Trigger.CLI, timeout=30)
        assert result is not None
        assert result.ok, result.error
    with database.read() as tx:
        rows = tx.rows("SELECT side, open_qty FROM trade_rows ORDER BY open_qty")
    assert [(side, int(qty)) for side, qty in rows] == [("short", 5), ("long", 10)]
    service.close()


def test_stopping_leaves_no_thread_behind(broker: PaperBroker, tmp_path: Path) -> None:
    before = set(threading.enumerate())
    settings = settings_of({"one": broker, "two": broker.add_account("other")}, tmp_path)
    service = SyncService(settings, Database(settings.database, program="t"), program="service")
    service.open()
    for name in ("one", "two"):
        eventually(lambda name=name: service.state(name).last_success_at)  # type: ignore[misc]
    service.close()
    assert not _still_alive(before)


def _still_alive(before: set[threading.Thread]) -> list[str]:
    """The threads begun since then that do not end."""
    left = [item for item in threading.enumerate() if item not in before]
    for item in left:
        item.join(10.0)
    return [item.name for item in left if item.is_alive()]
