"""The identity closes on every account: what equity is made of, each term with its parts."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from tests.store.make import NOTHING, activity, lot, trade
from tests.web import seed
from tradesync.domain.conclusions import Allocation, TradeStatus
from tradesync.domain.times import SECOND, Instant, new_york_date
from tradesync.store import conclusions, facts
from tradesync.store.database import Database
from tradesync.store.queries import AccountFigures, holding_rows, position_rows
from tradesync.store.queries_identity import HeldTotals, KindTotal, MoneyTotal, held_totals
from tradesync.store.snapshots import load_positions, save_account_state, save_positions
from tradesync.views.account import AccountView, read_account
from tradesync.views.identity import (
    Identity,
    Sources,
    Term,
    identity_from,
    read_term_rows,
)

D = Decimal
NOW: Instant = 1_790_000_000 * SECOND
FIGURES = AccountFigures(
    status="ACTIVE", currency="USD", cash=D(900), equity=D(1100), last_equity=D(1000),
    buying_power=None, long_market_value=D(200), short_market_value=D(0),
    trading_blocked=False, balance_asof=None, read_at=NOW,
)  # fmt: skip
PLAIN = Sources(
    figures=FIGURES, realized=D(60), floating=D(20),
    money=(
        MoneyTotal("CSD", D(1000), D(0), 1),
        MoneyTotal("CSW", D(-10), D(0), 1),
        MoneyTotal("DIV", D(30), D(5), 2),
        MoneyTotal("INT", D(3), D(0), 1),
        MoneyTotal("FEE", D(-2), D(-1), 1),
        MoneyTotal("CFEE", D(-1), D(0), 1),
    ),
    coin_fees=D(0), brought=(), left=(), held=HeldTotals(D(200), 0, D(200), D(0), D(0)),
    unmatched=D(0), fills=4,
)  # fmt: skip


def adds_up(identity: Identity) -> bool:
    """Whether the terms come to the equity exactly."""
    signs = {Term.FEES: -1}
    return identity.equity == sum(
        (signs.get(line.term, 1) * line.amount for line in identity.lines), D(0)
    )


def amounts(identity: Identity) -> dict[Term, Decimal]:
    """The terms that are not zero."""
    return {line.term: line.amount for line in identity.lines if line.amount}


def test_an_ordinary_account_has_nothing_unexplained() -> None:
    identity = identity_from(PLAIN)
    assert adds_up(identity)
    assert amounts(identity) == {
        Term.DEPOSITS: D(990), Term.REALIZED: D(60), Term.FLOATING: D(20), Term.INCOME: D(33),
        Term.FEES: D(3),
    }  # fmt: skip
    assert [part.label for part in identity.line(Term.INCOME).parts] == ["Dividends", "Interest"]


def test_what_no_name_accounts_for_is_unexplained_and_half_cents_are_rounding() -> None:
    lost = identity_from(replace(PLAIN, realized=D("59.50")))
    assert (lost.line(Term.UNEXPLAINED).amount, adds_up(lost)) == (D("0.50"), True)
    rounded = identity_from(replace(PLAIN, realized=D("59.99")))
    (part,) = rounded.line(Term.UNEXPLAINED).parts
    assert (part.label, part.amount) == ("Rounding to the cent", D("0.01"))
    assert (lost.line(Term.UNEXPLAINED).without_reason, part.has_reason) == (D("0.50"), True)


@pytest.mark.parametrize(
    ("change", "label"),
    [
        ({"brought": (KindTotal("opening_balance", D(70)),)}, "Imported positions, at cost"),
        ({"left": (KindTotal("decision", D(70)),)}, "Decided by a person, without money"),
        ({"left": (KindTotal("execution", D(70)),)}, "Closings of unknown profit or loss"),
        ({"money": (*PLAIN.money, MoneyTotal("MISC", D(70), D(0), 1))}, "Other rows of money"),
    ],
)
def test_an_unexplained_difference_with_a_reason_names_it(
    change: dict[str, object], label: str
) -> None:
    identity = identity_from(replace(PLAIN, realized=D(-10), **change))  # type: ignore[arg-type]
    assert adds_up(identity)
    line = identity.line(Term.UNEXPLAINED)
    (part,) = line.parts
    assert (part.label, part.amount, line.without_reason) == (label, D(70), 0)


@pytest.mark.parametrize(
    ("change", "label"),
    [
        ({"unmatched": D(70)}, "Exits that no trade explains"),
        ({"held": HeldTotals(D(200), 0, D(130), D(0), D(0))}, "Held otherwise than trades say"),
        ({"held": HeldTotals(D(200), 0, D(30), D(100), D(0))}, "Held otherwise than trades say"),
        ({}, "Nothing on record accounts for it"),
    ],
)
def test_what_no_trade_explains_is_unexplained_part_by_part(
    change: dict[str, object], label: str
) -> None:
    identity = identity_from(replace(PLAIN, realized=D(-10), **change))  # type: ignore[arg-type]
    assert adds_up(identity)
    line = identity.line(Term.UNEXPLAINED)
    assert line.amount == line.without_reason == D(70)
    assert [(part.label, part.amount) for part in line.parts] == [(label, D(70))]


def test_the_terms_as_shown_add_up_to_the_equity_as_shown() -> None:
    figures = replace(FIGURES, equity=D("1100.006"))
    shown = identity_from(
        replace(PLAIN, figures=figures, realized=D("60.004"), floating=D("20.004"))
    )
    assert adds_up(shown)
    assert {line.amount for line in shown.lines} == {
        line.amount.quantize(D("0.01")) for line in shown.lines
    }
    assert amounts(shown)[Term.UNEXPLAINED] == D("0.01")
    assert shown.line(Term.UNEXPLAINED).without_reason == 0


@pytest.mark.parametrize(
    "held",
    [HeldTotals(D(195), 0, D(195), D(0), D(0)), HeldTotals(D(200), 0, D(195), D(0), D(5))],
)
def test_prices_that_moved_between_two_reads_are_floating(held: HeldTotals) -> None:
    identity = identity_from(replace(PLAIN, held=held, floating=D(15)))
    line = identity.line(Term.FLOATING)
    assert [part.amount for part in line.parts] == [D(15), D(5)]
    assert (line.amount, identity.line(Term.UNEXPLAINED).amount) == (D(20), 0)


def test_a_holding_of_unknown_value_is_held_otherwise() -> None:
    moved = replace(PLAIN, held=HeldTotals(D(195), 0, D(195), D(0), D(0)), floating=D(15))
    unknown = replace(moved, held=HeldTotals(D(195), 1, D(195), D(0), D(0)))
    (part,) = identity_from(unknown).line(Term.UNEXPLAINED).parts
    assert part.label == "Held otherwise than trades say"


def test_only_other_quantities_are_held_otherwise(record: Database) -> None:
    """The small account: 10 AAPL of ours and the broker's, rounded 4 mills apart, then 11."""
    with record.write() as tx:
        held = held_totals(tx, seed.ACCOUNT)
        (aapl,) = (p for p in load_positions(tx, seed.ACCOUNT) if p.instrument == "aapl")
        nudged = replace(aapl, market_value=D("2100.004"))
        save_positions(tx, seed.ACCOUNT, [nudged], NOW)
        rounded = held_totals(tx, seed.ACCOUNT)
        save_positions(tx, seed.ACCOUNT, [replace(aapl, qty=D(11))], NOW)
        other = held_totals(tx, seed.ACCOUNT)
    assert (held.trades_value, held.repriced) == (D(2100), D(0))
    assert rounded.repriced == D("0.004")
    assert (other.repriced, other.positions_value) == (D(0), D(2100))


