"""Which of two snapshots of one order is the later one (design rule 10)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.domain.make import at, order
from tradesync.domain.freshness import later_snapshot, says_the_same

OLD = order(status="new", updated_at=at(10), filled=5, read_at=at(20))


@pytest.mark.parametrize(
    ("changed", "is_later"),
    [
        ({"updated_at": at(10) + 1}, True),
        ({"updated_at": at(10) + 1, "filled_qty": 1, "read_at": at(0)}, True),
        ({"updated_at": at(10) - 1, "filled_qty": 9, "status": "filled", "read_at": at(99)}, False),
        ({"filled_qty": 6, "read_at": at(0)}, True),
        ({"filled_qty": 4, "status": "filled", "read_at": at(99)}, False),
        ({"status": "canceled", "read_at": at(0)}, True),
        ({"status": "accepted", "read_at": at(21)}, True),
        ({"status": "accepted", "read_at": at(19)}, False),
        ({"status": "accepted"}, False),
    ],
)
def test_time_then_quantity_then_an_end_then_the_later_read_decides(
    changed: dict[str, Any], is_later: bool
) -> None:
    seen = replace(OLD, **changed)
    assert later_snapshot(OLD, seen) is not seen
    assert later_snapshot(OLD, seen) == (seen if is_later else OLD)


@pytest.mark.parametrize("link", ["parent_id", "group_id", "group_role"])
def test_a_link_either_of_them_knew_is_kept(link: str) -> None:
    linked: dict[str, Any] = {link: "x"}
    newer = replace(OLD, updated_at=at(11))
    assert later_snapshot(replace(OLD, **linked), newer) == replace(newer, **linked)
    assert later_snapshot(newer, replace(OLD, **linked)) == replace(newer, **linked)
    other = replace(newer, **(linked | {link: "y"}))
    assert later_snapshot(replace(OLD, **linked), other) == other


def test_only_the_time_of_reading_may_differ() -> None:
    assert says_the_same(OLD, replace(OLD, read_at=at(99)))
    assert not says_the_same(OLD, replace(OLD, raw="[]"))
