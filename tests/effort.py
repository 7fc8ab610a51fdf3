"""How many examples property tests try: HYPOTHESIS_PROFILE is `dev` (default) or `thorough`."""

from __future__ import annotations

import os

FACTORS = {"dev": 1, "thorough": 60}


def examples(few: int) -> int:
    """`few` in everyday runs, sixty times as many with HYPOTHESIS_PROFILE=thorough."""
    return few * _factor()


def seeds(few: int, most: int) -> range:
    """That many seeds in everyday runs, `most` in thorough ones."""
    return range(10, 10 + (few if _factor() == 1 else most))


def _factor() -> int:
    return FACTORS[os.environ.get("HYPOTHESIS_PROFILE", "dev")]
