"""Reconcile, *Differences*: each with its ranked explanations and fixes; decisions to take back."""

from __future__ import annotations

import re
from datetime import tzinfo

import streamlit as st

from tradesync.domain.explain import DriftExplained, Explanation, Fix
from tradesync.domain.times import Instant, new_york_date, parse_instant
from tradesync.store.queries_activity import DecisionRow, DriftRow, ImportedRow
from tradesync.views.reconcile import Differences, MethodDifference, read_differences
from tradesync.web import formatting as f
from tradesync.web.drawing import draw_reading_problem, draw_table, empty_state
from tradesync.web.later import LATER, watch_later
from tradesync.web.places import SETTINGS, TRADES
from tradesync.web.screen import Screen
from tradesync.web.session import open_dialog
from tradesync.web.tables import Column, Kind, build_table

_SHOWN = 8
_INSTANT = re.compile(r"\d{4}-\d{2}-\d{2}T[0-9:.]+Z")
_STRONG, _FAIR = 70, 40

FIX_WORDS = {
    Fix.IMPORT: ("Import…", ":material/download:"),
    Fix.CLOSE: ("Close in our books…", ":material/remove_done:"),
    Fix.SPLIT: ("Apply split…", ":material/call_split:"),
    Fix.TRANSFER: ("Mark as transfer…", ":material/move_up:"),
    Fix.IGNORE: ("Ignore until…", ":material/snooze:"),
}
_DECISION_WORDS = {
    "close": "closed in our books",
    "split": "split applied",
    "transfer": "marked as transfer",
    "ignore": "ignored",
}


def strength(weight: int) -> str:
    """How well the facts support an explanation, in a word."""
    return "likely" if weight >= _STRONG else "possible" if weight >= _FAIR else "weak"


def fixes_of(row: DriftRow, explained: DriftExplained | None) -> tuple[Fix, ...]:
    """The fixes to offer, those of the best explanation first; leaving it alone is always one."""
    found = [fix for one in explained.explanations for fix in one.fixes] if explained else []
    if explained is None:
        more_there = abs(row.broker_qty) > abs(row.our_qty)
        found = [Fix.IMPORT if more_there else Fix.CLOSE, Fix.TRANSFER]
    return tuple(dict.fromkeys([*found, Fix.IGNORE]))


def draw_differences(screen: Screen) -> None:
    """Draw the part."""
    account_id = screen.account_id or ""
    reading = screen.reader.read(
        ("differences", account_id, new_york_date(screen.now)),
        lambda tx: read_differences(tx, account_id, screen.now),
    )
    draw_reading_problem(reading.problem)
    found = reading.model
    _draw_drift(screen, found)
    _draw_ignored(found)
    _draw_methods(screen, found.methods)
    _draw_decisions(screen, found)


def _draw_drift(screen: Screen, found: Differences) -> None:
    st.markdown(f"**Differences from the broker** · {len(found.drift)}")
    if found.settling:
        symbols = f.plain(", ".join(found.settling))
        st.caption(
            f":material/hourglass_top: Settling: {symbols}. It is a difference once it lasts."
        )
    if not found.drift:
        if not found.settling:
            empty_state(
                "No difference",
                "Trades hold what the broker holds, to the share.",
                icon=":material/check_circle:",
            )
        return
    explained = _explanations(screen, found)
    wanted = st.query_params.get("symbol")
    rows = sorted(found.drift, key=lambda row: row.symbol != wanted)
    for row in rows[:_SHOWN]:
        _draw_one(screen, row, explained)
    if rest := rows[_SHOWN:]:
        with st.expander(f"{len(rest)} more", key="more_differences"):
            for row in rest:
                _draw_one(screen, row, explained)


def _explanations(screen: Screen, found: Differences) -> dict[str, DriftExplained] | None:
    """Explanations by instrument; None while they are looked for. Computed beside the page."""
    key = ("explain", screen.service.database.path, screen.account_id)
    version = (found.revision, found.drift)
    known = LATER.ask(key, version, lambda: screen.service.explain_drift(screen.account))
    with st.container(key="explaining"):
        if known.running is not None:
            watch_later(key, "Looking for explanations")
    if known.ready is None:
        return None
    if known.ready.error is not None:
        st.warning(f.plain(known.ready.error), icon=":material/warning:")
        return {}
    return {one.record.instrument: one for one in known.ready.value}


def _draw_one(
    screen: Screen, row: DriftRow, explained: dict[str, DriftExplained] | None
) -> None:
    one = None if explained is None else explained.get(row.instrument)
    with st.container(border=True, key=f"drift-{row.kind}-{row.instrument}", gap="small"):
        since = f.moment(row.opened_at, screen.zone, screen.now)
        st.markdown(
            f":orange[:material/warning:] **{f.plain(row.symbol)}** · "
            f"broker holds **{f.plain(f.quantity(row.broker_qty))}**, trades hold "
            f"**{f.plain(f.quantity(row.our_qty))}** · difference "
            f"**{f.plain(f.quantity(row.broker_qty - row.our_qty, plus=True))}** "
            f":gray[since {since}]"
        )
        if explained is None:
            st.skeleton(height=48)
        elif one is not None:
            lines = enumerate(one.explanations, 1)
            zone, now = screen.zone, screen.now
            st.markdown("\n".join(explanation_words(*line, zone, now) for line in lines))
        _draw_fixes(row, one)


