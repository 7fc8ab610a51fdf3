"""What dated broker rows do to quantities: transfers, option events, corporate actions (rule 11).

Rows of money alone (dividends, interest, deposits, fees) move no quantity. Rows stand at 00:00
New York of their date; option events and transfers out, which follow a day's trading, when they
were booked on their date, else at its end.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from operator import attrgetter

from tradesync.domain.booking import NO_MONEY
from tradesync.domain.conclusions import Review
from tradesync.domain.corporate import Split, pair_splits
from tradesync.domain.events import LONG, SHORT, Arrival, Departure, Event, Fill, Grow, Kind
from tradesync.domain.exchanges import exchange_group, kind_of
from tradesync.domain.facts import Activity, Instrument
from tradesync.domain.findings import review
from tradesync.domain.identity import trade_id
from tradesync.domain.money import ZERO, at_scale, plain, share, times
from tradesync.domain.roles import FIFO, Role
from tradesync.domain.sequence import SortKey
from tradesync.domain.symbols import SymbolIndex
from tradesync.domain.times import Instant, day_end, new_york_date, new_york_midnight

_TRANSFERS = frozenset({"ACATC", "ACATS", "JNL", "JNLS", "TRANS", "FOPT", "OCT"})
_OPTION_ENDS = {"OPEXP": Kind.EXPIRY, "OPEXC": Kind.EXERCISE, "OPASN": Kind.ASSIGNMENT}
_MONEY_ONLY = frozenset(
    {
        "DIV", "DIVCGL", "DIVCGS", "DIVFEE", "DIVFT", "DIVNRA", "DIVROC", "DIVTW", "DIVTXEX",
        "DIVWH", "CGD", "INT", "INTNRA", "INTTW", "INTPNL", "FEE", "CSD", "CSW", "JNLC", "PTC",
        "PTR", "OPCSH", "MISC", "MEM", "WH", "SWP", "FXTRD", "TRADE_BUST", "TRADE_CORRECT",
    }
)  # fmt: skip
"""Rows whose quantity, if any, only says what the money was paid for."""
_PAYING = frozenset({"MA", "REO"})
"""Exchanges that may pay in money."""
_TENDER = "VTND"
"""Shares offered up for money, of the voluntary offers (VOF)."""
_WORTHLESS = "WRM"
_FOR_MONEY = frozenset({"CMA", "REOC", _WORTHLESS})
"""Sub-types that bring nothing but money, or nothing at all."""


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
    splits: dict[str, list[Row]] = {}
    exchanges: dict[tuple[str, str], list[Row]] = {}
    for activity in sorted(activities, key=attrgetter("activity_id")):
        kind = kind_of(activity)
        if not activity.symbol or not activity.qty or is_money_only(activity, kind):
            continue
        instrument = symbols.find_or_make(activity.symbol)
        row = Row(account_id, activity, at_scale(activity.qty), instrument)
        happenings = found.setdefault(instrument.key, Happenings())
        group = exchange_group(activity)
        if group is not None:
            exchanges.setdefault(group, []).append(row)
        elif kind == "SPLIT":
            splits.setdefault(instrument.key, []).append(row)
        else:
            _read_row(row, kind, happenings)
    for key, rows in splits.items():
        _read_splits(rows, found[key])
    cash = _cash_of_mergers(activities)
    for (kind, name), rows in exchanges.items():
        _read_exchange(rows, kind, name, found, cash)
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
    """In: a lot of its own, its basis unknown. Out: first in, first out, realizing nothing.

    What goes out may have been bought that very day, so it goes when it was booked.
    """
    if row.qty < 0:
        found.events.append(_departure(row, Kind.TRANSFER, _after_trading(row), None))
        return
    found.events.append(_arrival(row, Kind.TRANSFER))
    cost = "their cost is not known here"
    found.reviews.append(_basis_review(row, "transfer_basis", "were transferred in", cost))


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
    kind = _OPTION_ENDS[kind_of(row.activity)]
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
    rows: Sequence[Row],
    kind: str,
    name: str,
    found: Mapping[str, Happenings],
    cash: Mapping[tuple[str, str], Decimal],
) -> None:
    """Quantity a corporate action took away or brought, the rows of one group.

    A merger for cash alone closes at that cash, a worthless removal at nothing. One instrument
    for another carries its cost on (exchanges.py); else what came has no known basis.
    """
    moved = {
        key: members
        for key, members in _by_instrument(rows).items()
        if sum((row.qty for row in members), ZERO)  # else a change of name in place
    }
    swap = _swap_of(moved, kind, name)
    paid = _cash_of(rows, cash)
    beside = None if paid is None else abs(paid)
    owed = kind == "SPIN" and all(row.qty < 0 for row in rows)
    for members in moved.values():
        own = _cash_of(members, cash)
        for row in members:
            events = found[row.instrument.key]
            if swap is None and _ends_for_money(row, moved, own):
                events.events.append(_for_money(row, members, own))
            elif row.qty > 0 or owed:
                _read_arrival(row, kind, swap, beside, events)
            elif swap is not None:
                events.events.append(_swapped_out(row, swap, beside))
            else:
                _read_departure(row, kind, events)


def _cash_of(rows: Iterable[Row], cash: Mapping[tuple[str, str], Decimal]) -> Decimal | None:
    """What these rows brought in money, in rows beside them or their own."""
    beside = [cash[key] for key in {_group_key(row.activity) for row in rows} if key in cash]
    own = [paid for row in rows if (paid := _paid(row.activity)) is not None]
    return sum([*beside, *own], ZERO) if beside or own else None


def _ends_for_money(row: Row, moved: Mapping[str, Sequence[Row]], paid: Decimal | None) -> bool:
    """Whether a row closes for cash alone (or for nothing): shares given up, or a short ended.

    Where no sub-type says so, it is one when money and no other quantity came of it.
    """
    if row.activity.sub_type in _FOR_MONEY:
        return True
    if not _may_pay(row.activity) or not paid:
        return False
    alone = all((one.qty > 0) == (row.qty > 0) for rows in moved.values() for one in rows)
    return alone and (paid > 0) != (row.qty > 0)


def _for_money(row: Row, members: Sequence[Row], paid: Decimal | None) -> Departure:
    """The closing at its part of the cash; a worthless removal's at nothing."""
    if row.activity.sub_type == _WORTHLESS:
        return _departure(row, Kind.WORTHLESS, row.midnight, NO_MONEY)
    whole = sum((abs(one.qty) for one in members), ZERO)
    value = None if paid is None else share(abs(paid), abs(row.qty), whole)
    return _departure(row, Kind.CASH_MERGER, row.midnight, value)


