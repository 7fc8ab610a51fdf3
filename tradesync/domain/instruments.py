"""Which names mean the same instrument (design rule 10, alpaca-clients: Crypto)."""

from __future__ import annotations

from tradesync.domain.facts import Instrument

_CRYPTO_QUOTES = ("USDT", "USDC", "USD", "BTC")
"""Quote currencies of Alpaca's pairs, longest first, so that BTCUSDT is not read as BTCUS/DT."""


def canonical_symbol(symbol: str, asset_class: str) -> str:
    """The one spelling of a symbol: `BTC/USD` for crypto in either form, else as given."""
    if asset_class != "crypto" or "/" in symbol:
        return symbol
    for quote in _CRYPTO_QUOTES:
        base = symbol.removesuffix(quote)
        if base and base != symbol:
            return f"{base}/{quote}"
    return symbol


def instrument_key(symbol: str, asset_id: str | None, asset_class: str) -> str:
    """The key instruments are joined by: canonical symbol for crypto, asset id else."""
    if asset_class == "crypto" or not asset_id:
        return canonical_symbol(symbol, asset_class)
    return asset_id


def make_instrument(symbol: str, asset_id: str | None, asset_class: str) -> Instrument:
    """The instrument a broker row speaks of."""
    return Instrument(
        key=instrument_key(symbol, asset_id, asset_class),
        symbol=canonical_symbol(symbol, asset_class),
        asset_id=asset_id or None,
        asset_class=asset_class,
    )
