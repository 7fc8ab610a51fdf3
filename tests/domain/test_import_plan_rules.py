"""The import plan's lines word for word, and where a missing quantity came free."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tests.domain.holding import position
from tests.domain.make import ACCOUNT, at, instrument, only, records
from tests.domain.test_import_plan import AAPL, CALL, LATER, bought, shorted, sold
from tradesync.domain.conclusions import TradeSide
from tradesync.domain.facts import Position
from tradesync.domain.import_plan import (
    BROKER_AVERAGE,
    ImportLine,
    opening_balances,
    plan_import,
)
from tradesync.domain.ours import OpeningBalance


def line(*facts: object, held: Position | None, given: str | None = None) -> ImportLine:
    """The only line of a plan."""
    prices = {} if given is None else {AAPL: Decimal(given)}
    positions = [] if held is None else [held]
    plan = plan_import(records(instrument(), instrument(CALL), *facts), positions, LATER, prices)
    assert (plan.account_id, plan.observed_at) == (ACCOUNT, LATER)
    found: ImportLine = only(plan.lines)
    return found


def test_a_line_shows_what_was_observed_and_the_lot_it_would_make() -> None:
    key = instrument(CALL).key
    assert line(held=position(2, "1.5", symbol=CALL)) == ImportLine(
        instrument=key, symbol=CALL, asset_class="us_option", broker_qty=Decimal(2),
        explained_qty=Decimal(0), missing_qty=Decimal(2), avg_price=Decimal("1.5"),
        lot_side=TradeSide.LONG, lot_qty=Decimal(2), lot_price=Decimal("1.5"),
        price_basis=BROKER_AVERAGE, note="", importable=True, reason="",
    )  # fmt: skip


def test_a_contract_no_fact_names_is_valued_with_its_multiplier() -> None:
    plan = plan_import(records(), [position(2, "1.5", symbol=CALL)], LATER)
    found = only(plan.lines)
    assert (found.lot_price, found.price_basis) == (Decimal("1.5"), BROKER_AVERAGE)


def test_a_line_that_makes_no_lot_shows_none() -> None:
    assert line(*bought(100, 10), held=None) == ImportLine(
        instrument=AAPL, symbol="AAPL", asset_class="us_equity", broker_qty=Decimal(0),
        explained_qty=Decimal(100), missing_qty=Decimal(-100), avg_price=None, lot_side=None,
        lot_qty=None, lot_price=None, price_basis="", note="", importable=False,
        reason="Our trades hold more than the broker. Import only adds lots; it closes nothing.",
    )  # fmt: skip


OTHER_SIDE = "Our trades hold the other side. Import only adds lots; it closes nothing."
FREE = (
    "The broker holds more at the same total cost: a split or stock dividend whose row "
    "is still to come. Wait for it, or enter a price to import it all the same."
)


@pytest.mark.parametrize(
    ("facts", "held", "given", "reason"),
    [
        (bought(100, 10), position(100, 10), None, "Nothing is missing: our trades explain it."),
        (bought(100, 10), position(-100, 10), None, OTHER_SIDE),
        (shorted(1, 10), position(1, 10), None, OTHER_SIDE),
        (bought(1, 10), position("1.5", 10), None, ""),
        ([], position("0.5", 10), None, ""),
        ([], position(5, 10), "0", ""),
        ([], position(5, 10), "0.5", ""),
        ([], position(5, 10), "-1", "A price cannot be negative."),
        ([], position(5, 0), None, "The broker states no price for it. Enter one."),
        ([], position(5, "0.5"), None, ""),
        (bought(100, 200), position(400, 50), None, FREE),
    ],
)
def test_why_a_line_cannot_be_imported(
    facts: list[object], held: Position, given: str | None, reason: str
) -> None:
    found = line(*facts, held=held, given=given)
    assert (found.reason, found.importable) == (reason, not reason)


def test_what_cost_up_to_one_hundredth_of_its_price_came_free() -> None:
    assert line(*bought(1, 199), held=position(2, 100)).reason == FREE
    assert line(*bought(1, 198), held=position(2, 100)).importable


def test_a_contract_comes_free_by_its_whole_money() -> None:
    held = position(4, "0.50", symbol=CALL)
    assert line(*bought(1, 2, symbol=CALL), held=held).reason == FREE


def test_a_trade_already_closed_in_part_tells_nothing_of_a_split() -> None:
    rest = [*bought(2, 199), *sold(1, 210, name="x", t=50)]
    assert line(*rest, held=position(2, 100)).importable


def test_a_single_share_is_imported_on_its_own_side() -> None:
    assert line(held=position(1)).lot_side is TradeSide.LONG
    assert line(held=position(-1)).lot_side is TradeSide.SHORT


def test_confirmed_it_is_kept_as_observed() -> None:
    plan = plan_import(records(), [position(2, "1.5", symbol=CALL)], LATER)
    key = instrument(CALL).key
    assert opening_balances(plan, {key: "d1"}, at(2000), {key: Decimal(3)}) == (
        OpeningBalance(
            decision_id="d1", instrument=key, symbol=CALL, asset_class="us_option",
            observed_at=LATER, qty=Decimal(2), avg_price=Decimal("1.5"),
            price_override=Decimal(3), created_at=at(2000),
        ),
    )  # fmt: skip
