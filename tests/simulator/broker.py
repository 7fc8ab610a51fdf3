"""A paper broker as a real process, for any test suite that needs one.

with PaperBroker(empty=True) as broker:
    broker.set_price("AAPL", 200)
    order = broker.submit_market("AAPL", 10)
"""

from __future__ import annotations

import os
import select
import shutil
import signal
import tempfile
import time
from copy import copy
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx

from tests import forked

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 120.0
STOP_SECONDS = 30.0


class PaperBroker:
    """`python -m tradesync.simulator` on a free port. Amounts may be str, int or Decimal."""

    def __init__(
        self,
        *,
        empty: bool = True,
        seed: int = 1,
        clock: str = "stepped",
        as_of: str | None = "2026-11-18",
        hours: str = "always",
        partials: int = 0,
        rate_limit: int = 0,
        control: bool = True,
        data: Path | None = None,
        extra: tuple[str, ...] = (),
    ) -> None:
        self._own_data = data is None
        self.data = data or Path(tempfile.mkdtemp(prefix="paper-broker-"))
        self.key = "PKSIMULATED"
        self.secret = "simulated-secret"
        self.port = 0
        self._control = control
        self._arguments = [
            *(["--empty"] if empty else []),
            *(["--control"] if control else []),
            *(["--as-of", as_of] if as_of else []),
            *("--seed", str(seed), "--clock", clock, "--hours", hours),
            *("--partials", str(partials), "--rate-limit", str(rate_limit)),
            *extra,
        ]
        self._process: forked.Process | None = None
        self._http = httpx.Client(timeout=60.0, trust_env=False, verify=False)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def base_url(self) -> str:
        """http://127.0.0.1:port, without /v2."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def stream_url(self) -> str:
        """The address of the trade_updates websocket."""
        return f"ws://127.0.0.1:{self.port}/stream"

    @property
    def pid(self) -> int:
        """The process id while it runs."""
        assert self._process is not None
        return self._process.pid

    def start(self) -> None:
        """Start and wait until it listens; a restart keeps the port."""
        command = ["-m", "tradesync.simulator", "--data", str(self.data)]
        command += ["--port", str(self.port), *self._arguments]
        with (self.data / "stderr.log").open("a") as errors:
            self._process = forked.start(
                forked.BROKER, command, cwd=ROOT, env=os.environ, stderr=errors.fileno()
            )
        self.port = int(self._first_line().split(" key ")[0].rsplit(":", 1)[1])

    def _first_line(self) -> str:
        """The line it prints once it listens; the end of its output if it died instead."""
        assert self._process is not None
        assert self._process.stdout is not None
        ready, _, _ = select.select([self._process.stdout], [], [], START_SECONDS)
        line = self._process.stdout.readline() if ready else ""
        if not line.startswith("paper broker on "):
            self.kill()
            log = (self.data / "stderr.log").read_text()
            raise RuntimeError(f"the paper broker did not start: {line}{log}")
        return line

    def stop(self) -> int:
        """End it politely; its exit code."""
        return self._end(signal.SIGTERM)

    def kill(self) -> int:
        """kill -9."""
        return self._end(signal.SIGKILL)

    def _end(self, how: signal.Signals) -> int:
        process, self._process = self._process, None
        if process is None:
            return 0
        process.send_signal(how)
        code = process.wait(STOP_SECONDS)
        if process.stdout is not None:
            process.stdout.close()
        return code

    def restart(self, *, kill: bool = False) -> None:
        """Stop (or kill -9) and start again on the same port and data."""
        if kill:
            self.kill()
        else:
            self.stop()
        self.start()

    def close(self) -> None:
        """Stop for good; a data directory of its own is removed."""
        self.kill()
        self._http.close()
        if self._own_data:
            shutil.rmtree(self.data, ignore_errors=True)

    def raw(self, method: str, path: str, **options: Any) -> httpx.Response:
        """Any request with the account's keys; the reply as it is."""
        headers = {"APCA-API-KEY-ID": self.key, "APCA-API-SECRET-KEY": self.secret}
        headers |= options.pop("headers", {})
        return self._http.request(method, self.base_url + path, headers=headers, **options)

    def get(self, path: str, **query: Any) -> Any:
        """The JSON of GET /v2{path}; fails on an error status."""
        return _checked(self.raw("GET", f"/v2{path}", params=query)).json()

    def control(self, path: str, **body: Any) -> Any:
        """POST /sim/{path}; fails on an error status."""
        reply = self._http.post(f"{self.base_url}/sim/{path}", json=_texts(body))
        return _checked(reply).json()

    def books(self) -> Any:
        """The whole of the broker's own books (an oracle)."""
        return _checked(self._http.get(f"{self.base_url}/sim/books")).json()

    def submit(self, symbol: str, qty: object, side: str = "buy", **more: Any) -> Any:
        """POST /v2/orders; day (coins: gtc) unless `time_in_force` is given."""
        body = {"symbol": symbol, "qty": qty, "side": side, "type": "market"}
        body["time_in_force"] = "gtc" if "/" in symbol else "day"
        body |= more
        return _checked(self.raw("POST", "/v2/orders", json=_texts(body))).json()

    def submit_market(self, symbol: str, qty: object, side: str = "buy", **more: Any) -> Any:
        """A market order."""
        return self.submit(symbol, qty, side, **more)

    def submit_limit(
        self, symbol: str, qty: object, limit: object, side: str = "buy", **more: Any
    ) -> Any:
        """A limit order."""
        return self.submit(symbol, qty, side, type="limit", limit_price=limit, **more)

    def order(self, order_id: str, **query: Any) -> Any:
        """GET one order."""
        return self.get(f"/orders/{order_id}", **query)

    def cancel(self, order_id: str) -> None:
        """DELETE one order."""
        _checked(self.raw("DELETE", f"/v2/orders/{order_id}"))

    def replace(self, order_id: str, **changes: Any) -> Any:
        """PATCH one order; the new order."""
        path = f"/v2/orders/{order_id}"
        return _checked(self.raw("PATCH", path, json=_texts(changes))).json()

    def set_price(self, symbol: str, price: object) -> None:
        """Pin a symbol at a price."""
        self.control("price", symbol=symbol, price=price)

    def fill(self, order_id: str, qty: object = None, price: object = None, **more: Any) -> Any:
        """Fill an order by hand, wholly unless `qty` is given."""
        return self.control("fill", order_id=order_id, qty=qty, price=price, **more)

    def step(self, seconds: object = 2) -> Any:
        """Let time pass."""
        return self.control("step", seconds=seconds)

    def overnight(self) -> Any:
        """Let time pass to 09:30 New York of the next day."""
        return self.control("step", overnight=True)

    def pause(self) -> None:
        """No more fills by themselves."""
        self.control("pause")

    def resume(self) -> None:
        """Fills go on."""
        self.control("resume")

    def book(self, activity_type: str, **entry: Any) -> Any:
        """Book any activity with its effect on the books; the row."""
        return self.control("activities", activity_type=activity_type, **entry)

    def delay_activities(self, seconds: object = None, *, until_released: bool = False) -> None:
        """New activity rows are seen later."""
        self.control("activities/delay", seconds=seconds, until_released=until_released)

    def release_activities(self) -> int:
        """Show the hidden rows; how many."""
        return int(self.control("activities/release")["released"])

    def fault(self, kind: str, path: str = ".*", **options: Any) -> None:
        """Misbehave: see tradesync/simulator/faults.py for kinds and their options."""
        body = {"kind": kind, "path": path, **options}
        _checked(self._http.post(f"{self.base_url}/sim/faults", json=body))

    def clear_faults(self) -> None:
        """Behave again."""
        _checked(self._http.delete(f"{self.base_url}/sim/faults"))

    def freeze(self, *views: str, **options: Any) -> None:
        """Let views (positions, orders, activities, account) show the books as they stand."""
        self.control("freeze", views=list(views), **options)

    def thaw(self, *views: str) -> None:
        """Let frozen views show the present."""
        self.control("thaw", views=list(views))

    def wait_for_listeners(self, count: int) -> None:
        """Return once `count` clients listen to the stream; fails after thirty seconds."""
        deadline = time.monotonic() + STOP_SECONDS
        while self.control("stream")["listening"] < count:
            if time.monotonic() > deadline:
                raise AssertionError(f"fewer than {count} clients listen to the stream")

    def add_account(self, name: str, **options: Any) -> PaperBroker:
        """One more account; what is returned talks to it in the same process."""
        made = self.control("accounts", name=name, **options)
        other = copy(self)
        other.key, other.secret = made["key"], made["secret"]
        return other

    def add_position(self, symbol: str, qty: object, price: object) -> None:
        """A holding that nothing explains."""
        self.control("position", account=self.key, symbol=symbol, qty=qty, price=price)


def _texts(body: dict[str, Any]) -> dict[str, Any]:
    """Numbers as exact text; None left out."""
    plain = (str, bool, list, dict)
    kept = {key: value for key, value in body.items() if value is not None}
    return {key: v if isinstance(v, plain) else str(v) for key, v in kept.items()}


def _checked(reply: httpx.Response) -> httpx.Response:
    if reply.is_error:
        request = reply.request
        raise AssertionError(f"{request.method} {request.url}: {reply.status_code} {reply.text}")
    return reply
