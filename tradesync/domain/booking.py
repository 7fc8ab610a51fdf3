"""The booking of one instrument: a fold of ordered events into lots and allocations (rule 9)."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field, replace
from decimal import Decimal

from tradesync.domain.conclusions import Allocation, UnmatchedExit
from tradesync.domain.events import (
    LONG,
    SHORT,
    Arrival,
    CoinFee,
    Departure,
    Event,
    Fill,
    Grow,
    Kind,
    Look,
    Rescale,
)
from tradesync.domain.facts import Instrument
from tradesync.domain.money import ZERO, at_scale, divided, share
from tradesync.domain.roles import FIFO, Naming, Role, Target
from tradesync.domain.times import Instant

NO_MONEY = at_scale(ZERO)
_ENDS = frozenset({Kind.EXPIRY, Kind.EXERCISE, Kind.ASSIGNMENT, Kind.CASH_IN_LIEU})
COIN_FEES = frozenset({Kind.CRYPTO_FEE, Kind.PROVISIONAL_FEE})


@dataclass(slots=True)
class OpenLot:
    """A lot while it is booked. `side` is +1 long or −1 short; quantities ≥ 0; cost total."""

    lot_id: str
    trade_id: str
    side: int
    kind: Kind
    source_id: str
    opened_at: Instant
    qty: Decimal
    cost: Decimal
    open_qty: Decimal
    open_cost: Decimal
    basis_known: bool


@dataclass(slots=True)
class Book:
    """The state of the fold: all lots of one instrument and what closed them."""

    instrument: str
    symbol: str
    multiplier: int
    lots: list[OpenLot] = field(default_factory=list)
    allocations: list[Allocation] = field(default_factory=list)
    unmatched: list[UnmatchedExit] = field(default_factory=list)
    running: Decimal = ZERO
    """Signed open quantity."""
    queues: dict[int, deque[OpenLot]] = field(
        default_factory=lambda: {LONG: deque(), SHORT: deque()}
    )
    by_trade: dict[str, list[OpenLot]] = field(default_factory=dict)
    by_source: dict[str, OpenLot] = field(default_factory=dict)
    seen_running: dict[str, Decimal] = field(default_factory=dict)
    """Head order id → running quantity when that order was created (see `Look`)."""


@dataclass(slots=True)
class _Exit:
    """What is left of a closing while it goes through the lots; `value` None when unknown."""

    source_id: str
    kind: Kind
    order_id: str | None
    at: Instant
    side: int
    target: Target
    qty: Decimal
    value: Decimal | None
    realizes: bool = True
    """Whether `value` is a price: not where shares came that cost what they cost elsewhere."""


def new_book(instrument: Instrument) -> Book:
    """The state before the first event of an instrument."""
    return Book(instrument.key, instrument.symbol, instrument.multiplier)


def step(book: Book, event: Event) -> Book:
    """Book one event. The state is changed in place and handed back, as a fold wants it."""
    match event:
        case Fill():
            _book_fill(book, event)
        case Arrival():
            _book_arrival(book, event)
        case Departure():
            _book_departure(book, event)
        case CoinFee():
            _book_coin_fee(book, event)
        case Rescale():
            _rescale(book, event.removed, event.added)
        case Grow():
            _grow(book, event)
        case Look():
            book.seen_running[event.head_id] = book.running
    return book


def _book_fill(book: Book, fill: Fill) -> None:
    """Close what the fill's role lets it close, then open or list what is left."""
    if fill.role is Role.OPEN:
        _open(book, fill, fill.qty, fill.value, known=fill.value is not None)
        return
    leaving = _Exit(
        fill.source_id, fill.kind, fill.order_id, fill.key[0], -fill.direction,
        fill.target, fill.qty, fill.value,
    )  # fmt: skip
    _close(book, leaving)
    if not leaving.qty:
        return
    if fill.role is Role.CLOSE:
        _list_unmatched(book, leaving, "no lot is left that it could close")
    elif fill.direction == LONG or fill.may_short:
        _open(book, fill, leaving.qty, leaving.value, known=leaving.value is not None)
    else:
        _list_unmatched(book, leaving, "nothing says whether it closed something or went short")


def _book_arrival(book: Book, event: Arrival) -> None:
    """Cover what runs against it, then open what is left: nothing is held long and short at once.

    Covering realizes nothing that is known: what came was not bought here at a price.
    """
    covering = _Exit(
        event.source_id, event.kind, None, event.key[0], -event.direction, FIFO,
        event.qty, event.value, realizes=False,
    )  # fmt: skip
    _close(book, covering)
    if covering.qty:
        _open(book, event, covering.qty, covering.value, known=event.known_basis)


def _book_departure(book: Book, event: Departure) -> None:
    """Close what leaves. An option's end and cash for a fraction close what runs, whichever side
    their row's sign seems to say: rows without sign are seen too."""
    side = -event.direction
    if event.kind in _ENDS and book.running * side < 0:
        side = -side
    leaving = _Exit(
        event.source_id, event.kind, None, event.key[0], side, FIFO, event.qty, event.value
    )
    _close(book, leaving)
    if leaving.qty:
        _list_unmatched(book, leaving, "more left the account than our lots explain")


def _book_coin_fee(book: Book, fee: CoinFee) -> None:
    """Take the fee out of the lot its buy opened, at cost: that cost is the fee."""
    lot = book.by_source.get(fee.fill_id)
    source_id = f"{fee.source_id}@{fee.fill_id}"
    leaving = _Exit(source_id, fee.kind, None, fee.key[0], LONG, FIFO, fee.qty, NO_MONEY)
    if lot is not None and lot.open_qty:
        _take(book, lot, leaving)
    if leaving.qty:
        _close(book, leaving)
    if leaving.qty:
        _list_unmatched(book, leaving, "the coin fee is larger than the coin held")


