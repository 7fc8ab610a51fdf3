"""The ids of trades: stable names made from what the broker or we called their beginning."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID, uuid5

from tradesync.domain.ours import opens_for_us

_NAMESPACE = UUID("6f1de2c4-3a0b-5d57-9c7e-7f0f6c1b8a52")
"""Namespace of all trade ids; changing it would rename every trade."""


def trade_id(account_id: str, source: str) -> str:
    """The id of the trade that began with `source`.

    `source` is our opening client order id, else the head order's broker id, else the id of the
    activity or decision that brought the quantity (design, Words: trade).
    """
    return str(uuid5(_NAMESPACE, f"{account_id}:{source}"))


def source_of_order(
    head_id: str, client_order_id: str | None, named_by_intent: Mapping[str, str]
) -> str:
    """What a chain's trade id is made from: our opening client id, else the head's broker id.

    `named_by_intent` maps broker order id → client order id, for heads that were not read yet.
    """
    client_id = client_order_id or named_by_intent.get(head_id, "")
    return client_id if opens_for_us(client_id) else head_id
