"""Finding the instrument a row speaks of when it names only a symbol (design rule 10)."""

from __future__ import annotations

import re
from collections.abc import Iterable

from tradesync.domain.facts import Instrument, Order
from tradesync.domain.instruments import canonical_symbol, make_instrument

_OPTION = re.compile(r"[A-Z]{1,6}\d?\d{6}[CP]\d{8}")


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

    def get(self, key: str) -> Instrument | None:
        """The instrument of a key."""
        return self._instruments.get(key)

    def find_or_make(self, symbol: str) -> Instrument:
        """The instrument of a symbol; one of its own when only activities speak of it."""
        found = self.find(symbol)
        if found is None:
            asset_class = "us_option" if _OPTION.fullmatch(symbol) else "us_equity"
            found = make_instrument(symbol, None, asset_class)
            self.add(found)
        return found

    def add(self, instrument: Instrument) -> None:
        """Learn of an instrument that is not known yet."""
        self._instruments.setdefault(instrument.key, instrument)
        self._keys.setdefault(instrument.symbol, instrument.key)

    def all(self) -> list[Instrument]:
        """Every instrument known, sorted by key."""
        return [self._instruments[key] for key in sorted(self._instruments)]


def _instrument_of(order: Order) -> Instrument:
    """The instrument of an order when no asset row told of it."""
    made = make_instrument(order.symbol, None, order.asset_class)
    return Instrument(order.instrument, made.symbol, None, order.asset_class)
