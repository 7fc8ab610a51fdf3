"""What must hold after the storm: the record is the broker's, a fresh rebuild's and its own."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from pathlib import Path
from typing import Any

from tests.programs import Home
from tests.simulator.broker import PaperBroker
from tradesync.domain.ours import close_client_order_id, open_client_order_id
from tradesync.store.database import Database

SETTLED = {"accepted", "refused", "not_sent", "never_arrived"}
_TRADES = """
SELECT trade_id, symbol, side, status, qty, open_qty, cost, open_cost, realized_pnl, fees,
    entry_price, exit_price, opened_at, closed_at
FROM trade_rows WHERE broker_order_id IS NOT NULL ORDER BY trade_id
"""


def rows(database: Path, sql: str) -> list[tuple[Any, ...]]:
    with Database(database, program="truth").read() as tx:
        return tx.rows(sql)


def differences_to_broker(database: Path, broker: PaperBroker) -> list[str]:
    """Every order, execution and position the record has otherwise than the broker."""
    books = broker.books()
    account = books["accounts"][0] if "accounts" in books else books
    found: list[str] = []
    theirs = {o["id"]: (o["status"], Decimal(o["filled_qty"])) for o in all_orders(broker)}
    ours = {row[0]: (row[1], row[2]) for row in
            rows(database, "SELECT order_id, status, filled_qty FROM orders")}  # fmt: skip
    found += [f"order {key}: {ours.get(key)} here, {value} there"
              for key, value in theirs.items() if ours.get(key) != value]  # fmt: skip
    found += [f"order {key} is not the broker's" for key in ours.keys() - theirs.keys()]
    fills = {row["id"] for row in all_fills(broker)}
    known = {row[0] for row in rows(database, "SELECT execution_id FROM executions")}
    found += [f"execution {item} differs" for item in fills ^ known]
    held = {p["symbol"]: Decimal(p["qty"]) for p in broker.get("/positions")}
    sums: Counter[str] = Counter()
    for symbol, side, qty in rows(database, "SELECT symbol, side, open_qty FROM trade_rows"):
        sums[symbol.replace("/", "")] += qty if side == "long" else -qty
    mine = {symbol: qty for symbol, qty in sums.items() if qty}
    if mine != held:
        found.append(f"positions: {mine} here, {held} there")
    assert account is not None
    return found


def all_orders(broker: PaperBroker) -> list[dict[str, Any]]:
    """Every order the broker has, legs among them."""
    found: dict[str, dict[str, Any]] = {}
    after: dict[str, str] = {}
    while True:
        page = broker.get(
            "/orders", status="all", limit=500, direction="asc", nested="true", **after
        )
        for order in page:
            for row in (order, *(order.get("legs") or ())):
                found[row["id"]] = row
        if len(page) < 500:
            return list(found.values())
        after = {"after_order_id": page[-1]["id"]}


def all_fills(broker: PaperBroker) -> list[dict[str, Any]]:
    """Every fill the broker has."""
    found: list[dict[str, Any]] = []
    token: dict[str, str] = {}
    while True:
        page = broker.get("/account/activities/FILL", page_size=100, direction="asc", **token)
        found += page
        if len(page) < 100:
            return found
        token = {"page_token": page[-1]["id"]}


def differences_to_rebuild(home: Home, fresh: Home) -> list[str]:
    """Trades of the record that a fresh first sync of the same account concludes otherwise.

    Orders never sent have left no trace at the broker: their trades are ours alone.
    """
    done = fresh.cli_process("sync")
    assert done.returncode == 0, done.stderr
    ours = {row[0]: row for row in rows(home.database, _TRADES)}
    theirs = {row[0]: row for row in rows(fresh.database, _TRADES)}
    return [
        f"{key}: {ours.get(key)} here, {theirs.get(key)} rebuilt"
        for key in sorted(ours.keys() | theirs.keys())
        if ours.get(key) != theirs.get(key)
    ]


def wrong_commands(
    database: Path, broker: PaperBroker, clicks: list[dict[str, Any]]
) -> list[str]:
    """Clicks sent twice, lost, or told otherwise than they went."""
    at_broker = Counter(order["client_order_id"] for order in all_orders(broker))
    states = dict(rows(database, "SELECT intent_id, state FROM intents"))
    wrong = [f"{name} was sent {n} times" for name, n in at_broker.items()
             if name.startswith("ts1-") and n > 1]  # fmt: skip
    for click in clicks:
        name = _client_id(click)
        state = states.get(click["intent_id"])
        if state is not None and state not in SETTLED:
            wrong.append(f"{click}: still {state}")
        if name is None:
            continue
        if at_broker[name] and state is None:
            wrong.append(f"{click}: sent without being written down")
        if at_broker[name] and state in {"not_sent", "never_arrived"}:
            wrong.append(f"{click}: told as {state}, but the broker has it")
        if not at_broker[name] and state == "accepted":
            wrong.append(f"{click}: told as accepted, but the broker has it not")
    return wrong


def _client_id(click: dict[str, Any]) -> str | None:
    if click["do"] == "order":
        return open_client_order_id(click["intent_id"])
    if click["do"] == "close":
        return close_client_order_id(click["intent_id"], click["trade_id"])
    return None
