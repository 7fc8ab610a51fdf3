"""Whether an order opens or closes, and which trade an exit closes (design rules 8 and 9)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from tradesync.domain.chains import Chain, ChainIndex
from tradesync.domain.facts import Execution
from tradesync.domain.identity import source_of_order, trade_id
from tradesync.domain.ours import opens_for_us, trade_named_by

SELL_SHORT = "sell_short"


class Role(StrEnum):
    """What an order's fills do. `NET`: the running quantity decides, fill by fill."""

    OPEN = "open"
    CLOSE = "close"
    NET = "net"


_INTENT_ENDS = {"_to_open": Role.OPEN, "_to_close": Role.CLOSE}


class Naming(StrEnum):
    """How an exit says which trade it closes."""

    NAMED = "named"
    GROUP = "group"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Target:
    """The trade an exit closes first; None: first in, first out."""

    trade_id: str | None
    naming: Naming


FIFO = Target(None, Naming.NONE)


def role_of(chain: Chain, index: ChainIndex, executions: Sequence[Execution]) -> Role:
    """A `sell_short` execution, else `position_intent`, else what the order's kind leaves open.

    Crypto cannot be sold short at Alpaca; a bracket's leg and an order whose client id is ours
    say what they are. The rest are old orders, for which the running quantity decides.
    """
    if any(row.side == SELL_SHORT for row in executions) or chain.orders[0].side == SELL_SHORT:
        return Role.OPEN
    intent = next((o.position_intent for o in reversed(chain.orders) if o.position_intent), "")
    for word, role in _INTENT_ENDS.items():
        if intent.endswith(word):
            return role
    if chain.orders[0].asset_class == "crypto":
        return Role.OPEN if chain.is_buy else Role.CLOSE
    if index.entry_of(chain) is not None or _named_by(chain) is not None:
        return Role.CLOSE
    is_ours = any(opens_for_us(order.client_order_id) for order in chain.orders)
    return Role.OPEN if is_ours else Role.NET


def flips(chain: Chain, executions: Sequence[Execution]) -> bool:
    """Whether an order that went short also sold plainly: those fills close what is held first."""
    sides = {row.side for row in executions}
    silent = not any(order.position_intent for order in chain.orders)
    return silent and SELL_SHORT in sides and len(sides) > 1


def target_of(
    chain: Chain, index: ChainIndex, account_id: str, named_by_intent: Mapping[str, str]
) -> Target:
    """The trade its client id names, else its group's own trade, else first in, first out.

    The stop of an OCO follows what the take-profit above it names.
    """
    named = _named_by(chain)
    if named is not None:
        return Target(named, Naming.NAMED)
    entry = index.entry_of(chain)
    if entry is not None:
        return Target(chain_trade_id(entry, account_id, named_by_intent), Naming.GROUP)
    parent = index.parent_of(chain)
    named = _named_by(parent) if parent is not None else None
    return Target(named, Naming.NAMED) if named is not None else FIFO


def chain_trade_id(chain: Chain, account_id: str, named_by_intent: Mapping[str, str]) -> str:
    """The id of the trade an opening chain begins."""
    return trade_id(
        account_id, source_of_order(chain.head_id, chain.head_client_id, named_by_intent)
    )


def _named_by(chain: Chain) -> str | None:
    for order in chain.orders:
        named = trade_named_by(order.client_order_id)
        if named is not None:
            return named
    return None
