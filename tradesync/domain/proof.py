"""Proof of the books: cash and quantities from our own facts, day by day, against the broker's.

Independent of the ledger's booking: it adds up executions and dated rows, nothing else, so that
a mistake in lots or allocations cannot hide here.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from tradesync.domain.activities import is_money_only
from tradesync.domain.amendments import BUST, CORRECTION, amend_executions, standing_activities
from tradesync.domain.conclusions import Records
from tradesync.domain.facts import AccountState, Execution, Position
from tradesync.domain.money import ZERO, at_scale, times
from tradesync.domain.money_rows import KIND_OF_TYPE
from tradesync.domain.sequence import distinct
from tradesync.domain.symbols import SymbolIndex
from tradesync.domain.times import new_york_date

ROUNDING_PER_FILL = Decimal("0.005")
"""USD a broker's rounding of one fill to the cent may hide."""

_COIN_SALE_FEE = Decimal("0.003")


class Difference(StrEnum):
    """The named reasons why two sums differ."""

    ROUNDING = "rounding"
    PROVISIONAL = "executions not booked yet"
    COIN_FEE = "coin fee not booked yet"
    BEFORE_HISTORY = "before the history read"
    OBSERVED = "imported or decided, without a fact"
    UNEXPLAINED = "unexplained"


@dataclass(frozen=True, slots=True)
class Day:
    """One New York day: what moved (USD by kind, signed units by instrument) and what it left."""

    day: date
    flows: Mapping[str, Decimal]
    moved: Mapping[str, Decimal]
    cash: Decimal
    held: Mapping[str, Decimal]
    equity: Decimal | None
    """The broker's, at the end of the day; None where no snapshot is stored."""
    market_value: Decimal | None
    """What that equity leaves for holdings: equity less our cash."""


@dataclass(frozen=True, slots=True)
class Line:
    """One amount the broker states, ours, and the named parts of the difference."""

    subject: str
    """cash, equity, or an instrument's symbol."""
    ours: Decimal
    theirs: Decimal
    parts: Mapping[Difference, Decimal]

    @property
    def difference(self) -> Decimal:
        """What the broker states more."""
        return self.theirs - self.ours

    @property
    def is_proved(self) -> bool:
        """Whether nothing is left unexplained."""
        return not self.parts.get(Difference.UNEXPLAINED)


@dataclass(frozen=True, slots=True)
class Statement:
    """What the broker states at one reading, and its equity at the end of earlier days."""

    state: AccountState
    positions: tuple[Position, ...]
    equity_by_day: Mapping[date, Decimal]


@dataclass(frozen=True, slots=True)
class Proof:
    """Every day from the first fact on, and the lines of the latest statement."""

    days: tuple[Day, ...]
    lines: tuple[Line, ...]
    fills: int

    @property
    def is_proved(self) -> bool:
        """Whether every difference has a name."""
        return all(line.is_proved for line in self.lines)


@dataclass(frozen=True, slots=True)
class _Movement:
    day: date
    kind: str
    cash: Decimal
    instrument: str | None
    qty: Decimal


def prove(
    records: Records,
    of_order: Mapping[str, str],
    provisional: Iterable[Execution],
    ledger_held: Mapping[str, Decimal],
    statement: Statement,
) -> Proof:
    """Add up the facts and compare them with the statement.

    `of_order`: order id → instrument, of every order; `records` needs only those orders that tell
    symbols apart. `ledger_held`: signed open quantity by instrument as our trades have it;
    `provisional`: the executions inferred from order totals (they are no facts yet, and have a
    line of their own).
    """
    symbols = SymbolIndex(records.instruments, records.orders)
    movements = _movements(records, of_order, symbols)
    days = _days(movements, statement.equity_by_day)
    cash = days[-1].cash if days else ZERO
    held = days[-1].held if days else {}
    waiting = [_of_execution(row, of_order, symbols) for row in provisional]
    fills = len(records.executions)
    sales = _unbooked_coin_sales(records, movements)
    cash_line = _cash_line(records, cash, sales, waiting, statement.state.cash)
    lines = [cash_line]
    lines += _quantity_lines(held, waiting, ledger_held, statement, symbols)
    lines.append(_equity_line(cash_line, statement))
    return Proof(days, tuple(lines), fills)


def _movements(
    records: Records, of_order: Mapping[str, str], symbols: SymbolIndex
) -> list[_Movement]:
    executions, _ = distinct(records.executions)
    activities = standing_activities(records.activities)
    amended = amend_executions(executions, activities, of_order)
    found = [_of_execution(row, of_order, symbols) for row in amended.effective]
    for row in activities:
        if row.activity_type in {BUST, CORRECTION}:
            continue
        qty, key = ZERO, None
        if row.symbol and row.qty and not is_money_only(row, row.activity_type):
            qty, key = at_scale(row.qty), symbols.find_or_make(row.symbol).key
        kind = KIND_OF_TYPE.get(row.activity_type, row.activity_type.lower())
        found.append(_Movement(row.day, kind, at_scale(row.net_amount or ZERO), key, qty))
    return sorted(found, key=lambda item: item.day)


