"""Worlds of dated rows: splits, mergers, renames, options and coins as rows may state them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.sync.handmade import Row, dated, held, played, stage, traded, uid
from tests.sync.world import World

CALL, PUT = "AAPL261009C00200000", "AAPL261009P00200000"


def bought(symbol: str, qty: str, price: str) -> tuple[Row, Row]:
    """A purchase on the first day."""
    return traded(f"b {symbol}", symbol, "buy", qty, price, "14:00:00")


def fees(world: World) -> list[object]:
    """What each trade bore."""
    return [trade.fees for trade in world.trades()]


def test_p23_a_split_over_lots_dated_after_a_sale_in_new_units(tmp_path: Path) -> None:
    pairs = [
        bought("AAPL", "100", "200"),
        traded("b2", "AAPL", "buy", "50", "210", "15:00:00"),
        traded("s1", "AAPL", "sell", "30", "220", "16:00:00"),
    ]
    before = stage(pairs, positions=[held("AAPL", "120", "203")])
    later = traded("s2", "AAPL", "sell", "80", "55", "2026-10-07T15:00:00Z")
    rows = [dated(name, "SSP", "2026-10-09", "AAPL", qty)
            for name, qty in (("out", "-120"), ("in", "480"))]  # fmt: skip
    after = stage([*pairs, later], rows, [held("AAPL", "400", "50.75")])
    assert played(tmp_path, before, after) == [
        "AAPL long open 200 of 200 at 52.5, made 0",
        "AAPL long open 200 of 400 at 50, made 1000",
    ]


@pytest.mark.parametrize("sign", ["-", ""])
def test_p23_a_reverse_splits_fraction_is_paid_for_whatever_its_sign(
    tmp_path: Path, sign: str
) -> None:
    rows = [
        dated("out", "SPLIT", "2026-10-07", "XRPT", "-33", group_id="g"),
        dated("in", "SPLIT", "2026-10-07", "XRPT", "1.65", group_id="g"),
    ]
    paid = dated("cil", "CIL", "2026-10-09", "XRPT", f"{sign}0.65", "91")
    pair = bought("XRPT", "33", "7")
    before = stage([pair], rows, [held("XRPT", "1.65", "140")])
    after = stage([pair], [*rows, paid], [held("XRPT", "1", "140")])
    assert played(tmp_path, before, after) == ["XRPT long open 1 of 1.65 at 140, made 0"]


@pytest.mark.parametrize("sign", ["", "-"])
@pytest.mark.parametrize(
    ("symbol", "side", "kind", "made"),
    [
        (CALL, "buy", "OPEXP", "-250"), (CALL, "sell", "OPEXP", "250"),
        (PUT, "sell", "OPASN", "250"), (CALL, "buy", "OPEXC", "-250"),
    ],
)  # fmt: skip
def test_p29_an_options_end_closes_what_is_held_whatever_its_rows_sign(
    tmp_path: Path, symbol: str, side: str, kind: str, made: str, sign: str
) -> None:
    pair = traded("o", symbol, side, "1", "2.5", "14:00:00")
    before = stage([pair], positions=[held(symbol, "1" if side == "buy" else "-1", "2.5")])
    rows = [dated("end", kind, "2026-10-09", symbol, f"{sign}1")]
    shares = []
    if kind != "OPEXP":
        rows.append(dated("to", "OPTRD", "2026-10-09", "AAPL", "100", "-20000", price="200"))
        shares = [held("AAPL", "100", "200")]
    trades = played(tmp_path, before, stage([pair], rows, shares))
    way = "long" if side == "buy" else "short"
    assert trades == ["AAPL long open 100 of 100 at 200, made 0"] * bool(shares) + [
        f"{symbol} {way} closed 0 of 1 at 2.5, made {made}"
    ]


def test_p26_a_stock_renamed_and_sold_while_we_were_off(tmp_path: Path) -> None:
    old = traded("b", "FB", "buy", "10", "300", "14:00:00")
    before = stage([old], positions=[held("FB", "10", "300")])
    rows = [dated("out", "NC", "2026-10-07", "FB", "-10", group_id="g"),
            dated("in", "NC", "2026-10-07", "META", "10", group_id="g")]  # fmt: skip
    same = {"asset_id": uid("asset FB")}
    part = traded("s", "META", "sell", "4", "320", "2026-10-08T15:00:00Z", **same)
    kept = stage([old, part], rows, [held("META", "6", "300", **same)])
    assert played(tmp_path / "1", before, kept) == ["META long open 6 of 10 at 300, made 80"]
    rest = traded("s2", "META", "sell", "6", "330", "2026-10-08T16:00:00Z", **same)
    gone = stage([old, part, rest], rows)
    closed = ["META long closed 0 of 10 at 300, made 260"]
    assert played(tmp_path / "2", before, gone) == closed
    dividend = dated("late", "DIV", "2026-10-09", "FB", "1.5", activity_sub_type="SDIV")
    grown = stage([old, part], [*rows, dividend], [held("META", "7.5", "240", **same)])
    assert played(tmp_path / "3", before, kept, grown) == [
        "META long open 7.5 of 12.5 at 240, made 80"
    ]


def test_p26_only_the_position_tells_of_the_new_name(tmp_path: Path) -> None:
    pair = traded("b", "FB", "buy", "10", "300", "14:00:00")
    renamed = stage([pair], positions=[held("META", "10", "300", asset_id=uid("asset FB"))])
    trades = played(tmp_path, stage([pair], positions=[held("FB", "10", "300")]), renamed)
    assert trades == ["META long open 10 of 10 at 300, made 0"]


@pytest.mark.parametrize(
    "rows",
    [
        [dated("1", "MA", "2026-10-07", "TWTR", "-100", "5420")],
        [dated("1", "MA", "2026-10-07", "TWTR", "-100", group_id="g"),
         dated("2", "MA", "2026-10-07", None, None, "5420", group_id="g")],
        [dated("1", "MA", "2026-10-07", "TWTR", "-60", group_id="g", activity_sub_type="CMA"),
         dated("2", "MA", "2026-10-07", "TWTR", "-40", group_id="g", activity_sub_type="CMA"),
         dated("3", "MA", "2026-10-07", "TWTR", "0", "5420", group_id="g")],
    ],
    ids=["one row", "cash names no symbol", "two rows out"],
)  # fmt: skip
def test_p27_a_cash_merger_closes_at_its_cash(tmp_path: Path, rows: list[Row]) -> None:
    pair = bought("TWTR", "100", "40")
    before = stage([pair], positions=[held("TWTR", "100", "40")])
    trades = played(tmp_path, before, stage([pair], rows))
    assert trades == ["TWTR long closed 0 of 100 at 40, made 1420"]


def test_p27_a_mergers_cash_comes_a_day_later_and_names_no_symbol(tmp_path: Path) -> None:
    pair = bought("TWTR", "100", "40")
    gone = dated("1", "MA", "2026-10-07", "TWTR", "-100", group_id="g")
    cash = dated("2", "MA", "2026-10-07", None, None, "5420", group_id="g",
                 created_at="2026-10-08T14:00:00Z")  # fmt: skip
    trades = played(tmp_path, stage([pair], [gone]), stage([pair], [gone, cash]))
    assert trades == ["TWTR long closed 0 of 100 at 40, made 1420"]


def test_rows_cancelled_later_by_rows_that_name_no_symbol(tmp_path: Path) -> None:
    pairs = [bought("KO", "10", "60"),
             traded("s", "KO", "sell", "4", "61", "2026-10-06T14:00:00Z")]  # fmt: skip
    rows = [dated("moved", "JNLS", "2026-10-07", "KO", "5"),
            dated("fee", "FEE", "2026-10-06", None, None, "-0.04")]  # fmt: skip
    undone = [
        dated(f"no {row['id']}", str(row["activity_type"]), "2026-10-08", status="canceled",
              previous_id=row["id"], created_at="2026-10-08T14:00:00Z")
        for row in rows
    ]  # fmt: skip
    before = stage(pairs, rows, [held("KO", "11", "60")])
    after = stage(pairs, [*rows, *undone], [held("KO", "6", "60")])

    def check(world: World) -> None:
        assert fees(world) == [0]

    trades = played(tmp_path, before, after, check=check)
    assert trades == ["KO long open 6 of 10 at 60, made 4"]


def test_p27_a_cash_merger_ends_a_short(tmp_path: Path) -> None:
    pair = traded("s", "TWTR", "sell", "100", "60", "14:00:00")
    before = stage([pair], positions=[held("TWTR", "-100", "60")])
    after = stage([pair], [dated("1", "MA", "2026-10-07", "TWTR", "100", "-5420")])
    assert played(tmp_path, before, after) == ["TWTR short closed 0 of 100 at 60, made 580"]


def test_p27_stock_and_cash_on_one_row(tmp_path: Path) -> None:
    pair = bought("TWTR", "100", "40")
    rows = [dated("1", "MA", "2026-10-07", "TWTR", "-100", "1000", group_id="g"),
            dated("2", "MA", "2026-10-07", "BUYR", "50", group_id="g")]  # fmt: skip
    trades = played(tmp_path, stage([pair], rows, [held("BUYR", "50", "60")]))
    assert trades == [
        "BUYR long open 50 of 50 at 60, made 0", "TWTR long closed 0 of 100 at 40, made 0",
    ]  # fmt: skip


def test_p28_a_coin_moved_in_that_no_order_names(tmp_path: Path) -> None:
    rows = [dated("in", "TRANS", "2026-10-07", "BTCUSD", "0.5", price="60000")]
    moved = stage(rows=rows, positions=[held("BTC/USD", "0.5", "60000", asset_id=uid("other"))])
    assert played(tmp_path, moved) == ["BTC/USD long open 0.5 of 0.5 at ?, made 0"]


def test_f22_f23_a_coin_spelled_both_ways_sold_net_of_its_fee(tmp_path: Path) -> None:
    buy = traded("b", "BTC/USD", "buy", "0.1", "50000", "14:00:00")
    sale = traded("s", "BTC/USD", "sell", "0.09975", "51000", "2026-10-06T14:00:00Z")
    before = stage([buy], positions=[held("BTC/USD", "0.09975", "50000", asset_id=uid("p"))])
    rows = [dated("coin", "CFEE", "2026-10-05", "BTCUSD", "-0.00025", price="50000"),
            dated("usd", "CFEE", "2026-10-06", "BTC/USD", None, "-12.72")]  # fmt: skip

    def check(world: World) -> None:
        assert [f"{fee:.2f}" for fee in fees(world)] == ["25.22"]

    trades = played(tmp_path, before, stage([buy, sale], rows), check=check)
    assert trades == ["BTC/USD long closed 0 of 0.1 at 50000, made 99.75"]
