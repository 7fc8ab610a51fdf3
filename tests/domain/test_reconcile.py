"""Differences between our trades and the broker's positions, and when they become drift."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.domain.holding import position
from tests.domain.make import at, execution, instrument, order, records
from tradesync.domain.conclusions import Trade
from tradesync.domain.instruments import make_instrument
from tradesync.domain.ledger import conclude
from tradesync.domain.reconcile import (
    Difference,
    DriftKind,
    DriftRecord,
    Settling,
    differences,
    holdings,
    settle,
    settled_by,
    update_drift,
)
from tradesync.domain.times import SECOND, Instant

AAPL = instrument("AAPL").key
MINUTE = 60 * SECOND


def long_trades(qty: int = 100, *, symbol: str = "AAPL") -> tuple[Trade, ...]:
    name = f"o-{symbol}"
    return conclude(
        records(
            order(name, "buy", qty, symbol=symbol, filled=qty, avg=10),
            execution(f"e-{symbol}", name, "buy", qty, 10, symbol=symbol),
        )
    ).trades


def short_trades(qty: int = 100) -> tuple[Trade, ...]:
    return conclude(
        records(
            order("s1", "sell", qty, filled=qty, avg=10, intent="sell_to_open"),
            execution("es1", "s1", "sell_short", qty, 10),
        )
    ).trades


def gap_of(our_qty: int, broker_qty: int, symbol: str = "AAPL") -> Difference:
    kind = DriftKind.QUANTITY
    if not broker_qty:
        kind = DriftKind.NOT_AT_BROKER
    elif not our_qty:
        kind = DriftKind.UNTRACKED
    key = instrument(symbol).key
    return Difference(key, symbol, kind, Decimal(our_qty), Decimal(broker_qty))


def test_holdings_are_signed() -> None:
    assert holdings(long_trades(100)) == {AAPL: Decimal(100)}
    assert holdings(short_trades(40)) == {AAPL: Decimal(-40)}


def test_equal_holdings_do_not_differ() -> None:
    assert differences(long_trades(100), [position("100.000")]) == ()


def test_p01_a_larger_position_is_a_quantity_difference() -> None:
    assert differences(long_trades(100), [position(150)]) == (gap_of(100, 150),)


def test_p02_a_larger_short_position_is_a_quantity_difference() -> None:
    (found,) = differences(short_trades(100), [position(-150)])
    assert found == gap_of(-100, -150)
    assert found.gap == -50


def test_p06_a_position_of_none_of_our_trades_is_untracked() -> None:
    assert differences((), [position(100)]) == (gap_of(0, 100),)


def test_p12_a_symbol_the_broker_omits_is_flagged_beside_the_others() -> None:
    trades = (*long_trades(100), *long_trades(7, symbol="MSFT"))
    found = differences(trades, [position(7, symbol="MSFT")])
    assert found == (gap_of(100, 0),)
    assert found[0].kind is DriftKind.NOT_AT_BROKER


def test_p22_a_small_shortfall_is_a_difference_and_shrinks_no_trade() -> None:
    trades = long_trades(100)
    (found,) = differences(trades, [position(97)])
    assert found.gap == -3
    assert holdings(trades) == {AAPL: Decimal(100)}


def test_p34_a_coin_in_either_spelling_is_one_instrument() -> None:
    coin = make_instrument("BTCUSD", "another-id", "crypto")
    trades = long_trades(2, symbol="BTC/USD")
    assert coin.key == trades[0].instrument
    assert differences(trades, [position(2, symbol="BTC/USD")]) == ()


def after(
    reads: list[tuple[Instant, list[Difference]]], fills: dict[str, Instant] | None = None
) -> tuple[tuple[Difference, ...], tuple[Difference, ...]]:
    """What the last of several reads leaves settled and settling."""
    state = Settling()
    settled: tuple[Difference, ...] = ()
    settling: tuple[Difference, ...] = ()
    for now, found in reads:
        state, settled, settling = settle(state, found, now, fills or {})
    return settled, settling


def test_one_read_settles_nothing() -> None:
    assert after([(at(0), [gap_of(100, 150)])]) == ((), (gap_of(100, 150),))


def test_two_agreeing_reads_without_a_fill_settle() -> None:
    reads = [(at(0), [gap_of(100, 150)]), (at(1), [gap_of(100, 150)])]
    assert after(reads) == ((gap_of(100, 150),), ())


@pytest.mark.parametrize(("seconds", "is_settled"), [(2, False), (9.9, False), (10, True)])
def test_p13_nothing_settles_within_ten_seconds_of_a_fill(seconds: float, is_settled: bool) -> None:
    """The broker's positions may lag its fills by so much (Alpaca-API#276)."""
    reads = [(at(0), [gap_of(100, 0)]), (at(seconds), [gap_of(100, 0)])]
    settled, settling = after(reads, {AAPL: at(0)})
    assert bool(settled) is is_settled
    assert bool(settling) is not is_settled


def test_p13_a_fill_of_another_instrument_delays_nothing() -> None:
    reads = [(at(0), [gap_of(100, 0)]), (at(1), [gap_of(100, 0)])]
    settled, _ = after(reads, {instrument("MSFT").key: at(1)})
    assert settled


