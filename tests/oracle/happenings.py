"""Steps of what happens to an account besides orders: prices, nights, corporate actions, money."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from tests.oracle.trader import OPTION, Trader, cents

HUNDRED = Decimal(100)
UNDERLYING = "AAPL"
"""What all contracts are about."""


def _price(trader: Trader, symbol: str, factor: str) -> None:
    symbol = trader.symbol(symbol)
    trader.broker.set_price(symbol, cents(max(trader.last(symbol) * Decimal(factor), Decimal(1))))


def _expire(trader: Trader) -> None:
    for _ in range(3):
        trader.night()


def _exercise(trader: Trader) -> None:
    for symbol, qty in trader.positions().items():
        if len(symbol) > OPTION and qty > 0:
            trader.send("POST", f"/positions/{symbol}/exercise")
            return


def _assign(trader: Trader) -> None:
    """A contract sold is assigned before it ends, as any in the money may be."""
    for symbol, qty in trader.positions().items():
        if len(symbol) > OPTION and qty < 0:
            sign = -1 if symbol[10] == "C" else 1
            strike = Decimal(symbol[11:]) / 1000
            group = f"assignment-{len(trader.log)}"
            _book(trader, "OPASN", symbol=symbol, qty="1", group_id=group)
            _book(trader, "OPTRD", symbol=UNDERLYING, qty=str(sign * HUNDRED), price=str(strike),
                  net_amount=str(-sign * HUNDRED * strike), group_id=group)  # fmt: skip
            return


# -- corporate actions, which happen overnight, when orders of the stock have been ended ----------


def _prepare(trader: Trader, symbol: str) -> Decimal:
    """End the stock's orders and let the night pass; what is held of it in the morning."""
    trader.end_orders_of(symbol)
    trader.night()
    return trader.held(symbol)


def _split(trader: Trader, symbol: str, ratio: str) -> None:
    symbol = trader.symbol(symbol)
    if _prepare(trader, symbol) and 20 < trader.last(symbol) / Decimal(ratio) < 20_000:
        trader.control("split", symbol=symbol, ratio=ratio)


def _spin(trader: Trader, symbol: str, qty: str) -> None:
    symbol = trader.symbol(symbol)
    trader.end_orders_of(symbol)
    _book(trader, "SPIN", symbol=symbol, qty=qty)


def _stock_dividend(trader: Trader, symbol: str) -> None:
    symbol = trader.symbol(symbol)
    held = _prepare(trader, symbol)
    if held > 0:
        _book(trader, "DIV", activity_sub_type="SDIV", symbol=symbol, qty=str(held / 10))


def _merge(trader: Trader, old: str, new: str, kind: str) -> None:
    """Everything held of one stock becomes half as many of another, cash, or both."""
    old, new = trader.symbol(old), trader.symbol(new)
    held = _prepare(trader, old)
    if held <= 0 or old == new:
        return
    group = f"merger-{len(trader.log)}"
    cash = {} if kind == "SMA" else {"net_amount": cents(held * trader.last(old) / 2)}
    parts = [(old, -held, cash if kind == "CMA" else {})]
    if kind != "CMA":
        parts.append((new, held / 2, {}))
    for symbol, qty, more in parts:
        _book(trader, "MA", activity_sub_type=kind, symbol=symbol, qty=str(qty), group_id=group,
              **more)  # fmt: skip
    if kind == "SCMA":
        _book(trader, "MA", activity_sub_type=kind, symbol=old, group_id=group, **cash)


def _rename(trader: Trader, first: str) -> None:
    """Overnight a symbol changes in place: the asset keeps its id, two rows tell of the change."""
    former = trader.symbol(first)
    new = f"{first}{'ABCDEFGH'[len(trader.log) % 8]}"
    if new in trader.prices():
        return
    trader.night()
    trader.control("assets/change", symbol=former, new_symbol=new)
    trader.names[first] = new
    held = trader.held(new)
    for symbol, qty in ((former, -held), (new, held)):
        if qty:
            _book(trader, "NC", activity_sub_type="SNC", symbol=symbol, qty=str(qty),
                  group_id=f"change-{len(trader.log)}", effect=False)  # fmt: skip


# -- money and shares that come and go ------------------------------------------------------------


def _money(trader: Trader, kind: str, symbol: str) -> None:
    amount = "-12.34" if kind in {"FEE", "CSW", "DIVNRA"} else "55.50"
    of = {"symbol": trader.symbol(symbol)} if kind.startswith("DIV") else {}
    _book(trader, kind, net_amount=amount, **of)


def _transfer(trader: Trader, symbol: str, qty: str, kind: str) -> None:
    symbol = trader.symbol(symbol)
    trader.end_orders_of(symbol)
    size = max(Decimal(qty), -max(Decimal(0), trader.held(symbol)))
    if size:
        price = str(trader.last(symbol))
        trader.control("transfer", symbol=symbol, qty=str(size), kind=kind, price=price)


def _unexplained(trader: Trader, symbol: str, qty: str) -> None:
    """A holding that nothing explains: what is held long, or nothing, grows.

    Not of what contracts are about: an assignment may take it beyond zero, and what is too much of
    a short no import explains. It drifts until a person settles it.
    """
    if symbol == UNDERLYING:
        return
    symbol = trader.symbol(symbol)
    if trader.held(symbol) >= 0:
        trader.control("position", symbol=symbol, qty=qty, price=str(trader.last(symbol)))
        trader.imports = True


def _book(trader: Trader, kind: str, **row: Any) -> None:
    trader.control("activities", activity_type=kind, **row)


ACTIONS: dict[str, Callable[..., None]] = {
    "price": _price,
    "night": lambda trader: trader.night(),
    "minute": lambda trader: trader.broker.step(60),
    "pause": lambda trader: trader.broker.pause(),
    "resume": lambda trader: trader.broker.resume(),
    "expire": _expire,
    "exercise": _exercise,
    "assign": _assign,
    "split": _split,
    "spin": _spin,
    "stock dividend": _stock_dividend,
    "merge": _merge,
    "rename": _rename,
    "money": _money,
    "transfer": _transfer,
    "unexplained": _unexplained,
}
