"""A hand-written Alpaca: lists of rows, served by the documented rules, and what a sync made of it.

The paper broker shows what one broker does; here a test writes the very replies, in shapes it
would never send. Rows are served as they stand: lists filtered and paged as the reference says.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from uuid import NAMESPACE_URL, uuid5

from tests.broker.stub import KEY, SECRET, Answer, Asked, serving, told
from tests.held import let_go
from tests.sync.world import World
from tradesync.domain.money import plain
from tradesync.domain.times import NEW_YORK, Instant, new_york_date, parse_instant
from tradesync.sync.rebuild import verify

Row = dict[str, object]
Hook = Callable[[Asked], Answer | None]

DAY = "2026-10-05T"
"""The day most worlds trade on; times of day are appended."""
CLOSED = {"filled", "canceled", "expired", "rejected", "replaced", "held"}
_ACCOUNT: Row = {
    "id": "e6fe16f3-64a4-4921-8928-cadf02f92f98", "account_number": "PA3XXXXXXXXX",
    "status": "ACTIVE", "currency": "USD", "cash": "98941.01", "equity": "100001.01",
    "last_equity": "100003.74258806517", "buying_power": "199942.02", "trading_blocked": False,
    "created_at": "2026-01-02T03:04:05.678901Z", "balance_asof": "2026-10-07",
}  # fmt: skip


@dataclass
class Stage:
    """What the broker shows at one time."""

    orders: Sequence[Row] = ()
    """Brackets and multi-leg orders with their `legs`."""
    activities: Sequence[Row] = ()
    positions: Sequence[Row] = ()
    account: Row = field(default_factory=dict)
    now: str = "2026-10-12T20:00:00Z"


@dataclass
class Handmade:
    """The broker of one test: `PaperBroker`'s double as far as `World` goes."""

    stage: Stage = field(default_factory=Stage)
    hooks: list[Hook] = field(default_factory=list)
    """Asked first: an answer of theirs counts."""
    orders_page: int = 500
    activities_page: int = 100
    """The most of each a page holds, whatever was asked for."""
    heeds_nested: bool = True
    base_url: str = ""
    key: str = KEY
    secret: str = SECRET
    asked: list[Asked] = field(default_factory=list)

    def __call__(self, asked: Asked) -> Answer:
        self.asked.append(asked)
        for hook in self.hooks:
            answer = hook(asked)
            if answer is not None:
                return answer
        path = asked.path.removeprefix("/v2")
        if path.startswith("/orders/"):
            return self._order(path.rpartition("/")[2], asked.query)
        served: dict[str, Callable[[dict[str, str]], object]] = {
            "/account": lambda _: _ACCOUNT | _values(self.stage.positions) | self.stage.account,
            "/positions": lambda _: list(self.stage.positions),
            "/orders": self._orders,
            "/account/activities": self._activities,
            "/clock": lambda _: {
                "timestamp": self.stage.now, "is_open": False,
                "next_open": "2036-10-12T09:30:00-04:00", "next_close": "2036-10-12T16:00:00-04:00",
            },
            "/calendar": lambda _: [],
        }  # fmt: skip
        found = served.get(path)
        if found is None:
            return told({"code": 40410000, "message": "endpoint not found"}, 404)
        return told(found(asked.query))

    def _flat(self) -> Iterator[Row]:
        for row in self.stage.orders:
            yield row | {"legs": None}
            legs = row.get("legs")
            yield from legs if isinstance(legs, list) else ()

    def _order(self, order_id: str, query: Mapping[str, str]) -> Answer:
        nested = query.get("nested") == "true" and self.heeds_nested
        for row in (*(self.stage.orders if nested else ()), *self._flat()):
            if row["id"] == order_id:
                return told(row)
        return told({"code": 40410000, "message": f"order not found for {order_id}"}, 404)

    def _orders(self, query: dict[str, str]) -> list[Row]:
        nested = query.get("nested") == "true" and self.heeds_nested
        rows = list(self.stage.orders if nested else self._flat())
        if query.get("status", "open") == "open":
            rows = [row for row in rows if row["status"] not in CLOSED]
        if "after" in query:
            rows = [row for row in rows if _at(row, "submitted_at") > parse_instant(query["after"])]
        rows.sort(
            key=lambda row: (_at(row, "submitted_at"), str(row["id"])),
            reverse=query.get("direction") != "asc",
        )
        if "after_order_id" in query:
            rows = rows[[row["id"] for row in rows].index(query["after_order_id"]) + 1 :]
        return rows[: min(int(query.get("limit", 50)), self.orders_page)]

    def _activities(self, query: dict[str, str]) -> list[Row]:
        rows = sorted(self.stage.activities, key=lambda row: str(row.get("id")))
        if "date" in query:
            return [row for row in rows if str(new_york_date(_booked(row))) == query["date"]]
        if "after" in query:
            rows = [row for row in rows if _booked(row) > parse_instant(query["after"])]
        if "page_token" in query:
            rows = [row for row in rows if str(row["id"]) > query["page_token"]]
        return rows[: min(int(query.get("page_size", 100)), self.activities_page)]


