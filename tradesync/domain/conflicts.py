"""Facts that came again under their id with other data: for a person (scenario F05)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import TypeAlias

from tradesync.domain.chains import ChainIndex
from tradesync.domain.conclusions import Records, Review
from tradesync.domain.facts import Activity, Execution, FactConflict
from tradesync.domain.findings import review
from tradesync.domain.money import at_scale, plain, to_decimal
from tradesync.domain.symbols import SymbolIndex

_Terms: TypeAlias = tuple[Decimal | None, Decimal | None, Decimal | None]
"""(quantity, price, amount of money), as far as a row states them."""


def conflict_reviews(
    records: Records, effective: Iterable[Execution], index: ChainIndex, symbols: SymbolIndex
) -> Iterator[Review]:
    """One item for each fact that came again otherwise than it stands.

    `effective`: executions after busts and corrections; a row that repeats a correction which is
    booked already contradicts nothing.
    """
    if not records.conflicts:
        return
    standing = {row.execution_id: row for row in effective}
    executions = {row.execution_id: row for row in records.executions}
    activities = {row.activity_id: row for row in records.activities}
    for identity, rows in _by_identity(records.conflicts).items():
        if identity in executions:
            first, stands = executions[identity], standing.get(identity)
            chain = index.of_order(first.order_id)
            key = chain.instrument if chain is not None else ""
            odd = [row for row in rows if not _repeats_correction(row, first, stands)]
            if odd:
                yield _item("execution", key, identity, _terms(first), odd)
        elif identity in activities:
            dated = activities[identity]
            named = symbols.find(dated.symbol) if dated.symbol else None
            key = named.key if named is not None else ""
            yield _item("activity", key, identity, _terms(dated), rows)


def _item(
    kind: str, instrument: str, identity: str, first: _Terms, rows: Iterable[FactConflict]
) -> Review:
    said = sorted({"other data" if (t := _restated(row)) == first else _text(t) for row in rows})
    detail = f"the same {kind} came again as {' and as '.join(said)}; "
    detail += f"what came first, {_text(first)}, is kept"
    return review(f"{kind}_conflict", instrument, identity, detail)


def _by_identity(rows: Iterable[FactConflict]) -> dict[str, list[FactConflict]]:
    found: dict[str, list[FactConflict]] = {}
    for row in sorted(rows, key=lambda row: (row.identity, row.raw)):
        found.setdefault(row.identity, []).append(row)
    return found


def _repeats_correction(row: FactConflict, first: Execution, stands: Execution | None) -> bool:
    """Whether it states what a correction has made of the execution."""
    if stands is None or _terms(stands) == _terms(first):
        return False
    return _restated(row) == _terms(stands)


def _terms(row: Execution | Activity) -> _Terms:
    money = row.net_amount if isinstance(row, Activity) else None
    qty, price, money = (None if n is None else at_scale(n) for n in (row.qty, row.price, money))
    return qty, price, money


def _restated(row: FactConflict) -> _Terms:
    try:
        said = json.loads(row.raw)
    except ValueError:
        return None, None, None
    names = ("qty", "price", "net_amount")
    qty, price, money = (_number(said.get(name)) for name in names)
    return qty, price, money


def _number(value: object) -> Decimal | None:
    try:
        return at_scale(to_decimal(value))
    except ValueError:
        return None


def _text(terms: _Terms) -> str:
    qty, price, money = terms
    parts = [plain(qty)] if qty is not None else []
    parts += [f"at {plain(price)}"] if price is not None else []
    parts += [f"for {plain(money)} USD"] if money is not None else []
    return " ".join(parts) or "other data"
