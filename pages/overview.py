"""Overview: the account at a glance, by the broker's figures, and what needs attention."""

from __future__ import annotations

from decimal import Decimal

import streamlit as st

from tradesync.domain.times import new_york_date
from tradesync.views.account import Profit, Standing
from tradesync.views.equity import EquityRange, equity_curve
from tradesync.views.overview import Overview, read_overview
from tradesync.web import formatting as f
from tradesync.web.attention import AttentionItem, Step, attention_items
from tradesync.web.charts import equity_option
from tradesync.web.columns import positions_columns
from tradesync.web.drawing import (
    draw_choosable_table,
    draw_not_ready,
    draw_reading_problem,
    empty_state,
    figure,
)
from tradesync.web.places import go_to_symbol, go_to_trade
from tradesync.web.screen import Screen, current_screen
from tradesync.web.session import open_dialog
from tradesync.web.tables import build_table
from tradesync.web.watch import request_manual_sync

_ITEMS_SHOWN = 4


def draw(screen: Screen) -> None:
    """Draw the page."""
    if draw_not_ready(screen):
        return
    account_id = screen.account_id or ""
    reading = screen.reader.read(
        ("overview", account_id, new_york_date(screen.now)),
        lambda tx: read_overview(tx, account_id, screen.now),
    )
    draw_reading_problem(reading.problem)
    overview = reading.model
    if overview.standing is None:
        empty_state(
            "No figures yet",
            "The first sync is still reading the account.",
            icon=":material/hourglass_empty:",
        )
        return
    _draw_figures(overview.standing, overview.profit)
    st.caption(f.plain(_lot_method(overview.profit)))
    left, right = st.columns([2, 1])
    with left.container(border=True, height="stretch"):
        _draw_equity(screen, overview)
    with right.container(border=True, height="stretch"):
        _draw_attention(screen, overview)
    _draw_positions(screen, overview)


def _draw_figures(standing: Standing, profit: Profit) -> None:
    with st.grid(6, min_column_width=150):
        figure(
            "Equity",
            f.money(standing.equity),
            change=standing.day_change,
            change_text=_with_ratio(standing.day_change, standing.day_ratio),
            description="today",
            help_text="Today: equity less last equity less today's deposits and transfers.",
        )
        figure(
            "Floating P&L",
            f.money(profit.broker_floating, plus=True),
            change=profit.broker_floating,
            tone=profit.broker_floating,
            change_text=f.percent(profit.broker_floating_ratio),
            description="of cost",
            help_text="The broker's figure: its average price against the latest price.",
        )
        figure(
            "Realized P&L",
            f.money(profit.realized, plus=True),
            tone=profit.realized,
            change=profit.realized_today,
            change_text=f.money(profit.realized_today, plus=True),
            description=_realized_words(profit),
            help_text="Of all trades, first in, first out, before fees.",
        )
        _draw_capital(standing)


def _draw_capital(standing: Standing) -> None:
    figure(
        "Cash",
        f.money(standing.cash),
        change_text=f.percent(standing.cash_ratio, plus=False),
        description="of equity",
    )
    figure(
        "Buying power",
        f.money(standing.buying_power),
        change_text="blocked" if standing.blocked else standing.status.lower(),
        description="account",
    )
    figure(
        "Exposure",
        f.money(standing.gross_value),
        change_text=f.percent(standing.exposure_ratio, plus=False),
        description="of equity",
        help_text=f"Long {f.money(standing.long_value)} and short "
        f"{f.money(abs(standing.short_value))} together.",
    )


def _with_ratio(amount: Decimal, ratio: Decimal | None) -> str:
    return f"{f.money(amount, plus=True)} · {f.percent(ratio)}"


def _realized_words(profit: Profit) -> str:
    unknown = profit.realized_unknown
    return f"today · {unknown} unknown" if unknown else "today"


def _lot_method(profit: Profit) -> str:
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