def test_securities_moved_in_are_deposits_at_cost() -> None:
    moved = replace(PLAIN, realized=D(-10), brought=(KindTotal("transfer", D(70)),))
    identity = identity_from(moved)
    assert identity.line(Term.DEPOSITS).amount == D(1060)
    assert identity.line(Term.UNEXPLAINED).amount == 0


@pytest.fixture
def record(tmp_path: Path) -> Database:
    """A small account: one open and one closed trade."""
    return seed.small_record(tmp_path / "record.duckdb", NOW)


def read(record: Database) -> AccountView:
    with record.read() as tx:
        positions, holdings = position_rows(tx, seed.ACCOUNT), holding_rows(tx, seed.ACCOUNT)
        found = read_account(tx, seed.ACCOUNT, positions, holdings)
    assert found is not None
    return found


def test_today_is_split_into_realized_floating_income_and_fees(record: Database) -> None:
    today, before = new_york_date(NOW), date(2026, 1, 2)
    rows = [
        activity("in", activity_type="CSD", day=today, net_amount=D(500)),
        activity("moved", activity_type="JNLS", day=today, symbol="AAPL", qty=D(2), price=D(50),
                 net_amount=D(0)),
        activity("dividend", activity_type="DIV", day=today, net_amount=D(7)),
        activity("fee", activity_type="FEE", day=today, net_amount=D("-1.5")),
        activity("void", activity_type="DIV", day=today, net_amount=D(900), status="canceled"),
        activity("old", activity_type="CSD", day=before, net_amount=D(100_000)),
    ]  # fmt: skip
    with record.write() as tx:
        facts.add_activities(tx, seed.ACCOUNT, rows)
    account = read(record)
    day = account.day
    assert account.standing.day_change == D("650.50")  # 1,250.50 less 500 and 2 at 50
    assert (day.total, day.realized, day.income, day.fees) == (D("650.50"), 0, 7, D("1.5"))
    assert day.floating is not None
    assert day.realized + day.floating + day.income - day.fees == day.total
    assert adds_up(account.identity)
    assert account.identity.line(Term.DEPOSITS).amount == D(100_500)


