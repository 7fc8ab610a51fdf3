"""The market all accounts share: assets, and prices that walk at random but the same each time."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal

from tradesync.simulator.assets import PENNY_INCREMENT
from tradesync.simulator.dice import normal
from tradesync.simulator.errors import not_found
from tradesync.simulator.records import Asset, Bar, Price
from tradesync.simulator.tables import Journal, Table

YEAR_SECONDS = Decimal(365 * 86400)
_EXACT = Decimal("0.00000001")


class Market:
    """Assets and their prices; nothing here knows of accounts."""

    def __init__(self, journal: Journal) -> None:
        self.assets = Table(journal, Asset, "asset")
        self.prices = Table(journal, Price, "price")
        self.bars = Table(journal, Bar, "bar")
        self._names: dict[str, str] = {}
        self.assets.watch(self._index)

    def _index(self, former: Asset | None, current: Asset | None) -> None:
        if former is not None:
            for name in _names(former):
                self._names.pop(name, None)
        if current is not None:
            for name in _names(current):
                self._names[name] = current.symbol

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
        self.prices.put(asset.symbol, Price(asset.symbol, price, last, last, last, last, last, now))

    def rename(self, old: str, new: str) -> None:
        """Change a symbol in place; the id stays (a symbol change with the same CUSIP)."""
        asset, price = self.assets[old], self.prices[old]
        self.assets.drop(old)
        self.prices.drop(old)
        self.assets.put(new, replace(asset, symbol=new))
        self.prices.put(new, replace(price, symbol=new))

    def set_price(self, symbol: str, exact: Decimal, now: int, *, pinned: bool) -> None:
        """Move one symbol to a price."""
        former = self.prices[symbol]
        last = on_tick(self.assets[symbol], exact) if not pinned else exact
        self.prices.put(
            symbol,
            replace(
                former,
                exact=exact,
                last=last,
                high=max(former.high, last),
                low=min(former.low, last),
                at_ns=now,
                pinned=pinned,
            ),
        )

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
            self.bars.put(f"{price.symbol}|{day.isoformat()}", bar)
            last = price.last
            self.prices.put(
                price.symbol, replace(price, lastday=last, open=last, high=last, low=last)
            )


def _names(asset: Asset) -> set[str]:
    return {asset.symbol, asset.position_symbol, asset.id, asset.position_id}


def on_tick(asset: Asset, exact: Decimal) -> Decimal:
    """`exact` on the price grid: cents, or 0.0001 under a dollar for shares."""
    penny = asset.asset_class == "us_equity" and exact < 1
    step = PENNY_INCREMENT if penny else asset.increment
    return max(exact.quantize(step, ROUND_HALF_EVEN), step)
