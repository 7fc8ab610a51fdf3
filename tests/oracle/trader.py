"""A random trader: steps a hypothesis strategy draws, and how each is done to the broker."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from tests.simulator.broker import PaperBroker
from tests.sync.world import World
from tradesync.sync.outcomes import SyncError

STOCKS = ("AAPL", "MSFT", "XOM")
COINS = ("BTC/USD", "ETH/USD")
CENT = Decimal("0.01")

_OPEN = {"new", "accepted", "pending_new", "partially_filled"}
_SYMBOL = st.sampled_from((*STOCKS, *COINS))
_SIDE = st.sampled_from(("buy", "buy", "sell"))
_QTY = st.sampled_from(("1", "4", "10", "37", "0.5", "2.25"))
_MOVED = st.sampled_from(("5", "2.5", "-3", "-1"))
_TRANSFERS = st.sampled_from(("ACATS", "JNLS"))
_KIND = st.sampled_from(("market", "market", "limit", "stop", "stop_limit", "trailing_stop"))
STEP = st.one_of(
    st.tuples(st.just("order"), _SYMBOL, _SIDE, _QTY, _KIND),
    st.tuples(st.just("order"), _SYMBOL, _SIDE, _QTY, _KIND),
    st.tuples(st.just("bracket"), st.sampled_from(STOCKS), st.sampled_from(("4", "10"))),
    st.tuples(st.just("strategy"), st.sampled_from(("1", "2"))),
    st.tuples(st.just("contract"), st.sampled_from("CP"), _SIDE),
    st.tuples(st.just("app"), st.sampled_from(STOCKS), _SIDE),
    st.tuples(st.just("partial"), st.sampled_from(("1", "0.5", "3"))),
    st.tuples(st.just("price"), _SYMBOL, st.sampled_from(("0.93", "0.99", "1.01", "1.08"))),
    st.tuples(st.just("split"), st.sampled_from(STOCKS), st.sampled_from(("2", "3", "4"))),
    st.tuples(st.just("money"), st.sampled_from(("DIV", "INT", "FEE", "CSD", "CSW"))),
    st.tuples(st.just("transfer"), st.sampled_from(STOCKS), _MOVED, _TRANSFERS),
    st.tuples(st.just("spin"), st.sampled_from(STOCKS), st.sampled_from(("4", "1.5"))),
    st.tuples(st.just("merge"), st.sampled_from(STOCKS), st.sampled_from(STOCKS)),
    st.tuples(st.just("brief"), st.sampled_from("CP"), _SIDE, st.sampled_from(("0.97", "1.03"))),
    st.tuples(st.sampled_from(("expire", "exercise", "watch"))),
    st.tuples(st.just("fault"), st.sampled_from(("status", "truncated", "not_json", "short"))),
    st.tuples(st.sampled_from(
        ("cancel", "replace", "night", "minute", "sync", "sync", "restart", "hold", "release",
         "heal", "close")
    )),
)  # fmt: skip
HISTORY = st.lists(STEP, min_size=4, max_size=18)


@dataclass
class Trader:
    """One account at the shared broker, and the record that follows it."""

    broker: PaperBroker
    account: str
    world: World
    refused: int = 0
    log: list[tuple[str, ...]] = field(default_factory=list)

    def act(self, step: tuple[str, ...]) -> None:
        """Do one step; what the broker refuses changes nothing."""
        self.log.append(step)
        _ACTIONS[step[0]](self, *step[1:])

    def control(self, path: str, **body: Any) -> Any:
        """A control call for this account."""
        return self.broker.control(path, account=self.account, **body)

    def submit(self, body: dict[str, Any]) -> None:
        """An order by another program."""
        reply = self.broker.raw("POST", "/v2/orders", json=body)
        self.refused += reply.is_error

    def last(self, symbol: str) -> Decimal:
        """The price now."""
        return Decimal(str(self.broker.books()["prices"][symbol]["last"]))

    def open_orders(self) -> list[dict[str, Any]]:
        """Open orders, newest first; from the books, which no fault touches."""
        orders: list[dict[str, Any]] = self.books()["orders"]
        return [row for row in reversed(orders) if row["status"] in _OPEN]

    def held(self, symbol: str) -> Decimal:
        """Signed quantity at the broker, from its books."""
        rows = self.books()["positions"]
        return sum((Decimal(row["qty"]) for row in rows if row["symbol"] == symbol), Decimal(0))

    def today(self) -> date:
        """The broker's New York date."""
        return date.fromisoformat(str(self.broker.get("/clock")["timestamp"])[:10])

    def books(self) -> dict[str, Any]:
        """What the broker knows of this account."""
        accounts = self.broker.books()["accounts"]
        return dict(next(row for row in accounts if row["name"] == self.account))


