"""What every scenario ends with: a second sync writes nothing, a rebuild changes nothing."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from tests.sync.world import World
from tradesync.sync.rebuild import verify


def assert_settled(world: World) -> None:
    """The second sync writes nothing and the record is what follows from the facts."""
    world.assert_quiet()
    found = verify(world.database, world.account_id)
    assert found.is_identical, found.differences


def bought(world: World, symbol: str, qty: object, price: object, **more: Any) -> dict[str, Any]:
    """A market purchase at a pinned price, synced; its order."""
    world.broker.set_price(symbol, price)
    order: dict[str, Any] = world.broker.submit_market(symbol, qty, **more)
    world.broker.step()
    world.sync()
    return order


def sold(world: World, symbol: str, qty: object, price: object) -> None:
    """A market sale at a pinned price, synced."""
    world.broker.set_price(symbol, price)
    world.broker.submit_market(symbol, qty, "sell")
    world.broker.step()
    world.sync()


def contract(world: World, right: str) -> str:
    """The AAPL contract of the broker's universe: a 250 call or a 240 put."""
    names: dict[str, object] = world.broker.books()["prices"]
    return next(name for name in names if name.startswith("AAPL2") and name[10] == right)


def expire(world: World, symbol: str) -> None:
    """Let time pass until the night after a contract's last day has ended."""
    day = f"20{symbol[4:6]}-{symbol[6:8]}-{symbol[8:10]}"
    world.broker.control("step", to=f"{day}T12:00:00-05:00")
    world.broker.overnight()
    world.sync()


def open_quantities(world: World) -> dict[str, Decimal]:
    """Signed open quantity by symbol."""
    found: dict[str, Decimal] = {}
    for trade in world.trades():
        if trade.open_qty:
            signed = trade.open_qty if trade.side == "long" else -trade.open_qty
            found[trade.symbol] = found.get(trade.symbol, Decimal(0)) + signed
    return found


def review_kinds(world: World) -> set[str]:
    """The kinds of what a person should look at."""
    return {kind for (kind,) in world.rows("SELECT kind FROM reviews")}
