"""/v2/account, its configurations, activities and portfolio history."""

from __future__ import annotations

from datetime import date
from typing import Any

from aiohttp import web

from tradesync.simulator.activities import TRANSACTIONS, Query, is_known
from tradesync.simulator.errors import invalid
from tradesync.simulator.ledger import Ledger
from tradesync.simulator.margin import (
    INITIAL_RATE,
    MAINTENANCE_RATE,
    REG_T_LEVERAGE,
    buying_power,
    cash_power,
    exposure,
    requirement,
    reserved,
)
from tradesync.simulator.rest.common import (
    broker_of,
    choice,
    instant,
    json_body,
    ledger_of,
    reply,
    whole,
    words,
)
from tradesync.simulator.rest.portfolio import history
from tradesync.simulator.wire import CENT, ZERO, number, rounded, time_text

MAX_PAGE = 100
_CONFIGURATION: dict[str, Any] = {
    "disable_overnight_trading": False,
    "fractional_trading": True,
    "max_margin_multiplier": "4",
    "max_options_trading_level": 3,
    "no_shorting": False,
    "ptp_no_exception_entry": False,
    "suspend_trade": False,
    "trade_confirm_email": "all",
}


def routes() -> list[web.RouteDef]:
    """All account routes."""
    return [
        web.get("/v2/account", account),
        web.get("/v2/account/configurations", configuration),
        web.patch("/v2/account/configurations", configure),
        web.get("/v2/account/activities", activities),
        web.get("/v2/account/activities/{type}", activities),
        web.get("/v2/account/portfolio/history", portfolio_history),
    ]


def account_json(ledger: Ledger) -> dict[str, Any]:
    """The account; equity is cash plus the positions' market values, in cents."""
    kept = ledger.account
    long, short = exposure(ledger)
    power = number(buying_power(ledger))
    cash_only = number(cash_power(ledger))
    equity = number(rounded(ledger.equity(), CENT))
    initial = requirement(ledger, INITIAL_RATE)
    regt = (ledger.equity() - initial) * REG_T_LEVERAGE - reserved(ledger)
    return {
        "id": kept.id,
        "admin_configurations": {},
        "user_configurations": None,
        "account_number": kept.number,
        "status": "ACTIVE",
        "crypto_status": "ACTIVE",
        "crypto_tier": 1,
        "options_approved_level": 3,
        "options_trading_level": 3,
        "currency": "USD",
        "buying_power": power,
        "effective_buying_power": power,
        "regt_buying_power": number(rounded(max(ZERO, regt), CENT)),
        "options_buying_power": cash_only,
        "non_marginable_buying_power": cash_only,
        "cash": number(kept.cash),
        "accrued_fees": "0",
        "pending_reg_taf_fees": "0",
        "portfolio_value": equity,
        "equity": equity,
        "last_equity": number(kept.last_equity),
        "long_market_value": number(long),
        "short_market_value": number(short),
        "position_market_value": number(long + short),
        "initial_margin": number(initial),
        "maintenance_margin": number(requirement(ledger, MAINTENANCE_RATE)),
        "last_maintenance_margin": number(kept.last_maintenance),
        "sma": number(rounded(kept.last_equity, CENT)),
        "multiplier": "4",
        "shorting_enabled": not _configuration(ledger)["no_shorting"],
        "trading_blocked": False,
        "transfers_blocked": False,
        "account_blocked": False,
        "trade_suspended_by_user": _configuration(ledger)["suspend_trade"],
        "created_at": time_text(kept.created_ns),
        "balance_asof": kept.balance_asof.isoformat(),
        "intraday_adjustments": "0",
    }


async def account(request: web.Request) -> web.Response:
    """GET /v2/account."""
    return reply(account_json(ledger_of(request)))


def _configuration(ledger: Ledger) -> dict[str, Any]:
    kept = ledger.account.configuration
    words_of = {"true": True, "false": False}
    return _CONFIGURATION | {key: words_of.get(text, text) for key, text in kept.items()}


async def configuration(request: web.Request) -> web.Response:
    """GET /v2/account/configurations."""
    return reply(_configuration(ledger_of(request)))


async def configure(request: web.Request) -> web.Response:
    """PATCH /v2/account/configurations: known keys are kept."""
    body = await json_body(request)
    if not isinstance(body, dict):
        invalid("request body format is invalid")
    broker, ledger = broker_of(request), ledger_of(request)
    changes = {
        key: str(value).lower() if isinstance(value, bool) else str(value)
        for key, value in body.items()
        if key in _CONFIGURATION and value is not None
    }
    with broker.change():
        ledger.update(configuration=ledger.account.configuration | changes)
    return reply(_configuration(ledger))


async def activities(request: web.Request) -> web.Response:
    """GET /v2/account/activities[/{type}]: newest first, at most 100 unless `date` is given."""
    query = _read_query(request)
    return reply(query.run(ledger_of(request), broker_of(request).now()))


def _read_query(request: web.Request) -> Query:
    params = request.query
    types = words(params, "activity_types")
    single = request.match_info.get("type")
    category = params.get("category")
    if types is not None and category:
        invalid("only one of activity_types or category is accepted")
    if category and category not in {"trade_activity", "non_trade_activity"}:
        invalid(f"invalid category: {category}")
    if single:
        types = frozenset({single})
    day = _day(params.get("date"))
    return Query(
        types=_expanded(ledger_of(request), types),
        trades=None if not category else category == "trade_activity",
        order_id=params.get("order_id"),
        day=day,
        after=instant(params, "after"),
        until=instant(params, "until"),
        ascending=choice(params, "direction", ("desc", "asc")) == "asc",
        size=_page_size(whole(params, "page_size", 0) or None, dated=day is not None),
        token=params.get("page_token") or None,
    )


def _expanded(ledger: Ledger, types: frozenset[str] | None) -> frozenset[str] | None:
    """TRANS stands for deposits and withdrawals."""
    if types is None:
        return None
    for kind in sorted(types):
        if not is_known(ledger, kind):
            invalid(f"invalid activity type: {kind}")
    return types | frozenset(TRANSACTIONS) if "TRANS" in types else types


def _day(raw: str | None) -> date | None:
    if not raw:
        return None
    try:
        return date.fromisoformat(raw[:10])
    except ValueError:
        invalid(f"invalid date: {raw}")


def _page_size(asked: int | None, *, dated: bool) -> int | None:
    if dated:
        return asked
    if asked is not None and asked > MAX_PAGE:
        invalid(f"tried to set the page size to {asked}, but the maximum is {MAX_PAGE}")
    return asked or MAX_PAGE


async def portfolio_history(request: web.Request) -> web.Response:
    """GET /v2/account/portfolio/history."""
    return reply(history(broker_of(request), ledger_of(request), request.query))