def _order(trader: Trader, symbol: str, side: str, qty: str, kind: str) -> None:
    body = {"symbol": symbol, "side": side, "qty": qty, "type": kind, "time_in_force": "day"}
    if symbol in COINS:
        body |= {"time_in_force": "gtc", "qty": str(Decimal(qty) / 10)}
    price = trader.last(symbol)
    toward = Decimal("1.02") if side == "buy" else Decimal("0.98")
    if kind in {"limit", "stop_limit"}:
        body["limit_price"] = str((price * toward).quantize(CENT))
    if kind in {"stop", "stop_limit"}:
        body["stop_price"] = str((price * toward).quantize(CENT))
    if kind == "trailing_stop":
        body["trail_percent"] = "2"
    trader.submit(body)


def _bracket(trader: Trader, symbol: str, qty: str) -> None:
    price = trader.last(symbol)
    trader.submit({
        "symbol": symbol, "side": "buy", "qty": qty, "type": "market", "time_in_force": "gtc",
        "order_class": "bracket",
        "take_profit": {"limit_price": str((price * Decimal("1.05")).quantize(CENT))},
        "stop_loss": {"stop_price": str((price * Decimal("0.95")).quantize(CENT))},
    })  # fmt: skip


def _contracts(trader: Trader) -> dict[str, str]:
    """The AAPL contracts that expire last, by right."""
    names = [name for name in trader.broker.books()["prices"] if name.startswith("AAPL2")]
    return {name[10]: name for name in sorted(names)}


def _contract(trader: Trader, right: str, side: str) -> None:
    name = _contracts(trader).get(right)
    if name is not None:
        trader.submit(
            {"symbol": name, "side": side, "qty": "1", "type": "market", "time_in_force": "day"}
        )


def _brief(trader: Trader, right: str, side: str, moneyness: str) -> None:
    """A contract of a strike near the price that ends within two days."""
    strike = (trader.last("AAPL") * Decimal(moneyness)).quantize(Decimal(1))
    expiry = trader.today() + timedelta(days=1)
    name = f"AAPL{expiry:%y%m%d}{right}{int(strike * 1000):08d}"
    if name not in trader.broker.books()["prices"]:
        trader.control("assets", underlying="AAPL", right=right, strike=str(strike), price="3",
                       expiry=str(expiry))  # fmt: skip
    trader.submit(
        {"symbol": name, "side": side, "qty": "1", "type": "market", "time_in_force": "day"}
    )


def _expire(trader: Trader) -> None:
    for _ in range(3):
        trader.broker.overnight()


def _exercise(trader: Trader) -> None:
    for row in trader.books()["positions"]:
        if len(row["symbol"]) > 12 and Decimal(row["qty"]) > 0:
            trader.broker.raw("POST", f"/v2/positions/{row['symbol']}/exercise")
            return


def _transfer(trader: Trader, symbol: str, qty: str, kind: str) -> None:
    size = max(Decimal(qty), -max(Decimal(0), trader.held(symbol)))
    if size:
        price = str(trader.last(symbol))
        _try(trader, "transfer", symbol=symbol, qty=str(size), kind=kind, price=price)


def _spin(trader: Trader, symbol: str, qty: str) -> None:
    _try(trader, "activities", activity_type="SPIN", symbol=symbol, qty=qty)


def _merge(trader: Trader, old: str, new: str) -> None:
    """Overnight everything held of one stock becomes half as many shares of another."""
    trader.broker.overnight()
    held = trader.held(old)
    if held > 0 and old != new:
        group = f"merger-{len(trader.log)}"
        for symbol, qty in ((old, -held), (new, held / 2)):
            _try(trader, "activities", activity_type="MA", activity_sub_type="SMA",
                 symbol=symbol, qty=str(qty), group_id=group)  # fmt: skip


