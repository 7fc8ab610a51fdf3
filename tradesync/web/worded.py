"""A small table's numbers with the words and colours people read in their place.

Streamlit takes words and colours from a pandas Styler, and takes 12 ms for the smallest: it has
pandas lay out every cell as HTML, picks the words out again and puts them into a frame, column by
column. This styler has them ready and takes 2 ms. It answers all that
`streamlit.elements.lib.pandas_styler_utils` asks of one; the tests hold it against a real one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, Self

import pandas as pd
from pandas.io.formats.style import Styler

from tradesync.web.palette import gain_colour

_UUID = "t"
"""Always the same: by pandas' random ones an unchanged table is another, and sent again."""


class _Frame(pd.DataFrame):
    """Numbers; asked for them as text, it gives the words instead."""

    _metadata = ("words",)  # pandas keeps it as an attribute, not as a column
    words: pd.DataFrame

    def astype(self, dtype: Any, *args: Any, **kwargs: Any) -> Any:  # type: ignore[misc]
        """The words for `str`, else what any frame makes of itself."""
        return self.words if dtype is str else super().astype(dtype, *args, **kwargs)


class Worded(Styler):
    """A styler whose words and colours are known beforehand."""

    def __init__(self, frame: pd.DataFrame, words: pd.DataFrame, css: list[dict[str, Any]]) -> None:
        """`words`: a text for each cell of `frame`. `css`: what `colours` gives."""
        numbers = _Frame(frame)
        numbers.words = words
        super().__init__(numbers, uuid=_UUID)
        self._css = css

    def _compute(self) -> Self:
        return self

    def _translate(self, *_: Any, **__: Any) -> dict[str, Any]:
        return {"cellstyle": self._css, "body": []}


# Streamlit tells a styler by the full name of its class.
Worded.__module__, Worded.__qualname__ = Styler.__module__, Styler.__qualname__


def worded(
    frame: pd.DataFrame, words: Mapping[str, Sequence[str]], signs: Mapping[str, Sequence[int]],
    *, dark: bool,
) -> Worded:  # fmt: skip
    """A frame shown in the words of each column, coloured where a column has signs (1, 0, −1)."""
    cells: dict[int, list[str]] = defaultdict(list)
    for place, label in enumerate(frame.columns):
        for row, sign in enumerate(signs.get(label, ())):
            cells[sign].append(f"row{row}_col{place}")
    css = [
        {"props": [("color", gain_colour(gain=sign > 0, dark=dark))], "selectors": cells[sign]}
        for sign in (1, -1)
        if cells[sign]
    ]
    return Worded(frame, pd.DataFrame(words, dtype=object), css)
