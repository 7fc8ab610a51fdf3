"""Which types of rows are deposits, dividends, interest or fees."""

from __future__ import annotations

from tradesync.domain.money_rows import KIND_OF_TYPE, MoneyKind, types_of


def test_the_types_of_some_kinds_are_those_and_no_others() -> None:
    assert types_of(MoneyKind.INTEREST) == ("INT", "INTNRA", "INTTW")
    assert types_of() == ()
    both = types_of(MoneyKind.INTEREST, MoneyKind.FEE)
    assert set(both) == {*types_of(MoneyKind.INTEREST), *types_of(MoneyKind.FEE)}
    assert set(types_of(*MoneyKind)) == set(KIND_OF_TYPE)
