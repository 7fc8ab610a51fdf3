"""Steps of orders: sent, filled, replaced, cancelled and ended, by other programs or the venue."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

from tests.oracle.trader import OPTION, Trader, cents

COINS = ("BTC/USD", "BTCUSD", "ETH/USD")
_SPELLINGS = {"BTCUSD": "BTC/USD"}
_OPPOSITE = {"buy": "sell", "sell": "buy"}


def _order(
    trader: Trader, symbol: str, side: str, qty: str, kind: str, tif: str, part: str
) -> None:
    symbol = trader.symbol(symbol)
    body = {"symbol": symbol, "side": side, "qty": qty, "type": kind, "time_in_force": tif}
    if symbol in COINS:
        body |= {"time_in_force": "ioc" if tif == "ioc" else "gtc", "qty": str(Decimal(qty) / 10)}
    price = trader.last(_SPELLINGS.get(symbol, symbol))
    beyond = Decimal("1.02") if side == "buy" else Decimal("0.98")
    if kind == "limit":
        body["limit_price"] = cents(price * Decimal(part))
    if kind == "stop_limit":
        body["limit_price"] = cents(price * beyond * beyond)
    if kind in {"stop", "stop_limit"}:
        body["stop_price"] = cents(price * beyond)
    if kind == "trailing_stop":
        body |= {"trail_percent": "2"} if part == "1" else {"trail_price": cents(price / 50)}
    trader.send("POST", "/orders", body)


def _notional(trader: Trader, symbol: str, side: str, dollars: str) -> None:
    tif = "gtc" if symbol in COINS else "day"
    body = {"symbol": trader.symbol(symbol), "side": side, "notional": dollars, "type": "market"}
    trader.send("POST", "/orders", body | {"time_in_force": tif})


def _group(trader: Trader, kind: str, symbol: str, side: str, qty: str, part: str) -> None:
    """A bracket, an OTO (with a stop) or the OCO of a holding; the entry a limit or a market."""
    symbol = trader.symbol(symbol)
    price = trader.last(symbol)
    exit_side = side if kind == "oco" else _OPPOSITE[side]
    gain, loss = ("1.05", "0.95") if exit_side == "sell" else ("0.95", "1.05")
    body: dict[str, Any] = {
        "symbol": symbol, "side": side, "qty": qty, "type": "market", "time_in_force": "gtc",
        "order_class": kind, "stop_loss": {"stop_price": cents(price * Decimal(loss))},
    }  # fmt: skip
    if kind != "oto":
        body["take_profit"] = {"limit_price": cents(price * Decimal(gain))}
    if kind == "oco":
        if not trader.held(symbol):
            entry = {"side": _OPPOSITE[side], "type": "market", "time_in_force": "day"}
            trader.send("POST", "/orders", {"symbol": symbol, "qty": qty, **entry})
        body |= {"type": "limit", "qty": str(abs(trader.held(symbol)) or 1)}
    elif part != "1":
        body |= {"type": "limit", "limit_price": cents(price * Decimal(part))}
    trader.send("POST", "/orders", body)


# -- options -------------------------------------------------------------------------------------


def _contracts(trader: Trader) -> dict[str, list[str]]:
    """The AAPL contracts that expire last, by right, strikes ascending."""
    names = sorted(name for name in trader.prices() if name.startswith("AAPL2"))
    last = max((name[4:10] for name in names), default="")
    found: dict[str, list[str]] = {"C": [], "P": []}
    for name in names:
        if name[4:10] == last:
            found[name[10]].append(name)
    return found


def _send_contract(trader: Trader, name: str, side: str) -> None:
    body = {"symbol": name, "side": side, "qty": "1", "type": "market", "time_in_force": "day"}
    trader.send("POST", "/orders", body)


def _contract(trader: Trader, right: str, side: str) -> None:
    for name in _contracts(trader)[right][:1]:
        _send_contract(trader, name, side)


def _brief(trader: Trader, right: str, side: str, moneyness: str) -> None:
    """A contract of a strike near the price that ends within two days."""
    strike = (trader.last("AAPL") * Decimal(moneyness)).quantize(Decimal(1))
    expiry = trader.today() + timedelta(days=1)
    name = f"AAPL{expiry:%y%m%d}{right}{int(strike * 1000):08d}"
    if name not in trader.prices():
        trader.control("assets", underlying="AAPL", right=right, strike=str(strike), price="3",
                       expiry=str(expiry))  # fmt: skip
    _send_contract(trader, name, side)


def _strategy(trader: Trader, kind: str, qty: str, limit: str) -> None:
    """A straddle, a vertical spread, or the closing of all contracts held as one order."""
    calls, puts = _contracts(trader).values()
    sides: dict[str, str] = {}
    if kind == "straddle":
        sides = dict.fromkeys((*calls[:1], *puts[:1]), "buy")
    elif kind == "vertical":
        sides = dict.fromkeys(calls[:1], "buy") | {_beside(trader, calls): "sell"}
    held = trader.positions()
    if kind == "close":
        options = {name: size for name, size in held.items() if len(name) > OPTION}
        sides = {name: "sell" if size > 0 else "buy" for name, size in options.items()}
    legs = [
        {"symbol": name, "ratio_qty": "1", "side": side,
         "position_intent": f"{side}_to_{_meaning(held.get(name), side)}"}
        for name, side in list(sides.items())[:4]
    ]  # fmt: skip
    body = {"order_class": "mleg", "qty": qty, "time_in_force": "day", "legs": legs}
    body |= {"type": "limit", "limit_price": limit} if limit else {"type": "market"}
    trader.send("POST", "/orders", body)


def _beside(trader: Trader, calls: list[str]) -> str:
    """A call of the same day ten dollars above the first."""
    strike = int(calls[0][11:]) + 10_000
    name = f"{calls[0][:11]}{strike:08d}"
    if name not in trader.prices():
        expiry = f"20{name[4:6]}-{name[6:8]}-{name[8:10]}"
        trader.control("assets", underlying="AAPL", right="C", strike=str(strike // 1000),
                       price="3", expiry=expiry)  # fmt: skip
    return name


def _meaning(held: Decimal | None, side: str) -> str:
    return "close" if held and (held > 0) is (side == "sell") else "open"


def _chain(trader: Trader, symbol: str, side: str, first: str, then: str) -> None:
    """A limit that rests, is filled in part, replaced, and perhaps filled on."""
    part = "0.98" if side == "buy" else "1.02"
    _order(trader, symbol, side, "10", "limit", "gtc", part)
    if first != "0":
        _partial(trader, first)
    _replace(trader, "both", "0.99" if side == "buy" else "1.01")
    if then != "0":
        _partial(trader, then)


# -- what becomes of orders ----------------------------------------------------------------------


def _partial(trader: Trader, qty: str) -> None:
    orders = [
        row for row in trader.open_orders()
        if row["qty"] and (row["order_class"] != "mleg" or not row["symbol"])
    ]  # fmt: skip
    if orders:
        trader.control("fill", order_id=orders[0]["id"], qty=qty)


def _cancel(trader: Trader, which: str) -> None:
    orders = trader.open_orders()
    if orders:
        found = orders[0 if which == "newest" else -1]
        trader.send("DELETE", f"/orders/{found['id']}")


def _replace(trader: Trader, what: str, part: str) -> None:
    """Another price, another quantity, or both of the newest order that has such a thing."""
    for row in trader.open_orders():
        body: dict[str, Any] = {}
        for name in ("limit_price", "stop_price"):
            if row[name] and what != "qty":
                body[name] = cents(Decimal(row[name]) * Decimal(part))
        if row["qty"] and what != "price":
            body["qty"] = str((Decimal(row["filled_qty"]) + Decimal(row["qty"]) * 2).quantize(1))
        if body:
            trader.send("PATCH", f"/orders/{row['id']}", body)
            return


def _venue(trader: Trader, word: str) -> None:
    """The venue ends the newest order, refuses its cancel, or shows an odd status."""
    for row in trader.alive_orders()[:1]:
        if word in {"reject", "expire", "cancel", "cancel-rejected"}:
            waits = row["status"] == "pending_cancel"
            if word != "cancel-rejected" or waits:
                trader.control(f"orders/{word}", order_id=row["id"])
        elif row["status"] != "held":
            trader.control("orders/status", order_id=row["id"], status=word)


def _close(trader: Trader, share: str) -> None:
    for symbol in list(trader.positions())[:1]:
        trader.send("DELETE", f"/positions/{symbol.replace('/', '')}?percentage={share}")


def _close_all(trader: Trader) -> None:
    trader.send("DELETE", "/positions?cancel_orders=true")


def _switch(trader: Trader, name: str, value: str) -> None:
    trader.control("switches", **{name: {"yes": True, "no": False}.get(value, value)})


def amend(trader: Trader, how: str) -> bool:
    """Void or correct the last fill of a stock; whether there was one to amend.

    One that nothing follows: else later fills would have closed what never was.
    """
    row = _last_fill(trader)
    if row is None or trader.amended:
        return False
    trader.end_orders_of(row["symbol"])
    if how == "bust":
        trader.broker.control("bust", activity_id=row["id"])
    else:
        part = Decimal(row["qty"]) / 2 if how == "less" else Decimal(row["qty"])
        price = cents(Decimal(row["price"]) * Decimal("1.01"))
        trader.broker.control("correct", activity_id=row["id"], qty=part, price=price)
    trader.amended = True
    return True


def _last_fill(trader: Trader) -> dict[str, Any] | None:
    """The newest row that names a symbol, if it is a fill, of no coin and of no strategy's leg."""
    books = trader.books()
    rows = [row for row in books["activities"] if row.get("symbol")]
    row: dict[str, Any] | None = max(
        rows, key=lambda row: row.get("created_at") or row["transaction_time"], default=None
    )
    if row is None or row["activity_type"] != "FILL" or "swap_rate" in row:
        return None
    is_leg = any(
        order["id"] == row["order_id"] and order["order_class"] == "mleg"
        for order in books["orders"]
    )
    return None if is_leg else row


ACTIONS: dict[str, Callable[..., None]] = {
    "order": _order,
    "notional": _notional,
    "group": _group,
    "contract": _contract,
    "brief": _brief,
    "strategy": _strategy,
    "chain": _chain,
    "partial": _partial,
    "cancel": _cancel,
    "replace": _replace,
    "venue": _venue,
    "close": _close,
    "close all": _close_all,
    "switch": _switch,
}
