"""What dated broker rows do to quantities: transfers, option events, corporate actions (rule 11).

Rows of money alone (dividends, interest, deposits, fees) move no quantity. Rows stand at 00:00
New York of their date; option events, which follow a day's trading, when they were booked on
their date, else at its end.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from operator import attrgetter

from tradesync.domain.booking import NO_MONEY
from tradesync.domain.conclusions import Review
from tradesync.domain.corporate import Split, pair_splits
from tradesync.domain.events import LONG, SHORT, Arrival, Departure, Event, Fill, Grow, Kind
from tradesync.domain.facts import Activity, Instrument
from tradesync.domain.findings import review
from tradesync.domain.identity import trade_id
from tradesync.domain.money import ZERO, at_scale, plain, times
from tradesync.domain.roles import FIFO, Role
from tradesync.domain.sequence import SortKey
from tradesync.domain.symbols import SymbolIndex
from tradesync.domain.times import Instant, day_end, new_york_date, new_york_midnight

_OLD_NAMES = {"OPXRC": "OPEXC", "SSP": "SPLIT", "SC": "NC", "SSO": "SPIN"}
_TRANSFERS = frozenset({"ACATC", "ACATS", "JNL", "JNLS", "TRANS", "FOPT", "OCT"})
_OPTION_ENDS = {"OPEXP": Kind.EXPIRY, "OPEXC": Kind.EXERCISE, "OPASN": Kind.ASSIGNMENT}
_EXCHANGES = frozenset({"MA", "NC", "SPIN", "OPCA", "REO", "REORG", "VOF", "EXTRD"})
_UNIT_SPLIT = "USPLIT"
"""A unit falls apart into other instruments: an exchange, not a split."""
_MONEY_ONLY = frozenset(
    {
        "DIV", "DIVCGL", "DIVCGS", "DIVFEE", "DIVFT", "DIVNRA", "DIVROC", "DIVTW", "DIVTXEX",
        "DIVWH", "CGD", "INT", "INTNRA", "INTTW", "INTPNL", "FEE", "CSD", "CSW", "JNLC", "PTC",
        "PTR", "OPCSH", "MISC", "MEM", "WH", "SWP", "FXTRD", "TRADE_BUST", "TRADE_CORRECT",
    }
)  # fmt: skip
"""Rows whose quantity, if any, only says what the money was paid for."""


@dataclass(slots=True)
class Happenings:
    """What activities mean for one instrument."""

    events: list[Event] = field(default_factory=list)
    splits: list[Split] = field(default_factory=list)
    coin_fees: list[Activity] = field(default_factory=list)
    reviews: list[Review] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Row:
    """A dated row that moves quantity, and whose."""

    account_id: str
    activity: Activity
    qty: Decimal
    instrument: Instrument

    @property
    def midnight(self) -> SortKey:
        """Where dated rows stand."""
        at = new_york_midnight(self.activity.day)
        return (at, "", ZERO, self.activity.activity_id)

    @property
    def value(self) -> Decimal | None:
        """Quantity × price in money; None when the row has no price."""
        if self.activity.price is None:
            return None
        return times(abs(self.qty), self.activity.price) * self.instrument.multiplier


def read_activities(
    account_id: str, activities: Collection[Activity], symbols: SymbolIndex
) -> dict[str, Happenings]:
    """Instrument key → what its dated rows do; unknown types do nothing but are listed."""
    found: dict[str, Happenings] = {}
    groups: dict[tuple[str, str], list[Row]] = {}
    for activity in sorted(activities, key=attrgetter("activity_id")):
        kind = _OLD_NAMES.get(activity.activity_type, activity.activity_type)
        if not activity.symbol or not activity.qty or is_money_only(activity, kind):
            continue
        instrument = symbols.find_or_make(activity.symbol)
        row = Row(account_id, activity, at_scale(activity.qty), instrument)
        happenings = found.setdefault(instrument.key, Happenings())
        if kind == "SPLIT" or kind in _EXCHANGES:
            groups.setdefault((kind, activity.group_id or str(activity.day)), []).append(row)
        else:
            _read_row(row, kind, happenings)
    cash = _cash_of_mergers(activities)
    for (kind, _), rows in groups.items():
        for key, members in _by_instrument(rows).items():
            if kind == "SPLIT" and members[0].activity.sub_type != _UNIT_SPLIT:
                _read_splits(members, found[key])
            elif sum((row.qty for row in members), ZERO):
                _read_exchange(members, kind, found[key], cash)
    return found


def is_money_only(activity: Activity, kind: str) -> bool:
    """A stock dividend is the one dividend that brings shares instead of money."""
    if kind == "DIV" and activity.sub_type == "SDIV" and not activity.net_amount:
        return False
    return kind in _MONEY_ONLY


def _read_row(row: Row, kind: str, found: Happenings) -> None:
    reader = _READERS.get(kind)
    if reader is not None:
        reader(row, found)
        return
    activity = row.activity
    detail = f"{activity.activity_type} of {plain(row.qty)} {activity.symbol} on {activity.day}: "
    detail += "this kind of row is not known here; it changes no trade"
    found.reviews.append(
        review("unknown_activity", row.instrument.key, activity.activity_id, detail)
    )


def _read_coin_fee(row: Row, found: Happenings) -> None:
    found.coin_fees.append(row.activity)


def _read_transfer(row: Row, found: Happenings) -> None:
    """In: a lot of its own, its basis unknown. Out: first in, first out, realizing nothing."""
    if row.qty < 0:
        found.events.append(_departure(row, Kind.TRANSFER, row.midnight, None))
        return
    found.events.append(_arrival(row, Kind.TRANSFER))
    found.reviews.append(_basis_review(row, "transfer_basis", "were transferred in"))


def _read_stock_dividend(row: Row, found: Happenings) -> None:
    activity_id = row.activity.activity_id
    own_id = trade_id(row.account_id, activity_id)
    found.events.append(Grow(row.midnight, activity_id, own_id, row.qty))


def _read_cash_in_lieu(row: Row, found: Happenings) -> None:
    paid = _paid(row.activity)
    value = abs(paid) if paid is not None else None
    found.events.append(_departure(row, Kind.CASH_IN_LIEU, row.midnight, value))


def _read_option_end(row: Row, found: Happenings) -> None:
    """Expiry, exercise, assignment close the contract at 0."""
    kind = _OPTION_ENDS[_OLD_NAMES.get(row.activity.activity_type, row.activity.activity_type)]
    found.events.append(_departure(row, kind, _after_trading(row), NO_MONEY))


def _read_option_delivery(row: Row, found: Happenings) -> None:
    """Shares delivered at the strike: they close what runs against them, or open.

    What was paid counts before the price, which was seen wrong in the vendor's own example.
    """
    activity = row.activity
    paid = _paid(activity)
    value = abs(paid) if paid is not None else row.value
    found.events.append(
        Fill(
            key=_after_trading(row),
            source_id=activity.activity_id,
            kind=Kind.OPTION_TRADE,
            order_id=None,
            trade_id=trade_id(row.account_id, activity.activity_id),
            direction=_direction(row.qty),
            role=Role.NET,
            may_short=True,
            target=FIFO,
            qty=abs(row.qty),
            value=value,
        )
    )


def _read_splits(rows: list[Row], found: Happenings) -> None:
    splits, reviews = pair_splits(rows[0].instrument, [row.activity for row in rows])
    found.splits += splits
    found.reviews += reviews


def _read_exchange(
    rows: list[Row], kind: str, found: Happenings, cash: Mapping[tuple[str, str], Decimal]
) -> None:
    """Quantity a corporate action took away or brought; what it brought has no known basis.

    A merger for cash alone closes at that cash, a worthless removal at nothing; where shares
    come instead, nothing is realized and a person is asked for the basis.
    """
    for row in rows:
        sub_type = row.activity.sub_type
        if row.qty > 0:
            found.events.append(_arrival(row, Kind.SPIN_OFF if kind == "SPIN" else
                                         Kind.REORGANISATION))  # fmt: skip
            found.reviews.append(_basis_review(row, "exchange_basis", f"came by {kind} {sub_type}"))
        elif sub_type == "WRM":
            found.events.append(_departure(row, Kind.WORTHLESS, row.midnight, NO_MONEY))
        elif sub_type in {"CMA", "REOC"}:
            value = cash.get(_group_key(row.activity), _paid(row.activity))
            found.events.append(_departure(row, Kind.CASH_MERGER, row.midnight, value))
        else:
            found.events.append(_departure(row, Kind.REORGANISATION, row.midnight, None))
            found.reviews.append(_basis_review(row, "exchange", f"left by {kind} {sub_type}"))


def _cash_of_mergers(activities: Iterable[Activity]) -> dict[tuple[str, str], Decimal]:
    """What mergers paid in rows of money alone, by group or day and symbol."""
    paid: dict[tuple[str, str], Decimal] = {}
    for row in activities:
        if row.activity_type in {"MA", "REO"} and not row.qty and row.net_amount:
            key = _group_key(row)
            paid[key] = paid.get(key, ZERO) + at_scale(row.net_amount)
    return paid


def _paid(row: Activity) -> Decimal | None:
    return at_scale(row.net_amount) if row.net_amount else None


def _group_key(row: Activity) -> tuple[str, str]:
    return (row.group_id or str(row.day), row.symbol or "")


def _by_instrument(rows: Iterable[Row]) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = {}
    for row in rows:
        found.setdefault(row.instrument.key, []).append(row)
    return found


def _arrival(row: Row, kind: Kind) -> Arrival:
    return Arrival(
        key=row.midnight,
        source_id=row.activity.activity_id,
        kind=kind,
        trade_id=trade_id(row.account_id, row.activity.activity_id),
        direction=LONG,
        qty=row.qty,
        value=row.value,
        known_basis=False,
    )


def _departure(row: Row, kind: Kind, key: SortKey, value: Decimal | None) -> Departure:
    return Departure(
        key=key,
        source_id=row.activity.activity_id,
        kind=kind,
        direction=_direction(row.qty),
        qty=abs(row.qty),
        value=value,
    )


def _basis_review(row: Row, kind: str, what: str) -> Review:
    detail = f"{plain(abs(row.qty))} {row.instrument.symbol} {what} on {row.activity.day}; "
    detail += "their cost is not known here" if row.qty > 0 else "their cost did not move along"
    return review(kind, row.instrument.key, row.activity.activity_id, detail)


def _direction(qty: Decimal) -> int:
    return LONG if qty > 0 else SHORT


def _after_trading(row: Row) -> SortKey:
    booked: Instant | None = row.activity.created_at
    if booked is None or new_york_date(booked) != row.activity.day:
        booked = day_end(row.activity.day)
    return (booked, "", ZERO, row.activity.activity_id)


_READERS: Mapping[str, Callable[[Row, Happenings], None]] = {
    "CFEE": _read_coin_fee,
    "DIV": _read_stock_dividend,
    "CIL": _read_cash_in_lieu,
    "OPTRD": _read_option_delivery,
    **dict.fromkeys(_TRANSFERS, _read_transfer),
    **dict.fromkeys(_OPTION_ENDS, _read_option_end),
}
