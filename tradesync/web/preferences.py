"""How a viewer wants figures shown: which colours gains have, and whether amounts are hidden.

Kept with the record, so that they survive a reload and hold for every tab of this installation;
a run reads them once and whatever draws asks `current()`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from enum import StrEnum

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from tradesync.sync.service import SyncService

PALETTE_KEY = "palette"
PRIVACY_KEY = "privacy"
_HIDDEN = "hidden"
_KEPT = "_preferences"


class Palette(StrEnum):
    """Which two colours gains and losses have."""

    GREEN_RED = "green-red"
    BLUE_ORANGE = "blue-orange"


@dataclass(frozen=True, slots=True)
class Preferences:
    """What a viewer chose; `private`: amounts and quantities are dots, percentages stay."""

    palette: Palette = Palette.GREEN_RED
    private: bool = False


DEFAULT = Preferences()
_revealed: ContextVar[bool] = ContextVar("revealed", default=False)


def preferences_from(stored: Mapping[str, str]) -> Preferences:
    """The preferences among stored ones; a word nobody knows is the default."""
    word = stored.get(PALETTE_KEY, "")
    return Preferences(
        palette=Palette(word) if word in set(Palette) else DEFAULT.palette,
        private=stored.get(PRIVACY_KEY) == _HIDDEN,
    )


def choose(service: SyncService, wanted: Preferences) -> None:
    """Keep a choice for every tab, from now on; for `on_click` and `on_change` callbacks."""
    service.set_preference(PALETTE_KEY, wanted.palette.value)
    service.set_preference(PRIVACY_KEY, _HIDDEN if wanted.private else None)
    keep(wanted)


def keep(preferences: Preferences) -> None:
    """Let this run, and the parts of it that run again alone, draw by these."""
    st.session_state[_KEPT] = preferences


def current() -> Preferences:
    """The preferences of the run that is drawing; the defaults outside of one."""
    context = get_script_run_ctx(suppress_warning=True)
    if context is None or _KEPT not in context.session_state:
        return DEFAULT
    kept = context.session_state[_KEPT]
    return kept if isinstance(kept, Preferences) else DEFAULT


def amounts_hidden() -> bool:
    """Whether amounts and quantities are to be dots here and now."""
    return current().private and not _revealed.get()


@contextmanager
def revealed() -> Iterator[None]:
    """Show amounts within: who confirms an order must see what is confirmed."""
    token = _revealed.set(True)
    try:
        yield
    finally:
        _revealed.reset(token)
