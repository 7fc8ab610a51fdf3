"""Which trade an exit closes, by its client id, its group or nothing (design rules 8 and 9)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.domain.make import ACCOUNT, execution, order
from tradesync.domain.chains import build_chains
from tradesync.domain.identity import trade_id
from tradesync.domain.ours import close_client_order_id, open_client_order_id
from tradesync.domain.roles import FIFO, Naming, Role, Target, role_of, target_of

INTENT = "11111111-1111-4111-8111-111111111111"
TRADE = "22222222-2222-4222-8222-222222222222"
OPENS, CLOSES = open_client_order_id(INTENT), close_client_order_id(INTENT, TRADE)


def target(order_id: str, *orders: Any, named: dict[str, str] | None = None) -> Target:
    index = build_chains(orders)
    chain = index.of_order(order_id)
    assert chain is not None
    return target_of(chain, index, ACCOUNT, named or {})


def role(*orders: Any, fills: tuple[str, ...] = ()) -> Role:
    """The role of the last order given."""
    index = build_chains(orders)
    chain = index.of_order(orders[-1].order_id)
    assert chain is not None
    return role_of(chain, index, [execution(f"e-{side}", side=side) for side in fills])


def test_an_exit_of_ours_names_its_trade() -> None:
    assert target("o1", order(side="sell", client_order_id=CLOSES)) == Target(TRADE, Naming.NAMED)


def test_an_exit_in_a_group_closes_the_groups_own_trade() -> None:
    leg = order("leg", "sell", parent_id="entry", t=1)
    assert target("leg", order("entry"), leg) == Target(trade_id(ACCOUNT, "entry"), Naming.GROUP)


def test_the_groups_trade_keeps_our_name_though_the_entry_itself_was_not_read() -> None:
    entry = order("e2", replaces="e1", group_id="g", group_role="entry")
    leg = order("leg", "sell", group_id="g", t=1)
    assert target("leg", entry, leg, named={"e1": OPENS}) == Target(
        trade_id(ACCOUNT, OPENS), Naming.GROUP
    )


def test_the_stop_of_an_oco_follows_what_the_take_profit_above_it_names() -> None:
    take = order("take", "sell", order_class="oco", client_order_id=CLOSES)
    stop = order("stop", "sell", order_class="oco", parent_id="take", t=1)
    assert target("stop", take, stop) == Target(TRADE, Naming.NAMED)


def test_any_other_exit_goes_first_in_first_out() -> None:
    assert target("o1", order(side="sell")) == FIFO
    above = order("above", "sell")
    assert target("below", above, order("below", "sell", parent_id="above", t=1)) == FIFO


@pytest.mark.parametrize(
    ("fields", "fills", "expected"),
    [
        ({"side": "sell_short"}, (), Role.OPEN),
        ({"side": "sell"}, ("sell_short",), Role.OPEN),
        ({"side": "buy", "intent": "buy_to_close"}, (), Role.CLOSE),
        ({"side": "sell", "intent": "sell_to_open"}, (), Role.OPEN),
        ({"side": "sell", "intent": "", "symbol": "BTC/USD"}, (), Role.CLOSE),
        ({"side": "buy", "intent": "", "symbol": "BTC/USD"}, (), Role.OPEN),
        ({"side": "sell", "intent": "", "client_order_id": CLOSES}, (), Role.CLOSE),
        ({"side": "sell", "intent": "", "client_order_id": OPENS}, (), Role.OPEN),
        ({"side": "sell", "intent": ""}, (), Role.NET),
        ({"side": "buy", "intent": "something_new"}, (), Role.NET),
    ],
)
def test_what_an_order_says_of_itself_decides_its_role(
    fields: dict[str, Any], fills: tuple[str, ...], expected: Role
) -> None:
    assert role(order(**fields), fills=fills) is expected


def test_a_leg_that_trades_against_its_entry_closes() -> None:
    entry = order("entry", intent="")
    assert role(entry, order("leg", "sell", intent="", parent_id="entry", t=1)) is Role.CLOSE


def test_the_last_order_of_a_chain_that_says_anything_decides() -> None:
    head = order("o1", status="replaced", intent="buy_to_open", replaced_by="o2")
    last = order("o2", intent="buy_to_close", replaces="o1", t=1)
    assert role(head, last) is Role.CLOSE
