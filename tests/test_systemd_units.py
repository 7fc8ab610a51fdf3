"""The example units: systemd understands them, and what they start is there."""

from __future__ import annotations

import shutil
import subprocess
import sys
from configparser import RawConfigParser
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
UNITS = sorted((ROOT / "docs").glob("*.service"))


def read(unit: Path) -> dict[str, str]:
    """The [Service] section of a unit."""
    parser = RawConfigParser(strict=False)
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read(unit, "utf-8")
    return dict(parser["Service"])


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="no systemd here")
@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_systemd_finds_nothing_wrong_with_a_unit(unit: Path, tmp_path: Path) -> None:
    here = unit.read_text("utf-8").replace("/srv/tradesync/.venv/bin/python", sys.executable)
    (tmp_path / unit.name).write_text(here.replace("/srv/tradesync", str(ROOT)), "utf-8")
    done = subprocess.run(
        ["systemd-analyze", "verify", str(tmp_path / unit.name)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")


def test_both_programs_are_held_to_the_same() -> None:
    service, dashboard = (read(unit) for unit in reversed(UNITS))
    assert service.pop("ExecStart").endswith("/python background_sync.py")
    assert " run dashboard.py " in dashboard.pop("ExecStart")
    assert service.pop("RestartPreventExitStatus") == "2"
    assert service == dashboard