@pytest.mark.parametrize(("seconds", "is_settled"), [(59, False), (60, True)])
def test_a_lasting_difference_settles_after_a_minute_although_fills_go_on(
    seconds: float, is_settled: bool
) -> None:
    reads = [(at(0), [gap_of(100, 97)]), (at(seconds), [gap_of(200, 197)])]
    settled, _ = after(reads, {AAPL: at(seconds)})
    assert bool(settled) is is_settled


def test_a_changing_difference_begins_to_agree_anew() -> None:
    reads = [
        (at(0), [gap_of(100, 150)]),
        (at(30), [gap_of(100, 140)]),
        (at(31), [gap_of(100, 140)]),
    ]
    assert after(reads[:2])[0] == ()
    assert after(reads)[0] == (gap_of(100, 140),)


def test_the_minute_runs_from_when_it_first_differed_whatever_the_gap() -> None:
    reads = [
        (at(0), [gap_of(100, 150)]),
        (at(40), [gap_of(100, 140)]),
        (at(61), [gap_of(100, 140)]),
    ]
    assert after(reads, {AAPL: at(61)})[0] == (gap_of(100, 140),)


def test_a_difference_that_was_gone_begins_anew() -> None:
    reads = [(at(0), [gap_of(100, 0)]), (at(30), []), (at(60), [gap_of(100, 0)])]
    assert after(reads) == ((), (gap_of(100, 0),))


def test_a_manual_run_learns_when_to_read_again() -> None:
    fills = {AAPL: at(3)}
    state, _, settling = settle(Settling(), [gap_of(100, 0)], at(4), fills)
    assert settling
    again = settled_by(state, fills)
    assert again == at(13)
    assert settle(state, settling, again, fills)[1] == settling
    assert settled_by(Settling(), fills) is None


def test_p14_the_same_drift_over_and_over_is_one_unchanged_record() -> None:
    one = [gap_of(100, 150)]
    (record,), updated, closed = update_drift([], one, [], at(0))
    assert (updated, closed) == ((), ())
    assert record == DriftRecord(
        AAPL, DriftKind.QUANTITY, "AAPL", Decimal(100), Decimal(150), at(0), at(0), None
    )
    for cycle in range(3):
        assert update_drift([record], one, [], at(30 + cycle)) == ((), (), ())


def test_a_drift_that_grows_is_updated() -> None:
    (record,), _, _ = update_drift([], [gap_of(100, 150)], [], at(0))
    opened, (updated,), closed = update_drift([record], [gap_of(100, 160)], [], at(30))
    assert (opened, closed) == ((), ())
    assert (updated.broker_qty, updated.opened_at, updated.updated_at) == (
        Decimal(160),
        at(0),
        at(30),
    )


def test_a_drift_closes_by_itself_when_it_is_gone() -> None:
    (record,), _, _ = update_drift([], [gap_of(100, 150)], [], at(0))
    opened, updated, (closed,) = update_drift([record], [], [], at(30))
    assert (opened, updated) == ((), ())
    assert closed.closed_at == at(30)


def test_a_drift_that_is_settling_again_stays() -> None:
    (record,), _, _ = update_drift([], [gap_of(100, 150)], [], at(0))
    assert update_drift([record], [], [gap_of(100, 170)], at(30)) == ((), (), ())


def test_a_drift_of_another_kind_takes_the_place_of_the_former() -> None:
    (record,), _, _ = update_drift([], [gap_of(100, 150)], [], at(0))
    (opened,), updated, (closed,) = update_drift([record], [gap_of(100, 0)], [], at(30))
    assert opened.kind is DriftKind.NOT_AT_BROKER
    assert updated == ()
    assert (closed.kind, closed.closed_at) == (DriftKind.QUANTITY, at(30))


READS = st.lists(
    st.tuples(
        st.integers(min_value=0, max_value=40),
        st.dictionaries(
            st.sampled_from(["AAPL", "MSFT"]),
            st.tuples(st.integers(0, 3), st.integers(0, 3)).filter(lambda pair: pair[0] != pair[1]),
        ),
    ),
    max_size=12,
)


@given(reads=READS)
def test_open_records_are_always_differences_of_the_last_read(
    reads: list[tuple[int, dict[str, tuple[int, int]]]],
) -> None:
    """At most one open record an instrument and kind, and none for what agrees."""
    state, now = Settling(), at(0)
    records_open: dict[tuple[str, DriftKind], DriftRecord] = {}
    for pause, gaps in reads:
        now += pause * SECOND
        found = [gap_of(ours, theirs, symbol) for symbol, (ours, theirs) in gaps.items()]
        state, settled, settling = settle(state, found, now, {})
        assert {*settled, *settling} == set(found)
        opened, updated, closed = update_drift(records_open.values(), settled, settling, now)
        for record in closed:
            del records_open[record.instrument, record.kind]
        for record in opened:
            assert (record.instrument, record.kind) not in records_open
        for record in (*opened, *updated):
            records_open[record.instrument, record.kind] = record
        assert {key for key, _ in records_open} <= {one.instrument for one in found}
        for one in settled:
            record = records_open[one.instrument, one.kind]
            assert (record.our_qty, record.broker_qty) == (one.our_qty, one.broker_qty)
