"""The storm: our programs and the broker as real processes, a random trader, faults and kills.

Everything follows from one seed, but for what the processes themselves make of it.
"""

from __future__ import annotations

import json
import random
import signal
import subprocess
import threading
import time
from contextlib import suppress
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx

from tests.chaos.commander import DECISIONS
from tests.chaos.decisions import Decisions
from tests.forked import SERVICE
from tests.programs import Home, Program
from tests.simulator.broker import PaperBroker
from tradesync.supervisor import free_port

_ONCE = frozenset({"note", "switch"}) | DECISIONS
"""Clicks without an id of their own in the record: clicked again they are others."""
SYMBOLS = ("AAPL", "KO", "MSFT", "XOM", "BTC/USD")
_FAULTS: tuple[dict[str, Any], ...] = (
    {"kind": "status", "status": 500},
    {"kind": "status", "status": 504, "work": True},
    {"kind": "status", "status": 429},
    {"kind": "latency", "seconds": 0.5},
    {"kind": "latency_after", "seconds": 0.5},
    {"kind": "drop_before"},
    {"kind": "drop_after"},
    {"kind": "truncated"},
    {"kind": "not_json"},
    {"kind": "malformed_row", "method": "GET", "path": "/v2/(orders|positions)"},
    {"kind": "empty", "method": "GET", "path": "/v2/(orders|positions|account/activities)"},
    {"kind": "short", "method": "GET", "path": "/v2/(orders|positions)"},
)

_MOVE_EVERY = 10.0
"""Seconds between two holdings that move without a row."""

_BAD_WEATHER = (AssertionError, httpx.HTTPError, ValueError, KeyError, TypeError, AttributeError)
"""What the storm itself meets: the broker refuses, is away, or talks nonsense as told."""


