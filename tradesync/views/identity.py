"""The header's identity: what the account's equity is made of, each term with its parts.

net deposits + realized + floating + income − fees + unexplained = equity (design, *What the screen
owes its reader*). Some of what is unexplained has a name: what was imported or decided has no money
behind it. The rest are exits and holdings no trade accounts for, and what nothing accounts for.
All are whole cents, as they are shown: who adds them up must come to the equity.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum

from tradesync.domain.events import Kind
from tradesync.domain.money import ZERO
from tradesync.domain.money_rows import KIND_OF_TYPE, UNBOOKED, MoneyKind, types_of
from tradesync.domain.proof import ROUNDING_PER_FILL
from tradesync.domain.sums import REALIZES_NOTHING
from tradesync.store.database import Tx
from tradesync.store.queries import AccountFigures
from tradesync.store.queries_identity import (
    CoinFeeRow,
    HeldTotals,
    KindTotal,
    MoneyRow,
    MoneyTotal,
    brought_without_money,
    coin_fee_rows,
    execution_count,
    held_totals,
    left_without_money,
    money_rows,
    unmatched_money,
)

_ROWS = 500
_CENT = Decimal("0.01")
_SHOWN_ROUNDING = 10 * _CENT
"""What the terms' and their parts' own rounding to the cent may come to at most."""
_MOVED_IN_KIND = frozenset({Kind.TRANSFER})
_CORPORATE = frozenset({Kind.SPIN_OFF, Kind.REORGANISATION, Kind.STOCK_DIVIDEND})
_WITHOUT_MONEY = (*_MOVED_IN_KIND, *_CORPORATE, Kind.OPENING_BALANCE, Kind.DECISION)


class Term(StrEnum):
    """The terms of the identity, in the order they stand in it."""

    DEPOSITS = "Net deposits"
    REALIZED = "Realized"
    FLOATING = "Floating"
    INCOME = "Income"
    FEES = "Fees"
    UNEXPLAINED = "Unexplained"


@dataclass(frozen=True, slots=True)
class Part:
    """A named part of a term, in USD."""

    label: str
    amount: Decimal
    has_reason: bool = False
    """Of what is unexplained: whether a decision or a known gap of the record is its reason."""


@dataclass(frozen=True, slots=True)
class TermLine:
    """One term; its parts add up to its amount. Fees are the amount that is taken away."""

    term: Term
    amount: Decimal
    parts: tuple[Part, ...] = ()

    @property
    def without_reason(self) -> Decimal:
        """The part of it no reason is known for; of what is unexplained."""
        return sum((part.amount for part in self.parts if not part.has_reason), ZERO)


@dataclass(frozen=True, slots=True)
class Identity:
    """All terms in whole cents; they add up to `equity`."""

    equity: Decimal
    lines: tuple[TermLine, ...]

    def line(self, term: Term) -> TermLine:
        """One of the terms."""
        return next(line for line in self.lines if line.term is term)


@dataclass(frozen=True, slots=True)
class Sources:
    """What the identity is computed from; money in USD."""

    figures: AccountFigures
    realized: Decimal
    floating: Decimal
    money: tuple[MoneyTotal, ...]
    coin_fees: Decimal
    brought: tuple[KindTotal, ...]
    left: tuple[KindTotal, ...]
    held: HeldTotals
    unmatched: Decimal
    fills: int


@dataclass(frozen=True, slots=True)
class TermRows:
    """The rows a term came from, newest first, at most five hundred of a kind."""

    money: tuple[MoneyRow, ...]
    coin_fees: tuple[CoinFeeRow, ...]


def money_of(money: Iterable[MoneyTotal], *kinds: MoneyKind, recent: bool = False) -> Decimal:
    """The money of these kinds; `recent`: of the day alone."""
    chosen = (row for row in money if KIND_OF_TYPE.get(row.activity_type) in kinds)
    return sum((row.recent if recent else row.total for row in chosen), ZERO)


def identity_from(found: Sources) -> Identity:
    """The identity; what no other term accounts for is unexplained."""
    equity = found.figures.equity.quantize(_CENT)
    cash, moved = money_of(found.money, MoneyKind.DEPOSIT), _of_kinds(found, _MOVED_IN_KIND)
    deposits = _line(Term.DEPOSITS, [
        Part("Cash paid in less paid out", cash),
        Part("Securities moved in less moved out, at cost", moved),
    ])  # fmt: skip
    income = _line(Term.INCOME, [
        Part("Dividends", money_of(found.money, MoneyKind.DIVIDEND)),
        Part("Interest", money_of(found.money, MoneyKind.INTEREST)),
    ])  # fmt: skip
    fees = _line(Term.FEES, [
        Part("Charged in money", -money_of(found.money, MoneyKind.FEE)),
        Part("Taken in coins, at their cost", found.coin_fees),
    ])  # fmt: skip
    closed = Part("Closed trades, and what is closed of open ones", found.realized)
    realized = _line(Term.REALIZED, [closed])
    floating = _line(Term.FLOATING, [
        Part("Open trades, at their latest prices", found.floating),
        Part("The same holdings, at the prices of the account's equity", _repriced(found)),
    ])  # fmt: skip
    told = equity - deposits.amount - realized.amount - floating.amount
    told += fees.amount - income.amount
    unexplained = _line(Term.UNEXPLAINED, _unexplained(found, told))
    return Identity(equity, (deposits, realized, floating, income, fees, unexplained))


def _line(term: Term, parts: list[Part]) -> TermLine:
    cents = (replace(part, amount=part.amount.quantize(_CENT)) for part in parts)
    kept = tuple(part for part in cents if part.amount)
    return TermLine(term, sum((part.amount for part in kept), ZERO), kept)


def _of_kinds(found: Sources, kinds: frozenset[Kind]) -> Decimal:
    rows = (row for row in (*found.brought, *found.left) if row.source_kind in kinds)
    return sum((row.amount for row in rows), ZERO)


def _unexplained(found: Sources, amount: Decimal) -> list[Part]:
    """What makes up the unexplained amount, its reasons last."""
    parts = [*_without_reason(found), *_with_reason(found)]
    rest = amount - sum((part.amount.quantize(_CENT) for part in parts), ZERO)
    if abs(rest) < ROUNDING_PER_FILL * max(1, found.fills) + _SHOWN_ROUNDING:
        return [*parts, Part("Rounding to the cent", rest, has_reason=True)]
    return [Part("Nothing on record accounts for it", rest), *parts]


def _with_reason(found: Sources) -> list[Part]:
    """Differences that have a name, in the order they are told."""
    decided = _of_kinds(found, frozenset({Kind.DECISION}))
    known = (*_MOVED_IN_KIND, *_CORPORATE, Kind.OPENING_BALANCE, Kind.DECISION)
    others = sum((row.amount for row in found.left if row.source_kind not in known), ZERO)
    imported = _of_kinds(found, frozenset({Kind.OPENING_BALANCE}))
    return [
        Part("Imported positions, at cost", imported, has_reason=True),
        Part("Decided by a person, without money", decided, has_reason=True),
        Part("Mergers, spin-offs and the like", _of_kinds(found, _CORPORATE), has_reason=True),
        Part("Closings of unknown profit or loss", others, has_reason=True),
        Part("Other rows of money", _unbooked(found.money), has_reason=True),
    ]


def _without_reason(found: Sources) -> list[Part]:
    """What the broker holds or sold and no trade of ours accounts for."""
    held = found.held
    otherwise = _broker_holds(found) - held.trades_value - held.unvalued_cost - held.repriced
    return [
        Part("Held otherwise than trades say", otherwise),
        Part("Exits that no trade explains", found.unmatched),
    ]


def _unbooked(money: Iterable[MoneyTotal]) -> Decimal:
    return sum((row.total for row in money if row.activity_type in UNBOOKED), ZERO)


def _broker_holds(found: Sources) -> Decimal:
    """The worth of the broker's positions, as the account states it where one has no value."""
    stated = found.figures.long_market_value + found.figures.short_market_value
    return stated if found.held.positions_unknown else found.held.positions_value


