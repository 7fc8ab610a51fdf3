"""Holdings that move without a row, and what a person decides about that; all from one dice."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Mapping
from typing import Any

from tests.simulator.broker import PaperBroker

MOVED = ("NVDA", "NVDA", "TSLA", "TSLA", "KO", "XOM")
"""Two that nobody trades but who closes what was imported, and two that are traded all along."""
WAYS = ("close", "transfer", "transfer", "transfer", "split", "ignore")


class Decisions:
    """Moves holdings behind everybody's back and makes clicks that decide about it.

    `moved` adds the moves up, by account and symbol, signed: what no row at the broker explains.
    """

    def __init__(self, accounts: Mapping[str, PaperBroker], url: str, dice: random.Random) -> None:
        """`url`: of the dashboard, for imports by REST."""
        self.moved: Counter[tuple[str, str]] = Counter()
        self._accounts = accounts
        self._url = url
        self._dice = dice

    def move(self) -> None:
        """Some shares come or go without a row."""
        name, symbol = self._dice.choice(list(self._accounts)), self._dice.choice(MOVED)
        qty = self._dice.choice((8, 5, 3, -2, -4))
        self._accounts[name].add_position(symbol, qty, self._dice.randint(90, 110))
        self.moved[name, symbol] += qty

    def click(self, click: dict[str, Any], answers: Mapping[str, dict[str, Any]]) -> dict[str, Any]:
        """A click filled in: an import, a difference read so or so, or what was told taken back."""
        told = [
            decision_id
            for answer in answers.values()
            if answer["account"] == click["account"]
            for decision_id in answer.get("decisions", {}).values()
        ]
        match self._dice.randrange(6):
            case 0:
                return {**click, "do": "import", "url": None}
            case 1:
                return {**click, "do": "import", "url": self._url}
            case 2 if told:
                return {**click, "do": "undo", "decision_id": self._dice.choice(told)}
            case _:
                return {
                    **click, "do": "resolve", "pick": self._dice.randrange(6),
                    "how": self._dice.choice(WAYS),
                    "price": self._dice.choice((None, "95")),
                }  # fmt: skip
