"""What one browser tab remembers between runs: its open dialog, its toast, its sync ticket."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from typing import Any

import streamlit as st

from tradesync.web.formatting import plain

_DIALOG = "_dialog"
_FLASH = "_flash"
_TICKET = "_ticket"
SHOWN_AGAIN = 2.0
"""Seconds in which further runs show a toast again: one cut short may never have drawn it."""


@dataclass(frozen=True, slots=True)
class DialogRequest:
    """A dialog that is open; `args` are its own to keep between runs of its body."""

    kind: str
    args: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Flash:
    """A message for the next run. `shown_at`: when one showed it first (monotonic seconds)."""

    text: str
    icon: str
    long: bool
    shown_at: float | None = None


def open_dialog(kind: str, **args: Any) -> None:
    """Open a dialog at the end of the coming run; for `on_click` callbacks."""
    st.session_state[_DIALOG] = DialogRequest(kind, args)


def close_dialog() -> None:
    """Forget the open dialog; for `on_dismiss` and before `st.rerun()`."""
    st.session_state.pop(_DIALOG, None)


def open_dialog_request() -> DialogRequest | None:
    """The dialog that is open in this tab."""
    request = st.session_state.get(_DIALOG)
    return request if isinstance(request, DialogRequest) else None


def flash(text: str, *, icon: str = ":material/check_circle:", long: bool = False) -> None:
    """Show a toast on the next run."""
    st.session_state[_FLASH] = Flash(text, icon, long)


def show_flash() -> None:
    """Show the toast left by the last run; the browser shows the same one only once."""
    message, now = st.session_state.get(_FLASH), time.monotonic()
    if not isinstance(message, Flash):
        return
    if message.shown_at is None:
        st.session_state[_FLASH] = replace(message, shown_at=now)
    elif now - message.shown_at > SHOWN_AGAIN:
        st.session_state.pop(_FLASH)
        return
    st.toast(plain(message.text), icon=message.icon, duration="long" if message.long else "short")


def bound_value(name: str) -> str | None:
    """The value of a widget bound to the address, readable before the widget is drawn."""
    value = st.session_state.get(name) or st.query_params.get(name)
    return None if value is None else str(value)


def keep_ticket(account: str, ticket: int) -> None:
    """Remember the sync this tab waits for."""
    st.session_state[_TICKET] = (account, ticket)


def sync_ticket(account: str) -> int | None:
    """The ticket of the sync of `account` this tab waits for."""
    waiting = st.session_state.get(_TICKET)
    if waiting is None or waiting[0] != account:
        return None
    return int(waiting[1])


def drop_ticket() -> None:
    """Wait for no sync any more."""
    st.session_state.pop(_TICKET, None)
