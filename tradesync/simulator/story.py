"""The demo account's four months: who buys what when, decided by the seed alone.

`Story` holds actions by (trading day, half-hour slot). Actions trade through the same doors as a
client, so the books, rows and statuses are those of real orders; an action may add later ones.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import Decimal

from tradesync.simulator import dice
from tradesync.simulator.bookings import book_unexplained
from tradesync.simulator.broker import Broker
from tradesync.simulator.executions import execute
from tradesync.simulator.ledger import Ledger
from tradesync.simulator.lifecycle import cancel, end, submit
from tradesync.simulator.order_request import OrderRequest
from tradesync.simulator.prices import on_tick
from tradesync.simulator.records import Order
from tradesync.simulator.replacement import replace_order
from tradesync.simulator.wire import CENT, truncated

DAYS = 84
SLOTS = 13
TRADED = (
    "AAPL",
    "MSFT",
    "NVDA",
    "TSLA",
    "AMD",
    "GOOG",
    "AMZN",
    "META",
    "SPY",
    "QQQ",
    "JPM",
    "PLTR",
)
SHORTED = "XOM"
CHAINED = "DIS"
UNEXPLAINED = "COST"
WATCHED = "INTC"
Action = Callable[[], object]
_REASONS = ("trading halted on symbol", "order price outside of bands", "venue unavailable")


@dataclass(frozen=True, slots=True)
class Moment:
    """A half-hour slot of a trading day, both counted from 0."""

    day: int
    slot: int


class Story:
    """The script and the account it plays in."""

    def __init__(self, broker: Broker, ledger: Ledger) -> None:
        self.broker = broker
        self.ledger = ledger
        self.seed = broker.world.seed
        self.actions: dict[Moment, list[Action]] = defaultdict(list)
        for symbol in TRADED:
            self._round_trips(symbol)
        self._shorts()
        self._coins()
        self._odd_orders()
        self._option()
        self.at(6, 1, self._unexplained)

    def at(self, day: int, slot: int, action: Action) -> None:
        """Play `action` then; days beyond the last are never reached."""
        self.actions[Moment(day, slot % SLOTS)].append(action)

    def play(self, day: int, slot: int) -> None:
        """Play what is due."""
        for action in self.actions.pop(Moment(day, slot), []):
            action()

    def _dice(self, count: int, *keys: object) -> int:
        return dice.pick(count, self.seed, "story", *keys)

    def _round_trips(self, symbol: str) -> None:
        """Entries and exits of one symbol, one after the other."""
        day = self._dice(5, symbol, "start")
        turn = 0
        while day < DAYS:
            hold = self._dice(11, symbol, turn, "hold")
            self._round_trip(symbol, turn, day, hold)
            day += hold + 1 + self._dice(3, symbol, turn, "gap")
            turn += 1

    def _round_trip(self, symbol: str, turn: int, day: int, hold: int) -> None:
        slot = self._dice(6, symbol, turn, "slot")
        last = Moment(day + hold, slot + 1 + self._dice(6, symbol, turn, "exit"))
        style = self._dice(100, symbol, turn, "style")
        size = Decimal(1800 + self._dice(6400, symbol, turn, "size"))
        if style < 60:
            self.at(day, slot, lambda: self._buy(symbol, size))
        elif style < 72:
            self.at(day, slot, lambda: self._bid(symbol, size, Decimal("0.998")))
        elif style < 80:
            self.at(day, slot, lambda: self._buy_dollars(symbol, size / 3))
        elif style < 90:
            self.at(day, slot, lambda: self._buy(symbol, size / 2))
            self.at(day + hold // 2, slot + 1, lambda: self._buy(symbol, size / 2))
        else:
            self.at(day, slot, lambda: self._buy(symbol, size))
            self.at(day + hold // 2, slot + 1, lambda: self._sell(symbol, Decimal("0.5")))
        if style % 7 == 0 and hold:
            self._offer(symbol, Moment(day, slot + 2), last)
        self.at(last.day, last.slot, lambda: self._sell(symbol))

    def _request(self, symbol: str, side: str, qty: Decimal | None) -> OrderRequest:
        coin = "/" in symbol
        return OrderRequest(
            symbol=symbol,
            side=side,
            type="market",
            time_in_force="gtc" if coin else "day",
            qty=qty,
            notional=None,
            limit_price=None,
            stop_price=None,
            trail_price=None,
            trail_percent=None,
            extended_hours=False,
            client_order_id=None,
            order_class="",
            position_intent=None,
            take_profit=None,
            stop_loss=None,
        )

    def _send(self, request: OrderRequest) -> Order:
        sent = submit(self.broker, self.ledger, request)
        return self.ledger.orders[sent.id]

    def _last(self, symbol: str) -> Decimal:
        return self.broker.market.last(symbol)

    def _shares(self, symbol: str, dollars: Decimal) -> Decimal:
        return max(Decimal(1), dollars // self._last(symbol))

    def _buy(self, symbol: str, dollars: Decimal) -> None:
        self._send(self._request(symbol, "buy", self._shares(symbol, dollars)))

    def _buy_dollars(self, symbol: str, dollars: Decimal) -> None:
        request = self._request(symbol, "buy", None)
        self._send(replace(request, notional=truncated(dollars, CENT)))

    def _bid(
        self, symbol: str, dollars: Decimal, part: Decimal, time_in_force: str = "day"
    ) -> Order:
        asset = self.broker.market.assets[symbol]
        return self._send(
            replace(
                self._request(symbol, "buy", self._shares(symbol, dollars)),
                type="limit",
                time_in_force=time_in_force,
                limit_price=on_tick(asset, self._last(symbol) * part),
            )
        )

    def _sell(self, symbol: str, part: Decimal = Decimal(1)) -> None:
        """Sell the holding, or a whole-share part of it; what orders still wait is cancelled."""
        self._withdraw(symbol)
        held = self.ledger.position(symbol).qty
        qty = held if part == 1 else held * part // 1
        if qty > 0:
            self._send(self._request(symbol, "sell", qty))

    def _withdraw(self, symbol: str) -> None:
        for order in self.ledger.alive_orders():
            if order.symbol == symbol:
                cancel(self.broker, self.ledger, order)

    def _offer(self, symbol: str, start: Moment, last: Moment) -> None:
        """A resting sale two percent up; the final sale withdraws it if it never filled."""

        def place() -> None:
            held = self.ledger.position(symbol).qty
            if held <= 0 or held % 1 != 0:
                return
            price = on_tick(self.broker.market.assets[symbol], self._last(symbol) * 51 / 50)
            request = self._request(symbol, "sell", held)
            self._send(replace(request, type="limit", time_in_force="gtc", limit_price=price))

        if start.day < last.day:
            self.at(start.day, start.slot, place)

    def _shorts(self) -> None:
        """One short round trip, and one short that is still open."""

        def short(symbol: str, dollars: int) -> None:
            qty = self._shares(symbol, Decimal(dollars))
            self._send(self._request(symbol, "sell", qty))

        def cover(symbol: str) -> None:
            self._send(self._request(symbol, "buy", -self.ledger.position(symbol).qty))

        self.at(21, 4, lambda: short(WATCHED, 3000))
        self.at(27, 8, lambda: cover(WATCHED))
        self.at(DAYS - 11, 3, lambda: short(SHORTED, 4200))

    def _coins(self) -> None:
        """Coins bought and sold, one still held in part."""
        coin = self._request
        self.at(12, 5, lambda: self._send(coin("ETH/USD", "buy", Decimal("0.85"))))
        self.at(30, 9, lambda: self._sell("ETH/USD"))
        self.at(44, 2, lambda: self._send(coin("SOL/USD", "buy", Decimal("14.2"))))
        self.at(58, 7, lambda: self._sell("SOL/USD"))
        self.at(63, 6, lambda: self._send(coin("BTC/USD", "buy", Decimal("0.052"))))
        self.at(DAYS - 9, 4, lambda: self._send(coin("BTC/USD", "sell", Decimal("0.02"))))

    def _option(self) -> None:
        """A call bought and sold: two contracts, a hundred shares each."""
        names = self.broker.market.assets.values()
        symbol = next(asset.symbol for asset in names if asset.right == "C")
        self.at(40, 3, lambda: self._send(self._request(symbol, "buy", Decimal(2))))
        self.at(52, 5, lambda: self._sell(symbol))

    def _odd_orders(self) -> None:
        """Cancelled, rejected, replaced ones, and one that waits far from the market."""
        for turn in range(4):
            self._cancelled(10 + turn * 17, turn)
        for turn in range(3):
            self.at(17 + turn * 22, 2, lambda reason=_REASONS[turn]: self._rejected(reason))  # type: ignore[misc]
        self.at(33, 1, self._chain)
        far = Decimal("0.82")
        self.at(DAYS - 4, 3, lambda: self._bid(WATCHED, Decimal(1500), far, "gtc"))

    def _cancelled(self, day: int, turn: int) -> None:
        symbol = ("KO", "BRK.B", "DIS", "KO")[turn]

        def place() -> None:
            order = self._bid(symbol, Decimal(2500), Decimal("0.93"), "gtc")
            self.at(day + 1, 6, lambda: self._cancel(order.id))

        self.at(day, 2, place)

    def _cancel(self, order_id: str) -> None:
        order = self.ledger.orders[order_id]
        if not order.is_terminal:
            cancel(self.broker, self.ledger, order)

    def _rejected(self, reason: str) -> None:
        self.broker.update_world(paused=True)
        order = self._send(self._request("GME", "buy", Decimal(20)))
        end(self.broker, self.ledger, order, "rejected", reason)
        self.broker.update_world(paused=False)

    def _chain(self) -> None:
        """A bid partly filled, replaced twice, then filled; sold three weeks later."""
        first = self._bid(CHAINED, Decimal(7000), Decimal("0.99"), "gtc")
        assert first.limit_price is not None
        execute(self.broker, self.ledger, first, Decimal(17), first.limit_price)
        self.at(33, 7, lambda: self._raise_bid(first.id, Decimal("0.995"), again=True))
        self.at(48, 4, lambda: self._sell(CHAINED))

    def _raise_bid(self, order_id: str, part: Decimal, *, again: bool) -> None:
        order = self.ledger.orders[order_id]
        if order.is_terminal:
            return
        asset = self.broker.market.assets[CHAINED]
        price = on_tick(asset, self._last(CHAINED) * part)
        if price == order.limit_price:
            return
        new = replace_order(self.broker, self.ledger, order, {"limit_price": price})
        if again:
            above = Decimal("1.01")
            self.at(34, 3, lambda: self._raise_bid(new.id, above, again=False))

    def _unexplained(self) -> None:
        price = (self._last(UNEXPLAINED) * Decimal("0.95")).quantize(CENT)
        book_unexplained(self.ledger, UNEXPLAINED, Decimal(12), price)
