"""Exact arithmetic at twelve places, and how amounts are read and written."""

from __future__ import annotations

import decimal
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tradesync.domain.money import (
    at_scale,
    divided,
    plain,
    share,
    times,
    times_up,
    to_decimal,
)

amounts = st.decimals(-(10**20), 10**20, places=12)
PLACE = Decimal("1E-12")


@pytest.mark.parametrize(
    ("value", "number"),
    [
        ("1.50", "1.50"), ("-0.000000001", "-1E-9"), (7, "7"), (Decimal("0.1"), "0.1"),
        ("1e3", "1E+3"),
    ],
)  # fmt: skip
def test_strings_and_integers_are_read_exactly(value: object, number: str) -> None:
    assert to_decimal(value).as_tuple() == Decimal(number).as_tuple()


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (1.5, "not an exact number: 1.5"), (True, "not an exact number: True"),
        (None, "not an exact number: None"), ("one", "not a number: 'one'"),
        ("", "not a number: ''"), ("NaN", "not a finite number: 'NaN'"),
        ("-Infinity", "not a finite number: '-Infinity'"),
    ],
)  # fmt: skip
def test_what_is_no_exact_number_is_refused_by_name(value: object, words: str) -> None:
    with pytest.raises(ValueError) as told:
        to_decimal(value)
    assert str(told.value) == words


@pytest.mark.parametrize(
    ("value", "rounded"),
    [
        ("1.0000000000005", "1.000000000000"), ("1.0000000000015", "1.000000000002"),
        ("-1.00000000000051", "-1.000000000001"), ("2", "2.000000000000"),
    ],
)  # fmt: skip
def test_half_a_place_is_rounded_to_even(value: str, rounded: str) -> None:
    assert str(at_scale(Decimal(value))) == rounded


def test_large_products_lose_no_place() -> None:
    large = Decimal("12345678901234567890.123456789012")
    assert str(times(large, Decimal("1.000000000001"))) == "12345678901246913569.024691356902"
    assert str(divided(large, Decimal(3))) == "4115226300411522630.041152263004"


@pytest.mark.parametrize(
    ("left", "step", "product"),
    [("1.21", "0.01", "2.42"), ("1.2001", "0.01", "2.41"), ("-1.2001", "0.01", "-2.41")],
)
def test_a_product_is_rounded_up_to_a_step(left: str, step: str, product: str) -> None:
    assert str(times_up(Decimal(left), Decimal(2), Decimal(step))) == product


def test_rounding_up_loses_no_place_of_a_large_product() -> None:
    large = Decimal("12345678901234567890.123456789012")
    assert str(times_up(large, Decimal(3), PLACE)) == "37037036703703703670.370370367036"


def test_nothing_is_divided_by_zero() -> None:
    with pytest.raises(decimal.DivisionByZero):
        divided(Decimal(1), Decimal(0))


def test_a_share_is_the_product_over_the_whole() -> None:
    assert share(Decimal(100), Decimal(1), Decimal(3)) == Decimal("33.333333333333")
    assert share(Decimal(100), Decimal(2), Decimal(3)) == Decimal("66.666666666667")
    assert share(Decimal(7), Decimal(0), Decimal(0)) == 7


@given(amounts, amounts.filter(bool))
def test_the_whole_share_is_all_of_it_to_the_last_digit(total: Decimal, whole: Decimal) -> None:
    assert share(total, whole, whole) is total


@given(st.decimals(0, 10**9, places=12), st.integers(0, 10**6), st.integers(1, 10**6))
def test_a_share_and_the_rest_differ_from_the_total_by_no_more_than_rounding(
    total: Decimal, part: int, more: int
) -> None:
    whole = Decimal(part + more)
    both = share(total, Decimal(part), whole) + share(total, Decimal(more), whole)
    assert abs(both - total) <= PLACE


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("1.500", "1.5"), ("100", "100"), ("1E+3", "1000"), ("0.000000000001", "0.000000000001"),
        ("10.000", "10"), ("0.000", "0"), ("-0.00", "0"), ("-0", "0"), ("-2.50", "-2.5"),
    ],
)  # fmt: skip
def test_text_has_no_exponent_and_no_idle_zeros(value: str, text: str) -> None:
    assert plain(Decimal(value)) == text


@given(amounts)
def test_text_is_exact(value: Decimal) -> None:
    assert to_decimal(plain(value)) == value
