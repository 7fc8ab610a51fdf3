"""Reconcile, *Proof*: cash and quantities from our own facts, day by day, against the broker's."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal

import streamlit as st

from tradesync.domain.proof import Day, Line, Proof
from tradesync.sync.proving import proof_of
from tradesync.views.proof import HoldingLine, day_of, holding_lines, other_flows
from tradesync.views.reconcile import read_instruments, read_revision
from tradesync.web import formatting as f
from tradesync.web.drawing import draw_choosable_table, draw_table, empty_state
from tradesync.web.later import LATER, Answer, watch_later
from tradesync.web.screen import Screen
from tradesync.web.tables import Column, Kind, build_table

_DAY = "day"
_QUICK = 1.0
"""A proof that took longer (seconds) is made again only when asked for."""
_DAYS_SHOWN = 45
_KINDS = ("deposits", "trades", "dividends", "interest", "fees")


def draw_proof(screen: Screen) -> None:
    """Draw the part."""
    account_id = screen.account_id or ""
    database = screen.service.database
    revision = screen.reader.read(
        ("revision", account_id), lambda tx: read_revision(tx, account_id)
    ).model
    key = ("proof", database.path, account_id)
    known = LATER.known(key)
    old = known.ready is not None and known.ready.version != revision
    again = False
    with st.container(horizontal=True, vertical_alignment="center", key="proving"):
        st.markdown("**Proof of the books**", width="content")
        if old:
            again = st.button("Prove again", key="prove", icon=":material/refresh:")
        if again or not old or _was_quick(known.ready):
            known = LATER.ask(key, revision, lambda: proof_of(database, account_id))
        if known.running is not None:
            watch_later(key, "Adding up every execution and row of money")
    if known.ready is None:
        st.skeleton(height=240)
    elif known.ready.error is not None:
        st.error(f.plain(known.ready.error), icon=":material/error:")
    elif known.ready.value is not None:
        _draw(screen, known.ready.value, is_old=old and known.running is None)


def _was_quick(answer: Answer | None) -> bool:
    return answer is None or (answer.took is not None and answer.took < _QUICK)


def _draw(screen: Screen, proof: Proof, *, is_old: bool) -> None:
    if is_old:
        st.caption(":material/history: The record has changed since this was computed.")
    bad = [line.subject for line in proof.lines if not line.is_proved]
    if bad:
        st.warning(
            f"**Not proved.** Something is unexplained in: {f.plain(', '.join(bad))}.",
            icon=":material/warning:",
        )
    else:
        st.markdown(
            f":green[:material/verified:] **Proved.** {proof.fills:,} executions and every row of "
            "money add up to what the broker states; each difference has a name."
        )
    table = build_table(
        ordered_lines(proof), line_columns(), identity=lambda line: line.subject, zone_name=None,
        dark=screen.dark,
    )  # fmt: skip
    draw_table(table, alt="Ours against the broker's", key="proof_lines", most_rows=16)
    _draw_days(screen, proof)


def ordered_lines(proof: Proof) -> tuple[Line, ...]:
    """Cash and equity, what is not proved, what differs, the rest; each by name."""
    def place(line: Line) -> tuple[bool, bool, bool, str]:
        is_money = line.subject in {"cash", "equity"}
        return not is_money, line.is_proved, not line.difference, line.subject

    return tuple(sorted(proof.lines, key=place))


def parts_words(line: Line) -> str | None:
    """What a difference is made of, in words; None without one."""
    parts = [f"{why} {f.quantity(amount, plus=True)}" for why, amount in line.parts.items()]
    return " · ".join(parts) or None


def _subject(line: Line) -> str:
    return line.subject.capitalize() if line.subject in {"cash", "equity"} else line.subject


def line_columns() -> tuple[Column[Line], ...]:
    """Cash, quantities and equity: ours, the broker's and what is between them."""
    return (
        Column("What", Kind.TEXT, _subject, pinned=True, phone=True),
        Column("From our facts", Kind.QUANTITY, lambda line: line.ours),
        Column("Broker states", Kind.QUANTITY, lambda line: line.theirs, phone=True),
        Column("Difference", Kind.QUANTITY, lambda line: line.difference),
        Column("Difference", Kind.TEXT, _marked_difference, phone=True, wide=False, wraps=True),
        Column("Made of", Kind.TEXT, parts_words),
        Column("Proved", Kind.TEXT, lambda line: "✓" if line.is_proved else "⚠ unexplained"),
    )


