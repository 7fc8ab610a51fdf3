"""A whole small world for one test: a paper broker, a database, and the sync service between."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import Any, Self
from uuid import uuid4

from tests.held import hold, let_go
from tests.simulator.broker import PaperBroker
from tradesync.config import AccountConfig, Environment, Settings
from tradesync.domain.conclusions import Trade, UnmatchedExit
from tradesync.domain.times import Instant
from tradesync.store import conclusions
from tradesync.store.accounts import account_by_name
from tradesync.store.conclusions import TRADES
from tradesync.store.database import Database
from tradesync.sync.outcomes import OrderTicket, RunResult, Trigger
from tradesync.sync.service import SyncService

NAME = "test"
FACTS = ("orders", "executions", "activities", "unreadable_rows", "fact_conflicts", "intents")
RECORDS = (
    *FACTS, "opening_balances", "resolutions",
    "trade_rows", "lots", "allocations", "provisional_executions",
    "unmatched_exits", "working_exits", "reviews", "drift", "trade_events", "coin_shortfalls",
)  # fmt: skip
"""The tables a sync of an unchanged account must leave alone."""
_CONTENTS = " UNION ALL ".join(
    f"SELECT '{name}', {name}::VARCHAR FROM {name}" for name in RECORDS
)  # fmt: skip
"""All rows at once: a query for each table took a quarter of every test here."""


def settings_for(broker: PaperBroker, path: Path) -> Settings:
    """Settings of one account at the broker."""
    account = AccountConfig(
        name=NAME,
        key=broker.key,
        secret=broker.secret,
        base_url=broker.base_url,
        environment=Environment.SIMULATED,
    )
    return Settings(
        accounts=(account,),
        database=path / "record.duckdb",
        sync_interval=30.0,
        history_start=None,
        allow_live_trading=False,
        read_only=False,
        api_token=None,
        log_format="text",
        data_url=None,
    )


@dataclass
class World:
    """The broker, the record and the service of one test."""

    broker: PaperBroker
    settings: Settings
    service: SyncService
    database: Database

    @classmethod
    def begin(
        cls,
        broker: PaperBroker,
        path: Path,
        *,
        program: str = "cli",
        now: Callable[[], Instant] = time.time_ns,
        held: bool = True,
        settle_seconds: float = 0.05,
        patience: float = 0.5,
        **changes: Any,
    ) -> Self:
        """Open a service on a fresh (or the same) database, `held` unless others open it too."""
        settings = replace(settings_for(broker, path), **changes)
        if held:
            hold(settings.database)
        database = Database(settings.database, program="test")
        service = SyncService(
            settings, database, program=program, settle_seconds=settle_seconds,
            patience=patience, now=now,
        )  # fmt: skip
        service.open()
        return cls(broker, settings, service, database)

    def reopened(self) -> World:
        """The program stopped and started again on the same database."""
        self.service.close()
        let_go(self.settings.database)
        return World.begin(self.broker, self.settings.database.parent)

    def sync(self) -> RunResult:
        """A finished, good sync."""
        result = self.try_sync()
        assert result.ok, result.error
        return result

    def try_sync(self) -> RunResult:
        """A finished sync, however it went."""
        result = self.service.sync_now(NAME, trigger=Trigger.CLI, timeout=30.0)
        assert result is not None, "the sync did not end in time"
        return result

    def place(self, symbol: str, side: str, qty: str, **more: str) -> Any:
        """An order from the app."""
        ticket = OrderTicket(symbol=symbol, side=side, qty=qty, order_type="market", **more)  # type: ignore[arg-type]
        return self.service.place_order(NAME, ticket, intent_id=str(uuid4()))

    @property
    def account_id(self) -> str:
        """The broker's id of the account, from the record while the board does not tell."""
        told = self.service.state(NAME).account_id
        if told is not None:
            return told
        with self.database.read() as tx:
            account = account_by_name(tx, NAME)
        assert account is not None
        return account.account_id

    def trades(self, status: str | None = None, symbol: str | None = None) -> list[Trade]:
        """The stored trades, oldest first."""
        account_id = self.account_id
        with self.database.read() as tx:
            rows = TRADES.load(tx, "WHERE account_id = ? ORDER BY ordered_at, trade_id",
                               [account_id])  # fmt: skip
        return [
            row
            for row in rows
            if (status is None or row.status == status) and (symbol is None or row.symbol == symbol)
        ]

    def trade(self, symbol: str | None = None) -> Trade:
        """The only trade (of a symbol)."""
        found = self.trades(symbol=symbol)
        assert len(found) == 1, found
        return found[0]

    def unmatched(self) -> tuple[UnmatchedExit, ...]:
        """The stored unmatched exits."""
        account_id = self.account_id
        with self.database.read() as tx:
            return conclusions.load_conclusions(tx, account_id).unmatched_exits

    def rows(self, sql: str, *params: object) -> list[tuple[Any, ...]]:
        """Any query."""
        with self.database.read() as tx:
            return tx.rows(sql, params)

    def order_row(self, order_id: str) -> dict[str, Any]:
        """Some columns of one stored order."""
        names = ("status", "filled_qty", "client_order_id", "not_found_count", "replaced_by")
        found = self.rows(f"SELECT {', '.join(names)} FROM orders WHERE order_id = ?", order_id)
        assert found, f"order {order_id} is not stored"
        return dict(zip(names, found[0], strict=True))

    def drift(self) -> list[tuple[str, str, Decimal, Decimal]]:
        """Open drift: symbol, kind, ours, the broker's."""
        return self.rows(
            "SELECT symbol, kind, our_qty, broker_qty FROM drift WHERE closed_at IS NULL "
            "ORDER BY symbol"
        )

    def contents(self) -> list[tuple[str, str]]:
        """Everything a sync of an unchanged account must leave alone: table and row as text."""
        return sorted(self.rows(_CONTENTS))

    def assert_quiet(self) -> None:
        """Repeating the sync changes nothing."""
        before = self.contents()
        self.sync()
        assert self.contents() == before

    def assert_equals_broker(self) -> None:
        """Our open quantities are the broker's positions, to the share."""
        held = {row["symbol"]: Decimal(row["qty"]) for row in self.broker.get("/positions")}
        ours: dict[str, Decimal] = {}
        for trade in self.trades():
            signed = trade.open_qty if trade.side == "long" else -trade.open_qty
            name = trade.symbol.replace("/", "")
            ours[name] = ours.get(name, Decimal(0)) + signed
        assert {name: qty for name, qty in ours.items() if qty} == held