def _swap_of(moved: Mapping[str, Sequence[Row]], kind: str, name: str) -> str | None:
    """The exchange's name where one instrument leaves and one comes; None otherwise."""
    signs = [{row.qty > 0 for row in members} for members in moved.values()]
    return f"{kind}:{name}" if sorted(map(sorted, signs)) == [[False], [True]] else None


def _read_arrival(
    row: Row, kind: str, swap: str | None, cash: Decimal | None, found: Happenings
) -> None:
    if kind == "SPIN":  # who is short of the parent owes what is spun off
        known = row.value is not None
        found.events.append(replace(_arrival(row, Kind.SPIN_OFF), known_basis=known))
        cost = "their cost is the row's" if known else "their cost is not known here"
        cost += ": all cost stays with the shares they were spun off from"
    elif swap is not None:
        event = replace(_arrival(row, Kind.REORGANISATION), exchange=swap, cash=cash)
        found.events.append(event)
        cost = "the cost of what they replace moved along, as far as it is known"
    else:
        found.events.append(_arrival(row, Kind.REORGANISATION))
        cost = "their cost is not known here"
    what = f"came by {kind} {row.activity.sub_type}".rstrip()
    found.reviews.append(_basis_review(row, "exchange_basis", what, cost))


def _swapped_out(row: Row, swap: str, cash: Decimal | None) -> Departure:
    """What is given up for another instrument, and for cash where the rows show some."""
    kind = Kind.REORGANISATION if cash is None else Kind.STOCK_AND_CASH
    own_id = trade_id(row.account_id, row.activity.activity_id)
    event = _departure(row, kind, row.midnight, None)
    return replace(event, exchange=swap, cash=cash, trade_id=own_id)


def _read_departure(row: Row, kind: str, found: Happenings) -> None:
    """What is gone with nothing of one instrument in its place, and no money told of."""
    found.events.append(_departure(row, Kind.REORGANISATION, row.midnight, None))
    what = f"left by {kind} {row.activity.sub_type}".rstrip()
    found.reviews.append(_basis_review(row, "exchange", what, "their cost did not move along"))


def _cash_of_mergers(activities: Iterable[Activity]) -> dict[tuple[str, str], Decimal]:
    """What mergers paid in rows of money alone, by group, else by day and symbol."""
    paid: dict[tuple[str, str], Decimal] = {}
    for row in activities:
        if _may_pay(row) and not row.qty and row.net_amount:
            key = _group_key(row)
            paid[key] = paid.get(key, ZERO) + at_scale(row.net_amount)
    return paid


def _may_pay(row: Activity) -> bool:
    """Whether money beside an exchange's shares was paid for them (other offers cost money)."""
    return kind_of(row) in _PAYING or row.sub_type == _TENDER


def _paid(row: Activity) -> Decimal | None:
    return at_scale(row.net_amount) if row.net_amount else None


def _group_key(row: Activity) -> tuple[str, str]:
    return (row.group_id, "") if row.group_id else (str(row.day), row.symbol or "")


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
        direction=_direction(row.qty),
        qty=abs(row.qty),
        value=row.value,
        known_basis=False,
        booked=_after_trading(row),
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


def _basis_review(row: Row, kind: str, what: str, cost: str) -> Review:
    detail = f"{plain(abs(row.qty))} {row.instrument.symbol} {what} on {row.activity.day}; {cost}"
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
