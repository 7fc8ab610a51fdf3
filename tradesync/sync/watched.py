"""What is read only now and then: the market's clock and calendar, the equity curve."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from tradesync.broker.errors import BrokerError
from tradesync.broker.port import Broker
from tradesync.domain.times import SECOND, Instant, new_york_date
from tradesync.store import snapshots
from tradesync.store.accounts import AccountRow
from tradesync.store.database import Database
from tradesync.sync.board import Board, MarketClock

log = logging.getLogger("tradesync.sync")

_CLOCK_EVERY: Instant = 3_600 * SECOND
_CALENDAR_EVERY: Instant = 86_400 * SECOND
_CURVE_EVERY: Instant = 300 * SECOND
_CALENDAR_DAYS = 10

CURVES = (("1A", "1D"), ("1D", "5Min"))
"""Portfolio histories kept: period, timeframe (alpaca-api reference 1.5)."""


@dataclass(slots=True)
class Watched:
    """When each of these was last read by this process."""

    calendar_at: Instant = 0
    curve_at: Instant = 0

    def refresh(
        self,
        broker: Broker,
        database: Database,
        board: Board,
        account: AccountRow,
        now: Callable[[], Instant],
        *,
        watched: bool,
    ) -> None:
        """Read what is due. What fails is logged and left as it was: the sync itself is good."""
        try:
            self._refresh_clock(broker, board, now())
            if now() - self.calendar_at >= _CALENDAR_EVERY:
                self.calendar_at = now()
                self._refresh_calendar(broker, database, account, now())
            if watched and now() - self.curve_at >= _CURVE_EVERY:
                self.curve_at = now()
                self._refresh_curves(broker, database, account)
        except BrokerError as error:
            log.warning("the market's clock or the equity curve was not read: %s", error.sentence)

    @staticmethod
    def _refresh_clock(broker: Broker, board: Board, now: Instant) -> None:
        known = board.read().market
        if known is not None and now - known.read_at < _CLOCK_EVERY:
            turn = known.next_close if known.is_open else known.next_open
            if now < turn:
                return
        clock = broker.clock()
        board.update(
            market=MarketClock(clock.is_open, clock.next_open, clock.next_close, read_at=now)
        )

    @staticmethod
    def _refresh_calendar(
        broker: Broker, database: Database, account: AccountRow, now: Instant
    ) -> None:
        today = new_york_date(now)
        days = broker.calendar(today, today + timedelta(days=_CALENDAR_DAYS))
        with database.write() as tx:
            snapshots.save_market_days(tx, account.environment, days)

    @staticmethod
    def _refresh_curves(broker: Broker, database: Database, account: AccountRow) -> None:
        curves = {
            timeframe: broker.portfolio_history(period, timeframe) for period, timeframe in CURVES
        }
        with database.write() as tx:
            for timeframe, points in curves.items():
                snapshots.save_equity_points(tx, account.account_id, timeframe, points)
