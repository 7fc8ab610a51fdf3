"""Why we and the broker hold different quantities: explanations from the facts, ranked.

Each says what speaks for it, and which decision would settle it. Nothing here decides anything.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from operator import attrgetter

from tradesync.domain.chains import build_chains
from tradesync.domain.conclusions import Conclusions, Records, TradeStatus
from tradesync.domain.facts import AccountState, Activity, Execution, Position
from tradesync.domain.money import ZERO, divided, plain
from tradesync.domain.ours import Resolution, ResolutionKind
from tradesync.domain.reconcile import DriftRecord, open_holdings
from tradesync.domain.times import Instant, format_instant

COIN_FEE = Decimal("0.003")
_SPLIT_TERMS = 20
"""Ratios n:m with both terms up to this are taken for splits."""
_COST_AGREES = Decimal("0.01")


class Reason(StrEnum):
    """What may be behind a difference."""

    LATE_EXECUTIONS = "late executions"
    CLOSED_ELSEWHERE = "closed elsewhere"
    SPLIT = "probable split"
    COIN_FEE = "fee in the coin"
    TRANSFER = "transfer"
    METHOD = "method difference"
    RESET = "reset account"
    OTHER_ACCOUNT = "keys of another account"
    BEFORE_HISTORY = "bought before the history read"


class Fix(StrEnum):
    """What a person may do about it. `wait`: nothing is needed."""

    WAIT = "wait"
    IMPORT = "import"
    CLOSE = "close"
    SPLIT = "split"
    TRANSFER = "transfer"
    IGNORE = "ignore"
    REBIND = "rebind"


@dataclass(frozen=True, slots=True)
class Explanation:
    """One possible reason, how well the facts support it (0–100), and the fixes that fit it."""

    reason: Reason
    weight: int
    evidence: str
    fixes: tuple[Fix, ...]


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is known about one account when a difference is looked at."""

    records: Records
    """Of the instruments that drift; others do no harm."""
    conclusions: Conclusions
    """Their provisional executions, and every open trade of the account."""
    positions: tuple[Position, ...]
    state: AccountState | None
    drifting: int
    """How many instruments drift."""
    today: date
    """The New York date it is looked at."""
    first_execution_at: Instant | None
    """The account's first; None: none was read."""


@dataclass(frozen=True, slots=True)
class DriftExplained:
    """An open drift record, its explanations (best first), and who leaves it alone until when."""

    record: DriftRecord
    explanations: tuple[Explanation, ...]
    ignored: Resolution | None
    """The decision that leaves it alone today; None: it is an open question."""

    @property
    def gap(self) -> Decimal:
        """What the broker holds more than we do."""
        return self.record.broker_qty - self.record.our_qty


def explain(record: DriftRecord, known: Evidence) -> DriftExplained:
    """All explanations the facts support, best first."""
    found = [one for rule in _RULES if (one := rule(record, known)) is not None]
    found.sort(key=lambda one: (-one.weight, one.reason))
    return DriftExplained(record, tuple(found), _ignoring(record, known))


def _ignoring(record: DriftRecord, known: Evidence) -> Resolution | None:
    """The decision to leave just this difference alone, to the end of its last New York day.

    A difference of another size is a new question.
    """
    standing = [
        item
        for item in known.records.resolutions
        if item.kind is ResolutionKind.IGNORE
        and item.instrument == record.instrument
        and item.broker_qty - item.our_qty == record.broker_qty - record.our_qty
        and item.until is not None
        and item.until >= known.today
    ]
    return max(standing, key=attrgetter("until", "created_at"), default=None)


def _late_executions(record: DriftRecord, known: Evidence) -> Explanation | None:
    """An order filled more than its executions say, or one that fills right now."""
    orders = [o for o in known.records.orders if o.instrument == record.instrument]
    chains = [c for c in build_chains(orders).chains if not c.has_ended]
    late = [
        row for row in known.conclusions.provisional
        if any(order.order_id == row.order_id for order in orders)
    ]  # fmt: skip
    if late:
        missing = sum((row.qty for row in late), ZERO)
        text = f"{len(late)} orders filled {plain(missing)} more than their executions show so far"
        return Explanation(Reason.LATE_EXECUTIONS, 90, text, (Fix.WAIT,))
    filling = [c for c in chains if c.current.status == "partially_filled"]
    if filling:
        text = f"{len(filling)} orders of {record.symbol} are filling right now"
        return Explanation(Reason.LATE_EXECUTIONS, 50, text, (Fix.WAIT,))
    return None


def _closed_elsewhere(record: DriftRecord, known: Evidence) -> Explanation | None:
    ours, theirs = record.our_qty, record.broker_qty
    if not ours or abs(theirs) >= abs(ours) or ours * theirs < 0:
        return None
    gone = plain(abs(ours - theirs))
    last = max((row.at for row in _executions(record, known)), default=None)
    since = f"since the last execution at {format_instant(last)}" if last is not None else "ever"
    text = (
        f"the broker holds {plain(abs(theirs))} of our {plain(abs(ours))}: {gone} left, and no "
        f"execution of it was read {since}"
    )
    weight = 60 if not theirs else 55
    return Explanation(Reason.CLOSED_ELSEWHERE, weight, text, (Fix.CLOSE, Fix.IGNORE))


