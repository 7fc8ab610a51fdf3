"""Explanations of drift: what the facts must say for each, and which one comes first."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest

from tests.domain.holding import account_state, position
from tests.domain.make import at, execution, instrument, order, records
from tradesync.domain.conclusions import Records
from tradesync.domain.explain import Evidence, Explanation, Fix, Reason, explain, split_ratio
from tradesync.domain.ledger import conclude
from tradesync.domain.ours import Resolution, ResolutionKind
from tradesync.domain.reconcile import DriftKind, DriftRecord, open_holdings

TODAY = date(2026, 3, 2)


def explained(known: Records, broker_qty: str) -> list[tuple[Reason, tuple[Fix, ...]]]:
    """The reasons for what the only instrument of these records drifts by, best first."""
    found = conclude(known)
    (ours,) = open_holdings(found.trades).values()
    drift = DriftRecord(
        ours.instrument, DriftKind.QUANTITY, ours.symbol, ours.qty, Decimal(broker_qty), 1, 1, None
    )
    known_now = Evidence(known, found, (), None, 1, TODAY, at(1))
    return [(one.reason, one.fixes) for one in explain(drift, known_now).explanations]


def held() -> Records:
    """100 bought in one fill."""
    return records(order("o1", filled=100, avg=10), execution("e1", "o1"))


def test_less_at_the_broker_was_closed_elsewhere() -> None:
    reason, fixes = explained(held(), "63")[0]
    assert reason is Reason.CLOSED_ELSEWHERE
    assert Fix.CLOSE in fixes


def test_more_at_the_broker_is_never_closed() -> None:
    found = explained(held(), "137")
    assert found[0] == (Reason.BEFORE_HISTORY, (Fix.IMPORT,))
    assert Reason.CLOSED_ELSEWHERE not in dict(found)


def test_executions_to_come_are_waited_for() -> None:
    late = records(order("o1", filled=100, avg=10), execution("e1", "o1", qty=60))
    assert explained(late, "60")[0] == (Reason.LATE_EXECUTIONS, (Fix.WAIT,))


@pytest.mark.parametrize(
    ("ours", "theirs", "ratio"),
    [
        ("100", "400", (4, 1)), ("100", "150", (3, 2)), ("100", "10", (1, 10)),
        ("-100", "-200", (2, 1)), ("100", "100", None), ("100", "-200", None),
        ("100", "137", None), ("0", "100", None), ("100", "0", None),
        ("1", "20", (20, 1)), ("1", "21", None), ("0.5", "1", (2, 1)),
    ],
)  # fmt: skip
def test_ratios_in_small_terms_are_splits(
    ours: str, theirs: str, ratio: tuple[int, int] | None
) -> None:
    assert split_ratio(Decimal(ours), Decimal(theirs)) == ratio


def drifting(known: Records, broker_qty: str) -> DriftRecord:
    """The drift of the first instrument held."""
    ours = next(iter(open_holdings(conclude(known).trades).values()))
    return DriftRecord(
        ours.instrument, DriftKind.QUANTITY, ours.symbol, ours.qty, Decimal(broker_qty), 1, 1, None
    )


@pytest.mark.parametrize(("opened", "is_reset"), [(at(2), True), (at(1), False), (at(0), False)])
def test_s19_an_account_younger_than_its_first_fill_was_reset(opened: int, is_reset: bool) -> None:
    known = held()
    state = account_state(created_at=opened)
    evidence = Evidence(known, conclude(known), (), state, 1, TODAY, at(1))
    found = {one.reason: one for one in explain(drifting(known, "0"), evidence).explanations}
    assert (Reason.RESET in found) == is_reset
    if is_reset:
        assert explain(drifting(known, "0"), evidence).explanations[0] == Explanation(
            Reason.RESET, 95,
            "the account was opened 2026-03-02T15:00:02Z, after our first execution",
            (Fix.REBIND,),
        )  # fmt: skip


@pytest.mark.parametrize(
    ("drift", "positions", "other"),
    [
        (2, {}, True),
        (2, {"AAPL": 5, "MSFT": 7}, True),
        (2, {"AAPL": 100, "MSFT": 7}, False),
        (1, {"AAPL": 5}, False),
    ],
)
def test_s20_where_nothing_agrees_the_keys_may_be_anothers(
    drift: int, positions: dict[str, int], other: bool
) -> None:
    known = records(
        order("o1", filled=100, avg=10), execution("e1", "o1"),
        order("o2", symbol="MSFT", filled=100, avg=10), execution("e2", "o2", symbol="MSFT"),
    )  # fmt: skip
    theirs = tuple(position(qty, symbol=symbol) for symbol, qty in positions.items())
    evidence = Evidence(known, conclude(known), theirs, None, drift, TODAY, at(1))
    found = {one.reason: one for one in explain(drifting(known, "5"), evidence).explanations}
    assert found.get(Reason.OTHER_ACCOUNT) == (
        Explanation(
            Reason.OTHER_ACCOUNT, 40,
            "none of the 2 instruments we hold is held by the broker as we hold it",
            (Fix.REBIND,),
        ) if other else None
    )  # fmt: skip


def test_one_instrument_that_differs_is_no_sign_of_other_keys() -> None:
    known = held()
    evidence = Evidence(known, conclude(known), (), None, 1, TODAY, at(1))
    found = [one.reason for one in explain(drifting(known, "5"), evidence).explanations]
    assert Reason.OTHER_ACCOUNT not in found


@pytest.mark.parametrize(
    ("broker_qty", "weight"), [("99.7", 80), ("99.69", 10), ("100", None), ("100.1", None)]
)
def test_f22_a_little_coin_that_lacks_is_a_fee(broker_qty: str, weight: int | None) -> None:
    known = records(
        instrument("BTC/USD"), order("o1", symbol="BTC/USD", filled=100, avg=10),
        execution("e1", "o1", symbol="BTC/USD"),
    )  # fmt: skip
    evidence = Evidence(known, conclude(known), (), None, 1, TODAY, at(1))
    found = explain(drifting(known, broker_qty), evidence).explanations
    weights = {one.reason: one.weight for one in found}
    assert weights.get(Reason.COIN_FEE) == weight
    if weight == 80:
        assert "0.3 %" in found[0].evidence
        assert found[0].fixes == (Fix.WAIT, Fix.CLOSE)


def test_a_little_stock_that_lacks_is_no_fee() -> None:
    known = held()
    evidence = Evidence(known, conclude(known), (), None, 1, TODAY, at(1))
    found = explain(drifting(known, "99.8"), evidence).explanations
    assert Reason.COIN_FEE not in {one.reason for one in found}


def test_an_ignored_difference_is_left_alone_to_the_end_of_its_last_day() -> None:
    known = held()
    drift = drifting(known, "97")
    ignore = Resolution(
        "d1", ResolutionKind.IGNORE, drift.instrument, "AAPL", "us_equity", at(5), Decimal(100),
        Decimal(97), None, TODAY, at(5),
    )  # fmt: skip
    known = replace(known, resolutions=(ignore, replace(ignore, decision_id="d2", until=None)))
    evidence = Evidence(known, conclude(known), (), None, 1, TODAY, at(1))
    assert explain(drift, evidence).ignored == ignore
    tomorrow = replace(evidence, today=TODAY + timedelta(days=1))
    assert explain(drift, tomorrow).ignored is None
    grown = replace(drift, broker_qty=Decimal(96))
    assert explain(grown, evidence).ignored is None
    moved = replace(drift, our_qty=Decimal(110), broker_qty=Decimal(107))
    assert explain(moved, evidence).ignored == ignore
    elsewhere = replace(drift, instrument="other")
    assert explain(elsewhere, evidence).ignored is None


def test_of_several_decisions_the_one_that_lasts_longest_then_the_latest_counts() -> None:
    known = held()
    drift = drifting(known, "97")
    first = Resolution(
        "d1", ResolutionKind.IGNORE, drift.instrument, "AAPL", "us_equity", at(5), Decimal(100),
        Decimal(97), None, TODAY, at(7),
    )  # fmt: skip
    longer = replace(first, decision_id="d2", until=TODAY + timedelta(days=1), created_at=at(5))
    later = replace(longer, decision_id="d3", created_at=at(6))
    for rows in ((first, longer, later), (later, longer, first)):
        evidence = Evidence(
            replace(known, resolutions=rows), conclude(known), (), None, 1, TODAY, at(1)
        )
        found = explain(drift, evidence)
        assert found.ignored == later
        assert (found.record, found.gap) == (drift, -3)
