"""Several accounts as one, only to be read: totals, positions, trades; never paper with live."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import tzinfo

import streamlit as st

from tradesync.config import Environment
from tradesync.domain.times import Instant
from tradesync.sync import registry
from tradesync.sync.cadence import FRESH_SHARE
from tradesync.sync.outcomes import SyncError, SyncState, Trigger
from tradesync.sync.service import SyncService
from tradesync.views.accounts import HeldLine, Member, MemberView, Together, read_together
from tradesync.views.positions import PositionLine
from tradesync.web import formatting as f
from tradesync.web.columns import positions_columns
from tradesync.web.downloads import FAILURES, this_tab
from tradesync.web.drawing import (
    draw_choosable_table,
    draw_reading_problem,
    draw_table,
    empty_state,
    figure,
)
from tradesync.web.places import show_trade_of
from tradesync.web.preferences import keep, preferences_from
from tradesync.web.screen import reader_of, viewer_zone
from tradesync.web.sentences import Tone, freshness
from tradesync.web.session import flash
from tradesync.web.tables import Column, Kind, build_table
from tradesync.web.trade_list import ListScope, draw_trade_list
from tradesync.web.viewport import is_narrow
from tradesync.web.watch import TONE_ICONS

_STAMP, _TICK = "_together_stamp", "_together_tick"


@dataclass(frozen=True, slots=True)
class TogetherScreen:
    """One run of a page for a viewer of all accounts."""

    service: SyncService
    members: tuple[Member, ...]
    states: tuple[SyncState, ...]
    zone: tzinfo
    dark: bool
    now: Instant


def begin_together() -> TogetherScreen:
    """Gather what this run knows of all active accounts."""
    service = registry.service()
    keep(preferences_from(service.preferences()))
    names = service.account_names()
    states = tuple(service.state(name) for name in names)
    members = tuple(
        Member(name, service.settings.account(name).environment.value, state.account_id)
        for name, state in zip(names, states, strict=True)
    )
    st.session_state[_STAMP] = service.database.stamp()
    return TogetherScreen(
        service, members, states, viewer_zone(), st.context.theme.type == "dark", time.time_ns()
    )


def draw_together(screen: TogetherScreen, page_title: str) -> None:
    """Draw a page for all accounts; those about one account ask to choose it."""
    with st.container(horizontal=True, vertical_alignment="center", key="together_status"):
        _watch(screen)
    if is_narrow():
        st.caption("Only to be read: choose one account to act.")
    if page_title == "Overview":
        _draw_totals(screen)
    elif page_title == "Trades":
        _draw_trades(screen)
    else:
        empty_state(
            f"{page_title} is about one account",
            "Choose one at the top. Totals, positions and trades of all accounts are on "
            "**Overview** and **Trades**.",
            icon=":material/account_circle:",
        )
    _refresh(screen)


def _draw_totals(screen: TogetherScreen) -> None:
    reading = reader_of(screen.service.database).read(
        ("together", screen.members), lambda tx: read_together(tx, screen.members)
    )
    draw_reading_problem(reading.problem)
    groups = reading.model
    for group in groups:
        _draw_group(screen, group)
    if len(groups) > 1:
        st.caption("Money of different kinds is never added up: each kind has its own totals.")


def _draw_group(screen: TogetherScreen, group: Together) -> None:
    word = Environment(group.environment).value.upper()
    count = len(group.members)
    st.markdown(f"#### {word} · {count} {'account' if count == 1 else 'accounts'}")
    if group.unread:
        st.caption(f.plain(f"Not read yet and not in the totals: {', '.join(group.unread)}."))
    if not group.read:
        empty_state(
            "Nothing read yet",
            "Press **Sync with Broker** to read these accounts' history.",
            icon=":material/cloud_sync:",
        )
        return
    _draw_figures(group)
    table = build_table(
        group.members, _member_columns(), identity=lambda member: member.name, zone_name=None,
        dark=screen.dark,
    )  # fmt: skip
    draw_choosable_table(
        table, alt=f"Accounts, {word}", key=f"members-{group.environment}", chosen=_choose
    )
    if group.positions:
        held = build_table(
            group.positions, _held_columns(),
            identity=lambda each: f"{each.account} {each.line.symbol}", zone_name=None,
            dark=screen.dark,
        )  # fmt: skip
        draw_table(held, alt=f"Positions, {word}", key=f"held-{group.environment}")
    else:
        st.caption("No open positions.")


def _draw_figures(group: Together) -> None:
    day = group.total(lambda view: view.standing.day_change)
    floating = group.total(lambda view: view.profit.broker_floating)
    realized = group.total(lambda view: view.profit.realized)
    unknown = sum(view.profit.realized_unknown for view in group.read)
    with st.grid(5, min_column_width=150):
        figure(
            "Equity", f.money(group.total(lambda view: view.standing.equity)), change=day,
            change_text=f.money(day, plus=True)
            if is_narrow()
            else f"{f.money(day, plus=True)} · {f.percent(group.day_ratio)}",
            description="today",
        )  # fmt: skip
        figure("Floating P&L", f.money(floating, plus=True), tone=floating)
        figure(
            "Realized P&L", f.money(realized, plus=True), tone=realized,
            change_text=f"{unknown} unknown" if unknown else None, help_text="Before fees.",
        )  # fmt: skip
        figure("Cash", f.money(group.total(lambda view: view.standing.cash)))
        figure("Exposure", f.money(group.total(lambda view: view.standing.gross_value)))


def _choose(name: str) -> None:
    st.session_state["account"] = name


def _member_columns() -> tuple[Column[MemberView], ...]:
    return (
        Column("Account", Kind.TEXT, lambda m: m.name, pinned=True, phone=True),
        Column("Equity", Kind.MONEY, lambda m: m.view and m.view.standing.equity, phone=True),
        Column("Today", Kind.CHANGE, lambda m: m.view and m.view.standing.day_change, phone=True),
        Column("Today %", Kind.RATIO, lambda m: m.view and m.view.standing.day_ratio, phone=True),
        Column("Floating", Kind.CHANGE, lambda m: m.view and m.view.profit.broker_floating),
        Column("Realized", Kind.CHANGE, lambda m: m.view and m.view.profit.realized),
        Column("Cash", Kind.MONEY, lambda m: m.view and m.view.standing.cash),
        Column("Open trades", Kind.COUNT, lambda m: m.view and m.view.profit.open_trades),
    )


def _held_columns() -> tuple[Column[HeldLine], ...]:
    def of_line(column: Column[PositionLine]) -> Column[HeldLine]:
        return Column(
            column.label, column.kind, lambda each: column.value(each.line), column.help,
            column.pinned, column.optional, column.phone, column.wide,
        )  # fmt: skip

    symbol, *others = positions_columns()
    account: Column[HeldLine] = Column("Account", Kind.TEXT, lambda each: each.account, phone=True)
    return (of_line(symbol), account, *map(of_line, others))


def _draw_trades(screen: TogetherScreen) -> None:
    names = {each.account_id: each.name for each in screen.members if each.account_id is not None}
    environments = dict.fromkeys(each.environment for each in screen.members)
    chosen = next(iter(environments))
    if len(environments) > 1:
        chosen = st.segmented_control(
            "Kind of money", list(environments), default=chosen, required=True, key="money",
            bind="query-params", format_func=str.upper, label_visibility="collapsed",
        ) or chosen  # fmt: skip
    ids = tuple(
        each.account_id
        for each in screen.members
        if each.account_id is not None and each.environment == chosen
    )
    scope = ListScope(
        accounts=ids,
        reader=reader_of(screen.service.database),
        zone=screen.zone,
        dark=screen.dark,
        now=screen.now,
        chosen=lambda trade_id, account_id: show_trade_of(names[account_id or ""], trade_id),
        names=names,
    )
    draw_trade_list(scope, lambda: None)


def request_all(screen: TogetherScreen) -> None:
    """Ask for a sync of every account; for `on_click`."""
    for member in screen.members:
        try:
            screen.service.request_sync(member.name, trigger=Trigger.MANUAL)
        except SyncError as error:
            flash(str(error), icon=":material/error:", long=True)


@st.fragment(run_every=1.0, key="together-line")
def _watch(screen: TogetherScreen) -> None:
    """How fresh each account is; reruns the page when the record changed."""
    for member in screen.members:
        line = freshness(
            screen.service.state(member.name), screen.zone, time.time_ns(), waiting=False
        )
        text = line.short if line.short and is_narrow() else line.text
        words = f"{member.name}: {text}"
        if line.tone in {Tone.WARNING, Tone.PROBLEM}:
            st.warning(f"**{f.plain(words)}.** {f.plain(line.reason)}", icon=TONE_ICONS[line.tone])
        else:
            colour = "blue" if line.tone is Tone.BUSY else "gray"
            icon = TONE_ICONS[line.tone]
            st.markdown(f":{colour}[{icon} {f.plain(words)}]", width="content")
    if failure := FAILURES.untold(this_tab()):
        flash(failure, icon=":material/error:", long=True)
        st.rerun()
    if screen.service.database.stamp() != st.session_state.get(_STAMP):
        st.rerun()


def _refresh(screen: TogetherScreen) -> None:
    """Tick every interval: ask for a sync of what is old by then. Never waits."""
    # A component is served only when its first import happens in a page run.
    from streamlit_autorefresh import st_autorefresh

    interval = screen.service.sync_interval
    tick = st_autorefresh(interval=int(interval * 1000), debounce=False, key="together-refresh")
    if st.session_state.get(_TICK) != tick:
        st.session_state[_TICK] = tick
        for member in screen.members:
            screen.service.request_sync(
                member.name, trigger=Trigger.AUTOREFRESH, max_age=FRESH_SHARE * interval
            )
