"""Worlds of odd replies: fields missing, of other types, in other spellings; what came is right."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.broker.stub import Answer, Asked, told
from tests.sync.handmade import (
    Handmade,
    Hook,
    Row,
    Stage,
    fill,
    held,
    opened,
    order,
    played,
    stage,
    told_trades,
    traded,
    uid,
)
from tests.sync.world import World
from tradesync.broker.limits import TokenBucket

BOUGHT = traded("b", "AAPL", "buy", "10", "100", "14:00:00")
SOLD = traded("s", "AAPL", "sell", "4", "110", "15:00:00")
HOLDING = stage([BOUGHT], positions=[held("AAPL", "10", "100")])
PART_SOLD = stage([BOUGHT, SOLD], positions=[held("AAPL", "6", "100")])
OPEN = ["AAPL long open 10 of 10 at 100, made 0"]


def without(row: Row, *names: str) -> Row:
    """The row lacking some fields."""
    return {name: value for name, value in row.items() if name not in names}


def test_json_numbers_for_texts(tmp_path: Path) -> None:
    row = order("b", "AAPL", "buy", "10", "14:00:00") | {
        "qty": 10, "filled_qty": 10.0, "filled_avg_price": 100.25, "status": "filled",
    }  # fmt: skip
    shown = Stage(
        [row], [fill("b", row, "10", "100.25", "14:00:00") | {"qty": 10, "price": 100.25}],
        [held("AAPL", "10", "100.25") | {"qty": 10, "avg_entry_price": 100.25}],
    )  # fmt: skip
    assert played(tmp_path, shown) == ["AAPL long open 10 of 10 at 100.25, made 0"]


@pytest.mark.parametrize("intents", [("buy_to_open", "sell_to_close"), (None, None)])
@pytest.mark.parametrize("ids", [("a", "b"), ("b", "a")])
def test_f08_a_round_trip_within_one_second_of_times_without_fraction(
    tmp_path: Path, intents: tuple[str | None, str | None], ids: tuple[str, str]
) -> None:
    pairs = [
        traded(side, "AAPL", side, "10", price, "14:00:00", id=own_id, position_intent=intent)
        for side, price, own_id, intent in zip(
            ("buy", "sell"), ("100", "101"), ids, intents, strict=True
        )
    ]
    assert played(tmp_path, stage(pairs)) == ["AAPL long closed 0 of 10 at 100, made 10"]


def test_a_short_covered_within_the_second_goes_by_the_orders_creation(tmp_path: Path) -> None:
    short = traded("s", "AAPL", "sell", "10", "101", "14:00:00", created_at="2026-10-05T13:59:58Z")
    cover = traded("b", "AAPL", "buy", "10", "100", "14:00:00", created_at="2026-10-05T13:59:59Z")
    short = (short[0], short[1] | {"transaction_time": "2026-10-05T14:00:00Z"})
    cover = (cover[0], cover[1] | {"transaction_time": "2026-10-05T14:00:00Z"})
    trades = played(tmp_path, stage([short, cover]))
    assert trades == ["AAPL short closed 0 of 10 at 101, made 10"]


def test_offsets_nanoseconds_and_spaces_in_times(tmp_path: Path) -> None:
    times = {
        "created_at": "2026-10-05T10:00:00.123456789-04:00",
        "submitted_at": "2026-10-05T10:00:00.123456789-0400",
        "updated_at": "2026-10-05 14:00:00.5+00:00",
        "filled_at": "2026-10-05T14:00:00.123456789123Z",
    }
    fill_time = {"transaction_time": "2026-10-05T10:00:00.1-04:00"}
    shown = stage([(BOUGHT[0] | times, BOUGHT[1] | fill_time)], positions=HOLDING.positions)
    assert played(tmp_path, shown) == OPEN


def test_an_order_of_the_essentials_and_a_fill_without_cum_qty(tmp_path: Path) -> None:
    needed = ("id", "created_at", "symbol", "side", "status", "qty", "filled_qty", "asset_id")
    bare = {name: BOUGHT[0][name] for name in needed}
    halves = [
        without(fill(name, bare | {"status": ""}, "5", price, time), "cum_qty", "leaves_qty")
        for name, price, time in (("1", "99", "14:00:01"), ("2", "101", "14:00:02"))
    ]
    shown = Stage([bare], halves, HOLDING.positions)
    assert played(tmp_path, shown) == OPEN


def test_asset_classes_not_stated_follow_from_the_symbol(tmp_path: Path) -> None:
    call = "AAPL270115C00250000"
    pairs = [
        traded("o", call, "buy", "2", "1.5", "14:00:00"),
        traded("c", "BTC/USD", "buy", "1", "50000", "14:00:00"),
    ]
    pairs = [(without(row, "asset_class"), own) for row, own in pairs]
    positions = [
        without(held(call, "2", "1.5"), "asset_class"),
        held("BTC/USD", "1", "50000", asset_id=uid("other")),
    ]

    def check(world: World) -> None:
        assert [t.cost for t in world.trades() if t.symbol == call] == [300]

    trades = played(tmp_path, stage(pairs, positions=positions), check=check)
    assert trades == [
        f"{call} long open 2 of 2 at 1.5, made 0", "BTC/USD long open 1 of 1 at 50000, made 0",
    ]  # fmt: skip


@pytest.mark.parametrize("price", [None, "0"])
def test_f10_filled_without_a_price_is_unknown_until_its_fill_comes(
    tmp_path: Path, price: str | None
) -> None:
    silent = order("b", "AAPL", "buy", "10", "14:00:00", "10", price)
    before = stage([(silent,)], positions=HOLDING.positions)
    assert played(tmp_path / "1", before) == ["AAPL long open 10 of 10 at ?, made 0"]
    after = stage([(silent, BOUGHT[1])], positions=HOLDING.positions)
    assert played(tmp_path / "2", before, after) == OPEN


def test_a_position_without_prices_is_still_compared(tmp_path: Path) -> None:
    names = ("avg_entry_price", "current_price", "market_value", "lastday_price", "unrealized_pl")
    bare = held("AAPL", "10", "100") | dict.fromkeys(names)

    def check(world: World) -> None:
        assert world.rows("SELECT avg_entry_price FROM positions") == [(100,)]
        assert world.rows("SELECT 1 FROM unreadable_rows") == []

    assert played(tmp_path, stage([BOUGHT], positions=[bare]), check=check) == OPEN


def test_an_account_that_states_little_is_bound(tmp_path: Path) -> None:
    names = ("last_equity", "short_market_value", "buying_power", "account_number", "currency")
    shown = Stage(HOLDING.orders, HOLDING.activities, HOLDING.positions, dict.fromkeys(names))
    assert played(tmp_path, shown) == OPEN


@pytest.mark.parametrize("created", ["2026-11-01T00:00:00Z", None])
def test_history_begins_before_the_account_says_it_was_opened(
    tmp_path: Path, created: str | None
) -> None:
    shown = Stage(
        HOLDING.orders, HOLDING.activities, HOLDING.positions, {"created_at": created}
    )  # fmt: skip
    assert played(tmp_path, shown) == OPEN


def test_no_clock_no_calendar_no_equity_curve(tmp_path: Path) -> None:
    def missing(asked: Asked) -> Answer | None:
        if asked.path.removeprefix("/v2") in {"/clock", "/calendar"}:
            return told({"code": 40410000, "message": "endpoint not found"}, 404)
        return None

    assert played(tmp_path, HOLDING, PART_SOLD, hooks=[missing]) == [
        "AAPL long open 6 of 10 at 100, made 40"
    ]


def first_time(answer: Answer) -> Hook:
    """An answer to the first request of each kind, all days of activities being one."""
    seen = set()

    def hook(asked: Asked) -> Answer | None:
        address = (asked.path, *sorted(asked.query.items() - {("date", asked.query.get("date"))}))
        if address in seen:
            return None
        seen.add(address)
        return answer

    return hook


@pytest.mark.parametrize(
    "answer",
    [
        told({"code": 50010000, "message": "internal server error occurred"}, 500),
        told({"message": "too many requests."}, 429),
        Answer(503, b"<html>Service Unavailable</html>"),
        Answer(200, b'[{"asset_id": "b0b6d'),
        Answer(200, b"<html>We will be back soon</html>"),
        Answer(302, b"", {"Location": "/login"}),
        Answer(200, b""),
        Answer(cut=True),
    ],
    ids=["500", "429", "503 html", "cut json", "200 html", "redirect", "empty", "hung up"],
)
def test_s12_every_first_request_fails_and_the_sync_is_right(
    tmp_path: Path, answer: Answer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tradesync.broker.calls._FIRST_WAIT", 0.001)
    monkeypatch.setattr(TokenBucket, "take", lambda _bucket, *, command=False: 0.0)
    broker = Handmade(PART_SOLD, hooks=[first_time(answer)])
    with opened(broker, tmp_path, patience=20.0) as world:
        world.sync()
        assert told_trades(world) == ["AAPL long open 6 of 10 at 100, made 40"]
        assert world.drift() == []
        world.assert_quiet()
