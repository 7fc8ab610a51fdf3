"""Which part of the program may import which (design, *Houses and doors*): arrows one way."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "tradesync"
SHARED = frozenset({"config", "settings_values", "logs"})
"""Settings and logs: every house that does anything may know them."""
MAY_IMPORT = {
    "domain": frozenset(),
    "store": frozenset({"domain"}),
    "broker": SHARED | {"domain"},
    "sync": SHARED | {"domain", "store", "broker", "paper"},
    "views": SHARED | {"domain", "store", "broker"},
    "simulator": frozenset(),
}
"""The houses of tradesync/; web, cli, pages and the entries may import all but the simulator."""
ONE_DOOR = {"duckdb": "tradesync/store/", "alpaca": "tradesync/broker/"}
"""Libraries that only one house speaks to."""


def imported(file: Path) -> set[str]:
    """Every module a file imports, late imports among them."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {name.name for name in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file}: imports are absolute"
            found.add(node.module or "")
            if node.module == "tradesync":
                found |= {f"tradesync.{name.name}" for name in node.names}
    return found


def houses(modules: set[str]) -> set[str]:
    """The parts of tradesync among some modules."""
    return {name.split(".")[1] for name in modules if name.startswith("tradesync.")}


@pytest.mark.parametrize("house", MAY_IMPORT)
def test_a_house_imports_only_what_lies_below_it(house: str) -> None:
    wrong = {
        f"{file.relative_to(ROOT)} imports {other}"
        for file in (PACKAGE / house).rglob("*.py")
        for other in houses(imported(file)) - MAY_IMPORT[house] - {house}
    }
    assert not wrong


def test_the_domain_imports_only_the_standard_library() -> None:
    known = sys.stdlib_module_names | {"tradesync"}
    wrong = {
        f"{file.relative_to(ROOT)} imports {name}"
        for file in (PACKAGE / "domain").rglob("*.py")
        for name in imported(file)
        if name.split(".")[0] not in known
    }
    assert not wrong


def test_nothing_imports_the_simulator_and_one_house_each_speaks_to_duckdb_and_alpaca() -> None:
    files = [*PACKAGE.rglob("*.py"), *(ROOT / "pages").glob("*.py"), *ROOT.glob("*.py")]
    wrong = []
    for file in files:
        place, modules = str(file.relative_to(ROOT)), imported(file)
        if "simulator" in houses(modules) and not place.startswith("tradesync/simulator/"):
            wrong.append(f"{place} imports the simulator")
        wrong += [
            f"{place} imports {library}"
            for library, home in ONE_DOOR.items()
            if library in {name.split(".")[0] for name in modules} and not place.startswith(home)
        ]
    assert not wrong


def test_pages_know_no_sql_no_http_and_no_broker() -> None:
    wrong = {
        f"{file.name} imports {name}"
        for file in (ROOT / "pages").glob("*.py")
        for name in imported(file)
        if name.split(".")[0] in {"duckdb", "httpx", "requests", "sqlite3", "urllib"}
        or name.startswith(("tradesync.store.database", "tradesync.broker"))
    }
    assert not wrong