def _open(
    book: Book, event: Fill | Arrival, qty: Decimal, value: Decimal | None, *, known: bool
) -> None:
    cost = at_scale(value or ZERO)
    lot = OpenLot(
        lot_id=f"{event.trade_id}:{event.source_id}",
        trade_id=event.trade_id,
        side=event.direction,
        kind=event.kind,
        source_id=event.source_id,
        opened_at=event.key[0],
        qty=qty,
        cost=cost,
        open_qty=qty,
        open_cost=cost,
        basis_known=known,
    )
    begin_lot(book, lot)


def begin_lot(book: Book, lot: OpenLot) -> None:
    """Add a lot, the latest so far."""
    book.lots.append(lot)
    book.queues[lot.side].append(lot)
    book.by_trade.setdefault(lot.trade_id, []).append(lot)
    book.by_source[lot.source_id] = lot
    book.running += lot.side * lot.open_qty


def _close(book: Book, leaving: _Exit) -> None:
    """Take from the named trade's lots, then first in, first out, until nothing is left."""
    if leaving.target.trade_id is not None:
        for lot in book.by_trade.get(leaving.target.trade_id, ()):
            if lot.side == leaving.side and lot.open_qty and leaving.qty:
                _take(book, lot, leaving)
    queue = book.queues[leaving.side]
    while queue and leaving.qty:
        if queue[0].open_qty:
            _take(book, queue[0], leaving)
        if not queue[0].open_qty:
            queue.popleft()


def _take(book: Book, lot: OpenLot, leaving: _Exit) -> None:
    """Let an exit take what it can of one lot; the exit keeps what is left of it."""
    part = min(lot.open_qty, leaving.qty)
    cost = share(lot.open_cost, part, lot.open_qty)
    value = None if leaving.value is None else share(leaving.value, part, leaving.qty)
    book.allocations.append(
        Allocation(
            allocation_id=f"{lot.lot_id}<{leaving.source_id}",
            lot_id=lot.lot_id,
            trade_id=lot.trade_id,
            instrument=book.instrument,
            source_kind=leaving.kind.value,
            source_id=leaving.source_id,
            order_id=leaving.order_id,
            at=leaving.at,
            qty=part,
            cost=cost,
            value=value,
            realized_pnl=_realized(lot, leaving, cost, value),
            is_fee=leaving.kind in COIN_FEES,
            overflow=leaving.target.naming is not Naming.NONE
            and lot.trade_id != leaving.target.trade_id,
        )
    )
    lot.open_qty -= part
    lot.open_cost -= cost
    leaving.qty -= part
    if value is not None and leaving.value is not None:
        leaving.value -= value
    book.running -= lot.side * part


def _realized(lot: OpenLot, leaving: _Exit, cost: Decimal, value: Decimal | None) -> Decimal | None:
    """Before fees; a coin fee realizes nothing; None when the price or the basis is unknown."""
    if leaving.kind in COIN_FEES:
        return NO_MONEY
    if value is None or not lot.basis_known or not leaving.realizes:
        return None
    return (value - cost) * lot.side


def _list_unmatched(book: Book, leaving: _Exit, reason: str) -> None:
    value = leaving.value
    book.unmatched.append(
        UnmatchedExit(
            source_id=leaving.source_id,
            order_id=leaving.order_id,
            instrument=book.instrument,
            symbol=book.symbol,
            side="sell" if leaving.side == LONG else "buy",
            qty=leaving.qty,
            price=None if value is None else divided(value, leaving.qty * book.multiplier),
            at=leaving.at,
            reason=reason,
        )
    )


def _grow(book: Book, dividend: Grow) -> None:
    """Spread a stock dividend (or its reversal) over what is held.

    With nothing held, new shares are a lot of unknown basis; what a reversal takes beyond what
    is held leaves like any other departure.
    """
    running, qty = book.running, dividend.qty
    if running * (running + qty) > 0:
        _rescale(book, abs(running), abs(running + qty))
    elif running or qty < 0:
        direction = LONG if qty > 0 else SHORT
        _book_departure(
            book,
            Departure(
                dividend.key, dividend.source_id, Kind.STOCK_DIVIDEND, direction, abs(qty), None
            ),
        )
    else:
        alone = Arrival(
            key=dividend.key,
            source_id=dividend.source_id,
            kind=Kind.STOCK_DIVIDEND,
            trade_id=dividend.trade_id,
            direction=LONG,
            qty=qty,
            value=None,
            known_basis=False,
        )
        step(book, alone)


def _rescale(book: Book, removed: Decimal, added: Decimal) -> None:
    """Spread the added quantity over open lots pro rata, the remainder to the last; cost stays.

    What was closed before is restated in the new units too, so that a lot's parts still add up.
    """
    whole = sum((lot.open_qty for lot in book.lots), ZERO)
    left = share(added, whole, removed)
    for lot in book.lots:
        if lot.open_qty:
            part = share(left, lot.open_qty, whole)
            whole -= lot.open_qty
            left -= part
            book.running += lot.side * (part - lot.open_qty)
            lot.open_qty = part
    closed: dict[str, Decimal] = {}
    for place, row in enumerate(book.allocations):
        qty = at_scale(share(added, row.qty, removed))
        book.allocations[place] = replace(row, qty=qty)
        closed[row.lot_id] = closed.get(row.lot_id, ZERO) + qty
    for lot in book.lots:
        lot.qty = lot.open_qty + closed.get(lot.lot_id, ZERO)
