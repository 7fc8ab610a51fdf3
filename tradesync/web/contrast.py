"""Contrast AA where no colour of Streamlit's theme gives it.

A theme has one primary colour: text in white stands on it and text in it stands on the page. On
a dark page none gives both 4.5 to 1. Shortcuts on primary buttons are drawn at 60 %.
"""

from __future__ import annotations

import streamlit as st

_ALWAYS = "button[data-testid=stBaseButton-primary] kbd { opacity: 1 }"
_DARK = """
button[data-testid=stBaseButton-primary]:not(:disabled) {
  background-color: #2563EB; border-color: #2563EB
}
button[data-variant][data-selected=true] { color: #93C5FD !important }
"""


def draw_contrast(*, dark: bool) -> None:
    """Correct the colours of a page; takes no room on it."""
    st.html(f"<style>{_ALWAYS}{_DARK if dark else ''}</style>")
