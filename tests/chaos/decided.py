"""What must hold of a person's decisions after the storm: none lost, none doubled, all undone."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from tests.chaos.commander import DECISIONS
from tests.chaos.truth import rows
from tests.programs import Home
from tests.simulator.broker import PaperBroker
from tradesync.domain.ours import OpeningBalance
from tradesync.domain.undoing import Decision
from tradesync.store import decisions, facts, resolutions
from tradesync.store.database import Database, Tx

_ALL = """
SELECT a.name, d.decision_id, d.symbol, d.revoked_at IS NULL FROM (
    SELECT account_id, decision_id, symbol, revoked_at FROM opening_balances
    UNION ALL SELECT account_id, decision_id, symbol, revoked_at FROM resolutions
) d JOIN account_names a USING (account_id) ORDER BY ALL
"""
_DRIFT = """
SELECT a.name, d.symbol FROM drift d JOIN account_names a USING (account_id)
WHERE d.closed_at IS NULL ORDER BY ALL
"""


@dataclass(frozen=True, slots=True)
class Stored:
    """One decision of the record."""

    account: str
    decision_id: str
    symbol: str
    stands: bool


def stored(database: Path) -> list[Stored]:
    """Every decision, those taken back among them."""
    return [Stored(*row) for row in rows(database, _ALL)]


def wrong_decisions(
    database: Path, clicks: list[dict[str, Any]], answers: Mapping[str, dict[str, Any]]
) -> list[str]:
    """Decisions told and not there, there and never clicked, or taken back otherwise than told."""
    found = stored(database)
    known = {one.decision_id: one for one in found}
    made = {key for answer in answers.values() for key in answer.get("decisions", {}).values()}
    clicked = [click for click in clicks if click["do"] in DECISIONS]
    undone = {answer["undone"] for answer in answers.values() if "undone" in answer}
    perhaps = {click["decision_id"] for click in clicked if click["do"] == "undo"}
    wrong = [f"{key}: told as decided, but it is not there" for key in made - known.keys()]
    wrong += [f"{known[key]}: told as taken back" for key in undone if known[key].stands]
    wrong += [f"{one}: nobody took it back" for one in found
              if not one.stands and one.decision_id not in perhaps]  # fmt: skip
    others = [one for one in found if one.decision_id not in made]
    return wrong + _miscounted(others, clicked, answers)


def _miscounted(
    others: list[Stored], clicked: list[dict[str, Any]], answers: Mapping[str, dict[str, Any]]
) -> list[str]:
    """Decisions whose ids nobody was told: imports by REST, and clicks that were never answered.

    Of an import by REST the symbols are told; two that meet while one goes on are one.
    """
    imported = Counter[tuple[str, str]]()
    open_ended = Counter[str]()
    for click in clicked:
        answer = answers.get(click["intent_id"])
        if answer is None and click["do"] != "undo":
            open_ended[click["account"]] += 1
        for symbol in (answer or {}).get("imported", ()):
            imported[click["account"], symbol] += 1
    there = Counter((one.account, one.symbol) for one in others)
    wrong = []
    for key in there.keys() | imported.keys():
        most = imported[key] + open_ended[key[0]]
        if not min(1, imported[key]) <= there[key] <= most:
            wrong.append(f"{key}: {there[key]} decisions nobody was told of, {most} clicked")
    return wrong


def told(
    clicks: list[dict[str, Any]], answers: Mapping[str, dict[str, Any]]
) -> dict[str, int]:
    """How often which answer was given to a click that decides something."""
    found = Counter[str]()
    for click in clicks:
        if click["do"] in DECISIONS:
            answer = answers.get(click["intent_id"], {"message": "never answered"})
            found[f"{click['do']}: {answer.get('message', 'done')}"] += 1
    return dict(found)


def settle_all(home: Home) -> None:
    """What a person does about every difference that is left: import, else call it a transfer.

    Where the broker holds the other side a first transfer sends away what we hold, another brings
    what it holds.
    """
    for name in sorted({name for name, _ in open_drift(home)}):
        _done(home, "import", "--account", name, "--yes")
        _done(home, "sync", "--account", name)
    for _ in range(2):
        for name, symbol in open_drift(home):
            _done(home, "resolve", symbol, "transfer", "--account", name, "--yes")
            _done(home, "sync", "--account", name)


def undo_all(home: Home) -> None:
    """Take back every decision that stands."""
    for one in stored(home.database):
        if one.stands:
            _done(home, "undo", one.decision_id, "--account", one.account, "--yes")


def _done(home: Home, *arguments: str) -> None:
    done = home.cli(*arguments)
    assert done.returncode == 0, (arguments, done.stdout, done.stderr)


def open_drift(home: Home) -> list[tuple[str, str]]:
    """Account and symbol of every difference to the broker."""
    return [(name, symbol) for name, symbol in rows(home.database, _DRIFT)]


def carry(home: Home, other: Home) -> None:
    """Make the decisions of one record those of another: nobody can read them from the broker."""
    ids = [account_id for (account_id,) in rows(home.database, "SELECT account_id FROM accounts")]
    with Database(home.database, program="truth").read() as tx:
        theirs = {account_id: _standing(tx, account_id) for account_id in ids}
    with Database(other.database, program="truth").write() as tx:
        for account_id, wanted in theirs.items():
            _replace(tx, account_id, wanted)
    for name in home.settings["TRADESYNC_ACCOUNTS"].split(","):
        _done(other, "rebuild", "--account", name)


def _standing(tx: Tx, account_id: str) -> dict[str, Decision]:
    found: list[Decision] = [
        *decisions.load_opening_balances(tx, account_id),
        *resolutions.load_resolutions(tx, account_id),
    ]
    return {one.decision_id: one for one in found}


def _replace(tx: Tx, account_id: str, wanted: Mapping[str, Decision]) -> None:
    for key in _standing(tx, account_id).keys() - wanted.keys():
        for revoke in (decisions.revoke_opening_balance, resolutions.revoke_resolution):
            revoke(tx, account_id, key, time.time_ns())
    for one in wanted.values():
        if isinstance(one, OpeningBalance):
            decisions.add_opening_balance(tx, account_id, one)
        else:
            resolutions.add_resolution(tx, account_id, one)
    facts.bump_revision(tx, account_id)


def unexplained(
    database: Path, name: str, broker: PaperBroker, moved: Mapping[tuple[str, str], int]
) -> list[str]:
    """Without any decision the broker holds more than we do by just what moved without a row,
    and by the exits nothing here explains; where it does not."""
    account = broker.get("/account")["id"]
    held = {row["symbol"]: Decimal(row["qty"]) for row in broker.get("/positions")}
    ours, unmatched = Counter[str](), Counter[str]()
    of = "WHERE account_id = ?"
    for symbol, side, qty in rows(
        database, f"SELECT symbol, side, open_qty FROM trade_rows {of}", account
    ):
        ours[symbol] += qty if side == "long" else -qty
    for symbol, side, qty in rows(
        database, f"SELECT symbol, side, qty FROM unmatched_exits {of}", account
    ):
        unmatched[symbol] += qty if side == "buy" else -qty
    wrong = []
    for symbol in {symbol for _, symbol in moved}:
        gap, wanted = held.get(symbol, 0) - ours[symbol], moved.get((name, symbol), 0)
        if gap != wanted + unmatched[symbol]:
            wrong.append(f"{name} {symbol}: {gap} more there, {wanted} moved, {unmatched[symbol]}")
    return wrong