def _at(row: Row, name: str) -> Instant:
    return parse_instant(str(row.get(name) or row["created_at"]))


def _booked(row: Row) -> Instant:
    if "transaction_time" in row or "created_at" in row:
        return parse_instant(str(row.get("created_at") or row["transaction_time"]))
    midnight = datetime.fromisoformat(str(row["date"])).replace(tzinfo=NEW_YORK)
    return int(midnight.timestamp()) * 10**9


def _values(positions: Sequence[Row]) -> Row:
    values = [Decimal(str(row.get("market_value") or 0)) for row in positions]
    return {
        "long_market_value": str(sum(value for value in values if value > 0)),
        "short_market_value": str(sum(value for value in values if value < 0)),
    }


def uid(name: str) -> str:
    """The id of what a test calls by a short name."""
    return str(uuid5(NAMESPACE_URL, name))


def _asset_class(symbol: str) -> str:
    if "/" in symbol:
        return "crypto"
    return "us_option" if len(symbol) > 12 else "us_equity"


def order(
    name: str, symbol: str, side: str, qty: str | None, time: str, filled: str = "0",
    price: str | None = None, **more: object,
) -> Row:  # fmt: skip
    """An order row, new or filled whole at `price`; `time` of `DAY` or whole, `more` as given."""
    at = time if "T" in time else f"{DAY}{time}Z"
    return {
        "id": uid(name), "client_order_id": uid(f"client {name}"), "created_at": at,
        "updated_at": at, "submitted_at": at, "filled_at": at if filled != "0" else None,
        "expired_at": None, "canceled_at": None, "failed_at": None, "replaced_at": None,
        "replaced_by": None, "replaces": None, "asset_id": uid(f"asset {symbol}"),
        "symbol": symbol, "asset_class": _asset_class(symbol), "notional": None, "qty": qty,
        "filled_qty": filled, "filled_avg_price": price, "order_class": "",
        "order_type": "market", "type": "market", "side": side, "position_intent": None,
        "time_in_force": "day", "limit_price": None, "stop_price": None,
        "status": "filled" if filled == (qty or filled) else "new", "extended_hours": False,
        "legs": None, "trail_percent": None, "trail_price": None, "hwm": None,
    } | more  # fmt: skip


def fill(name: str, of: Row, qty: str, price: str, time: str, **more: object) -> Row:
    """A FILL row of an order."""
    at = time if "T" in time else f"{DAY}{time}Z"
    local = datetime.fromisoformat(at[:19] + "+00:00").astimezone(NEW_YORK)
    return {
        "activity_type": "FILL", "id": f"{local:%Y%m%d%H%M%S}000::{uid(f'fill {name}')}",
        "transaction_time": at, "type": "fill", "price": price, "qty": qty, "side": of["side"],
        "symbol": of["symbol"], "leaves_qty": "0", "order_id": of["id"], "cum_qty": qty,
        "order_status": of["status"],
    } | more  # fmt: skip


