"""Rows of the broker as facts: exact numbers, nanoseconds, unknown words, bad rows set aside."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.broker.samples import (
    account_row,
    fill_row,
    order_row,
    position_row,
    recorded,
)
from tradesync.broker import parsing
from tradesync.broker.memory import OrderMemory
from tradesync.broker.replies import read_json
from tradesync.domain.facts import Order
from tradesync.domain.times import format_instant, parse_instant

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | st.decimals() | st.floats(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)
EXACT = st.decimals(
    min_value=-(10**25), max_value=10**25, allow_nan=False, allow_infinity=False, places=12
)


def only_order(row: dict[str, object]) -> Order:
    parsed = parsing.parse_orders([row], 7)
    assert parsed.unreadable == ()
    return parsed.items[0]


def test_order_keeps_nanoseconds_and_exact_prices() -> None:
    order = only_order(order_row())
    assert order.filled_at == parse_instant("2026-10-08T15:10:18.503140928Z")
    assert order.filled_avg_price == Decimal("105.8988475")
    assert order.qty == Decimal(10)
    assert order.read_at == 7
    assert order.instrument == "b0b6dd9d-8b9b-48a9-ba46-b9d54906e415"


def test_r11_a_status_never_seen_is_kept_verbatim() -> None:
    row = order_row(status="foo", asset_class="ipo", type="pegged", time_in_force="gtx")
    order = only_order(row)
    assert (order.status, order.asset_class) == ("foo", "ipo")
    assert (order.order_type, order.time_in_force) == ("pegged", "gtx")


def test_a_notional_order_has_no_quantity() -> None:
    order = only_order(order_row(qty=None, notional="5", filled_qty="0.057436865"))
    assert (order.qty, order.notional) == (None, Decimal(5))
    assert order.filled_qty == Decimal("0.057436865")


def test_an_order_without_the_other_times_stands_at_its_creation() -> None:
    order = only_order(order_row(submitted_at=None, updated_at=None, extended_hours=None))
    assert order.submitted_at == order.updated_at == order.created_at


def test_a_zero_time_of_go_is_no_time() -> None:
    assert only_order(order_row(canceled_at="0001-01-01T00:00:00Z")).canceled_at is None


def test_p34_both_spellings_of_a_coin_are_one_instrument() -> None:
    order = only_order(order_row(symbol="BTC/USD", asset_class="crypto", asset_id="a"))
    position = parsing.parse_position(
        position_row("BTCUSD", asset_class="crypto", asset_id="another")
    )
    assert order.instrument == position.instrument == "BTC/USD"
    assert order.symbol == position.symbol == "BTC/USD"


def test_f25_a_multi_leg_parent_has_no_instrument_and_its_legs_hang_under_it() -> None:
    parent = recorded("spec_order_mleg_filled.json")
    parsed = parsing.parse_orders([parent], 1)
    head, *legs = parsed.items
    assert head.instrument == ""
    assert {leg.parent_id for leg in legs} == {head.order_id}
    assert {leg.group_role for leg in legs} == {"leg"}
    assert {i.key for i in parsed.instruments} == {leg.instrument for leg in legs}


def test_the_zero_asset_id_of_a_parent_is_no_asset() -> None:
    order = only_order(
        order_row(symbol="", asset_class="", asset_id="00000000-0000-0000-0000-000000000000")
    )
    assert order.instrument == ""


def test_r31_the_legs_of_a_nested_bracket_are_named_and_linked() -> None:
    legs = [
        order_row("tp", type="limit", side="sell", status="new"),
        order_row("sl", type="stop", side="sell", status="held"),
    ]
    parsed = parsing.parse_orders([order_row("head", order_class="bracket", legs=legs)], 1)
    roles = {order.order_id: (order.parent_id, order.group_role) for order in parsed.items}
    assert roles == {
        "head": (None, "entry"),
        "tp": ("head", "take_profit"),
        "sl": ("head", "stop_loss"),
    }


def test_group_id_and_role_are_kept_where_the_broker_states_them() -> None:
    leg = order_row("sl", group_id="g", group_role="stop_loss")
    parsed = parsing.parse_orders(
        [order_row("head", group_id="g", group_role="entry", legs=[leg])], 1
    )
    assert [(o.group_id, o.group_role) for o in parsed.items] == [
        ("g", "entry"),
        ("g", "stop_loss"),
    ]
    flat = only_order(leg)
    assert (flat.group_id, flat.group_role, flat.parent_id) == ("g", "stop_loss", None)


def test_raw_text_is_the_same_nested_or_flat_and_whatever_the_key_order() -> None:
    row = order_row("head", legs=[order_row("leg")])
    backwards = dict(reversed(order_row("head", legs=None).items()))
    nested = parsing.parse_orders([row], 1).items[0]
    assert nested.raw == only_order(backwards).raw
    assert json.loads(nested.raw)["filled_avg_price"] == "105.8988475"


def test_a_remembered_order_is_the_same_but_for_the_read() -> None:
    memory = OrderMemory()
    first = parsing.parse_orders([order_row()], 1, memory).items[0]
    again = parsing.parse_orders([order_row()], 2, memory).items[0]
    moved = parsing.parse_orders([order_row(stop_price="9")], 3, memory).items[0]
    assert again == parsing.parse_orders([order_row()], 2).items[0]
    assert (first.read_at, again.read_at) == (1, 2)
    assert moved.stop_price == Decimal(9)


def test_one_bad_row_is_set_aside_and_the_others_are_read() -> None:
    rows = [order_row("a"), order_row("b", qty="ten"), None, order_row("c")]
    parsed = parsing.parse_orders(rows, 1)
    assert [order.order_id for order in parsed.items] == ["a", "c"]
    assert parsed.unreadable[0].identity == "b"
    assert "qty" in parsed.unreadable[0].reason
    assert json.loads(parsed.unreadable[0].raw)["qty"] == "ten"


@pytest.mark.parametrize(
    "changes",
    [
        {"qty": 1.5},
        {"qty": "NaN"},
        {"qty": "1e40"},
        {"id": None},
        {"status": ""},
        {"created_at": None, "submitted_at": None},
        {"filled_at": "9999-12-31T00:00:00Z"},
        {"filled_at": "yesterday"},
        {"symbol": "\ud800"},
        {"extended_hours": "no"},
    ],
)
def test_an_order_that_cannot_be_stored_exactly_is_set_aside(changes: dict[str, object]) -> None:
    parsed = parsing.parse_orders([{**order_row(), **changes}], 1)
    assert parsed.items == ()
    assert len(parsed.unreadable) == 1


def test_json_numbers_are_read_without_floats() -> None:
    row = read_json(b'{"value": 0.1, "huge": 1%s, "not": NaN}' % (b"0" * 5000))
    assert isinstance(row, dict)
    assert row["value"] == Decimal("0.1")
    assert isinstance(row["value"], Decimal)
    assert row["not"] == "NaN"


@given(number=EXACT)
def test_a_number_of_twelve_places_comes_back_exactly(number: Decimal) -> None:
    order = only_order(order_row(limit_price=f"{number:f}"))
    assert order.limit_price == number


def test_sixteen_places_are_rounded_to_what_is_stored() -> None:
    rows = [recorded("apca_activity_DIV_16_decimals_recorded.json")]
    _, (dividend,), _ = parsing.parse_activities(rows)
    assert dividend.qty == Decimal("201.961703575007")
    assert "201.9617035750071243" in dividend.raw


@given(nanos=st.integers(min_value=0, max_value=4 * 10**18))
def test_a_time_comes_back_to_the_nanosecond(nanos: int) -> None:
    assert only_order(order_row(updated_at=format_instant(nanos))).updated_at == nanos


@given(rows=st.lists(JSON, max_size=4))
def test_no_list_makes_parsing_fail_and_no_row_is_lost(rows: list[object]) -> None:
    orders = parsing.parse_orders(rows, 1)
    executions, activities, aside = parsing.parse_activities(rows)
    positions = parsing.parse_positions(rows)
    assert len(orders.items) + len(orders.unreadable) >= len(rows)
    assert len(executions) + len(activities) + len(aside) == len(rows)
    assert len(positions.items) + len(positions.unreadable) == len(rows)


@given(name=st.sampled_from(sorted(order_row())), value=JSON)
def test_any_value_in_any_field_of_an_order_is_read_or_set_aside(name: str, value: object) -> None:
    parsed = parsing.parse_orders([{**order_row(), name: value}], 1)
    heads = [o for o in parsed.items if o.parent_id is None]
    assert heads or parsed.unreadable


@given(name=st.sampled_from(sorted(fill_row())), value=JSON)
def test_any_value_in_any_field_of_a_fill_is_read_or_set_aside(name: str, value: object) -> None:
    executions, activities, aside = parsing.parse_activities([{**fill_row(), name: value}])
    assert len(executions) + len(activities) + len(aside) == 1


@given(name=st.sampled_from(sorted(position_row())), value=JSON)
def test_any_value_in_any_field_of_a_position_is_read_or_set_aside(
    name: str, value: object
) -> None:
    parsed = parsing.parse_positions([{**position_row(), name: value}])
    assert len(parsed.items) + len(parsed.unreadable) == 1


def test_a_fill_is_an_execution() -> None:
    (execution,), activities, aside = parsing.parse_activities([fill_row()])
    assert (activities, aside) == ((), ())
    assert execution.qty == execution.cum_qty == Decimal(10)
    assert execution.at == parse_instant("2026-10-08T15:10:18.503141Z")
    assert (execution.order_id, execution.side) == ("o1", "buy")


@pytest.mark.parametrize("qty", ["0", "-3", None])
def test_a_fill_of_nothing_is_set_aside(qty: str | None) -> None:
    executions, _, aside = parsing.parse_activities([fill_row(qty=qty)])
    assert executions == ()
    assert aside[0].kind == "execution"


def test_f08_fills_of_one_millisecond_are_all_read() -> None:
    rows = recorded("issue170_same_millisecond_partial_fills.json")
    assert isinstance(rows, list)
    executions, _, aside = parsing.parse_activities(rows)
    assert (len(executions), aside) == (len(rows), ())


def test_a_crypto_fee_names_the_coin_as_orders_do() -> None:
    _, (fee,), _ = parsing.parse_activities([recorded("docs_activity_CFEE_crypto_fee.json")])
    assert fee.symbol == "ETH/USD"
    assert fee.qty == Decimal("-0.000195")
    assert fee.day == date(2022, 8, 12)


def test_an_activity_without_a_date_stands_at_the_day_in_its_id() -> None:
    row = {"id": "20261008000000000::x", "activity_type": "NEWTYPE", "net_amount": "1"}
    _, (activity,), _ = parsing.parse_activities([row])
    assert (activity.activity_type, activity.day) == ("NEWTYPE", date(2026, 10, 8))


def test_p07_a_short_position_is_negative() -> None:
    position = parsing.parse_position(recorded_position("apca_position_short_recorded.json"))
    assert position.qty == position.qty_available == Decimal(-24)
    assert position.cost_basis == Decimal("-1984.56")
    assert position.avg_entry_price == Decimal("82.69")


def test_p07_a_short_position_without_a_sign_is_negative_by_its_side() -> None:
    position = parsing.parse_position(
        position_row("AAPL240126P00050000", asset_class="us_option", qty="1", side="short")
    )
    assert position.qty == Decimal(-1)
    assert position.market_value == Decimal(-1060)


def recorded_position(name: str) -> dict[str, object]:
    row = recorded(name)
    assert isinstance(row, dict)
    return row


def test_a_position_without_a_price_is_read() -> None:
    position = parsing.parse_position(position_row(current_price=None, market_value=None))
    assert position.current_price is None


def test_the_account_is_read_exactly() -> None:
    state = parsing.parse_account(account_row())
    assert state.last_equity == Decimal("100003.742588065170")
    assert state.balance_asof == date(2026, 10, 7)
    assert parsing.parse_account(account_row(last_equity=None)).last_equity is None


@pytest.mark.parametrize("missing", ["cash", "equity"])
def test_of_cash_and_equity_one_tells_the_other(missing: str) -> None:
    sides = {"long_market_value": "1560", "short_market_value": "-500"}
    state = parsing.parse_account(account_row(**{missing: None}, **sides))
    assert (state.cash, state.equity) == (Decimal("98941.01"), Decimal("100001.01"))


def test_equity_goes_by_its_old_name_too() -> None:
    state = parsing.parse_account(account_row(equity="", portfolio_value="7"))
    assert state.equity == Decimal("7")


@pytest.mark.parametrize(("stated", "read"), [("true", True), ("False", False), ("", False)])
def test_a_flag_as_a_text(stated: str, read: bool) -> None:
    assert parsing.parse_account(account_row(trading_blocked=stated)).trading_blocked is read


@pytest.mark.parametrize("kind", ["order", "activity", "account"])
def test_recorded_replies_are_read_whole(kind: str) -> None:
    samples = recorded(f"recorded/{kind}.json")
    assert isinstance(samples, list)
    rows: list[object] = []
    for sample in samples:
        payload = sample["payload"]
        rows += payload if isinstance(payload, list) else [payload]
    assert rows
    if kind == "order":
        assert parsing.parse_orders(rows, 1).unreadable == ()
    elif kind == "activity":
        assert parsing.parse_activities(rows)[2] == ()
    else:
        for row in rows:
            assert isinstance(row, dict)
            parsing.parse_account(row)
