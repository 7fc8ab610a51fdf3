"""What the options of `order` ask for."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tradesync.cli.acting import ticket_of
from tradesync.cli.main import _parser
from tradesync.sync.outcomes import OrderTicket


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("", {"order_type": "market"}),
        ("--limit 187.25", {"order_type": "limit", "limit_price": "187.25"}),
        ("--stop 210", {"order_type": "stop", "stop_price": "210"}),
        ("--stop 210 --limit 211",
         {"order_type": "stop_limit", "stop_price": "210", "limit_price": "211"}),
        ("--trail 2.5", {"order_type": "trailing_stop", "trail_price": "2.5"}),
        ("--trail 1.5%", {"order_type": "trailing_stop", "trail_percent": "1.5"}),
        ("--take-profit 220", {"order_class": "oto", "take_profit": "220"}),
        ("--take-profit 220 --stop-loss 180",
         {"order_class": "bracket", "take_profit": "220", "stop_loss": "180"}),
    ],
)  # fmt: skip
def test_options_make_the_ticket_they_say(typed: str, expected: dict[str, str]) -> None:
    options = _parser().parse_args(["order", "aapl", "buy", "10", *typed.split()])
    plain = OrderTicket("AAPL", "buy", "market", qty="10")
    assert ticket_of(options) == replace(plain, **expected)  # type: ignore[arg-type]