def _repriced(found: Sources) -> Decimal:
    """What the same holdings are worth by the account's figures less by our trades' prices."""
    stated = found.figures.long_market_value + found.figures.short_market_value
    return stated - _broker_holds(found) + found.held.repriced


def read_sources(
    tx: Tx,
    account_id: str,
    figures: AccountFigures,
    *,
    realized: Decimal,
    floating: Decimal,
    money: tuple[MoneyTotal, ...],
    coin_fees: Decimal,
) -> Sources:
    """What the identity needs beside what the account's figures have read already."""
    return Sources(
        figures=figures,
        realized=realized,
        floating=floating,
        money=money,
        coin_fees=coin_fees,
        brought=brought_without_money(tx, account_id, _WITHOUT_MONEY),
        left=left_without_money(tx, account_id, _WITHOUT_MONEY, sorted(REALIZES_NOTHING)),
        held=held_totals(tx, account_id),
        unmatched=unmatched_money(tx, account_id),
        fills=execution_count(tx, account_id),
    )


_ROW_KINDS = {
    Term.DEPOSITS: (MoneyKind.DEPOSIT,),
    Term.INCOME: (MoneyKind.DIVIDEND, MoneyKind.INTEREST),
    Term.FEES: (MoneyKind.FEE,),
}


def read_term_rows(tx: Tx, account_id: str, term: Term) -> TermRows:
    """The broker's rows a term came from; trades and names have pages and parts of their own."""
    types = sorted(UNBOOKED) if term is Term.UNEXPLAINED else types_of(*_ROW_KINDS.get(term, ()))
    money = money_rows(tx, account_id, types, _ROWS) if types else ()
    coin_fees = coin_fee_rows(tx, account_id, _ROWS) if term is Term.FEES else ()
    return TermRows(money, coin_fees)
