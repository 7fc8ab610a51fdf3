"""What *Import from Broker* would do: the lots that explain what nothing else explains.

The plan is the ledger's own answer to "and if this had been observed?", so what is confirmed is
what was shown (design: First sync and import). The rule of the lot itself is in opening.py.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from hashlib import sha256

from tradesync.domain.conclusions import Conclusions, Lot, Records, Trade, TradeSide
from tradesync.domain.facts import Instrument, Position
from tradesync.domain.ledger import conclude
from tradesync.domain.money import ZERO, divided, plain, times
from tradesync.domain.ours import OpeningBalance
from tradesync.domain.reconcile import holdings
from tradesync.domain.times import Instant

MATCHES_TOTAL_COST = "matches the broker's total cost"
BROKER_AVERAGE = "the broker's average price"
GIVEN = "given"

_TRIAL = "plan:"

_NO_MATCH = (
    "Importing would not make it match: fills from after the positions were read are known. "
    "Sync, then look again."
)


@dataclass(frozen=True, slots=True)
class ImportLine:
    """One instrument of the plan. Quantities signed but `lot_qty`; prices in USD per unit."""

    instrument: str
    symbol: str
    asset_class: str
    broker_qty: Decimal
    explained_qty: Decimal
    missing_qty: Decimal
    """What the broker holds more than our trades explain; 0: explained."""
    avg_price: Decimal | None
    """The broker's average price as observed."""
    lot_side: TradeSide | None
    lot_qty: Decimal | None
    lot_price: Decimal | None
    price_basis: str
    note: str
    importable: bool
    reason: str
    """Why it cannot be imported; empty when it can."""


@dataclass(frozen=True, slots=True)
class ImportPlan:
    """The lines of one account, by symbol. `token`: equal for equal differences."""

    account_id: str
    observed_at: Instant
    lines: tuple[ImportLine, ...]
    token: str

    @property
    def importable(self) -> tuple[ImportLine, ...]:
        """The lines that would make a lot."""
        return tuple(line for line in self.lines if line.importable)


def plan_import(
    records: Records,
    positions: Iterable[Position],
    observed_at: Instant,
    price_overrides: Mapping[str, Decimal] | None = None,
) -> ImportPlan:
    """The plan for a settled, whole positions read that began at `observed_at` (broker time).

    `records` and `positions` may be of some instruments only, the same ones; `price_overrides`
    are by instrument, in USD per unit.
    """
    overrides = price_overrides or {}
    cases = _cases(conclude(records).trades, positions, overrides)
    trials = [
        _balance(case.position, observed_at, given=case.given)
        for case in cases
        if case.position is not None and _refusal(case) is None
    ]
    accepted = (*records.opening_balances, *trials)
    after = conclude(replace(records, opening_balances=accepted))
    lines = tuple(
        sorted(
            (_line(case, after) for case in cases), key=lambda line: (line.symbol, line.instrument)
        )
    )
    return ImportPlan(records.account_id, observed_at, lines, _token(records.account_id, lines))


def opening_balances(
    plan: ImportPlan,
    decision_ids: Mapping[str, str],
    created_at: Instant,
    overrides: Mapping[str, Decimal] | None = None,
) -> tuple[OpeningBalance, ...]:
    """What was observed, as decisions, for the importable lines that `decision_ids` names.

    `decision_ids` and `overrides` (prices per unit) by instrument.
    """
    prices = overrides or {}
    return tuple(
        OpeningBalance(
            decision_id=decision_ids[line.instrument],
            instrument=line.instrument,
            symbol=line.symbol,
            asset_class=line.asset_class,
            observed_at=plan.observed_at,
            qty=line.broker_qty,
            avg_price=line.avg_price,
            price_override=prices.get(line.instrument),
            created_at=created_at,
        )
        for line in plan.importable
        if line.instrument in decision_ids and line.avg_price is not None
    )


@dataclass(frozen=True, slots=True)
class _Case:
    """One instrument before and without the import. Quantities signed."""

    instrument: str
    our_qty: Decimal
    broker_qty: Decimal
    trades: tuple[Trade, ...]
    position: Position | None
    given: Decimal | None

    @property
    def missing(self) -> Decimal:
        return self.broker_qty - self.our_qty


def _cases(
    trades: Iterable[Trade], positions: Iterable[Position], overrides: Mapping[str, Decimal]
) -> list[_Case]:
    """Every instrument we or the broker hold."""
    holding: dict[str, list[Trade]] = {}
    for trade in trades:
        if trade.open_qty:
            holding.setdefault(trade.instrument, []).append(trade)
    ours = holdings(trade for rows in holding.values() for trade in rows)
    held = {row.instrument: row for row in positions}
    return [
        _Case(
            instrument=key,
            our_qty=ours.get(key, ZERO),
            broker_qty=held[key].qty if key in held else ZERO,
            trades=tuple(holding.get(key, ())),
            position=held.get(key),
            given=overrides.get(key),
        )
        for key in ours.keys() | held.keys()
    ]


