"""REST on the dashboard's port: the real dashboard as a process, over real HTTP."""

from __future__ import annotations

import json
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.programs import Home
from tests.silent_broker import SilentBroker
from tests.simulator.broker import PaperBroker
from tradesync.domain.times import parse_instant
from tradesync.sync.locks import Ownership


@contextmanager
def serving(home: Home) -> Iterator[httpx.Client]:
    """The dashboard of a home, once it answers."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    retrying = httpx.HTTPTransport(retries=8)  # until it listens: 0.5, 1, 2, … s between them
    with (
        home.start_dashboard(port) as program,
        httpx.Client(base_url=f"http://127.0.0.1:{port}", transport=retrying, timeout=60) as api,
    ):
        assert api.get("/_stcore/health").text == "ok"
        yield api
        program.end(signal.SIGTERM)


def settled(api: httpx.Client, answer: httpx.Response) -> httpx.Response:
    """What a request comes to, asked again as long as it says so."""
    while answer.status_code == 202:
        answer = api.get(answer.json()["poll"])
    return answer


def synced(api: httpx.Client, **query: str) -> dict[str, Any]:
    answer = settled(api, api.get("/api/trades/sync", params=query))
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


@contextmanager
def unrung(home: Home) -> Iterator[None]:
    """The account's stream is ours and silent: only requests make the dashboard sync."""
    home.database.parent.mkdir(parents=True)
    role = Ownership(home.database, "main", "stream", "tests")
    with role.held(stop=threading.Event(), timeout=0.0):
        yield


def home_at(path: Path, broker: PaperBroker, **settings: str) -> Home:
    return Home(
        path,
        {
            "ALPACA_API_KEY": broker.key,
            "ALPACA_SECRET_KEY": broker.secret,
            "ALPACA_BASE_URL": broker.base_url,
            **settings,
        },
    )


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """A dashboard that has synced an account with 2 AAPL at 187.31 and a limit order for MSFT."""
    with PaperBroker() as broker:
        broker.set_price("AAPL", "187.31")
        broker.submit_market("AAPL", 2)
        broker.step()
        broker.submit_limit("MSFT", 1, "50")
        broker.set_price("AAPL", "190.07")
        with serving(home_at(tmp_path_factory.mktemp("api"), broker)) as client:
            synced(client)
            yield client


def test_trades_are_exact_and_timed(api: httpx.Client) -> None:
    body = api.get("/api/trades").json()
    assert body["counts"] == {"pending": 1, "open": 1, "closed": 0, "cancelled": 0}
    trade = next(row for row in body["trades"] if row["symbol"] == "AAPL")
    assert (trade["qty"], trade["entry_price"], trade["current_price"]) == ("2", "187.31", "190.07")
    assert (trade["floating_pnl"], trade["market_value"], trade["status"]) == (
        "5.52", "380.14", "open",
    )  # fmt: skip
    assert parse_instant(trade["opened_at"]) > 0
    numbers = [value for value in trade.values() if isinstance(value, int | float)]
    assert all(isinstance(value, bool) for value in numbers)


def test_trades_can_be_filtered_and_paged(api: httpx.Client) -> None:
    def symbols(**query: str) -> list[str]:
        return [row["symbol"] for row in api.get("/api/trades", params=query).json()["trades"]]

    assert symbols(status="pending") == ["MSFT"]
    assert symbols(symbol="aapl") == ["AAPL"]
    assert symbols(status="closed") == []
    assert len(symbols(limit="1")) == 1
    assert symbols(limit="1") != symbols(limit="1", offset="1")
    assert symbols(offset="2") == []


@pytest.mark.parametrize(
    "query",
    [{"status": "ajar"}, {"limit": "-1"}, {"limit": "x"}, {"limit": "99999999"}, {"offset": "1.5"}],
)
def test_a_query_that_makes_no_sense_is_400(api: httpx.Client, query: dict[str, str]) -> None:
    answer = api.get("/api/trades", params=query)
    assert answer.status_code == 400
    assert next(iter(query)) in answer.json()["error"]


