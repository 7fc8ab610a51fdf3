"""Browser tabs as the dashboard sees them: websocket sessions with the timers of its page.

A tab asks for the page, then again what the browser asks by itself: the fragment's rerun every
second and the autorefresh component's tick.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import websockets
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

_PATIENCE = 60.0
_WHOLE = ForwardMsg.FINISHED_SUCCESSFULLY
"""A run neither of a fragment nor cut short by the next."""


@dataclass
class Tab:
    """One open session."""

    socket: websockets.ClientConnection
    fragments: dict[str, float] = field(default_factory=dict)
    """Fragment ids and the seconds between their reruns."""
    tick: str = ""
    ticks: int = 0
    interval: float = 30.0

    async def ask(self, fragment: str = "") -> None:
        """Ask for a run of the page, or of one fragment."""
        message = BackMsg()
        message.rerun_script.query_string = ""
        message.rerun_script.fragment_id = fragment
        if self.tick and self.ticks:
            state = message.rerun_script.widget_states.widgets.add()
            state.id, state.json_value = self.tick, str(self.ticks)
        await self.socket.send(message.SerializeToString())

    async def page(self) -> None:
        """Ask for the page and wait until a run has drawn it whole."""
        await self.ask()
        told = await self._next()
        while told.WhichOneof("type") != "script_finished" or told.script_finished != _WHOLE:
            told = await self._next()

    async def stay(self, seconds: float) -> None:
        """Do what an open page does by itself, for so long."""
        reader = asyncio.create_task(self._read())
        now = time.monotonic()
        ends_at, tick_at = now + seconds, now + self.interval
        due = dict.fromkeys(self.fragments, now)
        try:
            while (now := time.monotonic()) < ends_at:
                if self.tick and now >= tick_at:
                    self.ticks += 1
                    tick_at = now + self.interval
                    await self.ask()
                for fragment, every in list(self.fragments.items()):
                    if now >= due.get(fragment, 0.0):
                        due[fragment] = now + every
                        await self.ask(fragment)
                await asyncio.sleep(0.05)
        finally:
            reader.cancel()

    async def _read(self) -> None:
        while True:
            await self._next()

    async def _next(self) -> ForwardMsg:
        told = ForwardMsg()
        told.ParseFromString(await asyncio.wait_for(self.socket.recv(), _PATIENCE))
        kind = told.WhichOneof("type")
        if kind == "auto_rerun":
            self.fragments[told.auto_rerun.fragment_id] = told.auto_rerun.interval
        elif kind == "delta" and told.delta.new_element.WhichOneof("type") == "component_instance":
            component = told.delta.new_element.component_instance
            self.tick = component.id
            self.interval = json.loads(component.json_args).get("interval", 30_000) / 1000
        return told


@asynccontextmanager
async def tab_on(port: int) -> AsyncIterator[Tab]:
    """A session with the page drawn."""
    async with websockets.connect(
        f"ws://127.0.0.1:{port}/_stcore/stream", max_size=None,
        subprotocols=["streamlit"],  # type: ignore[list-item]
        origin=f"http://127.0.0.1:{port}",  # type: ignore[arg-type]
        open_timeout=_PATIENCE, ping_timeout=_PATIENCE,
    ) as socket:  # fmt: skip
        tab = Tab(socket)
        await tab.page()
        yield tab


async def stay_all(port: int, count: int, seconds: float) -> float:
    """Open so many tabs and keep them for so long; the milliseconds the last one took to open."""
    async with asyncio.TaskGroup() as group:
        opened = asyncio.Semaphore(4)

        async def one(number: int) -> float:
            begins = time.perf_counter()
            async with opened:
                begins = time.perf_counter()
                context = tab_on(port)
                tab = await context.__aenter__()
                took = time.perf_counter() - begins
            try:
                await tab.stay(seconds)
            finally:
                await context.__aexit__(None, None, None)
            return took * 1000 if number == count - 1 else 0.0

        tasks = [group.create_task(one(number)) for number in range(count)]
    return tasks[-1].result()
