"""Whatever a client sends gets an Alpaca-shaped 4xx or a proper reply; refusals change no books.

The names of fields and parameters are those of Alpaca's OpenAPI spec; a test holds them to it
where a copy lies beside the repository.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.effort import examples
from tests.simulator.broker import PaperBroker

SPEC = Path(__file__).resolve().parents[3] / "shared" / "alpaca-openapi" / "trading-api.json"
CODES = {
    400: {40010000, 40010001},
    403: {40310000},
    404: {40410000},
    405: {40510000},
    422: {40010001, 42210000},
}
ODD_TEXT = st.sampled_from(
    ["", " ", "-0", "NaN", "Infinity", "1e999999999", "1e-40", "0x10", "१२", "\x00", "null"]
)
NUMBERS = st.one_of(
    st.sampled_from(
        ["1", "5", "0.5", "100", "0", "-1", "1e3", "199.99", "0.00000000001", "9" * 40]
    ),
    st.integers(-(10**20), 10**20),
    st.floats(),
    st.decimals(allow_nan=False, allow_infinity=False).map(str),
)
JUNK = st.one_of(
    ODD_TEXT,
    st.none(),
    st.booleans(),
    st.text(max_size=12),
    st.lists(st.integers(), max_size=2),
    st.dictionaries(st.text(max_size=4), st.integers(), max_size=2),
)
SYMBOLS = st.sampled_from(["AAPL", "XOM", "OCGN", "BTC/USD", "BTCUSD", "TWTR", "GME", "NOPE"])


def of(*values: str) -> st.SearchStrategy[Any]:
    """Mostly one of the words Alpaca knows."""
    return st.one_of(st.sampled_from(values), st.sampled_from(values), JUNK)


EXIT = st.one_of(
    JUNK,
    st.fixed_dictionaries({}, optional={"limit_price": NUMBERS, "stop_price": NUMBERS}),
)
LEG = st.fixed_dictionaries(
    {},
    optional={
        "symbol": st.one_of(SYMBOLS, JUNK),
        "ratio_qty": NUMBERS,
        "side": of("buy", "sell"),
        "position_intent": of("buy_to_open", "sell_to_open", "buy_to_close"),
    },
)
ORDER_FIELDS: dict[str, st.SearchStrategy[Any]] = {
    "symbol": st.one_of(SYMBOLS, SYMBOLS, JUNK),
    "qty": st.one_of(NUMBERS, NUMBERS, JUNK),
    "notional": st.one_of(NUMBERS, JUNK),
    "side": of("buy", "sell"),
    "type": of("market", "limit", "stop", "stop_limit", "trailing_stop"),
    "time_in_force": of("day", "gtc", "opg", "cls", "ioc", "fok"),
    "limit_price": st.one_of(NUMBERS, JUNK),
    "stop_price": st.one_of(NUMBERS, JUNK),
    "trail_price": st.one_of(NUMBERS, JUNK),
    "trail_percent": st.one_of(NUMBERS, JUNK),
    "extended_hours": st.one_of(st.booleans(), JUNK),
    "client_order_id": st.one_of(st.text(max_size=140), JUNK),
    "order_class": of("", "simple", "bracket", "oco", "oto", "mleg"),
    "legs": st.one_of(st.lists(LEG, max_size=5), JUNK),
    "take_profit": EXIT,
    "stop_loss": EXIT,
    "position_intent": of("buy_to_open", "buy_to_close", "sell_to_open", "sell_to_close"),
    "advanced_instructions": JUNK,
}
NEEDED = ("symbol", "qty", "side", "type", "time_in_force")
ORDER = st.one_of(
    st.fixed_dictionaries({}, optional=ORDER_FIELDS),
    st.fixed_dictionaries(
        {name: ORDER_FIELDS[name] for name in NEEDED},
        optional={name: how for name, how in ORDER_FIELDS.items() if name not in NEEDED},
    ),
)
PATCH_NAMES = ("qty", "time_in_force", "limit_price", "stop_price", "client_order_id")
PATCH_FIELDS = {name: ORDER_FIELDS[name] for name in PATCH_NAMES} | {
    "trail": st.one_of(NUMBERS, JUNK),
    "notional": st.one_of(NUMBERS, JUNK),
    "advanced_instructions": JUNK,
}
PATCH = st.fixed_dictionaries({}, optional=PATCH_FIELDS)
WORDS = st.one_of(
    st.text(max_size=12),
    ODD_TEXT,
    st.integers(-(10**12), 10**12).map(str),
    st.sampled_from(["all", "asc", "true", "2026-11-18", "9999-12-31T23:59:59Z", "0001-01-01"]),
)
QUERIES = {
    "/v2/orders": "status limit after until direction nested symbols side asset_class "
    "before_order_id after_order_id",
    "/v2/orders:by_client_order_id": "client_order_id",
    "/v2/account/activities": "activity_types category order_id date until after direction "
    "page_size page_token",
    "/v2/account/activities/FILL": "order_id date until after direction page_size page_token",
    "/v2/account/portfolio/history": "period timeframe intraday_reporting start end date_end "
    "pnl_reset extended_hours cashflow_types",
    "/v2/assets": "status asset_class exchange attributes",
    "/v2/calendar": "start end date_type",
    "/v2/options/contracts": "underlying_symbols show_deliverables status expiration_date "
    "expiration_date_gte expiration_date_lte root_symbol type style strike_price_gte "
    "strike_price_lte page_token limit ppind",
    "/v2/stocks/bars": "symbols timeframe start end limit page_token sort",
    "/v1beta3/crypto/us/bars": "symbols timeframe start end limit page_token sort",
    "/v2/stocks/snapshots": "symbols",
}
PATHS = (
    "/v2/orders/{}",
    "/v2/positions/{}",
    "/v2/assets/{}",
    "/v2/account/activities/{}",
    "/v2/options/contracts/{}",
    "/v2/stocks/{}/bars",
    "/v2/{}",
)
thorough = settings(
    max_examples=examples(40),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@pytest.fixture(scope="module")
def broker() -> Iterator[PaperBroker]:
    """Holdings of several kinds; nothing fills any more, so only accepted orders change books."""
    with PaperBroker() as running:
        running.submit_market("AAPL", 10)
        running.submit_market("XOM", 5, "sell")
        running.submit_market("BTC/USD", "0.1")
        running.pause()
        yield running


def send(broker: PaperBroker, method: str, path: str, **options: Any) -> httpx.Response:
    """One request and what must hold for its reply; accepted orders are cancelled again."""
    before = broker.books()
    reply = broker.raw(method, path, **options)
    text = f"{method} {path} {options}: {reply.status_code} {reply.text}"
    if reply.is_success:
        assert method != "GET" or broker.books() == before, text
        assert broker.raw("DELETE", "/v2/orders").status_code == 207, text
        return reply
    assert reply.status_code in CODES, text
    body = reply.json()
    assert body["code"] in CODES[reply.status_code], text
    assert isinstance(body["message"], str), text
    assert body["message"], text
    assert broker.books() == before, text
    return reply


def encoded(body: object) -> bytes:
    """JSON with NaN and lone surrogates as Python writes them."""
    return json.dumps(body).encode()


@thorough
@given(ORDER)
def test_new_orders(broker: PaperBroker, body: dict[str, Any]) -> None:
    send(broker, "POST", "/v2/orders", content=encoded(body))


@thorough
@given(PATCH, st.sampled_from(["limit", "stop", "trail", "bracket", "coin"]))
def test_replacements(broker: PaperBroker, body: dict[str, Any], kind: str) -> None:
    order = RESTING[kind](broker)
    try:
        send(broker, "PATCH", f"/v2/orders/{order['id']}", content=encoded(body))
    finally:
        assert broker.raw("DELETE", "/v2/orders").status_code == 207


RESTING: dict[str, Any] = {
    "limit": lambda broker: broker.submit_limit("AAPL", 2, 100),
    "stop": lambda broker: broker.submit("AAPL", 2, "sell", type="stop", stop_price=100),
    "trail": lambda broker: broker.submit("AAPL", 2, "sell", type="trailing_stop", trail_price=9),
    "bracket": lambda broker: broker.submit_limit(
        "AAPL",
        2,
        100,
        order_class="bracket",
        take_profit={"limit_price": "150"},
        stop_loss={"stop_price": "90"},
    ),
    "coin": lambda broker: broker.submit_limit("BTC/USD", "0.01", 10_000),
}


@thorough
@given(
    st.one_of(st.binary(max_size=40), JUNK.map(encoded), st.lists(ORDER, max_size=2).map(encoded))
)
def test_bodies_that_are_no_order(broker: PaperBroker, body: bytes) -> None:
    for method, path in (("POST", "/v2/orders"), ("PATCH", "/v2/account/configurations")):
        reply = send(broker, method, path, content=body)
        assert method == "PATCH" or reply.is_client_error


@thorough
@given(st.data())
def test_queries(broker: PaperBroker, data: st.DataObject) -> None:
    path = data.draw(st.sampled_from(sorted(QUERIES)))
    names = QUERIES[path].split()
    query = data.draw(st.dictionaries(st.sampled_from(names), WORDS, max_size=4))
    send(broker, "GET", path, params=query)


@thorough
@given(st.sampled_from(PATHS), st.one_of(st.text(min_size=1, max_size=12), SYMBOLS))
def test_names_in_paths(broker: PaperBroker, path: str, name: str) -> None:
    send(broker, "GET", path.format(quote(name, safe="")))
    send(broker, "DELETE", path.format(quote(name, safe="")).replace("XOM", "NOPE"))


@thorough
@given(st.dictionaries(st.sampled_from(["qty", "percentage"]), WORDS, max_size=2))
def test_closing_a_part(broker: PaperBroker, query: dict[str, str]) -> None:
    send(broker, "DELETE", "/v2/positions/AAPL", params=query)


def test_the_names_are_those_of_the_spec() -> None:
    if not SPEC.exists():
        pytest.skip(f"no copy of Alpaca's spec at ../shared/{SPEC.parent.name}/{SPEC.name}")
    spec = json.loads(SPEC.read_text())
    schemas = spec["components"]["schemas"]
    assert set(schemas["CreateOrderRequest"]["properties"]) <= set(ORDER_FIELDS)
    assert set(schemas["PatchOrderRequest"]["properties"]) <= set(PATCH_FIELDS)
    for path, names in QUERIES.items():
        known = spec["paths"].get(path, {}).get("get", {}).get("parameters", [])
        listed = {item["name"] for item in known if item.get("in") == "query"}
        assert listed <= set(names.split()), path
