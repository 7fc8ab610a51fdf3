"""Which instrument a row means that names only a symbol (design rule 10)."""

from __future__ import annotations

from tests.domain.make import instrument, order
from tradesync.domain.facts import Instrument
from tradesync.domain.symbols import SymbolIndex


def index(*known: Instrument) -> SymbolIndex:
    return SymbolIndex(known, [])


def test_a_symbol_nobody_knows_is_found_nowhere() -> None:
    assert index(instrument("AAPL")).find("MSFT") is None


def test_a_coin_is_found_in_both_spellings() -> None:
    coin = instrument("BTC/USD")
    assert index(coin).find("BTC/USD") is coin
    assert index(coin).find("BTCUSD") is coin


def test_an_instrument_only_activities_speak_of_is_one_from_then_on() -> None:
    symbols = index()
    made = symbols.find_or_make("XYZ")
    assert (made.symbol, made.asset_class, made.asset_id) == ("XYZ", "us_equity", None)
    assert symbols.find("XYZ") is made
    assert symbols.find_or_make("XYZ") is made
    assert symbols.known(made.key) is made


def test_a_contract_only_activities_speak_of_is_an_option() -> None:
    assert index().find_or_make("AAPL260320C00150000").asset_class == "us_option"


def test_what_a_decision_names_is_learned_and_found() -> None:
    symbols = index()
    symbols.learn("key", "BTCUSD", "crypto")
    found = symbols.find("BTC/USD")
    assert found is not None
    assert (found.key, found.symbol) == ("key", "BTC/USD")


def test_what_is_known_is_not_learned_anew() -> None:
    known = instrument("AAPL")
    symbols = index(known)
    symbols.learn(known.key, "OTHER", "us_equity")
    assert symbols.known(known.key) is known
    assert symbols.find("OTHER") is None


def test_a_symbol_already_taken_keeps_its_instrument() -> None:
    known = instrument("AAPL")
    symbols = index(known)
    symbols.learn("another", "AAPL", "us_equity")
    assert symbols.find("AAPL") is known


def test_an_old_symbol_still_finds_what_was_ordered_under_it() -> None:
    renamed = Instrument("asset-1", "META", "asset-1", "us_equity")
    symbols = SymbolIndex([renamed], [order(symbol="FB", instrument="asset-1")])
    assert symbols.find("FB") is renamed
    assert symbols.find("META") is renamed


def test_of_two_orders_under_one_symbol_the_later_instrument_counts() -> None:
    first = order("o1", symbol="X", instrument="one", t=0)
    second = order("o2", symbol="X", instrument="two", t=10)
    found = SymbolIndex([], [second, first]).find("X")
    assert found is not None
    assert found.key == "two"


def test_an_order_alone_makes_its_instrument_known() -> None:
    coin = order(symbol="BTCUSD", instrument="key", asset_class="crypto")
    assert SymbolIndex([], [coin]).known("key") == Instrument("key", "BTC/USD", None, "crypto")


def test_an_order_without_a_symbol_gives_none_to_its_instrument() -> None:
    assert SymbolIndex([], [order(symbol="", instrument="key")]).find("") is None


def test_a_stock_whose_symbol_ends_like_a_pairs_is_that_stock() -> None:
    stock, coin = instrument("MUSD"), instrument("M/USD")
    assert index(stock).find("MUSD") is stock
    assert index(stock, coin).find("MUSD") is stock