def _refusal(case: _Case) -> str | None:
    """Why nothing is imported for an instrument; None when something is."""
    if not case.missing:
        return "Nothing is missing: our trades explain it."
    if case.position is None or abs(case.our_qty) > abs(case.broker_qty):
        return "Our trades hold more than the broker. Import only adds lots; it closes nothing."
    if case.our_qty and (case.our_qty > 0) != (case.broker_qty > 0):
        return "Our trades hold the other side. Import only adds lots; it closes nothing."
    return _refusal_of_price(case, case.position)


def _refusal_of_price(case: _Case, position: Position) -> str | None:
    """Why no price can be put on what is missing; None when one can."""
    if case.given is not None:
        return None if case.given >= 0 else "A price cannot be negative."
    if position.avg_entry_price <= 0:
        return "The broker states no price for it. Enter one."
    if _came_free(case, position):
        return (
            "The broker holds more at the same total cost: a split or stock dividend whose row "
            "is still to come. Wait for it, or enter a price to import it all the same."
        )
    return None


def _came_free(case: _Case, position: Position) -> bool:
    """Whether what is missing cost (nearly) nothing beside what we hold (scenario P24)."""
    if not case.trades or any(trade.open_qty != trade.qty for trade in case.trades):
        return False
    per_unit = position.avg_entry_price * _multiplier(position)
    our_cost = sum((trade.open_cost for trade in case.trades), ZERO)
    return abs(abs(position.qty) * per_unit - our_cost) <= abs(case.missing) * per_unit / 100


def _balance(position: Position, observed_at: Instant, given: Decimal | None) -> OpeningBalance:
    """The decision a line would become, for trying it out."""
    return OpeningBalance(
        decision_id=_TRIAL + position.instrument,
        instrument=position.instrument,
        symbol=position.symbol,
        asset_class=position.asset_class,
        observed_at=observed_at,
        qty=position.qty,
        avg_price=position.avg_entry_price,
        price_override=given,
        created_at=observed_at,
    )


def _line(case: _Case, after: Conclusions) -> ImportLine:
    """One line, with the lot the trial made."""
    position = case.position
    known = position or case.trades[0]
    line = ImportLine(
        instrument=case.instrument,
        symbol=known.symbol,
        asset_class=known.asset_class,
        broker_qty=case.broker_qty,
        explained_qty=case.our_qty,
        missing_qty=case.missing,
        avg_price=None if position is None else position.avg_entry_price,
        lot_side=None,
        lot_qty=None,
        lot_price=None,
        price_basis="",
        note="",
        importable=False,
        reason=_refusal(case) or "",
    )
    lot = _trial_lot(after, case.instrument)
    if line.reason or position is None:
        return line
    if lot is None or holdings(after.trades).get(case.instrument, ZERO) != case.broker_qty:
        return replace(line, reason=_NO_MATCH)
    return _with_lot(line, lot, position, case.given)


def _trial_lot(after: Conclusions, instrument: str) -> Lot | None:
    """The lot a trial made; None when the facts left nothing for it."""
    wanted = _TRIAL + instrument
    return next((lot for lot in after.lots if lot.source_id == wanted), None)


def _with_lot(line: ImportLine, lot: Lot, position: Position, given: Decimal | None) -> ImportLine:
    """The line with the lot it would create."""
    multiplier = _multiplier(position)
    basis = GIVEN
    if given is None:
        at_average = times(lot.qty, position.avg_entry_price) * multiplier
        basis = BROKER_AVERAGE if lot.cost == at_average else MATCHES_TOTAL_COST
    closed = lot.qty - lot.open_qty
    return replace(
        line,
        lot_side=TradeSide.LONG if position.qty > 0 else TradeSide.SHORT,
        lot_qty=lot.qty,
        lot_price=divided(lot.cost, lot.qty * multiplier),
        price_basis=basis,
        note=f"{plain(closed)} of it were closed by exits already known." if closed else "",
        importable=True,
    )


def _multiplier(position: Position) -> int:
    """Units of the underlying behind one of the position's quantity."""
    return Instrument(
        position.instrument, position.symbol, position.asset_id, position.asset_class
    ).multiplier


def _token(account_id: str, lines: Iterable[ImportLine]) -> str:
    """A digest of what differs; a fill both sides know of does not change it."""
    parts = [
        f"{line.instrument} {plain(line.broker_qty)} {plain(line.explained_qty)}"
        for line in lines
        if line.missing_qty
    ]
    return sha256("\n".join([account_id, *sorted(parts)]).encode()).hexdigest()