def _draw_equity(screen: Screen, overview: Overview) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown("**Equity**", width="content")
        wanted = st.pills(
            "Range",
            list(EquityRange),
            default=EquityRange.QUARTER,
            required=True,
            key="range",
            bind="query-params",
            label_visibility="collapsed",
        )
    points = equity_curve(
        overview.histories, EquityRange(wanted), screen.now, overview.latest_equity
    )
    if len(points) < 2:
        empty_state(
            "No curve for this range yet",
            "The broker's equity history is read every few minutes while this page is open.",
            icon=":material/show_chart:",
        )
        return
    first, last = points[0].equity, points[-1].equity
    words = f"{f.change(last - first)} in this range"
    st.echarts_chart(
        equity_option(points, gain=last >= first, dark=screen.dark),
        key="equity",
        height=240,
        alt=f"Equity from {f.money(first)} to {f.money(last)}",
    )
    st.caption(f.plain(words))


def _draw_attention(screen: Screen, overview: Overview) -> None:
    items = attention_items(overview.attention, overview.settling)
    st.markdown(f"**Needs attention**{f' · {len(items)}' if items else ''}")
    if not items:
        st.markdown(":green[:material/check_circle:] Nothing. Trades and broker agree.")
        st.caption("Differences, rejected orders and unanswered questions appear here.")
        return
    for item in items[:_ITEMS_SHOWN]:
        _draw_item(screen, item)
    if rest := items[_ITEMS_SHOWN:]:
        with st.expander(f"{len(rest)} more"):
            for item in rest:
                _draw_item(screen, item)


def _draw_item(screen: Screen, item: AttentionItem) -> None:
    mark = ":orange[:material/warning:]" if item.severe else ":gray[:material/info:]"
    st.markdown(f"{mark} **{f.plain(item.title)}**  \n:gray[{f.plain(item.advice)}]")
    key = f"attention-{item.key}"
    if item.step is Step.IMPORT:
        st.button(
            item.step,
            key=key,
            type="tertiary",
            icon=":material/download:",
            on_click=open_dialog,
            args=("import",),
        )
    elif item.step is Step.SYNC:
        st.button(
            item.step,
            key=key,
            type="tertiary",
            icon=":material/sync:",
            on_click=request_manual_sync,
            args=(screen,),
        )
    elif item.step is Step.TRADE and item.trade_id:
        if st.button(item.step, key=key, type="tertiary", icon=":material/arrow_forward:"):
            go_to_trade(item.trade_id)
    elif (
        item.step is Step.SYMBOL
        and item.symbol
        and st.button(item.step, key=key, type="tertiary", icon=":material/arrow_forward:")
    ):
        go_to_symbol(item.symbol)


def _draw_positions(screen: Screen, overview: Overview) -> None:
    st.markdown(f"**Positions** · {len(overview.positions)}, by the broker's figures")
    if not overview.positions:
        empty_state(
            "No open positions",
            "The broker holds nothing. **New order** on the Trades page opens one.",
            icon=":material/inventory_2:",
        )
        return
    table = build_table(
        overview.positions,
        positions_columns(),
        identity=lambda line: line.symbol,
        zone_name=None,
        dark=screen.dark,
    )
    draw_choosable_table(table, alt="Open positions", key="positions", chosen=go_to_symbol)
    st.caption(f.plain(_priced(screen, overview)))


def _priced(screen: Screen, overview: Overview) -> str:
    times = [line.price_at for line in overview.positions if line.price_at is not None]
    if not times:
        return "Prices: time unknown."
    newest = f.moment(max(times), screen.zone, screen.now, seconds=True)
    sessions = sorted({line.price_session for line in overview.positions if line.price_session})
    zone = f.zone_name(screen.zone, screen.now)
    return f"Prices as of {newest} {zone} ({', '.join(sessions)}). Press a symbol for its trades."


draw(current_screen())