def test_positions_are_the_brokers_own_figures(api: httpx.Client) -> None:
    (position,) = api.get("/api/positions", params={"account": "main"}).json()["positions"]
    assert (position["symbol"], position["side"], position["qty"]) == ("AAPL", "long", "2")
    assert Decimal(position["unrealized_pl"]) == Decimal("5.52")


def test_an_unknown_account_is_404(api: httpx.Client) -> None:
    for method, path in (
        ("GET", "/api/trades/sync"), ("GET", "/api/trades"), ("GET", "/api/positions"),
        ("POST", "/api/trades/import-positions"),
    ):  # fmt: skip
        answer = api.request(method, path, params={"account": "ira"})
        assert answer.status_code == 404
        assert "'ira'" in answer.json()["error"]
        assert "main" in answer.json()["error"]


@pytest.mark.parametrize("path", ["/api", "/api/", "/api/trade", "/api/trades/sync/x", "/api/x/y"])
def test_what_is_not_served_is_json_404(api: httpx.Client, path: str) -> None:
    answer = api.get(path)
    assert (answer.status_code, answer.headers["content-type"]) == (404, "application/json")


def test_a_wrong_method_is_json_405(api: httpx.Client) -> None:
    answer = api.delete("/api/trades")
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD")
    assert api.get("/api/trades/import-positions").status_code == 405


def test_answers_are_never_cached(api: httpx.Client) -> None:
    for path in ("/api/trades", "/api/nothing", "/health"):
        assert api.get(path).headers["cache-control"] == "no-store"


