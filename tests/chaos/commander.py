"""A person who clicks: commands of ours from a process that may be killed at any instant.

    python commander.py CLICKS.json

Each click is {"do": "order" | "close" | "cancel" | "replace" | "close_all" | "cancel_all",
"intent_id": …, …}. What became of it is one JSON line on standard output.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from tradesync.config import load_settings
from tradesync.store.database import Database
from tradesync.sync.outcomes import CommandResult, OrderTicket, Replacement, SyncError
from tradesync.sync.service import SyncService


def clicked(
    service: SyncService, account: str, click: dict[str, Any]
) -> tuple[CommandResult, ...]:
    """Carry one click out: one result, or one for each item."""
    intent_id = click["intent_id"]
    if click["do"] == "order":
        ticket = OrderTicket(
            click["symbol"], click["side"], "market" if click["limit"] is None else "limit",
            qty=click["qty"], limit_price=click["limit"],
        )  # fmt: skip
        return (service.place_order(account, ticket, intent_id=intent_id),)
    match click["do"]:
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


def main() -> None:
    """Carry out all clicks of the file, one after the other."""
    settings = load_settings()
    service = SyncService(
        settings, Database(settings.database, program="commander"), program="cli"
    )
    service.open()
    account = service.account_names()[0]
    for click in json.loads(Path(sys.argv[1]).read_text("utf-8")):
        try:
            results = clicked(service, account, click)
            answer: dict[str, Any] = {"results": [(one.state, one.message) for one in results]}
        except SyncError as error:
            answer = {"state": "refused before it was written", "message": str(error)}
        sys.stdout.write(json.dumps({"intent_id": click["intent_id"], **answer}) + "\n")
        sys.stdout.flush()
    service.close()


if __name__ == "__main__":
    main()
