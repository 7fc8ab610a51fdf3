"""Contrast AA where no colour of Streamlit's theme gives it.

A theme has one primary colour: text in white stands on it and text in it stands on the page. On
a dark page none gives both 4.5 to 1. Shortcuts on primary buttons are drawn at 60 %, gaps between
page numbers and unknown values in tables at 40 %.
"""

from __future__ import annotations

import streamlit as st

from tradesync.web.formatting import UNKNOWN

_ALWAYS = """
button[data-testid=stBaseButton-primary] kbd { opacity: 1 }
[data-testid=stPaginationEllipsis] { color: inherit !important }
"""
_DARK = """
button[data-testid=stBaseButton-primary]:not(:disabled) {
  background-color: #2563EB; border-color: #2563EB
}
button[data-variant][data-selected=true] { color: #93C5FD !important }
"""
UNKNOWN_JS = f"""
const {{ prototype }} = CanvasRenderingContext2D
if (!prototype.fillText.readable) {{
  const drawn = prototype.fillText
  prototype.fillText = function (text, ...place) {{
    if (text === "{UNKNOWN}") this.fillStyle = this.fillStyle.replace?.(/, 0?\\.\\d+\\)$/, ", 0.7)")
    drawn.call(this, text, ...place)
  }}
  prototype.fillText.readable = true
  for (const table of document.querySelectorAll("[data-testid=stDataFrame]")) {{
    const place = table.closest("[data-testid=stElementContainer]")
    place.style.paddingRight = "1px" // what has another size is drawn anew
    setTimeout(() => place.style.removeProperty("padding-right"), 100)
  }}
}}
"""
"""For a module the browser loads: the tables are canvases, out of reach of styles."""


def draw_contrast(*, dark: bool) -> None:
    """Correct the colours of a page; takes no room on it."""
    st.html(f"<style>{_ALWAYS}{_DARK if dark else ''}</style>")
