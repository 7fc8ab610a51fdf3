"""Overview: the account at a glance, by the broker's figures, and what needs attention."""

from __future__ import annotations

from decimal import Decimal

import streamlit as st

from tradesync.domain.times import new_york_date
from tradesync.sync.outcomes import SyncError
from tradesync.sync.trends import Closes
from tradesync.views.account import Profit, Standing
from tradesync.views.equity import EquityRange, equity_curve, range_change
from tradesync.views.overview import Overview, read_overview
from tradesync.views.performance_equity import deposits_at
from tradesync.views.positions import trend_points
from tradesync.views.records import positions_frame
from tradesync.web import formatting as f
from tradesync.web.attention import attention_items, stale_item
from tradesync.web.attention_panel import draw_attention
from tradesync.web.charts import equity_option
from tradesync.web.columns import positions_columns
from tradesync.web.downloads import draw_export
from tradesync.web.drawing import (
    draw_choosable_table,
    draw_not_ready,
    draw_reading_problem,
    empty_state,
    figure,
)
from tradesync.web.places import go_to_symbol
from tradesync.web.screen import Screen, current_screen
from tradesync.web.session import open_dialog_request
from tradesync.web.tables import build_table
from tradesync.web.truth_lines import draw_truth
from tradesync.web.viewport import is_narrow


def draw(screen: Screen) -> None:
    """Draw the page."""
    if draw_not_ready(screen):
        return
    account_id = screen.account_id or ""
    reading = screen.reader.read(
        ("overview", account_id, new_york_date(screen.now)),
        lambda tx: read_overview(tx, account_id, screen.now),
        now=screen.now, until=lambda overview: overview.attention.until,
    )  # fmt: skip
    draw_reading_problem(reading.problem)
    overview = reading.model
    account = overview.account
    if account is None:
        empty_state(
            "No figures yet",
            "The first sync is still reading the account.",
            icon=":material/hourglass_empty:",
        )
        return
    _draw_figures(account.standing, account.profit)
    draw_truth(screen, account.day, account.profit, account.identity)
    left, right = st.columns([2, 1])
    with left.container(border=True, height="stretch"):
        _draw_equity(screen, overview)
    with right.container(border=True, height="stretch"):
        stale = stale_item(screen.state, screen.now)
        items = attention_items(overview.attention, overview.settling, stale)
        draw_attention(screen, items, len(overview.attention.ignored))
    _draw_positions(screen, overview)


def _draw_figures(standing: Standing, profit: Profit) -> None:
    with st.grid(6, min_column_width=150):
        figure(
            "Equity",
            f.money(standing.equity),
            change=standing.day_change,
            change_text=_day_words(standing),
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
        f"Exposure {f.percent(standing.exposure_ratio, plus=False)}",
        f.money(standing.gross_value),
        change_text=f"long {f.whole_money(standing.long_value)}",
        description=f"short {f.whole_money(abs(standing.short_value))}",
        help_text="Long and short values together, and their share of equity.",
    )


def _day_words(standing: Standing) -> str:
    """Today's change; where there is room with what part of equity it is."""
    amount = f.money(standing.day_change, plus=True)
    return amount if is_narrow() else f"{amount} · {f.percent(standing.day_ratio)}"


def _realized_words(profit: Profit) -> str:
    unknown = profit.realized_unknown
    return f"today · {unknown} unknown" if unknown else "today"


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
    deposits = deposits_at(overview.flows, points)
    gained, moved = range_change(points, deposits)
    words = f"{f.change(gained)} in this range"
    if deposits:
        words += f" · net deposits {f.money(deposits[-1])} (grey)"
        words += f", {f.money(moved, plus=True)} of them in it" if moved else ""
    st.echarts_chart(
        equity_option(points, gain=gained >= 0, dark=screen.dark, deposits=deposits),
        key="equity",
        height=240,
        alt=f"Equity from {f.money(first)} to {f.money(last)}",
    )
    st.caption(f.plain(words))


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
        positions_columns(_trends(screen, overview)),
        identity=lambda line: line.symbol,
        zone_name=None,
        dark=screen.dark,
    )
    draw_choosable_table(table, alt="Open positions", key="positions", chosen=go_to_symbol)
    st.caption(f.plain(_priced(screen, overview)))
    draw_export(
        "positions",
        lambda tx: positions_frame(tx, screen.account_id or ""),
        whose=screen.account,
    )


def _trends(screen: Screen, overview: Overview) -> dict[str, tuple[Decimal, ...]]:
    """The last closes of each position, as far as they are known by now."""
    held = {line.symbol: line.asset_class for line in overview.positions}
    closes = _closes(screen, held)
    if closes.reading:
        _watch_trends(screen, held)
    return {
        line.symbol: trend_points(
            closes.bars.get(line.symbol, ()), line.current_price, line.price_at
        )
        for line in overview.positions
    }


def _closes(screen: Screen, held: dict[str, str]) -> Closes:
    try:
        return screen.service.trends(screen.account, held)
    except SyncError:  # switched off meanwhile; the page says so itself
        return Closes({}, reading=False)


@st.fragment(run_every=1.0, key="trends")
def _watch_trends(screen: Screen, held: dict[str, str]) -> None:
    """Draw the page again when the closes have come."""
    if not _closes(screen, held).reading and open_dialog_request() is None:
        st.rerun()


def _priced(screen: Screen, overview: Overview) -> str:
    times = [line.price_at for line in overview.positions if line.price_at is not None]
    if not times:
        return "Prices: time unknown."
    newest = f.moment(max(times), screen.zone, screen.now, seconds=True)
    sessions = sorted({line.price_session for line in overview.positions if line.price_session})
    zone = f.zone_name(screen.zone, screen.now)
    return f"Prices as of {newest} {zone} ({', '.join(sessions)}). Press a symbol for its trades."


draw(current_screen())