def _split(record: DriftRecord, known: Evidence) -> Explanation | None:
    """n:m in small terms, with the broker's cost unchanged: shares came for no money."""
    ratio = split_ratio(record.our_qty, record.broker_qty)
    if ratio is None:
        return None
    cost = _open_cost(record, known)
    stated = next((p for p in known.positions if p.instrument == record.instrument), None)
    basis = abs(stated.cost_basis) if stated is not None and stated.cost_basis else None
    agrees = basis is not None and cost and abs(basis - cost) <= cost * _COST_AGREES
    added, removed = ratio
    text = f"the broker holds {added} for every {removed} of ours"
    text += ", at the same total cost" if agrees else ", though its cost differs from ours"
    weight = 85 if agrees else 25
    return Explanation(Reason.SPLIT, weight, text, (Fix.SPLIT, Fix.WAIT))


def split_ratio(ours: Decimal, theirs: Decimal) -> tuple[int, int] | None:
    """(n, m) when the broker holds n for every m of ours, both small; None otherwise."""
    if not ours or not theirs or ours * theirs < 0:
        return None
    top, bottom = (theirs / ours).as_integer_ratio()
    if (top, bottom) == (1, 1) or max(top, bottom) > _SPLIT_TERMS:
        return None
    return top, bottom


def _coin_fee(record: DriftRecord, known: Evidence) -> Explanation | None:
    is_coin = any(
        item.key == record.instrument and item.asset_class == "crypto"
        for item in known.records.instruments
    )
    missing = record.our_qty - record.broker_qty
    if not is_coin or missing <= 0 or not record.our_qty:
        return None
    part = divided(missing, record.our_qty)
    is_small = part <= COIN_FEE
    text = f"{plain(missing)} of the coin is missing, {plain(part * 100)} % of what we hold"
    return Explanation(Reason.COIN_FEE, 80 if is_small else 10, text, (Fix.WAIT, Fix.CLOSE))


def _transfer(record: DriftRecord, known: Evidence) -> Explanation | None:
    """Rows of transfers the account knows; else shares that came or went without any order."""
    rows = [row for row in known.records.activities if _is_transfer(row, record.symbol)]
    if rows:
        days = ", ".join(sorted({str(row.day) for row in rows}))
        text = f"the account has transfer rows about {record.symbol} on {days}"
        return Explanation(Reason.TRANSFER, 70, text, (Fix.TRANSFER, Fix.WAIT))
    text = f"{plain(abs(record.broker_qty - record.our_qty))} moved without an order or a row"
    return Explanation(Reason.TRANSFER, 20, text, (Fix.TRANSFER, Fix.IGNORE))


def _before_history(record: DriftRecord, known: Evidence) -> Explanation | None:
    if abs(record.broker_qty) <= abs(record.our_qty):
        return None
    complete = known.records.history_complete
    text = "every fact since the account was opened is read, and none explains it"
    if not complete:
        text = "the history read does not reach back to the opening of the account"
    return Explanation(Reason.BEFORE_HISTORY, 30 if complete else 75, text, (Fix.IMPORT,))


def _reset(_record: DriftRecord, known: Evidence) -> Explanation | None:
    """The account is younger than our first fact of it."""
    first = known.first_execution_at
    opened: Instant | None = known.state.created_at if known.state is not None else None
    if first is None or opened is None or opened <= first:
        return None
    text = f"the account was opened {format_instant(opened)}, after our first execution"
    return Explanation(Reason.RESET, 95, text, (Fix.REBIND,))


def _other_account(_record: DriftRecord, known: Evidence) -> Explanation | None:
    """Nothing agrees: the keys may open another account than the one on record."""
    ours = open_holdings(known.conclusions.trades)
    if len(ours) < 2 or known.drifting < len(ours):
        return None
    held = {row.instrument: row.qty for row in known.positions}
    if any(held.get(key) == one.qty for key, one in ours.items()):
        return None
    text = f"none of the {len(ours)} instruments we hold is held by the broker as we hold it"
    return Explanation(Reason.OTHER_ACCOUNT, 40, text, (Fix.REBIND,))


def _executions(record: DriftRecord, known: Evidence) -> list[Execution]:
    orders = {o.order_id for o in known.records.orders if o.instrument == record.instrument}
    return [row for row in known.records.executions if row.order_id in orders]


def _open_cost(record: DriftRecord, known: Evidence) -> Decimal:
    return sum(
        (
            trade.open_cost
            for trade in known.conclusions.trades
            if trade.instrument == record.instrument and trade.status is TradeStatus.OPEN
        ),
        ZERO,
    )


def _is_transfer(row: Activity, symbol: str) -> bool:
    kinds = {"ACATS", "ACATC", "JNLS", "JNL", "TRANS", "FOPT", "OCT"}
    return row.activity_type in kinds and row.symbol == symbol


_RULES: tuple[Callable[[DriftRecord, Evidence], Explanation | None], ...] = (
    _late_executions, _closed_elsewhere, _split, _coin_fee, _transfer, _before_history, _reset,
    _other_account,
)  # fmt: skip
