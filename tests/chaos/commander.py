"""A person who clicks: commands of ours from a process that may be killed at any instant.

    python commander.py CLICKS.json

Each click is {"do": "order" | "close" | "cancel" | "replace" | "close_all" | "cancel_all",
"intent_id": …, "account": …, …}, one that only concerns the record: {"do": "note", "trade_id":
…, "text": …} and {"do": "switch", "active": …}, or a decision: {"do": "import", "url": the
dashboard's or null}, {"do": "resolve", "how": …, "pick": …, "price": …} and {"do": "undo",
"decision_id": …}. What became of it is one JSON line on standard output; none where a lost answer
left it open.
"""

from __future__ import annotations

import json
import sys
import time
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx

from tradesync.config import load_settings
from tradesync.domain.ours import ResolutionKind
from tradesync.domain.times import new_york_date
from tradesync.store.accounts import account_by_name
from tradesync.store.database import Database
from tradesync.store.decisions import trade_note
from tradesync.sync.outcomes import (
    CommandResult,
    OrderTicket,
    Replacement,
    SyncError,
    Trigger,
)
from tradesync.sync.service import SyncService

DECISIONS = frozenset({"import", "resolve", "undo"})
_REFUSED = frozenset({409, 503})
"""How the REST API says that nothing was stored."""


def clicked(service: SyncService, click: dict[str, Any]) -> tuple[CommandResult, ...]:
    """Carry one click out: one result, one for each item, or none for the record's own."""
    intent_id, account = click["intent_id"], click["account"]
    if click["do"] == "order":
        ticket = OrderTicket(
            click["symbol"], click["side"], "market" if click["limit"] is None else "limit",
            qty=click["qty"], limit_price=click["limit"],
        )  # fmt: skip
        return (service.place_order(account, ticket, intent_id=intent_id),)
    match click["do"]:
        case "note":
            write_note(service, account, click)
            return ()
        case "switch":
            service.set_active(account, click["active"])
            return ()
        case "close":
            return (service.close_trade(account, click["trade_id"], intent_id=intent_id),)
        case "cancel":
            return (service.cancel_order(account, click["order_id"], intent_id=intent_id),)
        case "replace":
            change = Replacement(qty=click["qty"], limit_price=click["limit"])
            order_id = click["order_id"]
            return (service.replace_order(account, order_id, change, intent_id=intent_id),)
        case "close_all":
            return service.close_all(account, intent_id=intent_id)
        case _:
            return service.cancel_all(account, intent_id=intent_id)


def write_note(service: SyncService, account: str, click: dict[str, Any]) -> None:
    """Write a note in place of whatever stands."""
    with service.database.read() as tx:
        bound = account_by_name(tx, account)
        stands = None if bound is None else trade_note(tx, bound.account_id, click["trade_id"])
    seen = None if stands is None else stands.noted_at
    service.note_trade(account, click["trade_id"], click["text"], (), seen=seen)


def decided(service: SyncService, click: dict[str, Any]) -> dict[str, Any]:
    """Carry a decision out: what was decided by symbol, imported by REST, or taken back."""
    account = click["account"]
    if click["do"] == "undo":
        seen = service.preview_undo(account, click["decision_id"])
        service.undo(account, click["decision_id"], seen=seen)
        return {"undone": click["decision_id"]}
    if click["do"] == "resolve":
        return {"decisions": resolved(service, click)}
    if click["url"] is not None:
        return {"imported": imported_by_rest(click["url"], account)}
    result = service.apply_import(account, service.plan_import(account))
    return {"decisions": dict(result.decisions)}


def resolved(service: SyncService, click: dict[str, Any]) -> dict[str, str]:
    """Sync, then decide about one of the differences not left alone; its symbol and the id."""
    service.sync_now(click["account"], trigger=Trigger.CLI, timeout=15)
    drifting = [one.record for one in service.explain_drift(click["account"]) if not one.ignored]
    if not drifting:
        raise SyncError("Nothing drifts.")
    preview = service.preview_resolution(
        click["account"],
        drifting[click["pick"] % len(drifting)].symbol,
        ResolutionKind(click["how"]),
        price=None if click["price"] is None else Decimal(click["price"]),
        until=new_york_date(time.time_ns()) if click["how"] == "ignore" else None,
    )
    decision = service.apply_resolution(click["account"], preview)
    return {decision.symbol: decision.decision_id}


def imported_by_rest(url: str, account: str) -> list[str]:
    """Import as other programs do; the symbols. SyncError when refused, HTTPError: who knows."""
    path = f"/api/trades/import-positions?account={account}"
    reply = httpx.post(url + path, json={}, timeout=30)
    while reply.status_code == 202:
        reply = httpx.get(url + reply.json()["poll"], timeout=30)
    if reply.status_code in _REFUSED:
        raise SyncError(reply.json()["error"])
    lines = reply.raise_for_status().json()["plan"]["lines"]
    return [line["symbol"] for line in lines if line["importable"]]


def main() -> None:
    """Carry out all clicks of the file, one after the other."""
    settings = load_settings()
    service = SyncService(settings, Database(settings.database, program="commander"), program="cli")
    service.open()
    for click in json.loads(Path(sys.argv[1]).read_text("utf-8")):
        told = {"intent_id": click["intent_id"], "account": click["account"]}
        try:
            answer: dict[str, Any] = (
                decided(service, click)
                if click["do"] in DECISIONS
                else {"results": [(one.state, one.message) for one in clicked(service, click)]}
            )
        except SyncError as error:
            answer = {"state": "refused before it was written", "message": str(error)}
        except httpx.HTTPError:
            continue
        sys.stdout.write(json.dumps({**told, **answer}) + "\n")
        sys.stdout.flush()
    service.close()


if __name__ == "__main__":
    main()
