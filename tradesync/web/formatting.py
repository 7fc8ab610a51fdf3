"""Figures as people read them: exact, signed, with a real minus; unknown is a dash, never 0.

While amounts are hidden, money and quantities are dots with their sign; percentages stay.
"""

from __future__ import annotations

from datetime import datetime, timedelta, tzinfo
from decimal import Decimal

from tradesync.domain.times import NEW_YORK, SECOND, Instant, to_datetime
from tradesync.web.preferences import amounts_hidden

UNKNOWN = "—"
MINUS = "\N{MINUS SIGN}"
UP = "▲"
DOWN = "▼"
HIDDEN = "•••"

_CENT = Decimal("0.01")
_MARKDOWN = str.maketrans({sign: f"\\{sign}" for sign in "\\`*_[]<>~$#|"})


def plain(text: str) -> str:
    """Text as it is, where Markdown is read: dollars make no formula, stars no emphasis."""
    return text.translate(_MARKDOWN)


def _signed(text: str, *, negative: bool, plus: bool) -> str:
    return f"{MINUS}{text}" if negative else f"+{text}" if plus else text


def _shown(digits: str) -> str:
    return HIDDEN if amounts_hidden() else digits


def money(value: Decimal | None, *, plus: bool = False) -> str:
    """An amount in USD to the cent: $1,234.50; `plus` puts a + before gains."""
    if value is None:
        return UNKNOWN
    cents = value.quantize(_CENT)
    return _signed(f"${_shown(f'{abs(cents):,.2f}')}", negative=cents < 0, plus=plus and cents > 0)


def whole_money(value: Decimal | None) -> str:
    """An amount in whole dollars, where space is short: $1,235."""
    if value is None:
        return UNKNOWN
    whole = value.quantize(Decimal(1))
    return _signed(f"${_shown(f'{abs(whole):,}')}", negative=whole < 0, plus=False)


def recorded(text: str | None, *, places: int | None = None) -> str:
    """A value as it is recorded in text, with a real minus; a dash for none.

    `places`: numbers have so many decimals at most.
    """
    if not text:
        return UNKNOWN
    _, _, fraction = text.partition(".")
    if places is not None and len(fraction) > places and fraction.isdecimal():
        text = str(Decimal(text).quantize(Decimal(1).scaleb(-places)))
    return MINUS + text[1:] if text.startswith("-") else text


def change(value: Decimal | None) -> str:
    """A gain or loss in USD with arrow and sign: ▲ +$12.00, ▼ −$3.10, $0.00."""
    if value is None:
        return UNKNOWN
    return f"{arrow(value.quantize(_CENT))} {money(value, plus=True)}".lstrip()


def arrow(value: Decimal | float | None) -> str:
    """▲ for a gain, ▼ for a loss, nothing for zero and unknown."""
    if not value:
        return ""
    return UP if value > 0 else DOWN


def price(value: Decimal | None) -> str:
    """A price per unit: two to four places from $1 up, four to nine below."""
    if value is None:
        return UNKNOWN
    least, most = (2, 4) if abs(value) >= 1 else (4, 9)
    text = f"{abs(value):,.{most}f}"
    whole, _, fraction = text.partition(".")
    kept = fraction.rstrip("0").ljust(least, "0")
    return _signed(f"${whole}.{kept}", negative=value < 0, plus=False)


def quantity(value: Decimal | None, *, plus: bool = False) -> str:
    """A quantity up to nine places, trailing zeros trimmed: 1,200 or 0.333333333."""
    if value is None:
        return UNKNOWN
    text = f"{abs(value):,.9f}".rstrip("0").rstrip(".")
    return _signed(_shown(text), negative=value < 0, plus=plus and value > 0)


def percent(ratio: Decimal | float | None, *, plus: bool = True) -> str:
    """A ratio as a percentage of two places with its sign: 0.0123 is +1.23%."""
    if ratio is None:
        return UNKNOWN
    text = f"{abs(Decimal(ratio)) * 100:,.2f}%"
    if text == "0.00%":
        return text
    return _signed(text, negative=ratio < 0, plus=plus)


def age(seconds: float) -> str:
    """How long ago in words: just now, 12 s ago, 3 min ago, 2 h 10 min ago, 4 days ago."""
    whole = int(seconds)
    if whole < 1:
        return "just now"
    if whole < 90:
        return f"{whole} s ago"
    minutes = whole // 60
    if minutes < 60:
        return f"{minutes} min ago"
    hours, minutes = divmod(minutes, 60)
    if hours < 48:
        return f"{hours} h {minutes} min ago" if minutes else f"{hours} h ago"
    return f"{hours // 24} days ago"


def span(seconds: float) -> str:
    """A length of time in two parts at most: 45 s, 12 min, 2 h 10 min, 3 d 4 h."""
    whole = max(0, int(seconds))
    if whole < 60:
        return f"{whole} s"
    minutes = whole // 60
    if minutes < 60:
        return f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    if hours < 24:
        return f"{hours} h {minutes} min" if minutes else f"{hours} h"
    days, hours = divmod(hours, 24)
    return f"{days} d {hours} h" if hours else f"{days} d"


def _day_words(moment: datetime, today: datetime) -> str:
    days = (moment.date() - today.date()) / timedelta(days=1)
    if days == 0:
        return ""
    if days == -1:
        return "yesterday "
    if days == 1:
        return "tomorrow "
    if 1 < days < 7:
        return f"{moment:%a} "
    year = "" if moment.year == today.year else f" {moment.year}"
    return f"{moment.day} {moment:%b}{year}, "


def moment(instant: Instant | None, zone: tzinfo, now: Instant, *, seconds: bool = False) -> str:
    """An instant in the viewer's zone, as short as it stays clear: 14:03, 3 Mar, 09:30."""
    if instant is None:
        return UNKNOWN
    local = to_datetime(instant).astimezone(zone)
    clock = f"{local:%H:%M:%S}" if seconds else f"{local:%H:%M}"
    return f"{_day_words(local, to_datetime(now).astimezone(zone))}{clock}"


def zone_name(zone: tzinfo, now: Instant) -> str:
    """What the viewer's zone is called now: CET, EST, UTC…"""
    return to_datetime(now).astimezone(zone).tzname() or "local"


def market_moment(instant: Instant, zone: tzinfo, now: Instant) -> str:
    """A market event in New York's time, with the viewer's beside it where it differs."""
    here, there = (to_datetime(instant).astimezone(each) for each in (zone, NEW_YORK))
    there_text = f"{_day_words(there, to_datetime(now).astimezone(NEW_YORK))}{there:%H:%M}"
    if here.utcoffset() == there.utcoffset():
        return f"{there_text} New York"
    same_day = here.date() == there.date()
    here_text = f"{here:%H:%M}" if same_day else moment(instant, zone, now)
    return f"{there_text} New York ({here_text} {zone_name(zone, instant)})"


def seconds_between(earlier: Instant, later: Instant) -> float:
    """The seconds from one instant to another."""
    return (later - earlier) / SECOND
