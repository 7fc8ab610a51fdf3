"""Which names mean the same instrument (design rule 10)."""

from __future__ import annotations

import pytest

from tradesync.domain.facts import Instrument
from tradesync.domain.instruments import canonical_symbol, instrument_key, make_instrument


@pytest.mark.parametrize(
    ("symbol", "canonical"),
    [
        ("BTC/USD", "BTC/USD"), ("BTCUSD", "BTC/USD"), ("BTCUSDT", "BTC/USDT"),
        ("ETHUSDC", "ETH/USDC"), ("ETHBTC", "ETH/BTC"), ("USDTUSD", "USDT/USD"),
        ("USD", "USD"), ("BTC", "BTC"), ("DOGEEUR", "DOGEEUR"),
    ],
)  # fmt: skip
def test_a_coin_has_one_spelling(symbol: str, canonical: str) -> None:
    assert canonical_symbol(symbol, "crypto") == canonical


@pytest.mark.parametrize("asset_class", ["us_equity", "us_option", "XXcryptoXX"])
def test_other_symbols_stay_as_given(asset_class: str) -> None:
    assert canonical_symbol("BTCUSD", asset_class) == "BTCUSD"


@pytest.mark.parametrize(
    ("asset_id", "asset_class", "key"),
    [
        ("id", "us_equity", "id"), (None, "us_equity", "BTCUSD"), ("", "us_equity", "BTCUSD"),
        ("id", "crypto", "BTC/USD"), (None, "crypto", "BTC/USD"),
    ],
)  # fmt: skip
def test_stocks_are_joined_by_asset_id_and_coins_by_symbol(
    asset_id: str | None, asset_class: str, key: str
) -> None:
    assert instrument_key("BTCUSD", asset_id, asset_class) == key


def test_a_row_names_its_instrument() -> None:
    assert make_instrument("BTCUSD", "id", "crypto") == Instrument(
        "BTC/USD", "BTC/USD", "id", "crypto"
    )
    assert make_instrument("AAPL", "id", "us_equity") == Instrument("id", "AAPL", "id", "us_equity")
    assert make_instrument("AAPL", "", "us_equity") == Instrument("AAPL", "AAPL", None, "us_equity")
