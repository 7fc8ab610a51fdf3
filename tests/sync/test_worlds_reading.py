"""Worlds that are long, cut into odd pages, or show their parts one after the other."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.broker.stub import Answer, Asked, told
from tests.sync.handmade import (
    Handmade,
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

HELD_10 = [held("AAPL", "10", "100")]
OPEN = ["AAPL long open 10 of 10 at 100, made 0"]


def round_trips(count: int, fills_each: int) -> list[tuple[Row, ...]]:
    """So many purchases of 8 and their sales a minute later, over a week, filled in parts."""
    pairs: list[tuple[Row, ...]] = []
    for number in range(2 * count):
        day, minute = 5 + number // 200, number % 200 * 2
        side, price = ("buy", "500") if number % 2 == 0 else ("sell", "501")
        at = f"2026-10-{day:02d}T{14 + minute // 60:02d}:{minute % 60:02d}:00"
        row = order(str(number), "SPY", side, "8", f"{at}Z", "8", price)
        part = 8 // fills_each
        rows = [
            fill(f"{number}.{one}", row, str(part), price, f"{at}.{one:03d}Z",
                 cum_qty=str(part * (one + 1)))
            for one in range(fills_each)
        ]  # fmt: skip
        pairs.append((row, *rows))
    return pairs


@pytest.mark.parametrize("page", [500, 50])
def test_s06_five_days_off_whatever_the_page_holds(tmp_path: Path, page: int) -> None:
    pairs = round_trips(350, 4)
    trades = played(tmp_path, stage(pairs[:199]), stage(pairs), orders_page=page)
    assert trades == ["SPY long closed 0 of 8 at 500, made 8"] * 350


def test_s06_a_whole_list_longer_than_a_page_is_taken_as_it_comes(tmp_path: Path) -> None:
    pairs = round_trips(300, 1)
    shown = stage(pairs)

    def everything(asked: Asked) -> Answer | None:
        if asked.path.endswith("/orders"):
            return told([pair[0] for pair in pairs])
        if asked.path.endswith("/activities"):
            return told(shown.activities)
        return None

    assert len(played(tmp_path, shown, hooks=[everything])) == 300


def test_f09_a_row_lost_between_two_pages_of_long_ago_is_found_by_its_day(tmp_path: Path) -> None:
    pairs = round_trips(60, 1)
    lost = pairs[-1][1]

    def losing(asked: Asked) -> Answer | None:
        if asked.path.endswith("/activities") and "date" not in asked.query:
            return told([row for row in shown.activities if row is not lost])
        return None

    shown = stage(pairs, now="2026-11-20T20:00:00Z")
    trades = played(tmp_path, shown, hooks=[losing], check=lambda world: flags_of(world, ()))
    assert trades == ["SPY long closed 0 of 8 at 500, made 8"] * 60


def flags_of(world: object, expected: tuple[str, ...]) -> None:
    """Nothing about any trade is uncertain."""
    assert {trade.flags for trade in world.trades()} == {expected}  # type: ignore[attr-defined]


def test_s06_a_page_token_that_is_not_heeded_ends_in_a_sentence(tmp_path: Path) -> None:
    rows = [row for pair in round_trips(60, 1) for row in pair[1:]]

    def same_page(asked: Asked) -> Answer | None:
        return told(rows[:100]) if asked.path.endswith("/activities") else None

    broker = Handmade(stage(round_trips(60, 1)), hooks=[same_page])
    with opened(broker, tmp_path) as world:
        result = world.try_sync()
    assert not result.ok
    assert "not like Alpaca" in str(result.error)


def test_s06c_an_order_of_last_year_filled_while_we_were_off(tmp_path: Path) -> None:
    resting = order("old", "AAPL", "buy", "10", "2025-11-03T15:00:00Z", time_in_force="gtc")
    other = traded("o", "MSFT", "buy", "1", "400", "14:00:00")
    before = stage([(resting,), other], positions=[held("MSFT", "1", "400")])
    filled = order("old", "AAPL", "buy", "10", "2025-11-03T15:00:00Z", "10", "100",
                   updated_at="2026-10-09T15:00:00Z")  # fmt: skip
    after = stage(
        [(filled, fill("old", filled, "10", "100", "2026-10-09T15:00:00Z")), other],
        positions=[*HELD_10, held("MSFT", "1", "400")],
    )
    assert played(tmp_path, before, after) == [*OPEN, "MSFT long open 1 of 1 at 400, made 0"]


def test_f11_r15_an_order_only_its_fill_and_its_successor_name_is_asked_for(tmp_path: Path) -> None:
    first = order("A", "AAPL", "buy", "10", "13:00:00", "4", "100", status="replaced",
                  replaced_by=uid("B"))  # fmt: skip
    second = order("B", "AAPL", "buy", "10", "14:00:00", "6", "100", replaces=uid("A"),
                   status="filled")  # fmt: skip
    fills = (fill("1", first, "4", "100", "13:30:00"), fill("2", second, "6", "100", "14:00:01"))
    whole = stage([(first, fills[0]), (second, fills[1])], positions=HELD_10)

    def only(shown: Row, broken: list[int]) -> Handmade:
        """Lists one of both; a look-up of the other fails as often as told."""

        def hook(asked: Asked) -> Answer | None:
            if asked.path.endswith("/orders"):
                return told([shown] if asked.query.get("status") == "all" else [])
            if "/orders/" in asked.path and broken[0]:
                broken[0] -= 1
                return told({"message": "internal server error occurred"}, 500)
            return None

        return Handmade(whole, hooks=[hook])

    for number, shown in enumerate((first, second)):
        broken = [9]
        with opened(only(shown, broken), tmp_path / str(number), patience=0.0) as world:
            world.try_sync()
            broken[0] = 0
            again = world.reopened()
            world.service, world.database = again.service, again.database
            world.sync()
            assert told_trades(world) == OPEN
            assert world.trade().flags == ()
            world.assert_quiet()


@pytest.mark.parametrize("carried", [False, True])
def test_r12_a_chain_of_five_filled_on_four_links_seen_at_its_ends(
    tmp_path: Path, carried: bool
) -> None:
    steps = [("A", "30", "400"), ("B", "20", "401"), ("C", "0", None), ("D", "25", "402"),
             ("E", "25", "403")]  # fmt: skip
    chain: list[tuple[Row, ...]] = []
    total = 0
    for number, (name, qty, price) in enumerate(steps):
        total += int(qty)
        row = order(
            name, "MSFT", "buy", "100", f"14:0{number}:00", str(total) if carried else qty, price,
            replaces=uid(steps[number - 1][0]) if number else None,
            replaced_by=uid(steps[number + 1][0]) if number < 4 else None,
            status="replaced" if number < 4 else "filled",
        )  # fmt: skip
        fills = [fill(name, row, qty, price, f"14:0{number}:30")] if price else []
        chain.append((row, *fills))
    first = order("A", "MSFT", "buy", "100", "14:00:00", "30", "400", status="partially_filled")
    before = stage([(first, chain[0][1])], positions=[held("MSFT", "30", "400")])
    after = stage(chain, positions=[held("MSFT", "100", "401.45")])
    trades = ["MSFT long open 100 of 100 at 401.45, made 0"]
    assert played(tmp_path / "1", before, after) == trades
    unlisted = Stage(after.orders, (), after.positions)
    if not carried:  # their own totals tell; carried ones would need the last average to be exact
        assert played(tmp_path / "2", unlisted) == trades


def test_r31_a_bracket_whose_legs_no_reply_links_opens_no_short(tmp_path: Path) -> None:
    entry = order("P", "AAPL", "buy", "100", "14:00:00", "100", "150", order_class="bracket")
    take = order("T", "AAPL", "sell", "100", "14:00:00", order_class="bracket", type="limit",
                 limit_price="160")  # fmt: skip
    stop = order("S", "AAPL", "sell", "100", "14:00:00", order_class="bracket", type="stop",
                 stop_price="140", status="held")  # fmt: skip
    bought = fill("p", entry, "100", "150", "14:00:01")
    shown = Stage([entry, take, stop], [bought], [held("AAPL", "100", "150")])
    taken = take | {"filled_qty": "100", "filled_avg_price": "160", "status": "filled",
                    "updated_at": "2026-10-05T15:00:00Z"}  # fmt: skip
    ended = stop | {"status": "canceled", "updated_at": "2026-10-05T15:00:00Z"}
    after = Stage([entry, taken, ended], [bought, fill("t", take, "100", "160", "15:00:00")])
    assert played(tmp_path / "1", shown) == ["AAPL long open 100 of 100 at 150, made 0"]
    with opened(Handmade(shown), tmp_path / "2") as world:
        world.sync()
        assert [trade.side for trade in world.trades()] == ["long"]
        assert len(world.rows("SELECT 1 FROM working_exits")) == 2
    trades = played(tmp_path / "3", shown, after)
    assert trades == ["AAPL long closed 0 of 100 at 150, made 1000"]
