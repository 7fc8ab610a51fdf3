"""Option contracts' symbols, and which share delivery belongs to which exercise or assignment."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from tradesync.domain.facts import Activity
from tradesync.domain.money import ZERO

CONTRACT_SIZE = 100
_SYMBOL = re.compile(r"([A-Z]{1,6}\d?)(\d{2})(\d{2})(\d{2})([CP])(\d{8})")
_CONTRACT_ROWS = frozenset({"OPEXC", "OPXRC", "OPASN"})
_SHARE_ROW = "OPTRD"


@dataclass(frozen=True, slots=True)
class Contract:
    """What an option's symbol says. `strike` in USD a share."""

    underlying: str
    expires: date
    is_call: bool
    strike: Decimal


@dataclass(frozen=True, slots=True)
class OptionLink:
    """An exercise or assignment and the shares it delivered, by their activity ids.

    The contract's closing is the allocation of that source id; the shares are the lot, or the
    allocation, of theirs: together they make the pair's combined P&L (scenario P30).
    """

    contract_id: str
    share_id: str


def parse_contract(symbol: str) -> Contract | None:
    """Read an OCC symbol such as AAPL260320C00150000; None when it is none."""
    match = _SYMBOL.fullmatch(symbol)
    if match is None:
        return None
    root, year, month, day, right, strike = match.groups()
    try:
        expires = date(2000 + int(year), int(month), int(day))
    except ValueError:
        return None
    return Contract(root, expires, right == "C", Decimal(strike).scaleb(-3))


def class_of_symbol(symbol: str) -> str:
    """The asset class a symbol by itself speaks of; "" for none (a multi-leg parent)."""
    if "/" in symbol:
        return "crypto"
    if parse_contract(symbol) is not None:
        return "us_option"
    return "us_equity" if symbol else ""


def option_links(activities: Iterable[Activity]) -> tuple[OptionLink, ...]:
    """Pair contract rows with share rows: by group, else by day, underlying, quantity, strike."""
    rows = sorted(activities, key=lambda row: row.activity_id)
    shares = [row for row in rows if row.activity_type == _SHARE_ROW]
    links = []
    for row in rows:
        if row.activity_type not in _CONTRACT_ROWS:
            continue
        match = next((share for share in shares if _same_group(row, share)), None) or next(
            (share for share in shares if _delivers(row, share)), None
        )
        if match is not None:
            shares.remove(match)
            links.append(OptionLink(row.activity_id, match.activity_id))
    return tuple(links)


def _same_group(contract: Activity, share: Activity) -> bool:
    return contract.group_id is not None and contract.group_id == share.group_id


def _delivers(contract: Activity, share: Activity) -> bool:
    said = parse_contract(contract.symbol or "")
    if said is None or share.symbol != said.underlying or share.day != contract.day:
        return False
    qty = abs(contract.qty or ZERO) * CONTRACT_SIZE
    paid = abs(share.net_amount or ZERO)
    return abs(share.qty or ZERO) == qty and (
        share.price == said.strike or paid == qty * said.strike
    )
