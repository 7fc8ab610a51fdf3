"""What must hold after the storm: the record is the broker's, a fresh rebuild's and its own."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
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
FROM trade_rows WHERE broker_order_id IS NOT NULL OR source <> 'app' ORDER BY trade_id
"""
_OF = "WHERE account_id = ?"


def rows(database: Path, sql: str, *params: object) -> list[tuple[Any, ...]]:
    with Database(database, program="truth").read() as tx:
        return tx.rows(sql, params)


def differences_to_broker(database: Path, broker: PaperBroker) -> list[str]:
    """Every order, execution and position the record has otherwise than the broker."""
    account = broker.get("/account")["id"]
    found: list[str] = []
    theirs = {o["id"]: (o["status"], Decimal(o["filled_qty"])) for o in all_orders(broker)}
    ours = {row[0]: (row[1], row[2]) for row in rows(
        database, f"SELECT order_id, status, filled_qty FROM orders {_OF}", account
    )}  # fmt: skip
    found += [f"order {key}: {ours.get(key)} here, {value} there"
              for key, value in theirs.items() if ours.get(key) != value]  # fmt: skip
    found += [f"order {key} is not the broker's" for key in ours.keys() - theirs.keys()]
    fills = {row["id"] for row in all_fills(broker)}
    known = {row[0] for row in rows(
        database, f"SELECT execution_id FROM executions {_OF}", account
    )}  # fmt: skip
    found += [f"execution {item} differs" for item in fills ^ known]
    held = {p["symbol"]: Decimal(p["qty"]) for p in broker.get("/positions")}
    sums: Counter[str] = Counter()
    for symbol, side, qty in rows(
        database, f"SELECT symbol, side, open_qty FROM trade_rows {_OF}", account
    ):
        sums[symbol.replace("/", "")] += qty if side == "long" else -qty
    mine = {symbol: qty for symbol, qty in sums.items() if qty}
    if mine != held:
        found.append(f"positions: {mine} here, {held} there")
    drift = rows(database, f"SELECT symbol, kind FROM drift {_OF} AND closed_at IS NULL", account)
    found += [f"{symbol} is shown as drift ({kind})" for symbol, kind in drift]
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


def differences_between(home: Home, other: Home) -> list[str]:
    """Trades of the record that another, synced now, concludes otherwise.

    Orders never sent have left no trace at the broker: their trades are ours alone.
    """
    ours = {row[0]: row for row in rows(home.database, _TRADES)}
    theirs = {row[0]: row for row in rows(other.database, _TRADES)}
    return [
        f"{key}: {ours.get(key)} here, {theirs.get(key)} in {other.path.name}"
        for key in sorted(ours.keys() | theirs.keys())
        if ours.get(key) != theirs.get(key)
    ]


def wrong_commands(
    database: Path, brokers: Iterable[PaperBroker], clicks: list[dict[str, Any]]
) -> list[str]:
    """Clicks sent twice, lost, or told otherwise than they went."""
    at_broker = Counter(
        order["client_order_id"] for broker in brokers for order in all_orders(broker)
    )
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


def lost_notes(
    database: Path, clicks: list[dict[str, Any]], answers: dict[str, dict[str, Any]]
) -> list[str]:
    """Notes a person was told are kept, and which neither stand nor were written over since."""
    stand = dict(rows(database, "SELECT trade_id, notes FROM trade_notes"))
    written: dict[str, list[tuple[str, bool]]] = {}
    for click in clicks:
        if click["do"] == "note":
            kept = "results" in answers.get(click["intent_id"], {})
            written.setdefault(click["trade_id"], []).append((click["text"], kept))
    lost = []
    for trade_id, texts in written.items():
        last = max((place for place, (_, kept) in enumerate(texts) if kept), default=None)
        if last is not None and stand.get(trade_id) not in {text for text, _ in texts[last:]}:
            lost.append(f"{trade_id}: {texts[last]} is lost, {stand.get(trade_id)} stands")
    return lost


def _client_id(click: dict[str, Any]) -> str | None:
    if click["do"] == "order":
        return open_client_order_id(click["intent_id"])
    if click["do"] == "close":
        return close_client_order_id(click["intent_id"], click["trade_id"])
    return None
