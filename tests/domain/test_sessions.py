"""Which trading session a price belongs to."""

from __future__ import annotations

import pytest

from tradesync.domain.sessions import price_session
from tradesync.domain.times import parse_instant


@pytest.mark.parametrize(
    ("new_york", "session"),
    [
        ("2026-03-02T03:59:59.999999", "closed"), ("2026-03-02T04:00:00", "pre"),
        ("2026-03-02T09:29:59.999999", "pre"), ("2026-03-02T09:30:00", "after"),
        ("2026-03-02T21:59:59.999999", "after"), ("2026-03-02T22:00:00", "closed"),
        ("2026-03-06T10:00:00", "after"), ("2026-03-07T10:00:00", "closed"),
        ("2026-03-08T10:00:00", "closed"),
    ],
)  # fmt: skip
def test_while_the_market_is_closed_the_clock_in_new_york_decides(
    new_york: str, session: str
) -> None:
    zone = "-05:00" if new_york < "2026-03-08T02" else "-04:00"
    at = parse_instant(f"{new_york}{zone}")
    assert price_session(at, "us_equity", market_open=False) == session
    assert price_session(at, "us_option", market_open=True) == "regular"
    assert price_session(at, "crypto", market_open=False) == "continuous"
