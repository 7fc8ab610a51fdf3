"""What a tab remembers between runs."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from tradesync.web import session


def _script() -> None:
    import streamlit as st

    from tradesync.web.session import flash, show_flash

    if st.button("Say"):
        flash("Order sent.")
    show_flash()


def test_a_toast_is_shown_again_by_a_run_that_follows_at_once_and_no_later(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(session, "SHOWN_AGAIN", float("inf"))
    app = AppTest.from_function(_script).run()
    assert not app.toast
    app.button[0].click().run()
    assert [toast.value for toast in app.run().toast] == ["Order sent."]

    monkeypatch.setattr(session, "SHOWN_AGAIN", -1.0)
    assert not app.run().toast
    assert not app.run().toast
