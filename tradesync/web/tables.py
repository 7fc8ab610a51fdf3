"""Tables as data: typed columns over records, raw numbers in the frame, words on top.

The frame carries numbers (sorting, export and alignment need them; floats, for display only),
the words the text people read: sign, arrow and colour. Nothing here draws.
"""

from __future__ import annotations

import hashlib
import textwrap
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache
from operator import attrgetter
from typing import Any, Generic, TypeVar

import pandas as pd
import streamlit as st

from tradesync.domain.times import to_datetime
from tradesync.web import formatting as f
from tradesync.web.palette import gain_colour, trend_word
from tradesync.web.preferences import amounts_hidden
from tradesync.web.viewport import is_narrow
from tradesync.web.worded import Worded, worded

T = TypeVar("T")
STYLED_ROWS = 50
"""Beyond this words cost more than they give; plain number formats are used."""


_KEPT_TABLES = 256


class Kind(StrEnum):
    """What a column holds, and so how it is written and aligned."""

    TEXT = "text"
    TIME = "time"
    QUANTITY = "quantity"
    PRICE = "price"
    MONEY = "money"
    CHANGE = "change"
    RATIO = "ratio"
    WEIGHT = "weight"
    NUMBERS = "numbers"
    """Words made of numbers (4 / 10, 1.6 s): kept as words, to the right as numbers are."""
    COUNT = "count"
    DURATION = "duration"
    TREND = "trend"


@dataclass(frozen=True, slots=True)
class Column(Generic[T]):
    """One column: its heading and what it shows of a record (None: unknown)."""

    label: str
    kind: Kind
    value: Callable[[T], Any]
    help: str | None = None
    pinned: bool = False
    optional: bool = False
    """Left out where no row has anything to say."""
    phone: bool = False
    """One of the few a narrow window shows; where a table has none, it shows them all."""
    wide: bool = True
    """Whether a wide window shows it."""
    wraps: bool = False
    """Sentences: in a narrow window they go on in the next line instead of out of the window."""


@dataclass(frozen=True, slots=True)
class Table:
    """A table ready to draw, with the identity of each row and of the set and its order."""

    frame: pd.DataFrame
    shown: pd.DataFrame | Worded
    config: dict[str, Any]
    ids: tuple[str, ...]
    lines: int = 1
    """Lines of text a row has room for."""

    @property
    def order_key(self) -> str:
        """Changes when rows come, go or move: positions then mean other rows."""
        return hashlib.sha256("\n".join(self.ids).encode()).hexdigest()[:12]


_NUMBERS = {
    Kind.QUANTITY, Kind.PRICE, Kind.MONEY, Kind.CHANGE, Kind.RATIO, Kind.WEIGHT, Kind.COUNT,
    Kind.DURATION,
}  # fmt: skip
_LONG_NUMBERS = {Kind.PRICE, Kind.MONEY, Kind.CHANGE}
_PLAIN_FORMATS = {
    Kind.PRICE: "$%,.4f",
    Kind.MONEY: "$%,.2f",
    Kind.CHANGE: "%+,.2f",
    Kind.RATIO: "percent",
    Kind.COUNT: "%,d",
    Kind.DURATION: "duration",
}
_CHARACTER, _PADDING, _NARROWEST, _WIDEST = 7, 26, 90, 420
"""Pixels; the grid sizes columns by their first rows and would cut a long fraction off."""

_PHONE, _PHONE_NARROWEST, _PHONE_WIDEST, _MOST_LINES = 322, 64, 100, 7
"""Pixels a table has in a phone's drawer, and a column of it; lines a row may grow to there."""

_STANDS_OUT = 1.3
"""How many times the mean length of a column's texts the longest may be without more room."""

_AMOUNTS = {Kind.QUANTITY: f.quantity, Kind.MONEY: f.money, Kind.CHANGE: f.change}
"""What is hidden on request: then as words, so that no number reaches the browser."""


def _cell(kind: Kind, value: Any, *, hidden: bool) -> Any:
    if kind is Kind.TIME:
        return None if value is None else to_datetime(value)
    if hidden and kind in _AMOUNTS:
        return None if value is None else _AMOUNTS[kind](value)
    if kind is Kind.TREND:
        return [float(each) for each in value] if value else None
    if kind in _NUMBERS:
        return None if value is None else float(value) * (100 if kind is Kind.WEIGHT else 1)
    return value


