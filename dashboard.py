"""The dashboard: `streamlit run dashboard.py` serves its pages and the REST API on one port."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

if __name__ == "__main__":  # a plain script run, without the routes
    from tradesync.web.router import run

    run()
else:  # imported once by `streamlit run dashboard.py` or `uvicorn dashboard:app`
    from tradesync.web.server import LIFESPAN, MIDDLEWARE, ROUTES

    app = st.App(
        Path(__file__).parent / "tradesync" / "web" / "main.py",
        routes=ROUTES,
        middleware=MIDDLEWARE,
        lifespan=LIFESPAN,
    )
