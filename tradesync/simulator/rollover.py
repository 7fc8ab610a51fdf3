"""The end of a New York day: crypto fee rows, compressed FIFO lots, closes and daily equity."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from tradesync.simulator.activities import other_row
from tradesync.simulator.books import day_closed
from tradesync.simulator.broker import Broker
from tradesync.simulator.ledger import Ledger
from tradesync.simulator.margin import MAINTENANCE_RATE, requirement
from tradesync.simulator.options import expire_contracts
from tradesync.simulator.records import CryptoFee, DayClose
from tradesync.simulator.wire import (
    QTY_STEP,
    ZERO,
    multiplier,
    new_york_date,
    number,
    rounded,
)


def roll_days(broker: Broker) -> None:
    """Close every day that has ended since the last look; idle days keep the last values."""
    today = new_york_date(broker.now())
    while broker.world.day < today:
        close_day(broker, broker.world.day)
        broker.update_world(day=broker.world.day + timedelta(days=1))


def close_day(broker: Broker, day: date) -> None:
    """Close one day in the market and in every account."""
    expire_contracts(broker, day)
    for ledger in broker.ledgers.values():
        _close_account(broker, ledger, day)
    broker.market.close_day(day)


def _close_account(broker: Broker, ledger: Ledger, day: date) -> None:
    _book_crypto_fees(broker, ledger)
    equity = ledger.equity()
    maintenance = requirement(ledger, MAINTENANCE_RATE)
    for position, asset in ledger.held_positions():
        close = broker.market.last(asset.symbol)
        carried, shifted = day_closed(position, day, close)
        ledger.put_position(carried)
        ledger.add(realized=shifted * multiplier(asset.asset_class))
    account = ledger.account
    ledger.days.put(day.isoformat(), DayClose(day, equity, account.day_flows))
    ledger.update(last_equity=equity, last_maintenance=maintenance, balance_asof=day, day_flows={})


def _book_crypto_fees(broker: Broker, ledger: Ledger) -> None:
    """One CFEE row a day, symbol and kind (coin or dollars) for what was taken at the fills."""
    sums: dict[tuple[date, str, bool], CryptoFee] = {}
    for fee in ledger.account.crypto_fees:
        key = (fee.day, fee.symbol, fee.qty > 0)
        so_far = sums.get(key, CryptoFee(fee.symbol, fee.day, ZERO, ZERO, ZERO))
        sums[key] = CryptoFee(
            fee.symbol,
            fee.day,
            so_far.qty + fee.qty,
            so_far.usd + fee.usd,
            so_far.value + fee.value,
        )
    for (day, symbol, _), fee in sorted(sums.items()):
        other_row(ledger, "CFEE", day, _fee_body(symbol, fee), broker.stamp())
    ledger.update(crypto_fees=())


def _fee_body(symbol: str, fee: CryptoFee) -> dict[str, str]:
    body = {"symbol": symbol.replace("/", "")}
    if fee.qty:
        price: Decimal = rounded(fee.value / fee.qty, QTY_STEP)
        return body | {
            "description": "Coin Pair Transaction Fee (Non USD)",
            "qty": number(-fee.qty),
            "price": number(price),
        }
    return body | {
        "description": "Coin Pair Transaction Fee (USD)",
        "net_amount": number(-fee.usd),
    }