def _exact(value: float) -> Decimal:
    return Decimal(repr(float(value)))


def _change_ratio(value: float) -> str:
    return f"{f.arrow(round(value, 4))} {f.percent(value)}".lstrip()


_WORDS: dict[Kind, Callable[[float], str]] = {
    Kind.QUANTITY: lambda value: f.quantity(_exact(value)),
    Kind.PRICE: lambda value: f.price(_exact(value)),
    Kind.MONEY: lambda value: f.money(_exact(value)),
    Kind.CHANGE: lambda value: f.change(_exact(value)),
    Kind.RATIO: _change_ratio,
    Kind.COUNT: lambda value: f"{value:,.0f}",
    Kind.DURATION: f.span,
}


def fitting(columns: Sequence[Column[T]], *, narrow: bool) -> Sequence[Column[T]]:
    """The columns a window has room for."""
    if narrow and any(column.phone for column in columns):
        return [column for column in columns if column.phone]
    return [column for column in columns if column.wide]


def build_table(
    records: Sequence[T],
    columns: Sequence[Column[T]],
    *,
    identity: Callable[[T], str],
    zone_name: str | None,
    dark: bool,
) -> Table:
    """A table of records; times are shown in the viewer's zone (IANA name)."""
    kept, cells, hidden = [], {}, amounts_hidden()
    for column in fitting(columns, narrow=is_narrow()):
        values = [column.value(record) for record in records]
        if column.optional and not any(values):
            continue
        kept.append(column)
        cells[column.label] = [_cell(column.kind, value, hidden=hidden) for value in values]
    widths, lines = _sentences(kept, cells) if is_narrow() else ({}, 1)
    frame = pd.DataFrame({
        c.label: pd.Series(cells[c.label], dtype=_dtype(c.kind, hidden=hidden)) for c in kept
    })  # fmt: skip
    styled = 0 < len(records) <= STYLED_ROWS
    config = {c.label: _config(c, frame[c.label], zone_name, styled=styled) for c in kept}
    for label, width in widths.items():
        config[label]["width"] = width
    return Table(
        frame=frame,
        shown=_worded(frame, kept, cells, dark=dark) if styled else frame,
        config=config,
        ids=tuple(identity(record) for record in records),
        lines=lines,
    )


