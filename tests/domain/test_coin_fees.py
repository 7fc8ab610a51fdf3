"""Crypto fees taken in the coin: which buy bears how much of which row (design rule 11)."""

from __future__ import annotations

from decimal import Decimal

from tests.domain.make import activity, at, instrument
from tradesync.domain.coin_fees import coin_fees
from tradesync.domain.events import LONG, SHORT, CoinFee, Fill, Kind
from tradesync.domain.facts import Activity, CoinShortfall
from tradesync.domain.money import ZERO, to_decimal
from tradesync.domain.roles import FIFO, Role
from tradesync.domain.times import day_end

COIN = "BTC/USD"


def buy(name: str, qty: str, *, t: float = 0, direction: int = LONG) -> Fill:
    return Fill(
        key=(at(t), "o", ZERO, name),
        source_id=name,
        kind=Kind.EXECUTION,
        order_id="o",
        trade_id=f"trade-{name}",
        direction=direction,
        role=Role.OPEN,
        may_short=False,
        target=FIFO,
        qty=to_decimal(qty),
        value=Decimal(1),
    )


def row(name: str, qty: str, *, day: str = "2026-03-02") -> Activity:
    return activity(name, "CFEE", symbol="BTCUSD", qty=qty, day=day)


def shortfall(qty: str, *, t: float = 1000) -> CoinShortfall:
    return CoinShortfall(instrument(COIN).key, to_decimal(qty), at(t))


def borne(fees: list[CoinFee]) -> list[tuple[str, str, str]]:
    """(buy, row, quantity) of each fee."""
    return [(fee.fill_id, fee.source_id, str(fee.qty.normalize())) for fee in fees]


def test_what_does_not_divide_is_spread_without_losing_a_digit() -> None:
    buys = [buy("a", "1"), buy("b", "1", t=1), buy("c", "1", t=2)]
    fees = coin_fees(buys, [row("r", "-0.0000000001")], None)
    assert [fee.qty.scaleb(12) for fee in fees] == [33, 34, 33]
    assert [(fee.fill_id, fee.source_id, fee.kind) for fee in fees] == [
        (name, "r", Kind.CRYPTO_FEE) for name in "abc"
    ]


def test_unequal_buys_bear_in_proportion() -> None:
    buys = [buy("a", "1"), buy("b", "3", t=1), buy("c", "4", t=2)]
    assert borne(coin_fees(buys, [row("r", "-0.008")], None)) == [
        ("a", "r", "0.001"),
        ("b", "r", "0.003"),
        ("c", "r", "0.004"),
    ]


def test_a_fee_stands_just_after_its_buy() -> None:
    (fee,) = coin_fees([buy("a", "1")], [row("r", "-0.001")], None)
    assert fee.key == (at(0), "o", ZERO, "a~")


def test_sells_bear_nothing() -> None:
    traded = [buy("a", "1"), buy("s", "1", t=1, direction=SHORT)]
    fees = coin_fees(traded, [row("r", "-0.001")], None)
    assert borne(fees) == [("a", "r", "0.001")]


def test_a_later_row_covers_only_the_buys_since_the_day_before() -> None:
    day = 86_400
    buys = [buy("a", "1"), buy("b", "1", t=day)]
    rows = [row("r1", "-0.001"), row("r2", "-0.002", day="2026-03-03")]
    assert borne(coin_fees(buys, rows, None)) == [("a", "r1", "0.001"), ("b", "r2", "0.002")]


def test_two_rows_of_one_day_cover_the_same_buys() -> None:
    rows = [row("r1", "-0.001"), row("r2", "-0.002")]
    assert borne(coin_fees([buy("a", "1")], rows, None)) == [
        ("a", "r1", "0.001"),
        ("a", "r2", "0.002"),
    ]


def test_what_was_sold_before_the_next_buy_was_not_taken_as_its_fee() -> None:
    maker_then_taker = [
        buy("a", "1"),
        buy("s", "0.9985", t=1, direction=SHORT),
        buy("b", "1", t=2),
    ]
    rows = [row("r", "-0.004")]
    assert borne(coin_fees(maker_then_taker, rows, None)) == [
        ("a", "r", "0.0015"),
        ("b", "r", "0.0025"),
    ]
    assert borne(coin_fees(maker_then_taker, rows, None, alone=False)) == [
        ("a", "r", "0.002"),
        ("b", "r", "0.002"),
    ]


