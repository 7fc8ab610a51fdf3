"""A person who clicks: commands of ours from a process that may be killed at any instant.

    python commander.py CLICKS.json

Each click is {"do": "order" | "close" | "cancel" | "replace" | "close_all" | "cancel_all",
"intent_id": …, "account": …, …}, or one that only concerns the record: {"do": "note", "trade_id":
…, "text": …} and {"do": "switch", "active": …}. What became of it is one JSON line on standard
output.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from tradesync.config import load_settings
from tradesync.store.accounts import account_by_name
from tradesync.store.database import Database
from tradesync.store.decisions import trade_note
from tradesync.sync.outcomes import CommandResult, OrderTicket, Replacement, SyncError
from tradesync.sync.service import SyncService


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


def main() -> None:
    """Carry out all clicks of the file, one after the other."""
    settings = load_settings()
    service = SyncService(settings, Database(settings.database, program="commander"), program="cli")
    service.open()
    for click in json.loads(Path(sys.argv[1]).read_text("utf-8")):
        try:
            results = clicked(service, click)
            answer: dict[str, Any] = {"results": [(one.state, one.message) for one in results]}
        except SyncError as error:
            answer = {"state": "refused before it was written", "message": str(error)}
        sys.stdout.write(json.dumps({"intent_id": click["intent_id"], **answer}) + "\n")
        sys.stdout.flush()
    service.close()


if __name__ == "__main__":
    main()
