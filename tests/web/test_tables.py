"""Tables and charts as data: raw numbers below, words above, identity with every row."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from types import SimpleNamespace
from unittest.mock import patch

import pandas as pd
import pyarrow as pa
import pytest
from pandas.io.formats.style import Styler
from streamlit import dataframe_util
from streamlit.elements.lib.pandas_styler_utils import marshall_styler
from streamlit.proto.ArrowData_pb2 import ArrowData

from tradesync.domain.times import SECOND
from tradesync.store.queries import EquityRow
from tradesync.web import formatting, tables
from tradesync.web.charts import equity_option, thinned
from tradesync.web.drawing import chosen_row, row_height
from tradesync.web.palette import gain_colour
from tradesync.web.tables import STYLED_ROWS, Column, Kind, Table, build_table, kept_table

D = Decimal
ONE = Decimal(1)


@dataclass(frozen=True, slots=True)
class Row:
    """A row to show."""

    name: str
    gain: Decimal | None
    qty: Decimal = ONE
    note: str | None = None


COLUMNS: tuple[Column[Row], ...] = (
    Column("Name", Kind.TEXT, lambda r: r.name, pinned=True),
    Column("Gain", Kind.CHANGE, lambda r: r.gain),
    Column("Qty", Kind.QUANTITY, lambda r: r.qty),
    Column("At", Kind.TIME, lambda _r: 1_700_000_000 * SECOND),
    Column("Weight", Kind.WEIGHT, lambda _r: D("0.25")),
    Column("Note", Kind.TEXT, lambda r: r.note, optional=True),
)


def built(*rows: Row) -> Table:
    """A table of rows in Berlin."""
    return build_table(
        rows, COLUMNS, identity=lambda r: r.name, zone_name="Europe/Berlin", dark=False
    )


def marshalled(styler: Styler) -> ArrowData:
    """What the browser gets of a styler."""
    proto = ArrowData()
    marshall_styler(proto, styler, "some")
    return proto


def words_of(proto: ArrowData) -> dict[str, list[str]]:
    """The words in the cells, by column."""
    words = pa.ipc.open_stream(proto.styler.display_values).read_all().to_pydict()
    return {str(name): list(cells) for name, cells in words.items()}


def colours_of(proto: ArrowData) -> dict[str, str]:
    """The colour of each cell that has one, by its name."""
    rules = re.findall(r"([^{}]*)\{ color: (#\w+) \}", proto.styler.styles)
    named = ((cell.strip(), value) for cells, value in rules for cell in cells.split(","))
    return {cell.removeprefix(f"#T_{proto.styler.uuid}_"): value for cell, value in named}


def shown(table: Table, column: str) -> list[str]:
    """The words of a column as the browser gets them."""
    assert not isinstance(table.shown, pd.DataFrame)
    return words_of(marshalled(table.shown))[column]


def colour(table: Table, row: int, column: str) -> str | None:
    """The colour of a cell as the browser gets it."""
    assert not isinstance(table.shown, pd.DataFrame)
    place = list(table.frame.columns).index(column)
    return colours_of(marshalled(table.shown)).get(f"row{row}_col{place}")


def test_streamlit_gets_from_the_words_what_it_gets_from_a_styler_of_pandas() -> None:
    table = built(Row("up", D("12.3")), Row("down", D("-4"), D("0.333")), Row("?", None))
    assert not isinstance(table.shown, pd.DataFrame)
    assert dataframe_util.is_pandas_styler(table.shown)
    gain, loss = (gain_colour(gain=each, dark=False) for each in (True, False))
    words: dict[str, Callable[[float], str]] = {
        "Gain": lambda value: "▲ +$12.30" if value > 0 else "▼ −$4.00",
        "Qty": lambda value: f"{value:g}",
        "Weight": lambda value: f"{value:.1f}",
    }
    theirs = table.frame.style.format(words, na_rep="—").map(  # type: ignore[arg-type]
        lambda value: f"color: {gain if value > 0 else loss}" if value == value else "",
        subset=["Gain"],
    )  # fmt: skip
    one, other = marshalled(table.shown), marshalled(theirs)
    assert words_of(one) == words_of(other)
    assert colours_of(one) == colours_of(other) != {}
    sent = dataframe_util.convert_anything_to_pandas_df(table.shown)
    assert sent["Gain"].iloc[:2].tolist() == [12.3, -4.0]
    assert sent.dtypes.tolist() == table.frame.dtypes.tolist()


def test_the_same_table_is_the_same_message_so_that_it_is_not_sent_again() -> None:
    once, again = built(Row("up", D(1))), built(Row("up", D(1)))
    assert not isinstance(once.shown, pd.DataFrame)
    assert not isinstance(again.shown, pd.DataFrame)
    assert marshalled(once.shown) == marshalled(again.shown)


def test_hidden_amounts_are_dots_with_their_sign_and_colour() -> None:
    with patch.object(tables, "amounts_hidden", return_value=True), \
            patch.object(formatting, "amounts_hidden", return_value=True):  # fmt: skip
        table = built(Row("up", D(3)), Row("down", D(-4)), Row("?", None))
    assert shown(table, "Gain") == ["▲ +$•••", "▼ −$•••", "—"]
    assert colour(table, 1, "Gain") == gain_colour(gain=False, dark=False)
    assert colour(table, 2, "Gain") is None


def test_the_frame_has_raw_numbers_and_the_words_stand_on_top() -> None:
    table = built(Row("up", D("12.3")), Row("down", D("-4"), D("0.333333333")), Row("?", None))
    assert list(table.frame["Gain"].dropna()) == [12.3, -4.0]
    assert shown(table, "Gain") == ["▲ +$12.30", "▼ −$4.00", "—"]
    assert shown(table, "Qty") == ["1", "0.333333333", "1"]
    assert list(table.frame["Weight"]) == [25.0] * 3


def test_gains_and_losses_are_coloured_and_the_unknown_is_not() -> None:
    table = built(Row("up", D(1)), Row("down", D(-1)), Row("?", None))
    assert colour(table, 0, "Gain") == gain_colour(gain=True, dark=False)
    assert colour(table, 1, "Gain") == gain_colour(gain=False, dark=False)
    assert colour(table, 2, "Gain") is None


def test_columns_with_nothing_to_say_are_left_out() -> None:
    assert "Note" not in built(Row("a", D(1))).frame.columns
    assert "Note" in built(Row("a", D(1), note="look")).frame.columns


def test_times_are_aware_and_configured_for_the_viewers_zone() -> None:
    table = built(Row("a", D(1)))
    assert isinstance(table.frame["At"].dtype, pd.DatetimeTZDtype)
    assert table.config["At"]["type_config"]["timezone"] == "Europe/Berlin"


def test_long_fractions_get_the_width_they_need() -> None:
    narrow, wide = built(Row("a", D(1))), built(Row("a", D(1), D("12345.123456789")))
    assert wide.config["Qty"]["width"] > narrow.config["Qty"]["width"]


def test_many_rows_are_not_styled_but_keep_plain_formats() -> None:
    table = built(*(Row(str(number), D(number)) for number in range(STYLED_ROWS + 1)))
    assert isinstance(table.shown, pd.DataFrame)
    assert table.config["Gain"]["type_config"]["format"] == "%+,.2f"


def few_columns() -> tuple[Column[Row], ...]:
    """Columns as pages have them."""
    return COLUMNS


def test_a_kept_table_is_built_anew_for_other_records_and_another_manner() -> None:
    def kept(*rows: Row, zone: str = "Europe/Berlin", dark: bool = False) -> Table:
        return kept_table(rows, few_columns, "name", zone_name=zone, dark=dark)

    first = kept(Row("a", D(1)))
    assert kept(Row("a", D(1))) is first
    assert first.ids == ("a",)
    assert shown(first, "Gain") == ["▲ +$1.00"]
    assert shown(kept(Row("a", D(2))), "Gain") == ["▲ +$2.00"]
    assert kept(Row("a", D(1)), zone="UTC").config["At"]["type_config"]["timezone"] == "UTC"
    assert colour(kept(Row("a", D(1)), dark=True), 0, "Gain") == gain_colour(gain=True, dark=True)
    with patch.object(tables, "amounts_hidden", return_value=True), \
            patch.object(formatting, "amounts_hidden", return_value=True):  # fmt: skip
        assert shown(kept(Row("a", D(1))), "Gain") == ["▲ +$•••"]


def test_an_empty_table_keeps_its_columns() -> None:
    assert built().ids == ()
    assert list(built().frame.columns) == ["Name", "Gain", "Qty", "At", "Weight"]


def test_the_order_key_moves_with_the_rows_not_with_their_values() -> None:
    first = built(Row("a", D(1)), Row("b", D(2)))
    assert built(Row("a", D(9)), Row("b", D(8))).order_key == first.order_key
    assert built(Row("b", D(2)), Row("a", D(1))).order_key != first.order_key
    assert built(Row("a", D(1))).order_key != first.order_key


def test_a_selection_means_the_row_by_its_identity() -> None:
    assert chosen_row(SimpleNamespace(rows=[1]), ("AAPL", "TSLA")) == "TSLA"
    assert chosen_row(SimpleNamespace(rows=[]), ("AAPL",)) is None
    assert chosen_row(SimpleNamespace(rows=[3]), ("AAPL",)) is None  # the table has shrunk


def test_the_equity_option_carries_time_in_milliseconds_and_its_start() -> None:
    points = [
        EquityRow(1_700_000_000 * SECOND, D("100.5")),
        EquityRow(1_700_086_400 * SECOND, D(99)),
    ]
    option = equity_option(points, gain=False, dark=True)
    (series,) = option["series"]
    assert series["data"] == [[1_700_000_000_000, 100.5], [1_700_086_400_000, 99.0]]
    assert series["markLine"]["data"] == [{"yAxis": 100.5}]
    assert series["lineStyle"]["color"] == gain_colour(gain=False, dark=True)


def test_thinning_keeps_both_ends() -> None:
    points = [EquityRow(number, D(number)) for number in range(10_000)]
    kept = thinned(points, 100)
    assert len(kept) == 100
    assert (kept[0], kept[-1]) == (points[0], points[-1])
    assert list(thinned(points[:5], 100)) == points[:5]


def test_a_text_that_stands_out_gets_its_room() -> None:
    columns = (Column("Status", Kind.TEXT, lambda text: text),)
    words = ["new"] * 9 + ["partially filled"]
    mixed = build_table(words, columns, identity=str, zone_name=None, dark=False)
    alike = build_table(["filled"] * 9, columns, identity=str, zone_name=None, dark=False)
    assert mixed.config["Status"]["width"] == 7 * len("partially filled") + 26
    assert alike.config["Status"]["width"] is None


def test_a_price_that_stands_out_gets_its_room() -> None:
    columns = (Column("Last", Kind.PRICE, lambda price: price),)
    mixed = build_table([D("9.5")] * 9 + [D("86103.96")], columns, identity=str, zone_name=None,
                        dark=False)  # fmt: skip
    alike = build_table([D("9.5")] * 9, columns, identity=str, zone_name=None, dark=False)
    assert mixed.config["Last"]["width"] == 7 * len("$86,103.96") + 26
    assert alike.config["Last"]["width"] is None


def sentences(monkeypatch: pytest.MonkeyPatch, text: str) -> Table:
    """A table of a name and a sentence, as a phone has it."""
    monkeypatch.setattr(tables, "is_narrow", lambda: True)
    columns: tuple[Column[tuple[str, str | None]], ...] = (
        Column("Name", Kind.TEXT, lambda row: row[0], phone=True),
        Column("Why", Kind.TEXT, lambda row: row[1], phone=True, wraps=True),
        Column("Id", Kind.TEXT, lambda row: row[0]),
    )
    rows = [("one", text), ("two", None)]
    return build_table(rows, columns, identity=lambda row: row[0], zone_name=None, dark=False)


def test_a_sentence_goes_on_in_the_next_line_of_a_phone_instead_of_out_of_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    text = "Nothing is missing: our trades explain all that the broker holds of it."
    found = sentences(monkeypatch, text)
    assert list(found.frame) == ["Name", "Why"]
    assert shown(found, "Why") == [text, "—"]
    assert found.lines == 3
    assert sum(found.config[label]["width"] for label in found.config) <= 322
    assert row_height(found) == 67
    assert sentences(monkeypatch, "Short.").lines == 1
    assert sentences(monkeypatch, "word " * 200).lines == 7
