"""Commands over REST, in this process: carried out once, refused in words, asked for real money."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware

from tests.web import seed
from tests.web.conftest import Live, StartService
from tests.web.test_api_security import listening
from tradesync.config import Environment
from tradesync.web.api import ROUTES
from tradesync.web.security import LOOPBACK_HOSTS, Access, Guard


@pytest.fixture
def api() -> Iterator[httpx.Client]:
    guard = Middleware(Guard, lambda: Access(LOOPBACK_HOSTS, None))
    with listening(Starlette(routes=ROUTES, middleware=[guard])) as client:
        yield client


def done(api: httpx.Client, path: str, **body: Any) -> httpx.Response:
    """What a command comes to."""
    answer = api.post(path, json=body)
    while answer.status_code == 202:
        answer = api.get(answer.json()["poll"])
    return answer


def test_replace_protect_cancel_all_and_close_all(live: Live, api: httpx.Client) -> None:
    broker = live.broker
    broker.set_price("AAPL", 100)
    broker.submit_market("AAPL", 10)
    broker.step()
    order = broker.submit_limit("KO", 5, 40)
    live.sync()
    click = str(uuid4())
    path = f"/api/orders/{order['id']}/replace"
    changed = done(api, path, qty="7", limit_price="41.5", intent_id=click)
    assert (changed.status_code, changed.json()["state"]) == (200, "accepted"), changed.text
    assert done(api, path, qty="7", limit_price="41.5", intent_id=click).json() == changed.json()
    (working,) = broker.get("/orders", status="open")
    assert (working["qty"], working["limit_price"]) == ("7", "41.5")

    cancelled = done(api, "/api/orders/cancel-all").json()
    assert (cancelled["accepted"], [row["symbol"] for row in cancelled["results"]]) == (1, ["KO"])
    closed = done(api, "/api/trades/close-all").json()
    assert (closed["accepted"], [row["symbol"] for row in closed["results"]]) == (1, ["AAPL"])
    broker.step()
    assert broker.get("/positions") == []
    assert broker.get("/orders", status="open") == []

    trade_id = closed["results"][0]["trade_id"]
    live.sync()
    refused = done(api, f"/api/trades/{trade_id}/protect")
    assert (refused.status_code, "not open any more" in refused.json()["error"]) == (409, True)
    gone = done(api, path, qty="8")
    assert (gone.status_code, "already ended" in gone.json()["error"]) == (409, True)


@pytest.mark.parametrize(
    "body", [{"qty": 7}, {"quantity": "7"}, {"qty": "7", "intent_id": "click"}, ["qty"]]
)
def test_a_body_that_makes_no_sense_sends_nothing(
    live: Live, api: httpx.Client, body: object
) -> None:
    order = live.broker.submit_limit("KO", 5, 40)
    live.sync()
    answer = api.post(f"/api/orders/{order['id']}/replace", json=body)
    assert answer.status_code == 400, answer.text
    assert api.get("/api/trades/close-all").status_code == 405
    foreign = {"Sec-Fetch-Site": "cross-site"}
    assert api.post("/api/trades/close-all", headers=foreign).status_code == 403
    assert live.broker.get(f"/orders/{order['id']}")["status"] == "new"


def test_real_money_must_be_confirmed_by_name(
    start_service: StartService, tmp_path: Path, api: httpx.Client
) -> None:
    settings = seed.settings_of(tmp_path / "record.duckdb")
    account = replace(settings.accounts[0], environment=Environment.LIVE)
    start_service(replace(settings, accounts=(account,), allow_live_trading=True))
    answer = done(api, "/api/trades/close-all", confirm="yes")
    assert (answer.status_code, "real money" in answer.json()["error"]) == (409, True)
    confirmed = done(api, "/api/trades/close-all", confirm=account.name)
    assert "not been synced" in confirmed.json()["error"]
