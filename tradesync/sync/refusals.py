"""The broker's refusals in plain words, with the figures it gave and what to do.

Messages: Alpaca's as recorded (alpaca-api reference 6.3). What is not listed stays in the
broker's own words.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal

from tradesync.broker.errors import BrokerRefused
from tradesync.domain.money import to_decimal

_Words = Callable[[Mapping[str, str]], str]


def refusal_words(error: BrokerRefused) -> str:
    """Why the broker refused and what can be done, with its request id where it gave one."""
    reason = error.reason.lower()
    found = next((words for part, words in _REASONS if part in reason), None)
    sentence = error.sentence if found is None else f"{found(error.details)} ({_own(error)})"
    return sentence if error.request_id is None else f"{sentence} Request id {error.request_id}."


def _own(error: BrokerRefused) -> str:
    return f"the broker: {error.reason.rstrip('.')}"


def _money(details: Mapping[str, str], name: str) -> str | None:
    try:
        amount = to_decimal(details[name])
    except (KeyError, ValueError):
        return None
    return f"${amount.quantize(Decimal('0.01')):,}"


def _buying_power(details: Mapping[str, str]) -> str:
    power, cost = _money(details, "buying_power"), _money(details, "cost_basis")
    if power is None or cost is None:
        return "Not enough buying power. Order less, or free some by cancelling an open order."
    return (
        f"Not enough buying power: the order needs {cost}, {power} is free. "
        "Order less, or free some by cancelling an open order."
    )


def _shares(details: Mapping[str, str]) -> str:
    free, held = details.get("available"), details.get("held_for_orders")
    if free is None:
        return "Less than that is free to trade: other open orders hold the rest, or it is gone."
    rest = f"; open orders hold {held}" if held and held != "0" else ""
    return f"Only {free} is free to trade{rest}. Cancel those orders first, or order less."


def _wash(details: Mapping[str, str]) -> str:
    why = details.get("reject_reason")
    return (
        f"It would trade against your own open order{f' ({why})' if why else ''}. Cancel that "
        "order first, or place the exit as a bracket or OCO."
    )


def _told(sentence: str) -> _Words:
    return lambda _: sentence


_REASONS: tuple[tuple[str, _Words], ...] = (
    ("insufficient options buying power", _buying_power),
    ("insufficient buying power", _buying_power),
    ("insufficient qty", _shares),
    ("insufficient balance", _shares),
    ("wash trade", _wash),
    (
        "cannot open a short sell while a long buy order is open",
        _told("A buy order of it is open; cancel that before selling short."),
    ),
    ("not allowed to short", _told("This account may not sell short.")),
    (
        "cannot be sold short",
        _told("It cannot be sold short now: there are no shares to borrow."),
    ),
    ("not fractionable", _told("It trades in whole units only; enter a whole quantity.")),
    ("minimal amount of order", _told("The order is too small for the broker; order more.")),
    ("day trading", _told("The pattern day trader rule forbids this order today.")),
    ("halt", _told("Trading in it is halted; try again when the halt is over.")),
    ("is not active", _told("It is not traded any more.")),
    ("is not tradable", _told("The broker does not trade it now.")),
    ("sub-penny", _told("The price has too many decimals: two from $1 up, four below.")),
    (
        "stop price must be less",
        _told("A stop to sell must be below the market price; this one would trigger at once."),
    ),
    (
        "stop price must be greater",
        _told("A stop to buy must be above the market price; this one would trigger at once."),
    ),
    (
        "stop_loss.stop_price must be",
        _told("The stop loss is on the wrong side of the entry price."),
    ),
    (
        "take_profit.limit_price must be",
        _told("The take profit is on the wrong side of the stop loss."),
    ),
    (
        "must be entry orders",
        _told("A bracket or OTO must open a position; for one you hold, place an OCO."),
    ),
    ("must be exit orders", _told("An OCO closes a position; there is none of it.")),
    ("position intent mismatch", _told("The position changed meanwhile; look at it again.")),
    (
        "only allowed during market hours",
        _told("Options trade at market only while the market is open; use a limit price."),
    ),
    ("not eligible", _told("This account has no permission for this kind of order.")),
    ("cannot replace order", _told("The order cannot be changed in its present state; wait or "
                                   "cancel it.")),
    ("order chain not fully replaced", _told("The last change is still under way; try again in "
                                             "a few seconds.")),
    ("already pending replacement", _told("A change of this order is under way already.")),
    ("order already replaced", _told("This order has been replaced by another meanwhile.")),
    ("qty must be > filled_qty", _told("More than that is filled already: the quantity counts "
                                       "what is filled.")),
    ("order parameters are not changed", _told("Nothing was changed.")),
    ('already in "filled"', _told("It is filled already.")),
    ('already in "canceled"', _told("It is cancelled already.")),
    ("order is not open", _told("The order has ended already.")),
)  # fmt: skip