class Storm:
    """One storm over one home. `kills`, `clicks` count what was done.

    `accounts`: how each configured account is asked for at the one broker; the first is traded
    most, the others are switched off and on again meanwhile.
    """

    def __init__(self, home: Home, accounts: dict[str, PaperBroker], seed: int) -> None:
        self.home = home
        self.accounts = accounts
        self.broker = next(iter(accounts.values()))
        self.dice = random.Random(seed)
        self.port = free_port(20_000 + seed % 20_000)
        self.programs: dict[str, Program] = {}
        self.kills: dict[str, int] = {}
        self.clicks: list[dict[str, Any]] = []
        self.trades_done = 0
        self.output: list[str] = []
        self.decisions = Decisions(accounts, f"http://127.0.0.1:{self.port}", self.dice)
        self._commander: Program | None = None

    # -- the programs ----------------------------------------------------------------------------

    def start(self) -> None:
        """Start service and dashboard."""
        for name in ("service", "dashboard"):
            self._start(name)

    def _start(self, name: str) -> None:
        self.programs[name] = (
            self.home.start_service("--interval", "2")
            if name == "service"
            else self.home.start_dashboard(self.port)
        )

    def kill_one(self) -> None:
        """kill -9 one of the programs, the broker among them, and start it again."""
        name = self.dice.choice((*("service", "dashboard", "broker") * 2, "service", "commander"))
        self.kills[name] = self.kills.get(name, 0) + 1
        if name == "broker":
            self.broker.restart(kill=True)
        elif name == "commander":
            self._end_commander(signal.SIGKILL)
        else:
            self._end(name)
            self._start(name)

    def _end(self, name: str) -> None:
        program = self.programs.pop(name)
        with suppress(ProcessLookupError):
            program.end(signal.SIGKILL)
        self.output += program.output

    def stop(self) -> None:
        """End everything of ours."""
        self._end_commander(signal.SIGTERM)
        for name in list(self.programs):
            self._end(name)

    # -- what happens ----------------------------------------------------------------------------

    def blow(self, seconds: float, kill_every: float) -> None:
        """Let it blow for so long; halfway the record is backed up."""
        half_at = time.monotonic() + seconds / 2
        ends_at = time.monotonic() + seconds
        next_kill = time.monotonic() + kill_every
        next_move = time.monotonic()
        pause = threading.Event()
        while time.monotonic() < ends_at:
            with suppress(*_BAD_WEATHER):
                self.dice.choice(
                    (self._trade, self._trade, self._trade, self._fault, self._stream, self._ask)
                )()
            if time.monotonic() >= next_move:
                next_move = time.monotonic() + _MOVE_EVERY * self.dice.uniform(0.5, 1.5)
                self.decisions.move()
            if self._commander is None or self._commander.process.poll() is not None:
                self._click()
            if time.monotonic() >= half_at:
                half_at = float("inf")
                self._back_up()
            if time.monotonic() >= next_kill:
                next_kill = time.monotonic() + kill_every * self.dice.uniform(0.5, 1.5)
                self.kill_one()
            pause.wait(0.05)
        self.calm()

    def calm(self) -> None:
        """No more faults; the stream behaves; every account is on."""
        self._end_commander(signal.SIGTERM)
        self.broker.clear_faults()
        self.broker.control("stream", mute=False, drop=0, duplicate=0, hold=False)
        self.broker.control("stream/release")
        switches = [self._switch(name, active=True) for name in self.accounts]
        self._send(switches)
        self._end_commander(signal.SIGTERM, after=180.0)
        told = [self.answers.get(switch["intent_id"], {}) for switch in switches]
        assert all("results" in answer for answer in told), told

    def _back_up(self) -> None:
        """Back the record up while everything goes on."""
        done = self.home.cli_process("backup", str(self.backup))
        assert done.returncode == 0, done.stderr

    @property
    def backup(self) -> Path:
        """Where the record was backed up halfway."""
        return self.home.path / "halfway.duckdb"

    def _trade(self) -> None:
        """Somebody else trades: orders of all kinds, cancels, replacements, prices, fills."""
        dice, broker = self.dice, self.accounts[self._some_account()]
        self.trades_done += 1
        symbol = dice.choice(SYMBOLS)
        match dice.randrange(8):
            case 0 | 1 | 2:
                qty = "0.01" if "/" in symbol else str(dice.randint(1, 12))
                broker.submit_market(symbol, qty, dice.choice(("buy", "buy", "sell")))
            case 3:
                broker.submit_limit("KO", dice.randint(1, 9), dice.choice((1, 900)))
            case 4:
                price = Decimal(dice.randint(90, 110))
                broker.set_price("AAPL", price)
                broker.submit_market(
                    "AAPL", 4, time_in_force="gtc", order_class="bracket",
                    take_profit={"limit_price": str(price + 5)},
                    stop_loss={"stop_price": str(price - 5)},
                )  # fmt: skip
            case 5:
                for order in broker.get("/orders", status="open")[:2]:
                    broker.cancel(order["id"])
            case 6:
                for order in broker.get("/orders", status="open")[:1]:
                    broker.replace(order["id"], qty=dice.randint(1, 20))
            case _:
                broker.set_price("AAPL", dice.randint(80, 120))

    def _fault(self) -> None:
        """The broker misbehaves a few times."""
        fault = dict(self.dice.choice(_FAULTS))
        path = fault.pop("path", self.dice.choice(("/v2/.*", "/v2/orders", "/v2/orders/.*")))
        self.broker.fault(path=path, times=self.dice.randint(1, 3), **fault)

    def _stream(self) -> None:
        """The stream misbehaves."""
        match self.dice.randrange(4):
            case 0:
                self.broker.control("stream/close")
            case 1:
                self.broker.control("stream", drop=2, duplicate=1)
            case 2:
                self.broker.control("stream", mute=self.dice.random() < 0.3)
            case _:
                self.broker.control("stream/send", frame={"stream": "trade_updates", "data": None})

    def _ask(self) -> None:
        """Somebody asks the dashboard."""
        path = self.dice.choice(("/api/trades", "/api/trades/sync", "/health", "/metrics"))
        httpx.get(f"http://127.0.0.1:{self.port}{path}", timeout=10)

    def _click(self) -> None:
        """A person clicks a few times, now and then what was clicked before."""
        fresh = [self._new_click() for _ in range(self.dice.randint(1, 3))]
        sent = [click for click in self.clicks if click["do"] not in _ONCE]
        again = self.dice.sample(sent, min(2, len(sent)))
        self.clicks += fresh
        self._send([*fresh, *again])

    def _send(self, clicks: list[dict[str, Any]]) -> None:
        """Let a process of its own carry the clicks out."""
        file = self.home.path / "clicks.json"
        file.write_text(json.dumps(clicks), "utf-8")
        self._end_commander(signal.SIGKILL)
        script = Path(__file__).with_name("commander.py")
        self._commander = Program([str(script), str(file)], self.home, forked=SERVICE)

    def _some_account(self) -> str:
        """Mostly the first."""
        first, *others = self.accounts
        return first if self.dice.random() < 0.75 else self.dice.choice(others)

    def _switch(self, name: str, *, active: bool) -> dict[str, Any]:
        return {"intent_id": self._click_id(), "do": "switch", "account": name, "active": active}

    def _click_id(self) -> str:
        return str(UUID(int=self.dice.getrandbits(128), version=4))

    def _new_click(self) -> dict[str, Any]:
        dice, account = self.dice, self._some_account()
        click: dict[str, Any] = {"intent_id": self._click_id(), "account": account}
        if dice.random() < 0.4:
            return self.decisions.click(click, self.answers)
        chosen = dice.random()
        if chosen < 0.25 and (trade := self._some_trade(account, "open")):
            return {**click, "do": "close", "trade_id": trade["trade_id"]}
        if chosen < 0.40 and (trade := self._some_trade(account, "pending")):
            order = {**click, "order_id": trade["broker_order_id"]}
            if chosen < 0.32:
                return {**order, "do": "cancel"}
            return {**order, "do": "replace", "qty": "2", "limit": dice.choice(("1", "2"))}
        if chosen < 0.43:
            return {**click, "do": dice.choice(("close_all", "cancel_all"))}
        if chosen < 0.50:
            name = dice.choice(list(self.accounts)[1:])
            return self._switch(name, active=dice.random() < 0.5)
        if chosen < 0.60 and (trade := self._some_trade(account, "open")):
            text = f"note {len(self.clicks)}"
            return {**click, "do": "note", "trade_id": trade["trade_id"], "text": text}
        return {
            **click, "do": "order", "symbol": dice.choice(("XOM", "MSFT")), "qty": "1",
            "side": "buy", "limit": dice.choice((None, "1", "2000")),
        }  # fmt: skip

    def _some_trade(self, account: str, status: str) -> dict[str, Any] | None:
        with suppress(httpx.HTTPError, KeyError):
            url = f"http://127.0.0.1:{self.port}/api/trades"
            wanted = {"status": status, "account": account}
            rows = httpx.get(url, params=wanted, timeout=10).json()["trades"]
            rows = [row for row in rows if row["broker_order_id"]]
            if rows:
                return dict(self.dice.choice(rows))
        return None

    @property
    def answers(self) -> dict[str, dict[str, Any]]:
        """What the person was told, by the click's id; the last where one was repeated."""
        told = [json.loads(line) for line in self.output if line.startswith('{"intent_id"')]
        return {answer["intent_id"]: answer for answer in told}

    def _end_commander(self, number: signal.Signals, after: float = 0.0) -> None:
        """End the clicking person, who may go on until then for `after` seconds."""
        commander, self._commander = self._commander, None
        if commander is None:
            return
        with suppress(subprocess.TimeoutExpired):
            commander.wait(after)
        with suppress(ProcessLookupError):
            commander.end(number, timeout=30)
        commander.wait()
        self.output += commander.output
