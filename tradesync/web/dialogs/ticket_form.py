"""The fields of an order ticket: only those that fit what was chosen above them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st

from tradesync.broker.port import Asset
from tradesync.domain.money import plain
from tradesync.sync.exits import check_position
from tradesync.sync.outcomes import CommandRefusedError, OrderTicket, SyncError
from tradesync.sync.tickets import opening_request, order_types, times_in_force
from tradesync.views.outlook import Basis
from tradesync.web import formatting as f
from tradesync.web.dialogs.shared import number
from tradesync.web.order_words import TIF_WORDS, TYPE_WORDS
from tradesync.web.screen import Screen

_EXITS = {
    "": "None",
    "bracket": "Bracket: take profit and stop loss",
    "oto": "One exit (OTO)",
    "oco": "Exits of a position (OCO)",
}
_NO_ASSET = Asset(
    "", "", "us_equity", "", "", tradable=True, shortable=True, fractionable=True
)
Form = dict[str, Any]
"""What the fields held when they were last drawn, by their keys."""


@dataclass(frozen=True, slots=True)
class Draft:
    """What the form asks for. `problem`: what is still missing or wrong, in one sentence."""

    ticket: OrderTicket
    asset: Asset | None
    problem: str | None

    @property
    def asset_class(self) -> str:
        """The kind of thing asked for; shares until it is known."""
        return self.asset.asset_class if self.asset else _NO_ASSET.asset_class


def look_up(screen: Screen, symbol: str) -> tuple[Asset | None, str | None]:
    """The asset of a symbol, or why it cannot be ordered."""
    if not symbol:
        return None, "Enter a symbol, such as AAPL or BTC/USD."
    try:
        asset = screen.service.pricing(screen.account).asset(symbol)
    except SyncError as error:
        return None, str(error)
    if asset is None:
        return None, f"The broker knows no symbol {symbol}."
    return asset, None if asset.tradable else f"{asset.symbol} cannot be traded at the broker."


def asset_words(asset: Asset) -> str:
    """What can be done with an asset: Apple Inc. · tradable · fractional · shortable."""
    words = [asset.name or asset.symbol, "tradable" if asset.tradable else "not tradable"]
    if asset.asset_class != "us_option":
        words.append("fractional" if asset.fractionable else "whole units only")
    if asset.asset_class == "us_equity":
        words.append("shortable" if asset.shortable else "not shortable")
    return " · ".join(words)


def problem_of(ticket: OrderTicket, asset: Asset, basis: Basis) -> str | None:
    """What is wrong with a ticket, by the rules it is checked with when it is sent."""
    if ticket.qty is None and ticket.notional is None:
        return "Enter a quantity or an amount."
    try:
        request = opening_request(ticket, asset, "")
        check_position(ticket, request, basis.held)
    except CommandRefusedError as error:
        return str(error)
    opens_short = ticket.side == "sell" and basis.held <= 0
    if opens_short and asset.asset_class == "crypto":
        return f"There is no {asset.symbol} to sell, and coins cannot be sold short."
    if opens_short and asset.asset_class == "us_equity":
        if not asset.shortable:
            return f"There is no {asset.symbol} to sell, and it cannot be sold short."
        if request.qty is None or request.qty % 1 != 0:
            return "Shares are sold short in whole numbers only; enter a whole quantity."
    return None


class TicketForm:
    """Draws the fields of one ticket; what they held outlives a look at the review."""

    def __init__(self, screen: Screen, form: Form) -> None:
        self._screen = screen
        self._form = form

    def draw(self, basis_of: Callable[[str], Basis]) -> Draft:
        """The fields, and what they ask for; `basis_of` a symbol gives what is held of it."""
        symbol, side = self._draw_head()
        asset, problem = look_up(self._screen, symbol)
        self._draw_asset(asset, problem if symbol else None)
        known = asset or _NO_ASSET
        order_class, order_type = self._draw_kind(known)
        size = self._draw_size(known, order_class)
        prices = self._draw_prices(order_type, order_class)
        force = self._draw_force(known, order_type, order_class, size)
        ticket = OrderTicket(
            symbol=known.symbol or symbol, side=side, order_type=order_type,
            order_class=order_class, **size, **prices, **force,
        )  # fmt: skip
        if asset is not None and problem is None:
            problem = problem_of(ticket, asset, basis_of(asset.symbol))
        return Draft(ticket, asset, problem)

    def _draw_head(self) -> tuple[str, str]:
        left, right = st.columns(2)
        with left:
            symbol = self._text("Symbol", "order_symbol", "AAPL").strip().upper()
        with right:
            side = self._segments("Side", "order_side", {"buy": "Buy", "sell": "Sell"})
        return symbol, side

    def _draw_asset(self, asset: Asset | None, problem: str | None) -> None:
        """One line in any case: what stands below must not move."""
        if problem:
            st.caption(f":red[{f.plain(problem)}]")
        else:
            st.caption(f.plain(asset_words(asset)) if asset else "Enter a symbol to see its price.")

    def _draw_kind(self, asset: Asset) -> tuple[str, str]:
        left, right = st.columns(2)
        with right:
            classes = _EXITS if asset.asset_class == "us_equity" else {"": _EXITS[""]}
            order_class = self._choice("Exits", "order_class", classes)
        with left:
            types = order_types(asset.asset_class, order_class)
            order_type = self._choice("Type", "order_type", {key: TYPE_WORDS[key] for key in types})
        return order_class, order_type

    def _draw_size(self, asset: Asset, order_class: str) -> dict[str, Any]:
        left, right = st.columns(2)
        size_by = "quantity"
        if not order_class and asset.asset_class != "us_option":
            with right:
                words = {"quantity": "Quantity", "amount": "Amount"}
                size_by = self._segments("Size by", "order_size_by", words)
        with left:
            label = "Quantity" if size_by == "quantity" else "Amount in USD"
            typed = self._number(label, f"order_{size_by}")
        return {"qty": typed} if size_by == "quantity" else {"notional": typed}

    def _draw_prices(self, order_type: str, order_class: str) -> dict[str, Any]:
        fields: list[tuple[str, str, str]] = []
        if order_type in {"stop", "stop_limit"}:
            fields.append(("stop_price", "Stop price", "order_stop"))
        if order_type in {"limit", "stop_limit"} and order_class != "oco":
            fields.append(("limit_price", "Limit price", "order_limit"))
        if order_class:
            fields += [
                ("take_profit", "Take profit at", "order_profit"),
                ("stop_loss", "Stop loss at", "order_loss"),
                ("stop_loss_limit", "Its limit (optional)", "order_loss_limit"),
            ]
        found: dict[str, Any] = {}
        for column, (name, label, key) in zip(_places(len(fields)), fields, strict=False):
            with column:
                found[name] = self._number(label, key)
        return found | (self._draw_trail() if order_type == "trailing_stop" else {})

    def _draw_trail(self) -> dict[str, Any]:
        left, right = st.columns(2)
        with right:
            words = {"trail_percent": "Percent", "trail_price": "Dollars"}
            name = self._segments("Trail in", "order_trail_in", words)
        with left:
            return {name: self._number("Trail", f"order_{name}")}

    def _draw_force(
        self, asset: Asset, order_type: str, order_class: str, size: Mapping[str, str | None]
    ) -> dict[str, Any]:
        left, right = st.columns(2, vertical_alignment="bottom")
        extended = False
        if asset.asset_class == "us_equity" and order_type == "limit" and not order_class:
            with right:
                extended = self._check("Extended hours", "order_extended")
        qty = number(size.get("qty"))
        fractional = asset.asset_class == "us_equity" and (
            "notional" in size or (qty is not None and qty % 1 != 0)
        )
        allowed = times_in_force(
            asset.asset_class, order_type,
            order_class=order_class, fractional=fractional, extended_hours=extended,
        )  # fmt: skip
        with left:
            words = {key: TIF_WORDS[key] for key in allowed}
            force = self._choice("Time in force", "order_tif", words)
        return {"time_in_force": force, "extended_hours": extended}

    def _text(self, label: str, key: str, placeholder: str) -> str:
        st.session_state.setdefault(key, self._form.get(key, ""))
        typed = st.text_input(label, placeholder=placeholder, key=key) or ""
        self._form[key] = typed
        return typed

    def _number(self, label: str, key: str) -> str | None:
        """A number as exact text; what is none stays as typed, for the check to name."""
        typed = self._text(label, key, "0").strip()
        value = number(typed)
        return plain(value) if value is not None else typed or None

    def _segments(self, label: str, key: str, words: Mapping[str, str]) -> str:
        self._keep(key, tuple(words))
        chosen = st.segmented_control(
            label, tuple(words), required=True, format_func=words.__getitem__, key=key
        )
        self._form[key] = str(chosen)
        return str(chosen)

    def _choice(self, label: str, key: str, words: Mapping[str, str]) -> str:
        self._keep(key, tuple(words))
        chosen = st.selectbox(label, tuple(words), format_func=words.__getitem__, key=key)
        self._form[key] = str(chosen)
        return str(chosen)

    def _check(self, label: str, key: str) -> bool:
        st.session_state.setdefault(key, self._form.get(key, False))
        self._form[key] = st.checkbox(label, key=key)
        return bool(self._form[key])

    def _keep(self, key: str, options: Sequence[str]) -> None:
        """What was chosen before, where it can still be chosen; else the first."""
        chosen = st.session_state.get(key, self._form.get(key))
        if chosen not in options:
            chosen = options[0]
        if st.session_state.get(key) != chosen:
            st.session_state[key] = chosen


def _places(count: int) -> list[Any]:
    """As many columns as there are fields, in one row."""
    return list(st.columns(count)) if count else []
