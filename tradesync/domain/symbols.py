"""Finding the instrument a row speaks of when it names only a symbol (design rule 10)."""

from __future__ import annotations

from collections.abc import Iterable

from tradesync.domain.facts import Instrument, Order
from tradesync.domain.instruments import canonical_symbol, make_instrument
from tradesync.domain.options import class_of_symbol


class SymbolIndex:
    """Instruments by symbol: by their present one, else by one their orders were sent under."""

    def __init__(self, instruments: Iterable[Instrument], orders: Iterable[Order]) -> None:
        self._instruments = {item.key: item for item in instruments}
        self._keys: dict[str, str] = {}
        for order in sorted(orders, key=lambda order: (order.created_at, order.order_id)):
            if order.instrument and order.symbol:
                self._keys[order.symbol] = order.instrument
                if order.instrument not in self._instruments:
                    self._instruments[order.instrument] = _instrument_of(order)
        for key in sorted(self._instruments):
            self._keys[self._instruments[key].symbol] = key

    def find(self, symbol: str) -> Instrument | None:
        """The instrument of a symbol in whichever spelling; None when no fact knows it."""
        key = self._keys.get(symbol) or self._keys.get(canonical_symbol(symbol, "crypto"))
        return self._instruments.get(key) if key else None

    def known(self, key: str) -> Instrument:
        """The instrument of a key that some fact named."""
        return self._instruments[key]

    def find_or_make(self, symbol: str) -> Instrument:
        """The instrument of a symbol; one of its own when only activities speak of it."""
        found = self.find(symbol)
        if found is None:
            found = make_instrument(symbol, None, class_of_symbol(symbol))
            self._add(found)
        return found

    def learn(self, key: str, symbol: str, asset_class: str) -> None:
        """Take note of an instrument a decision or intent names."""
        if key not in self._instruments:
            self._add(Instrument(key, canonical_symbol(symbol, asset_class), None, asset_class))

    def _add(self, instrument: Instrument) -> None:
        self._instruments[instrument.key] = instrument
        self._keys.setdefault(instrument.symbol, instrument.key)


def _instrument_of(order: Order) -> Instrument:
    """The instrument of an order when no asset row told of it."""
    symbol = canonical_symbol(order.symbol, order.asset_class)
    return Instrument(order.instrument, symbol, None, order.asset_class)
