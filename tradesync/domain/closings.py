"""Why a trade ended, in a small vocabulary (`close_reason`)."""

from __future__ import annotations

from collections.abc import Mapping

from tradesync.domain.chains import Chain, ChainIndex
from tradesync.domain.conclusions import Allocation, TradeSide
from tradesync.domain.events import Kind
from tradesync.domain.ours import is_ours
from tradesync.domain.plans import OrderPlan

OUTSIDE_APP = "outside app"
STOP = "stop"
TAKE_PROFIT = "take profit"
_OF_KIND: Mapping[str, str] = {
    Kind.EXPIRY: "expired",
    Kind.EXERCISE: "exercised",
    Kind.ASSIGNMENT: "assigned",
    Kind.OPTION_TRADE: "delivered for an option",
    Kind.TRANSFER: "transferred out",
    Kind.REORGANISATION: "exchanged",
    Kind.STOCK_AND_CASH: "exchanged",
    Kind.STOCK_DIVIDEND: "dividend taken back",
    Kind.SPIN_OFF: "spin-off taken back",
    Kind.CASH_MERGER: "merger",
    Kind.CASH_IN_LIEU: "cash in lieu",
    Kind.WORTHLESS: "worthless",
    Kind.CRYPTO_FEE: "taken as a fee",
    Kind.PROVISIONAL_FEE: "taken as a fee",
    Kind.DECISION: "closed by decision",
}
COVERED: Mapping[str, str] = {
    Kind.TRANSFER: "covered by a transfer",
    Kind.SPIN_OFF: "covered by a spin-off",
    Kind.STOCK_DIVIDEND: "covered by a dividend",
}
"""A short trade ends so when shares come that nobody bought to cover it."""
_OF_SIDE = {TradeSide.LONG: "sold", TradeSide.SHORT: "bought to cover"}


def close_reason(
    last: Allocation, side: TradeSide, plan: OrderPlan | None, index: ChainIndex
) -> str:
    """What the closing that took a trade's last quantity was.

    A leg of a group is a *stop* or a *take profit*, whoever sent the group; an exit of ours is
    *stop*, *sold* or *bought to cover*; any other order is *outside app*.
    """
    covered = COVERED.get(last.source_kind) if side is TradeSide.SHORT else None
    of_kind = covered or _OF_KIND.get(last.source_kind)
    if of_kind is not None:
        return of_kind
    chain = plan.chain if plan is not None else None
    if chain is None:
        return OUTSIDE_APP
    is_stop = chain.current.order_type.startswith(("stop", "trailing"))
    parent = index.parent_of(chain)
    if parent is not None or chain.orders[0].order_class == "oco":
        return STOP if is_stop else TAKE_PROFIT
    if not _sent_by_us(chain):
        return OUTSIDE_APP
    return STOP if is_stop else _OF_SIDE[side]


def cancel_reason(chain: Chain, message: str) -> str:
    """Why an opening order ended unfilled: the broker's word, and its reason where we know it."""
    status = chain.current.status
    if status == "replaced":
        return "replaced without successor"
    if status == "filled":
        return "busted"
    return f"{status}: {message}" if message else status


def _sent_by_us(chain: Chain) -> bool:
    return any(is_ours(order.client_order_id) for order in chain.orders)
