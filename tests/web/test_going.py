"""A click that goes to another page is followed also when its run was cut short."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from tests.web.conftest import Seeded, open_app
from tradesync.web.going import GOING, HELD, Going
from tradesync.web.places import ACTIVITY, OVERVIEW, RECONCILE, TRADES


def clicked(origin: Path, path: Path, *, ago: float = 0.0) -> AppTest:
    """Overview after a click on `origin` whose run to `path` was cut short."""
    app = open_app().run()
    app.session_state[GOING] = Going(origin, path, {"symbol": "AAPL"}, time.monotonic() - ago)
    return app.run()


def is_on_trades(app: AppTest) -> bool:
    """Whether the list of trades is drawn."""
    assert not app.exception
    return any(field.key == "symbol" for field in app.text_input)


def test_the_old_page_goes_on_to_where_the_click_wanted_to_go_once(seeded: Seeded) -> None:
    app = clicked(OVERVIEW, TRADES)
    assert is_on_trades(app)
    assert app.query_params["symbol"] == "AAPL"
    assert GOING not in app.session_state


@pytest.mark.parametrize(
    ("origin", "path", "ago"),
    [
        pytest.param(OVERVIEW, TRADES, HELD + 1.0, id="an old click"),
        pytest.param(ACTIVITY, TRADES, 0.0, id="a click of a page the reader has left"),
        pytest.param(RECONCILE, OVERVIEW, 0.0, id="a click that has come to its end"),
    ],
)
def test_it_is_forgotten_where_it_means_nothing_any_more(
    seeded: Seeded, origin: Path, path: Path, ago: float
) -> None:
    app = clicked(origin, path, ago=ago)
    assert not is_on_trades(app)
    assert GOING not in app.session_state
