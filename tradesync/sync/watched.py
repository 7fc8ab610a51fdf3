"""What is read only now and then: the market's clock and calendar, the equity curve."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from tradesync.broker.errors import BrokerError
from tradesync.broker.port import Broker, EquityPoint, MarketDay
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
_SKEW_WORTH_SAYING = 2.0

CURVES = (("1A", "1D"), ("1D", "5Min"))
"""Portfolio histories kept: period, timeframe (alpaca-api reference 1.5)."""


@dataclass(slots=True)
class Watched:
    """Reads what is due for one account, whichever program read it last (the board says when).

    What fails is logged and left as it was: the sync itself is good.
    """

    broker: Broker
    database: Database
    board: Board
    now: Callable[[], Instant]
    simulated: bool = False
    """A paper broker of ours lives in a time of its own."""
    calendar_at: Instant = 0

    def refresh_clock(self) -> None:
        """Read the market's clock when it is an hour old or the market has turned since."""
        name, known, now = self.board.account, self.board.read().market, self.now()
        if known is not None and now - known.read_at < _CLOCK_EVERY:
            turn = known.next_close if known.is_open else known.next_open
            if now < turn:
                return
        try:
            clock = self.broker.clock()
        except BrokerError as error:
            log.warning("%s: the market's clock was not read: %s", name, error.sentence)
            return
        skew = (clock.at - (now + self.now()) // 2) / SECOND
        if abs(skew) > _SKEW_WORTH_SAYING and not self.simulated:
            words = "%s: this machine's clock is %.1f s off the broker's; set it right"
            log.warning(words, name, -skew)
        self.board.update(
            market=MarketClock(
                clock.is_open, clock.next_open, clock.next_close, read_at=now, skew=skew
            )
        )

    def refresh_curves(self, account: AccountRow) -> None:
        """Read the calendar once a day, the equity curves every five minutes while watched."""
        days: tuple[MarketDay, ...] = ()
        curves: dict[str, tuple[EquityPoint, ...]] = {}
        try:
            days = self._read_calendar()
            curves = self._read_curves()
        except BrokerError as error:
            words = "%s: the calendar or the equity curve was not read: %s"
            log.warning(words, self.board.account, error.sentence)
        if not days and not curves:
            return
        with self.database.write() as tx:
            snapshots.save_market_days(tx, account.environment, days)
            for timeframe, points in curves.items():
                snapshots.save_equity_points(tx, account.account_id, timeframe, points)

    def _read_calendar(self) -> tuple[MarketDay, ...]:
        """The next trading days, once a day."""
        now = self.now()
        if now - self.calendar_at < _CALENDAR_EVERY:
            return ()
        self.calendar_at = now
        today = new_york_date(now)
        return self.broker.calendar(today, today + timedelta(days=_CALENDAR_DAYS))

    def _read_curves(self) -> dict[str, tuple[EquityPoint, ...]]:
        """The equity curves by timeframe, when they are due."""
        now, read_at = self.now(), self.board.read().curve_at
        if read_at is not None and (
            not self.board.is_watched(now) or now - read_at < _CURVE_EVERY
        ):
            return {}
        self.board.update(curve_at=now)
        return {
            timeframe: self.broker.portfolio_history(period, timeframe)
            for period, timeframe in CURVES
        }
