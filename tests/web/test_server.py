"""What the dashboard's process sets up before its first page."""

from __future__ import annotations

import asyncio
import gc
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from streamlit import config

from tests.web import seed
from tradesync.web import server


def test_a_host_name_that_is_allowed_is_allowed_for_the_websocket_too(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    settings = replace(seed.settings_of(tmp_path / "r.duckdb"), allowed_hosts=("trades.example",))
    asked: dict[str, Any] = {}
    monkeypatch.setattr(server, "load_settings", lambda: settings)
    monkeypatch.setattr(server, "configure_logging", lambda *_, **__: None)
    monkeypatch.setattr(server, "registry", SimpleNamespace(start=print, stop=lambda: None))
    monkeypatch.setattr(gc, "freeze", lambda: None)
    monkeypatch.setattr(config, "set_option", asked.__setitem__)

    async def begin_and_end() -> None:
        async with server.LIFESPAN(cast(Any, None)):
            pass

    asyncio.run(begin_and_end())
    assert asked == {"server.allowedHosts": ["127.0.0.1", "::1", "localhost", "trades.example"]}