def test_what_an_earlier_row_took_is_not_there_for_a_later_one() -> None:
    day = 86_400
    traded = [
        buy("a", "1"),
        buy("b", "1", t=day),
        buy("s", "1.9965", t=day + 1, direction=SHORT),
        buy("c", "1", t=day + 2),
    ]
    rows = [row("r1", "-0.002"), row("r2", "-0.004", day="2026-03-03")]
    assert borne(coin_fees(traded, rows, None)) == [
        ("a", "r1", "0.002"),
        ("b", "r2", "0.0015"),
        ("c", "r2", "0.0025"),
    ]


def test_a_sale_of_more_than_was_known_says_nothing_of_fees() -> None:
    traded = [buy("a", "1"), buy("s", "5", t=1, direction=SHORT), buy("b", "1", t=2)]
    assert borne(coin_fees(traded, [row("r", "-0.004")], None)) == [
        ("a", "r", "0.002"),
        ("b", "r", "0.002"),
    ]


def test_what_the_same_row_took_of_earlier_buys_left_the_less_to_take() -> None:
    traded = [
        buy("a", "10"),
        buy("b", "10", t=1),
        buy("s", "19.96", t=2, direction=SHORT),
        buy("c", "10", t=3),
    ]
    assert borne(coin_fees(traded, [row("r", "-0.075")], None)) == [
        ("a", "r", "0.025"),
        ("b", "r", "0.015"),
        ("c", "r", "0.035"),
    ]


def test_what_all_rows_before_took_left_the_less_to_take() -> None:
    day = 86_400
    traded = [
        buy("a", "10"),
        buy("b", "10", t=day),
        buy("c", "10", t=2 * day),
        buy("s", "29.93", t=2 * day + 1, direction=SHORT),
        buy("d", "10", t=2 * day + 2),
    ]
    days = ("2026-03-02", "2026-03-03", "2026-03-04")
    taken = zip(days, ("-0.025", "-0.025", "-0.05"), strict=True)
    rows = [row(f"r{number}", qty, day=on) for number, (on, qty) in enumerate(taken)]
    assert borne(coin_fees(traded, rows, None))[2:] == [("c", "r2", "0.02"), ("d", "r2", "0.03")]
    provisional = coin_fees(traded, rows[:2], shortfall("0.05", t=9 * day))
    assert borne(provisional)[2:] == [
        ("c", "provisional", "0.02"), ("d", "provisional", "0.03"),
    ]  # fmt: skip


def test_each_buy_bears_its_rate_rounded_up_where_that_gives_the_row() -> None:
    buys = [buy("a", "0.1"), buy("b", "0.001633097", t=1)]
    assert borne(coin_fees(buys, [row("r", "-0.000254083")], None)) == [
        ("a", "r", "0.00025"),
        ("b", "r", "0.000004083"),
    ]


def test_a_row_without_buys_takes_from_what_is_held_at_the_end_of_its_day() -> None:
    (fee,) = coin_fees([], [row("r", "-0.001")], None)
    end = day_end(row("r", "-0.001").day)
    assert fee.key == (end, "", ZERO, "r")
    assert (fee.source_id, fee.fill_id, fee.kind) == ("r", "", Kind.CRYPTO_FEE)


def test_a_small_shortfall_is_a_provisional_fee_on_the_buys_no_row_covers() -> None:
    day = 86_400
    buys = [buy("a", "1"), buy("b", "1", t=day), buy("late", "1", t=9 * day)]
    fees = coin_fees(buys, [row("r", "-0.001")], shortfall("0.002", t=2 * day))
    assert borne(fees) == [("a", "r", "0.001"), ("b", "provisional", "0.002")]
    assert fees[1].kind is Kind.PROVISIONAL_FEE


def test_a_shortfall_counts_up_to_thirty_basis_points_and_not_beyond() -> None:
    assert coin_fees([buy("a", "1")], [], shortfall("0.003"))
    assert not coin_fees([buy("a", "1")], [], shortfall("0.003000000001"))
    assert not coin_fees([buy("a", "1")], [], shortfall("0"))
