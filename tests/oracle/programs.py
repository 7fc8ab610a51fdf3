"""Steps of our own programs, and of the lines between them and the broker that fail."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any
from uuid import uuid4

from tests.oracle.orders import amend
from tests.oracle.trader import END_SECONDS, Owner, cents, open_world
from tests.sync.world import NAME
from tests.waiting import eventually
from tradesync.domain.conclusions import Trade
from tradesync.store.accounts import account_by_name
from tradesync.store.errors import StoreError
from tradesync.sync.outcomes import OrderTicket, Replacement, StreamWord, SyncError
from tradesync.sync.rebuild import verify

READS = "/v2/(orders|account/activities|positions|account).*"
_EXITS = {"take_profit": "1.05", "stop_loss": "0.95"}


def _ask(trader: Owner, command: str, *args: Any, **more: Any) -> None:
    """A command, which is refused before the first sync or while a fault is in its way."""
    try:
        getattr(trader.world.service, command)(NAME, *args, **more)
    except SyncError:
        trader.refused += 1


def _command(trader: Owner, command: str, *args: Any, **more: Any) -> None:
    _ask(trader, command, *args, intent_id=str(uuid4()), **more)


def _place(trader: Owner, symbol: str, side: str, kind: str) -> None:
    symbol = trader.symbol(symbol)
    price = trader.last(symbol)
    more: dict[str, str] = {}
    if kind == "limit":
        more = {"limit_price": cents(price * Decimal("0.995"))}
    if kind == "bracket":
        more = {name: cents(price * Decimal(part)) for name, part in _EXITS.items()}
        more |= {"order_class": "bracket", "time_in_force": "gtc"}
    ticket = OrderTicket(
        symbol=symbol, side=side, qty="3", order_type="limit" if kind == "limit" else "market",
        **more,  # type: ignore[arg-type]
    )  # fmt: skip
    _command(trader, "place_order", ticket)


def _trades(trader: Owner) -> list[Trade]:
    """The trades the record shows open, none while it knows no account."""
    with trader.world.database.read() as tx:
        known = account_by_name(tx, NAME) is not None
    return trader.world.trades("open") if known else []


def _close(trader: Owner, how: str) -> None:
    for trade in _trades(trader)[-1:]:
        more: dict[str, str] = {}
        if how == "half" and trade.open_qty > 1:
            more = {"qty": str((trade.open_qty / 2).quantize(Decimal(1)) or 1)}
        if how == "limit" and trade.entry_price:
            more = {"limit_price": cents(trade.entry_price)}
        _command(trader, "close_trade", trade.trade_id, **more)


def _protect(trader: Owner) -> None:
    try:
        bare = trader.world.service.unprotected(NAME)
    except SyncError:
        return
    for row in bare[:1]:
        _command(trader, "protect_trade", row.trade_id)


def _cancel(trader: Owner) -> None:
    for row in trader.open_orders()[:1]:
        _command(trader, "cancel_order", row["id"])


def _replace(trader: Owner) -> None:
    for row in trader.open_orders():
        if row["limit_price"]:
            price = cents(Decimal(row["limit_price"]) * Decimal("0.99"))
            _command(trader, "replace_order", row["id"], Replacement(limit_price=price))
            return


def _again(trader: Owner) -> None:
    """Send a command again that never reached the broker."""
    sql = "SELECT intent_id FROM intents WHERE state = 'not_sent' ORDER BY ALL"
    for (intent_id,) in trader.world.rows(sql)[:1]:
        _ask(trader, "send_again", intent_id)


def import_all(trader: Owner) -> None:
    """What a person does about holdings nothing explains."""
    service = trader.world.service
    service.apply_import(NAME, service.plan_import(NAME))


def _import(trader: Owner) -> None:
    """Only where a holding is unexplained: else a person would import what is only late."""
    if trader.imports:
        try:
            import_all(trader)
        except SyncError:
            trader.refused += 1


# -- syncs and programs ---------------------------------------------------------------------------


def _sync(trader: Owner) -> None:
    trader.world.try_sync()


def _verify(trader: Owner) -> None:
    """Whatever the sync could read, what it stored is what a whole rebuild would."""
    trader.world.try_sync()
    assert_follows_from_facts(trader)


def assert_follows_from_facts(trader: Owner) -> None:
    """The stored conclusions are those of the stored facts."""
    for _ in range(3):  # a stream may write between
        try:
            found = verify(trader.world.database, trader.world.account_id)
        except (SyncError, AssertionError):  # no account yet, or its history is not read whole
            return
        if found.is_identical:
            return
    raise AssertionError(found.differences)


def _other(trader: Owner) -> None:
    """A second program syncs the same record while the first is there."""
    folder = trader.world.settings.database.parent
    other = open_world(trader.broker, folder, trader.clock)
    try:
        other.try_sync()
    finally:
        other.service.close(END_SECONDS)


# -- faults ---------------------------------------------------------------------------------------

REPLIES: dict[str, dict[str, Any]] = {
    "429": {"kind": "status", "status": 429},
    "500": {"kind": "status", "status": 500},
    "503": {"kind": "status", "status": 503},
    "dropped": {"kind": "drop_before"},
    "cut": {"kind": "truncated"},
    "html": {"kind": "not_json"},
    "short": {"kind": "short", "rows": 1},
    "empty": {"kind": "empty"},
    "garbage": {"kind": "malformed_row"},
    "word": {"kind": "fields", "fields": {"new_field": "new"}},
}
LOST: dict[str, dict[str, Any]] = {
    "before": {"kind": "drop_before"},
    "after": {"kind": "drop_after"},
    "500 before": {"kind": "status", "status": 500},
    "500 after": {"kind": "status", "status": 500, "work": True},
}


def _fault(trader: Owner, kind: str, times: str) -> None:
    trader.broker.fault(**{"path": READS, **REPLIES[kind]}, method="GET", times=int(times))


def _lose(trader: Owner, how: str, method: str) -> None:
    """The next command is lost on its way, or its answer is."""
    trader.broker.fault(**{"path": "/v2/orders.*", **LOST[how]}, method=method, times=1)


def heal(trader: Owner) -> None:
    """No more faults; everything shows the present."""
    trader.broker.clear_faults()
    trader.broker.thaw("positions", "orders", "activities", "account")
    trader.broker.control("stream", mute=False, drop=0, duplicate=0)
    trader.broker.control("stream/release")


def _stream(trader: Owner, how: str) -> None:
    if how == "close":
        trader.broker.control("stream/close")
    elif how in {"mute", "hold"}:
        trader.broker.control("stream", **{how: True})
    elif how == "backwards":
        trader.broker.control("stream/release", backwards=True)
    else:
        trader.broker.control("stream", **{how: 2})


def _freeze(trader: Owner, view: str) -> None:
    trader.broker.freeze(view, reads=2)


# -- busts and corrections, which only the stream tells -------------------------------------------


def _amend(trader: Owner, how: str) -> None:
    """An amendment while a program of ours listens, and waits for nothing else."""
    if trader.program != "dashboard":
        return
    heal(trader)
    state = trader.world.service.state
    eventually(lambda: state(NAME).stream.word is StreamWord.LIVE, "a live stream")
    before = _amendments(trader)
    if amend(trader, how):
        eventually(lambda: _amendments(trader) > before, "the amendment")


def _amendments(trader: Owner) -> int:
    try:
        sql = "SELECT count(*) FROM activities WHERE activity_type LIKE 'TRADE_%'"
        return int(trader.world.rows(sql)[0][0])
    except StoreError:
        return 0


def _restart_broker(trader: Owner) -> None:
    trader.broker.restart(kill=True)


ACTIONS: dict[str, Callable[..., None]] = {
    "app order": _place,
    "app close": _close,
    "app cancel": _cancel,
    "app replace": _replace,
    "app cancel all": lambda trader: _command(trader, "cancel_all"),
    "app close all": lambda trader: _command(trader, "close_all"),
    "app protect": _protect,
    "app again": _again,
    "import": _import,
    "sync": _sync,
    "verify": _verify,
    "other": _other,
    "restart": lambda trader: trader.restart("cli"),
    "watch": lambda trader: trader.restart("dashboard"),
    "fault": _fault,
    "lose": _lose,
    "heal": heal,
    "hold": lambda trader: trader.control("activities/delay", until_released=True),
    "delay": lambda trader: trader.control("activities/delay", seconds=45),
    "release": lambda trader: trader.control("activities/release"),
    "stream": _stream,
    "freeze": _freeze,
    "amend": _amend,
    "broker restart": _restart_broker,
}
