"""Settings, *Accounts*: which are synced, how each stands, and whether its keys work."""

from __future__ import annotations

import streamlit as st

from tradesync.config import AccountConfig, Environment
from tradesync.store.errors import StoreError
from tradesync.sync.connection import ConnectionTest
from tradesync.sync.outcomes import SyncError
from tradesync.sync.roster import AccountStanding
from tradesync.views.settings import AccountCard, read_known_accounts
from tradesync.web import formatting as f
from tradesync.web.header import BADGES
from tradesync.web.later import LATER, Answer, watch_later
from tradesync.web.screen import Screen
from tradesync.web.session import flash, open_dialog


def draw_accounts(screen: Screen) -> None:
    """One card for each configured account."""
    known = screen.reader.read(("known_accounts",), read_known_accounts).model
    st.markdown("**Accounts**")
    for one in screen.service.all_accounts():
        _draw_account(screen, one, known.bound.get(one.name))
    for card in known.archived:
        since = f.moment(card.since, screen.zone, screen.now)
        st.markdown(
            f":gray[:material/inventory_2: Archived: number {f.plain(card.account_number)} "
            f"({card.environment}), kept since {since}; no name means it now.]"
        )
    st.caption(
        "Accounts and keys are configured in .env or accounts.toml; keys are never shown here. "
        "A switched-off account keeps its record."
    )


def _draw_account(screen: Screen, one: AccountStanding, card: AccountCard | None) -> None:
    with st.container(border=True, key=f"account-{one.name}", gap="small"):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(f"**{f.plain(one.name)}**", width="content")
            label, icon, colour = BADGES[one.environment]
            st.badge(label, icon=icon, color=colour)  # type: ignore[arg-type]
            st.markdown(f":gray[{f.plain(account_line(screen, one, card))}]", width="content")
            st.space("stretch")
            _draw_switch(screen, one)
            _draw_test_button(screen, one.name)
        if one.state.question:
            _draw_question(one)
        _draw_test(screen, one.name)


def account_line(screen: Screen, one: AccountStanding, card: AccountCard | None) -> str:
    """Number, address and last sync of an account in a line."""
    config = screen.service.settings.account(one.name)
    number = f"number {card.account_number}" if card is not None else "not read yet"
    last = one.state.last_success_at
    synced = "never synced" if last is None else f"synced {f.moment(last, screen.zone, screen.now)}"
    return " · ".join([number, address_words(config), synced])


def address_words(config: AccountConfig) -> str:
    """Where an account's broker is."""
    if config.environment is Environment.SIMULATED:
        return "paper broker on this machine"
    return (config.base_url or "").removeprefix("https://")


def _draw_switch(screen: Screen, one: AccountStanding) -> None:
    key = f"active-{one.name}"
    st.session_state[key] = one.active
    st.toggle(
        "Sync this account", key=key, disabled=not one.enabled,
        help=None if one.enabled else "Switched off in the configuration.",
        on_change=_switch, args=(screen, one.name, not one.active),
    )  # fmt: skip


def _switch(screen: Screen, name: str, active: bool) -> None:
    try:
        screen.service.set_active(name, active)
    except (SyncError, StoreError) as error:
        flash(str(error), icon=":material/error:", long=True)
    else:
        flash(f"{name} is {'synced again' if active else 'switched off; its record is kept'}.")


def _test_key(name: str) -> tuple[str, str]:
    return ("connection", name)


def _draw_test_button(screen: Screen, name: str) -> None:
    running = LATER.known(_test_key(name)).running is not None
    st.button(
        "Test connection", key=f"test-{name}", icon=":material/cable:", disabled=running,
        on_click=_begin_test, args=(screen, name),
    )  # fmt: skip


def _begin_test(screen: Screen, name: str) -> None:
    LATER.ask(_test_key(name), screen.now, lambda: screen.service.test_connection(name))


def _draw_test(screen: Screen, name: str) -> None:
    known = LATER.known(_test_key(name))
    with st.container(key=f"testing-{name}"):
        if known.running is not None:
            watch_later(_test_key(name), f"Asking the broker of {f.plain(name)}")
        elif known.ready is not None:
            _draw_result(screen, name, known.ready)


def _draw_result(screen: Screen, name: str, answer: Answer) -> None:
    at = f.moment(answer.asked_at, screen.zone, screen.now, seconds=True)
    if answer.error is not None:
        st.error(f.plain(answer.error), icon=":material/error:")
        return
    result: ConnectionTest = answer.value
    text = f"{f.plain(result.sentence)} :gray[({at})]"
    if result.ok:
        st.success(text, icon=":material/check_circle:")
    else:
        st.error(text, icon=":material/error:")
    if result.details:
        with st.expander("What was tried", key=f"tried-{name}"):
            for line in result.details:
                st.markdown(f"- {f.plain(line)}")


def _draw_question(one: AccountStanding) -> None:
    """The reset question: another account answers under this name."""
    st.warning(
        f"**Syncing has stopped.** {f.plain(one.state.question or '')}",
        icon=":material/help:",
    )
    st.button(
        "It was reset, or I changed the keys: start a new record…",
        key=f"rebind-{one.name}", icon=":material/inventory_2:",
        on_click=open_dialog, args=("rebind",), kwargs={"account": one.name},
    )  # fmt: skip
