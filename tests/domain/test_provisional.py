"""What orders say was filled before its executions arrive: how much, at what price (rule 1)."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from tests.domain.make import at, execution, num, order
from tradesync.domain.chains import Chain, build_chains
from tradesync.domain.conclusions import ChainReading
from tradesync.domain.facts import Execution, Order
from tradesync.domain.provisional import (
    Gap,
    agreed_reading,
    find_gap,
    is_exempt,
    proven_reading,
    reading_matters,
)


def chain(*orders: Order) -> Chain:
    (one,) = build_chains(orders).chains
    return one


def gap(one: Chain, *executions: Execution, reading: ChainReading | None = None) -> Gap:
    found = find_gap(one, executions, reading, None)
    assert found is not None
    return found


def pair(
    first: str | int, second: str | int, *, status: str = "filled", avg: str | int = 10
) -> Chain:
    """An order of 100 that filled `first` and was replaced by one that says `second`."""
    return chain(
        order("o1", status="replaced", filled=first, avg=avg, replaced_by="o2"),
        order("o2", status=status, filled=second, avg=avg, replaces="o1", t=10),
    )


def fills(*parts: tuple[str, int]) -> Sequence[Execution]:
    return [
        execution(f"e{place}", order_id, qty=qty, price=10, t=place)
        for place, (order_id, qty) in enumerate(parts)
    ]


def test_only_an_ended_chain_of_several_orders_proves_a_reading() -> None:
    both = fills(("o1", 40), ("o2", 60))
    assert proven_reading(pair(40, 100), both) is ChainReading.CARRIED
    assert proven_reading(pair(40, 60), both) is ChainReading.OWN
    assert proven_reading(pair(40, 100, status="new"), both) is None
    assert proven_reading(chain(order("o1", filled=100, avg=10)), fills(("o1", 60))) is None


def test_fills_of_the_last_order_alone_prove_nothing() -> None:
    assert proven_reading(pair(0, 60), fills(("o2", 60))) is None


def test_fills_before_the_last_order_alone_do_not_prove_that_totals_are_carried() -> None:
    assert proven_reading(pair(40, 40), fills(("o1", 40))) is None


def test_a_total_beyond_the_known_fills_proves_nothing() -> None:
    assert proven_reading(pair(40, 100), fills(("o1", 40), ("o2", 50))) is None


def test_an_account_reads_one_way_or_is_not_known_to() -> None:
    own, carried = ChainReading.OWN, ChainReading.CARRIED
    assert agreed_reading([None, own], None) is own
    assert agreed_reading([], carried) is carried
    assert agreed_reading([own], carried) is None
    assert agreed_reading([None], None) is None


def test_a_reading_matters_where_it_leaves_another_quantity_missing() -> None:
    assert reading_matters(pair(40, 60), fills(("o1", 40)))
    assert not reading_matters(pair(0, 60), fills())
    assert not reading_matters(chain(order("o1", filled=60, avg=10)), ())


def test_the_missing_part_costs_what_the_known_parts_leave() -> None:
    one = chain(order("o1", filled=100, avg="10.40"))
    found = gap(one, execution("e1", qty=40, price=10), execution("e2", qty=20, price=10, t=2))
    assert (found.execution.qty, found.value) == (Decimal(40), Decimal("440"))
    assert (found.execution.price, found.execution.price_is_average) == (Decimal(11), False)


def test_a_price_far_from_the_average_is_not_believed() -> None:
    one = chain(order("o1", filled=100, avg=10))
    at_the_edge = gap(one, execution("e1", qty=50, price=8))
    assert (at_the_edge.execution.price, at_the_edge.execution.price_is_average) == (12, False)
    beyond = gap(one, execution("e1", qty=50, price="7.98"))
    assert (beyond.execution.price, beyond.execution.price_is_average) == (10, True)


def test_a_tiny_missing_part_is_priced_at_the_average() -> None:
    one = chain(order("o1", qty=1000, filled=1000, avg=10))
    a_thousandth = gap(one, execution("e1", qty=999, price=10))
    assert not a_thousandth.execution.price_is_average
    less = gap(one, execution("e1", qty="999.1", price=10))
    assert less.execution.price_is_average


def test_without_an_average_the_value_is_unknown_and_said_to_be_an_average() -> None:
    found = gap(chain(order("o1", filled=10, avg=None, limit_price=num(9))))
    assert found.value is None
    assert (found.execution.price, found.execution.price_is_average) == (9, True)


def test_what_is_missing_is_named_after_the_order_that_lacks_it() -> None:
    found = gap(pair(40, 60), *fills(("o1", 20), ("o1", 20)), reading=ChainReading.OWN).execution
    assert (found.order_id, found.qty, found.cum_qty) == ("o2", 60, 60)
    assert found.execution_id == "provisional:o2:60"
    first = gap(pair(40, 60), *fills(("o1", 20), ("o2", 60)), reading=ChainReading.OWN).execution
    assert (first.order_id, first.qty, first.cum_qty) == ("o1", 20, 40)


def test_a_provisional_execution_is_like_the_order_it_fills() -> None:
    found = gap(chain(order("o1", filled=10, avg=10))).execution
    assert (found.symbol, found.side, found.at, found.raw) == ("AAPL", "buy", at(30), "")
    assert found.provisional
    short = chain(order("o1", "sell", filled=10, avg=10))
    assert gap(short, execution("e", side="sell_short", qty=4)).execution.side == "sell_short"


def test_without_a_proven_reading_the_smaller_total_counts() -> None:
    assert gap(pair(40, 60)).execution.qty == 60
    assert gap(pair(40, 60), reading=ChainReading.OWN).execution.qty == 100


def test_fills_before_the_last_order_prove_that_it_counts_only_its_own() -> None:
    assert proven_reading(pair(40, 0, status="canceled"), fills(("o1", 40))) is ChainReading.OWN


def test_of_equal_totals_the_later_orders_average_counts() -> None:
    def total(head: str, second: str, t: float) -> Gap:
        return gap(
            chain(
                order(head, status="replaced", filled=40, avg=10, replaced_by=second),
                order(second, filled=40, avg=11, replaces=head, t=t),
            )
        )

    assert total("o9", "o2", 10).value == 440
    assert total("o1", "o2", 0).value == 440


def test_an_order_with_several_fills_lacks_only_what_they_do_not_add_up_to() -> None:
    known = fills(("o1", 20), ("o2", 30), ("o2", 30))
    found = gap(pair(40, 60), *known, reading=ChainReading.OWN).execution
    assert (found.order_id, found.qty) == ("o1", 20)


def test_only_chains_from_before_the_first_activity_read_may_lack_fills() -> None:
    one = chain(order("o1", filled=10, avg=10))
    assert is_exempt(one, at(1))
    assert not is_exempt(one, at(0))
    assert not is_exempt(one, None)
    assert find_gap(one, (), None, at(1)) is None
