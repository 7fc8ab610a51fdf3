"""Commands about differences: drift, resolve, undo, proof, why."""

from __future__ import annotations

import time
from argparse import Namespace
from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from tradesync.cli.asking import agree
from tradesync.cli.output import (
    Format,
    figure,
    local_time,
    print_csv,
    print_json,
    print_table,
)
from tradesync.cli.session import CommandError, Session, find_trade
from tradesync.domain.changes import Change
from tradesync.domain.explain import DriftExplained, Reason
from tradesync.domain.ours import OpeningBalance, ResolutionKind
from tradesync.domain.undoing import Decision
from tradesync.domain.why import Figure
from tradesync.store import decisions, resolutions
from tradesync.sync.asking_why import why_of
from tradesync.sync.outcomes import Trigger
from tradesync.sync.proving import proof_of
from tradesync.views.export import Json
from tradesync.views.proof import day_records, line_records, shown_days
from tradesync.views.reconcile import MethodDifference, read_differences
from tradesync.views.why import part_records

_WAIT = 600.0


def drift(session: Session, options: Namespace) -> int:
    """Sync, then list the lasting differences with their likely reasons."""
    with session.service() as service:
        service.sync_now(session.account.name, trigger=Trigger.CLI, timeout=_WAIT)
        found = service.explain_drift(session.account.name)
    with session.database.read() as tx:
        methods = read_differences(tx, session.recorded(tx).account_id, time.time_ns()).methods
    records = [record for one in found for record in _drift_records(one)]
    records += map(_method_record, methods)
    if not found and options.format is Format.TABLE:
        print("No difference: we hold what the broker holds.")
    if records or options.format is not Format.TABLE:
        columns = ("symbol", "ours", "broker", "weight", "reason", "fixes", "evidence")
        _print(options.format, records, columns)
    return 0


def _drift_records(one: DriftExplained) -> list[dict[str, Json]]:
    record = one.record
    reasons = [
        (str(item.weight), str(item.reason), " ".join(item.fixes), item.evidence)
        for item in one.explanations
    ]
    if one.ignored is not None:
        reasons = [("", f"ignored until {one.ignored.until}", "", one.ignored.decision_id)]
    return [
        {
            "symbol": record.symbol,
            "ours": figure(record.our_qty),
            "broker": figure(record.broker_qty),
            "weight": weight,
            "reason": reason,
            "fixes": fixes,
            "evidence": evidence,
        }
        for weight, reason, fixes, evidence in reasons or [("", "unknown", "", "")]
    ]


def _method_record(one: MethodDifference) -> dict[str, Json]:
    """Held alike and counted otherwise: no error, nothing to fix."""
    costs = f"cost {figure(one.our_cost)} first in, first out; {figure(one.broker_cost)} by the "
    return {
        "symbol": one.symbol,
        "ours": figure(one.qty),
        "broker": figure(one.qty),
        "weight": "",
        "reason": str(Reason.METHOD),
        "fixes": "",
        "evidence": f"{costs}broker's average: no error",
    }


def resolve(session: Session, options: Namespace) -> int:
    """Show what a decision about a difference changes; store it when confirmed."""
    with session.service() as service:
        account = session.account.name
        service.sync_now(account, trigger=Trigger.CLI, timeout=_WAIT)
        preview = service.preview_resolution(
            account,
            options.symbol.upper(),
            ResolutionKind(options.how),
            price=None if options.price is None else Decimal(options.price),
            until=options.until,
        )
        _print_changes(preview.changes)
        after = figure(preview.holds_after)
        print(f"Afterwards we hold {after}; the broker {figure(preview.decision.broker_qty)}.")
        agree(f"Resolve {options.symbol.upper()} so?", options.yes)
        decision = service.apply_resolution(account, preview)
    print(f"Done. To take it back: python -m tradesync undo {decision.decision_id}")
    return 0


def undo(session: Session, options: Namespace) -> int:
    """Show what taking a decision back changes; do it when confirmed. Without one: list them."""
    if options.decision is None:
        return _list_decisions(session)
    with session.service() as service:
        account = session.account.name
        found = service.preview_undo(account, options.decision)
        _print_changes(found.changes)
        for row in found.unmatched:
            print(f"unmatched: {row.side} {figure(row.qty)} {row.symbol}")
        realized = "unknown" if found.realized is None else figure(found.realized, signed=True)
        print(f"Realized P&L changes by: {realized}")
        after = figure(found.holds_after)
        print(f"Afterwards we hold {after}; the broker {figure(found.broker_qty)}.")
        agree(f"Take back {decided(found.decision)}?", options.yes)
        service.undo(account, options.decision, seen=found)
    print(f"Taken back: {decided(found.decision)}.")
    return 0


def decided(decision: Decision) -> str:
    """A decision in a few words."""
    what = "import" if isinstance(decision, OpeningBalance) else decision.kind
    return f"{what} of {decision.symbol}"


def _list_decisions(session: Session) -> int:
    with session.database.read() as tx:
        account_id = session.recorded(tx).account_id
        found: list[Decision] = [
            *decisions.load_opening_balances(tx, account_id),
            *resolutions.load_resolutions(tx, account_id),
        ]
    if not found:
        print("No decision stands; there is nothing to take back.")
        return 0
    rows = [
        (one.decision_id, local_time(one.created_at), decided(one))
        for one in sorted(found, key=lambda one: one.created_at)
    ]
    print_table(("DECISION", "SINCE", "WHAT"), rows, range(0))
    return 0


def _print_changes(changes: Sequence[Change]) -> None:
    for change in changes:
        new = "gone" if change.new is None and change.field == "status" else change.new or "—"
        print(f"{change.trade_id[:8]} {change.field}: {change.old or '—'} → {new}")


def proof(session: Session, options: Namespace) -> int:
    """Add up the facts day by day and compare with the broker; 1 when something is unexplained."""
    with session.database.read() as tx:
        account_id = session.recorded(tx).account_id
    found = proof_of(session.database, account_id)
    if found is None:
        raise CommandError("The account was never read. Run: python -m tradesync sync")
    days = day_records(shown_days(found, options.day))
    if options.format is Format.JSON:
        print_json({"days": list(days), "lines": list(line_records(found))})
    else:
        _print(options.format, days, tuple(days[0]) if days else ("day",))
        print()
        lines = line_records(found)
        _print(options.format, lines, tuple(lines[0]))
    return 0 if found.is_proved else 1


def explain_figure(session: Session, options: Namespace) -> int:
    """List what a figure of a trade came from."""
    with session.database.read() as tx:
        account_id = session.recorded(tx).account_id
        trade = find_trade(tx, account_id, options.trade)
    if trade is None:
        raise CommandError(f"There is no trade {options.trade}.")
    found = why_of(
        session.database, account_id, trade.instrument, trade.trade_id, Figure(options.figure)
    )
    records = part_records(found)
    if options.format is Format.TABLE:
        print(f"{found.figure} = {figure(found.value)}: {found.rule}")
    _print(options.format, records, ("at", "kind", "what", "amount", "order_id", "source_id"))
    return 0


def a_day(text: str) -> date:
    """A date as typed, YYYY-MM-DD; ValueError when it is none."""
    return date.fromisoformat(text)


def _print(form: Format, records: Sequence[dict[str, Json]], columns: Sequence[str]) -> None:
    match form:
        case Format.JSON:
            print_json(list(records))
        case Format.CSV:
            print_csv(records, columns)
        case _:
            rows = [[str(record[column]) for column in columns] for record in records]
            print_table([column.upper() for column in columns], rows, range(0))
