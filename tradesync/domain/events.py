"""What happens to one instrument, in order: the inputs of the booking fold."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import TypeAlias

from tradesync.domain.roles import Role, Target
from tradesync.domain.sequence import SortKey

LONG = 1
SHORT = -1


class Kind(StrEnum):
    """Where a lot or an allocation came from (`source_kind`)."""

    EXECUTION = "execution"
    PROVISIONAL = "provisional"
    OPENING_BALANCE = "opening_balance"
    TRANSFER = "transfer"
    EXPIRY = "expiry"
    EXERCISE = "exercise"
    ASSIGNMENT = "assignment"
    OPTION_TRADE = "option_trade"
    STOCK_DIVIDEND = "stock_dividend"
    SPIN_OFF = "spin_off"
    REORGANISATION = "reorganisation"
    CASH_MERGER = "cash_merger"
    STOCK_AND_CASH = "stock_and_cash"
    CASH_IN_LIEU = "cash_in_lieu"
    WORTHLESS = "worthless"
    CRYPTO_FEE = "crypto_fee"
    PROVISIONAL_FEE = "provisional_fee"
    DECISION = "decision"


@dataclass(frozen=True, slots=True)
class Fill:
    """One execution as its chain reads it. `value`: money without sign; None when unknown."""

    key: SortKey
    source_id: str
    kind: Kind
    order_id: str | None
    """None for shares an option delivered."""
    trade_id: str
    """The trade it opens, when it opens one."""
    direction: int
    """+1 buys, −1 sells."""
    role: Role
    may_short: bool
    """Whether a sell that finds nothing to close opens a short."""
    target: Target
    qty: Decimal
    value: Decimal | None


@dataclass(frozen=True, slots=True)
class Arrival:
    """Quantity that came without an order: it makes a lot and a trade of its own."""

    key: SortKey
    source_id: str
    kind: Kind
    trade_id: str
    direction: int
    qty: Decimal
    value: Decimal | None
    """Total cost; None when nobody knows the basis."""
    known_basis: bool
    """Whether `value` is what was really paid, not merely what the transfer was valued at."""
    exchange: str | None = None
    """The exchange whose cost it carries on (see exchanges.py); None: none that is known."""
    cash: Decimal | None = None
    """Cash the exchange brought beside, without sign; counts where the row turns out to close."""
    booked: SortKey | None = None
    """Where it stands if it was not there yet at its key: when it was booked, on its date."""


@dataclass(frozen=True, slots=True)
class Departure:
    """Quantity that left without an order, first in, first out; `value` None when unknown."""

    key: SortKey
    source_id: str
    kind: Kind
    direction: int
    """−1 takes from long lots, +1 from short ones."""
    qty: Decimal
    value: Decimal | None
    exchange: str | None = None
    """The exchange it is given up in, so that its cost moves along."""
    cash: Decimal | None = None
    """Cash that exchange brought beside the shares, without sign."""
    trade_id: str = ""
    """The trade it begins where the row turns out to open a short."""


@dataclass(frozen=True, slots=True)
class CoinFee:
    """A fee taken in the coin out of what one buy brought (rule 11)."""

    key: SortKey
    source_id: str
    kind: Kind
    fill_id: str
    """The buying execution it belongs to."""
    qty: Decimal


@dataclass(frozen=True, slots=True)
class Rescale:
    """A split: all open quantity becomes `added` instead of `removed`; cost stays."""

    key: SortKey
    source_id: str
    removed: Decimal
    added: Decimal


@dataclass(frozen=True, slots=True)
class Grow:
    """A stock dividend: so much more (signed) of what is held, at no cost."""

    key: SortKey
    source_id: str
    trade_id: str
    qty: Decimal


@dataclass(frozen=True, slots=True)
class Look:
    """Note the running quantity at an order's creation: it had no fill to show its role."""

    key: SortKey
    head_id: str


Event: TypeAlias = Fill | Arrival | Departure | CoinFee | Rescale | Grow | Look
