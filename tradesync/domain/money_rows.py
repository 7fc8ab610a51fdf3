"""What the broker's dated rows of money are about: deposits, dividends, interest or fees."""

from __future__ import annotations

from enum import StrEnum


class MoneyKind(StrEnum):
    """What a row's `net_amount` is, where it is not the money of a trade."""

    DEPOSIT = "deposits"
    """Cash paid in (+) or out (−)."""
    DIVIDEND = "dividends"
    INTEREST = "interest"
    FEE = "fees"
    """Charged (−) or given back (+)."""


KIND_OF_TYPE: dict[str, MoneyKind] = {
    **dict.fromkeys(("CSD", "CSW", "TRANS", "JNL", "JNLC", "ACATC"), MoneyKind.DEPOSIT),
    **dict.fromkeys(
        ("DIV", "CGD", "DIVCGL", "DIVCGS", "DIVFT", "DIVNRA", "DIVROC", "DIVTW", "DIVTXEX",
         "DIVWH"),
        MoneyKind.DIVIDEND,
    ),
    **dict.fromkeys(("INT", "INTNRA", "INTTW"), MoneyKind.INTEREST),
    **dict.fromkeys(("FEE", "CFEE", "PTC", "PTR", "DIVFEE", "MEM"), MoneyKind.FEE),
}  # fmt: skip
"""Activity type → kind (alpaca-api reference, *Account activities*); others move no such money."""

UNBOOKED = frozenset({"MISC", "OPCSH", "SWP", "FXTRD", "INTPNL", "WH"})
"""Rows of money that no trade books and that are none of these kinds."""


def types_of(*kinds: MoneyKind) -> tuple[str, ...]:
    """The activity types of these kinds."""
    return tuple(name for name, kind in KIND_OF_TYPE.items() if kind in kinds)