def traded(name: str, symbol: str, side: str, qty: str, price: str, time: str,
           **more: object) -> tuple[Row, Row]:  # fmt: skip
    """An order filled at once, and its FILL row."""
    row = order(name, symbol, side, qty, time, qty, price, **more)
    return row, fill(name, row, qty, price, str(row["created_at"]))


def dated(name: str, kind: str, day: str, symbol: str | None = None, qty: str | None = None,
          net: str = "0", **more: object) -> Row:  # fmt: skip
    """A dated row that is no fill."""
    row = {
        "activity_type": kind, "id": f"{day.replace('-', '')}000000000::{uid(f'row {name}')}",
        "date": day, "net_amount": net, "description": "", "status": "executed",
    } | more  # fmt: skip
    return row | ({"symbol": symbol} if symbol else {}) | ({"qty": qty} if qty else {})


def held(symbol: str, qty: str, price: str, **more: object) -> Row:
    """A position row, bought at today's price."""
    value = str(Decimal(qty) * Decimal(price) * (100 if len(symbol) > 12 else 1))
    return {
        "asset_id": uid(f"asset {symbol}"), "symbol": symbol.replace("/", ""),
        "exchange": "NASDAQ", "asset_class": _asset_class(symbol), "asset_marginable": True,
        "qty": qty, "qty_available": qty, "avg_entry_price": price,
        "side": "short" if qty.startswith("-") else "long", "market_value": value,
        "cost_basis": value, "unrealized_pl": "0", "unrealized_plpc": "0",
        "unrealized_intraday_pl": "0", "unrealized_intraday_plpc": "0", "current_price": price,
        "lastday_price": price, "change_today": "0",
    } | more  # fmt: skip


def stage(
    pairs: Sequence[tuple[Row, ...]] = (), rows: Sequence[Row] = (), positions: Sequence[Row] = (),
    **more: object,
) -> Stage:  # fmt: skip
    """What is shown of orders, each with its fills, other rows and positions."""
    orders = [pair[0] for pair in pairs]
    fills = [row for pair in pairs for row in pair[1:]]
    return Stage(orders, [*fills, *rows], positions, **more)  # type: ignore[arg-type]


@contextmanager
def opened(broker: Handmade, folder: Path, *, patience: float = 0.5) -> Iterator[World]:
    """A service on a fresh record before a hand-made broker."""
    with serving(broker) as stub:
        broker.base_url = stub.url
        world = World.begin(broker, folder, patience=patience)  # type: ignore[arg-type]
        try:
            yield world
        finally:
            world.service.close()
            let_go(world.settings.database)


def played(
    folder: Path, *stages: Stage, check: Callable[[World], None] | None = None, **ways: object
) -> list[str]:
    """The trades of a world: the same whether we saw each stage, the program stopped and started
    in between, or only the last. Nothing differs from the positions in the end, the second sync
    writes nothing and a rebuild changes nothing.
    """
    seen = []
    for number, shown in enumerate([stages[-1:], stages][: len(stages)]):
        broker = Handmade(**ways)  # type: ignore[arg-type]
        with opened(broker, folder / str(number)) as world:
            for one in shown:
                broker.stage = one
                world.sync()
                again = world.reopened()
                world.service, world.database = again.service, again.database
            world.assert_quiet()
            assert verify(world.database, world.account_id).is_identical
            assert (world.drift(), world.unmatched()) == ([], ())
            if check is not None:
                check(world)
            seen.append(told_trades(world))
    assert seen[0] == seen[-1]
    return seen[0]


def told_trades(world: World) -> list[str]:
    """The trades that came to hold something: "AAPL long open 6 of 10 at 100.25, made 39"."""
    return sorted(
        f"{trade.symbol} {trade.side} {trade.status} {_text(trade.open_qty)} of {_text(trade.qty)} "
        f"at {_text(trade.entry_price)}, made {_text(trade.realized_pnl)}"
        for trade in world.trades()
        if trade.opened_at is not None
    )


def _text(value: Decimal | None) -> str:
    return "?" if value is None else plain(value)
