"""The universe: about thirty believable assets, their first prices and how much they move."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from tradesync.simulator.dice import identity
from tradesync.simulator.records import Asset

PENNY_INCREMENT = Decimal("0.0001")

# symbol, name, exchange, first price, yearly volatility
_EQUITIES = (
    ("AAPL", "Apple Inc. Common Stock", "NASDAQ", "247.50", "0.27"),
    ("MSFT", "Microsoft Corporation Common Stock", "NASDAQ", "486.20", "0.24"),
    ("NVDA", "NVIDIA Corporation Common Stock", "NASDAQ", "181.40", "0.42"),
    ("TSLA", "Tesla, Inc. Common Stock", "NASDAQ", "338.10", "0.55"),
    ("AMD", "Advanced Micro Devices, Inc. Common Stock", "NASDAQ", "162.75", "0.48"),
    ("GOOG", "Alphabet Inc. Class C Capital Stock", "NASDAQ", "214.60", "0.29"),
    ("AMZN", "Amazon.com, Inc. Common Stock", "NASDAQ", "231.85", "0.31"),
    ("META", "Meta Platforms, Inc. Class A Common Stock", "NASDAQ", "652.30", "0.34"),
    ("SPY", "SPDR S&P 500 ETF Trust", "ARCA", "628.40", "0.16"),
    ("QQQ", "Invesco QQQ Trust, Series 1", "NASDAQ", "569.15", "0.20"),
    ("JPM", "JPMorgan Chase & Co. Common Stock", "NYSE", "291.70", "0.22"),
    ("XOM", "Exxon Mobil Corporation Common Stock", "NYSE", "112.35", "0.23"),
    ("KO", "Coca-Cola Company", "NYSE", "70.15", "0.14"),
    ("COST", "Costco Wholesale Corporation Common Stock", "NASDAQ", "958.60", "0.21"),
    ("DIS", "The Walt Disney Company", "NYSE", "118.45", "0.26"),
    ("INTC", "Intel Corporation Common Stock", "NASDAQ", "24.85", "0.44"),
    ("PLTR", "Palantir Technologies Inc. Class A Common Stock", "NASDAQ", "142.90", "0.58"),
    ("BRK.B", "Berkshire Hathaway Inc. Class B", "NYSE", "489.30", "0.15"),
    ("GME", "GameStop Corporation Common Stock", "NYSE", "23.40", "0.70"),
    ("OCGN", "Ocugen, Inc. Common Stock", "NASDAQ", "0.9858", "0.80"),
    ("TWTR", "Twitter, Inc. Common Stock", "NYSE", "53.70", "0"),
)
_CRYPTO = (
    ("BTC/USD", "Bitcoin / US Dollar", "91850.00", "0.45", "0.000011"),
    ("ETH/USD", "Ethereum / US Dollar", "3215.00", "0.60", "0.00031"),
    ("SOL/USD", "Solana / US Dollar", "148.20", "0.75", "0.0068"),
)
# underlying, right, strike, first price, expiring in how many months
_OPTIONS = (
    ("AAPL", "C", "250", "6.85", 1),
    ("AAPL", "P", "240", "5.10", 1),
    ("SPY", "P", "600", "7.40", 2),
    ("NVDA", "C", "190", "8.25", 2),
)
NOT_SHORTABLE = "GME"
NOT_FRACTIONABLE = "OCGN"
INACTIVE = "TWTR"


def universe(as_of: date) -> list[tuple[Asset, Decimal]]:
    """All assets with their first price; option expiries are counted from `as_of`."""
    equities = [_equity(*row) for row in _EQUITIES]
    crypto = [_coin(*row) for row in _CRYPTO]
    options = [_contract(row, as_of) for row in _OPTIONS]
    return equities + crypto + options


def new_equity(symbol: str, name: str, exchange: str, volatility: str) -> Asset:
    """An ordinary share."""
    own = identity("asset", symbol)
    return Asset(
        id=own,
        symbol=symbol,
        name=name,
        asset_class="us_equity",
        exchange=exchange,
        position_id=own,
        yearly_volatility=Decimal(volatility),
        status="inactive" if symbol == INACTIVE else "active",
        tradable=symbol != INACTIVE,
        shortable=symbol not in {NOT_SHORTABLE, INACTIVE},
        fractionable=symbol not in {NOT_FRACTIONABLE, INACTIVE},
    )


def _equity(
    symbol: str, name: str, exchange: str, price: str, volatility: str
) -> tuple[Asset, Decimal]:
    return new_equity(symbol, name, exchange, volatility), Decimal(price)


def _coin(
    symbol: str, name: str, price: str, volatility: str, smallest: str
) -> tuple[Asset, Decimal]:
    asset = Asset(
        id=identity("asset", symbol),
        symbol=symbol,
        name=name,
        asset_class="crypto",
        exchange="CRYPTO",
        position_id=identity("position asset", symbol),
        marginable=False,
        shortable=False,
        yearly_volatility=Decimal(volatility),
        min_order_size=Decimal(smallest),
    )
    return asset, Decimal(price)


def occ_symbol(underlying: str, expiry: date, right: str, strike: Decimal) -> str:
    """OCC contract symbol: root, YYMMDD, C or P, strike x 1000 in eight digits."""
    return f"{underlying}{expiry:%y%m%d}{right}{int(strike * 1000):08d}"


def new_contract(underlying: str, right: str, strike: Decimal, expiry: date) -> Asset:
    """An option contract on 100 shares; `right` is C or P."""
    symbol = occ_symbol(underlying, expiry, right, strike)
    own = identity("asset", symbol)
    word = "Call" if right == "C" else "Put"
    return Asset(
        id=own,
        symbol=symbol,
        name=f"{underlying} {expiry:%b %d %Y} {strike.normalize():f} {word}",
        asset_class="us_option",
        exchange="",
        position_id=own,
        shortable=True,
        fractionable=False,
        yearly_volatility=Decimal("0.9"),
        underlying=underlying,
        strike=strike,
        expiry=expiry,
        right=right,
    )


def _contract(row: tuple[str, str, str, str, int], as_of: date) -> tuple[Asset, Decimal]:
    underlying, right, strike, price, months = row
    asset = new_contract(underlying, right, Decimal(strike), third_friday(as_of, months))
    return asset, Decimal(price)


def third_friday(day: date, months: int) -> date:
    """The monthly expiry `months` after the month of `day`."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    first = date(year, month + 1, 1)
    return first + timedelta(days=(4 - first.weekday()) % 7 + 14)
