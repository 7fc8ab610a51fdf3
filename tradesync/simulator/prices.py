"""The market all accounts share: assets, and prices that walk at random but the same each time."""

from __future__ import annotations

from bisect import insort
from collections import defaultdict
from dataclasses import replace
from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal

from tradesync.simulator.assets import PENNY_INCREMENT
from tradesync.simulator.dice import normal
from tradesync.simulator.errors import not_found
from tradesync.simulator.minutes import MINUTE_NS, MinuteBar, MinuteHistory
from tradesync.simulator.records import Asset, Bar, Price
from tradesync.simulator.tables import Journal, Table

YEAR_SECONDS = Decimal(365 * 86400)
_EXACT = Decimal("0.00000001")


class Market:
    """Assets and their prices; nothing here knows of accounts."""

    def __init__(self, journal: Journal) -> None:
        self.assets = Table(journal, Asset, "asset")
        self.prices = Table(journal, Price, "price")
        self.minutes = MinuteHistory(journal)
        self._bars = Table(journal, Bar, "bar")
        self._bar_days: dict[str, list[date]] = defaultdict(list)
        self._names: dict[str, str] = {}
        self.assets.watch(self._index)
        self._bars.watch(self._index_bar)

    def _index(self, former: Asset | None, current: Asset | None) -> None:
        if former is not None:
            for name in _names(former):
                self._names.pop(name, None)
        if current is not None:
            for name in _names(current):
                self._names[name] = current.symbol

    def _index_bar(self, former: Bar | None, current: Bar | None) -> None:
        if former is None and current is not None:
            insort(self._bar_days[current.symbol], current.day)
        if current is None and former is not None:
            self._bar_days[former.symbol].remove(former.day)

    def find(self, name: str) -> Asset | None:
        """By symbol (BTC/USD or BTCUSD) or either id."""
        symbol = self._names.get(name)
        return None if symbol is None else self.assets[symbol]

    def asset(self, name: str) -> Asset:
        """By symbol or id; 404 when unknown."""
        found = self.find(name)
        if found is None:
            not_found(f"asset not found for {name}")
        return found

    def last(self, symbol: str) -> Decimal:
        """Latest price of a unit."""
        return self.prices[symbol].last

    def add(self, asset: Asset, price: Decimal, now: int) -> None:
        """List an asset at a price."""
        self.assets.put(asset.symbol, asset)
        last = on_tick(asset, price)
        start = Price(asset.symbol, price, last, last, last, last, last, now)
        self.prices.put(asset.symbol, _in_minute(start, start, now))

    def rename(self, old: str, new: str) -> None:
        """Change a symbol in place; id and past stay (a symbol change with the same CUSIP)."""
        asset, price = self.assets[old], self.prices[old]
        self.assets.drop(old)
        self.prices.drop(old)
        self.assets.put(new, replace(asset, symbol=new))
        self.prices.put(new, replace(price, symbol=new))
        self.minutes.rename(old, new)
        for bar in self.days(old):
            self._bars.drop(_bar_key(old, bar.day))
            self._bars.put(_bar_key(new, bar.day), replace(bar, symbol=new))

    def set_price(self, symbol: str, exact: Decimal, now: int, *, pinned: bool) -> None:
        """Move one symbol to a price."""
        former = self.prices[symbol]
        last = on_tick(self.assets[symbol], exact) if not pinned else exact
        moved = replace(
            former,
            exact=exact,
            last=last,
            high=max(former.high, last),
            low=min(former.low, last),
            at_ns=now,
            pinned=pinned,
        )
        if former.minute and former.minute != now // MINUTE_NS:
            self.minutes.keep(minute_bar(former))
        self.prices.put(symbol, _in_minute(former, moved, now))

    def split(self, symbol: str, ratio: Decimal) -> None:
        """Divide the present prices; bars already made stay as they were traded."""
        price = self.prices[symbol]
        days = ("last", "lastday", "open", "high", "low")
        names = (*days, "minute_open", "minute_high", "minute_low")
        divided = {name: (getattr(price, name) / ratio).quantize(PENNY_INCREMENT) for name in names}
        self.prices.put(symbol, replace(price, exact=price.exact / ratio, **divided))

    def unpin(self, symbol: str) -> None:
        """Let a symbol walk again."""
        self.prices.put(symbol, replace(self.prices[symbol], pinned=False))

    def walk(self, seed: int, tick: int, seconds: Decimal, now: int, *, equities: bool) -> None:
        """Move every unpinned symbol by `seconds` worth of chance; shares only if `equities`."""
        scale = (seconds / YEAR_SECONDS).sqrt()
        for price in self.prices.values():
            asset = self.assets[price.symbol]
            moves = equities or asset.asset_class == "crypto"
            if price.pinned or not moves or not asset.yearly_volatility:
                continue
            shock = asset.yearly_volatility * scale * normal(seed, "walk", price.symbol, tick)
            exact = (price.exact * (1 + shock)).quantize(_EXACT, ROUND_HALF_EVEN)
            self.set_price(price.symbol, max(exact, PENNY_INCREMENT), now, pinned=False)

    def close_day(self, day: date) -> None:
        """Keep the day's bar and make its last price the close the next day is measured by."""
        for price in self.prices.values():
            bar = Bar(price.symbol, day, price.open, price.high, price.low, price.last)
            self._bars.put(_bar_key(price.symbol, day), bar)
            last = price.last
            self.prices.put(
                price.symbol, replace(price, lastday=last, open=last, high=last, low=last)
            )

    def days(self, symbol: str) -> list[Bar]:
        """Kept daily bars, oldest first, weekends included."""
        return [self._bars[_bar_key(symbol, day)] for day in self._bar_days.get(symbol, [])]


def minute_bar(price: Price) -> MinuteBar:
    """The bar of the minute the price last moved in, as far as it is made."""
    return MinuteBar(
        price.symbol,
        price.minute,
        price.minute_open,
        price.minute_high,
        price.minute_low,
        price.last,
    )


def _in_minute(former: Price, moved: Price, now: int) -> Price:
    """`moved` with the range of its minute, which goes on or starts anew."""
    minute, last = now // MINUTE_NS, moved.last
    if minute != former.minute:
        return replace(moved, minute=minute, minute_open=last, minute_high=last, minute_low=last)
    high, low = max(former.minute_high, last), min(former.minute_low, last)
    return replace(moved, minute_high=high, minute_low=low)


def _bar_key(symbol: str, day: date) -> str:
    return f"{symbol}|{day.isoformat()}"


def _names(asset: Asset) -> set[str]:
    return {asset.symbol, asset.position_symbol, asset.id, asset.position_id}


def on_tick(asset: Asset, exact: Decimal) -> Decimal:
    """`exact` on the price grid: cents, or 0.0001 under a dollar for shares."""
    penny = asset.asset_class == "us_equity" and exact < 1
    step = PENNY_INCREMENT if penny else asset.increment
    return max(exact.quantize(step, ROUND_HALF_EVEN), step)
