"""The lines that say what equity and the day's change are made of, each term with its rows."""

from __future__ import annotations

from decimal import Decimal

import streamlit as st

from tradesync.store.queries_identity import CoinFeeRow, MoneyRow
from tradesync.views.account import DaySplit, Profit
from tradesync.views.identity import Identity, Term, TermLine, TermRows, read_term_rows
from tradesync.web import formatting as f
from tradesync.web.drawing import draw_choosable_table, draw_table
from tradesync.web.palette import gain_word
from tradesync.web.places import RECONCILE, TRADES, go_to_trade
from tradesync.web.screen import Screen
from tradesync.web.tables import Column, Kind, build_table

TERM_PARAM = "term"
_ROWS_HIGH = 8
_SLUGS = {term: term.value.lower().replace(" ", "-") for term in Term}
_RULES = {
    Term.DEPOSITS: "Money and securities paid in, less those paid out.",
    Term.REALIZED: "Closed trades, first in, first out, before fees; unknown ones count nothing.",
    Term.FLOATING: "Open trades, first in, first out, at the latest prices.",
    Term.INCOME: "Dividends and interest, less tax withheld.",
    Term.FEES: "What the broker charged, in money and in coins.",
    Term.UNEXPLAINED: "What moved equity and is no term's: what nothing on record accounts for, "
    "and what an import, a decision or a known gap is the reason of.",
}


def signed(amount: Decimal | None) -> str:
    """A gain or loss with its arrow, in its colour."""
    text = f.plain(f.money(amount, plus=True))
    if amount is None or not amount.quantize(Decimal("0.01")):
        return text
    return f":{gain_word(gain=amount > 0)}[{f.arrow(amount)} {text}]"


def day_words(day: DaySplit) -> str:
    """Today's change and its parts, as Markdown."""
    unknown = f" ({day.realized_unknown} unknown)" if day.realized_unknown else ""
    return (
        f"**Today {signed(day.total)}** = realized {signed(day.realized)}{unknown} "
        f"+ floating {signed(day.floating)} + income {signed(day.income)} "
        f"{f.MINUS} fees {f.plain(f.money(day.fees))}"
    )


def lot_method_words(profit: Profit) -> str:
    """How our floating total and the broker's go together."""
    unknown = profit.trades_floating_unknown
    ours = f.money(profit.trades_floating, plus=True) + (f" ({unknown} unknown)" if unknown else "")
    line = (
        f"Trades, first in, first out: {ours} floating · lot method: "
        f"{f.money(profit.lot_method, plus=True)} floating, "
        f"{f.money(-profit.lot_method, plus=True)} realized"
    )
    if profit.unlike:
        line += f" · not compared: {', '.join(profit.unlike)}"
    return line


def reason_words(line: TermLine) -> str | None:
    """How much of what is unexplained has a reason; None where nothing is unexplained."""
    if not line.amount.quantize(Decimal("0.01")):
        return None
    bare = line.without_reason
    if not bare.quantize(Decimal("0.01")):
        return "All of it has a reason."
    return f"No reason is known for {f.money(bare, plus=True)} of it."


def draw_truth(screen: Screen, day: DaySplit, profit: Profit, identity: Identity) -> None:
    """The day's change, the identity, and the rows of the term that is looked at."""
    with st.container(border=True, key="truth", gap="small"):
        st.markdown(
            day_words(day),
            help="Since the last close, deposits and transfers left out. Floating is what is left "
            "of the change of equity once the other parts are known.",
        )
        with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
            for place, line in enumerate(identity.lines):
                _draw_term_button(line, is_first=place == 0)
            st.markdown(f"= **equity {f.plain(f.money(identity.equity))}**", width="content")
        term = _asked_term()
        if term is not None:
            _draw_term(screen, identity.line(term))
        st.caption(f.plain(lot_method_words(profit)))


def _draw_term_button(line: TermLine, *, is_first: bool) -> None:
    chosen = _asked_term() is line.term
    word = line.term.value
    if not is_first:
        sign = f.MINUS if line.term is Term.FEES else "\\+"
        word = f"{sign} {word.lower()}"
    st.button(
        f"{word} {f.plain(f.money(line.amount))}",
        key=f"term-{_SLUGS[line.term]}",
        type="secondary" if chosen else "tertiary",
        help=_RULES[line.term],
        on_click=_look_at,
        args=(None if chosen else line.term,),
    )


