"""Every open question has a title in plain words and a next step."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tradesync.store.queries_activity import (
    DriftRow,
    IntentRow,
    ReviewRow,
    SetAsideRow,
    TroubledOrderRow,
    UnmatchedRow,
)
from tradesync.views.attention import Attention
from tradesync.web.attention import Step, attention_items

D = Decimal
EMPTY = Attention()


def drift(kind: str, ours: str, broker: str) -> Attention:
    row = DriftRow("k", kind, "COST", D(ours), D(broker), 1)
    return Attention(drift=(row,))


@pytest.mark.parametrize(
    ("attention", "title", "step"),
    [
        (drift("untracked", "0", "12"), "COST: broker holds 12, trades explain 0", Step.EXPLAIN),
        (drift("quantity", "100", "97"), "COST: trades hold 100, broker 97", Step.EXPLAIN),
        (drift("not_at_broker", "100", "0"), "COST: not at broker", Step.EXPLAIN),
        (drift("untracked", "0", "-5"), "COST: broker holds −5, trades explain 0", Step.EXPLAIN),
    ],
)
def test_drift_says_both_quantities_and_what_to_do(
    attention: Attention, title: str, step: Step
) -> None:
    (item,) = attention_items(attention)
    assert (item.title, item.step, item.severe) == (title, step, True)
    assert item.advice


def test_every_kind_is_told_and_the_severe_stand_first() -> None:
    attention = Attention(
        drift=(),
        unmatched=(UnmatchedRow("u", None, "AAPL", "sell", D(3), D(9), 1, "nothing to close"),),
        reviews=(ReviewRow("r", "symbol_change", "META", "FB", "FB became META."),),
        orders=(
            TroubledOrderRow("o1", "AAPL", "buy", "rejected", D(5), None, 1, 0, "t1", "no money"),
            TroubledOrderRow("o2", "AAPL", "buy", "new", None, D(500), 1, 3, None, None),
        ),
        intents=(IntentRow("i", "close", "unknown", "AAPL", "sell", D(1), None, 1, "", "t1",
                           "market", None, "day"),),
        set_aside=(SetAsideRow("order", "x", "qty is no number", 1),),
    )
    items = attention_items(attention, settling=("TSLA",))
    titles = [item.title for item in items]
    assert set(titles) == {
        "AAPL: unmatched exit, sell 3 at $9.00",
        "META: symbol change",
        "AAPL: order rejected (buy 5)",
        "AAPL: order unknown at broker (buy $500.00)",
        "AAPL: outcome unknown (close sell 1)",
        "1 row of the broker set aside",
        "TSLA: settling",
    }
    severe = [item.severe for item in items]
    assert severe == sorted(severe, reverse=True)
    assert len({item.key for item in items}) == len(items)
    assert "no money" in next(item for item in items if "rejected" in item.title).advice


def test_nothing_to_say_is_nothing() -> None:
    assert attention_items(EMPTY) == ()
