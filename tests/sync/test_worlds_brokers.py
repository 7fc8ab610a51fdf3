"""Worlds of brokers with ways of their own: how they page, how they file, whose books they show."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

from tests.broker.stub import Answer, Asked, told
from tests.sync.handmade import (
    Handmade,
    Stage,
    dated,
    held,
    opened,
    played,
    stage,
    told_trades,
    traded,
)
from tests.sync.world import NAME, World

KO = traded("k", "KO", "buy", "10", "60", "2026-10-02T14:00:00Z")
LATER = traded("m", "MSFT", "buy", "1", "400", "2026-10-06T14:00:00Z")
SPLIT = [dated(name, "SPLIT", "2026-10-05", "KO", qty, group_id="g")
         for name, qty in (("out", "-10"), ("in", "20"))]  # fmt: skip
DOUBLED = [held("KO", "20", "30"), held("MSFT", "1", "400")]
WEEKS_LATER = "2026-11-27T15:00:00Z"
GROWN = ["KO long open 20 of 20 at 30, made 0", "MSFT long open 1 of 1 at 400, made 0"]


def test_s06_pages_shorter_than_asked_for_are_read_to_their_end(tmp_path: Path) -> None:
    sales = [traded(f"s{n}", "KO", "sell", "1", "70", f"2026-10-06T14:00:0{n}Z") for n in range(8)]
    paid = [dated(f"d{n}", "DIV", f"2026-09-{n + 1:02d}", "KO", "10", "1") for n in range(9)]
    shown = stage([KO, *sales], paid, [held("KO", "2", "60")])

    def check(world: World) -> None:
        assert world.rows("SELECT count(*), sum(net_amount) FROM activities") == [(9, 9)]

    trades = played(tmp_path, shown, check=check, orders_page=3, activities_page=4)
    assert trades == ["KO long open 2 of 10 at 60, made 80"]


def test_a_broker_that_lists_no_single_days(tmp_path: Path) -> None:
    def refusing(asked: Asked) -> Answer | None:
        if "date" in asked.query or "category" in asked.query:
            return told({"code": 40010001, "message": "invalid parameter"}, 422)
        return None

    shown = stage([KO, LATER], positions=[held("KO", "10", "60"), held("MSFT", "1", "400")])
    assert len(played(tmp_path, shown, hooks=[refusing])) == 2


def test_p24_rows_filed_late_under_a_day_long_read(tmp_path: Path) -> None:
    before = stage([KO, LATER], positions=DOUBLED, now=WEEKS_LATER)
    assert played(tmp_path, before, stage([KO, LATER], SPLIT, DOUBLED, now=WEEKS_LATER)) == GROWN


def test_p24_a_new_difference_has_the_days_read_again_at_once(tmp_path: Path) -> None:
    single = [held("KO", "10", "60"), held("MSFT", "1", "400")]
    broker = Handmade(stage([KO, LATER], positions=single))
    with opened(broker, tmp_path) as world:
        world.sync()
        broker.stage = stage([KO, LATER], SPLIT, DOUBLED)
        world.sync()
        assert (told_trades(world), world.drift()) == (GROWN, [])
        asked = len(broker.asked)
        world.assert_quiet()
        assert len(broker.asked) - asked <= 5


def test_f10_fills_listed_hours_after_later_ones_are_found_when_asked_for(tmp_path: Path) -> None:
    positions = [held("KO", "10", "60"), held("MSFT", "1", "400")]
    broker = Handmade(stage([KO[:1], LATER], positions=positions))
    with opened(broker, tmp_path) as world:
        world.sync()
        assert world.trade("KO").flags == ("provisional",)
        broker.stage = stage([KO, LATER], positions=positions)
        world.sync()
        assert world.trade("KO").flags == ()
        world.assert_quiet()


def test_s19_an_account_reset_while_we_run_stops_with_a_question(tmp_path: Path) -> None:
    broker = Handmade(stage([KO], positions=[held("KO", "10", "60")]))
    with opened(broker, tmp_path) as world:
        world.sync()
        before = world.contents()
        other = traded("x", "KO", "buy", "3", "60", "2026-10-07T14:00:00Z")
        broker.stage = Stage(
            [other[0]], [other[1]], [held("KO", "3", "60")], {"id": "aaaaaaaa-0000-4000-8000-1"}
        )
        for _ in range(2):
            assert "rebind" in str(world.try_sync().error)
        assert "rebind" in str(world.service.state(NAME).question)
        assert world.contents() == before


def test_years_of_dividends_since_the_last_fill_are_not_read_again_each_time(
    tmp_path: Path,
) -> None:
    begun = date(2026, 10, 7)
    days = [begun + timedelta(days=n // 5) for n in range(240)]
    paid = [
        dated(f"d{n}", "DIV", str(day), "KO", "10", "1", created_at=f"{day}T09:00:0{n % 5}Z")
        for n, day in enumerate(days)
    ]  # fmt: skip
    shown = stage([KO], paid, [held("KO", "10", "60")], now="2026-11-27T15:00:00Z")
    broker = Handmade(shown)
    with opened(broker, tmp_path) as world:
        world.sync()
        assert world.rows("SELECT count(*) FROM activities") == [(240,)]
        asked = len(broker.asked)
        world.assert_quiet()
        assert len(broker.asked) - asked <= 5
        broker.stage = stage([KO], [*paid, dated("new", "DIV", "2026-11-25", "KO", "10", "1",
            created_at="2026-11-27T14:00:00Z")], [held("KO", "10", "60")],
            now="2026-11-27T15:00:00Z")  # fmt: skip
        world.sync()
        assert world.rows("SELECT count(*) FROM activities") == [(241,)]