def _asked_term() -> Term | None:
    wanted = st.query_params.get(TERM_PARAM)
    return next((term for term, slug in _SLUGS.items() if slug == wanted), None)


def _look_at(term: Term | None) -> None:
    if term is None:
        st.query_params.pop(TERM_PARAM, None)
    else:
        st.query_params[TERM_PARAM] = _SLUGS[term]


def _draw_term(screen: Screen, line: TermLine) -> None:
    st.markdown(f"**{line.term}** · {_RULES[line.term]}")
    for part in line.parts:
        st.markdown(f"- {part.label}: **{f.plain(f.money(part.amount, plus=True))}**")
    if line.term is Term.UNEXPLAINED and (words := reason_words(line)):
        st.markdown(f.plain(words))
    if line.term in {Term.REALIZED, Term.FLOATING}:
        status = "Closed" if line.term is Term.REALIZED else "Open"
        st.page_link(
            str(TRADES), label=f"{status} trades", icon=":material/arrow_forward:",
            query_params={"status": status},
        )  # fmt: skip
        return
    if line.term is Term.UNEXPLAINED:
        st.page_link(
            str(RECONCILE), label="Proof of the books", icon=":material/arrow_forward:",
            query_params={"show": "Proof"},
        )  # fmt: skip
    _draw_rows(screen, line.term)


def _draw_rows(screen: Screen, term: Term) -> None:
    account_id = screen.account_id or ""
    rows = screen.reader.read(
        ("term", account_id, term), lambda tx: read_term_rows(tx, account_id, term)
    ).model
    _draw_money(screen, term, rows)
    _draw_coin_fees(screen, rows)


def money_columns() -> tuple[Column[MoneyRow], ...]:
    """The broker's dated rows of money."""
    return (
        Column("Day", Kind.TEXT, lambda row: str(row.day), pinned=True, phone=True),
        Column("Type", Kind.TEXT, lambda row: row.activity_type, phone=True),
        Column("Amount", Kind.CHANGE, lambda row: row.net_amount, phone=True),
        Column("Symbol", Kind.TEXT, lambda row: row.symbol, optional=True, phone=True),
        Column("What it says", Kind.TEXT, lambda row: row.description, optional=True),
        Column("Broker's id", Kind.TEXT, lambda row: row.activity_id),
    )


def coin_fee_columns() -> tuple[Column[CoinFeeRow], ...]:
    """Fees taken in coins."""
    return (
        Column("Symbol", Kind.TEXT, lambda row: row.symbol, pinned=True),
        Column("Time", Kind.TIME, lambda row: row.at),
        Column("Qty", Kind.QUANTITY, lambda row: row.qty),
        Column("At cost", Kind.MONEY, lambda row: row.cost),
    )


def _draw_money(screen: Screen, term: Term, rows: TermRows) -> None:
    if not rows.money:
        if not rows.coin_fees and term is not Term.UNEXPLAINED:
            st.caption("No row of the broker stands behind it.")
        return
    table = build_table(
        rows.money, money_columns(), identity=lambda row: row.activity_id, zone_name=None,
        dark=screen.dark,
    )  # fmt: skip
    draw_table(table, alt="Rows of money", key="term_rows", most_rows=_ROWS_HIGH)


def _draw_coin_fees(screen: Screen, rows: TermRows) -> None:
    if not rows.coin_fees:
        return
    trades = {row.allocation_id: row.trade_id for row in rows.coin_fees}
    table = build_table(
        rows.coin_fees, coin_fee_columns(), identity=lambda row: row.allocation_id,
        zone_name=str(screen.zone), dark=screen.dark,
    )  # fmt: skip
    draw_choosable_table(
        table, alt="Fees taken in coins", key="coin_fees", most_rows=_ROWS_HIGH,
        chosen=lambda identity: go_to_trade(trades[identity]),
    )  # fmt: skip
