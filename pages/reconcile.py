"""Reconcile: what differs from the broker and why, and the proof that nothing else does."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum

import streamlit as st

from tradesync.web.drawing import draw_not_ready
from tradesync.web.reconcile_differences import draw_differences
from tradesync.web.reconcile_proof import draw_proof
from tradesync.web.reconcile_records import draw_records, draw_verification
from tradesync.web.screen import Screen, current_screen


class Part(StrEnum):
    """The parts of this page; one is drawn, the others cost nothing."""

    DIFFERENCES = "Differences"
    PROOF = "Proof"
    RECORDS = "Records"
    VERIFY = "Verify"


_DRAW: dict[Part, Callable[[Screen], None]] = {
    Part.DIFFERENCES: draw_differences,
    Part.PROOF: draw_proof,
    Part.RECORDS: draw_records,
    Part.VERIFY: draw_verification,
}


def draw(screen: Screen) -> None:
    """Draw the page."""
    if draw_not_ready(screen):
        return
    chosen = st.segmented_control(
        "Show",
        list(Part),
        default=Part.DIFFERENCES,
        required=True,
        key="show",
        bind="query-params",
        label_visibility="collapsed",
    )
    _DRAW[Part(chosen)](screen)


draw(current_screen())
