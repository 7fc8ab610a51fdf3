"""The colours of gains and losses: two palettes, each readable (contrast AA) in light and dark."""

from __future__ import annotations

from enum import StrEnum
from typing import Literal, NamedTuple

from tradesync.web.preferences import Palette, current

Word = Literal["green", "red", "blue", "orange"]
"""A colour as Streamlit's Markdown, badges and metrics name it; the theme says what it is."""


class Tone(NamedTuple):
    """One colour: its name in the theme and its value in light and dark."""

    word: Word
    light: str
    dark: str


class _Side(StrEnum):
    GAIN = "gain"
    LOSS = "loss"


TONES: dict[tuple[Palette, str], Tone] = {
    (Palette.GREEN_RED, _Side.GAIN): Tone("green", "#07794f", "#34D399"),
    (Palette.GREEN_RED, _Side.LOSS): Tone("red", "#c0313f", "#F87171"),
    (Palette.BLUE_ORANGE, _Side.GAIN): Tone("blue", "#1D4ED8", "#60A5FA"),
    (Palette.BLUE_ORANGE, _Side.LOSS): Tone("orange", "#A34A06", "#FB923C"),
}


def _tone(*, gain: bool) -> Tone:
    return TONES[current().palette, _Side.GAIN if gain else _Side.LOSS]


def gain_colour(*, gain: bool, dark: bool) -> str:
    """The viewer's colour of gains or losses on the theme's background, as #rrggbb."""
    tone = _tone(gain=gain)
    return tone.dark if dark else tone.light


def trend_word() -> Literal["auto", "blue"]:
    """The colour of small trend lines: by where they lead, where that is green or red."""
    return "auto" if current().palette is Palette.GREEN_RED else "blue"


def gain_word(*, gain: bool) -> Word:
    """The same colour by the name Streamlit's Markdown and metrics know it."""
    return _tone(gain=gain).word
