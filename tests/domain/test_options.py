"""Contracts' symbols, and which delivered shares belong to which exercise (scenario P30)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from tests.domain.make import activity
from tradesync.domain.facts import Activity
from tradesync.domain.options import OptionLink, class_of_symbol, option_links, parse_contract

CALL = "AAPL260320C00150000"


def contract(
    name: str, *, kind: str = "OPEXC", symbol: str | None = CALL, group_id: str | None = None
) -> Activity:
    return activity(name, kind, symbol=symbol, qty="-2", day="2026-03-20", group_id=group_id)


def shares(name: str, **fields: object) -> Activity:
    given = {"symbol": "AAPL", "qty": 200, "price": 150, "day": "2026-03-20", **fields}
    return activity(name, "OPTRD", **given)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "symbol", ["AAPL", "AAPL260320X00150000", "AAPL261320C00150000", "AAPL260320C0015000"]
)
def test_what_is_no_contract_is_none(symbol: str) -> None:
    assert parse_contract(symbol) is None


def test_a_contract_says_underlying_expiry_right_and_strike() -> None:
    said = parse_contract("SPY1261218P00012500")
    assert said is not None
    assert (said.underlying, said.expires, said.is_call, said.strike) == (
        "SPY1", date(2026, 12, 18), False, Decimal("12.5"),
    )  # fmt: skip


def test_the_right_tells_a_call_from_a_put() -> None:
    said = parse_contract(CALL)
    assert said is not None
    assert said.is_call


@pytest.mark.parametrize("kind", ["OPEXC", "OPXRC", "OPASN"])
def test_shares_follow_their_contract_by_day_quantity_and_strike(kind: str) -> None:
    links = option_links([shares("s"), contract("c", kind=kind)])
    assert links == (OptionLink("c", "s"),)


def test_the_money_paid_tells_the_strike_where_the_row_has_no_price() -> None:
    assert option_links([contract("c"), shares("s", price=None, net=-30000)])
    assert not option_links([contract("c"), shares("s", price=None, net=-29999)])
    assert not option_links([contract("c"), shares("s", price=None, net=None)])


@pytest.mark.parametrize(
    "other",
    [{"symbol": "MSFT"}, {"day": "2026-03-21"}, {"qty": 100}, {"price": 151}, {"qty": None}],
)
def test_shares_that_differ_in_one_thing_are_not_theirs(other: dict[str, object]) -> None:
    assert option_links([contract("c"), shares("s", **other)]) == ()


def test_a_group_binds_before_strike_and_quantity_do() -> None:
    links = option_links(
        [contract("c", group_id="g"), shares("a"), shares("b", group_id="g", qty=7)]
    )
    assert links == (OptionLink("c", "b"),)


def test_rows_without_a_group_share_none() -> None:
    assert option_links([contract("c"), shares("s", symbol="MSFT")]) == ()


def test_every_delivery_belongs_to_one_contract_only() -> None:
    links = option_links([contract("c1"), contract("c2"), shares("s1"), shares("s2")])
    assert links == (OptionLink("c1", "s1"), OptionLink("c2", "s2"))


def test_a_contract_without_shares_stops_no_other() -> None:
    rows = [contract("a", symbol=None), activity("b", "FEE"), contract("c"), shares("s")]
    assert option_links(rows) == (OptionLink("c", "s"),)


@pytest.mark.parametrize(
    ("symbol", "asset_class"),
    [("BTC/USD", "crypto"), ("AAPL260320C00150000", "us_option"), ("AAPL", "us_equity"), ("", "")],
)
def test_a_symbol_speaks_of_its_class(symbol: str, asset_class: str) -> None:
    assert class_of_symbol(symbol) == asset_class
