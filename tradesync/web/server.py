"""What the dashboard's process starts and serves besides its pages."""

from __future__ import annotations

import gc
import importlib
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import streamlit as st
from streamlit import config as st_config

from tradesync.config import SettingsError, load_settings
from tradesync.logs import configure_logging, secrets_of
from tradesync.paper import PaperBrokerError
from tradesync.store.errors import StoreError
from tradesync.sync import registry
from tradesync.web.api import ROUTES
from tradesync.web.security import MIDDLEWARE, access_of

__all__ = ["LIFESPAN", "MIDDLEWARE", "ROUTES"]

log = logging.getLogger("tradesync.web")

_HEAVY = (
    "pandas.io.formats.style",
    "streamlit.elements.echarts_chart",
    "tradesync.web.router",
)


@asynccontextmanager
async def LIFESPAN(_app: st.App) -> AsyncIterator[dict[str, Any] | None]:  # noqa: N802 (a constant to its users)
    """Start the sync service with the process and stop it at its end.

    Streamlit collects all garbage after every run of a page; freezing what the imports left
    makes that ten times cheaper. A service that cannot start is a sentence on every page.
    """
    for name in _HEAVY:
        importlib.import_module(name)
    try:
        settings = load_settings()
        configure_logging(settings.log_format, secrets=secrets_of(settings))
        # Streamlit checks the Host of its websocket itself.
        st_config.set_option("server.allowedHosts", sorted(access_of(settings).hosts))
        registry.start("dashboard", settings)
    except (SettingsError, PaperBrokerError, StoreError) as error:
        log.error("%s", error)  # noqa: TRY400 (one sentence; the trace says no more)
    gc.collect()
    gc.freeze()
    try:
        yield None
    finally:
        registry.stop()
