"""Modules that a library imports and we do not need."""

from __future__ import annotations

import importlib
import subprocess
import sys
from pathlib import Path

import pytest

from tests import forked
from tradesync.broker.spared import spared

NAME = "heavy_for_nothing"


@pytest.fixture
def heavy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A module of two numbers, not imported yet."""
    (tmp_path / f"{NAME}.py").write_text("one = 1\ntwo = 2\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, NAME, raising=False)
    importlib.invalidate_caches()
    return NAME


def test_it_is_imported_when_it_is_first_used_and_once(heavy: str) -> None:
    with spared(heavy):
        stand_in = importlib.import_module(heavy)
    assert heavy not in sys.modules
    assert stand_in.one == 1
    real = importlib.import_module(heavy)
    assert real is not stand_in
    real.__dict__["two"] = 3
    assert stand_in.two == 3


def test_used_at_once_it_is_imported_at_once(heavy: str) -> None:
    with spared(heavy):
        assert importlib.import_module(heavy).two == 2
        assert importlib.import_module(heavy).__file__
    assert sys.modules[heavy].two == 2


def test_what_is_imported_already_is_left(heavy: str) -> None:
    real = importlib.import_module(heavy)
    with spared(heavy):
        assert importlib.import_module(heavy) is real
    assert sys.modules[heavy] is real


def test_what_it_has_not_it_has_not(heavy: str) -> None:
    with spared(heavy):
        stand_in = importlib.import_module(heavy)
    with pytest.raises(AttributeError):
        _ = stand_in.three


def test_neither_the_service_nor_a_command_imports_pandas(tmp_path: Path) -> None:
    script = tmp_path / "imported.py"
    script.write_text(
        "import sys, tradesync.cli.main, tradesync.sync.service\n"
        "print([name for name in ('alpaca', 'pandas') if name in sys.modules])\n"
    )
    program = forked.start(
        forked.SERVICE, [str(script)], cwd=forked.ROOT, env={}, stderr=subprocess.STDOUT
    )
    assert program.stdout is not None
    with program.stdout as said:
        assert said.read() == "['alpaca']\n"
    assert program.wait(60) == 0
