"""Figures as people read them."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tradesync.domain.times import SECOND, from_datetime
from tradesync.web import formatting as f

D = Decimal
BERLIN, NEW_YORK = ZoneInfo("Europe/Berlin"), ZoneInfo("America/New_York")
NOW = from_datetime(datetime(2026, 11, 20, 15, 0, tzinfo=UTC))  # Friday, 16:00 in Berlin


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "—"),
        (D(0), "$0.00"),
        (D("1234.5"), "$1,234.50"),
        (D("-0.004"), "$0.00"),
        (D("-1234567.895"), "−$1,234,567.90"),
    ],
)
def test_money(value: Decimal | None, text: str) -> None:
    assert f.money(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "—"),
        (D(0), "$0.00"),
        (D("0.004"), "$0.00"),
        (D(12), "▲ +$12.00"),
        (D("-3.1"), "▼ −$3.10"),
    ],
)
def test_a_change_has_sign_and_arrow(value: Decimal | None, text: str) -> None:
    assert f.change(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "—"),
        (D(200), "$200.00"),
        (D("181.123456"), "$181.1235"),
        (D("86103.96"), "$86,103.96"),
        (D("0.5"), "$0.5000"),
        (D("0.000012345"), "$0.000012345"),
        (D("-37.63"), "−$37.63"),
    ],
)
def test_price(value: Decimal | None, text: str) -> None:
    assert f.price(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, "—"), (D("1200"), "1,200"), (D("0.333333333"), "0.333333333"), (D("-40.50"), "−40.5")],
)
def test_quantity(value: Decimal | None, text: str) -> None:
    assert f.quantity(value) == text


@pytest.mark.parametrize(
    ("ratio", "text"),
    [
        (None, "—"),
        (D(0), "0.00%"),
        (D("0.01234"), "+1.23%"),
        (-0.5, "−50.00%"),
        (D("0.00001"), "0.00%"),
    ],
)
def test_percent(ratio: Decimal | float | None, text: str) -> None:
    assert f.percent(ratio) == text


@given(st.decimals(min_value=-(10**12), max_value=10**12, places=2, allow_nan=False))
def test_money_loses_no_cent(value: Decimal) -> None:
    digits = f.money(value).replace("$", "").replace(",", "").replace(f.MINUS, "-")
    assert Decimal(digits) == value


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.2, "just now"), (12, "12 s ago"), (89, "89 s ago"), (180, "3 min ago"),
     (7800, "2 h 10 min ago"), (7200, "2 h ago"), (86400 * 3, "3 days ago")],
)  # fmt: skip
def test_age(seconds: float, text: str) -> None:
    assert f.age(seconds) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(5, "5 s"), (720, "12 min"), (7800, "2 h 10 min"), (100_000, "1 d 3 h"), (-4, "0 s")],
)
def test_span(seconds: float, text: str) -> None:
    assert f.span(seconds) == text


def test_moments_are_in_the_viewers_zone_and_as_short_as_clear() -> None:
    assert f.moment(None, BERLIN, NOW) == "—"
    assert f.moment(NOW, BERLIN, NOW, seconds=True) == "16:00:00"
    assert f.moment(NOW - 86_400 * SECOND, BERLIN, NOW) == "yesterday 16:00"
    assert f.moment(NOW + 3 * 86_400 * SECOND, BERLIN, NOW) == "Mon 16:00"
    assert f.moment(NOW - 30 * 86_400 * SECOND, BERLIN, NOW) == "21 Oct, 17:00"
    assert f.moment(NOW - 400 * 86_400 * SECOND, BERLIN, NOW) == "16 Oct 2025, 17:00"


def test_market_moments_name_new_york_and_the_viewers_zone() -> None:
    closes = from_datetime(datetime(2026, 11, 20, 21, 0, tzinfo=UTC))
    assert f.market_moment(closes, BERLIN, NOW) == "16:00 New York (22:00 CET)"
    assert f.market_moment(closes, NEW_YORK, NOW) == "16:00 New York"
    tokyo = ZoneInfo("Asia/Tokyo")
    assert f.market_moment(closes, tokyo, NOW) == "16:00 New York (06:00 JST)"


def test_plain_text_is_no_markdown() -> None:
    assert f.plain("*$1* to [$2]") == r"\*\$1\* to \[\$2\]"