def explanation_words(place: int, one: Explanation, zone: tzinfo, now: Instant) -> str:
    """An explanation as a numbered line of Markdown, its times in the viewer's zone."""
    told = _INSTANT.sub(lambda found: f.moment(parse_instant(found[0]), zone, now), one.evidence)
    evidence = f.plain(told)
    waits = " :gray[It ends by itself when the broker's rows arrive.]" * (Fix.WAIT in one.fixes)
    return f"{place}. **{one.reason.capitalize()}** ({strength(one.weight)}): {evidence}.{waits}"


def _draw_fixes(row: DriftRow, one: DriftExplained | None) -> None:
    key = f"fix-{row.kind}-{row.instrument}"
    with st.container(horizontal=True, vertical_alignment="center"):
        for fix in fixes_of(row, one):
            if fix in FIX_WORDS:
                label, icon = FIX_WORDS[fix]
                kind = "import" if fix is Fix.IMPORT else "resolve"
                args = {} if fix is Fix.IMPORT else {"symbol": row.symbol, "fix": fix.value}
                st.button(
                    label, key=f"{key}-{fix}", icon=icon, on_click=open_dialog, args=(kind,),
                    kwargs=args,
                )  # fmt: skip
            elif fix is Fix.REBIND:
                st.page_link(str(SETTINGS), label="Settings: which account is this?")
        st.page_link(
            str(TRADES), label="Show trades", icon=":material/arrow_forward:",
            query_params={"symbol": row.symbol, "status": "All"},
        )  # fmt: skip


def _draw_ignored(found: Differences) -> None:
    if not found.ignored:
        return
    st.markdown(f"**Ignored for now** · {len(found.ignored)}")
    for row in found.ignored:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(
                f":gray[:material/snooze:] **{f.plain(row.symbol)}** · broker "
                f"{f.plain(f.quantity(row.broker_qty))}, trades {f.plain(f.quantity(row.our_qty))} "
                f"· until {row.ignored_until} New York, or until it changes",
                width="content",
            )
            _draw_undo(row.decision_id or "", f"ignoring {row.symbol}", "Ask again")


def _draw_undo(decision_id: str, words: str, label: str) -> None:
    st.button(
        label, key=f"undo-{decision_id}", type="tertiary", icon=":material/undo:",
        on_click=open_dialog, args=("undo",),
        kwargs={"decision_id": decision_id, "words": words},
    )  # fmt: skip


def method_columns() -> tuple[Column[MethodDifference], ...]:
    """Costs of what both sides hold alike."""
    return (
        Column("Symbol", Kind.TEXT, lambda row: row.symbol, pinned=True, phone=True),
        Column("Qty", Kind.QUANTITY, lambda row: row.qty),
        Column(
            "Our cost", Kind.MONEY, lambda row: row.our_cost, "First in, first out.", phone=True
        ),
        Column(
            "Broker's cost", Kind.MONEY, lambda row: row.broker_cost, "By its average price.",
            phone=True,
        ),
        Column("Broker floats more by", Kind.CHANGE, lambda row: row.floating_more, phone=True),
    )


def _draw_methods(screen: Screen, methods: tuple[MethodDifference, ...]) -> None:
    if not methods:
        return
    with st.expander(f"Difference of method, not an error · {len(methods)}", key="of_method"):
        st.caption(
            "Quantities agree; the broker averages its lots, trades close first in, first out. "
            "What one counts as realized, the other still counts as floating."
        )
        table = build_table(
            methods, method_columns(), identity=lambda row: row.symbol, zone_name=None,
            dark=screen.dark,
        )  # fmt: skip
        draw_table(table, alt="Differences of method", key="methods")


def decision_words(row: DecisionRow) -> str:
    """A decision in short."""
    price = ""
    if row.kind in {"close", "transfer"}:
        price = " at an unknown price" if row.price is None else f" at {f.price(row.price)}"
    until = f" until {row.until}" if row.until else ""
    return (
        f"{row.symbol}: {_DECISION_WORDS.get(row.kind, row.kind)}{price}{until} · "
        f"trades held {f.quantity(row.our_qty)}, broker {f.quantity(row.broker_qty)}"
    )


def imported_words(row: ImportedRow) -> str:
    """An import in short."""
    return f"{row.symbol}: imported, broker held {f.quantity(row.qty)} at {f.price(row.price)}"


def _draw_decisions(screen: Screen, found: Differences) -> None:
    decisions = [row for row in found.decisions if row.kind != "ignore"]
    decisions += [row for row in found.decisions if row.kind == "ignore" and _is_idle(row, found)]
    total = len(decisions) + len(found.imported)
    if not total:
        return
    with st.expander(f"Decisions that stand · {total}", key="standing_decisions"):
        st.caption(
            "Each can be taken back; trades are then as if it had never been made. Facts that "
            "arrive late shrink what a decision books by themselves."
        )
        for row in decisions:
            with st.container(horizontal=True, vertical_alignment="center"):
                at = f.moment(row.created_at, screen.zone, screen.now)
                st.markdown(f"{f.plain(decision_words(row))} :gray[{at}]", width="content")
                _draw_undo(row.decision_id, decision_words(row), "Take back…")
        for item in found.imported:
            with st.container(horizontal=True, vertical_alignment="center"):
                at = f.moment(item.created_at, screen.zone, screen.now)
                st.markdown(f"{f.plain(imported_words(item))} :gray[{at}]", width="content")
                _draw_undo(item.decision_id, imported_words(item), "Take back…")


def _is_idle(row: DecisionRow, found: Differences) -> bool:
    """Whether an *ignore* has nothing to ignore now."""
    return all(row.decision_id != drift.decision_id for drift in found.ignored)
