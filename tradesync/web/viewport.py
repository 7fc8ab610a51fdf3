"""What only the browser knows: whether its window is narrow, and keys that go to another page.

A component without a look of its own. Until it has spoken, a browser that calls itself mobile is
taken for narrow.
"""

from __future__ import annotations

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from tradesync.web.contrast import UNKNOWN_JS
from tradesync.web.going import follow, intend
from tradesync.web.places import PAGES

NARROW = 640
"""Pixels of width up to which a window is narrow: where Streamlit stacks columns."""
_KEY = "viewport"
_NARROW, _FOLLOWED = "_narrow", "_followed_press"
_NO_ROOM = "<style>div:has(> .st-key-viewport_place) { position: absolute; width: 1px }</style>"
_JS = """
export default function ({ data, parentElement, setStateValue }) {
  parentElement.forget?.()
  const narrow = window.matchMedia(`(max-width: ${data.width}px)`)
  const tell = () => setStateValue("narrow", narrow.matches)
  const press = (event) => {
    const digit = /^Digit([1-9])$/.exec(event.code)
    const alone = event.altKey && event.shiftKey && !event.ctrlKey && !event.metaKey
    const page = digit && alone ? Number(digit[1]) : 0
    const busy = event.target.closest?.("input, textarea, [contenteditable=true]")
      || document.querySelector("[role=dialog]")
    if (page < 1 || page > data.pages || busy) return
    event.preventDefault()
    // A state, not a trigger: it is in the next run too if the run it begins is cut short.
    setStateValue("press", { page, at: Date.now() })
  }
  narrow.addEventListener("change", tell)
  document.addEventListener("keydown", press)
  parentElement.forget = () => {
    narrow.removeEventListener("change", tell)
    document.removeEventListener("keydown", press)
  }
  if (narrow.matches !== data.narrow) tell()
  return parentElement.forget
}
"""
_component = st.components.v2.component("tradesync_viewport", js=UNKNOWN_JS + _JS)


def watch_viewport() -> None:
    """Note what is known of the window, and listen in the browser; before anything is drawn.

    A window that becomes narrow or wide draws the page again. The first place on a page is the
    same on all pages: elsewhere the browser would stop listening from one page to the next.
    """
    narrow = getattr(st.session_state.get(_KEY), "narrow", None)
    if narrow is None:  # not yet, or the last run was cut short
        phone = "Mobi" in (st.context.headers.get("User-Agent") or "")
        narrow = st.session_state.get(_NARROW, phone)
    st.session_state[_NARROW] = bool(narrow)
    st.html(_NO_ROOM)
    with st.container(height=1, border=False, key="viewport_place"):
        told = _component(
            key=_KEY,
            data={"width": NARROW, "pages": len(PAGES), "narrow": is_narrow()},
            height=1,
            on_narrow_change=lambda: None,
            on_press_change=lambda: None,
        )
    _follow_key(getattr(told, "press", None))


def is_narrow() -> bool:
    """Whether the run that is drawing has a narrow window (a phone's); False outside of one."""
    context = get_script_run_ctx(suppress_warning=True)
    if context is None or _NARROW not in context.session_state:
        return False
    return bool(context.session_state[_NARROW])


def shortcut(keys: str) -> str | None:
    """A shortcut for a button; none where it would be drawn on a phone."""
    return None if is_narrow() else keys


def _follow_key(press: object) -> None:
    """Go where a key asked to go, once; not in a callback, whose run may be cut short."""
    page, at = (press.get("page"), press.get("at")) if isinstance(press, dict) else (None, None)
    if _FOLLOWED not in st.session_state:  # of a browser that was here before a restart
        st.session_state[_FOLLOWED] = at
    if at == st.session_state[_FOLLOWED]:
        return
    if isinstance(page, (int, float)) and 1 <= page <= len(PAGES):
        going = intend(PAGES[int(page) - 1].path)
        st.session_state[_FOLLOWED] = at
        follow(going)
