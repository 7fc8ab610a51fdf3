"""Chains: which order counts, and under which group an order hangs (design rule 7)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.domain.make import execution, order
from tradesync.domain.chains import ChainIndex, build_chains, is_multi_leg_parent
from tradesync.domain.facts import Order
from tradesync.domain.roles import flips


def replaced(order_id: str, **fields: Any) -> Any:
    return order(order_id, status="replaced", **fields)


def current(*orders: Any) -> str:
    (chain,) = build_chains(orders).chains
    return chain.current.order_id


def test_either_sides_link_alone_leads_to_the_successor() -> None:
    assert current(replaced("o1", replaced_by="o2"), order("o2", status="new", t=5)) == "o2"
    assert current(replaced("o1"), order("o2", status="new", replaces="o1", t=5)) == "o2"


def test_the_order_named_as_successor_counts_though_another_claims_the_place() -> None:
    orders = (
        replaced("o1", replaced_by="o2"),
        order("o2", status="new", replaces="o1", t=5),
        order("o3", status="rejected", replaces="o1", t=9),
    )
    assert current(*orders) == "o2"


def test_replacements_that_name_each_other_in_a_circle_come_to_an_end() -> None:
    circle = (
        replaced("o1", replaced_by="o2"),
        replaced("o2", replaced_by="o3", t=5),
        replaced("o3", replaced_by="o2", t=9),
    )
    assert current(*circle) == "o3"


def test_a_head_that_was_not_read_still_leads_to_its_chain() -> None:
    index = build_chains([order("o2", status="new", replaces="o1")])
    (chain,) = index.chains
    assert chain.head_id == "o1"
    assert chain.head_client_id is None
    assert index.of_order("o1") is chain
    assert index.of_order("o2") is chain
    assert index.of_order("o9") is None


@pytest.mark.parametrize(
    ("order_class", "symbol", "holds_legs"),
    [("mleg", "", True), ("mleg", "AAPL260320C00150000", False), ("", "", False)],
)
def test_only_a_multi_leg_order_without_symbol_holds_legs(
    order_class: str, symbol: str, holds_legs: bool
) -> None:
    key = "" if not symbol else "key"
    assert is_multi_leg_parent(
        order(order_class=order_class, symbol=symbol, instrument=key)
    ) is holds_legs  # fmt: skip


def bracket() -> ChainIndex:
    """An entry, a take-profit under an order of its own in the same group, and a lone stop."""
    return build_chains(
        [
            order("entry", group_id="g", group_role="entry"),
            order("oco", "sell", t=1),
            order("take", "sell", parent_id="oco", group_id="g", group_role="exit", t=1),
            order("stop", "sell", group_id="g", group_role="exit", t=1),
            order("lost", "sell", parent_id="not-read", group_id="g", t=1),
        ]
    )


@pytest.mark.parametrize(
    ("order_id", "parent"),
    [("take", "oco"), ("stop", "entry"), ("lost", "entry"), ("entry", None), ("oco", None)],
)
def test_an_order_hangs_under_its_parent_else_under_its_groups_entry(
    order_id: str, parent: str | None
) -> None:
    index = bracket()
    chain = index.of_order(order_id)
    assert chain is not None
    above = index.parent_of(chain)
    assert (above.head_id if above is not None else None) == parent


def test_a_leg_of_a_multi_leg_order_hangs_under_nothing() -> None:
    index = build_chains(
        [
            order("whole", order_class="mleg", symbol="", instrument=""),
            order("leg", order_class="mleg", parent_id="whole"),
        ]
    )
    leg = index.of_execution("whole", "AAPL")
    assert leg is not None
    assert leg.head_id == "leg"
    assert index.parent_of(leg) is None
    assert index.of_execution("whole", "MSFT") is None
    assert index.of_execution("leg", "AAPL") is leg


def test_only_an_exit_that_trades_the_other_way_has_an_entry() -> None:
    index = bracket()
    stop, entry = index.of_order("stop"), index.of_order("entry")
    assert stop is not None
    assert index.entry_of(stop) is entry
    same_way = build_chains([order("a"), order("b", parent_id="a", t=1)])
    below = same_way.of_order("b")
    assert below is not None
    assert same_way.entry_of(below) is None


def test_of_several_replacements_that_claim_one_place_the_last_made_counts() -> None:
    head, late = replaced("o1"), order("o2", status="new", replaces="o1", t=9)
    assert current(head, late, order("o3", status="new", replaces="o1", t=5)) == "o2"
    assert current(head, late, order("o3", status="new", replaces="o1", t=9)) == "o3"


def test_a_failed_replacement_counts_only_while_its_order_has_ended_and_it_has_not() -> None:
    ended, alive = order("o1", status="canceled"), order("o1", status="new")
    later = order("o2", status="new", replaces="o1", t=9)
    assert current(alive, later) == "o1"
    assert current(ended, later, order("o3", status="new", replaces="o1", t=5)) == "o2"
    assert current(ended, later, order("o3", status="new", replaces="o1", t=9)) == "o3"
    assert current(ended, order("o2", status="rejected", replaces="o1", t=9)) == "o1"


def test_only_multi_leg_orders_have_legs() -> None:
    assert bracket().legs == {}


@pytest.mark.parametrize(
    ("intent", "sides", "both"),
    [
        ("", ("sell", "sell_short"), True),
        ("", ("sell_short",), False),
        ("", ("sell",), False),
        ("sell_to_open", ("sell", "sell_short"), False),
    ],
)
def test_a_silent_sell_that_sold_plainly_and_short_does_both(
    intent: str, sides: tuple[str, ...], both: bool
) -> None:
    (chain,) = build_chains([order(side="sell", intent=intent)]).chains
    assert flips(chain, [execution(f"e-{side}", side=side) for side in sides]) is both


def test_a_chains_orders_stand_from_its_head_on_in_whatever_order_they_were_read() -> None:
    head = replaced("o2", replaced_by="o1", t=9)
    last = order("o1", status="new", replaces="o2")
    for orders in ([head, last], [last, head]):
        (chain,) = build_chains(orders).chains
        assert [row.order_id for row in chain.orders] == ["o2", "o1"]
        assert (chain.head_id, chain.current.order_id) == ("o2", "o1")


def unlinked(name: str, side: str, **more: Any) -> Order:
    """An order of a bracket that no reply linked to the others."""
    return order(name, side, **({"order_class": "bracket", "status": "new"} | more))


def entry_named(*orders: Order, of: str) -> str | None:
    index = build_chains(orders)
    entry = index.entry_of(index.by_head[of])
    return None if entry is None else entry.head_id


@pytest.mark.parametrize(("entry", "exits"), [("buy", "sell"), ("sell", "buy")])
def test_three_unlinked_orders_of_one_bracket_and_instant_are_an_entry_and_its_exits(
    entry: str, exits: str
) -> None:
    family = unlinked("z", entry), unlinked("a", exits), unlinked("b", exits)
    assert [entry_named(*family, of=name) for name in "abz"] == ["z", "z", None]


@pytest.mark.parametrize(
    "other",
    [
        {"order_class": "oto"}, {"order_class": ""}, {"t": 1}, {"symbol": "MSFT"},
        {"parent_id": "q"}, {"group_id": "g"}, {"group_role": "exit"},
    ],
)
def test_an_order_of_another_kind_instant_instrument_or_group_makes_no_bracket(
    other: dict[str, Any],
) -> None:
    family = unlinked("z", "buy"), unlinked("a", "sell"), unlinked("b", "sell", **other)
    assert entry_named(*family, of="a") is None
    assert entry_named(*family, of="b") is None


def test_two_or_four_unlinked_orders_do_not_tell_which_is_the_entry() -> None:
    family = unlinked("z", "buy"), unlinked("a", "sell")
    assert entry_named(*family, of="a") is None
    assert entry_named(*family, unlinked("b", "sell"), unlinked("c", "sell"), of="a") is None


def test_a_linked_parent_counts_before_what_stands_beside() -> None:
    head = order("p", "buy", order_class="bracket", group_id="g", group_role="entry")
    leg = unlinked("a", "sell", parent_id="p")
    beside = unlinked("x", "buy"), unlinked("y", "sell"), unlinked("w", "sell")
    assert entry_named(head, leg, *beside, of="a") == "p"