@pytest.mark.parametrize("path", ["/api/trades", "/api/trades/sync", "/health"])
def test_other_sites_and_hosts_are_refused(api: httpx.Client, path: str) -> None:
    assert api.get(path, headers={"Host": "evil.example"}).status_code == 400
    assert api.get(path, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert api.get(path, headers={"Origin": "https://evil.example"}).status_code == 403


def test_a_ticket_of_another_process_is_404(api: httpx.Client) -> None:
    for ticket in ("00000000-1", "nonsense", ""):
        answer = api.get("/api/trades/sync", params={"ticket": ticket})
        assert answer.status_code == 404, answer.text


def test_unknown_jobs_are_404(api: httpx.Client) -> None:
    assert api.get("/api/jobs/no-such-job").status_code == 404


@pytest.mark.parametrize(
    "body",
    [
        b"not json", b"[]", b'{"dry": true}', b'{"dry_run": "yes"}', b'{"token": 1}',
        b'{"prices": {"AAPL": 1.5}}', b'{"prices": {"AAPL": "0"}}', b'{"prices": ["AAPL"]}',
    ],
)  # fmt: skip
def test_an_import_body_that_makes_no_sense_is_400(api: httpx.Client, body: bytes) -> None:
    answer = api.post("/api/trades/import-positions", content=body)
    assert answer.status_code == 400, answer.text


def test_a_huge_import_body_is_413(api: httpx.Client) -> None:
    answer = api.post("/api/trades/import-positions", content=b" " * 70_000)
    assert answer.status_code == 413


def test_sync_tells_counts_changes_duration_and_age(
    tmp_path: Path, paper_broker: PaperBroker
) -> None:
    home = home_at(tmp_path, paper_broker)
    with unrung(home), serving(home) as api:
        synced(api)
        paper_broker.set_price("AAPL", "200")
        paper_broker.submit_market("AAPL", 4)
        paper_broker.step()
        first = synced(api)
        assert (first["status"], first["trigger"], first["trades_added"]) == ("ok", "api", 1)
        assert first["calls"] > 0
        assert first["duration_seconds"] >= 0
        assert first["age_seconds"] >= 0
        status = next(change for change in first["changes"] if change["field"] == "status")
        assert (status["old"], status["new"], status["symbol"]) == (None, "open", "AAPL")
        second = synced(api, account="main")
        assert (second["facts_added"], second["trades_added"], second["changes"]) == (0, 0, [])


def test_a_failed_sync_is_502_with_its_reason(tmp_path: Path, paper_broker: PaperBroker) -> None:
    home = home_at(tmp_path, paper_broker, ALPACA_SECRET_KEY="wrong-secret")
    with serving(home) as api:
        answer = settled(api, api.get("/api/trades/sync"))
        assert (answer.status_code, answer.json()["status"]) == (502, "failed")
        assert answer.json()["error"]
        assert "wrong-secret" not in answer.text
        assert api.get("/health").json()["status"] == "degraded"
        assert api.get("/api/trades").status_code == 409


def test_a_hanging_broker_is_answered_with_where_to_ask_again(tmp_path: Path) -> None:
    with SilentBroker() as broker:
        home = Home(tmp_path, {"ALPACA_BASE_URL": broker.base_url})
        with serving(home) as api:
            answer = api.get("/api/trades/sync")
            assert (answer.status_code, answer.json()["status"]) == (202, "running")
            assert answer.json()["poll"].startswith("/api/trades/sync?account=main&ticket=")
            assert api.get(answer.json()["poll"]).status_code == 202
            assert api.get("/health").status_code == 200


def planned(api: httpx.Client, **options: object) -> httpx.Response:
    return settled(api, api.post("/api/trades/import-positions", json=options))


def test_import_plans_and_then_imports_what_was_planned(
    tmp_path: Path, paper_broker: PaperBroker
) -> None:
    paper_broker.add_position("NVDA", 7, "120.5")
    home = home_at(tmp_path, paper_broker)
    with unrung(home), serving(home) as api:
        synced(api)
        plan = planned(api, dry_run=True)
        assert plan.status_code == 200, plan.text
        (line,) = [row for row in plan.json()["plan"]["lines"] if row["importable"]]
        assert (line["symbol"], line["missing_qty"], line["lot_price"]) == ("NVDA", "7", "120.5")
        assert api.get("/api/trades").json()["trades"] == []
        token = plan.json()["plan"]["token"]
        paper_broker.add_position("COST", 1, "900")
        stale = planned(api, token=token)
        assert (stale.status_code, api.get("/api/trades").json()["counts"]["open"]) == (409, 0)
        synced(api)
        done = planned(api)
        assert (done.status_code, done.json()["imported"]) == (200, 2)
        again = planned(api)
        assert (again.status_code, again.json()["imported"]) == (200, 0)
        rows = api.get("/api/trades", params={"symbol": "NVDA"}).json()["trades"]
        assert [(row["qty"], row["entry_price"], row["source"]) for row in rows] == [
            ("7", "120.5", "import")
        ]


def test_a_token_guards_the_api_and_nothing_else(tmp_path: Path, paper_broker: PaperBroker) -> None:
    with serving(home_at(tmp_path, paper_broker, TRADESYNC_API_TOKEN="open-sesame")) as api:
        assert api.get("/api/trades/sync").status_code == 401
        assert api.get("/api/nothing").status_code == 401
        assert api.get("/health").status_code == 200
        assert api.get("/").status_code == 200
        api.headers["Authorization"] = "Bearer open-sesame"
        assert synced(api)["status"] == "ok"


def test_health_tells_no_more_than_a_stranger_may_know(api: httpx.Client) -> None:
    body = api.get("/health").json()
    assert body["status"] == "ok"
    (account,) = body["accounts"]
    assert set(account) == {
        "account", "result", "age_seconds", "error", "stream", "stream_reason", "lag_ms"
    }  # fmt: skip


def test_metrics_are_what_prometheus_reads(api: httpx.Client) -> None:
    answer = api.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    assert 'tradesync_sync_ok{account="main"} 1' in answer.text.splitlines()
    assert "tradesync_service_up 0" in answer.text.splitlines()


def test_callers_at_once_share_the_broker_calls(tmp_path: Path, paper_broker: PaperBroker) -> None:
    with serving(home_at(tmp_path, paper_broker)) as api:
        synced(api)
        urls: list[Callable[[], httpx.Response]] = [lambda: api.get("/api/trades/sync")] * 8
        runs = {json.loads(settled(api, answer).text)["run_id"] for answer in at_once(urls)}
        assert len(runs) <= 3


def at_once(calls: list[Callable[[], httpx.Response]]) -> list[httpx.Response]:
    """The answers of calls made at the same time."""
    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(lambda call: call(), calls))
