"""What the dialogs that send something have in common: the account line, the outcome, typing."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import NoReturn
from uuid import uuid4

import streamlit as st
from streamlit.errors import StreamlitInvalidLayoutContextError

from tradesync.config import Environment
from tradesync.domain.money import to_decimal
from tradesync.store.errors import StoreError
from tradesync.sync.outcomes import CommandResult, SyncError, Trigger
from tradesync.web.formatting import plain
from tradesync.web.header import environment_words
from tradesync.web.screen import Screen
from tradesync.web.session import DialogRequest, close_dialog, flash

_ERROR = "error"
_INTENT = "intent_id"


def intent_id(request: DialogRequest) -> str:
    """The id of the command this dialog stands for: a repeated click is the same command."""
    return str(request.args.setdefault(_INTENT, str(uuid4())))


def summary(rows: dict[str, str]) -> None:
    """A short list of what is about to happen."""
    st.table({name: plain(value) for name, value in rows.items()}, border="horizontal")


def account_words(screen: Screen) -> str:
    """The account and how real its money is, for a confirmation."""
    return f"{screen.account} · {environment_words(screen.environment)}"


def draw_error(request: DialogRequest) -> None:
    """The reason the last try did not go through."""
    if message := request.args.get(_ERROR):
        st.error(plain(str(message)), icon=":material/error:")


def forget_error(request: DialogRequest) -> None:
    """What went wrong is about to be corrected."""
    request.args.pop(_ERROR, None)


def typed_for_live(screen: Screen, word: str) -> bool:
    """Whether the person may go on: on a live account only after typing `word`."""
    if screen.environment is not Environment.LIVE:
        return True
    typed = st.text_input(f"This uses real money. Type {word} to confirm.", key="typed_word")
    return typed is not None and typed.strip().upper() == word.upper()


def draw_choice(verb: str, *, ready: bool, key: str) -> bool:
    """Cancel and the button that acts, in this order; whether the latter was pressed."""
    with st.container(horizontal=True, horizontal_alignment="right"):
        if st.button("Cancel", key=f"{key}_cancel"):
            close_dialog()
            st.rerun()
        return st.button(plain(verb), type="primary", key=f"{key}_confirm", disabled=not ready)


def send(
    screen: Screen, request: DialogRequest, command: Callable[[], CommandResult], done: str
) -> None:
    """Run a command and close with a toast, or stay with the reason it did not go through."""
    forget_error(request)
    try:
        with st.spinner("Sending to the broker…"):
            result = command()
    except (SyncError, StoreError) as error:
        request.args[_ERROR] = str(error)
        redraw()
    if result.ok or result.state == "unknown":
        screen.service.request_sync(screen.account, trigger=Trigger.COMMAND)
        text = f"{done} {result.message}".strip() if result.ok else result.message
        flash(text, icon=":material/check_circle:" if result.ok else ":material/help:", long=True)
        close_dialog()
        st.rerun()
    request.args[_ERROR] = result.message or "The broker refused it without a reason."
    request.args[_INTENT] = str(uuid4())  # a refused command is over: another try is another one
    redraw()


def redraw() -> NoReturn:
    """Draw the dialog again, alone where possible, so that the page under it keeps still."""
    try:
        st.rerun(scope="fragment")
    except StreamlitInvalidLayoutContextError:  # this run is drawing the whole page
        st.rerun()


def number(text: str | None) -> Decimal | None:
    """A positive number a person typed, thousands separators allowed; None when it is none."""
    try:
        value = to_decimal((text or "").replace(",", "").strip().lstrip("$"))
    except ValueError:
        return None
    return value if value > 0 else None
