"""Other lot methods are reckoned from the very lots and exits the ledger booked."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from pathlib import Path

from tests.views.closings import at, closed, short_tsla, store
from tests.web import seed
from tradesync.domain.what_if import Acquired, Disposed, Fill, LotMethod, fills_of
from tradesync.store.conclusions import load_conclusions
from tradesync.store.queries_what_if import fill_tables
from tradesync.views.what_if import method_lines

D = Decimal


def in_order(fills: Iterable[Fill]) -> list[str]:
    return sorted(map(repr, fills))


def test_the_rows_read_are_those_the_domain_takes_from_conclusions(tmp_path: Path) -> None:
    record = store(
        tmp_path,
        [
            closed(1, at(11, 2), "5"),
            closed(2, at(11, 3), None, opened_by="transfer"),
            short_tsla(3, at(11, 4), "-7"),
            closed(4, at(11, 5), None, kind="transfer"),
            closed(5, at(11, 5), None, is_fee=True),
        ],
    )
    with record.read() as tx:
        stored = load_conclusions(tx, seed.ACCOUNT)
        read = fill_tables(tx, seed.ACCOUNT).fills()
    assert len(read) == 10
    assert in_order(read) == in_order(fills_of(stored.trades, stored.lots, stored.allocations))


def test_methods_differ_in_the_range_and_match_what_came_before_it() -> None:
    """Bought at 10, 30 and 20; one sold for 25 before the range, one within it."""
    bought = [
        Acquired(f"lot-{cost}", "aapl", 1, day, D(1), D(cost))
        for day, cost in enumerate((10, 30, 20))
    ]
    sold = [Disposed(f"exit-{day}", "aapl", 1, day, D(1), D(25)) for day in (10, 20)]
    unknown = Disposed("exit-30", "aapl", 1, 30, D(1), None)
    found = {line.method: line for line in method_lines([*bought, *sold, unknown], since=15)}
    realized = {method: line.realized for method, line in found.items()}
    assert realized == {LotMethod.FIFO: -5, LotMethod.LIFO: -5, LotMethod.HIFO: 5}
    assert found[LotMethod.HIFO].difference == 10
    assert {line.unknown for line in found.values()} == {1}
