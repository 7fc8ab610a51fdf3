"""Palette and privacy: readable in both themes, hidden where hidden, shown where confirmed."""

from __future__ import annotations

import tomllib
from decimal import Decimal

import pytest

from tests.web.conftest import ROOT
from tests.web.test_tables import COLUMNS, Row, colour
from tradesync.web import formatting as f
from tradesync.web import preferences
from tradesync.web.charts import money_axis
from tradesync.web.palette import TONES, gain_colour, gain_word
from tradesync.web.preferences import Palette, Preferences, preferences_from, revealed
from tradesync.web.tables import build_table

D = Decimal
THEME = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text("utf-8"))["theme"]
LIGHT_GROUNDS = (THEME["light"]["backgroundColor"], THEME["light"]["secondaryBackgroundColor"])
DARK_GROUNDS = (THEME["dark"]["backgroundColor"], THEME["dark"]["secondaryBackgroundColor"])


@pytest.fixture
def chosen(monkeypatch: pytest.MonkeyPatch) -> Preferences:
    """A viewer who wants blue and orange and no amounts."""
    wanted = Preferences(Palette.BLUE_ORANGE, private=True)
    monkeypatch.setattr(preferences, "current", lambda: wanted)
    monkeypatch.setattr("tradesync.web.palette.current", lambda: wanted)
    return wanted


def luminance(colour: str) -> float:
    """Relative luminance of #rrggbb (WCAG 2.2)."""
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """Contrast ratio of two colours (WCAG 2.2), 1 to 21."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("palette", list(Palette))
def test_gains_and_losses_pass_contrast_aa_in_light_and_dark(palette: Palette) -> None:
    tones = [tone for (each, _side), tone in TONES.items() if each is palette]
    assert len(tones) == 2
    for tone in tones:
        assert min(contrast(tone.light, ground) for ground in LIGHT_GROUNDS) >= 4.5
        assert min(contrast(tone.dark, ground) for ground in DARK_GROUNDS) >= 4.5


def test_plain_and_grey_text_pass_contrast_aa() -> None:
    for name, grounds in (("light", LIGHT_GROUNDS), ("dark", DARK_GROUNDS)):
        theme = THEME[name]
        for key in ("textColor", "grayTextColor", "primaryColor"):
            text = theme.get(key, "#0F172A")
            least = 3.0 if key == "primaryColor" else 4.5  # a button's edge; text
            assert min(contrast(text, ground) for ground in grounds) >= least, (name, key)


def test_the_theme_gives_the_named_colours_the_same_values() -> None:
    for tone in TONES.values():
        for key in (f"{tone.word}Color", f"{tone.word}TextColor"):
            assert THEME["light"][key].lower() == tone.light.lower()
            assert THEME["dark"][key].lower() == tone.dark.lower()


def test_a_palette_for_the_colour_blind_has_no_green_and_red(chosen: Preferences) -> None:
    assert (gain_word(gain=True), gain_word(gain=False)) == ("blue", "orange")
    assert gain_colour(gain=True, dark=False) == "#1D4ED8"


def test_stored_words_are_read_and_unknown_ones_are_the_default() -> None:
    assert preferences_from({}) == Preferences()
    stored = {"palette": "blue-orange", "privacy": "hidden"}
    assert preferences_from(stored) == Preferences(Palette.BLUE_ORANGE, private=True)
    assert preferences_from({"palette": "plaid", "privacy": "?"}) == Preferences()


def test_hidden_amounts_keep_sign_arrow_and_percentage(chosen: Preferences) -> None:
    assert f.money(D("-1234.5")) == "−$•••"
    assert f.change(D(12)) == "▲ +$•••"
    assert f.quantity(D("0.333")) == "•••"
    assert f.money(None) == f.quantity(None) == "—"
    assert f.percent(D("0.0123")) == "+1.23%"
    with revealed():
        assert f.money(D("-1234.5")) == "−$1,234.50"


def test_a_table_of_hidden_amounts_holds_no_amount(chosen: Preferences) -> None:
    rows = (Row("up", D("12.3")), Row("down", D(-4)), Row("?", None))
    table = build_table(
        rows, COLUMNS, identity=lambda r: r.name, zone_name="Europe/Berlin", dark=False
    )
    assert list(table.frame["Gain"]) == ["▲ +$•••", "▼ −$•••", None]
    assert list(table.frame["Qty"]) == ["•••"] * 3
    assert list(table.frame["Weight"]) == [25.0] * 3
    assert colour(table, 0, "Gain") == "#1D4ED8"
    assert colour(table, 1, "Gain") == "#A34A06"


def test_axes_of_money_lose_their_labels(chosen: Preferences) -> None:
    assert money_axis(dark=False)["axisLabel"]["show"] is False