def _sentences(
    columns: Sequence[Column[T]], cells: Mapping[str, Sequence[Any]]
) -> tuple[dict[str, int], int]:
    """The widths of columns of which some hold sentences, which get the room the others leave in
    a narrow window, and the lines the longest sentence takes then."""
    wrapping = [c.label for c in columns if c.wraps]
    if not wrapping:
        return {}, 1
    widths = {c.label: _phone_width(c, cells[c.label]) for c in columns if not c.wraps}
    room = max(_NARROWEST, (_PHONE - sum(widths.values())) // len(wrapping))
    letters = (room - _PADDING // 2) // _CHARACTER
    texts = [str(cell) for label in wrapping for cell in cells[label] if cell]
    lines = max((len(textwrap.wrap(text, letters)) for text in texts), default=1)
    return widths | dict.fromkeys(wrapping, room), min(lines, _MOST_LINES)


def _phone_width(column: Column[T], cells: Sequence[Any]) -> int:
    """Room for the longest words of a column and for its heading."""
    words = ["00 Mmm 00:00" if column.kind is Kind.TIME else _text(column.kind, c) for c in cells]
    longest = max(map(len, (column.label, *words)))
    return min(_PHONE_WIDEST, max(_PHONE_NARROWEST, _CHARACTER * longest + _PADDING // 2))


def kept_table(
    records: tuple[T, ...],
    columns: Callable[[], Sequence[Column[T]]],
    identity: str,
    *,
    zone_name: str | None,
    dark: bool,
) -> Table:
    """The table of hashable records, kept from the last run that had equal ones.

    `columns` is a function of a module, `identity` the (dotted) name of what identifies a record:
    a function made for one run would be another the next time.
    """
    manner = (amounts_hidden(), gain_colour(gain=True, dark=dark), is_narrow())
    return _kept_table(records, columns, identity, zone_name, dark, manner)


@lru_cache(maxsize=_KEPT_TABLES)
def _kept_table(
    records: tuple[Any, ...], columns: Callable[[], Sequence[Column[Any]]], identity: str,
    zone_name: str | None, dark: bool, _manner: Hashable,
) -> Table:  # fmt: skip
    of = attrgetter(identity)
    return build_table(records, columns(), identity=of, zone_name=zone_name, dark=dark)


def _dtype(kind: Kind, *, hidden: bool) -> Any:
    if kind is Kind.TIME:
        return "datetime64[us, UTC]"
    if hidden and kind in _AMOUNTS:
        return "object"
    return "float64" if kind in _NUMBERS else "object"


def _worded(
    frame: pd.DataFrame, columns: Sequence[Column[T]], cells: Mapping[str, Sequence[Any]],
    *, dark: bool,
) -> Worded:  # fmt: skip
    words = {c.label: [_text(c.kind, cell) for cell in cells[c.label]] for c in columns}
    signed = [c.label for c in columns if c.kind in {Kind.CHANGE, Kind.RATIO}]
    signs = {label: [_sign(cell) for cell in cells[label]] for label in signed}
    return worded(frame, words, signs, dark=dark)


def _text(kind: Kind, cell: Any) -> str:
    """What stands in a cell."""
    if cell is None:
        return f.UNKNOWN
    if kind is Kind.TREND:
        return ""
    if kind in _WORDS and not isinstance(cell, str):
        return _WORDS[kind](cell)
    return str(cell)


def _sign(cell: Any) -> int:
    """1 for a gain, -1 for a loss, 0 for neither and for what is unknown."""
    if isinstance(cell, str):  # hidden
        return cell.startswith(f.UP) - cell.startswith(f.DOWN)
    return 0 if cell is None else (cell > 0) - (cell < 0)


def _width(column: Column[T], cells: pd.Series[Any], *, styled: bool) -> int | None:
    if column.kind is Kind.TEXT:
        lengths = [len(cell) if isinstance(cell, str) else 1 for cell in cells]
        if column.pinned:  # drawn as buttons, which need more room
            longest = max(lengths, default=0)
            return min(_WIDEST, max(_NARROWEST, (_CHARACTER + 1) * longest + _PADDING))
        return _outstanding_width(column.label, lengths)
    if cells.empty or cells.dtype == object:
        return None
    if column.kind is Kind.QUANTITY:
        longest = max(len(_text(column.kind, cell)) for cell in cells.fillna(0.0))
        return max(_NARROWEST, _CHARACTER * longest + _PADDING)
    if styled and column.kind in _LONG_NUMBERS:
        return _outstanding_width(
            column.label, [len(_text(column.kind, cell)) for cell in cells.fillna(0.0)]
        )
    return None


def _outstanding_width(label: str, lengths: Sequence[int]) -> int | None:
    """Room for the longest of a column's words where it stands out: the grid sizes by the usual
    ones."""
    longest = max(lengths, default=0)
    if longest * len(lengths) <= _STANDS_OUT * sum(lengths):
        return None
    return min(_WIDEST, _CHARACTER * max(longest, len(label)) + _PADDING)


def _config(
    column: Column[T], cells: pd.Series[Any], zone_name: str | None, *, styled: bool
) -> Any:
    common: dict[str, Any] = {
        "label": column.label,
        "help": column.help,
        "pinned": column.pinned or None,
        "width": _width(column, cells, styled=styled),
    }
    if column.kind is Kind.TIME:
        form = "D MMM HH:mm" if is_narrow() else "D MMM YYYY, HH:mm:ss"
        return st.column_config.DatetimeColumn(**common, format=form, timezone=zone_name)
    if column.kind is Kind.WEIGHT:
        return st.column_config.ProgressColumn(
            **common, format="%.1f%%", min_value=0.0, max_value=100.0
        )
    if column.kind is Kind.TREND:
        return st.column_config.LineChartColumn(**common, color=trend_word())
    if cells.dtype == object and column.kind in _NUMBERS:
        return st.column_config.TextColumn(**common, alignment="right")
    if column.kind in _NUMBERS:
        return st.column_config.NumberColumn(
            **common, format=None if styled else _PLAIN_FORMATS.get(column.kind)
        )
    return st.column_config.TextColumn(
        **common, alignment="right" if column.kind is Kind.NUMBERS else None
    )