def _marked_difference(line: Line) -> str:
    mark = "✓" if line.is_proved else "⚠"
    return f"{mark} {parts_words(line) or 'none'}"


def day_columns() -> tuple[Column[Day], ...]:
    """What each day moved and left."""
    return (
        Column("Day", Kind.TEXT, lambda day: day.day.isoformat(), pinned=True, phone=True),
        Column("Cash moved", Kind.CHANGE, lambda day: other_flows(day, ()), phone=True, wide=False),
        *(Column(kind.capitalize(), Kind.CHANGE, _flow(kind), optional=True) for kind in _KINDS),
        Column("Other", Kind.CHANGE, lambda day: other_flows(day, _KINDS), optional=True),
        Column("Cash after", Kind.MONEY, lambda day: day.cash, "From our facts alone.",
               phone=True),
        Column("Instruments held", Kind.COUNT, lambda day: len(day.held)),
        Column("Broker's equity", Kind.MONEY, lambda day: day.equity, "Where it is on record."),
        Column("Leaves for holdings", Kind.MONEY, lambda day: day.market_value,
               "The broker's equity less our cash."),
    )  # fmt: skip


def _flow(kind: str) -> Callable[[Day], Decimal | None]:
    return lambda day: day.flows.get(kind)


def _draw_days(screen: Screen, proof: Proof) -> None:
    if not proof.days:
        empty_state(
            "No day yet",
            "Days appear with the first execution or row of money.",
            icon=":material/calendar_month:",
        )
        return
    first, last = proof.days[0].day, proof.days[-1].day
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.markdown(f"**By day** · {len(proof.days)} days with movements", width="content")
        chosen = st.date_input(
            "Day (New York)", None, min_value=first, max_value=last, key=_DAY,
            bind="query-params", format="YYYY-MM-DD", width=180,
        )  # fmt: skip
    if chosen is not None:
        _draw_day(screen, day_of(proof, chosen))
        return
    latest = proof.days[: -_DAYS_SHOWN - 1 : -1]
    table = build_table(
        latest, day_columns(), identity=lambda day: day.day.isoformat(),
        zone_name=None, dark=screen.dark,
    )  # fmt: skip
    draw_choosable_table(table, alt="Days", key="proof_days", chosen=_choose_day, most_rows=12)
    if len(proof.days) > len(latest):
        st.caption(f"The latest {len(latest)} days; choose an earlier one above.")


def _choose_day(day: str) -> None:
    st.session_state[_DAY] = date.fromisoformat(day)


def holding_columns() -> tuple[Column[HoldingLine], ...]:
    """Quantities of one day."""
    return (
        Column("Symbol", Kind.TEXT, lambda line: line.symbol, pinned=True),
        Column("Moved", Kind.QUANTITY, lambda line: line.moved or None),
        Column("Held at the end", Kind.QUANTITY, lambda line: line.held),
    )


def _draw_day(screen: Screen, day: Day) -> None:
    account_id = screen.account_id or ""
    flows = " · ".join(
        f"{kind} {f.money(usd, plus=True)}" for kind, usd in sorted(day.flows.items())
    )
    stated = "the broker's equity is not on record"
    if day.equity is not None:
        held = f.money(day.market_value)
        stated = f"broker's equity {f.money(day.equity)}, of it holdings {held}"
    st.markdown(
        f"**{day.day}** · {f.plain(flows or 'nothing moved')}  \n"
        f":gray[Cash at the end {f.plain(f.money(day.cash))}; {f.plain(stated)}.]"
    )
    symbols = screen.reader.read(
        ("instruments", account_id), lambda tx: read_instruments(tx, account_id)
    ).model
    lines = holding_lines(day, symbols)
    if not lines:
        st.caption("Nothing was held.")
        return
    table = build_table(
        lines, holding_columns(), identity=lambda line: line.symbol, zone_name=None,
        dark=screen.dark,
    )  # fmt: skip
    draw_table(table, alt=f"Quantities on {day.day}", key="proof_day", most_rows=12)