def _strategy(trader: Trader, qty: str) -> None:
    legs = [
        {"symbol": name, "ratio_qty": "1", "side": "buy", "position_intent": "buy_to_open"}
        for name in _contracts(trader).values()
    ]
    trader.submit({
        "order_class": "mleg", "qty": qty, "type": "market", "time_in_force": "day", "legs": legs,
    })  # fmt: skip


def _app(trader: Trader, symbol: str, side: str) -> None:
    try:
        trader.world.place(symbol, side, "3")
    except SyncError:  # before the first sync, or while a fault keeps it from reading
        trader.refused += 1


def _partial(trader: Trader, qty: str) -> None:
    orders = [row for row in trader.open_orders() if row["qty"] and row["order_class"] != "mleg"]
    if orders:
        _try(trader, "fill", order_id=orders[0]["id"], qty=qty)


def _try(trader: Trader, path: str, **body: Any) -> None:
    """A control call the broker may refuse."""
    try:
        trader.control(path, **body)
    except AssertionError:
        trader.refused += 1


def _price(trader: Trader, symbol: str, factor: str) -> None:
    moved = (trader.last(symbol) * Decimal(factor)).quantize(CENT)
    trader.broker.set_price(symbol, max(moved, Decimal(1)))


def _split(trader: Trader, symbol: str, ratio: str) -> None:
    """Splits happen overnight."""
    trader.broker.overnight()
    if trader.last(symbol) > 20:
        _try(trader, "split", symbol=symbol, ratio=ratio)


def _money(trader: Trader, kind: str) -> None:
    amount = "-12.34" if kind in {"FEE", "CSW"} else "55.50"
    _try(trader, "activities", activity_type=kind, net_amount=amount)


def _fault(trader: Trader, kind: str) -> None:
    more = {"status": 503} if kind == "status" else {"rows": 1} if kind == "short" else {}
    path = "/v2/(orders|account/activities|positions).*"
    trader.broker.fault(kind, path, method="GET", times=2, account=trader.broker.key, **more)


def _cancel(trader: Trader) -> None:
    orders = trader.open_orders()
    if orders:
        trader.broker.raw("DELETE", f"/v2/orders/{orders[-1]['id']}")


def _replace(trader: Trader) -> None:
    limits = [row for row in trader.open_orders() if row["type"] == "limit"]
    if limits:
        price = Decimal(limits[0]["limit_price"]) * Decimal("0.99")
        body = {"limit_price": str(price.quantize(CENT))}
        trader.broker.raw("PATCH", f"/v2/orders/{limits[0]['id']}", json=body)


def _close(trader: Trader) -> None:
    for row in trader.books()["positions"][:1]:
        trader.broker.raw("DELETE", f"/v2/positions/{row['symbol'].replace('/', '')}")


def _restart(trader: Trader, program: str = "cli") -> None:
    """Stop the app and start it again, as a program that only syncs when told."""
    trader.world.service.close()
    folder = trader.world.settings.database.parent
    trader.world = World.begin(trader.broker, folder, program=program)


_ACTIONS: dict[str, Callable[..., None]] = {
    "order": _order,
    "bracket": _bracket,
    "contract": _contract,
    "strategy": _strategy,
    "app": _app,
    "partial": _partial,
    "price": _price,
    "split": _split,
    "money": _money,
    "fault": _fault,
    "cancel": _cancel,
    "replace": _replace,
    "close": _close,
    "restart": _restart,
    "watch": lambda trader: _restart(trader, "dashboard"),
    "transfer": _transfer,
    "spin": _spin,
    "merge": _merge,
    "brief": _brief,
    "expire": _expire,
    "exercise": _exercise,
    "night": lambda trader: trader.broker.overnight(),
    "minute": lambda trader: trader.broker.step(60),
    "sync": lambda trader: trader.world.try_sync(),
    "hold": lambda trader: trader.control("activities/delay", until_released=True),
    "release": lambda trader: trader.control("activities/release"),
    "heal": lambda trader: trader.broker.clear_faults(),
}
