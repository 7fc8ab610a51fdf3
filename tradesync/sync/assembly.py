"""What works for one account, put together: broker, worker, stream and their notice boards."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from tradesync.broker.alpaca import AlpacaBroker
from tradesync.broker.limits import TokenBucket
from tradesync.config import AccountConfig, Environment, Settings
from tradesync.domain.times import Instant
from tradesync.store.database import Database
from tradesync.sync.account_sync import AccountSync
from tradesync.sync.board import Board, StreamBoard
from tradesync.sync.holdings import Holdings
from tradesync.sync.locks import Ownership
from tradesync.sync.outcomes import RunResult, Trigger
from tradesync.sync.price_bars import PriceBars
from tradesync.sync.pricing import Pricing
from tradesync.sync.streams import AccountStream
from tradesync.sync.trends import Trends
from tradesync.sync.watched import Watched
from tradesync.sync.worker import AccountWorker


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What all accounts of a program share."""

    settings: Settings
    database: Database
    program: str
    stop: threading.Event
    now: Callable[[], Instant]
    settle_seconds: float
    patience: float


@dataclass(slots=True)
class LiveAccount:
    """One configured account with what works for it."""

    config: AccountConfig
    broker: AlpacaBroker
    board: Board
    role: Ownership
    worker: AccountWorker
    stream: AccountStream
    stop: threading.Event
    pricing: Pricing = field(init=False)
    """What a symbol is and costs now."""
    bars: PriceBars = field(init=False)
    trends: Trends = field(init=False)
    """What it cost before."""

    def __post_init__(self) -> None:
        self.pricing = Pricing(self.broker)
        self.bars = PriceBars(self.broker)
        self.trends = Trends(self.broker)

    def end(self) -> None:
        """Let the worker stop after what it is at; waits for nothing."""
        self.stop.set()
        self.worker.wake()

    def ended(self, timeout: float) -> bool:
        """Whether the worker has stopped, after waiting for it; its connections are dropped."""
        if not self.worker.join(timeout):
            return False
        self.broker.close()
        return True


def make_account(
    config: AccountConfig,
    around: Surroundings,
    *,
    interval: Callable[[], float | None],
    on_failure: Callable[[], None],
) -> LiveAccount:
    """Put an account together; nothing of it runs yet.

    `interval`: seconds between syncs at present, None: only when asked. `on_failure` is called
    after every failed run. Commands go on when the account alone is stopped.
    """
    stop = threading.Event()
    path = around.database.path
    bucket = TokenBucket(config.calls_per_minute)
    broker = _broker(config, around, bucket)
    board, stream_board = Board(path, config.name), StreamBoard(path, config.name)
    role = Ownership(path, config.name, "sync", around.program)
    syncer = _syncer(config, around, broker, board, stop)
    worker = AccountWorker(
        config.name,
        _told(syncer.run, on_failure),
        board=board,
        role=role,
        now=around.now,
        stop=stop,
        interval=interval,
        do_short=syncer.run_short,
        warm_up=syncer.warm_up,
        extra=syncer.extra_seconds,
        fullness=lambda: bucket.fullness,
        stream=stream_board,
    )
    stream = AccountStream(
        config,
        worker,
        board=board,
        stream_board=stream_board,
        role=Ownership(path, config.name, "stream", around.program),
        program=around.program,
        now=around.now,
        amend=syncer.amendments.append,
    )
    return LiveAccount(config, broker, board, role, worker, stream, stop)


def _told(
    run: Callable[[Trigger], RunResult], on_failure: Callable[[], None]
) -> Callable[[Trigger], RunResult]:
    """A run of which is told when it failed."""

    def run_and_tell(trigger: Trigger) -> RunResult:
        result = run(trigger)
        if not result.ok:
            on_failure()
        return result

    return run_and_tell


def _broker(config: AccountConfig, around: Surroundings, bucket: TokenBucket) -> AlpacaBroker:
    return AlpacaBroker(
        config,
        timeout=config.timeout,
        bucket=bucket,
        clock=around.now,
        stop=around.stop,
        patience=around.patience,
        data_url=around.settings.data_url,
    )


def _syncer(
    config: AccountConfig,
    around: Surroundings,
    broker: AlpacaBroker,
    board: Board,
    stop: threading.Event,
) -> AccountSync:
    simulated = config.environment is Environment.SIMULATED
    return AccountSync(
        config=config,
        broker=broker,
        database=around.database,
        board=board,
        program=around.program,
        now=around.now,
        stop=stop,
        history_start=around.settings.history_start,
        watched=Watched(broker, around.database, board, around.now, simulated=simulated),
        holdings=Holdings(around.settle_seconds, around.now, board.market_open),
    )