def _of_execution(
    row: Execution, of_order: Mapping[str, str], symbols: SymbolIndex
) -> _Movement:
    own = of_order.get(row.order_id, "")
    instrument = symbols.known(own) if own else symbols.find_or_make(row.symbol)
    qty = row.qty if row.side == "buy" else -row.qty
    money = times(qty, row.price) * instrument.multiplier
    return _Movement(new_york_date(row.at), "trades", -money, instrument.key, qty)


def _days(movements: Iterable[_Movement], equity: Mapping[date, Decimal]) -> tuple[Day, ...]:
    by_day: dict[date, list[_Movement]] = defaultdict(list)
    for item in movements:
        by_day[item.day].append(item)
    cash = ZERO
    held: dict[str, Decimal] = {}
    found = []
    for day in sorted(by_day):
        flows: dict[str, Decimal] = defaultdict(Decimal)
        moved: dict[str, Decimal] = defaultdict(Decimal)
        for item in by_day[day]:
            flows[item.kind] += item.cash
            cash += item.cash
            if item.instrument is not None:
                moved[item.instrument] += item.qty
                held[item.instrument] = held.get(item.instrument, ZERO) + item.qty
        left = {key: qty for key, qty in held.items() if qty}
        stated = equity.get(day)
        value = None if stated is None else stated - cash
        found.append(Day(day, dict(flows), dict(moved), cash, left, stated, value))
    return tuple(found)


def _cash_line(
    records: Records,
    cash: Decimal,
    sales: Decimal,
    waiting: Iterable[_Movement],
    stated: Decimal,
) -> Line:
    fills = len(records.executions)
    parts: dict[Difference, Decimal] = {}
    pending = sum((item.cash for item in waiting), ZERO)
    rest = _name(parts, Difference.PROVISIONAL, pending, stated - cash)
    if rest and not records.history_complete:
        rest = _name(parts, Difference.BEFORE_HISTORY, rest, rest)
    if sales and -sales * _COIN_SALE_FEE - fills * ROUNDING_PER_FILL <= rest < ZERO:
        rest = _name(parts, Difference.COIN_FEE, rest, rest)
    return Line("cash", cash, stated, _rest(parts, rest, fills))


def _unbooked_coin_sales(records: Records, movements: Iterable[_Movement]) -> Decimal:
    """What coin sales brought since the day of the last coin fee row: their fee comes at night."""
    coins = {item.key for item in records.instruments if item.asset_class == "crypto"}
    booked = [row.day for row in records.activities if row.activity_type == "CFEE"]
    last = max(booked, default=date.min)
    return sum(
        (
            item.cash
            for item in movements
            if item.instrument in coins and item.cash > 0 and item.day > last
        ),
        ZERO,
    )


def _quantity_lines(
    held: Mapping[str, Decimal],
    waiting: Iterable[_Movement],
    ledger_held: Mapping[str, Decimal],
    statement: Statement,
    symbols: SymbolIndex,
) -> list[Line]:
    theirs: dict[str, Decimal] = defaultdict(Decimal)
    names = {row.instrument: row.symbol for row in statement.positions}
    for row in statement.positions:
        theirs[row.instrument] += row.qty
    pending: dict[str, Decimal] = defaultdict(Decimal)
    for item in waiting:
        pending[item.instrument or ""] += item.qty
    found = []
    for key in sorted(held.keys() | theirs.keys() | ledger_held.keys()):
        ours, stated = held.get(key, ZERO), theirs.get(key, ZERO)
        if not ours and not stated and not ledger_held.get(key):
            continue
        parts: dict[Difference, Decimal] = {}
        rest = _name(parts, Difference.PROVISIONAL, pending.get(key, ZERO), stated - ours)
        ledgered = ledger_held.get(key, ZERO) - ours - pending.get(key, ZERO)
        is_fee = "/" in key and ledgered < 0
        why = Difference.COIN_FEE if is_fee else Difference.OBSERVED
        rest = _name(parts, why, ledgered, rest)
        if rest:
            parts[Difference.UNEXPLAINED] = rest
        symbol = names[key] if key in names else symbols.known(key).symbol
        found.append(Line(symbol, ours, stated, parts))
    return found


def _equity_line(cash: Line, statement: Statement) -> Line:
    """Equity as cash and positions add up to it; what cash lacks it lacks too.

    Cash, every position's value and equity itself may each be rounded once more.
    """
    value = sum((row.market_value or ZERO for row in statement.positions), ZERO)
    ours = cash.ours + value
    rest = statement.state.equity - ours
    parts: dict[Difference, Decimal] = {}
    for why, amount in cash.parts.items():
        rest = _name(parts, why, amount, rest)
    roundings = len(statement.positions) + 2
    return Line("equity", ours, statement.state.equity, _rest(parts, rest, roundings))


def _name(
    parts: dict[Difference, Decimal], why: Difference, amount: Decimal, rest: Decimal
) -> Decimal:
    """Take a named part out of what is left to explain."""
    if amount:
        parts[why] = amount
    return rest - amount


def _rest(
    parts: dict[Difference, Decimal], rest: Decimal, roundings: int
) -> Mapping[Difference, Decimal]:
    """What is left is rounding up to half a cent for each rounding, else unexplained."""
    if rest:
        is_rounding = abs(rest) <= ROUNDING_PER_FILL * roundings
        why = Difference.ROUNDING if is_rounding else Difference.UNEXPLAINED
        parts[why] = parts.get(why, ZERO) + rest
    return {why: amount for why, amount in parts.items() if amount}
