"""Where things are: the pages, and the addresses that show one trade or one symbol."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import streamlit as st

from tradesync.web.going import go

_PAGES = Path(__file__).resolve().parents[2] / "pages"
OVERVIEW = _PAGES / "overview.py"
TRADES = _PAGES / "trades.py"
ORDERS = _PAGES / "orders.py"
PERFORMANCE = _PAGES / "performance.py"
RECONCILE = _PAGES / "reconcile.py"
ACTIVITY = _PAGES / "activity.py"
SETTINGS = _PAGES / "settings.py"


@dataclass(frozen=True, slots=True)
class Place:
    """A page of the navigation."""

    path: Path
    title: str
    icon: str


PAGES = (
    Place(OVERVIEW, "Overview", ":material/monitoring:"),
    Place(TRADES, "Trades", ":material/receipt_long:"),
    Place(ORDERS, "Orders", ":material/list_alt:"),
    Place(PERFORMANCE, "Performance", ":material/query_stats:"),
    Place(RECONCILE, "Reconcile", ":material/balance:"),
    Place(ACTIVITY, "Activity", ":material/history:"),
    Place(SETTINGS, "Settings", ":material/settings:"),
)
"""In the order of the navigation, the first one at the bare address."""

TRADE_PARAM = "trade"
ACCOUNT_PARAM = "account"
ALL_ACCOUNTS = "All accounts"
"""What the address calls all accounts seen as one; no account can be named so."""
ORDER_PARAM = "order"


def asked_trade() -> str | None:
    """The trade the address names (`?trade=`)."""
    return st.query_params.get(TRADE_PARAM) or None


def show_trade_here(trade_id: str) -> None:
    """Let the address name a trade; for callbacks on the Trades page."""
    st.query_params[TRADE_PARAM] = trade_id


def show_trade_of(account: str, trade_id: str) -> None:
    """Choose an account and let the address name a trade of it; for callbacks."""
    st.session_state[ACCOUNT_PARAM] = account
    show_trade_here(trade_id)


def show_list_here() -> None:
    """Let the address name no trade; for callbacks on the Trades page."""
    st.query_params.pop(TRADE_PARAM, None)


def asked_order() -> str | None:
    """The order the address names (`?order=`)."""
    return st.query_params.get(ORDER_PARAM) or None


def show_order_here(order_id: str) -> None:
    """Let the address name an order; for callbacks on the Orders page."""
    st.query_params[ORDER_PARAM] = order_id


def show_orders_here() -> None:
    """Let the address name no order; for callbacks on the Orders page."""
    st.query_params.pop(ORDER_PARAM, None)


def go_to_trade(trade_id: str) -> NoReturn:
    """Go to one trade's page."""
    go(TRADES, {TRADE_PARAM: trade_id})


def go_to_run(run_id: str) -> NoReturn:
    """Go to what one sync run changed."""
    go(ACTIVITY, {"run": run_id})


def go_to_symbol(symbol: str) -> NoReturn:
    """Go to the trades of one symbol."""
    go(TRADES, {"symbol": symbol, "status": "All"})


def go_to_reconcile(show: str, symbol: str | None = None) -> NoReturn:
    """Go to a part of the Reconcile page (`show`), about one symbol where given."""
    query = {"show": show} if symbol is None else {"show": show, "symbol": symbol}
    go(RECONCILE, query)
