"""Import from Broker: the plan first, prices editable, then what was observed is stored."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

import streamlit as st

from tradesync.domain.import_plan import ImportLine, ImportPlan
from tradesync.store.errors import StoreError
from tradesync.sync.outcomes import PlanChangedError, SyncError, Trigger
from tradesync.web import formatting as f
from tradesync.web.dialogs.shared import (
    account_words,
    draw_choice,
    draw_error,
    number,
    redraw,
)
from tradesync.web.drawing import row_height, table_height
from tradesync.web.screen import Screen
from tradesync.web.session import DialogRequest, close_dialog, flash
from tradesync.web.tables import Column, Kind, build_table

KIND = "import"
_PLAN = "plan"
_ROWS_HIGH = 8
_SYNC_TIMEOUT = 40.0
_ERROR = "error"


def title(_screen: Screen) -> str:
    """The dialog's title."""
    return "Import from Broker"


def lot_words(line: ImportLine) -> str:
    """The lot a line would create: long 25 at $181.20; a dash for none."""
    if not line.importable:
        return f.UNKNOWN
    return f"{line.lot_side} {f.quantity(line.lot_qty)} at {f.price(line.lot_price)}"


def columns_of_plan() -> tuple[Column[ImportLine], ...]:
    """What the broker holds, what trades explain, and the lot the rest would make."""
    return (
        Column("Would import", Kind.TEXT, _outcome_words, phone=True, wide=False, wraps=True),
        Column("Symbol", Kind.TEXT, lambda line: line.symbol, pinned=True),
        Column("Lot it would create", Kind.TEXT, lot_words),
        Column("Broker holds", Kind.QUANTITY, lambda line: line.broker_qty),
        Column("At broker", Kind.QUANTITY, lambda line: line.broker_qty, phone=True, wide=False),
        Column("Trades explain", Kind.QUANTITY, lambda line: line.explained_qty),
        Column("Difference", Kind.QUANTITY, lambda line: line.missing_qty or None),
        Column("Note", Kind.TEXT, lambda line: line.reason or line.note),
    )


def _outcome_words(line: ImportLine) -> str:
    """The lot a line would create, or why it creates none; both where both are to be said."""
    parts = [lot_words(line)] if line.importable else []
    told = " · ".join([*parts, *filter(None, [line.reason or line.note])])
    return f"{line.symbol}: {told or f.UNKNOWN}"


def draw(screen: Screen, request: DialogRequest) -> None:
    """Show the plan, let prices be edited, store it when confirmed."""
    st.caption(
        f"{account_words(screen)} · Only what no execution explains is imported. Importing twice "
        "changes nothing, and executions found later shrink the imported lot."
    )
    plan = _plan(screen, request)
    draw_error(request)
    if plan is None:
        if draw_choice("Try again", ready=True, key="import"):
            redraw()
        return
    _draw_table(screen, plan)
    importable = [line for line in plan.lines if line.importable]
    if not importable:
        st.info("Nothing to import: trades explain everything the broker holds.")
        if draw_choice("Read again", ready=True, key="import"):
            _forget(request)
        return
    prices = _draw_prices(importable)
    count = len(importable)
    verb = f"Import {count} {'position' if count == 1 else 'positions'}"
    if draw_choice(verb, ready=prices is not None, key="import") and prices is not None:
        _apply(screen, request, plan, prices)


def _plan(screen: Screen, request: DialogRequest) -> ImportPlan | None:
    """The plan this dialog shows, computed once; None with the reason kept when it cannot be."""
    plan = request.args.get(_PLAN)
    if isinstance(plan, ImportPlan):
        return plan
    request.args.pop(_ERROR, None)
    try:
        with st.spinner("Syncing first, so that every known execution counts…"):
            run = screen.service.sync_now(
                screen.account, trigger=Trigger.MANUAL, timeout=_SYNC_TIMEOUT
            )
        if run is not None and run.ok:
            with st.spinner("Reading positions, twice, to be sure nothing is moving…"):
                plan = screen.service.plan_import(screen.account)
    except (SyncError, StoreError) as error:
        request.args[_ERROR] = str(error)
        return None
    if not isinstance(plan, ImportPlan):
        reason = run.error if run is not None and run.error else "The sync takes long today."
        request.args[_ERROR] = f"Nothing can be planned before a sync. {reason}"
        return None
    request.args[_PLAN] = plan
    return plan


def _forget(request: DialogRequest) -> None:
    request.args.pop(_PLAN, None)
    redraw()


def _draw_table(screen: Screen, plan: ImportPlan) -> None:
    table = build_table(
        sorted(plan.lines, key=lambda line: (not line.importable, line.symbol)),
        columns_of_plan(),
        identity=lambda line: line.instrument,
        zone_name=None,
        dark=screen.dark,
    )
    at = f.moment(plan.observed_at, screen.zone, screen.now, seconds=True)
    st.markdown(f"**What the broker held at {at}**")
    st.dataframe(
        table.shown,
        column_config=table.config,
        hide_index=True,
        placeholder=f.UNKNOWN,
        key="import_plan",
        height=table_height(table, _ROWS_HIGH),
        row_height=row_height(table),
        alt="Import plan: what the broker holds, what trades explain, what would be imported",
    )


def _draw_prices(lines: Sequence[ImportLine]) -> dict[str, Decimal] | None:
    """The prices a person changed, by instrument; None while one of them is no price."""
    st.markdown("**Entry price of each lot**")
    changed: dict[str, Decimal] = {}
    valid = True
    with st.container(horizontal=True):
        for line in lines:
            planned = f"{line.lot_price:f}".rstrip("0").rstrip(".") if line.lot_price else ""
            typed = st.text_input(
                f"{line.symbol} · {line.price_basis}",
                planned,
                key=f"import_price_{line.instrument}",
                width=260,
            )
            price = number(typed)
            valid = valid and price is not None
            if price is not None and typed != planned:
                changed[line.instrument] = price
    if not valid:
        st.caption(":red[Enter a price above zero for every lot.]")
    return changed if valid else None


def _apply(
    screen: Screen, request: DialogRequest, plan: ImportPlan, prices: Mapping[str, Decimal]
) -> None:
    request.args.pop(_ERROR, None)
    try:
        with st.spinner("Checking that the account has not changed…"):
            result = screen.service.apply_import(screen.account, plan, prices)
    except PlanChangedError as error:
        request.args[_ERROR] = str(error)
        _forget(request)
    except (SyncError, StoreError) as error:
        request.args[_ERROR] = str(error)
        redraw()
    else:
        flash(result.message)
        close_dialog()
        st.rerun()
