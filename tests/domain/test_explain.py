"""Explanations of drift: what the facts must say for each, and which one comes first."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tests.domain.make import execution, order, records
from tradesync.domain.conclusions import Records
from tradesync.domain.explain import Evidence, Fix, Reason, explain, split_ratio
from tradesync.domain.ledger import conclude
from tradesync.domain.reconcile import DriftKind, DriftRecord, open_holdings


def explained(known: Records, broker_qty: str) -> list[tuple[Reason, tuple[Fix, ...]]]:
    """The reasons for what the only instrument of these records drifts by, best first."""
    found = conclude(known)
    (ours,) = open_holdings(found.trades).values()
    drift = DriftRecord(
        ours.instrument, DriftKind.QUANTITY, ours.symbol, ours.qty, Decimal(broker_qty), 1, 1, None
    )
    known_now = Evidence(known, found, (), None, 1)
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
        ("1", "20", (20, 1)), ("1", "21", None),
    ],
)  # fmt: skip
def test_ratios_in_small_terms_are_splits(
    ours: str, theirs: str, ratio: tuple[int, int] | None
) -> None:
    assert split_ratio(Decimal(ours), Decimal(theirs)) == ratio
