"""Rows as Alpaca sends them, and the recorded ones where they are at hand."""

from __future__ import annotations

from pathlib import Path

import pytest

from tradesync.broker.replies import read_json

PAYLOADS = Path(__file__).resolve().parents[3] / "shared" / "alpaca-payloads"


def recorded(name: str) -> object:
    """A recorded payload, read as from the wire; skips the test where there is none."""
    path = PAYLOADS / name
    if not path.is_file():
        pytest.skip(f"no recorded payloads beside the repository ({name})")
    return read_json(path.read_bytes())


def order_row(order_id: str = "o1", **changes: object) -> dict[str, object]:
    """A filled market order for 10 AAPL."""
    row: dict[str, object] = {
        "id": order_id,
        "client_order_id": f"c-{order_id}",
        "created_at": "2026-10-08T15:10:18.01234567Z",
        "updated_at": "2026-10-08T15:10:18.503140928Z",
        "submitted_at": "2026-10-08T15:10:18.016Z",
        "filled_at": "2026-10-08T15:10:18.503140928Z",
        "expired_at": None,
        "canceled_at": None,
        "failed_at": None,
        "replaced_at": None,
        "replaced_by": None,
        "replaces": None,
        "asset_id": "b0b6dd9d-8b9b-48a9-ba46-b9d54906e415",
        "symbol": "AAPL",
        "asset_class": "us_equity",
        "notional": None,
        "qty": "10",
        "filled_qty": "10",
        "filled_avg_price": "105.8988475",
        "order_class": "",
        "order_type": "market",
        "type": "market",
        "side": "buy",
        "position_intent": "buy_to_open",
        "time_in_force": "day",
        "limit_price": None,
        "stop_price": None,
        "status": "filled",
        "extended_hours": False,
        "legs": None,
        "trail_percent": None,
        "trail_price": None,
    }
    return {**row, **changes}


def fill_row(execution_id: str = "20261008111018503::e1", **changes: object) -> dict[str, object]:
    """The fill of that order."""
    row: dict[str, object] = {
        "id": execution_id,
        "activity_type": "FILL",
        "transaction_time": "2026-10-08T15:10:18.503141Z",
        "type": "fill",
        "price": "105.8988475",
        "qty": "10",
        "side": "buy",
        "symbol": "AAPL",
        "leaves_qty": "0",
        "order_id": "o1",
        "cum_qty": "10",
        "order_status": "filled",
    }
    return {**row, **changes}


def position_row(symbol: str = "AAPL", **changes: object) -> dict[str, object]:
    """A long position of 10."""
    row: dict[str, object] = {
        "asset_id": "b0b6dd9d-8b9b-48a9-ba46-b9d54906e415",
        "symbol": symbol,
        "exchange": "NASDAQ",
        "asset_class": "us_equity",
        "qty": "10",
        "qty_available": "10",
        "avg_entry_price": "105.8988475",
        "side": "long",
        "market_value": "1060",
        "cost_basis": "1058.988475",
        "unrealized_pl": "1.011525",
        "unrealized_plpc": "0.00095518",
        "unrealized_intraday_pl": "1.011525",
        "unrealized_intraday_plpc": "0.00095518",
        "current_price": "106",
        "lastday_price": "104",
        "change_today": "0.01923",
    }
    return {**row, **changes}


def account_row(**changes: object) -> dict[str, object]:
    """An account."""
    row: dict[str, object] = {
        "id": "e6fe16f3-64a4-4921-8928-cadf02f92f98",
        "account_number": "PA3XXXXXXXXX",
        "status": "ACTIVE",
        "currency": "USD",
        "cash": "98941.01",
        "equity": "100001.01",
        "last_equity": "100003.74258806517",
        "buying_power": "199942.02",
        "long_market_value": "1060",
        "short_market_value": "0",
        "trading_blocked": False,
        "created_at": "2026-01-02T03:04:05.678901Z",
        "balance_asof": "2026-10-07",
    }
    return {**row, **changes}
