"""Lots and what closed them, as other lot methods match them anew (domain/what_if.py)."""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa

from tradesync.domain.sums import REALIZES_NOTHING
from tradesync.domain.what_if import Acquired, Disposed
from tradesync.store.database import Tx


@dataclass(frozen=True, slots=True)
class FillTables:
    """Columns are the fields of `Acquired` and of `Disposed`, instants as nanoseconds."""

    acquired: pa.Table
    disposed: pa.Table

    def fills(self) -> tuple[Acquired | Disposed, ...]:
        """The rows as the domain takes them; slow for many, so not while the record is open."""
        acquired = zip(*(column.to_pylist() for column in self.acquired.columns), strict=True)
        disposed = zip(*(column.to_pylist() for column in self.disposed.columns), strict=True)
        return (
            *(Acquired(*row) for row in acquired),
            *(Disposed(*row) for row in disposed),
        )


_SIDE = "CASE t.side WHEN 'short' THEN -1 ELSE 1 END"
_ACQUIRED = f"""
SELECT l.lot_id, l.instrument, {_SIDE} AS side, l.opened_at, l.qty,
    CASE WHEN l.basis_known THEN l.cost END AS cost
FROM lots l JOIN trade_rows t ON t.account_id = $1 AND t.trade_id = l.trade_id
WHERE l.account_id = $1
"""  # noqa: S608 (constants)

_DISPOSED = f"""
WITH closings AS (
    SELECT a.*, {_SIDE} AS side, a.is_fee OR list_contains($2, a.source_kind) AS stays
    FROM allocations a JOIN trade_rows t ON t.account_id = $1 AND t.trade_id = a.trade_id
    WHERE a.account_id = $1
)
SELECT source_id, instrument, side, min("at") AS "at", CAST(sum(qty) AS DECIMAL(38,12)) AS qty,
    CASE WHEN count(value) = count(*) THEN CAST(sum(value) AS DECIMAL(38,12)) END AS value,
    CAST(NULL AS VARCHAR) AS lot_id
FROM closings WHERE NOT stays GROUP BY source_id, instrument, side
UNION ALL
SELECT source_id, instrument, side, "at", qty, NULL, lot_id FROM closings WHERE stays
"""  # noqa: S608 (constants)


def fill_tables(tx: Tx, account_id: str) -> FillTables:
    """Every lot of the account, and what each exit closed (as `what_if.fills_of` has it)."""
    kinds = [str(kind) for kind in sorted(REALIZES_NOTHING)]
    return FillTables(tx.arrow(_ACQUIRED, [account_id]), tx.arrow(_DISPOSED, [account_id, kinds]))