def test_today_is_unknown_where_the_broker_states_no_last_equity(record: Database) -> None:
    state = replace(seed.account_state(seed.ACCOUNT), last_equity=None)
    with record.write() as tx:
        save_account_state(tx, state, NOW)
    account = read(record)
    assert (account.standing.day_change, account.standing.day_ratio) == (None, None)
    assert (account.day.total, account.day.floating) == (None, None)
    assert adds_up(account.identity)


def test_an_amended_row_of_money_counts_once(record: Database) -> None:
    day = new_york_date(NOW)
    rows = [
        activity("20260921::a1", activity_type="DIV", day=day, net_amount=D(7)),
        activity("20260922::a2", activity_type="DIV", day=day, net_amount=D(8), status="correct",
                 raw='{"previous_id": "a1"}'),
    ]  # fmt: skip
    with record.write() as tx:
        facts.add_activities(tx, seed.ACCOUNT, rows)
    assert read(record).identity.line(Term.INCOME).amount == D(8)
    with record.read() as tx:
        found = read_term_rows(tx, seed.ACCOUNT, Term.INCOME)
    assert [row.activity_id for row in found.money] == ["20260922::a2"]


def test_a_closing_of_unknown_profit_has_a_reason(record: Database) -> None:
    """An imported short of 5 at 300, bought back for 282 by nobody knows what."""
    before = read(record).identity.line(Term.UNEXPLAINED).without_reason
    lost = trade(
        "lost", status=TradeStatus.CLOSED, qty=D(5), open_qty=D(0), cost=D(1500), open_cost=D(0),
        realized_pnl=None, closed_at=NOW,
    )  # fmt: skip
    added = replace(
        NOTHING,
        trades=(lost,),
        lots=(lot("lot-x", trade_id="lost", source_kind="opening_balance", qty=D(5),
                  cost=D(1500), open_qty=D(0), open_cost=D(0)),),
        allocations=(
            Allocation("alloc-x", "lot-x", "lost", "aapl", "decision", "d", None, NOW, D(5),
                       D(1500), None, None, is_fee=False, overflow=False),
        ),
    )  # fmt: skip
    with record.write() as tx:
        conclusions.save_conclusions(tx, seed.ACCOUNT, NOTHING, added, NOW)
    identity = read(record).identity
    line = identity.line(Term.UNEXPLAINED)
    parts = {part.label: part.amount for part in line.parts if part.has_reason}
    assert parts["Imported positions, at cost"] == 1500
    assert parts["Decided by a person, without money"] == -1500
    assert line.without_reason == before
    assert adds_up(identity)
