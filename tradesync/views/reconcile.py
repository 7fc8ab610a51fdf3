"""The Reconcile page's read models: differences, decisions, and what was set aside."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from tradesync.domain.times import Instant, new_york_date
from tradesync.store import facts
from tradesync.store.database import Tx
from tradesync.store.queries import HoldingRow, PositionRow, holding_rows, position_rows
from tradesync.store.queries_activity import (
    DecisionRow,
    DriftRow,
    ImportedRow,
    ReviewRow,
    SetAsideRow,
    UnmatchedRow,
    decision_rows,
    drift_rows,
    imported_rows,
    review_rows,
    set_aside_rows,
    unmatched_rows,
)

_MOST = 500
HALF_A_CENT = Decimal("0.005")


@dataclass(frozen=True, slots=True)
class MethodDifference:
    """One instrument both sides hold alike and count otherwise; money in USD.

    Ours is first in, first out, the broker's an average: what one counts as realized, the other
    counts as floating.
    """

    symbol: str
    qty: Decimal
    our_cost: Decimal
    broker_cost: Decimal

    @property
    def floating_more(self) -> Decimal:
        """How much more the broker counts as floating (and less as realized)."""
        return self.our_cost - self.broker_cost


@dataclass(frozen=True, slots=True)
class Differences:
    """What differs from the broker, what a person decided about it, and which record says so."""

    revision: int
    """The account's revision: moves with every fact, intent and decision."""
    drift: tuple[DriftRow, ...]
    ignored: tuple[DriftRow, ...]
    settling: tuple[str, ...]
    methods: tuple[MethodDifference, ...]
    decisions: tuple[DecisionRow, ...]
    imported: tuple[ImportedRow, ...]


@dataclass(frozen=True, slots=True)
class RecordsToLookAt:
    """Rows a person should look at; they block nothing."""

    reviews: tuple[ReviewRow, ...]
    unmatched: tuple[UnmatchedRow, ...]
    set_aside: tuple[SetAsideRow, ...]


def method_differences(
    positions: tuple[PositionRow, ...], holdings: tuple[HoldingRow, ...]
) -> tuple[MethodDifference, ...]:
    """Where quantities agree and costs do not, in the order of the positions.

    The broker rounds its average: under half a cent nothing is said.
    """
    ours = {holding.instrument: holding for holding in holdings}
    found = []
    for row in positions:
        held = ours.get(row.instrument)
        if held is not None and row.cost_basis is not None and held.qty == row.qty:
            found.append(MethodDifference(row.symbol, row.qty, held.cost, row.cost_basis))
    return tuple(each for each in found if abs(each.floating_more) >= HALF_A_CENT)


def _unlike(
    positions: tuple[PositionRow, ...], holdings: tuple[HoldingRow, ...]
) -> dict[str, str]:
    """Instrument → symbol of what both sides hold differently."""
    ours = {holding.instrument: holding for holding in holdings}
    found = {
        row.instrument: row.symbol
        for row in positions
        if row.instrument not in ours or ours[row.instrument].qty != row.qty
    }
    held = {row.instrument for row in positions}
    return found | {key: one.symbol for key, one in ours.items() if key not in held and one.qty}


def read_differences(tx: Tx, account_id: str, now: Instant) -> Differences:
    """Everything that differs, lasting, settling or ignored, and the decisions that stand."""
    positions, holdings = position_rows(tx, account_id), holding_rows(tx, account_id)
    drift = drift_rows(tx, account_id, new_york_date(now))
    known = {row.instrument for row in drift}
    unlike = _unlike(positions, holdings)
    return Differences(
        revision=facts.revision(tx, account_id),
        drift=tuple(row for row in drift if row.ignored_until is None),
        ignored=tuple(row for row in drift if row.ignored_until is not None),
        settling=tuple(sorted(unlike[key] for key in unlike if key not in known)),
        methods=method_differences(positions, holdings),
        decisions=decision_rows(tx, account_id),
        imported=imported_rows(tx, account_id),
    )


def read_records(tx: Tx, account_id: str) -> RecordsToLookAt:
    """Review items, unmatched exits and rows set aside, newest first."""
    return RecordsToLookAt(
        reviews=review_rows(tx, account_id, _MOST),
        unmatched=unmatched_rows(tx, account_id, _MOST),
        set_aside=set_aside_rows(tx, account_id, _MOST),
    )


def read_revision(tx: Tx, account_id: str) -> int:
    """The account's revision."""
    return facts.revision(tx, account_id)


def read_instruments(tx: Tx, account_id: str) -> dict[str, str]:
    """Instrument → symbol, of everything the account ever met."""
    return {item.key: item.symbol for item in facts.load_instruments(tx, account_id)}
