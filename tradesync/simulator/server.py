"""The HTTP server: routes, the beat of the clock, start and stop."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path

from aiohttp import web

from tradesync.simulator import control, middleware, stream
from tradesync.simulator.broker import Broker
from tradesync.simulator.engine import KEY, SECRET, TICK_SECONDS, tick
from tradesync.simulator.faults import BOARD, FaultBoard, faults
from tradesync.simulator.rate import RateLimiter
from tradesync.simulator.rest import account, data, market, options, orders, positions
from tradesync.simulator.rest.common import BROKER
from tradesync.simulator.stream import StreamHub
from tradesync.simulator.views import Views

HOST = "127.0.0.1"


def build(broker: Broker, *, rate_limit: int = 0, with_control: bool = False) -> web.Application:
    """The application over `broker`."""
    app = web.Application(
        middlewares=[middleware.request_id, faults, middleware.errors, middleware.keys]
    )
    app[BROKER] = broker
    app[BOARD] = FaultBoard()
    app[middleware.VIEWS] = Views()
    app[stream.HUB] = StreamHub()
    app.on_shutdown.append(_close_streams)
    app[middleware.LIMITER] = RateLimiter(rate_limit)
    for module in (account, orders, positions, market, data, options, stream):
        app.add_routes(module.routes())
    if with_control:
        app.add_routes(control.routes())
    if not broker.world.stepped:
        app.cleanup_ctx.append(_beat)
    return app


async def _close_streams(app: web.Application) -> None:
    await app[stream.HUB].close_all()


async def _beat(app: web.Application) -> AsyncIterator[None]:
    """Tick every two seconds of real time while the server runs."""

    async def run() -> None:
        try:
            while True:
                await asyncio.sleep(float(TICK_SECONDS))
                tick(app[BROKER])
        except Exception:
            # Without its beat the market would stand still unnoticed.
            logging.getLogger(__name__).exception("the clock failed; the paper broker ends")
            signal.raise_signal(signal.SIGTERM)
            raise

    task = asyncio.create_task(run())
    yield
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task


async def serve(app: web.Application, port: int, port_file: Path | None) -> None:
    """Serve until SIGTERM or SIGINT; 0 picks a free port. Ends within a second."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stop.set)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.2)
    await runner.setup()
    site = web.TCPSite(runner, HOST, port)
    await site.start()
    bound = runner.addresses[0][1]
    if port_file is not None:
        write_port(port_file, bound)
    announce(bound)
    try:
        await stop.wait()
    finally:
        await runner.cleanup()
        app[BROKER].database.close()


def announce(port: int) -> None:
    """One line with the address and the well-known keys."""
    line = f"paper broker on http://{HOST}:{port} key {KEY} secret {SECRET}\n"
    os.write(1, line.encode())


def write_port(path: Path, port: int) -> None:
    """The port as text, there at once or not at all."""
    part = path.with_name(f".{path.name}.{os.getpid()}")
    part.write_text(f"{port}\n")
    part.replace(path)
