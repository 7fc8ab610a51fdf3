"""The proof of the books and the parts of every figure, against the paper broker's own books."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.simulator.broker import PaperBroker
from tests.sync.proving import bought, sold
from tests.sync.world import World
from tradesync.domain.proof import Difference, Line, Proof
from tradesync.domain.why import Figure, Why, why
from tradesync.store import accounts, conclusions
from tradesync.store.queries_trades import trade_row
from tradesync.sync.asking_why import why_of
from tradesync.sync.commit import load_records
from tradesync.sync.proving import proof_of


def proof(world: World) -> Proof:
    """The proof of what was last read."""
    found = proof_of(world.database, world.account_id)
    assert found is not None
    return found


def line(world: World, subject: str) -> Line:
    """One line of the proof."""
    return next(item for item in proof(world).lines if item.subject == subject)


def books(world: World) -> dict[str, Any]:
    """What the broker knows of its only account."""
    return dict(world.broker.books()["accounts"][0])


def test_months_of_history_are_proved_to_the_cent(tmp_path: Path) -> None:
    with PaperBroker(empty=False) as broker:
        world = World.begin(broker, tmp_path)
        world.sync()
        found = proof(world)
        cash = line(world, "cash")
        assert cash.ours == cash.theirs == Decimal(books(world)["cash"])
        assert line(world, "equity").is_proved
        unproved = [item for item in found.lines if not item.is_proved]
        assert [(item.subject, item.difference) for item in unproved] == [("COST", Decimal(12))]
        _assert_all_figures_add_up(world)
        world.service.close()


def test_each_day_says_what_moved_and_what_it_left(world: World) -> None:
    bought(world, "AAPL", 10, 150)
    world.broker.overnight()
    sold(world, "AAPL", 4, 160)
    world.broker.book("DIV", symbol="AAPL", net_amount="2.5")
    world.sync()
    days = proof(world).days
    assert [dict(day.flows) for day in days[-2:]] == [
        {"deposits": 100000, "trades": -1500},
        {"trades": 640, "dividends": Decimal("2.5")},
    ]
    assert days[-1].cash == Decimal("99142.5")
    assert [list(day.held.values()) for day in days[-2:]] == [[10], [6]]
    assert all(item.is_proved for item in proof(world).lines)


def test_executions_to_come_are_a_line_of_their_own(world: World) -> None:
    world.broker.delay_activities(until_released=True)
    bought(world, "AAPL", 10, 150)
    cash = line(world, "cash")
    assert cash.parts == {Difference.PROVISIONAL: -1500}
    assert line(world, "AAPL").parts == {Difference.PROVISIONAL: 10}


def test_what_nothing_explains_has_no_other_name(world: World) -> None:
    world.broker.add_position("MSFT", 10, 400)
    world.sync()
    assert line(world, "MSFT").parts == {Difference.UNEXPLAINED: 10}
    assert not proof(world).is_proved


def test_the_fee_of_a_coin_sale_is_named_before_it_is_booked(world: World) -> None:
    bought(world, "BTC/USD", "0.1", 50000)
    sold(world, "BTC/USD", "0.05", 60000)
    assert line(world, "cash").parts == {Difference.COIN_FEE: Decimal("-7.5")}
    world.broker.overnight()
    world.sync()
    assert line(world, "cash").parts == {}


@pytest.mark.parametrize("figure", list(Figure))
def test_every_part_of_a_figure_is_a_fact(world: World, figure: Figure) -> None:
    bought(world, "AAPL", 10, 150)
    sold(world, "AAPL", 4, 160)
    sold(world, "AAPL", 6, 170)
    trade = world.trade()
    found = why_of(world.database, world.account_id, trade.instrument, trade.trade_id, figure)
    facts = {row[0] for row in world.rows("SELECT execution_id FROM executions")}
    assert {part.source_id for part in found.parts} <= facts
    assert found.value == getattr(trade, figure, None)  # nothing of a closed trade floats
    _assert_adds_up(found)


@pytest.mark.parametrize("side", [1, -1])
def test_what_floats_is_the_price_less_the_cost_of_the_open_lots(world: World, side: int) -> None:
    opened, closed = (bought, sold) if side == 1 else (sold, bought)
    opened(world, "AAPL", 10, 150)
    opened(world, "AAPL", 5, 151)
    closed(world, "AAPL", 4, 160)
    account_id, trade = world.account_id, world.trades(status="open")[0]
    with world.database.read() as tx:
        shown = trade_row(tx, account_id, trade.trade_id)
    assert shown is not None
    found = why_of(
        world.database, account_id, trade.instrument, trade.trade_id, Figure.FLOATING_PNL
    )
    assert found.value == found.total == shown.floating_pnl == side * 6 * (160 - 150)
    lot, price = found.parts
    assert (price.kind, price.at, price.amount) == ("price", shown.price_at, side * 6 * 160)
    assert (lot.amount, lot.source_id) == (side * -900, trade_executions(world)[0])
    assert lot.what.startswith("6 open of 10: ")


def trade_executions(world: World) -> list[str]:
    """The ids of all executions, oldest first."""
    return [row[0] for row in world.rows('SELECT execution_id FROM executions ORDER BY "at"')]


def test_what_the_broker_does_not_hold_floats_nowhere(world: World) -> None:
    bought(world, "AAPL", 10, 150)
    world.broker.add_position("AAPL", -10, 150)
    world.sync()
    trade = world.trade()
    found = why_of(
        world.database, world.account_id, trade.instrument, trade.trade_id, Figure.FLOATING_PNL
    )
    assert (found.value, found.parts) == (None, ())


def _assert_all_figures_add_up(world: World) -> None:
    account_id = world.account_id
    with world.database.read() as tx:
        account = accounts.account(tx, account_id)
        found = conclusions.load_conclusions(tx, account_id)
        records = load_records(tx, account, None, found.chain_reading)
    for trade in found.trades[::8]:
        for figure in Figure:
            _assert_adds_up(why(figure, trade, records, found))


def _assert_adds_up(found: Why) -> None:
    """A price is a quotient: its parts are what it is made from."""
    if found.figure in {Figure.ENTRY_PRICE, Figure.EXIT_PRICE} or found.value is None:
        return
    assert found.total == found.value
