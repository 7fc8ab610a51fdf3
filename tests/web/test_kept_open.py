"""What a reader opened, typed, chose or scrolled to stays when the page is drawn again.

Streamlit knows such a part by its key; without one it knows it by its place and its words, and
closes or empties it when either changes.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
STATEFUL = frozenset({
    "altair_chart", "button", "checkbox", "dataframe", "date_input", "download_button",
    "echarts_chart", "expander", "multiselect", "number_input", "pagination", "pills", "popover",
    "radio", "segmented_control", "selectbox", "tabs", "text_area", "text_input", "time_input",
    "toggle",
})  # fmt: skip


def without_key(file: Path) -> Iterator[str]:
    """The calls of a file that draw something stateful and give it no key of its own."""
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
            continue
        named = {keyword.arg for keyword in node.keywords}
        if node.func.attr in STATEFUL and not named & {"key", None}:
            yield f"{file.relative_to(ROOT)}:{node.lineno} {node.func.attr}"


def test_whatever_can_be_opened_typed_or_chosen_has_a_key() -> None:
    drawn = [*(ROOT / "tradesync" / "web").rglob("*.py"), *(ROOT / "pages").glob("*.py")]
    assert [found for file in drawn for found in without_key(file)] == []
